package fraud

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// leastValues is how many printed values it takes to say that one is unlike the others.
const leastValues = 4

// values compares each printed value with the others: by the noise of its paper,
// by its history of compression, and pair by pair for the same pixels.
func values(in Input, v view) []Score {
	if len(in.Values) < leastValues {
		return nil
	}
	out := []Score{}
	if s, ok := unlikeNoise(in, v); ok {
		out = append(out, s)
	}
	if s, ok := twins(in, v.grey); ok {
		out = append(out, s)
	}
	if !v.twice {
		return out // one compression: nothing can be told
	}
	history := Score{Test: History}
	known := false
	for _, x := range in.Values {
		share, errors, n := v.was.agreement(v.blocks.inside(grown(x.Quad, 1.1), 1))
		if n < leastCoefficients {
			continue
		}
		known = true
		if s := suspicion(share, errors); s > history.Value {
			history.Value, history.Where, history.Of = s, x.Quad, x.Title
		}
	}
	if known {
		out = append(out, history)
	}
	return out
}

// quiet is the noise of the paper in a quad: the mean size of the second
// difference among the calmest third of its pixels, where no ink is.
func quiet(grey *image.Gray, q vision.Quad) (float64, bool) {
	var counts [1021]int
	n := 0
	r := bounds(q).Intersect(grey.Rect.Inset(1))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := grey.Pix[y*grey.Stride:]
		above, below := grey.Pix[(y-1)*grey.Stride:], grey.Pix[(y+1)*grey.Stride:]
		for x := r.Min.X; x < r.Max.X; x++ {
			if !inside(q, float64(x)+0.5, float64(y)+0.5) {
				continue
			}
			d := 4*int(row[x]) - int(row[x-1]) - int(row[x+1]) - int(above[x]) - int(below[x])
			counts[min(max(d, -d), 1020)]++
			n++
		}
	}
	if n < 150 {
		return 0, false
	}
	sum, seen := 0, 0
	for d, c := range counts {
		take := min(c, n/3-seen)
		sum, seen = sum+d*take, seen+take
		if seen >= n/3 {
			break
		}
	}
	return float64(sum) / float64(max(seen, 1)), true
}

// unlikeNoise finds the value whose paper differs most from the others'.
func unlikeNoise(in Input, v view) (Score, bool) {
	typical, ok := v.typicalNoise()
	if !ok {
		return Score{}, false
	}
	best := Score{Test: Noise}
	for i, noise := range v.noise {
		if noise == unknown {
			continue
		}
		if d := math.Abs(logNoise(noise) - logNoise(typical)); d >= best.Value {
			best.Value, best.Where, best.Of = d, in.Values[i].Quad, in.Values[i].Title
		}
	}
	return best, true
}

// logNoise makes noises comparable as ratios, of which the least count little.
func logNoise(size float64) float64 { return math.Log(size + 0.6) }

// The search for twins: pixels by which two boxes may be set off from each other.
const twinReach = 8

// twins finds two values that show the same pixels, noise included, as a clone
// tool leaves them. The score is the correlation of their fine detail.
func twins(in Input, grey *image.Gray) (Score, bool) {
	best, any := Score{Test: Twin}, false
	for i, a := range in.Values {
		for _, b := range in.Values[i+1:] {
			ra, rb := bounds(a.Quad), bounds(b.Quad)
			size := image.Pt(min(ra.Dx(), rb.Dx()), min(ra.Dy(), rb.Dy()))
			if size.X < 40 || size.Y < 12 || size.X > 4*max(ra.Dx(), rb.Dx()) {
				continue
			}
			from := image.Rectangle{ra.Min, ra.Min.Add(size)}
			if s, ok := alike(grey, from, rb.Min); ok {
				any = true
				if s > best.Value {
					best.Value, best.Where, best.Of = s, b.Quad, b.Title
				}
			}
		}
	}
	return best, any
}

// alike is the best correlation of the detail in a rectangle with that near
// another place: first every fourth pixel at every shift, then all of them.
func alike(grey *image.Gray, from image.Rectangle, to image.Point) (float64, bool) {
	room := grey.Rect.Inset(twinReach + 2)
	there := image.Rectangle{to, to.Add(from.Size())}
	if !from.In(room) || !there.In(room) {
		return 0, false
	}
	a, b := details(grey, from), details(grey, there.Inset(-twinReach))
	best, at := -1.0, image.Point{}
	for dy := range 2*twinReach + 1 {
		for dx := range 2*twinReach + 1 {
			if c := correlation(a, b, image.Pt(dx, dy), 4); c > best {
				best, at = c, image.Pt(dx, dy)
			}
		}
	}
	return correlation(a, b, at, 1), true
}

// field is the detail of a rectangle of pixels, row by row.
type field struct {
	values []int32
	size   image.Point
}

func details(grey *image.Gray, r image.Rectangle) field {
	f := field{make([]int32, 0, r.Dx()*r.Dy()), r.Size()}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			f.values = append(f.values, detail(grey, y*grey.Stride+x))
		}
	}
	return f
}

// correlation is that of a with the part of b that is set off from its corner.
func correlation(a, b field, off image.Point, step int) float64 {
	var ab, aa, bb int64
	for y := 0; y < a.size.Y; y += step {
		p, q := a.values[y*a.size.X:][:a.size.X], b.values[(y+off.Y)*b.size.X+off.X:][:a.size.X]
		for x := 0; x < len(p); x += step {
			u, v := int64(p[x]), int64(q[x])
			ab, aa, bb = ab+u*v, aa+u*u, bb+v*v
		}
	}
	return float64(ab) / math.Sqrt(float64(aa)*float64(bb)+1)
}

// detail is the second difference at a pixel, by its place in the slice.
func detail(g *image.Gray, at int) int32 {
	return 4*int32(g.Pix[at]) - int32(g.Pix[at-1]) - int32(g.Pix[at+1]) - int32(g.Pix[at-g.Stride]) - int32(g.Pix[at+g.Stride])
}
