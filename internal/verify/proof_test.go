package verify_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

// A proof of address is judged by the scenario's rules and by the name that the
// session's document gave; before a document there is no name.
func TestProofOfAddress(t *testing.T) {
	t.Parallel()
	rules := kyc.AddressProof{Kinds: []kyc.ProofKind{kyc.UtilityBill}, MaxAge: 30, Unit: kyc.Days, NameMatch: 90}
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepAddressProof, Attempts: 3}, {Type: kyc.StepDocument, Attempts: 3}, {Type: kyc.StepAddressProof, Attempts: 3}}
		d.AddressProof = rules
	})
	r.engines.document = func() (*kyc.Finding, error) {
		return &kyc.Finding{OCR: kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: "ИВАНОВ"}, {Title: "Given name(s)", Value: "ПЁТР"}, {Title: "Father's name", Value: "СЕРГЕЕВИЧ"}}}}, nil
	}
	id := r.begin("a").Session.ID
	if first := r.state(id).Steps[0].Proof; first == nil || first.MaxAge != 30 || first.Unit != kyc.Days || len(first.Kinds) != 1 {
		t.Errorf("the person is told %+v", first)
	}
	r.send(id, 0)
	r.send(id, 1)
	if state := r.send(id, 2); state.Status != kyc.Success {
		t.Fatalf("%+v", state)
	}
	var holders []kyc.Holder
	for _, in := range r.engines.proofs {
		holders = append(holders, in.Holder)
		if diff := cmp.Diff(rules, in.Rules); diff != "" || len(in.Pictures) != 1 || in.Now.IsZero() {
			t.Errorf("rules: %s, %d pictures, now %v", diff, len(in.Pictures), in.Now)
		}
	}
	if diff := cmp.Diff([]kyc.Holder{{}, {Surname: "ИВАНОВ", GivenNames: "ПЁТР СЕРГЕЕВИЧ"}}, holders); diff != "" {
		t.Error(diff)
	}
	view, err := r.View(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	result := view.Results[2]
	if result.Type != kyc.StepAddressProof || result.DocName != "Utility bill" || result.OCR.Value.Fields[0].Title != "address" || result.Images == nil || len(result.Images.Value) != 1 ||
		len(result.ImagesFull.Value) != 1 || result.IsBackSide != nil || result.ImageObjects != nil {
		t.Errorf("%+v", result)
	}
}
