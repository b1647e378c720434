package verify_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// proven is a document's finding with a proof, its picture and a place.
func proven() (*kyc.Finding, error) {
	f, err := good("document_0")()
	f.Proofs = []kyc.Proof{{Caption: "isDisplay", Test: "grid", Score: 2.5, Limit: 1.5, Cut: kyc.ProofPrefix + "isDisplay"}}
	f.Measures = map[string]string{"capture.risk": "0.28"}
	f.Places = []kyc.Place{{Title: "Surname", Value: "ERIKSSON", Outline: kyc.Outline{{1, 2}, {3, 2}, {3, 4}, {1, 4}}}}
	f.Cuts = append(f.Cuts, kyc.Cut{Name: kyc.ProofPrefix + "isDisplay", JPEG: []byte("spectrum"), Width: 4, Height: 3})
	return f, err
}

func TestInsights(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.engines.document = proven
	id := r.begin("user_123").Session.ID
	r.send(id, 0)
	ctx := context.Background()
	may := func(permissions ...kyc.Permission) *kyc.Principal {
		return &kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: append(permissions, kyc.LogsKYC)}
	}
	all, err := r.Insights(ctx, may(kyc.ViewChecks, kyc.ViewOCR, kyc.ViewImages), id)
	if err != nil || len(all) != 1 || len(all[0].Proofs) != 1 || len(all[0].Places) != 1 || len(all[0].Pictures) != 1 || all[0].Measures["capture.risk"] != "0.28" {
		t.Fatalf("%v %+v", err, all)
	}
	if address := all[0].Proofs[0].Image; !strings.HasSuffix(address, "/document_0/1_check-isDisplay.jpg") {
		t.Errorf("the proof's picture is at %q", address)
	}
	for _, c := range []struct {
		who                      *kyc.Principal
		proofs, places, pictures int
		image                    bool
	}{
		{may(), 0, 0, 0, false}, {may(kyc.ViewChecks), 1, 0, 0, false}, {may(kyc.ViewOCR), 0, 1, 0, false},
		{may(kyc.ViewImages), 0, 0, 1, false}, {may(kyc.ViewChecks, kyc.ViewImages), 1, 0, 1, true},
	} {
		got, err := r.Insights(ctx, c.who, id)
		if err != nil || len(got[0].Proofs) != c.proofs || len(got[0].Places) != c.places || len(got[0].Pictures) != c.pictures {
			t.Errorf("%v: %v %+v", c.who.Permissions, err, got)
			continue
		}
		if len(got[0].Measures) > 0 {
			t.Errorf("%v: the measures are %v", c.who.Permissions, got[0].Measures)
		}
		if c.proofs > 0 && (got[0].Proofs[0].Image != "") != c.image {
			t.Errorf("%v: the proof's picture is at %q", c.who.Permissions, got[0].Proofs[0].Image)
		}
	}
}

// Proofs and places are for operators: the wire's object is as it was.
func TestTheWireKnowsNoProofs(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.engines.document = proven
	id := r.begin("user_123").Session.ID
	r.send(id, 0)
	view, err := r.View(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{kyc.ProofPrefix, "places", "proofs", "outline"} {
		if strings.Contains(string(text), word) {
			t.Errorf("the session object holds %q", word)
		}
	}
	if objects := view.Results[0].ImageObjects.Value; !slices.ContainsFunc(objects, func(o kyc.ImageObject) bool { return o.Type == "face" }) || len(objects) != 1 {
		t.Errorf("image objects %v", objects)
	}
}
