package mrz

import (
	"slices"
	"strings"
)

// ofStates lists the formats that states made for themselves. None of them is
// in ICAO 9303; they use its characters and its check digits.
func ofStates() []Format { return []Format{russian(), frenchCard(), swissLicence(), frenchLicence()} }

// fixed is a field in whose places stand certain characters only; a choice is
// written as one string a place.
func fixed(name Name, kind Kind, line, from int, only ...string) Field {
	return Field{Name: name, Kind: kind, Span: Span{line, from, from + len(only)}, Only: only}
}

func padding(line, from, to int) Field {
	return fixed(Padding, KindText, line, from, slices.Repeat([]string{"<"}, to-from)...)
}

// frenchCard is the identity card of 1995 to 2021 (decree 55-1397 as amended):
// its number is year, month, department and order, and its last digit covers
// all that stands before it.
func frenchCard() Format {
	return Format{
		Name: "FRA-ID", Type: "ID-2", Lines: 2, Width: 36, First: "I", Prefix: "IDFRA",
		Fields: []Field{
			fixed(DocumentCode, KindCode, 0, 0, "I", "D"),
			fixed(IssuingState, KindState, 0, 2, "F", "R", "A"),
			plain(Names, KindLetters, 0, 5, 30),
			plain(Office, KindText, 0, 30, 36),
			plain(Number, KindText, 1, 0, 12),
			plain(Given, KindLetters, 1, 13, 27),
			plain(BirthDate, KindDate, 1, 27, 33),
			plain(Sex, KindSex, 1, 34, 35),
		},
		Checks: []Check{
			simple(Number, 1, 0, 12), simple(BirthDate, 1, 27, 33),
			{Name: Composite, At: Span{1, 35, 36}, Over: []Span{{0, 0, 36}, {1, 0, 35}}},
		},
	}
}

// swissLicence is the driving licence of Switzerland and Liechtenstein: three
// lines, the first of nine characters, and no check digit at all.
func swissLicence() Format {
	const digits = "0123456789"
	return Format{
		Name: "CHE-DL", Type: "ID-1", Lines: 3, Width: 30, Short: 9, First: "F", Prefix: "FA",
		Fields: []Field{
			fixed(Number, KindText, 0, 0, "", "", "", digits, digits, digits, "DFIR"),
			padding(0, 7, 9),
			fixed(DocumentCode, KindCode, 1, 0, "F", "A"),
			fixed(IssuingState, KindState, 1, 2, "CL", "HI", "E"),
			plain(Optional, KindDigits, 1, 5, 14),
			plain(Optional2, KindDigits, 1, 14, 17),
			padding(1, 17, 19),
			plain(BirthDate, KindDate, 1, 19, 25),
			padding(1, 25, 30),
			plain(Names, KindNames, 2, 0, 30),
		},
	}
}

// frenchLicence is the single line of the licences since 2013. Its digits cover
// everything before them, the document code included.
func frenchLicence() Format {
	return Format{
		Name: "FRA-DL", Type: "ID-1", Lines: 1, Width: 30, First: "D", Prefix: "D1FRA",
		Fields: []Field{
			fixed(DocumentCode, KindText, 0, 0, "D", "1"),
			fixed(IssuingState, KindState, 0, 2, "F", "R", "A"),
			plain(Number, KindText, 0, 5, 14),
			plain(ExpiryDate, KindDate, 0, 15, 21),
			plain(Names, KindLetters, 0, 21, 29),
		},
		Checks: []Check{
			{Name: Number, At: Span{0, 14, 15}, Over: []Span{{0, 0, 14}}},
			{Name: Composite, At: Span{0, 29, 30}, Over: []Span{{0, 0, 29}}},
		},
	}
}

// National tells which national format lines of that of ICAO really are, by
// their beginning; "" for none.
func National(format string, lines []string) string {
	all := Formats()
	i := slices.IndexFunc(all, func(f Format) bool { return f.Name == format })
	if i < 0 {
		return ""
	}
	for _, f := range all {
		if f.Prefix != "" && f.Name != format && f.Lines == all[i].Lines && f.Width == all[i].Width && f.Short == all[i].Short && strings.HasPrefix(lines[0], f.Prefix) {
			return f.Name
		}
	}
	return ""
}
