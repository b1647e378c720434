package document

import (
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
)

// sureEnough is how sure a printed value's weakest character must be before a
// difference to the zone counts: a misread page must not accuse a person.
const sureEnough = 0.75

// comparison is what zone, page and calendar say of one another.
type comparison struct {
	faults   []string // in words without personal data, for the check's value
	mismatch []string // titles of the fields that differ
	compared int      // values that could be compared
	ruled    int      // rules that could be applied
}

// compare holds the page against the zone, field by field, and the dates against
// each other and against now, as the type's rules say. A zone that was not read
// with confidence is not compared.
func compare(p *dossier, now time.Time) comparison {
	var c comparison
	dates := map[string]mrz.Date{}
	var z *mrz.Zone
	if p.zone != nil && p.zone.sight.outcome == read {
		z = p.zone.sight.reading.Zone
	}
	for i := range p.values {
		v := &p.values[i]
		if p.coded[i].known() {
			v = &p.coded[i]
		}
		if d, ok := c.date(z, v, now); ok {
			dates[v.field.Title] = d
		}
	}
	for _, rule := range p.typ.Rules {
		c.rule(rule, dates, now)
	}
	for i := range p.values {
		v := &p.values[i]
		if z != nil && v.known() {
			c.field(z, v, now)
		}
		if v.known() && p.coded[i].known() {
			c.code(v, &p.coded[i])
		}
	}
	return c
}

// computed tells whether there was anything to compare: with a zone there always
// is, for its dates are held against the calendar.
func (c *comparison) computed(p *dossier) bool {
	if p.zone != nil {
		return p.zone.sight.outcome == read
	}
	return c.compared+c.ruled > 0
}

func (c *comparison) fault(reason string, titles ...string) {
	c.faults = append(c.faults, reason)
	c.mismatch = append(c.mismatch, titles...)
}

// date is what the document says by the zone, or else by the page where it was
// read with confidence.
func (c *comparison) date(z *mrz.Zone, v *value, now time.Time) (mrz.Date, bool) {
	if v.field.Grammar.Kind != types.KindDate {
		return mrz.Date{}, false
	}
	if of := zoneDate(z, v.field.Zone); of != nil {
		d, err := of(now)
		if err != nil {
			c.fault("impossible "+v.field.Sentence(), v.field.Title)
			return mrz.Date{}, false
		}
		return d, d.Year > 0
	}
	return mrz.Date(v.date), v.known() && v.sure >= sureEnough
}

func zoneDate(z *mrz.Zone, name string) func(time.Time) (mrz.Date, error) {
	switch {
	case z == nil:
		return nil
	case name == "birthDate":
		return z.Birth
	case name == "expiryDate":
		return z.Expiry
	case name == "issueDate":
		if d, ok := z.Domestic(); ok {
			return d.Issued
		}
	}
	return nil
}

// rule applies one rule where the dates that it speaks of are known.
func (c *comparison) rule(r types.Rule, dates map[string]mrz.Date, now time.Time) {
	d, ok := dates[r.Field]
	than, both := dates[r.Than]
	if !ok || r.Than != "" && (!both || !than.Known()) || r.Kind != types.RuleFuture && !d.Known() {
		return
	}
	c.ruled++
	titles := []string{r.Field}
	holds := true
	switch r.Kind {
	case types.RuleFuture:
		holds = lastDay(d).AddDate(0, 0, 1).After(now.UTC())
	case types.RulePast:
		holds = !d.Time().After(now)
	case types.RuleBefore:
		holds, titles = d.Time().Before(than.Time()), append(titles, r.Than)
	case types.RuleAge:
		end := now.UTC()
		if r.Than != "" {
			end = than.Time()
		}
		holds = !d.Time().AddDate(r.Least, 0, 0).After(end) && d.Time().AddDate(r.Most, 0, 0).After(end)
	}
	if !holds {
		c.fault(r.Fault, titles...)
	}
}

// lastDay of a date whose day or month may be unknown: the benefit of the doubt.
func lastDay(d mrz.Date) time.Time {
	switch {
	case d.Month == 0:
		return time.Date(d.Year, 12, 31, 0, 0, 0, 0, time.UTC)
	case d.Day == 0:
		return time.Date(d.Year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return d.Time()
}

// field compares one value of the page with the zone's.
func (c *comparison) field(z *mrz.Zone, v *value, now time.Time) {
	f := v.field
	reason := f.Sentence() + " differs from the page"
	if strings.HasSuffix(f.Title, "(s)") {
		reason = f.Sentence() + " differ from the page"
	}
	switch f.Compare {
	case types.CompareNumber:
		if len(plainNumber(v.told)) >= 5 {
			c.differs(!sameNumber(v.told, zoneText(z, f.Zone)), v.sure, reason, f.Title)
		}
	case types.CompareDate:
		if of := zoneDate(z, f.Zone); of != nil {
			if zone, err := of(now); err == nil && zone.Known() {
				c.differs(!sameDate(v.date, zone), v.sure, reason, f.Title)
			}
		}
	case types.CompareName:
		c.name(z, v, reason)
	case types.CompareNot:
	case types.CompareScript:
		if zone := zoneText(z, f.Zone); zone != "" {
			c.differs(!sameScript(v.told, zone, z), v.sure, reason, f.Title)
		}
	case types.CompareExact:
		if zone := zoneText(z, f.Zone); zone != "" {
			c.differs(plainNumber(v.told) != plainNumber(zone), v.sure, reason, f.Title)
		}
	}
}

// code compares one value of the page with the barcode's.
func (c *comparison) code(v, coded *value) {
	differs := !sameNumber(v.told, coded.told)
	switch v.field.Grammar.Kind {
	case types.KindDate:
		differs = v.date != coded.date
	case types.KindName:
		differs = nameDistance(v.told, coded.told) > max(1, len(v.told)/lettersAnError)
	default: // as a number
	}
	c.differs(differs, v.sure, v.field.Sentence()+" differs from the barcode", v.field.Title)
}

// zoneText is what the zone says of a field; "" when it says nothing.
func zoneText(z *mrz.Zone, name string) string {
	if d, ok := z.Domestic(); ok {
		if text := domesticText(d, name); text != "" {
			return text
		}
	}
	switch name {
	case "surname":
		return z.Surname()
	case "givenNames":
		return z.GivenNames()
	case "number":
		return z.Number()
	case "sex":
		return z.Sex()
	}
	return z.Text(zoneName(name))
}

// sameScript tells that a name of another alphabet can stand in the zone as it
// stands there, by the transliteration of the issuing state. That of the Russian
// internal passport is reversible, and its zone was put back into Cyrillic.
func sameScript(printed, zone string, z *mrz.Zone) bool {
	if _, ok := z.Domestic(); ok {
		return mrz.SameRussianName(printed, zone, z.Truncated())
	}
	return mrz.SameName(printed, zone, z.Text(mrz.IssuingState), z.Truncated())
}

// Names are compared loosely: up to one letter in six may be the recogniser's
// fault, for it knows no marks.
const lettersAnError = 6

func (c *comparison) name(z *mrz.Zone, v *value, reason string) {
	letters, zone := lettersOf(v.told), zoneText(z, v.field.Zone)
	if len(letters) < 2 || zone == "" {
		return
	}
	allowed := max(1, len(letters)/lettersAnError)
	if z.Truncated() {
		allowed += max(0, len(letters)-len(strings.ReplaceAll(zone, " ", "")))
	}
	c.differs(nameDistance(v.told, zone) > allowed, v.sure, reason, v.field.Title)
}

func (c *comparison) differs(differs bool, sure float64, reason, title string) {
	if differs && sure < sureEnough {
		return
	}
	c.compared++
	if differs {
		c.fault(reason, title)
	}
}

// item is the check of the contract; its value says why it failed.
func (c *comparison) item() kyc.CheckItem {
	it := kyc.Passed("isLogicalMismatch", len(c.faults) == 0)
	it.Value = strings.Join(c.faults, ", ")
	return it
}

// validity is the check of the zone's digits.
func validity(r *mrz.Reading) kyc.CheckItem {
	it := kyc.Passed("isMRZValid", r.Zone.Valid())
	sure := r.Mean()
	it.Confidence = &sure
	return it
}
