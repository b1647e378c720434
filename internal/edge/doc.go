// Package edge is the doorstep that every HTTP door shares: request ids, the
// client's address behind trusted proxies, an access log without personal
// data, panic recovery, security headers, limits of body and rate, CORS, and
// the one error envelope of the wire contract.
//
// In comes a request, out goes the same request with an id and an address in
// its context, or an answer in the form {"status":"error", ...}. Nothing here
// knows a session; kyc.Kind decides the HTTP status. The doors (capture, api,
// dash) and app call it.
package edge
