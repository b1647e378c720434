package document

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
)

// source is where a value comes from and how it was read: values of one source
// share a scale from the recogniser's score to the share that is right.
type source string

// The sources beside those of value.score.
const (
	sourceBarcode source = "barcode"      // its own error correction vouches for it: not measured
	sourceChecked source = "zone checked" // a field of the zone with a check digit of its own, which is right
	sourceZone    source = "zone"         // another field of the zone, or all of it
)

// score is what the confidence of a value is told from.
type score struct {
	from source
	sure float64 // of its weakest character, 0 to 1
}

// The share of values, at least, that must be exactly what is printed for each
// word of the contract.
const (
	exactHigh   = 0.98
	exactMedium = 0.90
)

// step is a piece of a scale: scores from here on, up to the next step, were this
// often exactly right among so many samples.
type step struct {
	From    float64 `json:"from"`
	Exact   float64 `json:"exact"`
	Samples int     `json:"samples"`
}

// scales are the measured ones, by source; each rises.
type scales map[source][]step

//go:embed confidence.json
var measuredScales []byte

// newScales are those that were measured on the tuning seeds (make page-confidence).
func newScales() (scales, error) {
	var s scales
	if err := json.Unmarshal(measuredScales, &s); err != nil {
		return nil, fmt.Errorf("confidence.json: %w", err)
	}
	return s, nil
}

// exact is the probability that a value of this score is exactly what is printed;
// 0 for a source that was never measured.
func (s scales) exact(of score) float64 {
	if of.from == sourceBarcode {
		return 1
	}
	p := 0.0
	for _, step := range s[of.from] {
		if of.sure >= step.From {
			p = step.Exact
		}
	}
	return p
}

func (s scales) confidence(of score) kyc.Confidence {
	switch p := s.exact(of); {
	case p >= exactHigh:
		return kyc.High
	case p >= exactMedium:
		return kyc.Medium
	}
	return kyc.Low
}

// score of a printed value: by its letters, and whether one reading was sure
// enough or how many agreed.
func (v *value) score() score {
	if v.spot.by == byBarcode {
		return score{from: sourceBarcode, sure: 1}
	}
	from := "latin"
	switch kind := v.field.Grammar.Kind; {
	case v.field.Alphabet == types.Cyrillic:
		from = "cyrillic"
	case kind == types.KindNumber || kind == types.KindDate || kind == types.KindCode:
		from = "number"
	}
	switch {
	case v.asked <= 1:
		from += " once"
	case v.agreed == v.asked:
		from += " agreed"
	default:
		from += " disputed"
	}
	return score{from: source(from), sure: v.sure}
}
