package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// demoPairs makes a folder of the demo photographs, each also smaller and
// brighter, and the list of all their pairs.
func demoPairs(t *testing.T) (list, dir string) {
	t.Helper()
	dir = t.TempDir()
	var names []string
	for i := range 6 {
		file, err := os.ReadFile(fmt.Sprintf("../../node_modules/@vladmandic/face-api/demo/sample%d.jpg", i+1))
		if err != nil {
			t.Fatal(err)
		}
		img, err := vision.Decode(file, vision.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		small, err := vision.EncodeJPEG(vision.Resize(img, img.Rect.Dx()*3/4, img.Rect.Dy()*3/4), 60)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string][]byte{"a": file, "b": small} {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d%s.jpg", i, name)), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, fmt.Sprintf("%da.jpg", i), fmt.Sprintf("%db.jpg", i))
	}
	var lines strings.Builder
	for i, a := range names {
		for _, b := range names[i+1:] {
			fmt.Fprintf(&lines, "%s,%s,%v\n", a, b, a[0] == b[0])
		}
	}
	list = filepath.Join(dir, "pairs.csv")
	if err := os.WriteFile(list, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return list, dir
}

// TestCalibrate tells the whole story: measure, apply, wish for a rate in a
// scenario; what was not measured can neither be wished for nor taken away.
func TestCalibrate(t *testing.T) {
	t.Parallel()
	list, dir := demoPairs(t)
	saved, page := filepath.Join(dir, "calibration.json"), filepath.Join(dir, "page.html")
	out, errs, code := openkyc(t, "evaluate", "faces", "--pairs", list, "--images", dir, "--models", "../../bin/models", "--calibration", saved, "--page", page, "--jobs", "2", "--json")
	var figures struct {
		Pictures, PicturesWithoutFace, GenuinePairs, ImpostorPairs int
		RocAUC                                                     struct{ Value float64 }
	}
	if err := json.Unmarshal([]byte(out), &figures); code != 0 || err != nil {
		t.Fatalf("%d %v %s%s", code, err, out, errs)
	}
	if figures.Pictures != 12 || figures.PicturesWithoutFace != 0 || figures.GenuinePairs != 6 || figures.ImpostorPairs != 60 || figures.RocAUC.Value < 0.95 {
		t.Errorf("%+v", figures)
	}
	html, err := os.ReadFile(page)
	if err != nil || strings.Count(string(html), "data:image/jpeg") < 24 {
		t.Errorf("%v: the page shows too few faces", err)
	}
	data := filled(t, 1)
	if out, errs, code := openkyc(t, "calibration", "apply", "--data", data, "--file", saved); code != 0 {
		t.Fatal(out, errs)
	}
	wish := func(far float64) (string, int) {
		code, err := json.Marshal(kyc.Definition{Name: fmt.Sprint("wish ", far), Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}}, Thresholds: kyc.Thresholds{FaceFAR: far}})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "scenario.json")
		if err := os.WriteFile(file, code, 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, exit := openkyc(t, "scenario", "apply", "--data", data, "--file", file)
		return errs, exit
	}
	if errs, code := wish(0.001); code == 0 || !strings.Contains(errs, "thresholds.faceFAR: the lowest rate that this installation's face calibration has measured is 0.02") {
		t.Errorf("60 pairs promise one in a thousand: %s", errs)
	}
	if errs, code := wish(0.05); code != 0 {
		t.Error(errs)
	}
	if _, errs, code := openkyc(t, "calibration", "reset", "--data", data); code == 0 || !strings.Contains(errs, `the scenario "wish 0.05" wishes for a rate of 0.05`) {
		t.Errorf("a calibration was taken away under a scenario: %s", errs)
	}
	if out, _, _ := openkyc(t, "calibration", "show", "--data", data); !strings.Contains(out, `"impostorPairs": 60`) {
		t.Error(out)
	}
	if errs, code := wish(0.5); code == 0 || !strings.Contains(errs, "at most 0.1") {
		t.Error(errs)
	}
	if out, errs, code := openkyc(t, "evaluate", "faces", "--pairs", list, "--images", t.TempDir(), "--models", "../../bin/models"); code == 0 || !strings.Contains(errs, "none of the 12 pictures of the list can be read") {
		t.Error(out, errs)
	}
}
