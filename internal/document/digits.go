package document

import (
	"strings"

	"github.com/openkyc/openkyc/internal/vision"
)

// withDigits is a Cyrillic reading of a line with the numbers of its Latin one: the
// Cyrillic recogniser reads 10 as 19 and doubles noughts, at high confidence. A
// number is taken over where the Latin reading has nothing but digits and their
// separators at its place.
func withDigits(cyrillic, latin vision.Line) vision.Line {
	out := vision.Line{Confidence: cyrillic.Confidence}
	for from := 0; from < len(cyrillic.Chars); {
		to := numberAt(cyrillic.Chars, from)
		if to == from {
			out.Chars = append(out.Chars, cyrillic.Chars[from])
			from++
			continue
		}
		if number := numberIn(latin, middleOf(cyrillic, from), middleOf(cyrillic, to-1)); len(number) > 0 {
			out.Chars = append(out.Chars, number...)
		} else {
			out.Chars = append(out.Chars, cyrillic.Chars[from:to]...)
		}
		from = to
	}
	var text strings.Builder
	for _, c := range out.Chars {
		text.WriteRune(c.Rune)
	}
	out.Text = text.String()
	return out
}

// middleOf a character along its strip, in pixels of a strip of vision.StripHeight.
func middleOf(l vision.Line, i int) float64 { return (float64(l.Chars[i].Step) + 0.5) * l.Stride }

// numberAt is where a number ends that begins at a place, the place itself when
// none does. A separator belongs to it between two digits.
func numberAt(chars []vision.Char, from int) (to int) {
	to = from
	for i := from; i < len(chars); i++ {
		switch {
		case digit(chars[i].Rune):
			to = i + 1
		case i == from || !strings.ContainsRune("./-", chars[i].Rune) || to < i:
			return to
		}
	}
	return to
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// numberIn is the number that a line has between two places, whole, nil unless it is
// the only one there and nothing else is. Two recognisers see a character within
// half its width.
func numberIn(l vision.Line, left, right float64) (number []vision.Char) {
	const half = vision.StripHeight / 4
	for from := 0; from < len(l.Chars); {
		to := max(numberAt(l.Chars, from), from+1)
		run := l.Chars[from:to]
		switch first, last := middleOf(l, from), middleOf(l, to-1); {
		case last < left-half || first > right+half || run[0].Rune == ' ':
		case digit(run[0].Rune):
			if number != nil {
				return nil
			}
			number = run
		case first >= left && last <= right:
			return nil
		}
		from = to
	}
	return number
}
