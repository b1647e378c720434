package faces

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Estimate is a measured share with the interval that holds 95 of 100 repetitions.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Point is what a wished rate of false accepts costs.
type Point struct {
	FAR          float64  `json:"far"`          // wished
	Distance     float64  `json:"distance"`     // pairs up to it are accepted
	FalseAccepts int      `json:"falseAccepts"` // of the impostor pairs, at that distance
	TAR          Estimate `json:"tar"`
	// Measurable tells that there are impostor pairs enough to see a single false
	// accept at this rate; otherwise the other values mean nothing.
	Measurable bool `json:"measurable"`
}

// wishedRates are those that the report always shows.
func wishedRates() []float64 { return []float64{0.01, 0.001, 0.0001} }

// curve is the ROC of pairs in order of distance, each counted so many times as
// its weight says.
type curve struct {
	steps             []step
	genuine, impostor float64 // all
}

// step is the share that is accepted up to a distance, that one included.
type step struct{ distance, far, tar float64 }

// newCurve walks sorted pairs; weights nil counts each once. Pairs without a
// face are in the totals and never accepted.
func newCurve(pairs []scored, weights []float64) *curve {
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[pairs[i].a] * weights[pairs[i].b]
	}
	c := &curve{}
	for i, p := range pairs {
		if p.Same {
			c.genuine += weight(i)
		} else {
			c.impostor += weight(i)
		}
	}
	var genuine, impostor float64
	for i := 0; i < len(pairs) && !math.IsInf(pairs[i].distance, 1); {
		at := pairs[i].distance
		for ; i < len(pairs) && pairs[i].distance == at; i++ {
			if pairs[i].Same {
				genuine += weight(i)
			} else {
				impostor += weight(i)
			}
		}
		c.steps = append(c.steps, step{at, impostor / c.impostor, genuine / c.genuine})
	}
	return c
}

// area is the area under the curve: how often a pair of one person is nearer
// than a pair of two, equally near ones counting half. What is never accepted is
// joined to the corner by a straight line.
func (c *curve) area() float64 {
	var area float64
	last := step{}
	for _, s := range append(slices.Clone(c.steps), step{math.Inf(1), 1, 1}) {
		area += (s.far - last.far) * (s.tar + last.tar) / 2
		last = s
	}
	return area
}

// equal is the equal error rate: where false accepts and false rejects cross.
func (c *curve) equal() float64 {
	last := step{}
	for _, s := range append(slices.Clone(c.steps), step{math.Inf(1), 1, 1}) {
		if s.far >= 1-s.tar {
			before, after := (1-last.tar)-last.far, s.far-(1-s.tar)
			if before+after == 0 {
				return s.far
			}
			return last.far + (s.far-last.far)*before/(before+after)
		}
		last = s
	}
	return 1
}

// at is the last step whose false accepts stay within a rate.
func (c *curve) at(far float64) step {
	found := step{distance: 0}
	for _, s := range c.steps {
		if s.far > far {
			break
		}
		found = s
	}
	return found
}

// repetitions of the bootstrap; its seed is fixed, so that a report repeats.
const repetitions = 1000

// vary draws the pictures anew, with as many as there are, and gives the
// 95 % interval of each measure. Pairs that share a picture are not independent;
// drawing pictures instead of pairs keeps that (the vertex bootstrap, Snijders
// and Borgatti 1999).
func vary(pairs []scored, pictures int, measures func(c *curve) []float64) (low, high []float64) {
	random := rand.New(rand.NewPCG(19795, 1)) //nolint:gosec // not a secret
	var drawn [][]float64
	for range repetitions {
		weights := make([]float64, pictures)
		for range pictures {
			weights[random.IntN(pictures)]++
		}
		if c := newCurve(pairs, weights); c.genuine > 0 && c.impostor > 0 {
			for i, v := range measures(c) {
				if i == len(drawn) {
					drawn = append(drawn, nil)
				}
				drawn[i] = append(drawn[i], v)
			}
		}
	}
	for _, values := range drawn {
		slices.Sort(values)
		low = append(low, values[len(values)*25/1000])
		high = append(high, values[len(values)*975/1000])
	}
	return low, high
}

// logistic fits percent = 100 / (1 + exp(steepness · (distance − even))) to pairs
// of which as many are genuine as not (each kind weighs one half), by Newton's
// method; the targets are drawn in by one pair (Platt 1999), so that pairs that
// part without overlap do not make it a cliff. ok is false when nearer pairs are
// not likelier to be genuine.
func logistic(pairs []scored) (steepness, even float64, ok bool) {
	var genuine, impostor float64
	for _, p := range pairs {
		if math.IsInf(p.distance, 1) {
			continue
		}
		if p.Same {
			genuine++
		} else {
			impostor++
		}
	}
	if genuine == 0 || impostor == 0 {
		return 0, 0, false
	}
	var slope, base float64 // of the log odds
	for range 100 {
		var g0, g1, h00, h01, h11 float64
		for _, p := range pairs {
			if math.IsInf(p.distance, 1) {
				continue
			}
			target, weight := 1/(impostor+2), 0.5/impostor
			if p.Same {
				target, weight = (genuine+1)/(genuine+2), 0.5/genuine
			}
			likely := 1 / (1 + math.Exp(-(slope*p.distance + base)))
			g0, g1 = g0+weight*(target-likely), g1+weight*(target-likely)*p.distance
			h := weight * likely * (1 - likely)
			h00, h01, h11 = h00+h, h01+h*p.distance, h11+h*p.distance*p.distance
		}
		det := (h00+ridge)*(h11+ridge) - h01*h01
		stepBase, stepSlope := ((h11+ridge)*g0-h01*g1)/det, ((h00+ridge)*g1-h01*g0)/det
		base, slope = base+stepBase, slope+stepSlope
		if math.Abs(stepBase)+math.Abs(stepSlope) < 1e-9 {
			break
		}
	}
	if !(slope < 0) || math.IsInf(slope, 0) {
		return 0, 0, false
	}
	return -slope, -base / slope, true
}

const ridge = 1e-12 // keeps Newton's step finite
