// Package address reads proofs of address: bills, statements and letters.
//
// In come the lines of print of one page, as a text recogniser reads them, with
// their places (Line); out goes a Proof: what kind of paper it is, the postal
// address, the names beside it, and the day of issue. What is not on the page is
// left empty; nothing can fail. Papers in English, Russian, German,
// French, Spanish and Italian are known; each has its words in vocabulary.go.
//
// The package sees no pixels and no networks, so that its rules are tested with
// text alone. Package document calls it for each page.
package address
