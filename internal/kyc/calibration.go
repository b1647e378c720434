package kyc

import (
	"fmt"
	"math"
	"time"
)

// FaceCalibration says what distances between face templates mean: measured on
// pairs of pictures, by one model, and by no other.
type FaceCalibration struct {
	Version  string    `json:"version"` // names it in decisions
	Model    string    `json:"model"`   // "": any
	Made     time.Time `json:"made"`
	Genuine  int       `json:"genuinePairs"`
	Impostor int       `json:"impostorPairs"`
	// Percent = 100 / (1 + exp(Steepness · (distance − Even))): the probability
	// that a pair shows one person, when as many pairs do as do not.
	Steepness float64    `json:"steepness"`
	Even      float64    `json:"even"`
	Rates     []FaceRate `json:"rates"` // falling
}

// FaceRate is a rate of false accepts and the distance that gives it.
type FaceRate struct {
	FAR      float64 `json:"far"`
	Distance float64 `json:"distance"`
}

// BuiltinFaceCalibration is what holds until an installation measures its own
// people. It knows no rates of false accepts, and goes with any model.
//
// It goes through two measured points, see `go test ./internal/face -run '^$'
// -bench Calibration -benchtime 1x`: 70 % at 0.47, below the nearest of 2,349
// impostor pairs (0.481; 0.1 % of them lie below 0.505), and 99 % at 0.283,
// about where 95 % of the genuine pairs end (0.275). The command's own logistic
// fit is steeper (35, even at 0.415), since its easy genuine pairs and its
// impostors do not overlap at all; nothing holds such a fit back but its ridge.
func BuiltinFaceCalibration() *FaceCalibration {
	return &FaceCalibration{Version: "logistic-1", Steepness: 20, Even: 0.5124} // 0.47 + ln(7/3)/20
}

// Percent is the calibrated percentage of a distance; it falls strictly, and is
// 0 for anything that is no distance.
func (c *FaceCalibration) Percent(distance float64) float64 {
	if !(distance >= 0) {
		return 0
	}
	return 100 / (1 + math.Exp(c.Steepness*(distance-c.Even)))
}

// DistanceOf is the distance that has a percentage, which lies between 0 and 100;
// 0 when no distance has so high a one.
func (c *FaceCalibration) DistanceOf(percent float64) float64 {
	return max(0, c.Even+math.Log(100/percent-1)/c.Steepness)
}

// DistanceAt gives the greatest distance whose rate of false accepts stays within
// a wished one: between two measured rates it takes the stricter. ok is false
// where nothing so strict was measured.
func (c *FaceCalibration) DistanceAt(far float64) (distance float64, ok bool) {
	for _, r := range c.Rates {
		if r.FAR <= far {
			return r.Distance, true
		}
	}
	return 0, false
}

// Refuses says in one sentence why a rate of false accepts cannot be wished for,
// "" when it can; 0 wishes for none.
func (c *FaceCalibration) Refuses(far float64) string {
	switch _, ok := c.DistanceAt(far); {
	case far == 0 || ok:
		return ""
	case len(c.Rates) == 0:
		return "this installation has no face calibration of its own; make one with openkyc evaluate faces"
	}
	return fmt.Sprintf("the lowest rate that this installation's face calibration has measured is %g", c.Rates[len(c.Rates)-1].FAR)
}

// Fault says in one sentence what makes it no calibration, "" when nothing does.
func (c *FaceCalibration) Fault() string {
	positive := func(x float64) bool { return x > 0 && !math.IsInf(x, 0) }
	switch {
	case c.Model == "":
		return "model: it must name the model that was measured"
	case !positive(c.Steepness) || !positive(c.Even):
		return "steepness, even: must be more than 0"
	}
	for i, r := range c.Rates {
		switch {
		case !(r.FAR > 0 && r.FAR < 1) || !positive(r.Distance):
			return fmt.Sprintf("rates[%d]: a rate lies between 0 and 1, its distance above 0", i)
		case i > 0 && (r.FAR >= c.Rates[i-1].FAR || r.Distance > c.Rates[i-1].Distance):
			return fmt.Sprintf("rates[%d]: rates must fall, and distances with them", i)
		}
	}
	return ""
}

// FaceLimit says which pairs of faces match: by a rate of false accepts when one
// is wished for, else by a percentage.
type FaceLimit struct {
	Percent     float64          // least calibrated percentage, more than 0, at most 100
	FAR         float64          // greatest rate of false accepts; 0: by percentage
	Calibration *FaceCalibration // nil: the built-in one
}
