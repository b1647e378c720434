package document

import (
	"cmp"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
)

// byForm finds dates and codes whose captions are too small to read, where the
// type's file allows it: what is left of the page's dates when those of the zone and
// of other fields are taken away, if it is only one and keeps all rules; and the one
// piece of print that has the form of the code.
func byForm(t *types.Type, views []*view, values []value, z *mrz.Zone, now time.Time) {
	for i := range values {
		f := &t.Fields[i]
		if !f.Alone || values[i].known() {
			continue
		}
		others := datesOf(values, z, now)
		var left []value
		for _, v := range views {
			for role, sheet := range v.print {
				if role == roleQuick {
					continue // its dates and codes are no values
				}
				for _, d := range formsOn(v, sheet, f, values) {
					d.dated(t, now)
					left = append(left, d)
				}
			}
		}
		left = slices.DeleteFunc(left, func(v value) bool {
			if f.Grammar.Kind != types.KindDate {
				return false
			}
			for title, d := range others {
				if title != f.Title && types.Date(d) == v.date {
					return true
				}
			}
			return !keepsRules(t, f.Title, mrz.Date(v.date), others, now)
		})
		if len(left) == 0 || slices.ContainsFunc(left, func(v value) bool { return v.told != left[0].told }) {
			continue
		}
		values[i] = slices.MaxFunc(left, func(a, b value) int { return cmp.Compare(a.sure, b.sure) })
	}
}

// datesOf is what zone and page say of the dates, by title.
func datesOf(values []value, z *mrz.Zone, now time.Time) map[string]mrz.Date {
	out := map[string]mrz.Date{}
	for i := range values {
		v := &values[i]
		if of := zoneDate(z, v.field.Zone); of != nil && v.field.Grammar.Kind == types.KindDate {
			if d, err := of(now); err == nil && d.Known() {
				out[v.field.Title] = d
			}
		} else if v.known() && v.field.Grammar.Kind == types.KindDate {
			out[v.field.Title] = mrz.Date(v.date)
		}
	}
	return out
}

// keepsRules tells that a date may stand for a field beside the others.
func keepsRules(t *types.Type, title string, d mrz.Date, others map[string]mrz.Date, now time.Time) bool {
	dates := map[string]mrz.Date{title: d}
	for other, date := range others {
		if other != title {
			dates[other] = date
		}
	}
	var c comparison
	for _, rule := range t.Rules {
		if rule.Field == title || rule.Than == title {
			c.rule(rule, dates, now)
		}
	}
	return len(c.faults) == 0 && c.ruled > 0
}

// formsOn lists the print of a page that is in the field's form and that no other
// field has.
func formsOn(v *view, sheet *sheetOfPrint, f *types.Field, values []value) []value {
	var out []value
	a := assigner{items: sheet.along}
	for _, it := range sheet.along {
		if slices.ContainsFunc(values, func(known value) bool {
			return known.known() && known.view == v && slices.ContainsFunc(known.spot.items, func(of item) bool { return of.strip == it.strip })
		}) {
			continue
		}
		s, ok := joined([][]item{append([]item{it}, a.continued(it)...)}, f, "form")
		if !ok {
			continue
		}
		if told, date, err := f.Grammar.Read(s.text); err == nil {
			out = append(out, value{field: f, view: v, spot: s, told: told, date: date, sure: s.sure, asked: 1, agreed: 1})
		}
	}
	return out
}
