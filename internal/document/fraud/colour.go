package fraud

import (
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// colour measures how little the page's colours differ from those of one grey
// under one light: what two colour differences keep when the part that follows
// from brightness is taken out. Cells are averaged first, so that noise counts
// little. The score is minus the logarithm of that spread in grey levels.
func colour(in Input) Score {
	const cells = 64
	score := Score{Test: Grey, Where: in.Page}
	p, ok := planeOf(in.Page)
	if !ok {
		return score
	}
	var y, b, r []float64
	for j := range cells {
		for i := range cells {
			c, ok := cell(in, p.at((float64(i)+0.5)/cells, (float64(j)+0.5)/cells*p.height), in.Page.Width()/cells/2)
			if !ok {
				continue
			}
			y = append(y, 0.299*c[0]+0.587*c[1]+0.114*c[2])
			b, r = append(b, c[2]-c[1]), append(r, c[0]-c[1])
		}
	}
	score.Value = -math.Log(0.05 + math.Hypot(unexplained(y, b), unexplained(y, r)))
	return score
}

// cell is the mean colour of a small square.
func cell(in Input, at vision.Point, half float64) (c [3]float64, ok bool) {
	step, n := math.Max(1, half/3), 0.0
	for dy := -half; dy <= half; dy += step {
		for dx := -half; dx <= half; dx += step {
			x, y := int(at.X+dx), int(at.Y+dy)
			if x < 0 || y < 0 || x >= in.Picture.Rect.Dx() || y >= in.Picture.Rect.Dy() {
				continue
			}
			p := in.Picture.Pix[y*in.Picture.Stride+4*x:]
			c[0], c[1], c[2], n = c[0]+float64(p[0]), c[1]+float64(p[1]), c[2]+float64(p[2]), n+1
		}
	}
	return [3]float64{c[0] / n, c[1] / n, c[2] / n}, n > 0
}

// unexplained is the deviation of v that a straight line through the origin of
// the light does not explain: colour casts grow with brightness.
func unexplained(y, v []float64) float64 {
	n := float64(len(y))
	if n < 2 {
		return 0
	}
	var sy, sv, syy, syv float64
	for i := range y {
		sy, sv, syy, syv = sy+y[i], sv+v[i], syy+y[i]*y[i], syv+y[i]*v[i]
	}
	slope := (syv - sy*sv/n) / math.Max(syy-sy*sy/n, 1e-9)
	base, sum := (sv-slope*sy)/n, 0.0
	for i := range y {
		d := v[i] - base - slope*y[i]
		sum += d * d
	}
	return math.Sqrt(sum / n)
}
