package specimen

import (
	"image"
	"strings"
	"time"
)

// Format is the shape of a travel document by ICAO 9303.
type Format int

// The zero value is a passport booklet's data page.
const (
	TD3   Format = iota // passport, 125 × 88 mm, 2 × 44 characters
	TD1                 // card, 85.6 × 54 mm, 3 × 30 characters on its back
	TD2                 // larger card, 105 × 74 mm, 2 × 36 characters
	MRVA                // visa as wide as a passport page, 2 × 44 characters
	MRVB                // visa as wide as a TD2 card, 2 × 36 characters
	RUSID               // Russian internal passport, 2 × 44 characters, names transliterated reversibly
	FRAID               // French identity card of 1995 to 2021, 2 × 36 characters
	CHEDL               // Swiss driving licence, 9 and 2 × 30 characters on its back
	FRADL               // French driving licence, 30 characters on its back
)

// Formats lists every format.
func Formats() []Format { return []Format{TD3, TD1, TD2, MRVA, MRVB, RUSID, FRAID, CHEDL, FRADL} }

// String names the format as ICAO 9303 does, or by state and kind.
func (f Format) String() string {
	switch f {
	case TD1:
		return "TD1"
	case TD2:
		return "TD2"
	case MRVA:
		return "MRV-A"
	case MRVB:
		return "MRV-B"
	case RUSID:
		return "RUS-ID"
	case FRAID:
		return "FRA-ID"
	case CHEDL:
		return "CHE-DL"
	case FRADL:
		return "FRA-DL"
	}
	return "TD3"
}

// Passport is one fictitious travel document; despite the name its Format may
// be any of ICAO 9303. The zero value of every field is legal and prints as
// fillers. Dates are read in their own zone; only year, month and day count.
type Passport struct {
	Format       Format
	Permit       bool   // a TD1 card is a residence permit
	Surname      string // any Latin or Cyrillic letters, as printed
	GivenNames   string
	Number       string // longer than nine characters only in TD1 and TD2
	Nationality  string // three letters, "UTO" when empty
	IssuingState string // three letters, "UTO" when empty
	Sex          string // "M", "F", or anything else for unspecified
	BirthDate    time.Time
	ExpiryDate   time.Time
	Issued       time.Time
	Authority    string
	PlaceOfBirth string

	PersonalNumber string      // optional data of the MRZ
	Portrait       image.Image // drawn over 35 × 45 mm; nil gives Face(Seed)
	Seed           int64       // background pattern and default portrait
	Faults         Faults
}

// Faults makes a document wrong on purpose. The zero value is a genuine one.
type Faults struct {
	WrongDigits []Field // these check digits are off by one; the composite stays right for what is printed

	// A forger changed the printed page and left the MRZ alone.
	PrintedSurname    string
	PrintedGivenNames string
	PrintedNumber     string
	PrintedBirthDate  time.Time
	PrintedExpiryDate time.Time

	// Six characters put into the MRZ in place of a date, such as "741399".
	BirthCode  string
	ExpiryCode string
}

// Field names one part of the MRZ that has a check digit of its own.
type Field string

// The fields that WrongDigits accepts; a format without the field ignores it.
const (
	FieldNumber    Field = "number"
	FieldBirth     Field = "birth"
	FieldExpiry    Field = "expiry"
	FieldPersonal  Field = "personal"
	FieldComposite Field = "composite"
)

// Expired returns a copy whose validity ended a year before the given day.
func (p Passport) Expired(on time.Time) Passport {
	p.ExpiryDate = on.AddDate(-1, 0, 0)
	p.Issued = p.ExpiryDate.AddDate(-10, 0, 1)
	return p
}

func (p Passport) issuer() string {
	return orElse(strings.ToUpper(p.IssuingState), "UTO")
}

func (p Passport) nationality() string {
	return orElse(strings.ToUpper(p.Nationality), "UTO")
}

// printed is what the page shows to the eye, which a fault may change.
func (p Passport) printed() Passport {
	f := p.Faults
	p.Surname = orElse(f.PrintedSurname, p.Surname)
	p.GivenNames = orElse(f.PrintedGivenNames, p.GivenNames)
	p.Number = orElse(f.PrintedNumber, p.Number)
	if !f.PrintedBirthDate.IsZero() {
		p.BirthDate = f.PrintedBirthDate
	}
	if !f.PrintedExpiryDate.IsZero() {
		p.ExpiryDate = f.PrintedExpiryDate
	}
	return p
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
