// Package kyc is the language of OpenKYC: scenario, session, step, attempt,
// finding, check, verdict, error code, and the rules that turn findings into a
// status.
//
// In come the facts that rooms found; out go verdicts and the session object of
// the wire contract (section 5). Nothing here does input or output, knows a
// database or a model, or reads a clock: every function is pure. It imports the
// standard library only, and everything else may import it.
package kyc
