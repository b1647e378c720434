package kyc

import (
	"fmt"
	"slices"
	"strings"
)

// Level is how strictly a check against fraud judges, in words that stand for
// wished shares of false alarms: lenient one in 500 honest pictures, normal one
// in 100, strict one in 20, as far as synthetic pictures tell (docs/fraud.md).
type Level string

// The levels.
const (
	LevelOff     Level = "off" // not computed, and so absent
	LevelLenient Level = "lenient"
	LevelNormal  Level = "normal"
	LevelStrict  Level = "strict"
)

// Levels lists all levels from none to strict.
func Levels() []Level { return []Level{LevelOff, LevelLenient, LevelNormal, LevelStrict} }

// FraudCheck is a check whose strictness a scenario can choose.
type FraudCheck struct {
	Caption string
	Default Level
}

// FraudChecks lists them by the captions of the contract. A check comes on by
// default only once it was measured on enough synthetic pictures to accuse at most
// one honest one in a hundred (docs/fraud.md); until then an operator switches it on.
func FraudChecks() []FraudCheck {
	return []FraudCheck{
		{"isXerocopy", LevelOff}, {"isDisplay", LevelOff}, {"isMobile", LevelOff},
		{"isEdited", LevelOff}, {"isFieldsModified", LevelOff}, {"isPhotoApplication", LevelOff},
	}
}

// FraudLevels are the levels that a scenario chose, by caption; what is not in
// it has its default.
type FraudLevels map[string]Level

// Of is the level of one check, LevelOff for one that has none.
func (f FraudLevels) Of(caption string) Level {
	if level, ok := f[caption]; ok {
		return level
	}
	for _, c := range FraudChecks() {
		if c.Caption == caption {
			return c.Default
		}
	}
	return LevelOff
}

// faults is one sentence for each entry that cannot be.
func (f FraudLevels) faults() (faults []string) {
	for caption, level := range f {
		if !slices.ContainsFunc(FraudChecks(), func(c FraudCheck) bool { return c.Caption == caption }) {
			faults = append(faults, fmt.Sprintf("thresholds.fraud: %q is not a check with a level; use %s", caption, fraudCaptions()))
		}
		if !slices.Contains(Levels(), level) {
			faults = append(faults, fmt.Sprintf("thresholds.fraud: %q is no level; use off, lenient, normal or strict", level))
		}
	}
	slices.Sort(faults)
	return faults
}

func fraudCaptions() string {
	var names []string
	for _, c := range FraudChecks() {
		names = append(names, c.Caption)
	}
	return strings.Join(names, ", ")
}

// Outline is a place on a stored picture: four corners in its pixels, upper left,
// upper right, lower right, lower left of what stands there.
type Outline [4][2]float64

// Place is where something was read. It is kept with the finding for operators
// and is no part of the wire's object.
type Place struct {
	Title   string  `json:"title"`           // of the field; "MRZ" for a line of the zone
	Value   string  `json:"value,omitempty"` // as printed there
	Zone    bool    `json:"zone,omitempty"`
	Image   int     `json:"image"` // index of the picture, from 0
	Outline Outline `json:"outline"`
}

// Proof is what an operator is shown of one computed check.
type Proof struct {
	Caption string  `json:"caption"`         // of the check
	Test    string  `json:"test"`            // which of its tests came closest to failing, or failed
	Score   float64 `json:"score"`           // what was measured
	Limit   float64 `json:"limit"`           // and what it had to stay under
	Of      string  `json:"of,omitempty"`    // a field's title, a program's name, or the error of an estimate
	Cut     string  `json:"cut,omitempty"`   // the name of its picture among the evidence; "" when there is none
	Image   int     `json:"image,omitempty"` // index of the picture looked at, from 0
}

// Proofs that a face was held against the document by: the years apart, and how
// certain the network is of the gender, in percent.
const (
	ProofAge    = "age"
	ProofGender = "gender"
)

// ProofPrefix begins the names of pictures that belong to proofs. They are for
// operators and never among the wire's image objects.
const ProofPrefix = "check-"
