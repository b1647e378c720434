package kyc

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FieldValue is what a person says that a field should be.
type FieldValue struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// correctable are the fields that a person can judge; those of the zone itself
// are not among them.
func correctable() []string {
	return []string{"Surname", "Given name(s)", "Father's name", "Sex", "Date of birth", "Place of birth", "Document series", "Document number", "Date of issue", "DateOfExpiry",
		"Issuing authority", "Issuing authority code"}
}

const maxCorrected = 200 // characters of a value

// Correctable lists the fields of a finding that a person may look over.
func (f *Finding) Correctable() []Field {
	var out []Field
	for _, x := range f.OCR.Fields {
		if slices.Contains(correctable(), x.Title) {
			out = append(out, x)
		}
	}
	return out
}

// Correct takes a person's values for fields, keeps what was read beside each
// that differs, and adds the check isFieldsCorrected: passed when nothing does.
// It returns one sentence a fault and changes nothing then.
func (f *Finding) Correct(values []FieldValue) (faults []string) {
	changed := map[string]string{}
	known := f.Correctable()
	for i, v := range values {
		at := slices.IndexFunc(known, func(x Field) bool { return x.Title == v.Title })
		value := strings.Join(strings.Fields(v.Value), " ")
		switch {
		case at < 0:
			faults = append(faults, fmt.Sprintf("fields[%d].title: is not a field that was read", i))
		case value == "" || !utf8.ValidString(value) || utf8.RuneCountInString(value) > maxCorrected || strings.ContainsFunc(value, unicode.IsControl):
			faults = append(faults, fmt.Sprintf("fields[%d].value: 1 to %d characters without control characters", i, maxCorrected))
		case known[at].ValueUTC != "" && day(value).IsZero():
			faults = append(faults, fmt.Sprintf("fields[%d].value: a date such as 31.12.1990 is expected", i))
		case value != known[at].Value:
			changed[v.Title] = value
		}
	}
	if len(faults) > 0 {
		return faults
	}
	for i := range f.OCR.Fields {
		x := &f.OCR.Fields[i]
		value, is := changed[x.Title]
		if !is {
			continue
		}
		x.ReadValue, x.Value, x.IsEdited = x.Value, value, true
		if x.ValueUTC != "" {
			x.ValueUTC = day(value).Format("2006-01-02T15:04:05Z")
		}
	}
	f.AddCheck(GroupFraud, Passed("isFieldsCorrected", len(changed) == 0))
	return nil
}

// day reads a date as fields have it, zero when it is none.
func day(value string) time.Time {
	t, err := time.Parse("02.01.2006", value)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (f *Finding) AddCheck(group string, item CheckItem) {
	for i := range f.Checks {
		if f.Checks[i].Caption == group {
			f.Checks[i].Items = append(f.Checks[i].Items, item)
			return
		}
	}
	f.Checks = append(f.Checks, CheckGroup{Caption: group, Items: []CheckItem{item}})
}
