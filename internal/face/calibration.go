package face

import "math"

// calibrationVersion names the fit below; stored with each decision (S52).
const calibrationVersion = "logistic-1"

// The calibration: percent = 100 / (1 + exp(steepness × (distance − even))).
//
// The steepness comes from `go test ./internal/face -run '^$' -bench Calibration
// -benchtime 1x`, which fits a logistic curve, both classes weighing the same;
// even is placed so that 70 % lies at the distance 0.47, see the package comment.
const (
	calibrationSteepness = 20.0
	calibrationEven      = 0.5124 // 0.47 + ln(7/3)/20
)

// Percent turns the distance of two faces into the calibrated percentage. It
// falls strictly with the distance and is 0 for anything that is not one.
func Percent(distance float64) float64 {
	if !(distance >= 0) {
		return 0
	}
	return 100 / (1 + math.Exp(calibrationSteepness*(distance-calibrationEven)))
}
