package types

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Kind is the form of a value.
type Kind string

// The kinds.
const (
	KindText    Kind = "text"    // anything but nothing
	KindName    Kind = "name"    // letters, spaces, hyphens, apostrophes
	KindNumber  Kind = "number"  // letters and digits
	KindDate    Kind = "date"    // by one of the forms
	KindSex     Kind = "sex"     // M, F or X
	KindCountry Kind = "country" // a state's code
	KindCode    Kind = "code"    // by the pattern
)

// Grammar reads values of one form.
type Grammar struct {
	Kind    Kind
	Pattern *regexp.Regexp // the whole value; its first group is told, if it has one
	Forms   []dateForm
	Words   map[string]string // what may be printed → what is told
	Keep    string            // "digits": drop everything else
}

// Date is a calendar date.
type Date struct{ Year, Month, Day int }

// Time is midnight UTC.
func (d Date) Time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// String writes the contract's DD.MM.YYYY.
func (d Date) String() string { return fmt.Sprintf("%02d.%02d.%04d", d.Day, d.Month, d.Year) }

// Read brings print into the form of the answer. What is not of the grammar is
// an error that says what was expected, without the value itself. A date also
// comes as a Date, whose year is under 100 when only two digits are printed.
func (g *Grammar) Read(read string) (value string, date Date, err error) {
	read = strings.Join(strings.Fields(read), " ")
	if g.Pattern != nil {
		m := g.Pattern.FindStringSubmatch(strings.ToUpper(read))
		if m == nil {
			return "", Date{}, fmt.Errorf("it is not of the form %s", g.Pattern)
		}
		if read = m[0]; len(m) > 1 {
			read = m[1]
		}
	}
	if len(g.Words) > 0 {
		for word, told := range g.Words {
			if Fold(word) == Fold(read) {
				return told, Date{}, nil
			}
		}
		if g.Kind != KindText {
			return "", Date{}, fmt.Errorf("it is none of the %d words that may stand there", len(g.Words))
		}
	}
	if g.Kind == KindDate {
		for _, f := range g.Forms {
			if d, ok := f.parse(read); ok {
				return d.String(), d, nil
			}
		}
		return "", Date{}, fmt.Errorf("it is no date of the form %s", g.forms())
	}
	value, err = g.text(read)
	return value, Date{}, err
}

func (g *Grammar) text(read string) (string, error) {
	switch g.Kind {
	case KindSex:
		return sex(read)
	case KindName:
		return name(read)
	case KindNumber:
		read = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToUpper(r)
			}
			return -1
		}, read)
	case KindCountry:
		if read = strings.ToUpper(read); len(read) < 1 || strings.ContainsFunc(read, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '-' }) {
			return "", fmt.Errorf("it is no state")
		}
	case KindText:
		read = Tidy(read)
	default: // as it is read
	}
	if g.Keep == keepDigits {
		read = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, read)
	}
	if read == "" {
		return "", fmt.Errorf("nothing is left of it")
	}
	return read, nil
}

// keepDigits is the one value of Keep.
const keepDigits = "digits"

// sex folds what documents print in the languages of this world.
func sex(read string) (string, error) {
	plain := Fold(strings.SplitN(read, "/", 2)[0])
	for told, words := range map[string]string{"M": "m м муж мужской male", "F": "f ж жен женский female w k", "X": "x х"} {
		for w := range strings.FieldsSeq(words) {
			if Fold(w) == plain {
				return told, nil
			}
		}
	}
	return "", fmt.Errorf("it is no sex")
}

// The marks that recognisers see where there is dust or a rule: none of them
// begins a value, and only a point or a hyphen goes on with one.
const (
	dust    = "_|.,:;~=*^<>/\\'`’‘“”„\"-–—•·«» "
	endDust = "_|,:;~=*^</\\'`’‘“„\"–—•·« "
)

// abbreviated is how many letters a word that is cut short by a point may have:
// ОБЛ., РЕСП., but not a whole word.
const abbreviated = 5

// Tidy takes off what stands around a piece of print and is no part of it, and
// points behind whole words, which recognisers see where print ends or a space is.
func Tidy(read string) string {
	read = strings.TrimRight(strings.TrimLeft(read, dust), endDust)
	var b strings.Builder
	letters, runes := 0, []rune(read)
	for i, r := range runes {
		if r == '.' && letters > abbreviated {
			if i+1 < len(runes) && runes[i+1] != ' ' {
				b.WriteByte(' ')
			}
			letters = 0
			continue
		}
		if letters++; !unicode.IsLetter(r) {
			letters = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// name keeps letters, and single marks between them.
func name(read string) (string, error) {
	read = strings.Trim(read, dust)
	letters := 0
	for _, r := range read {
		switch {
		case unicode.IsLetter(r):
			letters++
		case strings.ContainsRune(" -'’.()`", r):
		default:
			return "", fmt.Errorf("it has a character that no name has")
		}
	}
	if letters < 1 {
		return "", fmt.Errorf("it has no letters")
	}
	return read, nil
}

func (g *Grammar) forms() string {
	var out []string
	for _, f := range g.Forms {
		out = append(out, f.form)
	}
	return strings.Join(out, " or ")
}

// dateForm is one way to print a date.
type dateForm struct {
	form  string
	match *regexp.Regexp
	order []string // tokens of the groups
}

// dateTokens are the parts of a form, longest first, and what may stand for them.
// Recognisers give O for 0 and I or L for 1, which no month begins with.
func dateTokens() [][2]string {
	const digit = `[0-9OОIL]`
	return [][2]string{
		{"YYYY", digit + `{4}`}, {"MMM", `[A-ZА-ЯЁ0]{3,9}\.?(?:\s*/\s*[A-ZА-ЯЁ0.]{2,9})?`}, {"YY", digit + `{2}`}, {"MM", digit + `{1,2}`}, {"DD", digit + `{1,2}`},
	}
}

// parseForm compiles DD.MM.YYYY, DD MMM YY and their like. Points, slashes,
// commas, hyphens and spaces stand for one another; dust and light make them so.
func parseForm(form string) (dateForm, error) {
	f := dateForm{form: form}
	var expr strings.Builder
	expr.WriteString("^")
	seen := map[byte]bool{}
	for rest := form; rest != ""; {
		if strings.ContainsRune("./- ,", rune(rest[0])) {
			if !strings.Contains(form, "MMM") {
				expr.WriteString(`[\s./,-]{1,3}`)
			} else {
				expr.WriteString(`[\s./,-]{0,3}`)
			}
			rest = rest[1:]
			continue
		}
		found := false
		for _, t := range dateTokens() {
			if strings.HasPrefix(rest, t[0]) {
				expr.WriteString("(" + t[1] + ")")
				f.order, rest, found, seen[t[0][0]] = append(f.order, t[0]), rest[len(t[0]):], true, true
				break
			}
		}
		if !found {
			return f, fmt.Errorf("the form of date %q has %q, which is none of DD, MM, MMM, YY, YYYY, point, slash, hyphen, space", form, rest)
		}
	}
	if len(f.order) != 3 || !seen['D'] || !seen['M'] || !seen['Y'] {
		return f, fmt.Errorf("the form of date %q must have a day, a month and a year, once each", form)
	}
	expr.WriteString("$")
	f.match = regexp.MustCompile(expr.String())
	return f, nil
}

func (f dateForm) parse(text string) (Date, bool) {
	m := f.match.FindStringSubmatch(strings.TrimRight(strings.ToUpper(text), " .,"))
	if m == nil {
		return Date{}, false
	}
	var d Date
	for i, token := range f.order {
		var n int
		var ok bool
		if token == "MMM" {
			n, ok = month(m[i+1])
		} else {
			var err error
			n, err = strconv.Atoi(plainDigits(m[i+1]))
			ok = err == nil
		}
		if !ok {
			return Date{}, false
		}
		switch token[0] {
		case 'D':
			d.Day = n
		case 'M':
			d.Month = n
		case 'Y':
			d.Year = n
		}
	}
	if d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Year == 0 && f.order[len(f.order)-1] == "YYYY" || d.Time().Day() != d.Day {
		return Date{}, false
	}
	return d, true
}

// month knows the names of months in the languages that documents are printed
// in, by their first three letters.
func month(name string) (int, bool) {
	name = strings.ReplaceAll(name, "0", "O") // 300CT2025
	if r := []rune(name); len(r) >= 3 {
		prefix := string(r[:3])
		if prefix == "JUI" {
			if strings.HasPrefix(name, "JUIL") {
				return 7, true
			}
			return 6, true
		}
		for i, names := range [12]string{"JAN ENE GEN ЯНВ", "FEB FEV ФЕВ", "MAR MRZ МАР", "APR AVR ABR АПР", "MAY MAI MAG МАЯ МАЙ", "JUN GIU ИЮН", "JUL LUG ИЮЛ",
			"AUG AOU AGO АВГ", "SEP SET СЕН", "OCT OKT OTT ОКТ", "NOV НОЯ", "DEC DEZ DIC ДЕК"} {
			for n := range strings.FieldsSeq(names) {
				if n == prefix {
					return i + 1, true
				}
			}
		}
	}
	return 0, false
}

// plainDigits reads the letters that recognisers give for 0 and 1.
func plainDigits(s string) string {
	return strings.NewReplacer("O", "0", "О", "0", "I", "1", "L", "1").Replace(s)
}

func digitsOf(n int) string { return strconv.Itoa(n) }
