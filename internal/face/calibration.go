package face

import "math"

// calibrationVersion names the fit below; stored with each decision (S52).
const calibrationVersion = "logistic-1"

// The calibration: percent = 100 / (1 + exp(steepness × (distance − even))).
//
// It goes through two measured points, see `go test ./internal/face -run '^$'
// -bench Calibration -benchtime 1x`: 70 % at 0.47, below the nearest of 2,349
// impostor pairs (0.481; 0.1 % of them lie below 0.505), and 99 % at 0.283,
// about where 95 % of the genuine pairs end (0.275). The command's own logistic
// fit is steeper (35, even at 0.415), since its easy genuine pairs and its
// impostors do not overlap at all; nothing holds such a fit back but its ridge.
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
