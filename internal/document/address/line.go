package address

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Line is one piece of print. Places are pixels of the page set upright: X is
// the left end, Y the middle of the height.
type Line struct {
	Text string
	Sure float64 // of its weakest character, 0 to 1
	X, Y float64
	W, H float64
}

// maxLines bounds the work on one page; a dense statement has about 200.
const maxLines = 400

// ordered is the page in reading order with neat texts; empty lines are dropped.
// The recognisers know no ß and leave it out or read a B, an 8 or a 3; the German
// word for street, whose letters are no other word's, gets it back.
func (r *Reader) ordered(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		l.Text = strings.Join(strings.Fields(l.Text), " ")
		l.Text = r.street.ReplaceAllString(l.Text, "${1}traße")
		if l.Text != "" && l.H > 0 && len(out) < maxLines {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Line) int {
		switch {
		case a.Y < b.Y:
			return -1
		case a.Y > b.Y:
			return 1
		}
		return 0
	})
	return out
}

// lower is a text in small letters without marks, letter for letter: recognisers
// lose marks, and some know few of them.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if r < 0x80 || strings.ContainsRune("йїґ", r) { // letters of their own
			return r
		}
		if plain := []rune(norm.NFD.String(string(r))); len(plain) > 1 && unicode.Is(unicode.Mn, plain[1]) {
			return plain[0]
		}
		return r
	}, s)
}

// squash keeps letters and digits: recognisers lose spaces and points.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lower(s))
}

// spaced puts back spaces that a recogniser lost: "12212Caldermoor", "PiazzaUlivo",
// "Gartenstrasse8", "Dunhollow,ME". Short beginnings stay joined, as in MacLeod.
func spaced(text string) string {
	var out strings.Builder
	last, run := rune(0), 0 // the kind of the last letters, and how many there are
	for _, r := range text {
		kind := kindOfLetter(r)
		if last == ',' && (kind == 'A' || kind == 'a') ||
			last == '0' && run >= 4 && (kind == 'A' || kind == 'a') ||
			last == 'a' && run >= 3 && (kind == '0' || kind == 'A' && run >= 4) {
			out.WriteByte(' ')
			run = 0
		}
		out.WriteRune(r)
		switch {
		case kind == last || last == 'A' && kind == 'a': // a capital begins a word
			run++
		default:
			run = 1
		}
		last = kind
	}
	return out.String()
}

// kindOfLetter is 'A' for a capital, 'a' for a small letter, '0' for a digit, and
// the character itself for all others.
func kindOfLetter(r rune) rune {
	switch {
	case unicode.IsUpper(r):
		return 'A'
	case unicode.IsLetter(r):
		return 'a'
	case unicode.IsDigit(r):
		return '0'
	}
	return r
}

// split gives the words of a text in small letters.
func split(text string) []string {
	return strings.FieldsFunc(lower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
