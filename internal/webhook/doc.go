// Package webhook tells integrators what became of their sessions: it encrypts,
// signs, sends, retries for days, and keeps a log that an operator can replay
// from.
//
// In comes a final session, inside the transaction that commits its verdict:
// [Room.Announce] writes a delivery row and a job into the same transaction, so
// there is no verdict without its notification and none without a verdict
// (W11). Out goes a POST by the wire contract, section 7. The row is the truth
// and the job only wakes it up; [Room.Sweep] finds rows whose job was lost.
//
// Delivery is at least once (W16). An attempt is claimed before it is sent, so
// two workers never send the same one; when a process dies between sending and
// recording, the claim runs out and the notification goes out again under the
// same id. Receivers recognise repeats by the header webhook-id.
//
// What can fail: whatever is wrong with a receiver is a failed attempt, not an
// error; errors are our own and make the queue try again. Called by the
// verification room (Announce), the queue (Deliver, Sweep) and the dashboard
// (Log, List, Replay).
package webhook
