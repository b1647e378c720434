package document

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/vision"
)

// byZone names the type of a zone: the most particular one, where a type that
// also asks for words must find them on one of the views. A state's own format
// is one document's, and settles it.
func (r *Room) byZone(ctx context.Context, z *mrz.Zone, views []*view) (*types.Type, error) {
	code, state := z.Text(mrz.DocumentCode), z.Text(mrz.IssuingState)
	for _, t := range r.types.ByZone(z.Format.Name, code, state) {
		if len(t.Recognise.Words) == 0 || z.Format.Prefix != "" {
			return t, nil
		}
		lines, err := r.linesOf(ctx, views, r.captionRoles(t)[0])
		if err != nil {
			return nil, err
		}
		if t.Resemble(lines).Words {
			return t, nil
		}
	}
	return bare(z), nil
}

// bare is the type of a zone that no file speaks of: nothing but its zone.
func bare(z *mrz.Zone) *types.Type {
	s := sheetOf(z.Format.Name)
	t := &types.Type{ID: "zone", Name: "Document", Size: types.Size{Width: s.width, Height: s.height}, Zone: types.Required,
		Sides: []types.Side{{Name: "front", Portrait: true, Zone: true}}}
	for _, f := range [][2]string{{"Surname", "surname"}, {"Given name(s)", "givenNames"}, {"Sex", "sex"}, {"Date of birth", "birthDate"}, {"Document number", "number"},
		{"DateOfExpiry", "expiryDate"}, {"MRZ string", "string"}, {"MRZStrings", "lines"}, {"DocumentClassCode", "documentCode"}, {"IssuingStateCode", "issuingState"},
		{"NationalityCode", "nationality"}, {"OptionalData", "optional"}, {"MRZType", "type"}} {
		t.Fields = append(t.Fields, types.Field{Title: f[0], Zone: f[1], Lines: 1, Compare: types.CompareNot})
	}
	return t
}

func (r *Room) linesOf(ctx context.Context, views []*view, role string) ([]string, error) {
	var lines []string
	for _, v := range views {
		if v.code != "" {
			continue
		}
		p, err := r.printed(ctx, v, role)
		if err != nil {
			return nil, err
		}
		lines = append(lines, p.lines()...)
	}
	return lines, nil
}

// byPrint names the likeliest type by what is printed on the views; nil when
// there is none. need tells which types count.
func (r *Room) byPrint(ctx context.Context, views []*view, need func(*types.Type) bool) (*types.Type, error) {
	if !slices.ContainsFunc(r.types.All(), need) {
		return nil, nil
	}
	for _, v := range views {
		if v.code == "" && v.sight.outcome == absent && len(v.boxes) >= leastPrint {
			if err := r.setUpright(ctx, v); err != nil {
				return nil, err
			}
		}
	}
	best := types.Likeness{}
	for _, script := range r.scripts(views) {
		lines, err := r.linesOf(ctx, views, glanceRole(script))
		if err != nil {
			return nil, err
		}
		if script == types.Latin && slices.ContainsFunc(r.types.All(), func(t *types.Type) bool { return need(t) && t.Named(lines) }) {
			// The quick recogniser reads titles well, the numbers of fields it does not.
			if lines, err = r.linesOf(ctx, views, roleLatin); err != nil {
				return nil, err
			}
		}
		like := slices.DeleteFunc(r.types.Resembling(lines), func(l types.Likeness) bool { return r.scriptOf(l.Type) != script })
		for _, l := range like {
			if need(l.Type) && l.Captions > best.Captions {
				best = l
			}
		}
		if len(like) > 0 { // in the alphabet of a document that it is, or would be if it counted
			break
		}
	}
	return best.Type, nil
}

// scripts lists the alphabets that captions are read in, the one that the views
// were set upright by first.
func (r *Room) scripts(views []*view) []types.Alphabet {
	out := []types.Alphabet{types.Latin}
	if r.engine.has(roleCyrillic) {
		out = append(out, types.Cyrillic)
		if slices.ContainsFunc(views, func(v *view) bool { return v.script == types.Cyrillic }) {
			slices.Reverse(out)
		}
	}
	return out
}

// How many pieces of print decide which way up a page is and in which alphabet:
// the longest few, and more only while the surest reading is not clear by a factor.
const (
	upSamples = 4
	upFirst   = 2
	upClear   = 3.0
)

// setUpright turns a view without a zone until its print reads to the right,
// and tells its alphabet.
func (r *Room) setUpright(ctx context.Context, v *view) error {
	if v.script != "" {
		return nil
	}
	before := v.turned
	flat, steep := 0.0, 0.0
	for _, b := range v.boxes {
		if b.w < 2*b.h {
			continue
		}
		if math.Abs(b.dir.X) > math.Abs(b.dir.Y) {
			flat += b.w
		} else {
			steep += b.w
		}
	}
	if steep > flat {
		v.turn(1)
	}
	long := slices.DeleteFunc(slices.Clone(v.boxes), func(b strip) bool { return math.Abs(b.dir.X) < math.Abs(b.dir.Y) })
	slices.SortFunc(long, func(a, b strip) int { return cmp.Compare(b.w, a.w) })
	long = long[:min(len(long), upSamples)]
	if len(long) == 0 {
		return nil
	}
	way, err := r.facing(ctx, v, long)
	if err != nil {
		return err
	}
	if v.script = way.script; way.over {
		v.turn(2)
	}
	if v.turned == before {
		return nil
	}
	// The detector misses short words that do not read to the right.
	boxes, err := r.engine.boxes(ctx, v.img, v.fine)
	if err == nil && len(boxes) >= leastPrint {
		v.boxes = boxes
	}
	return err
}

// way is how print may read: in an alphabet, on its feet or on its head.
type way struct {
	script types.Alphabet
	over   bool
}

// facing is the way in which pieces of print are read as the most and the surest words.
func (r *Room) facing(ctx context.Context, v *view, long []strip) (way, error) {
	var best way
	score := map[way]float64{}
	for from := 0; from < len(long); from += upFirst {
		for _, script := range r.scripts(nil) {
			for _, over := range []bool{false, true} {
				strips := slices.Clone(long[from:min(from+upFirst, len(long))])
				for i := range strips {
					if over {
						strips[i] = strips[i].turned()
					}
				}
				read, err := r.pieces(ctx, v, strips, glanceRole(script))
				if err != nil {
					return best, err
				}
				for _, it := range read {
					score[way{script, over}] += it.sure * float64(len([]rune(it.text)))
				}
			}
		}
		second := 0.0
		best = way{types.Latin, false}
		for w, s := range score {
			if s > score[best] {
				best = w
			}
		}
		for w, s := range score {
			if w != best {
				second = max(second, s)
			}
		}
		if score[best] > upClear*second && second > 0 || second == 0 && score[best] > 0 {
			break
		}
	}
	return best, nil
}

// turn turns a view clockwise by quarters, with all that was found on it.
func (v *view) turn(quarters int) {
	for range quarters {
		height := float64(v.img.Rect.Dy())
		turn := func(s strip) strip {
			s.centre, s.dir = vec{height - s.centre.Y, s.centre.X}, vec{-s.dir.Y, s.dir.X}
			return s
		}
		v.img = vision.Rotate(v.img, vision.Rotate90)
		for i := range v.boxes {
			v.boxes[i] = turn(v.boxes[i])
			if b := v.boxes[i]; v.sight.outcome == absent && (b.dir.X < -1e-6 || math.Abs(b.dir.X) <= 1e-6 && b.dir.Y < 0) {
				v.boxes[i] = b.turned()
			}
		}
		for i := range v.sight.lines {
			v.sight.lines[i] = turn(v.sight.lines[i])
		}
	}
	v.turned += vision.Rotation(quarters)
	v.print, v.known = nil, nil
}

// lay puts the page of a type under a grid, by what is printed at known places
// and then by its edges, and says which side the view shows.
func (v *view) lay(t *types.Type, items []item) {
	v.side = nil
	zone := v.sight.outcome != absent
	for i := range t.Sides {
		if len(t.Sides) == 1 || t.Sides[i].Zone == zone && t.Zone != types.Never {
			v.side = &t.Sides[i]
			break
		}
	}
	v.grid = layGrid(t, v.side, items, v.sight.anchors(t.Size))
	switch {
	case v.grid != nil:
		v.sides = edges(vision.Grayscale(v.img), v.grid.quad)
		v.grid = v.grid.straightened(v.sides)
		v.quad = v.grid.quad
	case zone:
		v.quad = v.sight.page()
		v.sides = edges(vision.Grayscale(v.img), v.quad)
		if g, ok := gridOf(v.quad); ok {
			g.zone = true
			v.grid = g.straightened(v.sides)
		}
	default:
		v.quad = pageAround(v.boxes, t.Size)
		v.sides = edges(vision.Grayscale(v.img), v.quad)
	}
}

// pageAround guesses the page by its print: a rectangle of its shape around all of it.
func pageAround(boxes []strip, size types.Size) vision.Quad {
	q := around(boxes)
	w, h := q.Width(), q.Height()
	grow := 0.05 * w
	if ratio := size.Width / size.Height; w/h > ratio {
		return q.Grow(grow, max(grow, (w/ratio-h)/2))
	}
	return q.Grow(max(grow, (h*size.Width/size.Height-w)/2), grow)
}
