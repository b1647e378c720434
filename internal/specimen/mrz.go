package specimen

import (
	"slices"
	"strings"
	"time"
)

// MRZ composes the lines of the machine readable zone by ICAO 9303 parts 4 to 7,
// or as the state that made its own publishes it. Lines have the exact length of the format and use A–Z, 0–9 and '<' only.
func (p Passport) MRZ() []string {
	switch p.Format {
	case TD1:
		return p.composeTD1()
	case TD2:
		return p.composeTD2()
	case MRVA:
		return p.composeVisa(44, 16)
	case MRVB:
		return p.composeVisa(36, 8)
	case RUSID:
		return p.russian()
	case FRAID:
		return p.frenchCard()
	case CHEDL:
		return p.swissLicence()
	case FRADL:
		return p.frenchLicence()
	}
	return p.composeTD3()
}

func (p Passport) composeTD3() []string {
	number := fill(clean(p.Number), 9)
	personal := fill(clean(p.PersonalNumber), 14)
	digit := p.digit(FieldPersonal, personal)
	if strings.Trim(personal, "<") == "" && !slices.Contains(p.Faults.WrongDigits, FieldPersonal) {
		digit = "<" // part 4: an empty personal number may carry a filler instead of 0
	}
	numberD, birth, expiry := number+p.digit(FieldNumber, number), p.birth(), p.expiry()
	composite := p.digit(FieldComposite, numberD+birth+expiry+personal+digit)
	return []string{
		"P<" + fill(p.issuer(), 3) + nameField(p.Surname, p.GivenNames, 39),
		numberD + fill(p.nationality(), 3) + birth + p.sex() + expiry + personal + digit + composite,
	}
}

func (p Passport) composeTD1() []string {
	number, rest := p.longNumber()
	optional := fill(rest+clean(p.PersonalNumber), 15)
	birth, expiry, second := p.birth(), p.expiry(), strings.Repeat("<", 11)
	composite := p.digit(FieldComposite, number+optional+birth+expiry+second)
	return []string{
		"I<" + fill(p.issuer(), 3) + number + optional,
		birth + p.sex() + expiry + fill(p.nationality(), 3) + second + composite,
		nameField(p.Surname, p.GivenNames, 30),
	}
}

func (p Passport) composeTD2() []string {
	number, rest := p.longNumber()
	optional := fill(rest+clean(p.PersonalNumber), 7)
	birth, expiry := p.birth(), p.expiry()
	composite := p.digit(FieldComposite, number+birth+expiry+optional)
	return []string{
		"I<" + fill(p.issuer(), 3) + nameField(p.Surname, p.GivenNames, 31),
		number + fill(p.nationality(), 3) + birth + p.sex() + expiry + optional + composite,
	}
}

// composeVisa has no composite digit: part 7 gives visas none.
func (p Passport) composeVisa(width, optional int) []string {
	number := fill(clean(p.Number), 9)
	return []string{
		"V<" + fill(p.issuer(), 3) + nameField(p.Surname, p.GivenNames, width-5),
		number + p.digit(FieldNumber, number) + fill(p.nationality(), 3) + p.birth() + p.sex() + p.expiry() +
			fill(clean(p.PersonalNumber), optional),
	}
}

// longNumber returns the number field with its digit and what spills into the
// optional data: part 5 puts '<' for the digit and the tail with the digit there.
func (p Passport) longNumber() (field, rest string) {
	number := clean(p.Number)
	if len(number) <= 9 {
		number = fill(number, 9)
		return number + p.digit(FieldNumber, number), ""
	}
	return number[:9] + "<", number[9:] + p.digit(FieldNumber, number) + "<"
}

func (p Passport) birth() string {
	code := orElse(p.Faults.BirthCode, dateCode(p.BirthDate))
	return fill(code, 6) + p.digit(FieldBirth, fill(code, 6))
}

func (p Passport) expiry() string {
	code := orElse(p.Faults.ExpiryCode, dateCode(p.ExpiryDate))
	return fill(code, 6) + p.digit(FieldExpiry, fill(code, 6))
}

func (p Passport) sex() string {
	if p.Sex == "M" || p.Sex == "F" {
		return p.Sex
	}
	return "<"
}

// digit is the check digit, or the next one up when the faults ask for it.
func (p Passport) digit(field Field, text string) string {
	d := checkDigit(text)
	if slices.Contains(p.Faults.WrongDigits, field) {
		d = (d + 1) % 10
	}
	return string(rune('0' + d))
}

// checkDigit weighs by 7, 3, 1 and takes the sum modulo 10 (part 3, section 4.9).
func checkDigit(text string) int {
	weights, sum := [3]int{7, 3, 1}, 0
	for i, c := range []byte(text) {
		value := 0
		switch {
		case c >= '0' && c <= '9':
			value = int(c - '0')
		case c >= 'A' && c <= 'Z':
			value = int(c-'A') + 10
		}
		sum += value * weights[i%3]
	}
	return sum % 10
}

func dateCode(t time.Time) string {
	if t.IsZero() {
		return "<<<<<<"
	}
	return t.Format("060102")
}

// clean keeps what the MRZ can hold of a number: letters and digits.
func clean(s string) string {
	var b strings.Builder
	for _, c := range strings.ToUpper(s) {
		switch {
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case c == ' ', c == '-', c == '<':
			b.WriteByte('<')
		}
	}
	return b.String()
}

// fill pads with fillers or cuts to exactly n characters.
func fill(s string, n int) string {
	if len(s) >= n {
		return s[:n]
	}
	return s + strings.Repeat("<", n-len(s))
}
