package verify_test

import (
	"context"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// TestExcuse: who cannot take a selfie and turn their head goes on without, and
// somebody has to look at the session; a document must still be shown.
func TestExcuse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}, {Type: kyc.StepSelfie, Attempts: 2}, {Type: kyc.StepLiveness, Attempts: 2}}
		d.AllowExcuse = true
	})
	id := r.begin("a").Session.ID
	if _, err := r.Excuse(ctx, id, 0); kyc.KindOf(err) != kyc.Conflict || r.state(id).Excusable {
		t.Errorf("a document was excused: %v", err)
	}
	if state := r.send(id, 0); state.Step != 1 || !state.Excusable {
		t.Fatalf("%+v", state)
	}
	if _, err := r.Excuse(ctx, id, 2); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("a step that is not open was excused: %v", err)
	}
	state, err := r.Excuse(ctx, id, 1)
	if err != nil || state.Step != 2 || state.Status != kyc.Idle {
		t.Fatalf("%v %+v", err, state)
	}
	if _, err := r.StartAttempt(ctx, id, 2); err != nil { // a challenge is under way
		t.Fatal(err)
	}
	if state, err = r.Excuse(ctx, id, 2); err != nil || state.Status != kyc.Suspicious {
		t.Fatalf("%v %+v", err, state)
	}
	view, err := r.View(ctx, id)
	if err != nil || len(view.Results) != 3 {
		t.Fatalf("%v %+v", err, view.Results)
	}
	for _, result := range view.Results[1:] {
		if items := result.Checks.Value[0].Items; result.Status != kyc.Failed || len(items) != 1 || items[0].Caption != "isTaken" || items[0].Status != kyc.Failed {
			t.Errorf("%+v", result)
		}
	}
	if _, err := r.Excuse(ctx, id, 2); kyc.KindOf(err) != kyc.Gone {
		t.Errorf("a session that has ended: %v", err)
	}
}

// TestExcuseHidesNothing: faces that are there are compared, and one that is not
// the document's fails the session as ever; nobody is excused unasked.
func TestExcuseHidesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	steps := []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}, {Type: kyc.StepSelfie, Attempts: 2}, {Type: kyc.StepLiveness, Attempts: 2}}
	r := newRig(t, func(d *kyc.Definition) { d.Steps, d.AllowExcuse = steps, true })
	r.engines.match = matching(kyc.Failed)
	id := r.begin("a").Session.ID
	r.send(id, 0)
	r.send(id, 1)
	if state, err := r.Excuse(ctx, id, 2); err != nil || state.Status != kyc.Failed {
		t.Errorf("another's face passed with an excuse: %v %+v", err, state)
	}
	strict := newRig(t, func(d *kyc.Definition) { d.Steps = steps })
	id = strict.begin("a").Session.ID
	strict.send(id, 0)
	if _, err := strict.Excuse(ctx, id, 1); kyc.KindOf(err) != kyc.Conflict || strict.state(id).Excusable {
		t.Errorf("the scenario allows no excuse: %v", err)
	}
}

// TestExcuseAndLists: without any face there is nobody to look for; with the
// document's alone, that one is.
func TestExcuseAndLists(t *testing.T) {
	t.Parallel()
	for probes, first := range map[int]kyc.StepType{0: kyc.StepAddressProof, 1: kyc.StepDocument} {
		r := newRig(t, func(d *kyc.Definition) {
			d.Steps, d.AllowExcuse = []kyc.Step{{Type: first, Attempts: 1}, {Type: kyc.StepSelfie, Attempts: 1}}, true
			d.FaceLists = kyc.FaceRules{Blacklists: []string{blacklist}, Threshold: 90}
		})
		people := r.lists
		id := r.begin("a").Session.ID
		r.send(id, 0)
		if state, err := r.Excuse(context.Background(), id, 1); err != nil || state.Status != kyc.Suspicious || len(people.probes) != probes {
			t.Errorf("%s: %v, ends %s, %d searches", first, err, state.Status, len(people.probes))
		}
	}
}
