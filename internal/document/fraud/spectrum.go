package fraud

import (
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
)

// The raster of a screen or of a printer stands in the spectrum of every part of
// the page as a few sharp peaks, be it at its own frequency or where sampling
// folded it to (moiré). Print, portraits and guilloches are broad. So: on tiles
// over the page, the height of the highest peak above its own neighbourhood.
const (
	tile      = 128
	acrossMin = 5    // tiles in a row
	lowest    = 0.07 // cycles a pixel; below it is what the page shows
	gridMask  = 1    // bins about the harmonics of the JPEG grid that do not count
)

// peak is the highest of one tile.
type peak struct {
	at     image.Point
	height float64 // above its neighbourhood, in powers of ten of energy
}

// raster finds the regular dots of screens and prints.
func raster(in Input, grey *image.Gray) []Score {
	p, ok := planeOf(in.Page)
	if !ok || in.Page.Width() < 3*tile {
		return nil
	}
	size := math.Min(0.9, tile/in.Page.Width())
	across := max(min(acrossMin, int(0.96/size)), 2)
	down := max(min(across*3/4, int(0.8*p.height/size)), 1)
	transform := newTransform()
	var luma, chroma []peak
	for j := range down {
		for i := range across {
			u := size/2 + 0.02 + (0.96-size)*float64(i)/float64(across-1)
			v := size/2 + 0.04 + (0.8*p.height-size)*float64(j)/float64(max(down-1, 1))
			c := p.at(u, v)
			at := image.Pt(int(c.X)-tile/2, int(c.Y)-tile/2)
			if !(image.Rectangle{at, at.Add(image.Pt(tile, tile))}).In(grey.Rect) {
				continue
			}
			bright, coloured := transform.peaks(at, func(x, y int) (float64, float64) {
				q := in.Picture.Pix[y*in.Picture.Stride+4*x:]
				return float64(grey.Pix[y*grey.Stride+x]), float64(q[0]) - float64(q[2])
			})
			luma, chroma = append(luma, bright), append(chroma, coloured)
		}
	}
	if len(luma) < 4 {
		return nil
	}
	// A screen's stripes are coloured; the dots of four inks show more in brightness.
	l, c := typical(luma), typical(chroma)
	screen := Score{Test: Grid, Value: c, Where: in.Page}
	scores := []Score{screen, {Test: Dots, Value: l - c, Where: in.Page}}
	if share, ok := body(grey, p); ok {
		scores = append(scores, Score{Test: Body, Value: math.Max(c, l) * share, Where: grown(in.Page, 1.2)})
	}
	return scores
}

// typical is the height that two thirds of the tiles reach.
func typical(peaks []peak) float64 {
	heights := make([]float64, len(peaks))
	for i, p := range peaks {
		heights[i] = p.height
	}
	slices.Sort(heights)
	return heights[len(heights)/3]
}

// transform holds what every tile needs.
type transform struct {
	fourier *vision.Fourier
	data    []complex128
	power   []float64
}

func newTransform() *transform {
	return &transform{fourier: vision.NewFourier(tile), data: make([]complex128, tile*tile), power: make([]float64, tile*tile)}
}

// peaks transforms two real values of one tile at once, as the real and the
// imaginary part of one, and finds the highest peak of each.
func (t *transform) peaks(at image.Point, value func(x, y int) (float64, float64)) (first, second peak) {
	var mean complex128
	for y := range tile {
		for x := range tile {
			a, b := value(at.X+x, at.Y+y)
			t.data[y*tile+x] = complex(a, b)
			mean += complex(a/(tile*tile), b/(tile*tile))
		}
	}
	for y := range tile {
		for x := range tile {
			w := t.fourier.Window[x] * t.fourier.Window[y]
			v := t.data[y*tile+x] - mean
			t.data[y*tile+x] = complex(real(v)*w, imag(v)*w)
		}
	}
	t.fourier.Transform(t.data)
	t.part(+1)
	first = t.highest()
	t.part(-1)
	return first, t.highest()
}

// part fills power with the spectrum of the real part (+1) or of the imaginary
// one (-1): the even or the odd half of the whole about frequency zero.
func (t *transform) part(sign float64) {
	for y := range tile {
		for x := range tile {
			c, m := t.data[y*tile+x], t.data[(tile-y)%tile*tile+(tile-x)%tile]
			re, im := (real(c)+sign*real(m))/2, (imag(c)-sign*imag(m))/2
			t.power[y*tile+x] = math.Log10(re*re + im*im + tile*tile*0.05)
		}
	}
}

// highest looks through half of the spectrum, the other half being its mirror.
func (t *transform) highest() peak {
	var best peak
	at := func(x, y int) float64 { return t.power[(y&(tile-1))*tile+x&(tile-1)] }
	for y := -tile/2 + 4; y < tile/2-4; y++ {
		for x := range tile/2 - 4 {
			r := math.Hypot(float64(x), float64(y)) / tile
			if r < lowest || masked(x) && masked(y) {
				continue
			}
			v := at(x, y)
			if v <= best.height || v < at(x-1, y) || v < at(x+1, y) || v < at(x, y-1) || v < at(x, y+1) {
				continue
			}
			var ring [32]float64
			for i := range 8 {
				d := i - 4
				ring[4*i], ring[4*i+1], ring[4*i+2], ring[4*i+3] = at(x+d, y-4), at(x+4, y+d), at(x-d, y+4), at(x-4, y-d)
			}
			below := 0
			for _, r := range ring {
				if v-r > best.height {
					below++
				}
			}
			if below <= 24 { // so that few rings need to be sorted
				continue
			}
			slices.Sort(ring[:])
			best = peak{at: image.Pt(x, y), height: v - ring[24]}
		}
	}
	return best
}

// masked tells, of both axes, the frequencies at which a JPEG's own blocks show.
func masked(k int) bool {
	k = (k%(tile/8) + tile/8) % (tile / 8)
	return k <= gridMask || k >= tile/8-gridMask
}

// body looks for a dark, straight frame about the page: along each side outwards,
// a band that is much darker than the page and ends at one distance. It returns
// the share of the sides' length that has one.
func body(grey *image.Gray, p plane) (float64, bool) {
	bright := 0.0
	for i := range 64 {
		v, _ := pixel(grey, p.at(float64(i%8)/8+0.06, (float64(i/8)/8+0.06)*p.height))
		bright += v / 64
	}
	framed, sides := 0, 0
	for side := range 4 {
		dark, seen, ends := 0, 0, []float64{}
		for i := range 24 {
			s := 0.06 + 0.88*float64(i)/23
			length, black, known := 0.0, true, false
			for k := 1; k <= 60; k++ {
				d := 0.008 + 0.005*float64(k)
				v, ok := pixel(grey, outward(p, side, s, d))
				if !ok {
					break
				}
				known = true
				if v > 0.3*bright {
					black = false
					break
				}
				length = d
			}
			if !known {
				continue
			}
			seen++
			if length > 0.012 {
				dark++
				if !black {
					ends = append(ends, length)
				}
			}
		}
		if seen < 12 {
			continue
		}
		sides++
		if dark*10 >= seen*8 && (len(ends) < seen/3 || deviation(ends) < 0.012) {
			framed++
		}
	}
	if sides == 0 {
		return 0, false
	}
	return float64(framed) / float64(sides), true
}

// outward is the point at a share s of a side, d page widths out of the page.
func outward(p plane, side int, s, d float64) vision.Point {
	switch side {
	case 0:
		return p.at(s, -d)
	case 1:
		return p.at(1+d, s*p.height)
	case 2:
		return p.at(s, p.height+d)
	}
	return p.at(-d, s*p.height)
}

func deviation(v []float64) float64 {
	mean, sum := 0.0, 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sum += (x - mean) * (x - mean)
	}
	return math.Sqrt(sum / float64(max(len(v), 1)))
}
