// Package capture is the person's door: the loader script that integrators'
// pages include, the widget's page inside its iframe, the hosted page, and the
// small API that the widget speaks on our own origin.
//
// In come an encrypted client key, pictures, and preview frames; out go web
// files, the state of the session with hints in the person's language, and at
// the end the session object. The only credential is the one that
// POST /capture/session returns; the widget keeps it in memory and sends it as
// Authorization: Bearer. There are no cookies.
//
// What can fail: every refusal is the error envelope of edge. Limits of size,
// number, rate and concurrency hold before work is done. app builds the door.
package capture
