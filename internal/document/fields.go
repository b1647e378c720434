package document

import (
	"fmt"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Windows language ids of the alphabets.
const (
	lcidNone  = 0
	lcidLatin = 1033
)

// fieldset builds the contract's fields of one paper.
type fieldset struct {
	reading *mrz.Reading      // nil without a zone
	doubted map[mrz.Name]bool // fields of the zone with an uncertain character
	image   int               // of the zone
	now     time.Time
	scales  scales
	fields  []kyc.Field
	scores  []score // of the fields, by which their confidence was told
}

// newFieldset lists what was read, by the titles and in the order of the type's
// file: what the zone says, and what only the page says.
func newFieldset(p *dossier, now time.Time, scales scales) *fieldset {
	s := &fieldset{doubted: map[mrz.Name]bool{}, now: now, scales: scales}
	if p.zone != nil {
		s.reading, s.image = p.zone.sight.reading, p.zone.index
		for _, d := range p.zone.sight.doubts {
			s.doubted[d.field] = true
		}
	}
	for i := range p.values {
		v := &p.values[i]
		switch f := v.field; {
		case f.Hidden:
		case p.coded[i].known():
			s.printed(&p.coded[i])
		case s.reading != nil && f.Zone != "" && !(f.Alphabet == types.Cyrillic && v.known()): // a zone has no Cyrillic letters
			if !s.zone(f) && v.known() {
				s.printed(v)
			}
		case v.known():
			s.printed(v)
		}
	}
	return s
}

// zoneNames maps the type files' names to the zone's; digits are those of fields.
func zoneNames() (fields, digits map[string]mrz.Name) {
	return map[string]mrz.Name{
			"surname": mrz.Names, "givenNames": mrz.Names, "sex": mrz.Sex, "birthDate": mrz.BirthDate, "expiryDate": mrz.ExpiryDate, "number": mrz.Number,
			"documentCode": mrz.DocumentCode, "issuingState": mrz.IssuingState, "nationality": mrz.Nationality, "optional": mrz.Optional,
		}, map[string]mrz.Name{
			"numberDigit": mrz.Number, "birthDateDigit": mrz.BirthDate, "expiryDateDigit": mrz.ExpiryDate, "optionalDigit": mrz.Optional, "finalDigit": mrz.Composite,
		}
}

// zoneName is the zone's name of what the type files call so, "" for none.
func zoneName(name string) mrz.Name {
	fields, _ := zoneNames()
	return fields[name]
}

// zone adds what the zone says of a field; false when it says nothing.
func (s *fieldset) zone(f *types.Field) bool {
	z, before := s.reading.Zone, len(s.fields)
	fields, digits := zoneNames()
	if d, ok := z.Domestic(); ok && s.domestic(f, d) {
		return len(s.fields) > before
	}
	switch f.Zone {
	case "surname":
		s.put(f.Title, z.Surname(), lcidLatin, mrz.Names)
	case "givenNames":
		s.put(f.Title, z.GivenNames(), lcidLatin, mrz.Names)
	case "sex":
		s.put(f.Title, z.Sex(), lcidLatin, mrz.Sex)
	case "number":
		s.put(f.Title, z.Number(), lcidLatin, mrz.Number)
	case "optional":
		s.put(f.Title, z.OptionalData(), lcidLatin, mrz.Optional)
	case "birthDate":
		birth, err := z.Birth(s.now)
		s.date(f.Title, z.Raw(mrz.BirthDate), birth, err, mrz.BirthDate)
	case "expiryDate":
		expiry, err := z.Expiry(s.now)
		s.date(f.Title, z.Raw(mrz.ExpiryDate), expiry, err, mrz.ExpiryDate)
	case "lines":
		s.whole(f.Title, "^")
	case "string":
		s.whole(f.Title, "")
	case "type":
		s.add(kyc.Field{Title: f.Title, Value: z.Format.Type, ImageIndex: s.image}, s.score(mrz.DocumentCode))
	default:
		if name, ok := digits[f.Zone]; ok {
			s.digit(f.Title, name)
		} else if name, ok := fields[f.Zone]; ok {
			s.put(f.Title, z.Text(name), lcidLatin, name)
		}
	}
	return len(s.fields) > before
}

// domestic adds what only the zone of the Russian internal passport says, and its
// names in the letters of the page; false for the fields that it shares with others.
func (s *fieldset) domestic(f *types.Field, d mrz.Domestic) bool {
	switch f.Zone {
	case "surname", "givenNames", "fatherName":
		s.put(f.Title, domesticText(d, f.Zone), lcidCyrillic, mrz.Names)
	case "series":
		s.put(f.Title, d.Series, lcidNone, mrz.Number)
		s.doubt(mrz.Optional) // its last digit stands there
	case "seriesNumber":
		s.put(f.Title, d.Number, lcidNone, mrz.Number)
	case "authorityCode":
		s.put(f.Title, d.Office, lcidNone, mrz.Optional)
	case "issueDate":
		issued, err := d.Issued(s.now)
		s.date(f.Title, d.IssuedCode, issued, err, mrz.Optional)
	default:
		return false
	}
	return true
}

// domesticText is one of those fields that are text.
func domesticText(d mrz.Domestic, name string) string {
	return map[string]string{"surname": d.Surname, "givenNames": d.GivenName, "fatherName": d.FatherName, "series": d.Series, "seriesNumber": d.Number, "authorityCode": d.Office}[name]
}

// doubt lets the last field share the doubts about another one of the zone.
func (s *fieldset) doubt(name mrz.Name) {
	f := &s.fields[len(s.fields)-1]
	f.IsUnreadable = f.IsUnreadable || s.doubted[name]
	by := &s.scores[len(s.scores)-1]
	by.sure = min(by.sure, s.score(name).sure)
	f.Conf = s.scales.confidence(*by)
}

// put adds a field of the zone; an empty one is left out.
func (s *fieldset) put(title, value string, lcid int, name mrz.Name) {
	if value == "" {
		return
	}
	s.add(kyc.Field{
		Title: title, Value: value, LCID: lcid, ImageIndex: s.image,
		IsUnreadable: s.doubted[name], IsMRZOk: s.verdict(name),
	}, s.score(name))
}

// date adds a date. One that no calendar has keeps its six characters and gets
// no UTC value; unknown parts are printed as ICAO does, by X.
func (s *fieldset) date(title, code string, d mrz.Date, err error, name mrz.Name) {
	value, utc := strings.Trim(code, "<"), ""
	if err == nil {
		value = printedDate(d)
		if d.Known() {
			utc = d.Time().Format(utcForm)
		}
	}
	if value == "" {
		return
	}
	s.put(title, value, lcidNone, name)
	s.fields[len(s.fields)-1].ValueUTC = utc
}

// utcForm is the contract's form of a date.
const utcForm = "2006-01-02T15:04:05Z"

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

// digit adds a check digit as printed.
func (s *fieldset) digit(title string, name mrz.Name) {
	v, ok := s.reading.Zone.Check(name)
	if !ok || v.Printed == mrz.Filler {
		return
	}
	s.add(kyc.Field{
		Title: title, Value: string(v.Printed), ImageIndex: s.image,
		IsUnreadable: s.doubted[name], IsMRZOk: &v.OK,
	}, s.score(name))
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
		IsUnreadable: len(s.doubted) > 0, IsMRZOk: &ok,
	}, score{from: sourceZone, sure: sure})
}

// printed adds a value that the page says.
func (s *fieldset) printed(v *value) {
	f := kyc.Field{Title: v.field.Title, Value: v.told, LCID: lcidLatin, ImageIndex: v.view.index}
	switch {
	case v.field.Grammar.Kind == types.KindDate:
		f.LCID, f.ValueUTC = lcidNone, v.date.Time().Format(utcForm)
	case v.field.Alphabet == types.Cyrillic && v.field.Grammar.Kind != types.KindSex:
		f.LCID = lcidCyrillic
	case v.field.Alphabet == types.Digits:
		f.LCID = lcidNone
	}
	s.add(f, v.score())
}

// mismatch marks the fields with this title as differing from the page.
func (s *fieldset) mismatch(title string) {
	for i := range s.fields {
		if s.fields[i].Title == title {
			s.fields[i].IsMismatch = true
		}
	}
}

func (s *fieldset) add(f kyc.Field, by score) {
	f.Conf = s.scales.confidence(by)
	s.fields, s.scores = append(s.fields, f), append(s.scores, by)
}

// score of a field of the zone. What is said to be unreadable is not trusted,
// whatever the scale.
func (s *fieldset) score(name mrz.Name) score {
	out := score{from: sourceZone, sure: s.sure(name)}
	if ok := s.verdict(name); ok != nil && *ok {
		out.from = sourceChecked
	}
	if s.doubted[name] {
		out.sure = 0
	}
	return out
}

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
