package face

import (
	"math"
	"testing"
)

// The chip shows the eye corners and the nose base where dlib's mean face has
// them with a padding of a quarter, however the face lay in the picture.
func TestChipBringsEyesAndNoseWhereTheNetworkExpectsThem(t *testing.T) {
	t.Parallel()
	want := map[int]point{
		rightEyeOuter: {37.06, 46.37}, rightEyeInner: {58.41, 47.91},
		leftEyeInner: {89.61, 47.90}, leftEyeOuter: {110.96, 46.35},
		noseBase: {74.01, 87.78},
	}
	for _, face := range []similarity{{A: 1}, {A: 2.5, B: 1.2, TX: 300, TY: -80}, {A: 0.2, B: -0.1, TX: 5, TY: 5}} {
		landmarks := make([]point, landmarkCount)
		for i, p := range want {
			landmarks[i] = face.apply(p)
		}
		frame, err := chipTransform(landmarks)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range want {
			if got := frame.apply(landmarks[i]); got.distance(p) > 0.02 || math.IsNaN(got.X) {
				t.Errorf("landmark %d lands at %v, want %v", i, got, p)
			}
		}
	}
	if _, err := chipTransform(make([]point, landmarkCount)); err == nil {
		t.Error("collapsed landmarks were aligned")
	}
}
