package specimen

import "image"

// The names of places that are no fields.
const (
	PlacePortrait = "portrait"
	PlaceZone     = "zone" // one of its lines
)

// Place is where something stands in a picture: its corners upper left, upper
// right, lower right, lower left.
type Place struct {
	Name    string // the caption of a field, or PlacePortrait, PlaceZone
	Text    string // what is printed there
	Corners [4]Point
}

// place notes what was printed, by millimetres.
func (s *sheet) place(name, text string, x, y, w, h float64) {
	s.places = append(s.places, Place{Name: name, Text: text, Corners: cornersOf(s.rect(x, y, w, h))})
}

// Places tells where on the picture that Render draws everything stands, in its
// pixels: portrait, fields and lines of the zone.
func (p Passport) Places() []Place { return p.draw().places }

func cornersOf(r image.Rectangle) [4]Point {
	x0, y0, x1, y1 := float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y)
	return [4]Point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}
}

// through maps a place to another plane.
func (p Place) through(m projective) Place {
	for i, c := range p.Corners {
		p.Corners[i].X, p.Corners[i].Y = m.apply(c.X, c.Y)
	}
	return p
}

// around is the upright rectangle about corners.
func around(c [4]Point) image.Rectangle {
	x0, y0, x1, y1 := c[0].X, c[0].Y, c[0].X, c[0].Y
	for _, p := range c[1:] {
		x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
	}
	return image.Rect(int(x0), int(y0), int(x1)+1, int(y1)+1)
}
