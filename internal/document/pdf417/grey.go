package pdf417

import (
	"image"
	"math"
)

// point is a place in the picture, in pixels.
type point struct{ x, y float64 }

func (p point) add(q point) point           { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point           { return point{p.x - q.x, p.y - q.y} }
func (p point) scale(k float64) point       { return point{p.x * k, p.y * k} }
func (p point) cross(q point) float64       { return p.x*q.y - p.y*q.x }
func (p point) length() float64             { return math.Hypot(p.x, p.y) }
func (p point) to(q point, k float64) point { return p.add(q.sub(p).scale(k)) }

// plane is a picture's brightness.
type plane struct {
	w, h int
	pix  []uint8
}

func newPlane(img image.Image) plane {
	b := img.Bounds()
	p := plane{w: b.Dx(), h: b.Dy(), pix: make([]uint8, b.Dx()*b.Dy())}
	switch src := img.(type) {
	case *image.RGBA:
		for y := range p.h {
			row := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range p.w {
				p.pix[y*p.w+x] = uint8((299*int(row[4*x]) + 587*int(row[4*x+1]) + 114*int(row[4*x+2]) + 500) / 1000)
			}
		}
	case *image.Gray:
		for y := range p.h {
			copy(p.pix[y*p.w:][:p.w], src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):])
		}
	default:
		for y := range p.h {
			for x := range p.w {
				r, g, bl, _ := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				p.pix[y*p.w+x] = uint8((299*r + 587*g + 114*bl + 500) / 1000 >> 8)
			}
		}
	}
	return p
}

// maxSide bounds time and memory: a card that fills a picture of this size has modules of six pixels and more.
const maxSide = 2600

// reduced averages blocks of pixels until the longer side is at most maxSide.
func (p plane) reduced() plane {
	k := (max(p.w, p.h) + maxSide - 1) / maxSide
	if k <= 1 {
		return p
	}
	out := plane{w: p.w / k, h: p.h / k, pix: make([]uint8, (p.w/k)*(p.h/k))}
	for y := range out.h {
		for x := range out.w {
			sum := k * k / 2
			for j := range k {
				for _, v := range p.pix[(y*k+j)*p.w+x*k:][:k] {
					sum += int(v)
				}
			}
			out.pix[y*out.w+x] = uint8(sum / (k * k))
		}
	}
	return out
}

// turned is the picture with rows and columns exchanged, so that one way of scanning does for both.
func (p plane) turned() plane {
	out := plane{w: p.h, h: p.w, pix: make([]uint8, len(p.pix))}
	for y := range p.h {
		for x := range p.w {
			out.pix[x*p.h+y] = p.pix[y*p.w+x]
		}
	}
	return out
}

// at reads between pixel centres; outside the picture its edge continues.
func (p plane) at(q point) float64 {
	x := math.Min(math.Max(q.x-0.5, 0), float64(p.w-1))
	y := math.Min(math.Max(q.y-0.5, 0), float64(p.h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.w-1), min(y0+1, p.h-1)
	fx, fy := x-float64(x0), y-float64(y0)
	top := float64(p.pix[y0*p.w+x0])*(1-fx) + float64(p.pix[y0*p.w+x1])*fx
	bottom := float64(p.pix[y1*p.w+x0])*(1-fx) + float64(p.pix[y1*p.w+x1])*fx
	return top*(1-fy) + bottom*fy
}

// sums are running totals over the picture, for means of any rectangle in four look-ups.
type sums struct {
	w, h  int
	total []uint32
}

func (p plane) sums() sums {
	s := sums{w: p.w, h: p.h, total: make([]uint32, (p.w+1)*(p.h+1))}
	for y := range p.h {
		row := uint32(0)
		for x := range p.w {
			row += uint32(p.pix[y*p.w+x])
			s.total[(y+1)*(p.w+1)+x+1] = s.total[y*(p.w+1)+x+1] + row
		}
	}
	return s
}

// mean is that of the pixels at most reach away from x, y in both directions.
func (s sums) mean(x, y, reach int) float64 {
	x0, y0, x1, y1 := max(x-reach, 0), max(y-reach, 0), min(x+reach+1, s.w), min(y+reach+1, s.h)
	at := func(x, y int) uint32 { return s.total[y*(s.w+1)+x] }
	return float64(at(x1, y1)+at(x0, y0)-at(x0, y1)-at(x1, y0)) / float64((x1-x0)*(y1-y0))
}

// projective maps one plane onto another, row by row.
type projective [9]float64

func (m projective) apply(p point) point {
	k := 1 / (m[6]*p.x + m[7]*p.y + m[8])
	return point{(m[0]*p.x + m[1]*p.y + m[2]) * k, (m[3]*p.x + m[4]*p.y + m[5]) * k}
}

// onto maps the rectangle from 0,0 to w,1 onto a quadrilateral: upper left, upper right, lower right, lower left
// (P. Heckbert, Fundamentals of texture mapping, 1989, section 2.2.3).
func onto(q [4]point, w float64) projective {
	d1, d2 := q[1].sub(q[2]), q[3].sub(q[2])
	s := q[0].sub(q[1]).add(q[2]).sub(q[3])
	den := d1.cross(d2)
	g, h := s.cross(d2)/den, d1.cross(s)/den
	return projective{
		(q[1].x - q[0].x + g*q[1].x) / w, q[3].x - q[0].x + h*q[3].x, q[0].x,
		(q[1].y - q[0].y + g*q[1].y) / w, q[3].y - q[0].y + h*q[3].y, q[0].y,
		g / w, h, 1,
	}
}
