package mrz

import "slices"

// Kind is what may stand in a field.
type Kind uint8

// The kinds of field; Part 3 section 4 and the data element tables of parts 4 to 7.
const (
	KindCode  Kind = iota // document code: a letter of the format, then a letter or filler
	KindState             // issuing state or nationality: letters, fillers at the end
	KindNames             // primary and secondary identifier
	KindText              // letters, digits and fillers
	KindDate              // digits; fillers where unknown
	KindSex               // M, F, or filler
	KindDigit             // a check digit
)

// Name of a field, the same in every format.
type Name string

// The fields of the five formats.
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
	Composite    Name = "composite" // names a check, not a field
)

// Span is a range of characters [From, To) of one line.
type Span struct{ Line, From, To int }

// Field is one data element.
type Field struct {
	Name Name
	Kind Kind
	Span Span
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
	First  string // letters that the document code may begin with
	Fields []Field
	Checks []Check
}

// Formats lists the five formats of ICAO 9303, the likeliest first.
func Formats() []Format {
	return []Format{td3(), td1(), td2(), visa("MRV-A", 44), visa("MRV-B", 36)}
}

// Field finds a field by name; ok is false when the format has none.
func (f *Format) Field(name Name) (Field, bool) {
	i := slices.IndexFunc(f.Fields, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return f.Fields[i], true
}

// lower are the fields that the second line of every two-line format begins with.
func lower() []Field {
	return []Field{
		{Number, KindText, Span{1, 0, 9}},
		{Nationality, KindState, Span{1, 10, 13}},
		{BirthDate, KindDate, Span{1, 13, 19}},
		{Sex, KindSex, Span{1, 20, 21}},
		{ExpiryDate, KindDate, Span{1, 21, 27}},
	}
}

func upper(width int) []Field {
	return []Field{
		{DocumentCode, KindCode, Span{0, 0, 2}},
		{IssuingState, KindState, Span{0, 2, 5}},
		{Names, KindNames, Span{0, 5, width}},
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
		Fields: append(append(upper(44), lower()...), Field{Optional, KindText, Span{1, 28, 42}}),
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
		Fields: append(append(upper(36), lower()...), Field{Optional, KindText, Span{1, 28, 35}}),
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
			{DocumentCode, KindCode, Span{0, 0, 2}},
			{IssuingState, KindState, Span{0, 2, 5}},
			{Number, KindText, Span{0, 5, 14}},
			{Optional, KindText, Span{0, 15, 30}},
			{BirthDate, KindDate, Span{1, 0, 6}},
			{Sex, KindSex, Span{1, 7, 8}},
			{ExpiryDate, KindDate, Span{1, 8, 14}},
			{Nationality, KindState, Span{1, 15, 18}},
			{Optional2, KindText, Span{1, 18, 29}},
			{Names, KindNames, Span{2, 0, 30}},
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
		Fields: append(append(upper(width), lower()...), Field{Optional, KindText, Span{1, 28, width}}),
		Checks: []Check{simple(Number, 1, 0, 9), simple(BirthDate, 1, 13, 19), simple(ExpiryDate, 1, 21, 27)},
	}
}
