package types

import (
	"slices"
	"strings"
)

// Need says whether a document bears something, and must be read with it.
type Need int

// The needs.
const (
	Never Need = iota
	Optional
	Required
)

// Type is one kind of document.
type Type struct {
	ID        string // the file's name without its ending
	File      string // for sentences
	Name      string // "Passport", the contract's docName without the year
	Country   string // ISO 3166 alpha-3; "" when the document says it itself
	Year      int    // 0 when it does not matter
	Size      Size
	Recognise Recognise
	Zone      Need // a machine-readable zone
	Barcode   Need // a PDF417 barcode
	Sides     []Side
	Fields    []Field // in the order of the answer
	Rules     []Rule
}

// Size of a side in millimetres.
type Size struct{ Width, Height float64 }

// Recognise says what tells this type from others. Lists that are empty ask for nothing.
type Recognise struct {
	Zones    []string  // formats of the zone: TD1, TD2, TD3, MRV-A …
	Codes    []string  // beginnings of the zone's document code
	States   []string  // the zone's issuing state
	Words    []Caption // one of them is printed on the document
	Captions int       // so many of its fields' captions are found at least

	Signs map[string]string // a sign left of one of the words → the country that it stands for
}

// Side is one side of the document, or one page of a booklet.
type Side struct {
	Name     string
	Portrait bool
	Zone     bool
	Barcode  bool
	Marks    []Mark
}

// Mark is something printed at a known place, by which the page is laid under a grid.
type Mark struct {
	Caption Caption
	At      Point // left end of the print, on the middle of its line
}

// Point and Rect are relative to the side: 0,0 is its upper left corner, 1,1 its lower right.
type (
	Point struct{ X, Y float64 }
	Rect  struct{ X0, Y0, X1, Y1 float64 }
)

// Has tells whether a point lies in the rectangle, grown by a margin.
func (r Rect) Has(p Point, margin float64) bool {
	return p.X >= r.X0-margin && p.X <= r.X1+margin && p.Y >= r.Y0-margin && p.Y <= r.Y1+margin
}

// Alphabet of a field's value.
type Alphabet string

// The alphabets.
const (
	Latin    Alphabet = "latin"
	Cyrillic Alphabet = "cyrillic"
	Digits   Alphabet = "digits" // and what stands between them
)

// Value says where a captioned value stands.
type Value string

// The places of a value beside its caption.
const (
	Near   Value = ""       // below its caption, or else to the right of it
	Below  Value = "below"  // below it
	Right  Value = "right"  // to its right
	Inline Value = "inline" // behind it on the line, as after the numbers of driving licences
)

// Field is one value of the document.
type Field struct {
	Title     string // as the contract spells it
	Side      string // "" is any side
	Zone      string // what the machine-readable zone calls it; "" is not in there
	Barcode   string // element of the barcode; "" is not in there
	Captions  []Caption
	CaptionAt *Point // where the caption begins
	Place     *Rect  // where the value stands
	Value     Value
	Lines     int  // at most so many lines; at least 1
	Skip      int  // so many lines of the value are another field's
	Alone     bool // a date that is told from the page's other dates by the rules, or a code by its form, where its caption is not legible
	Turned    bool // the print runs along the side's height
	Alphabet  Alphabet
	Grammar   Grammar
	Required  bool
	Hidden    bool // only compared, not told
	Compare   Compare
}

// Compare says how the page's value is held against the zone's.
type Compare string

// The ways to compare.
const (
	CompareNot    Compare = "no"
	CompareExact  Compare = "exact"
	CompareDate   Compare = "date"
	CompareNumber Compare = "number" // O and 0, I and 1 count as one
	CompareName   Compare = "name"   // Latin letters, read without their marks
	CompareScript Compare = "transliterated"
)

// Printed tells whether the field is read off the page at all.
func (f *Field) Printed() bool { return len(f.Captions) > 0 || f.Place != nil }

// Sentence names the field in the middle of a sentence: "date of expiry".
func (f *Field) Sentence() string { return sentence(f.Title) }

// sentence writes a title of the contract in words.
func sentence(title string) string {
	var b strings.Builder
	for i, r := range strings.TrimSuffix(title, "(s)") {
		if i > 0 && r >= 'A' && r <= 'Z' && !strings.HasSuffix(b.String(), " ") {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	if strings.HasSuffix(title, "(s)") {
		b.WriteByte('s')
	}
	return strings.ToLower(b.String())
}

// RuleKind is what a rule asks of dates.
type RuleKind string

// The rules.
const (
	RuleBefore RuleKind = "before" // the first date is before the second
	RulePast   RuleKind = "past"   // the date is not after today
	RuleFuture RuleKind = "future" // the date is not over: a document is valid on its last day
	RuleAge    RuleKind = "age"    // years from the first date to the second, or to today
)

// Rule is a check between fields, named by their titles.
type Rule struct {
	Kind        RuleKind
	Field, Than string
	Least, Most int    // years, of RuleAge
	Fault       string // what to say when it does not hold
}

// DocName is the contract's name of the document: "Passport (2006)".
func (t *Type) DocName() string {
	if t.Year == 0 {
		return t.Name
	}
	return t.Name + " (" + digitsOf(t.Year) + ")"
}

// Field finds a field by its title.
func (t *Type) Field(title string) (*Field, bool) {
	i := slices.IndexFunc(t.Fields, func(f Field) bool { return f.Title == title })
	if i < 0 {
		return nil, false
	}
	return &t.Fields[i], true
}

// Side finds a side by its name.
func (t *Type) Side(name string) (*Side, bool) {
	i := slices.IndexFunc(t.Sides, func(s Side) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Sides[i], true
}

// Numbered tells that fields are found by numbers before them, as on driving licences.
func (t *Type) Numbered() bool {
	return slices.ContainsFunc(t.Fields, func(f Field) bool {
		return slices.ContainsFunc(f.Captions, func(c Caption) bool { return c.number })
	})
}

// Script is the alphabet that the captions are best read in: Latin, unless
// most fields have no Latin caption.
func (t *Type) Script() Alphabet {
	latin, other := 0, 0
	for _, f := range t.Fields {
		if len(f.Captions) == 0 {
			continue
		}
		if slices.ContainsFunc(f.Captions, func(c Caption) bool { return !c.cyrillic }) {
			latin++
		} else {
			other++
		}
	}
	if other > latin {
		return Cyrillic
	}
	return Latin
}

// Needs tells whether some field of the type is printed in the alphabet.
func (t *Type) Needs(a Alphabet) bool {
	return t.Script() == a || slices.ContainsFunc(t.Fields, func(f Field) bool { return f.Printed() && f.Alphabet == a })
}
