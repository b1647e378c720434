package mrz

import (
	"strings"
	"time"
	"unicode"
)

// russianPrefix begins the zone of the internal passport and of nothing else.
const russianPrefix = "PNRUS"

// russian is the internal passport (order 851 of the Ministry of Internal
// Affairs, 2017, annex 3, which took the form over from FMS order 391 of 2011):
// a TD3 zone without an end of validity, whose names are transliterated
// reversibly. The number is split: three digits of the series and the number
// itself first, the fourth digit of the series at the head of the second half,
// before the date of issue and the office's code.
func russian() Format {
	second := simple(Optional, 1, 28, 42)
	return Format{
		Name: "RUS-ID", Type: "ID-3", Lines: 2, Width: 44, First: "P", Prefix: russianPrefix,
		Fields: []Field{
			fixed(DocumentCode, KindCode, 0, 0, "P", "N"),
			fixed(IssuingState, KindState, 0, 2, "R", "U", "S"),
			plain(Names, KindRussian, 0, 5, 44),
			plain(Number, KindDigits, 1, 0, 9),
			plain(Nationality, KindState, 1, 10, 13),
			plain(BirthDate, KindDate, 1, 13, 19),
			plain(Sex, KindSex, 1, 20, 21),
			padding(1, 21, 28),
			plain(Optional, KindDigits, 1, 28, 41),
			padding(1, 41, 42),
		},
		Checks: []Check{
			simple(Number, 1, 0, 9), simple(BirthDate, 1, 13, 19), second,
			{Name: Composite, At: Span{1, 43, 44}, Over: []Span{{1, 0, 10}, {1, 13, 20}, {1, 21, 43}}},
		},
	}
}

// Domestic is what the zone of the Russian internal passport says, put back as
// it is printed on the page: names in Cyrillic capitals, the series in one piece.
// What the zone does not give is empty; of several given names the last is taken
// for the father's, as the order prescribes their sequence.
type Domestic struct {
	Surname, GivenName, FatherName string
	Series, Number                 string // four and six digits
	Office                         string // 000-000
	IssuedCode                     string // YYMMDD
}

// Domestic is false for any other format.
func (z *Zone) Domestic() (d Domestic, ok bool) {
	if z.Format.Prefix != russianPrefix {
		return Domestic{}, false
	}
	surname, given := z.names()
	d.Surname, d.GivenName = Cyrillic(surname), Cyrillic(given)
	if at := strings.LastIndexByte(d.GivenName, ' '); at >= 0 {
		d.GivenName, d.FatherName = d.GivenName[:at], d.GivenName[at+1:]
	}
	number, rest := z.Number(), z.Raw(Optional)
	d.Series, d.Number = number[:4], number[4:]
	d.IssuedCode, d.Office = rest[1:7], rest[7:10]+"-"+rest[10:13]
	return d, true
}

// Issued is the date of issue: the latest century in which it is not after now.
func (d Domestic) Issued(now time.Time) (Date, error) { return Birth(d.IssuedCode, now) }

// The letters of the reversible transliteration and what they stand for.
const (
	russianLatin    = "ABVGDE2JZIQKLMNOPRSTUFHC34WXY9678"
	russianCyrillic = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
)

// Cyrillic writes a name of the Russian internal passport's zone in the letters
// that are printed on its page; fillers become spaces. A character that stands
// for no letter is left out.
func Cyrillic(zone string) string {
	letters := []rune(russianCyrillic)
	var b strings.Builder
	for i := range len(zone) {
		switch at := strings.IndexByte(russianLatin, zone[i]); {
		case at >= 0:
			b.WriteRune(letters[at])
		case zone[i] == Filler || zone[i] == ' ':
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// RussianName writes a Cyrillic name as the zone of the internal passport does.
func RussianName(printed string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(strings.ToUpper(printed), func(r rune) bool { return r == ' ' || r == '-' }) {
		if b.Len() > 0 {
			b.WriteByte(Filler)
		}
		for _, r := range word {
			i := 0
			for _, l := range russianCyrillic {
				if l == r {
					b.WriteByte(russianLatin[i])
				}
				i++
			}
		}
	}
	return b.String()
}

// SameRussianName tells that a printed name is the one that the zone spells.
// Only letters count, Ё as Е, as it does on many pages, and a name that the zone cuts off may go on.
func SameRussianName(printed, cyrillic string, truncated bool) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r == 'Ё':
				return 'Е'
			case unicode.IsLetter(r):
				return r
			}
			return -1
		}, strings.ToUpper(s))
	}
	p, c := plain(printed), plain(cyrillic)
	return p == c || truncated && strings.HasPrefix(p, c)
}
