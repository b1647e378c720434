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
// threshold is the least calibrated percentage that passes, 0 (exclusive) to
// 100. Fewer than two templates give kyc.FacesNothing. A pair that cannot be
// compared (another model's vector, a broken one) is a failed item that says
// why. The error is for a threshold that makes no sense.
func (r *Room) Match(_ context.Context, templates []kyc.Template, threshold float64) (*kyc.Finding, error) {
	if !(threshold > 0 && threshold <= 100) {
		return nil, kyc.Errorf(kyc.Internal, "face match threshold %v is not a percentage above 0", threshold)
	}
	finding := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: map[string]string{
		"faceMatch.threshold":   fmt.Sprintf("%g%%", threshold),
		"faceMatch.calibration": calibrationVersion,
	}}
	if len(templates) < 2 {
		finding.Errors = []kyc.Code{kyc.FacesNothing}
		return finding, nil
	}
	faces := slices.Clone(templates)
	slices.SortStableFunc(faces, func(a, b kyc.Template) int { return cmp.Compare(labelRank(a.Label), labelRank(b.Label)) })
	group := kyc.CheckGroup{Caption: kyc.GroupFaceMatching}
	for i, a := range faces {
		for _, b := range faces[i+1:] {
			item, distance := comparePair(a, b, threshold)
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

// comparePair computes one check item. The shown percentage is rounded down,
// so that what is shown never passes where the decision did not.
func comparePair(a, b kyc.Template, threshold float64) (kyc.CheckItem, float64) {
	caption := a.Label + " & " + b.Label
	fail := func(why string) (kyc.CheckItem, float64) {
		return kyc.CheckItem{Status: kyc.Failed, Caption: caption, Value: why}, math.NaN()
	}
	switch {
	case a.Model == "" || a.Model != b.Model:
		return fail("not comparable: the faces were measured by different models")
	case !usable(a.Vector) || !usable(b.Vector):
		return fail("not comparable: a face has no valid measurement")
	}
	distance := distance(a.Vector, b.Vector)
	percent := Percent(distance)
	item := kyc.Passed(caption, percent >= threshold)
	confidence := percent / 100
	item.Confidence = &confidence
	item.Value = fmt.Sprintf("%.0f%%", math.Floor(percent))
	return item, distance
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
