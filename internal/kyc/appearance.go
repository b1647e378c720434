package kyc

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The checks that hold what a face looks like against the document.
const (
	CheckAge    = "isAgeMismatch"
	CheckGender = "isGenderMismatch"
)

// Appearance is what a network takes a face for. It is an estimate with a
// large error, and no fact about the person.
type Appearance struct {
	Age  float64 `json:"age"`  // years
	Male float64 `json:"male"` // probability, as the network states it; the rest is female
}

// Bearer is what a document says of the person that a face can be held against.
// What was not read with certainty is empty.
type Bearer struct {
	Born time.Time
	Sex  string // "M", "F" or another letter that no face is held against
}

// Bearer takes out of a document's fields those that were read with certainty:
// of high confidence, contradicted nowhere, with a right check digit where they
// have one. What the person typed instead is not looked at.
func (f *Finding) Bearer() (b Bearer) {
	for _, x := range f.OCR.Fields {
		if x.Conf != High || x.IsUnreadable || x.IsModified || x.IsMismatch || x.IsMRZOk != nil && !*x.IsMRZOk {
			continue
		}
		read := cmp.Or(x.ReadValue, x.Value)
		switch {
		case x.Title == "Date of birth" && b.Born.IsZero():
			b.Born = day(read)
		case x.Title == "Sex" && b.Sex == "":
			b.Sex = strings.ToUpper(read)
		}
	}
	return b
}

// AppearanceError is the error of the network as its authors state it, for faces up
// to an age: the mean absolute error in years, and the share of wrong genders.
type AppearanceError struct {
	UpTo  float64 // years, not included
	Years float64
	Wrong float64
}

// AppearanceErrors are the figures of the authors of face-api's network for age
// and gender, measured by them on a fifth of eight public collections (face-api.js,
// README, "Age and Gender Recognition Model"). docs/auditor/age.md says what they
// are worth here.
func AppearanceErrors() []AppearanceError {
	return []AppearanceError{
		{4, 1.52, .31}, {9, 3.06, .20}, {19, 4.82, .12}, {29, 4.99, .04},
		{41, 5.43, .03}, {60, 4.94, .03}, {80, 6.17, .04}, {math.Inf(1), 9.91, .10},
	}
}

// AppearanceErrorAt is the stated error at an age.
func AppearanceErrorAt(age float64) AppearanceError {
	all := AppearanceErrors()
	i := slices.IndexFunc(all, func(e AppearanceError) bool { return age < e.UpTo })
	return all[max(i, 0)]
}

// What is advised where a scenario compares at all (docs/decisions.md), the stated
// error that the tolerance of years is meant for, and the share of wrong genders
// from which on nothing is said about gender.
const (
	AdvisedAgeTolerance    = 25
	AdvisedGenderCertainty = 98
	usualAgeError          = 5.43
	mostWrongGenders       = .05
)

// ToleratedYears is how far a face of this age by the document may look from it:
// the scenario's tolerance, and more where the network's error is larger than it
// is for most people.
func (t Thresholds) ToleratedYears(age float64) float64 {
	return t.AgeTolerance * max(1, AppearanceErrorAt(age).Years/usualAgeError)
}

// ComparesAppearance tells whether anything is to be estimated from faces.
func (t Thresholds) ComparesAppearance() bool { return t.AgeTolerance > 0 || t.GenderCertainty > 0 }

// Judge holds the finding's face against a document and adds the checks that the
// scenario asks for and that can be computed: isAgeMismatch with the estimated age,
// isGenderMismatch with the estimated gender, each with a proof for operators.
// Where the document leaves doubt, or the network does about the gender, there is
// no check. It tells whether it has added any.
func (f *Finding) Judge(t Thresholds, b Bearer, now time.Time) (added bool) {
	if f.Appearance == nil || b.Born.IsZero() || !b.Born.Before(now) {
		return false
	}
	age := now.Sub(b.Born).Hours() / 24 / 365.2425
	if t.AgeTolerance > 0 {
		f.judgeAge(t, age)
		added = true
	}
	if t.GenderCertainty > 0 && f.judgeGender(t, b.Sex, age) {
		added = true
	}
	return added
}

// Judged tells whether the face was held against a document.
func (f *Finding) Judged() bool {
	return slices.ContainsFunc(f.Checks, func(g CheckGroup) bool {
		return slices.ContainsFunc(g.Items, func(i CheckItem) bool { return i.Caption == CheckAge || i.Caption == CheckGender })
	})
}

func (f *Finding) judgeAge(t Thresholds, age float64) {
	apart, tolerated := math.Abs(f.Appearance.Age-age), t.ToleratedYears(age)
	item := Passed(CheckAge, apart <= tolerated)
	item.Value = strconv.Itoa(int(math.Round(math.Max(f.Appearance.Age, 0))))
	f.AddCheck(GroupFraud, item)
	if item.Status != Success {
		f.Errors = append(f.Errors, AgeMismatch)
	}
	f.Proofs = append(f.Proofs, Proof{Caption: CheckAge, Test: ProofAge, Score: apart, Limit: tolerated, Cut: "face",
		Of: fmt.Sprintf("±%.1f", AppearanceErrorAt(age).Years)})
}

// gender is the likelier one and how likely it is.
func (a Appearance) gender() (looks string, likely float64) {
	if a.Male < .5 {
		return "female", 1 - a.Male
	}
	return "male", a.Male
}

// GenderStatus is how isGenderMismatch goes for a face beside a document's sex and
// age; "" where there is no such check: about people of an age at which the network
// is wrong too often, and where it is less certain than the scenario asks for.
func (t Thresholds) GenderStatus(a Appearance, sex string, age float64) Status {
	looks, likely := a.gender()
	stated, known := map[string]string{"M": "male", "F": "female"}[sex]
	switch {
	case !known || AppearanceErrorAt(age).Wrong > mostWrongGenders || !(100*likely >= t.GenderCertainty):
		return ""
	case looks == stated:
		return Success
	}
	return Failed
}

func (f *Finding) judgeGender(t Thresholds, sex string, age float64) bool {
	status := t.GenderStatus(*f.Appearance, sex, age)
	if status == "" {
		return false
	}
	looks, likely := f.Appearance.gender()
	item := CheckItem{Status: status, Caption: CheckGender, Value: looks, Confidence: &likely}
	f.AddCheck(GroupFraud, item)
	f.Proofs = append(f.Proofs, Proof{Caption: CheckGender, Test: ProofGender, Score: 100 * likely, Limit: t.GenderCertainty, Cut: "face",
		Of: fmt.Sprintf("%.0f %%", 100*AppearanceErrorAt(age).Wrong)})
	return true
}

// faults of the comparison with the document; compares tells whether the steps
// give both.
func (t Thresholds) appearanceFaults(compares bool) (faults []string) {
	if y := t.AgeTolerance; y != 0 && !(y >= 1 && y <= 100) {
		faults = append(faults, fmt.Sprintf("thresholds.ageTolerance: must be 1 to 100 years; %d is advised, and 0 switches the check off", AdvisedAgeTolerance))
	}
	if p := t.GenderCertainty; p != 0 && !(p > 50 && p < 100) {
		faults = append(faults, fmt.Sprintf("thresholds.genderCertainty: must be more than 50 and less than 100 percent; %d is advised, and 0 switches the check off", AdvisedGenderCertainty))
	}
	if t.AgeTolerance != 0 && !compares {
		faults = append(faults, "thresholds.ageTolerance: needs a document step and a selfie or liveness step")
	}
	if t.GenderCertainty != 0 && !compares {
		faults = append(faults, "thresholds.genderCertainty: needs a document step and a selfie or liveness step")
	}
	return faults
}
