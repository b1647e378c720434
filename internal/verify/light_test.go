package verify_test

import (
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// After a try in which it was too bright for the light, all other moves stand in
// for it, unless the scenario insists. After any other fault it is asked for again.
func TestWhereItIsTooBright(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule  kyc.LightRule
		fault kyc.Code
		light bool
	}{
		"too bright":                     {kyc.LightTry, kyc.LivenessBright, false},
		"too bright, the scenario wants": {kyc.LightInsist, kyc.LivenessBright, true},
		"another light was followed":     {kyc.LightTry, kyc.LivenessLight, true},
	} {
		r := newRig(t, func(d *kyc.Definition) {
			d.Steps, d.Liveness = []kyc.Step{{Type: kyc.StepLiveness, Attempts: 3}}, kyc.LivenessRules{Light: c.rule}
		})
		r.engines.liveness = func() (*kyc.Finding, error) {
			return &kyc.Finding{Errors: []kyc.Code{c.fault}, OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}}, nil
		}
		id := r.begin("bright").Session.ID
		first, err := r.StartAttempt(t.Context(), id, 0)
		if err != nil || len(first.Challenge.Light) == 0 {
			t.Fatalf("%s: %v, no light in %+v", name, err, first.Challenge)
		}
		r.send(id, 0)
		second, err := r.StartAttempt(t.Context(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		moves := second.Challenge.Moves
		if (len(second.Challenge.Light) > 0) != c.light || !c.light && (!slices.Contains(moves, kyc.MoveNod) || !slices.Contains(moves, kyc.MoveBlink)) {
			t.Errorf("%s: then %v with the light %v", name, moves, second.Challenge.Light)
		}
	}
}
