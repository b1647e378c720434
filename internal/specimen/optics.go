package specimen

import (
	"image"
	"math"
	"math/rand/v2"
)

// projective is a 3 × 3 matrix that maps one plane onto another, row by row.
type projective [9]float64

func (m projective) apply(x, y float64) (u, v float64) {
	k := 1 / (m[6]*x + m[7]*y + m[8])
	return (m[0]*x + m[1]*y + m[2]) * k, (m[3]*x + m[4]*y + m[5]) * k
}

// homography finds the map that takes four points to four others, by Gaussian
// elimination of the usual eight equations (Hartley and Zisserman, section 4.1).
func homography(from, to [4]Point) projective {
	var a [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i].X, from[i].Y, to[i].X, to[i].Y
		a[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		a[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 {
		best := col
		for row := col + 1; row < 8; row++ {
			if math.Abs(a[row][col]) > math.Abs(a[best][col]) {
				best = row
			}
		}
		a[col], a[best] = a[best], a[col]
		for row := range 8 {
			if row == col {
				continue
			}
			k := a[row][col] / a[col][col]
			for j := col; j < 9; j++ {
				a[row][j] -= k * a[col][j]
			}
		}
	}
	m := projective{8: 1}
	for i := range 8 {
		m[i] = a[i][8] / a[i][i]
	}
	return m
}

// sample reads between pixels; outside the picture the edge continues.
func sample(img *image.RGBA, x, y float64) [3]float64 {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	x, y = math.Min(math.Max(x, 0), float64(w-1)), math.Min(math.Max(y, 0), float64(h-1))
	x0, y0 := int(x), int(y)
	fx, fy := x-float64(x0), y-float64(y0)
	right, below := 4, img.Stride
	if x0 == w-1 {
		right = 0
	}
	if y0 == h-1 {
		below = 0
	}
	at := y0*img.Stride + x0*4
	var out [3]float64
	for i := range 3 {
		a, b := float64(img.Pix[at+i]), float64(img.Pix[at+right+i])
		c, d := float64(img.Pix[at+below+i]), float64(img.Pix[at+below+right+i])
		top, bottom := a+(b-a)*fx, c+(d-c)*fx
		out[i] = top + (bottom-top)*fy
	}
	return out
}

// blur spreads every pixel by a Gaussian of the given deviation, rows then columns.
func blur(img *image.RGBA, deviation float64) {
	if deviation < 0.1 {
		return
	}
	reach := int(math.Ceil(deviation * 2.5))
	kernel, sum := make([]float64, 2*reach+1), 0.0
	for i := range kernel {
		d := float64(i - reach)
		kernel[i] = math.Exp(-d * d / (2 * deviation * deviation))
		sum += kernel[i]
	}
	weights := make([]int, len(kernel))
	for i, k := range kernel {
		weights[i] = int(k / sum * 65536)
	}
	for y := range img.Rect.Dy() {
		spread(img.Pix[y*img.Stride:], 4, img.Rect.Dx(), weights)
	}
	for x := range img.Rect.Dx() {
		spread(img.Pix[x*4:], img.Stride, img.Rect.Dy(), weights)
	}
}

// spread convolves one row or column in place; pix holds n pixels, step bytes apart.
func spread(pix []uint8, step, n int, weights []int) {
	reach := len(weights) / 2
	line := make([]int, (n+2*reach)*3)
	for i := range n + 2*reach {
		at := min(max(i-reach, 0), n-1) * step
		line[i*3], line[i*3+1], line[i*3+2] = int(pix[at]), int(pix[at+1]), int(pix[at+2])
	}
	for i := range n {
		var r, g, b int
		for k, weight := range weights {
			q := line[(i+k)*3 : (i+k)*3+3 : (i+k)*3+3]
			r, g, b = r+weight*q[0], g+weight*q[1], b+weight*q[2]
		}
		at := i * step
		pix[at], pix[at+1], pix[at+2] = uint8((r+32768)>>16), uint8((g+32768)>>16), uint8((b+32768)>>16)
	}
}

// grain adds the noise of a sensor: a sum of four even draws is nearly Gaussian.
func grain(img *image.RGBA, rnd *rand.Rand, deviation float64) {
	scale := deviation / 147.8 // standard deviation of the sum of four bytes
	for i := 0; i < len(img.Pix); i += 4 {
		bits, more := rnd.Uint64(), rnd.Uint64()
		shared := byteSum(uint32(bits)) * scale * 0.7
		img.Pix[i] = clamp8(float64(img.Pix[i]) + shared + byteSum(uint32(bits>>32))*scale*0.7)
		img.Pix[i+1] = clamp8(float64(img.Pix[i+1]) + shared + byteSum(uint32(more))*scale*0.5)
		img.Pix[i+2] = clamp8(float64(img.Pix[i+2]) + shared + byteSum(uint32(more>>32))*scale*0.8)
	}
}

func byteSum(v uint32) float64 {
	return float64(v&255+v>>8&255+v>>16&255+v>>24) - 510
}

func clamp8(v float64) uint8 {
	return uint8(math.Min(math.Max(v+0.5, 0), 255))
}

// desk paints a table: boards with grain along one direction, tinted by the seed.
func desk(img *image.RGBA, rnd *rand.Rand) {
	woods := [...][3]float64{{122, 84, 56}, {92, 70, 58}, {150, 118, 84}, {96, 98, 102}, {66, 78, 92}}
	base := woods[rnd.IntN(len(woods))]
	coarse, fine := newNoise(rnd), newNoise(rnd)
	board := float64(img.Rect.Dx()) / 3.4
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			u, v := float64(x)/board, float64(y)/board
			row := math.Floor(v*1.6 + 0.3)
			streak := coarse.at(u*2+row*17, v*26) - 0.5
			pore := fine.at(u*9+row*5, v*140) - 0.5
			k := 1 + 0.34*streak + 0.16*pore + 0.1*(coarse.at(row*3.7, 9)-0.5)
			if edge := v*1.6 + 0.3 - row; edge < 0.012 {
				k *= 0.55
			}
			p := img.Pix[y*img.Stride+x*4:]
			p[0], p[1], p[2], p[3] = clamp8(base[0]*k), clamp8(base[1]*k), clamp8(base[2]*k), 255
		}
	}
}

// paint fills the picture with the ground.
func (g Ground) paint(img *image.RGBA, rnd *rand.Rand) {
	if g == Boards {
		desk(img, rnd)
		return
	}
	base, soft := map[Ground]float64{Cloth: 16 + 18*rnd.Float64(), Paper: 222, Checked: 120}[g], newNoise(rnd)
	size := float64(img.Rect.Dx())
	square := size * (0.006 + 0.02*rnd.Float64())
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			u, v := float64(x)/size, float64(y)/size
			k := base * (0.94 + 0.12*soft.at(u*7, v*7))
			if g == Checked {
				k *= 1 + 0.25*math.Copysign(1, math.Sin(math.Pi*float64(x)/square)*math.Sin(math.Pi*float64(y)/square))
			}
			p := img.Pix[y*img.Stride+x*4:]
			p[0], p[1], p[2], p[3] = clamp8(k), clamp8(k*0.99), clamp8(k*1.01), 255
		}
	}
}

// noise is smooth value noise on a lattice that repeats after 64 cells.
type noise [64 * 64]float64

func newNoise(rnd *rand.Rand) *noise {
	var n noise
	for i := range n {
		n[i] = rnd.Float64()
	}
	return &n
}

func (n *noise) at(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx)&63, int(fy)&63
	u, v := ease(x-fx), ease(y-fy)
	i1, j1 := (i+1)&63, (j+1)&63
	top := n[j*64+i] + (n[j*64+i1]-n[j*64+i])*u
	bottom := n[j1*64+i] + (n[j1*64+i1]-n[j1*64+i])*u
	return top + (bottom-top)*v
}

func ease(t float64) float64 { return t * t * (3 - 2*t) }
