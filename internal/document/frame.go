package document

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// pitchMM is the distance of characters in a zone: ten an inch (part 3, section 4.3).
const pitchMM = 2.54

// sheet is the size of a format's page in millimetres, and where the zone's
// first character and last line stand on it (parts 4 to 7, nominal places).
type sheet struct{ width, height, left, bottom float64 }

func sheetOf(format string) sheet {
	switch format {
	case "TD1", "CHE-DL", "FRA-DL":
		return sheet{85.6, 54, 4.7, 7}
	case "TD2", "FRA-ID":
		return sheet{105, 74, 6.5, 8.5}
	case "RUS-ID": // pages 2 and 3, one above the other
		return sheet{125, 176, 6.5, 8.5}
	case "MRV-A":
		return sheet{120, 80, 5, 8.5}
	case "MRV-B":
		return sheet{105, 74, 6.5, 8.5}
	}
	return sheet{125, 88, 6.5, 8.5}
}

// page estimates the four corners of the page from the place of its zone: the
// pitch is the scale, the lines are the direction.
func (s sight) page() vision.Quad {
	p, last := sheetOf(s.reading.Zone.Format.Name), s.lines[len(s.lines)-1]
	mm := s.pitch / pitchMM
	x, y := last.dir.mul(mm), last.dir.down().mul(mm)
	corner := last.start().sub(x.mul(p.left)).add(y.mul(p.bottom))
	at := func(u, v float64) vision.Point { return vision.Point(corner.add(x.mul(u)).sub(y.mul(v))) }
	return vision.Quad{at(0, p.height), at(p.width, p.height), at(p.width, 0), at(0, 0)}
}

// lineStep is how far a zone's lines stand apart, four an inch (part 3, section 4.3).
const lineStep = 6.35

// anchors are the ends of the zone's lines, as far as they lie on a page of this size.
func (s sight) anchors(size types.Size) []anchor {
	if s.outcome == absent || s.reading == nil {
		return nil
	}
	p := sheetOf(s.reading.Zone.Format.Name)
	if math.Abs(p.width-size.Width) > 1 || math.Abs(p.height-size.Height) > 1 {
		return nil
	}
	var out []anchor
	for i, l := range s.lines {
		y := p.height - p.bottom - lineStep*float64(len(s.lines)-1-i)
		end := p.left + pitchMM*float64(len(s.reading.Zone.Lines[i]))
		out = append(out, anchor{l.start(), vec{p.left, y}}, anchor{l.end(), vec{end, y}})
	}
	return out
}

// upright turns a view by quarters until its zone reads to the right, so that
// portrait finders, which know upright heads only, can work on it.
func (v *view) upright() {
	if v.sight.outcome == absent {
		return
	}
	d := v.sight.lines[0].dir
	v.turn((4 - int(math.Round(math.Atan2(d.Y, d.X)/(math.Pi/2)))&3) % 4)
}

// portraitMargin is how far beyond the estimated page the portrait is looked
// for: the estimate knows nothing of perspective.
const portraitMargin = 0.06

// portrait looks for the holder's face on the page, then in the whole picture,
// then on the other pictures: a card has it on the other side. It returns the
// face's place in the chosen view, empty when it is on another one.
func (r *Room) portrait(ctx context.Context, f *kyc.Finding, p *dossier) (image.Rectangle, error) {
	v := p.main
	area := bounds(v.quad, portraitMargin).Intersect(v.img.Rect)
	type try struct {
		view *view
		img  *image.RGBA
		at   image.Point
	}
	tries := []try{{v, vision.Crop(v.img, area), area.Min}, {v, v.img, image.Point{}}}
	for _, other := range p.views {
		if other != v && other.code == "" {
			tries = append(tries, try{other, other.img, image.Point{}})
		}
	}
	for _, t := range tries {
		if t.img.Rect.Empty() {
			continue
		}
		template, cut, err := r.portraits.Portrait(ctx, t.img)
		if err != nil {
			return image.Rectangle{}, fmt.Errorf("find the portrait: %w", err)
		}
		if template == nil {
			continue
		}
		template.Label = "document_0"
		b := template.Box
		place := image.Rect(b.X, b.Y, b.X+b.Width, b.Y+b.Height).Add(t.at)
		stored := turnBack(place, t.view.img.Rect, t.view.turned)
		template.Box = kyc.Box{X: stored.Min.X, Y: stored.Min.Y, Width: stored.Dx(), Height: stored.Dy()}
		f.Templates = append(f.Templates, *template)
		if cut != nil {
			cut.Name = "face"
			f.Cuts = append(f.Cuts, *cut)
		}
		if t.view != v {
			return image.Rectangle{}, nil
		}
		return place, nil
	}
	f.Errors = append(f.Errors, kyc.NoPortrait)
	f.IsBackSide = v.side != nil && !v.side.Portrait // the other side was not among the pictures
	return image.Rectangle{}, nil
}

// turnBack maps a rectangle of a turned picture to the stored one.
func turnBack(r, in image.Rectangle, turned vision.Rotation) image.Rectangle {
	for range (4 - int(turned)%4) % 4 { // clockwise until it stands as it came
		r = image.Rect(in.Max.Y-r.Max.Y, r.Min.X, in.Max.Y-r.Min.Y, r.Max.X)
		in = image.Rect(0, 0, in.Dy(), in.Dx())
	}
	return r
}

// bounds is the upright rectangle around a quad, grown by a share of its width.
func bounds(q vision.Quad, share float64) image.Rectangle {
	lo, hi := q[0], q[0]
	for _, p := range q[1:] {
		lo = vision.Point{X: math.Min(lo.X, p.X), Y: math.Min(lo.Y, p.Y)}
		hi = vision.Point{X: math.Max(hi.X, p.X), Y: math.Max(hi.Y, p.Y)}
	}
	grow := share * q.Width()
	return image.Rect(int(lo.X-grow), int(lo.Y-grow), int(math.Ceil(hi.X+grow)), int(math.Ceil(hi.Y+grow)))
}

// cropped is the check isCropped: failed when the page reaches beyond the
// picture, or when the zone or the portrait touches its border. Where neither a
// zone nor known print says where the page is, it is computed by all four edges
// or not at all.
func (v *view) cropped(face image.Rectangle) (kyc.CheckItem, bool) {
	edge := 0.004 * float64(max(v.img.Rect.Dx(), v.img.Rect.Dy()))
	if v.sight.outcome == absent && v.grid == nil {
		if _, ok := corners(v.sides, v.quad); !ok {
			return kyc.CheckItem{}, false
		}
	}
	touches := beyond(v.sides, v.quad, v.img.Rect)
	for i, l := range v.sight.lines {
		if v.sight.reading == nil {
			break
		}
		n := float64(v.sight.reading.Zone.Format.LineWidth(i)) * v.sight.pitch
		end := l.start().along(l.dir, n)
		down := l.dir.down().mul(l.h / 2 / boxGrowth)
		for _, p := range []vec{l.start().along(l.dir, v.sight.pitch/2), end, l.start().add(down), end.add(down)} {
			touches = touches || p.X < edge || p.Y < edge || p.X > float64(v.img.Rect.Dx())-edge || p.Y > float64(v.img.Rect.Dy())-edge
		}
	}
	if !face.Empty() {
		inner := v.img.Rect.Inset(int(math.Ceil(edge)))
		touches = touches || !face.In(inner)
	}
	return kyc.Passed("isCropped", !touches), true
}

// cutWidth is the width of the stored picture of the page.
const cutWidth = 1250

// cut stores the page, straightened.
func (r *Room) cut(f *kyc.Finding, p *dossier) error {
	height := int(math.Round(cutWidth * p.typ.Size.Height / p.typ.Size.Width))
	quad, _ := corners(p.main.sides, p.main.quad)
	page, err := vision.Rectify(p.main.img, quad, cutWidth, height)
	if err != nil {
		return fmt.Errorf("straighten the page: %w", err)
	}
	jpeg, err := vision.EncodeJPEG(page, 88)
	if err != nil {
		return fmt.Errorf("store the page: %w", err)
	}
	f.Cuts = append(f.Cuts, kyc.Cut{Name: "document", JPEG: jpeg, Width: cutWidth, Height: height})
	return nil
}
