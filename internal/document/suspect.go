package document

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// suspect is a picture of a page as the checks against fraud see it: in the
// pixels of the upright view.
type suspect struct {
	view   *view
	page   vision.Quad // zero when its edges were not found
	face   image.Rectangle
	values []fraud.Value
}

// suspect gathers what is known of the page, and notes for operators where
// fields and lines of the zone were read.
func (r *Room) suspect(f *kyc.Finding, p *dossier, face image.Rectangle) suspect {
	v := p.main
	s := suspect{view: v, face: face}
	if q, ok := corners(v.sides, v.quad); ok {
		s.page = q
	}
	for _, x := range p.values {
		if x.view == nil {
			continue
		}
		for _, it := range x.spot.items {
			if x.view == v {
				s.values = append(s.values, fraud.Value{Title: x.field.Title, Quad: it.strip.quad()})
			}
			place(f, x.view, x.field.Title, it.text, false, it.strip.quad())
		}
	}
	if v.sight.reading != nil {
		for i, l := range v.sight.lines {
			place(f, v, "MRZ", v.sight.reading.Zone.Lines[i], true, l.quad())
		}
	}
	slices.SortFunc(s.values, func(a, b fraud.Value) int { return strings.Compare(a.Title, b.Title) })
	slices.SortFunc(f.Places, func(a, b kyc.Place) int { return cmp.Compare(a.Outline[0][1], b.Outline[0][1]) })
	return s
}

// check computes what the scenario asks for and the picture allows. What could
// not be computed has no item.
func (s suspect) check(f *kyc.Finding, limits fraud.Limits, in kyc.DocumentInput) ([]kyc.CheckItem, error) {
	wanted := false
	for _, c := range fraud.Checks() {
		wanted = wanted || in.Fraud.Of(c.Caption) != kyc.LevelOff
	}
	if !wanted {
		return nil, nil
	}
	input := s.input(in.Pictures[s.view.index].Writer)
	scores := fraud.Examine(input)
	for _, score := range scores {
		f.Measures["fraud."+string(score.Test)] = strconv.FormatFloat(score.Value, 'f', 3, 64)
	}
	var items []kyc.CheckItem
	for _, c := range fraud.Checks() {
		verdict, ok := limits.Judge(c, in.Fraud.Of(c.Caption), scores)
		if !ok {
			continue
		}
		items = append(items, kyc.Passed(c.Caption, verdict.Passed))
		proof := kyc.Proof{Caption: c.Caption, Test: string(verdict.Score.Test), Score: verdict.Score.Value, Limit: verdict.Limit, Of: verdict.Score.Of, Image: s.view.index}
		if picture := fraud.Picture(input, verdict.Score); picture != nil {
			cut, err := proofCut(c.Caption, picture)
			if err != nil {
				return nil, err
			}
			proof.Cut, f.Cuts = cut.Name, append(f.Cuts, cut)
		}
		f.Proofs = append(f.Proofs, proof)
	}
	return items, nil
}

func proofCut(caption string, picture *image.RGBA) (kyc.Cut, error) {
	jpeg, err := vision.EncodeJPEG(picture, 80)
	if err != nil {
		return kyc.Cut{}, fmt.Errorf("store the picture of %s: %w", caption, err)
	}
	return kyc.Cut{Name: kyc.ProofPrefix + caption, JPEG: jpeg, Width: picture.Rect.Dx(), Height: picture.Rect.Dy()}, nil
}

// input turns everything back to the stored picture, whose compression begins at
// its own corner.
func (s suspect) input(editor *string) fraud.Input {
	back := func(q vision.Quad) vision.Quad { return backQuad(q, s.view) }
	in := fraud.Input{Picture: vision.Rotate(s.view.img, (4-s.view.turned%4)%4), Editor: editor}
	if s.page != (vision.Quad{}) {
		in.Page = back(s.page)
	}
	if !s.face.Empty() {
		in.Face = back(upright(s.face))
	}
	for _, v := range s.values {
		in.Values = append(in.Values, fraud.Value{Title: v.Title, Quad: back(v.Quad)})
	}
	return in
}

// backQuad maps a quad of an upright view to the picture as it is stored.
func backQuad(q vision.Quad, v *view) vision.Quad {
	w, h := float64(v.img.Rect.Dx()), float64(v.img.Rect.Dy())
	for range (4 - int(v.turned)%4) % 4 { // clockwise until it stands as it came
		for i, p := range q {
			q[i] = vision.Point{X: h - p.Y, Y: p.X}
		}
		w, h = h, w
	}
	return q
}

func upright(r image.Rectangle) vision.Quad {
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	return vision.Quad{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// quad is the strip's outline as it lies in its picture.
func (s strip) quad() vision.Quad {
	x, y := s.dir.mul(s.w/2), s.dir.down().mul(s.h/2)
	return vision.Quad{vision.Point(s.centre.sub(x).sub(y)), vision.Point(s.centre.add(x).sub(y)),
		vision.Point(s.centre.add(x).add(y)), vision.Point(s.centre.sub(x).add(y))}
}

// place notes for operators where something was read.
func place(f *kyc.Finding, v *view, title, value string, zone bool, q vision.Quad) {
	p := kyc.Place{Title: title, Value: value, Zone: zone, Image: v.index}
	for i, c := range backQuad(q, v) {
		p.Outline[i] = [2]float64{c.X, c.Y}
	}
	f.Places = append(f.Places, p)
}
