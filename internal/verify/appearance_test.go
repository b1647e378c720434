package verify_test

import (
	"context"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// looking is a face that looks sixty and male, far from the document of a woman of 22.
func looking(label string) func() (*kyc.Finding, error) {
	return func() (*kyc.Finding, error) {
		f, err := good(label)()
		f.Appearance = &kyc.Appearance{Age: 60, Male: .999}
		return f, err
	}
}

func document(conf kyc.Confidence) func() (*kyc.Finding, error) {
	return func() (*kyc.Finding, error) {
		f, err := good("document_0")()
		f.OCR.Fields = append(f.OCR.Fields, kyc.Field{Title: "Date of birth", Value: "26.11.2004", Conf: conf}, kyc.Field{Title: "Sex", Value: "F", Conf: conf})
		return f, err
	}
}

// Faces are held against the document whichever came first, and what is found
// counts for the session; a document that leaves doubt is held against nothing.
func TestAppearanceIsHeldAgainstTheDocument(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		first kyc.StepType
		conf  kyc.Confidence
		soft  kyc.SoftChecks
		want  kyc.Status
		kinds int
	}{
		"the document first":       {kyc.StepDocument, kyc.High, kyc.SoftChecks{kyc.CheckAge, kyc.CheckGender}, kyc.Suspicious, 2},
		"the face first":           {kyc.StepSelfie, kyc.High, kyc.SoftChecks{kyc.CheckAge, kyc.CheckGender}, kyc.Suspicious, 2},
		"the face first, hard":     {kyc.StepSelfie, kyc.High, nil, kyc.Failed, 2},
		"the document first, hard": {kyc.StepDocument, kyc.High, nil, kyc.Failed, 2},
		"a document in doubt":      {kyc.StepSelfie, kyc.Medium, nil, kyc.Success, 0},
	} {
		r := newRig(t, func(d *kyc.Definition) {
			second := map[kyc.StepType]kyc.StepType{kyc.StepDocument: kyc.StepSelfie, kyc.StepSelfie: kyc.StepDocument}[c.first]
			d.Steps = []kyc.Step{{Type: c.first, Attempts: 1}, {Type: second, Attempts: 1}}
			d.Thresholds.AgeTolerance, d.Thresholds.GenderCertainty, d.Soft = 25, 98, c.soft
		})
		r.engines.document, r.engines.selfie = document(c.conf), looking("selfie")
		id := r.begin("a").Session.ID
		r.send(id, 0)
		if state := r.send(id, 1); state.Status != c.want {
			t.Errorf("%s: %s, want %s", what, state.Status, c.want)
		}
		view, err := r.View(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, result := range view.Results {
			found := map[string]string{}
			for _, item := range result.Checks.Value[0].Items {
				if item.Status == kyc.Failed {
					found[item.Caption] = item.Value
				}
			}
			switch {
			case result.Type == kyc.StepSelfie && (len(found) != c.kinds || c.kinds > 0 && (found[kyc.CheckAge] != "60" || found[kyc.CheckGender] != "male" || result.Status != kyc.Failed)):
				t.Errorf("%s: the selfie is %s with %v", what, result.Status, found)
			case result.Type == kyc.StepDocument && len(found) != 0:
				t.Errorf("%s: the document has %v", what, found)
			}
		}
		if !r.engines.estimated {
			t.Errorf("%s: the face was not asked about", what)
		}
	}
}

// What an operator may not read of the document is not told by the years that a
// face is apart from it.
func TestYearsApartAreWhatWasRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) {
		d.Steps = []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}}
		d.Thresholds.AgeTolerance, d.Thresholds.GenderCertainty, d.Soft = 25, 98, kyc.SoftChecks{kyc.CheckAge, kyc.CheckGender}
	})
	r.engines.document, r.engines.selfie = document(kyc.High), looking("selfie")
	id := r.begin("a").Session.ID
	r.send(id, 0)
	r.send(id, 1)
	who := &kyc.Principal{AccountID: r.owner.AccountID, UserID: "u", Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC, kyc.ViewChecks, kyc.ViewImages}}
	for _, sees := range []bool{false, true} {
		if sees {
			who.Permissions = append(who.Permissions, kyc.ViewOCR)
		}
		insights, err := r.Insights(context.Background(), who, id)
		if err != nil {
			t.Fatal(err)
		}
		tests := map[string]string{}
		for _, p := range insights[1].Proofs {
			tests[p.Test] = p.Image
		}
		if _, told := tests[kyc.ProofAge]; told != sees || tests[kyc.ProofGender] == "" {
			t.Errorf("may read %v: %v", sees, tests)
		}
	}
}
