package document

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/document/aamva"
	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
)

// dossier is one document of the attempt: its type, the pictures of its sides, and
// what was read. zone is the view with the machine-readable zone, nil without one.
type dossier struct {
	typ    *types.Type
	forced bool // the type was asked for, not recognised
	views  []*view
	zone   *view
	main   *view // that the portrait and the cut are taken from
	values []value
	coded  []value // what the barcode says of each field
	code   *aamva.Record
	coder  *view // with the barcode
	fields *fieldset
	told   comparison
}

// fill turns a paper into fields, checks, portrait and cuts.
func (r *Room) fill(ctx context.Context, f *kyc.Finding, p *dossier, in kyc.DocumentInput) (err error) {
	now := in.Now
	if p.values, err = r.values(ctx, p.typ, p.views, now); err != nil {
		return err
	}
	p.coded = codedValues(p)
	f.CountryCode, f.DocName = mrz.Alpha3(p.typ.Country), p.typ.DocName()
	switch {
	case p.typ.Country != "":
	case p.zone != nil:
		f.CountryCode = mrz.Alpha3(p.zone.sight.reading.Zone.Raw(mrz.IssuingState))
	case p.code != nil:
		f.CountryCode = p.code.Elements[aamva.Country]
	default:
		f.CountryCode = p.bySign()
	}
	p.fields = newFieldset(p, now, r.scales)
	p.told = compare(p, now)
	for _, title := range p.told.mismatch {
		p.fields.mismatch(title)
	}
	f.OCR = kyc.OCR{Status: kyc.Success, Fields: p.fields.fields}
	f.Measures["document.type"] = p.typ.ID
	f.Measures["page.compared"] = fmt.Sprint(p.told.compared)
	if p.code == nil && p.typ.Barcode == types.Required {
		f.Errors = append(f.Errors, kyc.NoBarcode)
		f.OCR.Status = kyc.Failed
	} else if lost := p.missing(); len(lost) > 0 && p.zone == nil {
		f.Errors = append(f.Errors, kyc.UnreadableFields)
		f.Measures["page.missing"] = strings.Join(lost, "; ")
		f.OCR.Status = kyc.Failed
	}
	face, err := r.portrait(ctx, f, p)
	if err != nil {
		return err
	}
	items := []kyc.CheckItem{}
	if p.zone != nil && p.zone.sight.outcome == read {
		if len(p.zone.sight.reading.Zone.Checks) > 0 { // a Swiss licence has no check digit, so that none was computed
			items = append(items, validity(p.zone.sight.reading))
		}
	}
	if p.told.computed(p) {
		items = append(items, p.told.item())
	}
	if it, ok := p.main.cropped(face); ok {
		items = append(items, it)
	}
	more, err := r.suspect(f, p, face).check(f, r.limits, in)
	if err != nil {
		return err
	}
	if items = append(items, more...); len(items) > 0 {
		f.Checks = []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: items}}
	}
	return r.cut(f, p)
}

// How far left of a document's name the sign of its state may stand, in heights
// of the name's print, and how far above or below its line.
const (
	signReach = 5.0
	signLevel = 1.2
)

// bySign is the country whose distinguishing sign stands left of the document's
// name; "" when there is none, or two.
func (p *dossier) bySign() string {
	signs, country := p.typ.Recognise.Signs, ""
	for _, v := range p.views {
		for _, sheet := range v.print {
			for _, title := range sheet.along {
				if !slices.ContainsFunc(p.typ.Recognise.Words, func(w types.Caption) bool { return w.Find(title.text) > 0 }) {
					continue
				}
				for _, it := range sheet.along {
					gap, told := title.u-(it.u+it.w), signs[strings.ToUpper(strings.Trim(it.text, " .,·*"))]
					if told == "" || gap < -0.5*title.h || gap > signReach*title.h || math.Abs(it.v-title.v) > signLevel*max(title.h, it.h) {
						continue
					}
					if country != "" && country != told {
						return ""
					}
					country = told
				}
			}
		}
	}
	return country
}
