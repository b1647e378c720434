package face

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// vectorLength is the number of values of one embedding.
const vectorLength = 128

// Match compares every pair of faces that the steps of a session gave and
// makes the synthetic "faces" result of it: one check item a pair, in the
// order document_0, selfie, selfie_document, liveness_0.
//
// Fewer than two templates give kyc.FacesNothing. A pair that cannot be compared
// (another model's vector, a broken one) is a failed item that says why. The
// error is for a limit that makes no sense, or that the calibration cannot keep.
func (r *Room) Match(_ context.Context, templates []kyc.Template, limit kyc.FaceLimit) (*kyc.Finding, error) {
	rule, err := newRule(limit)
	if err != nil {
		return nil, err
	}
	finding := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: rule.measures()}
	if len(templates) < 2 {
		finding.Errors = []kyc.Code{kyc.FacesNothing}
		return finding, nil
	}
	faces := slices.Clone(templates)
	slices.SortStableFunc(faces, func(a, b kyc.Template) int { return cmp.Compare(labelRank(a.Label), labelRank(b.Label)) })
	group := kyc.CheckGroup{Caption: kyc.GroupFaceMatching}
	for i, a := range faces {
		for _, b := range faces[i+1:] {
			item, distance, err := rule.compare(a, b)
			if err != nil {
				return nil, err
			}
			group.Items = append(group.Items, item)
			finding.Measures["faceMatch.distance "+item.Caption] = fmt.Sprintf("%.4f", distance)
		}
		finding.Measures["faceMatch.model "+a.Label] = a.Model
	}
	finding.Checks = []kyc.CheckGroup{group}
	return finding, nil
}

// labelRank is a label's place in the contract's order; what it does not name comes last.
func labelRank(label string) int {
	order := []string{"document_0", "selfie", "selfie_document", "liveness_0"}
	if i := slices.Index(order, label); i >= 0 {
		return i
	}
	return len(order)
}

// rule is a limit that can be kept.
type rule struct {
	kyc.FaceLimit

	distance float64 // for a wished rate: pairs up to it pass
}

func newRule(limit kyc.FaceLimit) (r rule, err error) {
	r.FaceLimit = limit
	if r.Calibration == nil {
		r.Calibration = kyc.BuiltinFaceCalibration()
	}
	switch {
	case !(r.Percent > 0 && r.Percent <= 100):
		return r, kyc.Errorf(kyc.Internal, "face match threshold %v is not a percentage above 0", r.Percent)
	case r.FAR == 0:
		return r, nil
	}
	within, ok := r.Calibration.DistanceAt(r.FAR)
	if r.distance = within; !ok || !(r.FAR > 0) {
		return r, kyc.Errorf(kyc.Internal, "the installation's face calibration %q cannot keep a rate of false accepts of %v", r.Calibration.Version, r.FAR)
	}
	return r, nil
}

// passes decides on a pair.
func (r rule) passes(distance, percent float64) bool {
	if r.FAR > 0 {
		return distance <= r.distance
	}
	return percent >= r.Percent
}

// measures are what a decision can be repeated from (S52).
func (r rule) measures() map[string]string {
	m := map[string]string{"faceMatch.calibration": r.Calibration.Version, "faceMatch.threshold": fmt.Sprintf("%g%%", r.Percent)}
	if r.FAR > 0 {
		m["faceMatch.threshold"] = fmt.Sprintf("FAR %g%%: distance %.4f", 100*r.FAR, r.distance)
	}
	return m
}

// compare computes one check item. The shown percentage is rounded down, so that
// what is shown never passes where the decision did not. The error is for a
// calibration of another model: nothing that it says holds here.
func (r rule) compare(a, b kyc.Template) (item kyc.CheckItem, far float64, err error) {
	caption := a.Label + " & " + b.Label
	fail := func(why string) (kyc.CheckItem, float64, error) {
		return kyc.CheckItem{Status: kyc.Failed, Caption: caption, Value: why}, math.NaN(), nil
	}
	switch {
	case a.Model == "" || a.Model != b.Model:
		return fail("not comparable: the faces were measured by different models")
	case !usable(a.Vector) || !usable(b.Vector):
		return fail("not comparable: a face has no valid measurement")
	case r.Calibration.Model != "" && r.Calibration.Model != a.Model:
		return item, 0, kyc.Errorf(kyc.Internal, "the installation's face calibration is of the model %s, the faces were measured by %s", r.Calibration.Model, a.Model)
	}
	far = distance(a.Vector, b.Vector)
	percent := r.Calibration.Percent(far)
	item = kyc.Passed(caption, r.passes(far, percent))
	confidence := percent / 100
	item.Confidence = &confidence
	item.Value = fmt.Sprintf("%.0f%%", math.Floor(percent))
	return item, far, nil
}

// usable refuses vectors that no embedder gives: wrong length, not a number,
// infinite, or all zero. Two of those would otherwise be "the same face".
func usable(v []float32) bool {
	if len(v) != vectorLength {
		return false
	}
	var length float64
	for _, x := range v {
		length += float64(x) * float64(x)
	}
	return length > minVectorLength*minVectorLength && length < maxVectorLength*maxVectorLength
}

// The lengths that embeddings have, with room on both sides; measured about 1.3.
const (
	minVectorLength = 0.2
	maxVectorLength = 10
)

// distance is Euclidean. A NaN compares false with everything and so fails.
func distance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
