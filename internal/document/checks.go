package document

import (
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/kyc"
)

// sureEnough is how sure a printed value's weakest character must be before a
// difference to the zone counts: a misread page must not accuse a person.
const sureEnough = 0.75

// comparison is what the printed page says beside the zone.
type comparison struct {
	faults   []string // in words without personal data, for the check's value
	mismatch []string // titles of the fields that differ
	compared int      // values that could be compared
}

func (c *comparison) fault(reason string, titles ...string) {
	c.faults = append(c.faults, reason)
	c.mismatch = append(c.mismatch, titles...)
}

// calendar checks the dates against each other and against now. issued is zero
// when the page does not tell it.
func (c *comparison) calendar(z *mrz.Zone, issued mrz.Date, now time.Time) {
	birth, err := z.Birth(now)
	if err != nil {
		c.fault("impossible date of birth", "Date of birth")
	}
	expiry, err := z.Expiry(now)
	if err != nil {
		c.fault("impossible date of expiry", "DateOfExpiry")
	}
	if expiry.Year > 0 {
		if end := lastDay(expiry); end.AddDate(0, 0, 1).Before(now.UTC()) || end.AddDate(0, 0, 1).Equal(now.UTC()) {
			c.fault("expired", "DateOfExpiry")
		}
	}
	if birth.Known() && expiry.Known() && !birth.Time().Before(expiry.Time()) {
		c.fault("birth after expiry", "Date of birth", "DateOfExpiry")
	}
	if !issued.Known() {
		return
	}
	if birth.Known() && issued.Time().Before(birth.Time()) {
		c.fault("issued before birth", "Date of issue")
	}
	if expiry.Known() && !issued.Time().Before(expiry.Time()) {
		c.fault("issued after expiry", "Date of issue")
	}
	if issued.Time().After(now) {
		c.fault("issued in the future", "Date of issue")
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

// page compares printed values with the zone's. What was not found, or not read
// with confidence, is not compared.
func (c *comparison) page(z *mrz.Zone, values map[label]item, read *dates, now time.Time) {
	if text, sure := value(values, labelNumber); text != "" && len(plainNumber(text)) >= 5 {
		c.differs(!sameNumber(text, z.Number()), sure, "document number differs from the page", "Document number")
	}
	for _, row := range []struct {
		label  label
		of     func(time.Time) (mrz.Date, error)
		reason string
		title  string
	}{
		{labelBirth, z.Birth, "date of birth differs from the page", "Date of birth"},
		{labelExpiry, z.Expiry, "date of expiry differs from the page", "DateOfExpiry"},
	} {
		text, sure := value(values, row.label)
		printed, ok := read.parse(text)
		zone, err := row.of(now)
		if ok && err == nil && zone.Known() {
			c.differs(!sameDate(printed, zone), sure, row.reason, row.title)
		}
	}
	c.name(values, labelSurname, z.Surname(), z, "surname differs from the page", "Surname")
	c.name(values, labelGiven, z.GivenNames(), z, "given names differ from the page", "Given name(s)")
}

// Names are compared loosely: up to one letter in six may be the recogniser's
// fault, for it knows no marks.
const lettersAnError = 6

func (c *comparison) name(values map[label]item, l label, zone string, z *mrz.Zone, reason, title string) {
	text, sure := value(values, l)
	letters := lettersOf(text)
	if len(letters) < 2 || zone == "" {
		return
	}
	allowed := max(1, len(letters)/lettersAnError)
	if z.Truncated() {
		allowed += max(0, len(letters)-len(strings.ReplaceAll(zone, " ", "")))
	}
	c.differs(nameDistance(text, zone) > allowed, sure, reason, title)
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
