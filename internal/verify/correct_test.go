package verify_test

import (
	"context"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// A scenario may let the person look over what was read. Until they have, the
// step waits; what they change is marked, kept beside what was read, and fails a
// check that the scenario can make soft.
func TestPersonCorrects(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps, d.AllowCorrection, d.Soft = []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}, {Type: kyc.StepAddressProof, Attempts: 1}}, true, kyc.SoftChecks{"isFieldsCorrected"}
		d.AddressProof = kyc.AddressProof{MaxAge: 3, Unit: kyc.Months, NameMatch: 85}
	})
	id := r.begin("a").Session.ID
	state := r.send(id, 0)
	if state.Status != kyc.Idle || state.Step != 0 || state.Open || len(state.Shown) != 1 || state.Shown[0].Title != "Surname" || state.TriesLeft != 2 {
		t.Fatalf("after reading: %+v", state)
	}
	if again, err := r.StartAttempt(ctx, id, 0); err != nil || again.Try != 1 || again.Open || len(again.Shown) != 1 {
		t.Errorf("a page that was opened again: %v %+v", err, again)
	}
	if view, err := r.View(ctx, id); err != nil || len(view.Results) != 0 {
		t.Errorf("a step that waits has a result: %+v", view.Results)
	}
	for _, bad := range []verify.CorrectRequest{{Step: 0, Try: 2}, {Step: 1, Try: 1}, {Step: 0, Try: 1, Fields: []kyc.FieldValue{{Title: "Nationality", Value: "UTO"}}}} {
		if _, err := r.Correct(ctx, id, bad); kyc.KindOf(err) != kyc.Conflict && kyc.KindOf(err) != kyc.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	state, err := r.Correct(ctx, id, verify.CorrectRequest{Step: 0, Try: 1, Fields: []kyc.FieldValue{{Title: "Surname", Value: "ERICSSON"}}})
	if err != nil || state.Step != 1 || len(state.Shown) != 0 {
		t.Fatalf("%v %+v", err, state)
	}
	if _, err := r.Correct(ctx, id, verify.CorrectRequest{Step: 0, Try: 1}); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("twice: %v", err)
	}
	if state := r.send(id, 1); state.Status != kyc.Suspicious {
		t.Errorf("a soft correction ends %s", state.Status)
	}
	if holder := r.engines.proofs[0].Holder; holder.Surname != "ERIKSSON" {
		t.Errorf("a bill is compared with %q, which the person typed", holder.Surname)
	}
	view, err := r.View(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if f := view.Results[0].OCR.Value.Fields[0]; f.Value != "ERICSSON" || f.ReadValue != "ERIKSSON" || !f.IsEdited {
		t.Errorf("%+v", f)
	}
}

// Who sees that the photo is at fault takes another one, as long as a try is left.
func TestPersonTakesThePhotoAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps, d.AllowCorrection = []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}}, true
	})
	id := r.begin("a").Session.ID
	if _, err := r.Retake(ctx, id, 0); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("before there is a photo: %v", err)
	}
	if state := r.send(id, 0); !state.Retakable {
		t.Fatalf("%+v", state)
	}
	state, err := r.Retake(ctx, id, 0)
	if err != nil || state.Status != kyc.Idle || state.Step != 0 || len(state.Shown) != 0 || state.TriesLeft != 1 || state.Retakable {
		t.Fatalf("%v %+v", err, state)
	}
	if state = r.send(id, 0); state.Try != 2 || len(state.Shown) != 1 || state.Retakable {
		t.Fatalf("the second photo: %+v", state)
	}
	if _, err := r.Retake(ctx, id, 0); kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("the last photo: %v", err)
	}
	if state, err = r.Correct(ctx, id, verify.CorrectRequest{Step: 0, Try: 2}); err != nil || state.Status != kyc.Success {
		t.Fatalf("%v %+v", err, state)
	}
	view, err := r.View(ctx, id)
	if err != nil || len(view.Errors) != 0 || len(view.Results[0].History) != 1 || !slices.Equal(view.Results[0].History[0].Errors, []kyc.Code{kyc.PhotoRetaken}) {
		t.Errorf("%v %+v", err, view)
	}
}

// Without the setting, and over process, nobody is asked and the check is absent.
func TestNobodyIsAsked(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		r := newRig(t, func(d *kyc.Definition) {
			d.Steps, d.AllowCorrection = []kyc.Step{{Type: kyc.StepDocument, Attempts: 2}}, allowed
		})
		var view kyc.SessionView
		var err error
		if allowed {
			view, err = r.Process(context.Background(), r.owner, verify.ProcessRequest{ScenarioID: r.scenario.ID, ClientKey: "k", Uploads: []kyc.Upload{picture("page")}, Async: true})
			r.work()
			if err == nil {
				view, err = r.View(context.Background(), view.SessionID)
			}
		} else {
			id := r.begin("a").Session.ID
			r.send(id, 0)
			view, err = r.View(context.Background(), id)
		}
		if err != nil || view.Status != kyc.Success || len(view.Results[0].Checks.Value[0].Items) != 1 {
			t.Errorf("allowed %v: %v %s %+v", allowed, err, view.Status, view.Results)
		}
	}
}
