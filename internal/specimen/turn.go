package specimen

import (
	"image"
	"math"
)

// Head says where a head is in a photograph. Lengths are in pixels.
type Head struct {
	Centre     Point
	HalfWidth  float64 // from the middle to an ear
	HalfHeight float64 // from the middle to the crown or the chin
	Roll       float64 // degrees that the crown leans towards the right edge
	Nose       Point   // tip of the nose; the zero value guesses it

	// Mesh optionally gives the true relief, such as the 468 points of a face
	// mesh. Z grows towards the camera and may start anywhere.
	Mesh []Point3
}

// Point3 is a place in a picture with its height above an arbitrary plane.
type Point3 struct{ X, Y, Z float64 }

// HeadFromLandmarks places a head by the usual 68 landmarks (iBUG 300-W order).
// Any other number of points gives false.
func HeadFromLandmarks(p []Point) (Head, bool) {
	if len(p) != 68 {
		return Head{}, false
	}
	middle := func(from, to int) Point {
		var m Point
		for _, q := range p[from : to+1] {
			m.X, m.Y = m.X+q.X/float64(to-from+1), m.Y+q.Y/float64(to-from+1)
		}
		return m
	}
	left, right := middle(36, 41), middle(42, 47)
	roll := math.Atan2(right.Y-left.Y, right.X-left.X)
	eyes, chin := Point{(left.X + right.X) / 2, (left.Y + right.Y) / 2}, p[8]
	// The eyes lie half-way between crown and chin, the rule painters use.
	height := math.Hypot(chin.X-eyes.X, chin.Y-eyes.Y)
	width := math.Hypot(p[16].X-p[0].X, p[16].Y-p[0].Y) / 2
	ears := Point{(p[0].X + p[16].X) / 2, (p[0].Y + p[16].Y) / 2}
	return Head{
		Centre:    Point{(ears.X + eyes.X) / 2, (ears.Y + eyes.Y) / 2},
		HalfWidth: math.Max(width*1.04, height*.62), HalfHeight: height * 1.04,
		Roll: roll * 180 / math.Pi, Nose: p[30],
	}, true
}

// Turn shows the photographed head as if it had turned by yaw and pitch degrees
// (signs as in Face). The head is an ellipsoid with a nose, or the given mesh,
// that carries the photograph; around it the picture stretches and at 1.8 times
// the head's size it rests, so that nothing tears. Up to ±40° looks plausible;
// what the camera never saw stays unseen. A head without size changes nothing.
func Turn(photo *image.RGBA, head Head, yaw, pitch float64) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, photo.Rect.Dx(), photo.Rect.Dy()))
	source := quarters(photo, 0)
	copy(out.Pix, source.Pix)
	if head.HalfWidth < 4 || head.HalfHeight < 4 || photo.Rect.Empty() {
		return out
	}
	t := newTurning(head, yaw, pitch)
	step := math.Max(1.5, head.HalfWidth/48)
	n := int(turnReach*math.Max(head.HalfWidth, head.HalfHeight)/step) + 1
	size := 2*n + 1
	relief := t.relief(n, step)
	grid := make([]vertex, size*size)
	for j := range size {
		for i := range size {
			x, y := float64(i-n)*step, float64(j-n)*step
			grid[j*size+i] = t.vertex(x, y, relief[j*size+i])
		}
	}
	paintWarp(out, source, grid, size)
	return out
}

const (
	turnReach = 1.8 // in head sizes, where the picture rests
	meshDepth = 1.8 // face mesh networks flatten a head by about this much
)

// turning holds a head's frame: x to its left ear as seen, y down to its chin.
type turning struct {
	head                   Head
	cosRoll, sinRoll       float64
	cosY, sinY, cosP, sinP float64
}

func newTurning(h Head, yaw, pitch float64) turning {
	t := turning{head: h}
	t.sinRoll, t.cosRoll = math.Sincos(h.Roll * math.Pi / 180)
	t.sinY, t.cosY = math.Sincos(yaw * math.Pi / 180)
	t.sinP, t.cosP = math.Sincos(pitch * math.Pi / 180)
	return t
}

func (t turning) toPicture(x, y float64) (float64, float64) {
	return t.head.Centre.X + x*t.cosRoll - y*t.sinRoll, t.head.Centre.Y + x*t.sinRoll + y*t.cosRoll
}

func (t turning) toHead(p Point) (x, y float64) {
	dx, dy := p.X-t.head.Centre.X, p.Y-t.head.Centre.Y
	return dx*t.cosRoll + dy*t.sinRoll, dy*t.cosRoll - dx*t.sinRoll
}

// radius is 1 on the head's outline.
func (t turning) radius(x, y float64) float64 {
	return math.Hypot(x/t.head.HalfWidth, y/t.head.HalfHeight)
}

// vertex moves one point of the photograph. The outline hardly shrinks when a
// head turns, since a head is as deep as it is wide: only its front foreshortens.
func (t turning) vertex(x, y, z float64) vertex {
	rho := t.radius(x, y)
	still := 1 - smooth((rho-.95)/(turnReach-.95))
	inside := math.Max(0, 1-rho*rho)
	dx := z*t.sinY*t.cosP - x*(1-t.cosY)*inside
	dy := -z*t.sinP - y*(1-t.cosP)*inside
	v := vertex{z: z*t.cosY - x*t.sinY + y*t.sinP*.2 - (1-still)*t.head.HalfWidth}
	u, w := t.toPicture(x, y)
	v.place = vec{u, w, 0}
	v.x, v.y = t.toPicture(x+dx*still, y+dy*still)
	return v
}

// relief gives the height of every grid point above the plane of the ears.
func (t turning) relief(n int, step float64) []float64 {
	h, size := t.head, 2*n+1
	nx, ny := 0.0, .36*h.HalfHeight
	if h.Nose != (Point{}) {
		nx, ny = t.toHead(h.Nose)
	}
	shape := func(x, y float64) float64 {
		rho := t.radius(x, y)
		z := 1.25 * h.HalfWidth * math.Pow(math.Max(0, 1-rho*rho/1.05), .8)
		// past the outline a skirt slopes down, so that the ears move back
		z -= .30 * h.HalfWidth * smooth((rho-.8)/.4) * (1 - smooth((rho-1.2)/.5))
		bridge := bump(x, nx, .13*h.HalfWidth) * smooth((y-ny+.44*h.HalfHeight)/(.44*h.HalfHeight)) * (1 - smooth((y-ny-.02*h.HalfHeight)/(.12*h.HalfHeight)))
		return z + .34*h.HalfWidth*bridge
	}
	out, weight := make([]float64, size*size), make([]float64, size*size)
	for j := range size {
		for i := range size {
			out[j*size+i] = shape(float64(i-n)*step, float64(j-n)*step)
		}
	}
	if len(h.Mesh) < 3 {
		return out
	}
	t.sculpt(out, weight, shape, n, step)
	return out
}

// sculpt replaces the guessed relief by the mesh where the mesh has points. Each
// point speaks for its surroundings by a Gaussian; where none speaks, the guess stays.
func (t turning) sculpt(out, weight []float64, shape func(x, y float64) float64, n int, step float64) {
	base := t.seat(shape)
	size, spread := 2*n+1, .075*t.head.HalfWidth
	reach := int(3*spread/step) + 1
	sum := make([]float64, len(out))
	for _, p := range t.head.Mesh {
		x, y := t.toHead(Point{p.X, p.Y})
		ci, cj := int(math.Round(x/step))+n, int(math.Round(y/step))+n
		for j := max(0, cj-reach); j <= min(size-1, cj+reach); j++ {
			for i := max(0, ci-reach); i <= min(size-1, ci+reach); i++ {
				k := bump(math.Hypot(float64(i-n)*step-x, float64(j-n)*step-y), 0, spread*1.4)
				sum[j*size+i] += k * (meshDepth*p.Z + base[0]*x + base[1]*y + base[2])
				weight[j*size+i] += k
			}
		}
	}
	for i, w := range weight {
		if w > 0 {
			k := smooth(w / .8)
			out[i] += k * (sum[i]/w - out[i])
		}
	}
}

// seat finds the plane (slopes and height) that, added to the mesh, sets its rim
// on the guess: least squares in which points near the outline weigh most.
func (t turning) seat(shape func(x, y float64) float64) [3]float64 {
	var m [3][4]float64
	for _, p := range t.head.Mesh {
		x, y := t.toHead(Point{p.X, p.Y})
		row := [4]float64{x, y, 1, shape(x, y) - meshDepth*p.Z}
		k := math.Pow(math.Min(t.radius(x, y), 1), 6) + 1e-6
		for i := range 3 {
			for j := range 4 {
				m[i][j] += k * row[i] * row[j]
			}
		}
	}
	for col := range 3 {
		if m[col][col] < 1e-9 { // points on one line carry no plane
			return [3]float64{}
		}
		for row := range 3 {
			if k := m[row][col] / m[col][col]; row != col {
				for j := range 4 {
					m[row][j] -= k * m[col][j]
				}
			}
		}
	}
	return [3]float64{m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]}
}

// paintWarp fills the moved triangles with the photograph. Triangles that turned
// their back are skipped: the rim is at rest, so that others cover their place.
func paintWarp(out, source *image.RGBA, grid []vertex, size int) {
	w, h := out.Rect.Dx(), out.Rect.Dy()
	depth := make([]float64, w*h)
	for i := range depth {
		depth[i] = math.Inf(-1)
	}
	fill := func(a, b, c *vertex) {
		area := (b.x-a.x)*(c.y-a.y) - (c.x-a.x)*(b.y-a.y)
		if area < 1e-9 {
			return
		}
		for y := max(0, int(min(a.y, b.y, c.y))); y <= min(h-1, int(max(a.y, b.y, c.y))); y++ {
			for x := max(0, int(min(a.x, b.x, c.x))); x <= min(w-1, int(max(a.x, b.x, c.x))); x++ {
				px, py := float64(x)+.5, float64(y)+.5
				kb := ((px-a.x)*(c.y-a.y) - (c.x-a.x)*(py-a.y)) / area
				kc := ((b.x-a.x)*(py-a.y) - (px-a.x)*(b.y-a.y)) / area
				ka := 1 - kb - kc
				z := ka*a.z + kb*b.z + kc*c.z
				if ka < -1e-6 || kb < -1e-6 || kc < -1e-6 || z <= depth[y*w+x] {
					continue
				}
				depth[y*w+x] = z
				u, v := ka*a.place.x+kb*b.place.x+kc*c.place.x, ka*a.place.y+kb*b.place.y+kc*c.place.y
				p, c := out.Pix[y*out.Stride+x*4:], sample(source, u-.5, v-.5)
				p[0], p[1], p[2] = clamp8(c[0]), clamp8(c[1]), clamp8(c[2])
			}
		}
	}
	for j := range size - 1 {
		for i := range size - 1 {
			a, b := &grid[j*size+i], &grid[j*size+i+1]
			c, d := &grid[(j+1)*size+i], &grid[(j+1)*size+i+1]
			fill(a, b, c)
			fill(b, d, c)
		}
	}
}
