package mrz

import "slices"

// Kind is what may stand in a field.
type Kind uint8

// The kinds of field; Part 3 section 4 and the data element tables of parts 4 to 7.
const (
	KindCode    Kind = iota // document code: a letter of the format, then a letter or filler
	KindState               // issuing state or nationality: letters, fillers at the end
	KindNames               // primary and secondary identifier
	KindText                // letters, digits and fillers
	KindDate                // digits; fillers where unknown
	KindSex                 // M, F, or filler
	KindDigit               // a check digit
	KindLetters             // letters and fillers, in any order
	KindDigits              // digits
	KindRussian             // names in the reversible transliteration: letters and the digits 2 3 4 6 7 8 9
)

// Name of a field, the same in every format.
type Name string

// The fields of all formats.
const (
	DocumentCode Name = "documentCode"
	IssuingState Name = "issuingState"
	Names        Name = "names"
	Number       Name = "number"
	Nationality  Name = "nationality"
	BirthDate    Name = "birthDate"
	Sex          Name = "sex"
	ExpiryDate   Name = "expiryDate"
	Optional     Name = "optional"  // TD3: personal number
	Optional2    Name = "optional2" // TD1 line 2
	Given        Name = "given"     // where given names have a field of their own
	Office       Name = "office"    // old French card: the administration that issued it
	Padding      Name = "padding"   // fillers that stand there always
	Composite    Name = "composite" // names a check, not a field
)

// Span is a range of characters [From, To) of one line.
type Span struct{ Line, From, To int }

// Field is one data element.
type Field struct {
	Name Name
	Kind Kind
	Span Span
	Only []string // what may stand in each place, where that is fixed; nil: what the kind allows
}

// Check is one check digit: where it stands and what it covers, in order.
type Check struct {
	Name  Name // of the field it guards, or Composite
	At    Span
	Over  []Span
	Empty bool // may be a filler when what it covers is all fillers (part 4, TD3 personal number)
	Spill Span // where a number longer than its field continues, when this digit is a filler (part 5, TD1; part 6, TD2)
}

// Format is one layout of the zone.
type Format struct {
	Name   string // "TD3"
	Type   string // the size by ISO/IEC 7810, "ID-3", or the name again for visas
	Lines  int
	Width  int
	Short  int    // width of the first line, where it is shorter; 0: as all
	Prefix string // what a national format begins with, on its first full line; "" for those of ICAO
	First  string // letters that the document code may begin with
	Fields []Field
	Checks []Check
}

// Formats lists the five formats of ICAO 9303, the likeliest first, and then the
// national ones.
func Formats() []Format {
	return append([]Format{td3(), td1(), td2(), visa("MRV-A", 44), visa("MRV-B", 36)}, ofStates()...)
}

// LineWidth is the number of characters of one line.
func (f *Format) LineWidth(line int) int {
	if line == 0 && f.Short > 0 {
		return f.Short
	}
	return f.Width
}

// Field finds a field by name; ok is false when the format has none.
func (f *Format) Field(name Name) (Field, bool) {
	i := slices.IndexFunc(f.Fields, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return f.Fields[i], true
}

func plain(name Name, kind Kind, line, from, to int) Field {
	return Field{Name: name, Kind: kind, Span: Span{line, from, to}}
}

// lower are the fields that the second line of every two-line format begins with.
func lower() []Field {
	return []Field{
		plain(Number, KindText, 1, 0, 9),
		plain(Nationality, KindState, 1, 10, 13),
		plain(BirthDate, KindDate, 1, 13, 19),
		plain(Sex, KindSex, 1, 20, 21),
		plain(ExpiryDate, KindDate, 1, 21, 27),
	}
}

func upper(width int) []Field {
	return []Field{
		plain(DocumentCode, KindCode, 0, 0, 2),
		plain(IssuingState, KindState, 0, 2, 5),
		plain(Names, KindNames, 0, 5, width),
	}
}

func simple(name Name, line, from, to int) Check {
	return Check{Name: name, At: Span{line, to, to + 1}, Over: []Span{{line, from, to}}}
}

func td3() Format {
	personal := simple(Optional, 1, 28, 42)
	personal.Empty = true
	return Format{
		Name: "TD3", Type: "ID-3", Lines: 2, Width: 44, First: "P",
		Fields: append(append(upper(44), lower()...), plain(Optional, KindText, 1, 28, 42)),
		Checks: []Check{
			simple(Number, 1, 0, 9), simple(BirthDate, 1, 13, 19), simple(ExpiryDate, 1, 21, 27), personal,
			{Name: Composite, At: Span{1, 43, 44}, Over: []Span{{1, 0, 10}, {1, 13, 20}, {1, 21, 43}}},
		},
	}
}

func td2() Format {
	number := simple(Number, 1, 0, 9)
	number.Spill = Span{1, 28, 35}
	return Format{
		Name: "TD2", Type: "ID-2", Lines: 2, Width: 36, First: "IACP",
		Fields: append(append(upper(36), lower()...), plain(Optional, KindText, 1, 28, 35)),
		Checks: []Check{
			number, simple(BirthDate, 1, 13, 19), simple(ExpiryDate, 1, 21, 27),
			{Name: Composite, At: Span{1, 35, 36}, Over: []Span{{1, 0, 10}, {1, 13, 20}, {1, 21, 35}}},
		},
	}
}

func td1() Format {
	number := simple(Number, 0, 5, 14)
	number.Spill = Span{0, 15, 30}
	return Format{
		Name: "TD1", Type: "ID-1", Lines: 3, Width: 30, First: "IAC",
		Fields: []Field{
			plain(DocumentCode, KindCode, 0, 0, 2),
			plain(IssuingState, KindState, 0, 2, 5),
			plain(Number, KindText, 0, 5, 14),
			plain(Optional, KindText, 0, 15, 30),
			plain(BirthDate, KindDate, 1, 0, 6),
			plain(Sex, KindSex, 1, 7, 8),
			plain(ExpiryDate, KindDate, 1, 8, 14),
			plain(Nationality, KindState, 1, 15, 18),
			plain(Optional2, KindText, 1, 18, 29),
			plain(Names, KindNames, 2, 0, 30),
		},
		Checks: []Check{
			number, simple(BirthDate, 1, 0, 6), simple(ExpiryDate, 1, 8, 14),
			{Name: Composite, At: Span{1, 29, 30}, Over: []Span{{0, 5, 30}, {1, 0, 7}, {1, 8, 15}, {1, 18, 29}}},
		},
	}
}

// visa has no composite digit (part 7).
func visa(name string, width int) Format {
	return Format{
		Name: name, Type: name, Lines: 2, Width: width, First: "V",
		Fields: append(append(upper(width), lower()...), plain(Optional, KindText, 1, 28, width)),
		Checks: []Check{simple(Number, 1, 0, 9), simple(BirthDate, 1, 13, 19), simple(ExpiryDate, 1, 21, 27)},
	}
}
