package mrz

import "strings"

// Filler is the filler character.
const Filler = '<'

// weight of the i-th character under a check digit (part 3, section 4.9).
func weight(i int) int { return [3]int{7, 3, 1}[i%3] }

// value of a character under a check digit: digits count as themselves, A to Z
// as 10 to 35, the filler as nothing.
func value(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 0
}

// CheckDigit computes the check digit of a text, '0' to '9'.
func CheckDigit(text string) byte {
	sum := 0
	for i := range len(text) {
		sum += value(text[i]) * weight(i)
	}
	return byte('0' + sum%10)
}

// Verdict is the outcome of one check digit.
type Verdict struct {
	Name    Name
	Printed byte // the character that stands there
	OK      bool
}

// verify checks one digit on lines of the right shape.
func (c Check) verify(lines []string) Verdict {
	var over strings.Builder
	for _, s := range c.Over {
		over.WriteString(cut(lines, s))
	}
	text, printed := over.String(), cut(lines, c.At)[0]
	if printed == Filler {
		if c.Spill.To > 0 && strings.Trim(text, "<") != "" {
			_, digit, ok := spill(text, cut(lines, c.Spill))
			return Verdict{c.Name, digit, ok}
		}
		return Verdict{c.Name, printed, c.Empty && strings.Trim(text, "<") == ""}
	}
	return Verdict{c.Name, printed, printed == CheckDigit(text)}
}

// spill joins a number with its rest in the optional data: the last character
// before the first filler there is the check digit of the whole. Issuers differ
// on whether the filler between the two parts counts as a place; both are
// accepted, as readers in the field do.
func spill(head, optional string) (number string, digit byte, ok bool) {
	tail, _, _ := strings.Cut(optional, "<")
	if tail == "" {
		return head, Filler, false
	}
	tail, digit = tail[:len(tail)-1], tail[len(tail)-1]
	number = head + tail
	return number, digit, digit == CheckDigit(number) || digit == CheckDigit(head+"<"+tail)
}

func cut(lines []string, s Span) string { return lines[s.Line][s.From:s.To] }
