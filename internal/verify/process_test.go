package verify_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = d.Steps[:2] })
	ctx := context.Background()
	req := verify.ProcessRequest{ScenarioID: r.scenario.ID, ClientKey: "raw:1", Uploads: []kyc.Upload{picture("doc"), picture("selfie")}, Async: true}
	view, err := r.Process(ctx, r.owner, req)
	if err != nil || view.Status != kyc.Processing {
		t.Fatalf("%+v %v", view, err)
	}
	r.work() // the document; the selfie follows by itself
	r.work()
	view, err = r.View(ctx, view.SessionID)
	if err != nil || view.Status != kyc.Success || len(view.Results) != 3 {
		t.Fatalf("%+v %v", view, err)
	}

	// Nobody is there to try again: one failed step is the end.
	r.engines.document = failing(kyc.NoDocuments)
	view, err = r.Process(ctx, r.owner, req)
	if err != nil {
		t.Fatal(err)
	}
	r.work()
	if view, _ = r.View(ctx, view.SessionID); view.Status != kyc.Failed {
		t.Fatalf("%+v", view)
	}
	r.engines.document = good("document_0")

	// A bad file anywhere is a failed result, whatever the other pictures are.
	for _, uploads := range [][]kyc.Upload{{{Fault: kyc.BadImage}, picture("s")}, {picture("d"), {Fault: kyc.TooSmallImage}}} {
		req.Uploads = uploads
		view, err = r.Process(ctx, r.owner, req)
		if err != nil {
			t.Fatal(err)
		}
		r.work()
		view, _ = r.View(ctx, view.SessionID)
		if view.Status != kyc.Failed || len(view.Errors) != 1 {
			b, _ := json.Marshal(view)
			t.Errorf("%s", b)
		}
	}
}

func TestProcessWaitsForLivenessByWidget(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := context.Background()
	view, err := r.Process(ctx, r.owner, verify.ProcessRequest{ScenarioID: r.scenario.ID, ClientKey: "raw", Uploads: []kyc.Upload{picture("d"), picture("s"), picture("back")}, Async: true})
	if err != nil {
		t.Fatal(err)
	}
	r.work()
	r.work()
	view, err = r.View(ctx, view.SessionID)
	if err != nil || view.Status != kyc.Idle || len(view.Results) != 2 || len(view.Results[0].Images.Value) != 2 {
		t.Fatalf("%+v %v", view, err)
	}
	_, err = r.Process(ctx, r.owner, verify.ProcessRequest{SessionID: view.SessionID, Uploads: []kyc.Upload{picture("more")}})
	if kyc.KindOf(err) != kyc.Conflict {
		t.Errorf("no step is left that takes pictures: %v", err)
	}
}

func TestImageSizes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := r.begin("a").Session.ID
	r.send(id, 0)
	ctx := context.Background()
	req := verify.ImageRequest{OwnerID: r.owner.AccountID, SessionID: id, Step: "document_0", Image: "1_0.jpg"}
	small, err := r.Image(ctx, r.owner, req)
	if err != nil || string(small) != "small page" {
		t.Errorf("%q %v", small, err)
	}
	req.Full = true
	if full, err := r.Image(ctx, r.owner, req); err != nil || string(full) != "page" {
		t.Errorf("%q %v", full, err)
	}
	if thumb, err := r.Thumb(ctx, r.owner, r.owner.AccountID, id, "document_0"); err != nil || string(thumb) != "small cut of document_0" {
		t.Errorf("%q %v", thumb, err)
	}
	for _, bad := range []verify.ImageRequest{{Step: "selfie_0", Image: "1_0"}, {Step: "document_9", Image: "1_0"}, {Step: "document_0", Image: "1_x"}, {Step: "x", Image: "y"}} {
		bad.OwnerID, bad.SessionID = r.owner.AccountID, id
		if _, err := r.Image(ctx, r.owner, bad); kyc.KindOf(err) != kyc.NotFound {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
