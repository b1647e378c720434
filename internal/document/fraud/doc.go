// Package fraud looks for signs that a picture of a document is not what it
// seems: taken from a screen or of a copy, changed in an editor, with another
// portrait on it.
//
// In comes one picture as it is stored, with what the reader knows of it: the
// page's corners, the face, the printed values, the editor that wrote the file. Out come scores, each with the place it was taken from; a score whose
// inputs are missing (no page edges, too few pixels) is not there, and neither
// is the check that rests on it: nothing here ever passes because it could not
// be computed. Limits turn scores into verdicts; they stand in limits.json and
// come from synthetic exhibits (`go run ./e2e/prooffraud -tune`). Nothing fails.
//
// Whoever reads this code can make a forgery that it does not see. It raises
// the cost of cheap ones and must never be the only wall; docs/fraud.md says
// what was measured.
//
// Callers are package document and the evaluation.
package fraud

import (
	"image"

	"github.com/openkyc/openkyc/internal/vision"
)

// Input is one picture with what is known of it, all in its pixels.
type Input struct {
	Picture *image.RGBA // as stored: its JPEG grid begins at 0,0
	Page    vision.Quad // corners of the page; the zero quad: not found
	Face    vision.Quad // of the portrait; the zero quad: none
	Values  []Value     // printed values, apart from the zone
	Editor  *string     // that wrote the uploaded file, "" for none; nil: the file itself was not seen
}

// Value is one printed value and the box around it.
type Value struct {
	Title string
	Quad  vision.Quad
}

// Score is what one test found. More is more suspicious.
type Score struct {
	Test  Test
	Value float64
	Where vision.Quad // what the score was taken from
	Of    string      // the value's title, or the program's name
}

// Test is one way to look; checks rest on one or several.
type Test string

// The tests.
const (
	Grey        Test = "grey"         // the page has no colour
	Dots        Test = "dots"         // a printer's dots
	Grid        Test = "grid"         // a screen's pixels, or what a sensor makes of them
	Body        Test = "body"         // a screen's grid in a dark straight frame
	Writer      Test = "writer"       // the file was written by an editor
	Noise       Test = "noise"        // a value's paper is smoother or rougher than that of others
	History     Test = "history"      // a value was not compressed with the rest of the picture
	Twin        Test = "twin"         // two values show the same pixels
	FaceNoise   Test = "face noise"   // the portrait has another noise than the page
	FaceHistory Test = "face history" // the portrait was not compressed with the page
	Askew       Test = "askew"        // the portrait's edges are not parallel to the page's
)

// leastPage is the page's width in pixels under which nothing is looked at.
const leastPage = 420

// Examine runs every test whose inputs are there.
func Examine(in Input) []Score {
	var out []Score
	if in.Editor != nil {
		out = append(out, writer(*in.Editor))
	}
	if in.Page == (vision.Quad{}) || in.Page.Width() < leastPage {
		return out
	}
	v := viewOf(in)
	out = append(out, colour(in))
	out = append(out, raster(in, v.grey)...)
	out = append(out, values(in, v)...)
	return append(out, portrait(in, v)...)
}
