package attacks

import (
	"image"
	"math"
)

// mask is somebody's photo that is laid over the face of whoever moves.
type mask struct {
	photo  *image.RGBA
	points [][2]float64 // its 68 landmarks
}

// The warp is computed on a grid of so many pixels; the rim of the face is
// blended over a share of its width.
const (
	warpStep = 6
	rim      = 0.09
)

// wear lays the mask over a face with these landmarks: each place of the face
// takes its colour from the photo by the affine map that fits the landmarks
// near it best (moving least squares, Schaefer, McPhail and Warren 2006), the
// photo's mean colour is brought to the face's, and the rim is blended.
func (m mask) wear(face *image.RGBA, points [][2]float64) *image.RGBA {
	out := clone(face)
	outline := hull(points)
	x0, y0, x1, y1 := extent(outline, face.Rect)
	soft := rim * float64(x1-x0)
	columns := (x1-x0)/warpStep + 2
	grid := make([][2]float64, columns*((y1-y0)/warpStep+2))
	for k := range grid {
		at := [2]float64{float64(x0 + k%columns*warpStep), float64(y0 + k/columns*warpStep)}
		grid[k] = follow(at, points, m.points)
	}
	type dot struct {
		at    int
		alpha float64
		value [3]float64
	}
	var dots []dot
	var worn, under [3]float64
	weight := 0.0
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			alpha := math.Min(1, depth(outline, float64(x), float64(y))/soft)
			if alpha <= 0 {
				continue
			}
			u, v := float64(x-x0)/warpStep, float64(y-y0)/warpStep
			d := dot{y*face.Stride + 4*x, alpha, bilinear(m.photo, lookup(grid, columns, u, v))}
			for c := range 3 {
				worn[c] += alpha * d.value[c]
				under[c] += alpha * float64(face.Pix[d.at+c])
			}
			weight += alpha
			dots = append(dots, d)
		}
	}
	for _, d := range dots {
		for c := range 3 {
			v := d.value[c] * under[c] / math.Max(worn[c], 1)
			out.Pix[d.at+c] = level(d.alpha*v + (1-d.alpha)*float64(face.Pix[d.at+c]))
		}
	}
	return out
}

// follow maps a place by moving least squares from one set of points to another.
func follow(at [2]float64, from, to [][2]float64) [2]float64 {
	var sum float64
	var p, q [2]float64
	weights := make([]float64, len(from))
	for i := range from {
		dx, dy := from[i][0]-at[0], from[i][1]-at[1]
		weights[i] = 1 / (dx*dx + dy*dy + 1)
		sum += weights[i]
		for c := range 2 {
			p[c] += weights[i] * from[i][c]
			q[c] += weights[i] * to[i][c]
		}
	}
	for c := range 2 {
		p[c], q[c] = p[c]/sum, q[c]/sum
	}
	var xx, xy, yy float64
	var m [2][2]float64 // sums of from × to
	for i := range from {
		x, y := from[i][0]-p[0], from[i][1]-p[1]
		xx, xy, yy = xx+weights[i]*x*x, xy+weights[i]*x*y, yy+weights[i]*y*y
		for c := range 2 {
			m[0][c] += weights[i] * x * (to[i][c] - q[c])
			m[1][c] += weights[i] * y * (to[i][c] - q[c])
		}
	}
	det := xx*yy - xy*xy
	if det < 1e-12 {
		return q
	}
	x, y := at[0]-p[0], at[1]-p[1]
	a, b := (yy*x-xy*y)/det, (xx*y-xy*x)/det
	return [2]float64{q[0] + a*m[0][0] + b*m[1][0], q[1] + a*m[0][1] + b*m[1][1]}
}

func lookup(grid [][2]float64, columns int, u, v float64) (out [2]float64) {
	i, j := int(u), int(v)
	u, v = u-float64(i), v-float64(j)
	k := j*columns + i
	for c := range 2 {
		top := grid[k][c]*(1-u) + grid[k+1][c]*u
		below := grid[k+columns][c]*(1-u) + grid[k+columns+1][c]*u
		out[c] = top*(1-v) + below*v
	}
	return out
}

// bilinear reads between pixels; outside the edge continues.
func bilinear(img *image.RGBA, at [2]float64) (out [3]float64) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	x, y := math.Min(math.Max(at[0], 0), float64(w-2)), math.Min(math.Max(at[1], 0), float64(h-2))
	i, j := int(x), int(y)
	u, v := x-float64(i), y-float64(j)
	k := j*img.Stride + 4*i
	for c := range 3 {
		top := float64(img.Pix[k+c])*(1-u) + float64(img.Pix[k+4+c])*u
		below := float64(img.Pix[k+img.Stride+c])*(1-u) + float64(img.Pix[k+img.Stride+4+c])*u
		out[c] = top*(1-v) + below*v
	}
	return out
}

// hull is the outline of a face by its 68 points: the jaw, then the brows from
// the other side back, lifted a little.
func hull(p [][2]float64) (out [][2]float64) {
	out = append(out, p[0:17]...)
	chin, eyes := p[8], [2]float64{(p[36][0] + p[45][0]) / 2, (p[36][1] + p[45][1]) / 2}
	for i := 26; i >= 17; i-- {
		out = append(out, [2]float64{p[i][0] + 0.12*(eyes[0]-chin[0]), p[i][1] + 0.12*(eyes[1]-chin[1])})
	}
	return out
}

// extent is the box around an outline within a picture.
func extent(p [][2]float64, within image.Rectangle) (x0, y0, x1, y1 int) {
	box := image.Rect(int(p[0][0]), int(p[0][1]), int(p[0][0])+1, int(p[0][1])+1)
	for _, q := range p {
		box = box.Union(image.Rect(int(q[0]), int(q[1]), int(q[0])+1, int(q[1])+1))
	}
	box = box.Intersect(within)
	return box.Min.X, box.Min.Y, box.Max.X, box.Max.Y
}

// depth is how far inside an outline a place lies, in pixels; 0 outside.
func depth(p [][2]float64, x, y float64) float64 {
	inside, least := false, math.Inf(1)
	for i := range p {
		a, b := p[i], p[(i+1)%len(p)]
		if (a[1] > y) != (b[1] > y) && x < a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			inside = !inside
		}
		dx, dy := b[0]-a[0], b[1]-a[1]
		t := math.Min(math.Max(((x-a[0])*dx+(y-a[1])*dy)/(dx*dx+dy*dy+1e-9), 0), 1)
		least = math.Min(least, math.Hypot(x-a[0]-t*dx, y-a[1]-t*dy))
	}
	if !inside {
		return 0
	}
	return least
}
