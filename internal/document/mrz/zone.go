package mrz

import (
	"fmt"
	"strings"
	"time"
)

// Zone is a machine readable zone of a known format, as printed.
type Zone struct {
	Format Format
	Lines  []string
	Checks []Verdict // in the format's order
}

// Parse takes the lines of a zone and picks the format by their number and
// length and by the first letter. It fails when no format fits or a character
// is none of A to Z, 0 to 9 and '<'; wrong check digits are verdicts, not errors.
func Parse(lines []string) (*Zone, error) {
	for i, line := range lines {
		if at := strings.IndexFunc(line, func(r rune) bool { return !legal(r) }); at >= 0 {
			return nil, fmt.Errorf("line %d has a character at place %d that no machine readable zone has", i+1, at+1)
		}
	}
	for _, f := range Formats() {
		if f.fits(lines) {
			return f.Zone(lines), nil
		}
	}
	return nil, fmt.Errorf("%d lines of these lengths are no format that is known", len(lines))
}

func legal(r rune) bool { return r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == Filler }

// fits tells that the lines have the shape of the format. Two shapes are shared:
// 'V' decides for the visa.
func (f *Format) fits(lines []string) bool {
	if len(lines) != f.Lines {
		return false
	}
	for i, line := range lines {
		if len(line) != f.LineWidth(i) {
			return false
		}
	}
	if f.Prefix != "" {
		return strings.HasPrefix(lines[f.full()], f.Prefix)
	}
	if National(f.Name, lines) != "" {
		return false
	}
	return (lines[0][0] == 'V') == (f.First == "V") || f.Width == 30
}

// full is the first line of full width.
func (f *Format) full() int {
	if f.Short > 0 {
		return 1
	}
	return 0
}

// Zone checks the digits of lines that have the shape of the format.
func (f Format) Zone(lines []string) *Zone {
	z := &Zone{Format: f, Lines: lines}
	for _, c := range f.Checks {
		z.Checks = append(z.Checks, c.verify(lines))
	}
	return z
}

// Valid tells that every check digit of the zone is right.
func (z *Zone) Valid() bool {
	for _, v := range z.Checks {
		if !v.OK {
			return false
		}
	}
	return true
}

// Check gives the verdict of one check digit; ok is false when the format has none.
func (z *Zone) Check(name Name) (v Verdict, ok bool) {
	for _, v := range z.Checks {
		if v.Name == name {
			return v, true
		}
	}
	return Verdict{}, false
}

// Raw is the field as printed, fillers included; "" when the format has none.
func (z *Zone) Raw(name Name) string {
	f, ok := z.Format.Field(name)
	if !ok {
		return ""
	}
	return cut(z.Lines, f.Span)
}

// Text is the field without fillers at its ends; those inside become spaces.
func (z *Zone) Text(name Name) string {
	return strings.ReplaceAll(strings.Trim(z.Raw(name), "<"), "<", " ")
}

// Number is the document number, joined with what spilled into the optional
// data. That of the Russian internal passport is put together as it is printed:
// four digits of the series, six of the number.
func (z *Zone) Number() string {
	if z.Format.Prefix == russianPrefix {
		number, rest := z.Raw(Number), z.Raw(Optional)
		return number[:3] + rest[:1] + number[3:]
	}
	if head, rest := z.spilled(); rest != "" {
		number, _, _ := spill(head, rest)
		return number
	}
	return strings.ReplaceAll(strings.Trim(z.Raw(Number), "<"), "<", "")
}

// spilled returns the number's field and the optional data when it continues there.
func (z *Zone) spilled() (head, rest string) {
	for _, c := range z.Format.Checks {
		if c.Name == Number && c.Spill.To > 0 && cut(z.Lines, c.At) == "<" {
			return cut(z.Lines, c.Over[0]), cut(z.Lines, c.Spill)
		}
	}
	return "", ""
}

// OptionalData is the optional data without a number's rest; TD1's two fields
// are joined by a space.
func (z *Zone) OptionalData() string {
	first := z.Raw(Optional)
	if z.Format.Prefix == russianPrefix {
		first = first[1:] // the digit belongs to the number
	}
	if _, rest := z.spilled(); rest != "" {
		_, first, _ = strings.Cut(rest, "<")
	}
	tidy := func(s string) string { return strings.ReplaceAll(strings.Trim(s, "<"), "<", " ") }
	return strings.TrimSpace(tidy(first) + " " + tidy(z.Raw(Optional2)))
}

// Surname is the primary identifier with spaces between its parts.
func (z *Zone) Surname() string { s, _ := z.names(); return s }

// GivenNames is the secondary identifier with spaces between its parts.
func (z *Zone) GivenNames() string { _, g := z.names(); return g }

func (z *Zone) names() (surname, given string) {
	if f, ok := z.Format.Field(Names); ok && f.Kind == KindLetters { // given names stand elsewhere, or nowhere
		return spaced(z.Raw(Names)), spaced(z.Raw(Given))
	}
	return splitNames(z.Raw(Names))
}

// Truncated tells that the names fill their field, so that more may have been cut off.
func (z *Zone) Truncated() bool {
	raw := z.Raw(Names)
	return raw != "" && raw[len(raw)-1] != Filler
}

// splitNames parts the name field at the first double filler (part 3, section 4.6).
func splitNames(raw string) (surname, given string) {
	surname, given, _ = strings.Cut(strings.TrimRight(raw, "<"), "<<")
	return spaced(surname), spaced(given)
}

func spaced(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == Filler }), " ")
}

// Birth is the date of birth, seen from now; unknown where the format has none.
func (z *Zone) Birth(now time.Time) (Date, error) { return dated(z.Raw(BirthDate), now, Birth) }

// Expiry is the end of validity, seen from now; unknown where the format has none.
func (z *Zone) Expiry(now time.Time) (Date, error) { return dated(z.Raw(ExpiryDate), now, Expiry) }

func dated(code string, now time.Time, read func(string, time.Time) (Date, error)) (Date, error) {
	if code == "" {
		return Date{}, nil
	}
	return read(code, now)
}

// Sex is "M", "F", or "" when the zone leaves it open.
func (z *Zone) Sex() string {
	if s := z.Raw(Sex); s == "M" || s == "F" {
		return s
	}
	return ""
}
