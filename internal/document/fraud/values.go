package fraud

import (
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
)

// leastValues is how many printed values it takes to say that one is unlike the others.
const leastValues = 4

// values compares each printed value with the others: by the noise of its paper,
// by its history of compression, and pair by pair for the same pixels.
func values(in Input, grey *image.Gray) []Score {
	if len(in.Values) < leastValues {
		return nil
	}
	out := []Score{}
	if s, ok := unlikeNoise(in, grey); ok {
		out = append(out, s)
	}
	if s, ok := twins(in, grey); ok {
		out = append(out, s)
	}
	a := &analyst{grey, basis()}
	stride := max(1, int(math.Sqrt(in.Page.Width()*in.Page.Height()/block/block/mostBlocks)))
	was, found := earlier(a.inside(in.Page, stride))
	if !found {
		return out // one compression: nothing can be told
	}
	history := Score{Test: History}
	known := false
	for _, v := range in.Values {
		share, errors, n := was.agreement(a.inside(grown(v.Quad, 1.1), 1))
		if n < leastCoefficients {
			continue
		}
		known = true
		if s := suspicion(share, errors); s > history.Value {
			history.Value, history.Where, history.Of = s, v.Quad, v.Title
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
func unlikeNoise(in Input, grey *image.Gray) (Score, bool) {
	type level struct {
		v    Value
		size float64
	}
	var all []level
	var sizes []float64
	for _, v := range in.Values {
		if q, ok := quiet(grey, v.Quad); ok {
			all = append(all, level{v, math.Log(q + 0.6)})
			sizes = append(sizes, math.Log(q+0.6))
		}
	}
	if len(all) < leastValues {
		return Score{}, false
	}
	slices.Sort(sizes)
	median := sizes[len(sizes)/2]
	best := Score{Test: Noise}
	for _, l := range all {
		if d := math.Abs(l.size - median); d >= best.Value {
			best.Value, best.Where, best.Of = d, l.v.Quad, l.v.Title
		}
	}
	return best, true
}

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
// another place: first every second pixel at every shift, then all of them.
func alike(grey *image.Gray, from image.Rectangle, to image.Point) (float64, bool) {
	room := grey.Rect.Inset(twinReach + 2)
	if !from.In(room) || !(image.Rectangle{to, to.Add(from.Size())}).In(room) {
		return 0, false
	}
	best, at := -1.0, image.Point{}
	for dy := -twinReach; dy <= twinReach; dy++ {
		for dx := -twinReach; dx <= twinReach; dx++ {
			if c := correlation(grey, from, to.Add(image.Pt(dx, dy)), 4); c > best {
				best, at = c, image.Pt(dx, dy)
			}
		}
	}
	return correlation(grey, from, to.Add(at), 1), true
}

func correlation(grey *image.Gray, from image.Rectangle, to image.Point, step int) float64 {
	var ab, aa, bb float64
	for y := from.Min.Y; y < from.Max.Y; y += step {
		p, q := y*grey.Stride+from.Min.X, (to.Y+y-from.Min.Y)*grey.Stride+to.X
		for x := 0; x < from.Dx(); x += step {
			a, b := detail(grey, p+x), detail(grey, q+x)
			ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
		}
	}
	return ab / math.Sqrt(aa*bb+1)
}

// detail is the second difference at a pixel, by its place in the slice.
func detail(g *image.Gray, at int) float64 {
	return float64(4*int(g.Pix[at]) - int(g.Pix[at-1]) - int(g.Pix[at+1]) - int(g.Pix[at-g.Stride]) - int(g.Pix[at+g.Stride]))
}
