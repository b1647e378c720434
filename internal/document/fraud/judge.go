package fraud

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits are the least score of each test that is a sign of fraud, by level.
type Limits map[Test]map[kyc.Level]float64

//go:embed limits.json
var measured []byte

// Measured are the limits that were set on the tuning seeds.
func Measured() (Limits, error) {
	var l Limits
	if err := json.Unmarshal(measured, &l); err != nil {
		return nil, fmt.Errorf("limits.json: %w", err)
	}
	return l, nil
}

// Check is a caption of the contract and the tests that it rests on.
type Check struct {
	Caption string
	Tests   []Test
}

// Checks lists what can be computed here.
func Checks() []Check {
	return []Check{
		{"isXerocopy", []Test{Grey, Dots}},
		{"isDisplay", []Test{Grid}},
		{"isMobile", []Test{Body}},
		{"isEdited", []Test{Writer}},
		{"isFieldsModified", []Test{Noise, History, Twin}},
		{"isPhotoApplication", []Test{FaceNoise, FaceHistory, Askew}},
	}
}

// Verdict is one check with the score that decided it: the one furthest above
// its limit, or else nearest below.
type Verdict struct {
	Passed bool
	Score  Score
	Limit  float64
}

// Judge holds the scores of a check against its limits; false when none of its
// tests could be computed or the level has no limits.
func (l Limits) Judge(c Check, level kyc.Level, scores []Score) (Verdict, bool) {
	out, known := Verdict{}, false
	for _, s := range scores {
		for _, t := range c.Tests {
			limit, ok := l[t][level]
			if s.Test != t || !ok {
				continue
			}
			if !known || excess(s.Value, limit) > excess(out.Score.Value, out.Limit) {
				out = Verdict{Passed: s.Value < limit, Score: s, Limit: limit}
			}
			known = true
		}
	}
	return out, known
}

// excess compares scores of different tests by their own limits.
func excess(value, limit float64) float64 { return (value - limit) / (0.01 + math.Abs(limit)) }
