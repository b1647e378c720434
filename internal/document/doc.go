// Package document is the room that reads travel documents.
//
// In come the pictures of one attempt (kyc.DocumentInput); out goes a
// kyc.Finding: the fields of the machine readable zone and of the printed page,
// the checks that were really computed, the portrait's template, and the cuts
// "face" and "document". What is wrong with a picture is a code in the finding;
// an error means that one of our own models failed. Package verify calls Check
// from a job, the capture door calls Look for live hints.
//
// A picture walks through these files: quality (light, colour, size), rows
// (text boxes to parallel lines), zone (lines to a reading by package mrz),
// classify (which kind of document), page, grid, assign, order and remaining
// (which print is which field), values and reconsider (what it says), confidence,
// fields and checks (the finding). Kinds of documents are data: package types.
package document
