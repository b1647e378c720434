package document

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// item is one piece of print on the page: its place seen along the page's lines
// (u to the right, v downwards, both in pixels of the picture), what was read
// there, and how sure the recogniser was of its weakest character and in the mean.
type item struct {
	strip strip
	u, v  float64 // left end of the axis
	w, h  float64
	text  string
	sure  float64
	mean  float64
	at    []float64 // where each character stands, from 0 to 1 of the strip
}

// behind is the piece without what stands before rest, its last characters.
func (it item) behind(rest string) item {
	n := len([]rune(it.text)) - len([]rune(rest))
	if len(it.at) != len([]rune(it.text)) || n < 1 || n >= len(it.at) {
		it.text = rest
		return it
	}
	// Most of the space between the two is the caption's: the value keeps a margin.
	cut := max(it.at[n]-0.5*it.strip.h/it.strip.w, (it.at[n]+it.at[n-1])/2)
	it.text, it.at = rest, nil
	it.strip.centre = it.strip.centre.along(it.strip.dir, cut*it.strip.w/2)
	it.u += cut * it.strip.w
	it.strip.w *= 1 - cut
	it.w = it.strip.w
	return it
}

// sheetOfPrint is what was found on one view: print along its lines, and print across them.
type sheetOfPrint struct {
	along  []item
	across []strip
	role   string // of the recogniser that read along

	numbered bool // numbers were looked for beside the lines
}

// maxPrint bounds the pieces of print that are read on a page.
const maxPrint = 64

// base is the strip that gives the direction of the page's lines: the zone's
// first line, or else the longest piece of print.
func (v *view) base() (strip, bool) {
	if v.sight.outcome != absent && len(v.sight.lines) > 0 {
		return v.sight.lines[0], true
	}
	var best strip
	for _, b := range v.boxes {
		if b.w > best.w && math.Abs(b.dir.X) > math.Abs(b.dir.Y) {
			best = b
		}
	}
	return best, best.w > 0
}

// printed reads the print around the zone, once for each recogniser.
func (r *Room) printed(ctx context.Context, v *view, role string) (*sheetOfPrint, error) {
	if p, ok := v.print[role]; ok {
		return p, nil
	}
	p := &sheetOfPrint{role: role}
	base, ok := v.base()
	if !ok {
		return p, nil
	}
	var strips []strip
	zoned := v.sight.outcome != absent
	for _, b := range v.boxes {
		switch {
		case zoned && slices.ContainsFunc(v.sight.lines, func(l strip) bool { return inside(l, b) }):
		case across(b, base):
			p.across = append(p.across, b)
		case zoned && (b.h <= 0.3*base.h || b.h >= 2*base.h): // neither caption nor value
		case b.w < 1.5*b.h || math.Abs(b.dir.cross(base.dir)) < 0.2:
			if b.dir.dot(base.dir) < 0 {
				b = b.turned()
			}
			strips = append(strips, b)
		}
	}
	slices.SortFunc(strips, func(a, b strip) int { return cmp.Compare(base.offset(a.centre), base.offset(b.centre)) })
	strips = strips[:min(len(strips), maxPrint)]
	widen(strips)
	read, err := r.pieces(ctx, v, strips, role)
	if err != nil {
		return nil, err
	}
	for i, s := range strips {
		start, it := s.start(), read[i]
		it.strip, it.u, it.v, it.w, it.h = s, base.place(start), base.offset(start), s.w, s.h
		p.along = append(p.along, it)
	}
	if v.print == nil {
		v.print = map[string]*sheetOfPrint{}
	}
	v.print[role] = p
	return p, nil
}

// piece is a strip of a view as a recogniser reads it.
type piece struct {
	strip strip
	role  string
}

// pieces reads strips of a view, those that were read before from memory.
func (r *Room) pieces(ctx context.Context, v *view, strips []strip, role string) ([]item, error) {
	out := make([]item, len(strips))
	var unread []strip
	var at []int
	for i, s := range strips {
		it, ok := v.known[piece{s, role}]
		if out[i] = it; !ok {
			unread, at = append(unread, s), append(at, i)
		}
	}
	read, err := r.engine.pieces(ctx, v.img, unread, role, "")
	if err != nil {
		return nil, err
	}
	if v.known == nil {
		v.known = map[piece]item{}
	}
	for k, it := range read {
		out[at[k]], v.known[piece{unread[k], role}] = it, it
	}
	return out, nil
}

// The measures of a small box: narrower than this many heights, and this much
// lower than the print beside it, up to so many of its heights away.
const (
	smallWidth  = 1.6
	smallHeight = 0.85
	smallReach  = 4
)

// widen gives a box around one or two characters the height of the print to its
// right. The recogniser fills its input with whatever it gets, and a lone "1."
// that is stretched so is anything but a one.
func widen(strips []strip) {
	for i, s := range strips {
		if s.w > smallWidth*s.h {
			continue
		}
		for _, beside := range strips { // whose direction is known, which that of a small box is not
			at := beside.place(s.centre)
			gap := -beside.w/2 - at - s.w/2
			if beside.w < 2*beside.h || s.h > smallHeight*beside.h || gap < 0 || gap > smallReach*beside.h || math.Abs(beside.offset(s.centre)) > 0.5*beside.h {
				continue
			}
			strips[i] = strip{centre: beside.centre.along(beside.dir, at), dir: beside.dir, w: max(s.w, s.h) + 2*min(0.35*beside.h, gap/2), h: beside.h}
			break
		}
	}
}

// inside tells that a box belongs to a line of the zone.
func inside(l, b strip) bool {
	d := l.offset(b.centre)
	return d < 0.6*l.h && d > -0.6*l.h
}

// across tells print that runs square to the lines, as numbers along an edge do.
func across(b, base strip) bool {
	return b.w >= 1.5*b.h && math.Abs(b.dir.cross(base.dir)) > 0.9
}

func (p *sheetOfPrint) lines() []string {
	out := make([]string, len(p.along))
	for i, it := range p.along {
		out[i] = it.text
	}
	return out
}
