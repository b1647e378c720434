// Package names compares names of persons as documents, bills and lists print
// them: in any order, with or without marks, middle names and titles, in Latin or
// Cyrillic letters, shortened to initials.
//
// In come texts, out go scores from 0 (nothing in common) to 1 (the same name).
// Nothing can fail: what has no letters has a score of 0. A score is no
// probability; the caller sets a threshold and says so.
//
// A text is broken into words and each word is folded to a plain form
// (fold.go). Two words are compared by Jaro–Winkler (jaro.go), and words of two
// names are paired so that the pairs agree best (match.go). Callers are the room
// document, for proofs of address; the package knows no room.
package names
