// Package pdf417 reads and writes the bar code PDF417 (ISO/IEC 15438), which stands on the back of driving licences by AAMVA
// among others.
//
// In: a photograph in any of the four directions, straight to about 25 degrees of tilt, with modules (the narrowest bars) of
// about 2 pixels or more in a blurred picture; pictures of more than 2600 pixels a side are reduced first. Out: the bytes that
// the symbol carries. Fails with ErrAbsent when no symbol is found, with ErrUnreadable when one is found and too much of it is
// damaged: what comes out was proved by the symbol's own error correction, never guessed. Mirrored pictures, Macro PDF417 and
// MicroPDF417 are not read. Encode draws symbols for specimens and tests. Called by the document room.
//
// The way to read: along rows and columns of pixels the start and stop patterns are looked for, which keep their proportions
// at any tilt; the lines through them span a quadrilateral; row indicators beside them say how many rows and columns there
// are and where; then each codeword is compared with all 929 patterns of its row's cluster, and those that fit none clearly
// are erasures for the Reed-Solomon code. The numbers of clauses in comments are those of ISO/IEC 15438:2015.
package pdf417

import "errors"

// The ways in which reading fails.
var (
	ErrAbsent     = errors.New("the picture shows no PDF417 symbol")
	ErrUnreadable = errors.New("the picture shows a PDF417 symbol that cannot be read: it is too blurred, small or damaged")
)
