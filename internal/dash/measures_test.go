package dash

import (
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/verify"
)

// Whoever decides on a person need not be an engineer: what the rooms measured is
// said in words, and who was found in a list is a click away.
func TestMeasuresAreSaidInWords(t *testing.T) {
	t.Parallel()
	texts, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	hit := "person " + personID + " of list " + listID + ": 99.1%, distance 0.3121"
	said := map[string]string{}
	for name, value := range map[string]string{
		"model.face-embedder": "8987", "fraud.face noise": "0.1", "selfie.sharpness": "443.9 (at least 8.0)", "mrz.outcome": "read",
		"liveness.asked": "centre nod", "capture.signals": "grid 3.17 (0.00), device 1.00 (1.00)", "faceLists.blacklisted document_0": hit,
		"faceMatch.distance document_0 & selfie": "0.4123", "something.new": "5",
	} {
		var b strings.Builder
		v := &visit{words: texts.words("en")}
		if err := measures(v, verify.Insight{Measures: map[string]string{name: value}}).Render(&b); err != nil {
			t.Fatal(err)
		}
		said[name] = b.String()
	}
	for name, want := range map[string]string{
		"model.face-embedder": "Model: measures faces to compare", "fraud.face noise": "other noise in the portrait", "selfie.sharpness": "Sharpness of the face", "mrz.outcome": "Machine-readable zone",
		"liveness.asked": "look straight, Nod", "capture.signals": "or a browser that is driven by one: 1.00 (1.00)",
		"faceLists.blacklisted document_0":       `Hit in a blacklist: Document</dt><dd>99.1% alike (distance 0.3121) · <a href="/dashboard/persons/` + personID + `">`,
		"faceMatch.distance document_0 & selfie": "Document ↔ Selfie", "something.new": ">something.new</dt><dd>5</dd>",
	} {
		if !strings.Contains(said[name], want) {
			t.Errorf("%s: %q is missing in %s", name, want, said[name])
		}
	}
}
