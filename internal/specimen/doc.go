// Package specimen draws the synthetic world that the demo and the tests live in.
//
// In come the data of fictitious people, seeds and, for some uses, a photograph
// that the caller holds. Out come pictures: travel documents of the state of
// Utopia (Passport), photographs of them on a desk (Scene), heads that belong to
// nobody (Face), a photograph whose head turns (Turn), and a camera file that a
// headless browser plays while it is rewritten (Camera).
//
// Everything is a function of its inputs: the same seed gives the same pixels.
// Drawing cannot fail; only Camera touches the disk and returns its errors.
// The MRZ composer here knows nothing of the reader in package document, so that
// a test compares two implementations of ICAO 9303 and not one with itself.
//
// Callers are `openkyc demo`, which offers specimens for download, and tests.
package specimen
