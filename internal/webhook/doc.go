// Package webhook tells integrators what became of their sessions: it encrypts,
// signs, sends, retries for days, and keeps a log that an operator can replay
// from.
//
// In come events of a session, inside the transaction that commits what they
// tell of: [Room.Announce] and [Room.Notify] write a delivery row for every
// endpoint that asked, so there is no verdict without its notification and none
// without a verdict (W11). Out go POSTs by the wire contract, section 7. The rows
// are the queue: [Room.Run] on every node claims what is due of many endpoints in
// one unit of work, sends, and records what came of it in batches.
//
// Delivery is at least once (W16). An attempt is counted before it is made, so
// two senders never make the same one; when a process dies between sending and
// recording, the claim runs out and the notification goes out again under the
// same id. Receivers recognise repeats by the header webhook-id. Events of one
// session reach an endpoint in order unless it does not care (W9).
//
// Whatever is wrong with a receiver is a failed attempt, not an error: it costs a
// rung of the ladder, then opens the endpoint's circuit breaker, and after days
// disables it, which is announced. Errors are our own and are tried again.
// Called by the verification room (Announce, Notify), the app (Run, and the jobs
// ReplayBatch and Watch), the dashboard and the API (everything else).
package webhook
