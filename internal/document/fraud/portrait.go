package fraud

import (
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// portrait compares the portrait with the page: its noise, its history of
// compression, and whether its edges run along the page's.
func portrait(in Input, v view) []Score {
	if in.Face == (vision.Quad{}) {
		return nil
	}
	var out []Score
	if s, ok := faceNoise(in, v); ok {
		out = append(out, s)
	}
	if s, ok := askew(in, v.grey); ok {
		out = append(out, s)
	}
	if v.twice {
		if share, errors, n := v.was.agreement(v.blocks.inside(in.Face, 1)); n >= leastCoefficients {
			out = append(out, Score{Test: FaceHistory, Value: suspicion(share, errors), Where: in.Face})
		}
	}
	return out
}

// faceNoise is the difference of the noise in the face and between the values.
func faceNoise(in Input, v view) (Score, bool) {
	face, ok := quiet(v.grey, in.Face)
	if !ok {
		return Score{}, false
	}
	typical, ok := v.typicalNoise()
	if !ok {
		return Score{}, false
	}
	return Score{Test: FaceNoise, Value: math.Abs(logNoise(face) - logNoise(typical)), Where: in.Face}, true
}

// The search for the portrait's edges, in face widths.
const (
	edgeNear  = 0.05 // how far from the face an edge may be, at least
	edgeFar   = 1.0
	edgeScans = 28
	edgeTilts = 31
	edgeTilt  = 0.09 // radians, the most that is looked for
)

// askew measures how far the portrait's left and right edges turn against the
// page's, in degrees: the smaller of the two, since one may be a chance line.
func askew(in Input, grey *image.Gray) (Score, bool) {
	p, ok := planeOf(in.Page)
	if !ok {
		return Score{}, false
	}
	box := spanned(p.inverse(), in.Face)
	var turns []float64
	for _, side := range []float64{-1, 1} {
		if turn, ok := edgeTurn(grey, p, box, side); ok {
			turns = append(turns, turn)
		}
	}
	if len(turns) < 2 {
		return Score{}, false
	}
	value := 0.0
	if turns[0]*turns[1] > 0 {
		value = math.Min(math.Abs(turns[0]), math.Abs(turns[1])) * 180 / math.Pi
	}
	where := in.Face
	return Score{Test: Askew, Value: value, Where: grown(where, 1.8)}, true
}

// span is an upright rectangle in the page's plane.
type span struct{ x0, y0, x1, y1 float64 }

// inverse leads from the picture to the page's plane: the adjugate, which is the
// inverse up to a factor that homographies do not feel.
func (p plane) inverse() vision.Homography {
	m := p.h
	return vision.Homography{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
}

func spanned(back vision.Homography, q vision.Quad) span {
	s := span{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, c := range q {
		v := back.Apply(c)
		s = span{min(s.x0, v.X), min(s.y0, v.Y), max(s.x1, v.X), max(s.y1, v.Y)}
	}
	return s
}

// edgeTurn finds the straight upright line beside the face across which
// brightness changes most evenly, and its turn in radians.
func edgeTurn(grey *image.Gray, p plane, box span, side float64) (float64, bool) {
	width, height := box.x1-box.x0, box.y1-box.y0
	middle := (box.y0 + box.y1) / 2
	start := box.x0
	if side > 0 {
		start = box.x1
	}
	const places = 90
	step := (edgeFar - edgeNear) * width / places
	best, second, turn := 0.0, 0.0, 0.0
	for k := range edgeTilts {
		tilt := edgeTilt * (2*float64(k)/(edgeTilts-1) - 1)
		for i := range places {
			x := start + side*(edgeNear*width+step*float64(i))
			sum, n := 0.0, 0.0
			for j := range edgeScans {
				dy := (float64(j)/(edgeScans-1) - 0.5) * 1.5 * height
				at := x - dy*tilt
				a, ok1 := pixel(grey, p.at(at-step*1.2, middle+dy))
				b, ok2 := pixel(grey, p.at(at+step*1.2, middle+dy))
				if ok1 && ok2 {
					sum, n = sum+math.Max(math.Min(b-a, 40), -40), n+1
				}
			}
			if n < edgeScans*3/4 {
				continue
			}
			if v := math.Abs(sum / n); v > best {
				best, second, turn = v, best, tilt
			}
		}
	}
	return turn, best > 6 && second > 0
}
