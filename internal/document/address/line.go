package address

import (
	"slices"
	"strings"
	"unicode"
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
func ordered(lines []Line) []Line {
	var out []Line
	for _, l := range lines {
		l.Text = strings.Join(strings.Fields(l.Text), " ")
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

// lower is a text in small letters, ё as е.
func lower(s string) string { return strings.ReplaceAll(strings.ToLower(s), "ё", "е") }

// squash keeps letters and digits: recognisers lose spaces and points.
func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lower(s))
}

// says tells whether a text has a phrase. A phrase of one short word must stand
// by itself; a longer one may have lost its spaces.
func says(text, phrase string) bool {
	if n := len([]rune(phrase)); n <= 5 && !strings.Contains(phrase, " ") {
		return slices.Contains(split(text), phrase)
	}
	return strings.Contains(squash(text), squash(phrase))
}

// split gives the words of a text in small letters.
func split(text string) []string {
	return strings.FieldsFunc(lower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func saysAny(text string, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return says(text, p) })
}
