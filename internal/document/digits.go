package document

import (
	"strings"
	"unicode"

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

// numberIn is the number that a line has between two places, nil unless nothing
// but one number is there. Two recognisers see a character within half its width,
// and one may miss a number's first or last; what reaches farther is another number
// that grew together with it.
func numberIn(l vision.Line, left, right float64) (number []vision.Char) {
	const half = vision.StripHeight / 4
	first, last := -1, -1
	for from := 0; from < len(l.Chars); {
		to := max(numberAt(l.Chars, from), from+1)
		begins, ends := middleOf(l, from), middleOf(l, to-1)
		switch {
		case ends < left-half || begins > right+half:
		case !digit(l.Chars[from].Rune):
			if unicode.IsLetter(l.Chars[from].Rune) && begins >= left && begins <= right {
				return nil
			}
		case begins < left-3*half || ends > right+3*half:
			return nil
		default:
			if last = to; first < 0 {
				first = from
			}
		}
		from = to
	}
	if first < 0 {
		return nil
	}
	for i, c := range l.Chars[first:last] {
		if c.Rune != ' ' {
			number = append(number, c)
		} else if digit(l.Chars[first+i-1].Rune) && digit(l.Chars[first+i+1].Rune) { // two numbers
			return nil
		}
	}
	if numberAt(number, 0) != len(number) {
		return nil
	}
	return number
}
