package report

import (
	"strings"
	"unicode"
)

// maxCell is the most characters that a spreadsheet takes in one cell
// (ECMA-376: 32,767 UTF-16 units; half of it is safe for any character).
const maxCell = 16000

// formulaStart holds what a spreadsheet reads a formula after, the full-width
// forms included, since some programs fold them
// (https://owasp.org/www-community/attacks/CSV_Injection).
const formulaStart = "=+-@＝＋－＠"

// harmless makes a text that no spreadsheet takes for a formula (S43): control
// characters become spaces, and an apostrophe stands before what could start
// one. Behind a semicolon as well: where it separates lists, programs split
// there and start a new cell, quotes notwithstanding.
func harmless(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == '\uFEFF', r == '\uFFFE', r == '\uFFFF', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxCell {
		text = string(runes[:maxCell])
	}
	var b strings.Builder
	starting := true
	for _, r := range text {
		if starting && strings.ContainsRune(formulaStart, r) {
			b.WriteByte('\'')
		}
		starting = r == ';' || starting && (unicode.IsSpace(r) || r == '"' || !unicode.IsPrint(r))
		b.WriteRune(r)
	}
	return b.String()
}
