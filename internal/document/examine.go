package document

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"slices"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Examination is one reading with where everything came from, for people who
// write type files.
type Examination struct {
	Finding  *kyc.Finding
	Type     *types.Type // nil when no type was recognised
	Forced   bool        // it was not recognised, and tried nevertheless
	Likeness types.Likeness
	Fields   []Examined
	Pictures []*image.RGBA // upright, with what was found drawn on them; nil for one that could not be opened
}

// Examined is one field of the type.
type Examined struct {
	Title   string
	Hidden  bool
	Value   string
	Conf    kyc.Confidence
	From    string // "zone", "barcode", "caption", "place", "order", "form"; "" when it was not found
	Picture int
	Why     string // it was not read, or what was read instead is not of its form
	quads   []strip
}

// Examine reads the pictures as Check does and says how it came about. A type
// that is given is tried even where the pictures do not look like it.
func (r *Room) Examine(ctx context.Context, in kyc.DocumentInput, try *types.Type) (*Examination, error) {
	f, p, views, err := r.check(ctx, in, try)
	if err != nil {
		return nil, err
	}
	out := &Examination{Finding: f, Pictures: make([]*image.RGBA, len(views))}
	lines := []string{}
	for i, v := range views {
		for _, sheet := range v.print {
			lines = append(lines, sheet.lines()...)
		}
		if v.img != nil {
			out.Pictures[i] = v.img
		}
	}
	if try != nil {
		out.Likeness = try.Resemble(lines)
	}
	if p == nil {
		return out, nil
	}
	out.Type, out.Forced = p.typ, p.forced
	for i := range p.values {
		out.Fields = append(out.Fields, p.examined(i))
	}
	for i, v := range views {
		if v.img != nil {
			out.Pictures[i] = annotated(v, out.Fields)
		}
	}
	return out, nil
}

// examined says where one field of the answer came from.
func (p *dossier) examined(i int) Examined {
	v, coded := &p.values[i], &p.coded[i]
	e := Examined{Title: v.field.Title, Hidden: v.field.Hidden}
	if v.view != nil {
		e.Picture = v.view.index
		for _, it := range v.spot.items {
			e.quads = append(e.quads, it.strip)
		}
	}
	told := slices.IndexFunc(p.fields.fields, func(f kyc.Field) bool { return f.Title == v.field.Title })
	switch {
	case coded.known():
		e.From = "barcode"
	case !v.field.Hidden && told >= 0 && v.field.Zone != "" && (p.zone != nil) && (!v.known() || p.fields.fields[told].Value != v.told):
		e.From = "zone"
	case v.known():
		e.From = v.spot.by
	}
	if e.From != "" && told >= 0 && !v.field.Hidden {
		e.Value, e.Conf, e.Picture = p.fields.fields[told].Value, p.fields.fields[told].Conf, p.fields.fields[told].ImageIndex
	} else if v.known() {
		e.Value, e.Conf = v.told, p.fields.scales.confidence(v.score())
	}
	if !v.known() && v.field.Printed() {
		if e.Why = v.why.Error(); v.view != nil {
			e.Why = fmt.Sprintf("%q was read by its %s: %v", v.spot.text, v.spot.by, v.why)
		}
	} else if e.From == "" {
		e.Why = "the zone or barcode does not say it"
	}
	return e
}

// The colours of a drawn page: what was read, what was read and is of another form, the page.
func inkRead() color.RGBA  { return color.RGBA{0, 140, 60, 255} }
func inkWrong() color.RGBA { return color.RGBA{200, 30, 30, 255} }
func inkPage() color.RGBA  { return color.RGBA{30, 90, 220, 255} }

// annotated draws the page's outline and every value with its title on a copy of the picture.
func annotated(v *view, fields []Examined) *image.RGBA {
	img := image.NewRGBA(v.img.Rect)
	copy(img.Pix, v.img.Pix)
	outline := func(q [4]vec, c color.RGBA) {
		for i := range q {
			stroke(img, q[i], q[(i+1)%4], c)
		}
	}
	outline([4]vec{vec(v.quad[0]), vec(v.quad[1]), vec(v.quad[2]), vec(v.quad[3])}, inkPage())
	for _, e := range fields {
		if e.Picture != v.index {
			continue
		}
		c := inkRead()
		if e.Why != "" {
			c = inkWrong()
		}
		for i, s := range e.quads {
			q := quadOf(s, s.w, s.h)
			outline([4]vec{vec(q[0]), vec(q[1]), vec(q[2]), vec(q[3])}, c)
			if i == 0 {
				d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(int(q[0].X), int(q[0].Y)-3)}
				d.DrawString(e.Title)
			}
		}
	}
	return img
}

// stroke sets a line two pixels wide.
func stroke(img *image.RGBA, a, b vec, c color.RGBA) {
	n := int(b.sub(a).norm()) + 1
	for i := range n {
		p := a.along(b.sub(a), float64(i)/float64(n))
		for _, d := range [3]image.Point{{}, {X: 1}, {Y: 1}} {
			if at := image.Pt(int(p.X), int(p.Y)).Add(d); at.In(img.Rect) {
				img.SetRGBA(at.X, at.Y, c)
			}
		}
	}
}
