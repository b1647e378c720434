package specimen

import (
	"image"
	"math"
	"math/rand/v2"
)

type vec struct{ x, y, z float64 }

func (a vec) sub(b vec) vec       { return vec{a.x - b.x, a.y - b.y, a.z - b.z} }
func (a vec) add(b vec) vec       { return vec{a.x + b.x, a.y + b.y, a.z + b.z} }
func (a vec) times(k float64) vec { return vec{a.x * k, a.y * k, a.z * k} }
func (a vec) dot(b vec) float64   { return a.x*b.x + a.y*b.y + a.z*b.z }
func (a vec) cross(b vec) vec     { return vec{a.y*b.z - a.z*b.y, a.z*b.x - a.x*b.z, a.x*b.y - a.y*b.x} }
func (a vec) unit() vec           { return a.times(1 / math.Max(1e-12, math.Sqrt(a.dot(a)))) }
func (m matrix) apply(p vec) vec  { return vec{m[0].dot(p), m[1].dot(p), m[2].dot(p)} }
func (m matrix) transposed() matrix {
	return matrix{{m[0].x, m[1].x, m[2].x}, {m[0].y, m[1].y, m[2].y}, {m[0].z, m[1].z, m[2].z}}
}

// matrix holds the rows of a rotation.
type matrix [3]vec

// rotation turns by yaw, then pitch, then roll (degrees) in a world whose x
// points right, y up and z towards the camera.
func rotation(yaw, pitch, roll float64) matrix {
	sy, cy := math.Sincos(yaw * math.Pi / 180)
	sp, cp := math.Sincos(-pitch * math.Pi / 180)
	sr, cr := math.Sincos(-roll * math.Pi / 180)
	spin := matrix{{cr, -sr, 0}, {sr, cr, 0}, {0, 0, 1}}
	nod := matrix{{1, 0, 0}, {0, cp, -sp}, {0, sp, cp}}
	turn := matrix{{cy, 0, sy}, {0, 1, 0}, {-sy, 0, cy}}
	column := func(v vec) vec { return spin.apply(nod.apply(turn.apply(v))) }
	return matrix{column(vec{1, 0, 0}), column(vec{0, 1, 0}), column(vec{0, 0, 1})}.transposed()
}

// camera turns a model about the top of the neck and projects it from eight
// units away, the distance at which people photograph faces.
type camera struct {
	turn         matrix
	unit, cx, cy float64 // pixels of a unit in the plane of the axis; picture's middle
	away         float64 // of the plane of the axis
}

const cameraDistance = 8

func (c camera) project(p vec) (x, y, depth float64) {
	k := c.unit * c.away / (c.away - p.z)
	return c.cx + p.x*k, c.cy - p.y*k, p.z
}

// texel is what the nearest surface at a pixel is: where on the model, how it
// faces the camera and what it is made of.
type texel struct {
	place, normal [3]float32
	material      material
}

type raster struct {
	w, h   int
	depth  []float32
	texels []texel
}

func newRaster(w, h int) *raster {
	r := &raster{w: w, h: h, depth: make([]float32, w*h), texels: make([]texel, w*h)}
	for i := range r.depth {
		r.depth[i] = -1e9
	}
	return r
}

type vertex struct {
	place, world, normal vec
	x, y, z              float64
}

// draw tessellates a part and fills its triangles, nearest wins.
func (r *raster) draw(p part, cam camera) {
	pivot := vec{0, -.55, -.25}
	grid := make([]vertex, (p.cols+1)*(p.rows+1))
	for j := range p.rows + 1 {
		for i := range p.cols + 1 {
			at := p.at(float64(i)/float64(p.cols), float64(j)/float64(p.rows))
			world := at
			if !p.rigid {
				world = cam.turn.apply(at.sub(pivot)).add(pivot)
			}
			v := vertex{place: at, world: world}
			v.x, v.y, v.z = cam.project(world)
			grid[j*(p.cols+1)+i] = v
		}
	}
	normals(grid, p.cols+1, p.rows+1)
	for j := range p.rows {
		for i := range p.cols {
			a, b := &grid[j*(p.cols+1)+i], &grid[j*(p.cols+1)+i+1]
			c, d := &grid[(j+1)*(p.cols+1)+i], &grid[(j+1)*(p.cols+1)+i+1]
			r.triangle(a, b, c, p.material)
			r.triangle(b, d, c, p.material)
		}
	}
}

// normals come from the neighbours on the grid; at the seams one is missing.
func normals(grid []vertex, w, h int) {
	for j := range h {
		for i := range w {
			left, right := grid[j*w+max(i-1, 0)], grid[j*w+min(i+1, w-1)]
			above, below := grid[max(j-1, 0)*w+i], grid[min(j+1, h-1)*w+i]
			n := below.world.sub(above.world).cross(right.world.sub(left.world))
			grid[j*w+i].normal = n.unit()
		}
	}
}

func (r *raster) triangle(a, b, c *vertex, m material) {
	area := (b.x-a.x)*(c.y-a.y) - (c.x-a.x)*(b.y-a.y)
	if math.Abs(area) < 1e-9 {
		return
	}
	x0, x1 := max(0, int(min(a.x, b.x, c.x))), min(r.w-1, int(max(a.x, b.x, c.x))+1)
	y0, y1 := max(0, int(min(a.y, b.y, c.y))), min(r.h-1, int(max(a.y, b.y, c.y))+1)
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			px, py := float64(x)+.5, float64(y)+.5
			kb := ((px-a.x)*(c.y-a.y) - (c.x-a.x)*(py-a.y)) / area
			kc := ((b.x-a.x)*(py-a.y) - (px-a.x)*(b.y-a.y)) / area
			ka := 1 - kb - kc
			if ka < 0 || kb < 0 || kc < 0 {
				continue
			}
			depth := float32(ka*a.z + kb*b.z + kc*c.z)
			if at := y*r.w + x; depth > r.depth[at] {
				r.depth[at] = depth
				place := a.place.times(ka).add(b.place.times(kb)).add(c.place.times(kc))
				n := a.normal.times(ka).add(b.normal.times(kb)).add(c.normal.times(kc))
				r.texels[at] = texel{pack(place), pack(n), m}
			}
		}
	}
}

func pack(v vec) [3]float32   { return [3]float32{float32(v.x), float32(v.y), float32(v.z)} }
func unpack(v [3]float32) vec { return vec{float64(v[0]), float64(v[1]), float64(v[2])} }

// paint gives a surface point its colour before light, and its gloss.
type paint func(m material, place vec) (base colour, gloss float64)

// shade lights every pixel. Where its over × over samples lie on one surface
// they are lit once, at their mean; at an outline each is lit by itself.
func (r *raster) shade(out *image.RGBA, over int, look paint, seed int64, lit glow) {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6c69))
	lamp := vec{-.45 + .5*rnd.Float64(), .50 + .2*rnd.Float64(), .85}.unit()
	samples := make([]texel, over*over)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			for k := range samples {
				samples[k] = r.texels[(y*over+k/over)*r.w+x*over+k%over]
			}
			if mean, one := merged(samples); one {
				samples = append(samples[:0], mean)
			}
			at := Point{float64(x)/float64(out.Rect.Dx()) - .5, float64(y)/float64(out.Rect.Dy()) - .4}
			var sum colour
			for _, t := range samples {
				c := lit.add(t, t.lit(at, lamp, look), look)
				for i := range sum {
					sum[i] += c[i] / float64(len(samples))
				}
			}
			p := out.Pix[y*out.Stride+x*4:]
			for i, v := range sum {
				p[i] = clamp8(255 * v * (1.16 - .16*v)) // a mild film curve
			}
			p[3] = 255
			samples = samples[:over*over]
		}
	}
}

// glow is that of a screen where the camera is.
type glow struct {
	light [3]float64 // at a surface that faces it from the axis of the head, a share of full light; linear
	wall  float64    // what of it reaches the wall
	away  float64    // of that axis
}

// add lights what a pixel shows by the screen as well: the more, the more it
// faces the screen and the nearer it is. Colours are a display's, so they are
// made linear for it (with the exponent 2.2) and brought back.
func (s glow) add(t texel, c colour, look paint) colour {
	if s.light == [3]float64{} {
		return c
	}
	base, _ := look(t.material, unpack(t.place))
	reach := s.wall
	if t.material != wall {
		away := s.away - float64(t.place[2])
		reach = math.Abs(unpack(t.normal).unit().z) * s.away * s.away / (away * away)
	}
	for i := range c {
		c[i] = math.Pow(math.Pow(math.Max(c[i], 0), 2.2)+math.Pow(math.Max(base[i], 0), 2.2)*s.light[i]*reach, 1/2.2)
	}
	return c
}

// merged is the mean of samples of one material that lie close together.
func merged(samples []texel) (mean texel, one bool) {
	first := samples[0]
	for _, s := range samples {
		for i := range 3 {
			if d := s.place[i] - first.place[i]; s.material != first.material || d > .05 || d < -.05 {
				return texel{}, false
			}
			mean.place[i] += s.place[i] / float32(len(samples))
			mean.normal[i] += s.normal[i]
		}
	}
	mean.material = first.material
	return mean, true
}

// lit is wrapped Lambert light from a lamp and the room, with a soft highlight.
// Red wraps further round than blue, as light that scatters inside skin does.
// The place in the picture matters to the wall alone.
func (t texel) lit(at Point, lamp vec, look paint) colour {
	base, gloss := look(t.material, unpack(t.place))
	if t.material == wall {
		k := 1.02 - .25*at.Y*at.Y - .18*at.X*at.X + .06*at.X*lamp.x
		return colour{base[0] * k, base[1] * k, base[2] * k}
	}
	n := unpack(t.normal).unit()
	if n.z < 0 {
		n = n.times(-1)
	}
	half := lamp.add(vec{0, 0, 1}).unit()
	shine := gloss * math.Pow(math.Max(0, n.dot(half)), 22)
	room := .34 + .10*n.y + .10*n.z
	d := n.dot(lamp)
	var c colour
	for i, wrap := range [3]float64{.34, .24, .18} {
		c[i] = base[i]*(room+.72*math.Max(0, (d+wrap)/(1+wrap))) + shine
	}
	return c
}
