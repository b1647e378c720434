package forgery

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/kyc"
)

// byWord reads pictures whose content is what is found on them.
type byWord struct{}

func (byWord) Suspect(_ context.Context, file []byte) (Look, error) {
	switch string(file) {
	case "screen":
		return Look{Scores: []fraud.Score{{Test: fraud.Grid, Value: 9}}, Others: []kyc.CheckItem{kyc.Passed("isCropped", false)}}, nil
	case "nothing":
		return Look{Note: "no document"}, nil
	}
	return Look{Scores: []fraud.Score{{Test: fraud.Grid, Value: 0.1}}, Others: []kyc.CheckItem{kyc.Passed("isCropped", true)}}, nil
}

func folder(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, content := range files {
		out[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return out
}

// Folders are labels; what was not computed counts neither as passed nor as failed.
func TestEvaluate(t *testing.T) {
	t.Parallel()
	limits, err := fraud.Measured()
	if err != nil {
		t.Fatal(err)
	}
	files := folder(map[string]string{"honest/a.jpg": "", "honest/deep/b.PNG": "screen", "honest/c.jpeg": "nothing", "honest/notes.txt": "",
		"monitor/d.jpg": "screen", "monitor/e.jpg": ""})
	r, err := Evaluate(t.Context(), byWord{}, Own{Files: files}, limits)
	if err != nil {
		t.Fatal(err)
	}
	var text, raw strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 honest pictures, 2 forged ones of 1 kinds",
		"| `isDisplay` | 2 | 50.0 % (9.5–90.5) |",
		"| monitor | 2 | – | 50 % |",
		"honest/deep/b.PNG  isDisplay: grid 9.000",
		"honest/c.jpeg  no document",
		"| `isCropped` | 50.0 % (9.5–90.5) | 50.0 % (9.5–90.5) |",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if err := r.WriteJSON(&raw); err != nil {
		t.Fatal(err)
	}
	var object struct {
		Pictures []struct {
			File, Label, Note string
			Passed            map[string]map[string]bool
		}
	}
	if err := json.Unmarshal([]byte(raw.String()), &object); err != nil || len(object.Pictures) != 5 {
		t.Fatalf("%v: %s", err, raw.String())
	}
	if p := object.Pictures[2]; p.File != "honest/deep/b.PNG" || p.Passed["isDisplay"]["lenient"] || len(p.Passed) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestEvaluateByTruth(t *testing.T) {
	t.Parallel()
	files := folder(map[string]string{"a.jpg": "", "b.jpg": "screen"})
	labels, err := ParseLabels([]byte(`{"a.jpg": "honest", "b.jpg": "monitor"}`))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Evaluate(t.Context(), byWord{}, Own{Files: files, Labels: labels}, nil); err != nil || len(r.good) != 1 || len(r.bad) != 1 {
		t.Errorf("%v %+v", err, r)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		own  Own
		want string
	}{
		"loose pictures":    {Own{Files: folder(map[string]string{"a.jpg": ""})}, "a.jpg and 0 other pictures lie in no folder"},
		"nothing":           {Own{Files: folder(map[string]string{"honest/a.txt": ""})}, "no picture"},
		"a missing picture": {Own{Files: folder(nil), Labels: map[string]string{"x.jpg": "honest"}}, "x.jpg"},
	} {
		if _, err := Evaluate(t.Context(), byWord{}, c.own, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "[]", "{}", `{"a.jpg": " "}`} {
		if _, err := ParseLabels([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
