package document

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// fill turns a sight into fields, checks, portrait and cuts.
func (r *Room) fill(ctx context.Context, f *kyc.Finding, v *view, views []*view, in kyc.DocumentInput) error {
	z, now := v.sight.reading.Zone, in.Now
	f.CountryCode, f.DocName = mrz.Alpha3(z.Raw(mrz.IssuingState)), docName(z)
	set := newFieldset(v.sight.reading, v.sight.doubts, v.index, now)

	about := comparison{}
	values, err := r.values(ctx, v)
	if err != nil {
		return err
	}
	issued := r.add(set, values, now)
	if v.sight.outcome == read {
		about.calendar(z, issued, now)
		about.page(z, values, r.dates, now)
		for _, title := range about.mismatch {
			set.mismatch(title)
		}
	}
	f.OCR = kyc.OCR{Status: kyc.Success, Fields: set.fields}
	f.Measures["page.compared"] = fmt.Sprint(about.compared)

	v.sides = edges(vision.Grayscale(v.img), v.sight.page())
	face, err := r.portrait(ctx, f, v, views)
	if err != nil {
		return err
	}
	items := []kyc.CheckItem{}
	if v.sight.outcome == read {
		items = append(items, validity(v.sight.reading), about.item())
	}
	items = append(items, v.cropped(face))
	more, err := r.suspect(f, v, face, values).check(f, r.limits, in)
	if err != nil {
		return err
	}
	items = append(items, more...)
	f.Checks = []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: items}}
	return r.cut(f, v)
}

// docName is the document's name in words.
func docName(z *mrz.Zone) string {
	switch z.Format.First {
	case "P":
		return "Passport"
	case "V":
		return "Visa"
	}
	if z.Lines[0][0] == 'P' {
		return "Passport card"
	}
	return "Identity card"
}

// maxPrint bounds the pieces of print that are read on a page.
const maxPrint = 48

// values reads the print around the zone and assigns it to its captions.
func (r *Room) values(ctx context.Context, v *view) (map[label]item, error) {
	base := v.sight.lines[0]
	var strips []strip
	for _, b := range v.boxes {
		if !slices.ContainsFunc(v.sight.lines, func(l strip) bool { return inside(l, b) }) && readable(b, base) {
			if b.dir.dot(base.dir) < 0 {
				b = b.turned()
			}
			strips = append(strips, b)
		}
	}
	slices.SortFunc(strips, func(a, b strip) int { return cmpFloat(base.offset(a.centre), base.offset(b.centre)) })
	strips = strips[:min(len(strips), maxPrint)]
	texts, sure, err := r.engine.texts(ctx, v.img, strips, roleLatin)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(strips))
	for i, s := range strips {
		start := s.start()
		items = append(items, item{strip: s, u: base.place(start), v: base.offset(start), w: s.w, h: s.h, text: texts[i], sure: sure[i]})
	}
	return assign(items), nil
}

// inside tells that a box belongs to a line of the zone.
func inside(l, b strip) bool {
	d := l.offset(b.centre)
	return d < 0.6*l.h && d > -0.6*l.h
}

// readable keeps what runs along the zone and has the size of captions and values.
func readable(b, base strip) bool {
	along := b.dir.cross(base.dir)
	return (b.w < 1.5*b.h || along < 0.2 && along > -0.2) && b.h > 0.3*base.h && b.h < 2*base.h
}

// add puts what only the page tells among the fields and gives the date of issue.
func (r *Room) add(set *fieldset, values map[label]item, now time.Time) (issued mrz.Date) {
	if text, sure := value(values, labelIssue); text != "" {
		if d, ok := r.dates.parse(text); ok {
			if d.Year < 100 { // issued within the last hundred years
				d.Year += now.Year() / 100 * 100
				if d.Time().After(now) {
					d.Year -= 100
				}
			}
			if sure >= sureEnough {
				issued = d
			}
			set.printed("Date of issue", printedDate(d), sure, d.Time().Format("2006-01-02T15:04:05Z"))
		}
	}
	for _, row := range []struct {
		label label
		title string
	}{{labelPlace, "Place of birth"}, {labelAuthority, "Issuing authority"}} {
		text, sure := value(values, row.label)
		set.printed(row.title, text, sure, "")
	}
	return issued
}
