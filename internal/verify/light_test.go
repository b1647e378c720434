package verify_test

import (
	"slices"
	"testing"
	"time"

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
			d.Steps, d.Liveness, d.AllowExcuse = []kyc.Step{{Type: kyc.StepLiveness, Attempts: 3}}, kyc.LivenessRules{Light: c.rule}, true
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
		if (len(second.Challenge.Light) > 0) != c.light || !c.light && (!slices.Contains(moves, kyc.MoveNod) || !slices.Contains(moves, kyc.MoveBlink) || !second.Steps[0].Closer) {
			t.Errorf("%s: then %v with the light %v", name, moves, second.Challenge.Light)
		}
	}
}

// Who cannot bear changing colours is told of them before a try begins, and does
// without: the open try is replaced once, later tries have no light either.
func TestWithoutLight(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepSelfie, Attempts: 2}, {Type: kyc.StepLiveness, Attempts: 3}}
		d.Liveness = kyc.LivenessRules{Light: kyc.LightTry}
	})
	r.engines.liveness = func() (*kyc.Finding, error) {
		return &kyc.Finding{Errors: []kyc.Code{kyc.LivenessChallenge}, OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}}, nil
	}
	ctx, id := t.Context(), r.begin("calm").Session.ID
	if state := r.state(id); state.Steps[1].Light != kyc.LightTry || state.Steps[0].Light != kyc.LightOff {
		t.Errorf("nobody is told of the light: %+v", state.Steps)
	}
	if _, err := r.StartWithoutLight(ctx, id, 0); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("a selfie without light: %v", err)
	}
	r.send(id, 0)
	lit, err := r.StartAttempt(ctx, id, 1)
	if err != nil || !lit.Challenge.Lit() {
		t.Fatalf("%v %+v", err, lit.Challenge)
	}
	calm, err := r.StartWithoutLight(ctx, id, 1)
	if err != nil || calm.Challenge.Lit() || calm.Try != lit.Try || calm.TriesLeft != lit.TriesLeft || calm.Steps[1].Light != kyc.LightOff {
		t.Fatalf("%v, from %+v to %+v", err, lit, calm)
	}
	r.clock.pass(time.Second)
	again, err := r.StartWithoutLight(ctx, id, 1)
	if err != nil || !again.Challenge.IssuedAt.Equal(calm.Challenge.IssuedAt) {
		t.Errorf("a challenge without light can be drawn again: %v", err)
	}
	r.send(id, 1)
	if next, err := r.StartAttempt(ctx, id, 1); err != nil || next.Try != 2 || next.Challenge.Lit() {
		t.Errorf("the next try: %v %+v", err, next.Challenge)
	}
}

// Where the scenario insists, the way without light is an excuse and a reviewer.
func TestInsistedLight(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps, d.AllowExcuse = []kyc.Step{{Type: kyc.StepLiveness, Attempts: 2}}, true
		d.Liveness = kyc.LivenessRules{Light: kyc.LightInsist}
	})
	id := r.begin("calm").Session.ID
	if state := r.state(id); state.Steps[0].Light != kyc.LightInsist || !state.Excusable {
		t.Errorf("%+v", state)
	}
	if _, err := r.StartWithoutLight(t.Context(), id, 0); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("without the light: %v", err)
	}
	d := kyc.Definition{Name: "x", Steps: []kyc.Step{{Type: kyc.StepLiveness}}, Liveness: kyc.LivenessRules{Light: kyc.LightInsist}}
	if d.Normalise(); len(d.Validate()) != 1 {
		t.Errorf("a scenario that leaves no way: %v", d.Validate())
	}
}
