package verify

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Insight is what an operator may see of one result beyond the wire's object.
type Insight struct {
	Proofs   []ProofView
	Places   []kyc.Place
	Pictures []Canvas          // the uploads, in order
	Measures map[string]string // what the decision was made from (S52)
	Seen     *kyc.Sighting     // the earlier session that had frames of this recording, or this selfie

	Elsewhere *kyc.Sighted // what a session of another account had of it
}

// ProofView is a proof with the address of its picture, "" when it has none.
type ProofView struct {
	kyc.Proof
	Image string
}

// Canvas is one upload that places are drawn on.
type Canvas struct {
	Small, Full   string // addresses
	Width, Height int    // pixels that places are counted in
}

// Insights returns one for each result of the session object, in its order.
// What the principal may not see is left out: proofs with checks, places with
// what was read, pictures with images.
func (r *Room) Insights(ctx context.Context, p *kyc.Principal, sessionID string) (out []Insight, err error) {
	if !p.Can(kyc.LogsKYC) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if !kyc.ValidID(sessionID) {
		return nil, kyc.ErrNotFound()
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		l, err := r.glance(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		if !sees(p, l.session) {
			return kyc.ErrNotFound()
		}
		evidence, err := r.Store.Evidence(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		for i := range l.scenario.Steps {
			if a := l.ended(i); a != nil {
				out = append(out, insight(p, a, pages{session: l.session, attempt: a, evidence: evidence}))
			}
		}
		return nil
	})
	return out, err
}

func insight(p *kyc.Principal, a *kyc.Attempt, shown pages) (x Insight) {
	if p.Can(kyc.ViewChecks) {
		if faces := a.Type == kyc.StepSelfie || a.Type == kyc.StepLiveness; faces || p.Can(kyc.ViewOCR) {
			x.Measures = a.Finding.Measures // of documents they hold what was read
		}
		x.Seen, x.Elsewhere = a.Finding.Seen, a.Finding.Elsewhere
		for _, proof := range a.Finding.Proofs {
			if proof.Test == kyc.ProofAge && !p.Can(kyc.ViewOCR) {
				continue // beside the estimate, the years apart tell the age in the document
			}
			view := ProofView{Proof: proof}
			if proof.Cut != "" && p.Can(kyc.ViewImages) {
				view.Image = shown.cut(proof.Cut)
			}
			x.Proofs = append(x.Proofs, view)
		}
	}
	if p.Can(kyc.ViewOCR) {
		x.Places = a.Finding.Places
	}
	if p.Can(kyc.ViewImages) {
		for _, e := range shown.each(false) {
			x.Pictures = append(x.Pictures, Canvas{Small: shown.address(e, false), Full: shown.address(e, true), Width: e.Width, Height: e.Height})
		}
	}
	return x
}
