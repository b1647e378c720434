// Package app builds every room from one config and ties them together; it is
// the only package that knows everyone. The program and the tests start the
// same struct.
//
// In comes a Config; out comes an Installation (database, keys, accounts,
// scenarios: enough for the command line) or an App (engines, queue and doors
// on top of it). Opening fails with a sentence that says what to do when a
// model, a key or the database is not as it must be.
package app
