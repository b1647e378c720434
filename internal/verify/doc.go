// Package verify is the state machine of a session: which step is next, what
// each finding does to it, and the overall verdict.
//
// In come an encrypted client key and pictures, from the person's door
// (capture) or the integrator's (api); out goes the session object. Between
// them, evidence is sealed and stored, and one transaction commits the evidence
// rows, the timeline event and the job that wakes the engines. A check runs at
// most once in effect: its finding is written only while the attempt still
// waits for it, together with everything that follows from it, the webhook
// delivery of a verdict included.
//
// What can fail: a session that is over, expired or not yours answers
// kyc.NotFound, kyc.Gone or kyc.Conflict; an engine that breaks is retried and
// then fails closed as an exception, never as a pass.
package verify
