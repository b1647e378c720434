package face

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

// vectorAt is an embedding whose distance from vectorAt(0) is d.
func vectorAt(d float64) []float32 {
	v := make([]float32, vectorLength)
	v[0], v[1] = 1, float32(d)
	return v
}

func template(label string, d float64) kyc.Template {
	return kyc.Template{Label: label, Vector: vectorAt(d), Model: "m1", Quality: 1}
}

func TestMatchComparesAllPairsInTheContractsOrder(t *testing.T) {
	t.Parallel()
	got, err := new(Room).Match(context.Background(), []kyc.Template{
		template("liveness_0", 0.1), template("selfie", 0), template("selfie_document", 0.2), template("document_0", 0.9),
	}, kyc.FaceLimit{Percent: 70})
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Caption string
		Status  kyc.Status
	}
	var rows []row
	for _, item := range got.Checks[0].Items {
		rows = append(rows, row{item.Caption, item.Status})
	}
	want := []row{
		{"document_0 & selfie", kyc.Failed}, {"document_0 & selfie_document", kyc.Failed}, {"document_0 & liveness_0", kyc.Failed},
		{"selfie & selfie_document", kyc.Success}, {"selfie & liveness_0", kyc.Success}, {"selfie_document & liveness_0", kyc.Success},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if len(got.Checks) != 1 || got.Checks[0].Caption != "Face matching" || got.Checks[0].Items[4].Value != "99%" {
		t.Errorf("got %+v", got.Checks)
	}
	if got.Verdict(nil) != kyc.Failed {
		t.Errorf("verdict %s", got.Verdict(nil))
	}
}

func TestMatchThresholdDecidesOnWhatIsShown(t *testing.T) {
	t.Parallel()
	at := func(d, threshold float64) kyc.CheckItem {
		f, err := new(Room).Match(context.Background(), []kyc.Template{template("selfie", 0), template("document_0", d)}, kyc.FaceLimit{Percent: threshold})
		if err != nil {
			t.Fatal(err)
		}
		return f.Checks[0].Items[0]
	}
	// 70 % lies at the distance 0.47; see the package comment for what that rests on.
	if got := at(0.469, 70); got.Status != kyc.Success || got.Value != "70%" {
		t.Errorf("just within: %+v", got)
	}
	if got := at(0.4705, 70); got.Status != kyc.Failed || got.Value != "69%" {
		t.Errorf("just beyond: %+v", got)
	}
	if got := at(0.4705, 60); got.Status != kyc.Success {
		t.Errorf("a lower threshold: %+v", got)
	}
}

func TestMatchFailsClosed(t *testing.T) {
	t.Parallel()
	good := template("selfie", 0)
	broken := map[string]kyc.Template{}
	for name, v := range map[string][]float32{
		"nothing": nil, "zero": make([]float32, vectorLength), "short": {1, 2, 3},
		"not a number": append([]float32{float32(math.NaN())}, vectorAt(0)[1:]...),
		"infinite":     append([]float32{float32(math.Inf(1))}, vectorAt(0)[1:]...),
	} {
		broken[name] = kyc.Template{Label: "document_0", Vector: v, Model: "m1"}
	}
	broken["another model"] = kyc.Template{Label: "document_0", Vector: vectorAt(0), Model: "m2"}
	for name, bad := range broken {
		for _, pair := range [][]kyc.Template{{good, bad}, {bad, bad}} {
			if name == "another model" && pair[0].Model == bad.Model {
				continue
			}
			got, err := new(Room).Match(context.Background(), pair, kyc.FaceLimit{Percent: 1})
			if err != nil {
				t.Fatal(err)
			}
			item := got.Checks[0].Items[0]
			if item.Status != kyc.Failed || item.Value == "" || item.Confidence != nil || got.Verdict(nil) != kyc.Failed {
				t.Errorf("%s: %+v", name, item)
			}
		}
	}
	unnamed := kyc.Template{Label: "selfie", Vector: vectorAt(0)}
	if got, _ := new(Room).Match(context.Background(), []kyc.Template{unnamed, unnamed}, kyc.FaceLimit{Percent: 1}); got.Verdict(nil) != kyc.Failed {
		t.Error("templates of no model were compared")
	}
}

func TestMatchNeedsTwoFacesAndAThreshold(t *testing.T) {
	t.Parallel()
	for _, templates := range [][]kyc.Template{nil, {template("selfie", 0)}} {
		got, err := new(Room).Match(context.Background(), templates, kyc.FaceLimit{Percent: 70})
		if err != nil || !cmp.Equal(got.Errors, []kyc.Code{kyc.FacesNothing}) || got.Verdict(nil) != kyc.Failed {
			t.Errorf("%d templates: %+v, %v", len(templates), got, err)
		}
	}
	for _, threshold := range []float64{0, -1, 101, math.NaN(), math.Inf(1)} {
		if _, err := new(Room).Match(context.Background(), []kyc.Template{template("selfie", 0), template("document_0", 0)}, kyc.FaceLimit{Percent: threshold}); err == nil {
			t.Errorf("threshold %v was accepted", threshold)
		}
	}
}

func TestPercentFallsWithDistance(t *testing.T) {
	t.Parallel()
	Percent := kyc.BuiltinFaceCalibration().Percent
	for range 1000 {
		a, b := rand.Float64()*1.5, rand.Float64()*1.5
		if (a < b) != (Percent(a) > Percent(b)) {
			t.Fatalf("%g gives %g %%, %g gives %g %%", a, Percent(a), b, Percent(b))
		}
	}
	for _, d := range []float64{math.NaN(), -1, math.Inf(1)} {
		if p := Percent(d); p != 0 {
			t.Errorf("distance %v gives %g %%", d, p)
		}
	}
	if p := Percent(0); p < 99.9 || p > 100 {
		t.Errorf("the same face gives %g %%", p)
	}
	for _, p := range []float64{1, 50, 70, 99} {
		if back := Percent(kyc.BuiltinFaceCalibration().DistanceOf(p)); math.Abs(back-p) > 1e-9 {
			t.Errorf("%v %% lies at a distance of %v %%", p, back)
		}
	}
}

// TestMatchByRate: with a calibration a scenario wishes for a rate of false
// accepts, and gets the stricter one of two that were measured.
func TestMatchByRate(t *testing.T) {
	t.Parallel()
	own := &kyc.FaceCalibration{Version: "ours", Model: "m1", Steepness: 10, Even: 0.6, Rates: []kyc.FaceRate{{FAR: 0.01, Distance: 0.6}, {FAR: 0.001, Distance: 0.5}}}
	match := func(d, far float64, c *kyc.FaceCalibration) (*kyc.Finding, error) {
		return new(Room).Match(context.Background(), []kyc.Template{template("selfie", 0), template("document_0", d)}, kyc.FaceLimit{Percent: 99, FAR: far, Calibration: c})
	}
	for _, c := range []struct {
		distance, far float64
		want          kyc.Status
	}{{0.59, 0.01, kyc.Success}, {0.61, 0.01, kyc.Failed}, {0.59, 0.005, kyc.Failed}, {0.49, 0.005, kyc.Success}, {0.59, 0, kyc.Failed}} {
		got, err := match(c.distance, c.far, own)
		if err != nil || got.Checks[0].Items[0].Status != c.want || got.Measures["faceMatch.calibration"] != "ours" {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
	if got, _ := match(0.55, 0.01, own); got.Checks[0].Items[0].Value != "62%" {
		t.Errorf("percentages are not the calibration's: %+v", got.Checks)
	}
	other := *own
	other.Model = "m2"
	for what, try := range map[string]func() (*kyc.Finding, error){
		"stricter than measured":        func() (*kyc.Finding, error) { return match(0.1, 0.0001, own) },
		"without a calibration":         func() (*kyc.Finding, error) { return match(0.1, 0.01, nil) },
		"no number":                     func() (*kyc.Finding, error) { return match(0.1, math.NaN(), own) },
		"calibration of another model":  func() (*kyc.Finding, error) { return match(0.1, 0.01, &other) },
		"the other, and by percentages": func() (*kyc.Finding, error) { return match(0.1, 0, &other) },
	} {
		if got, err := try(); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}
