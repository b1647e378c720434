// Package client is OpenKYC for integrators written in Go: it encrypts client
// keys before they travel through a browser, talks to the REST interface, and
// verifies and opens webhooks.
//
// A client key is the integrator's own name for a person. It goes through the
// browser encrypted under the scenario's secret:
//
//	token, err := client.EncryptKeyV2(scenarioSecret, schemaID, "user_123", 15*time.Minute)
//
// [EncryptKey] makes the older, unauthenticated form that existing
// integrations use; new ones should prefer [EncryptKeyV2], which is bound to
// its scenario, expires, and works once. Secrets belong on the server, never
// in a page.
//
// The outcome is announced by a webhook, which [ReadWebhook] verifies and
// opens, and can be asked for at any time with [Client.Status]. What the
// browser reports is for show; only these two count.
//
// The package uses the standard library alone and keeps no state of its own.
// Everything here is safe for concurrent use.
package client
