package document

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// What the scenario asks for is computed, with a proof each; places are those of
// the picture as it is stored, though it lies on its side.
func TestChecksAgainstFraud(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 4, today())
	shot := specimen.Scene{Seed: 4, Quarters: 1}.Photograph(p.Render())
	stored := picture(shot.Image)
	gimp := "gimp"
	stored.Writer = &gimp
	in := kyc.DocumentInput{Now: today(), Pictures: []kyc.Picture{stored}, Fraud: kyc.FraudLevels{"isDisplay": kyc.LevelOff}}
	for _, c := range kyc.FraudChecks() {
		if c.Caption != "isDisplay" {
			in.Fraud[c.Caption] = kyc.LevelLenient
		}
	}
	f, err := room(t, skin{}).Check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for caption, want := range map[string]kyc.Status{"isEdited": kyc.Failed, "isXerocopy": kyc.Success, "isMobile": kyc.Success, "isDisplay": ""} {
		if got, _ := verdict(f, caption); got != want {
			t.Errorf("%s: %q, want %q", caption, got, want)
		}
	}
	for _, proof := range f.Proofs {
		if got, _ := verdict(f, proof.Caption); got == "" || (got == kyc.Failed) != (proof.Score >= proof.Limit) {
			t.Errorf("%+v of a check that is %q", proof, got)
		}
		if proof.Cut != "" && !slices.ContainsFunc(f.Cuts, func(c kyc.Cut) bool { return c.Name == proof.Cut && len(c.JPEG) > 500 }) {
			t.Errorf("%s has no picture", proof.Caption)
		}
	}
	back := printedAt(p, shot)
	seen := map[string]int{}
	for _, place := range f.Places {
		seen[place.Title]++
		want, ok := back[place.Title]
		if ok && (math.Abs(place.Outline[0][0]-want.X) > 40 || math.Abs(place.Outline[0][1]-want.Y) > 40) {
			t.Errorf("%s at %v, printed at %v", place.Title, place.Outline, want)
		}
	}
	if seen["MRZ"] != 2 || seen["Surname"] != 1 || seen["Date of birth"] != 1 {
		t.Errorf("places %v", seen)
	}
}

// printedAt tells where values stand on the photograph, by titles of the contract.
func printedAt(p specimen.Passport, shot specimen.Shot) map[string]vision.Point {
	page := p.Render().Rect
	var quad vision.Quad
	for i, c := range shot.Corners {
		quad[i] = vision.Point(c)
	}
	m, err := vision.Perspective(quad, float64(page.Dx()), float64(page.Dy()))
	if err != nil {
		panic(err)
	}
	out := map[string]vision.Point{}
	for _, place := range p.Places() {
		for caption, title := range map[string]string{"Surname": "Surname", "Date of birth": "Date of birth"} {
			if strings.HasPrefix(place.Name, caption) {
				out[title] = m.Apply(vision.Point(place.Corners[0]))
			}
		}
	}
	return out
}

// Nothing is computed, and nothing stored, where a scenario wants none of it.
func TestNoCheckThatIsOff(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD3, 5, today())
	in := kyc.DocumentInput{Now: today(), Pictures: []kyc.Picture{picture(photo(p, specimen.Easy, 5))}, Fraud: kyc.FraudLevels{}}
	for _, c := range kyc.FraudChecks() {
		in.Fraud[c.Caption] = kyc.LevelOff
	}
	f, err := room(t, skin{}).Check(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Proofs) > 0 || len(f.Cuts) != 2 || f.Measures["fraud.grid"] != "" {
		t.Errorf("proofs %v, %d cuts, measures %v", f.Proofs, len(f.Cuts), f.Measures)
	}
}
