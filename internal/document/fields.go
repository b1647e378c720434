package document

import (
	"fmt"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Windows language ids of the alphabets.
const (
	lcidNone  = 0
	lcidLatin = 1033
)

// How sure a field's weakest character must be for each word of the contract.
const (
	sureHigh   = 0.90
	sureMedium = 0.65
)

func confidence(sure float64) kyc.Confidence {
	switch {
	case sure >= sureHigh:
		return kyc.High
	case sure >= sureMedium:
		return kyc.Medium
	}
	return kyc.Low
}

// fieldset builds the contract's fields of one reading.
type fieldset struct {
	reading *mrz.Reading
	doubted map[mrz.Name]bool // fields with an uncertain character
	image   int
	now     time.Time
	fields  []kyc.Field
}

// newFieldset lists what the zone says, by the titles of the wire contract,
// section 5: the human titles first, then those of the zone itself.
func newFieldset(r *mrz.Reading, doubts []doubt, image int, now time.Time) *fieldset {
	s := &fieldset{reading: r, doubted: map[mrz.Name]bool{}, image: image, now: now}
	for _, d := range doubts {
		s.doubted[d.field] = true
	}
	z := r.Zone
	s.put("Surname", z.Surname(), lcidLatin, mrz.Names)
	s.put("Given name(s)", z.GivenNames(), lcidLatin, mrz.Names)
	s.put("Sex", z.Sex(), lcidLatin, mrz.Sex)
	birth, err := z.Birth(now)
	s.date("Date of birth", birth, err, mrz.BirthDate)
	s.put("Document number", z.Number(), lcidLatin, mrz.Number)
	expiry, err := z.Expiry(now)
	s.date("DateOfExpiry", expiry, err, mrz.ExpiryDate)
	s.put("DocumentClassCode", z.Text(mrz.DocumentCode), lcidLatin, mrz.DocumentCode)
	s.put("IssuingStateCode", z.Text(mrz.IssuingState), lcidLatin, mrz.IssuingState)
	s.put("NationalityCode", z.Text(mrz.Nationality), lcidLatin, mrz.Nationality)
	if data := z.OptionalData(); data != "" {
		s.put("OptionalData", data, lcidLatin, mrz.Optional)
	}
	s.digits()
	s.whole("MRZStrings", "^")
	s.whole("MRZ string", "")
	s.add(kyc.Field{Title: "MRZType", Value: z.Format.Type, Conf: kyc.High, ImageIndex: image})
	return s
}

// put adds a field of the zone; an empty one is left out.
func (s *fieldset) put(title, value string, lcid int, name mrz.Name) {
	if value == "" {
		return
	}
	sure := s.sure(name)
	s.add(kyc.Field{
		Title: title, Value: value, LCID: lcid, ImageIndex: s.image,
		Conf: confidence(sure), IsUnreadable: s.doubted[name], IsMRZOk: s.verdict(name),
	})
}

// date adds a date. One that no calendar has keeps its six characters and gets
// no UTC value; unknown parts are printed as ICAO does, by X.
func (s *fieldset) date(title string, d mrz.Date, err error, name mrz.Name) {
	value, utc := strings.Trim(s.reading.Zone.Raw(name), "<"), ""
	if err == nil {
		value = printedDate(d)
		if d.Known() {
			utc = d.Time().Format("2006-01-02T15:04:05Z")
		}
	}
	if value == "" {
		return
	}
	s.put(title, value, lcidNone, name)
	s.fields[len(s.fields)-1].ValueUTC = utc
}

func printedDate(d mrz.Date) string {
	part := func(n int, unknown, format string) string {
		if n == 0 {
			return unknown
		}
		return fmt.Sprintf(format, n)
	}
	if d.Year == 0 {
		return ""
	}
	return part(d.Day, "XX", "%02d") + "." + part(d.Month, "XX", "%02d") + "." + fmt.Sprintf("%04d", d.Year)
}

// digits adds every check digit as printed.
func (s *fieldset) digits() {
	titles := map[mrz.Name]string{
		mrz.Number: "DocumentNumberCheckdigit", mrz.BirthDate: "DateOfBirthCheckdigit", mrz.ExpiryDate: "DateOfExpiryCheckdigit",
		mrz.Optional: "OptionalDataCheckdigit", mrz.Composite: "FinalCheckdigit",
	}
	for _, v := range s.reading.Zone.Checks {
		if v.Printed == mrz.Filler {
			continue
		}
		ok := v.OK
		s.add(kyc.Field{
			Title: titles[v.Name], Value: string(v.Printed), ImageIndex: s.image,
			Conf: confidence(s.sure(v.Name)), IsUnreadable: s.doubted[v.Name], IsMRZOk: &ok,
		})
	}
}

// whole adds the zone's lines in one string.
func (s *fieldset) whole(title, between string) {
	ok, sure := s.reading.Zone.Valid(), 1.0
	for _, line := range s.reading.Chars {
		for _, c := range line {
			sure = min(sure, c.Sure())
		}
	}
	s.add(kyc.Field{
		Title: title, Value: strings.Join(s.reading.Zone.Lines, between), LCID: lcidLatin, ImageIndex: s.image,
		Conf: confidence(sure), IsUnreadable: len(s.doubted) > 0, IsMRZOk: &ok,
	})
}

// printed adds a value that only the page has.
func (s *fieldset) printed(title, value string, sure float64, utc string) {
	if value == "" {
		return
	}
	f := kyc.Field{Title: title, Value: value, LCID: lcidLatin, Conf: confidence(sure), ImageIndex: s.image, ValueUTC: utc}
	if utc != "" {
		f.LCID = lcidNone
	}
	s.add(f)
}

// mismatch marks the fields with this title as differing from the page.
func (s *fieldset) mismatch(title string) {
	for i := range s.fields {
		if s.fields[i].Title == title {
			s.fields[i].IsMismatch = true
		}
	}
}

func (s *fieldset) add(f kyc.Field) { s.fields = append(s.fields, f) }

// verdict is that of the field's own check digit, nil when it has none.
func (s *fieldset) verdict(name mrz.Name) *bool {
	if v, ok := s.reading.Zone.Check(name); ok {
		return &v.OK
	}
	return nil
}

// sure is how sure the weakest character of a field is.
func (s *fieldset) sure(name mrz.Name) float64 {
	spans := []mrz.Span{}
	if f, ok := s.reading.Zone.Format.Field(name); ok {
		spans = append(spans, f.Span)
	}
	for _, c := range s.reading.Zone.Format.Checks {
		if c.Name == name && name == mrz.Composite {
			spans = append(spans, c.At)
		}
	}
	least := 1.0
	for _, p := range spans {
		for _, c := range s.reading.Chars[p.Line][p.From:p.To] {
			least = min(least, c.Sure())
		}
	}
	return least
}
