package verify_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/verify"
)

// lists is the room of persons: it answers what the test chose and remembers
// what it was asked.
type lists struct {
	store    *store.Store
	seen     kyc.FacesSeen
	scans    int
	moved    int // how often a scan will turn out to be no answer any more
	fails    error
	probes   []kyc.FaceProbe
	enrolled []kyc.Enrolment
}

// Scan takes the one lock for writing, which nobody else may hold meanwhile.
func (l *lists) Scan(ctx context.Context, in kyc.FaceProbe) (*kyc.FaceScan, error) {
	l.scans++
	soon, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return &kyc.FaceScan{Probe: in}, l.store.Do(soon, func(kyc.Tx) error { return nil })
}

func (l *lists) Recognise(_ context.Context, _ kyc.Tx, in kyc.FaceProbe, scan *kyc.FaceScan) (*kyc.FacesSeen, error) {
	if !scan.Answers(in, 0) {
		return nil, kyc.ErrUnscanned
	}
	if l.moved > 0 {
		l.moved--
		return nil, kyc.ErrUnscanned
	}
	l.probes = append(l.probes, in)
	if l.fails != nil {
		return nil, l.fails
	}
	seen := l.seen
	return &seen, nil
}
func (l *lists) Enrol(_ context.Context, _ kyc.Tx, in kyc.Enrolment) (string, error) {
	l.enrolled = append(l.enrolled, in)
	if in.Person != "" {
		return in.Person, nil
	}
	return "b5e2a0f4-c7b1-11f0-8de9-0242ac120002", nil
}

const clients, blacklist = "a5e2a0f4-c7b1-11f0-8de9-0242ac120002", "c5e2a0f4-c7b1-11f0-8de9-0242ac120002"

// listed is a rig of two steps whose scenario has rules on lists.
func listed(t *testing.T, rules kyc.FaceRules) *rig {
	t.Helper()
	return newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 3}, {Type: kyc.StepSelfie, Attempts: 3}}
		d.FaceLists = rules
	})
}

// ended lets a session go through and shows it.
func (r *rig) ended() kyc.SessionView {
	r.t.Helper()
	id := r.begin("user_1").Session.ID
	for step := range r.scenario.Steps {
		r.send(id, step)
	}
	view, err := r.View(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return view
}

func failedItem(caption string) []kyc.CheckGroup {
	return []kyc.CheckGroup{{Caption: kyc.GroupFaceLists, Items: []kyc.CheckItem{{Status: kyc.Failed, Caption: caption, Value: "97%"}}}}
}

// TestClients: a verified client is added with face, picture and name, and has a
// clientId; one who is recognised keeps theirs and is not new.
func TestClients(t *testing.T) {
	t.Parallel()
	r := listed(t, kyc.FaceRules{AddTo: clients, Threshold: 90})
	view := r.ended()
	if view.Status != kyc.Success || view.ClientID != "b5e2a0f4-c7b1-11f0-8de9-0242ac120002" || !view.IsClientNew {
		t.Fatalf("%s, clientId %q, new %v", view.Status, view.ClientID, view.IsClientNew)
	}
	in := r.lists.enrolled[0]
	want := []kyc.PersonField{{Name: "clientKey", Value: "user_1"}, {Name: "Surname", Value: "ERIKSSON"}}
	if diff := cmp.Diff(want, in.Fields); diff != "" || in.Template.Label != "selfie" || string(in.Picture.JPEG) != "cut of selfie" || in.ListID != clients || in.ClientKey != "user_1" {
		t.Errorf("%+v %s", in, diff)
	}
	if p := r.lists.probes[0]; len(p.Templates) != 2 || p.AccountID != r.owner.AccountID || p.ClientKey != "user_1" {
		t.Errorf("%+v", p)
	}
	r.lists.seen.Person = "d5e2a0f4-c7b1-11f0-8de9-0242ac120002"
	view = r.ended()
	if view.Status != kyc.Success || view.ClientID != r.lists.seen.Person || view.IsClientNew || r.lists.enrolled[1].Person != r.lists.seen.Person {
		t.Errorf("%s, clientId %q, new %v", view.Status, view.ClientID, view.IsClientNew)
	}
	// Somebody who was not verified is recognised all the same, and not added.
	r.engines.match = matching(kyc.Failed)
	view = r.ended()
	if view.Status != kyc.Failed || view.ClientID != r.lists.seen.Person || len(r.lists.enrolled) != 2 {
		t.Errorf("%s, clientId %q, %d added", view.Status, view.ClientID, len(r.lists.enrolled))
	}
}

// TestBlacklist: a hit fails the session in the faces result, and adds nobody.
func TestBlacklist(t *testing.T) {
	t.Parallel()
	r := listed(t, kyc.FaceRules{AddTo: clients, Blacklists: []string{blacklist}, Threshold: 90})
	r.lists.seen = kyc.FacesSeen{Errors: []kyc.Code{kyc.FacesBlacklisted}, Checks: failedItem(kyc.CheckBlacklisted)}
	view := r.ended()
	faces := view.Results[len(view.Results)-1]
	if view.Status != kyc.Failed || faces.Type != kyc.StepFaces || faces.Status != kyc.Failed || !slices.Contains(view.Errors, string(kyc.FacesBlacklisted)) ||
		len(faces.Checks.Value) != 2 || faces.Checks.Value[1].Items[0].Caption != kyc.CheckBlacklisted || len(r.lists.enrolled) > 0 {
		t.Errorf("%s %v, faces %+v, %d added", view.Status, view.Errors, faces, len(r.lists.enrolled))
	}
}

// TestDuplicates: they make a session suspicious, or fail it where the scenario says so.
func TestDuplicates(t *testing.T) {
	t.Parallel()
	for rule, want := range map[kyc.DuplicateRule]kyc.Status{kyc.DuplicatesWarn: kyc.Suspicious, kyc.DuplicatesRefuse: kyc.Failed} {
		r := listed(t, kyc.FaceRules{AddTo: clients, Duplicates: rule, Threshold: 90})
		r.lists.seen = kyc.FacesSeen{Errors: []kyc.Code{kyc.FacesDuplicate}, Checks: failedItem(kyc.CheckDuplicate), Person: "d5e2a0f4-c7b1-11f0-8de9-0242ac120002"}
		if view := r.ended(); view.Status != want || view.ClientID == "" || len(r.lists.enrolled) > 0 {
			t.Errorf("%s: %s, clientId %q, %d added", rule, view.Status, view.ClientID, len(r.lists.enrolled))
		}
	}
}

// TestSearchFails: a search that fails is tried again, and on the last run the
// session is an exception, never a success.
func TestSearchFails(t *testing.T) {
	t.Parallel()
	r := listed(t, kyc.FaceRules{Blacklists: []string{blacklist}, Threshold: 90})
	r.lists.fails = errors.New("the index broke")
	id := r.begin("user_1").Session.ID
	r.send(id, 0)
	state, err := r.StartAttempt(t.Context(), id, 1)
	if err == nil {
		_, err = r.Submit(t.Context(), id, verify.SubmitRequest{Step: 1, Try: state.Try, Uploads: []kyc.Upload{picture("page")}})
	}
	if err != nil {
		t.Fatal(err)
	}
	job := r.queue.take()[0]
	if err := r.Check(t.Context(), job.Payload, 1, false); err == nil {
		t.Error("a failed search is not tried again")
	}
	if s := r.state(id); s.Status != kyc.Processing {
		t.Errorf("in between it is %s", s.Status)
	}
	if err := r.Check(t.Context(), job.Payload, 6, true); err != nil {
		t.Fatal(err)
	}
	if s := r.state(id); s.Status != kyc.Exception {
		t.Errorf("at last it is %s", s.Status)
	}
}

// TestNoFaceToSearch: where nothing can be looked for nothing passes.
func TestNoFaceToSearch(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 1}}
		d.FaceLists = kyc.FaceRules{Blacklists: []string{blacklist}, Threshold: 90}
	})
	r.engines.document = func() (*kyc.Finding, error) { return &kyc.Finding{OCR: kyc.OCR{Status: kyc.Success}}, nil }
	if view := r.ended(); view.Status != kyc.Failed || len(r.lists.probes) > 0 || !slices.Contains(view.Errors, string(kyc.FacesNothing)) {
		t.Errorf("%s %v", view.Status, view.Errors)
	}
}

// TestScanHoldsNoLock: faces are looked for while nobody's unit of work is open
// (the fake needs one for itself), once for a session that ends, on whichever way
// it ends, and what the first pass noted does not stand there twice.
func TestScanHoldsNoLock(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepDocument, Attempts: 1}, {Type: kyc.StepSelfie, Attempts: 1}}
		d.FaceLists, d.AllowExcuse = kyc.FaceRules{Blacklists: []string{blacklist}, Threshold: 90}, true
		d.Thresholds.AgeTolerance = 25
	})
	born := func() (*kyc.Finding, error) {
		f, err := good("document_0")()
		f.OCR.Fields = append(f.OCR.Fields, kyc.Field{Title: "Date of birth", Value: "01.01.1950", ValueUTC: "1950-01-01T00:00:00Z", Conf: kyc.High})
		return f, err
	}
	young := func() (*kyc.Finding, error) {
		f, err := good("selfie")()
		f.Appearance = &kyc.Appearance{Age: 20, Male: .5}
		return f, err
	}
	r.engines.document, r.engines.selfie = born, young
	view := r.ended()
	selfie := view.Results[1]
	if n := len(selfie.Errors); r.lists.scans != 1 || len(r.lists.probes) != 1 || n != 1 || view.Status != kyc.Failed {
		t.Errorf("%d scans, %d probes, %s, the selfie's errors %v", r.lists.scans, len(r.lists.probes), view.Status, selfie.Errors)
	}

	r.lists.scans = 0
	id := r.begin("user_2").Session.ID
	r.send(id, 0)
	if _, err := r.Excuse(t.Context(), id, 1); err != nil || r.lists.scans != 1 || len(r.lists.probes) != 2 {
		t.Errorf("excused: %v, %d scans, %d probes", err, r.lists.scans, len(r.lists.probes))
	}
	r.lists.scans, r.lists.moved = 0, 1
	if view := r.ended(); r.lists.scans != 2 || len(r.lists.probes) != 3 {
		t.Errorf("when the first scan is no answer any more: %d scans, %s", r.lists.scans, view.Status)
	}
}
