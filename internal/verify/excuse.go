package verify

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// excusable tells whether the open step may be excused: the scenario says so, and
// it is about the person's own face.
func (l *loaded) excusable() bool {
	if !l.scenario.AllowExcuse || l.session.Origin != kyc.OriginWidget || l.session.Step >= len(l.scenario.Steps) {
		return false
	}
	switch l.scenario.Steps[l.session.Step].Type {
	case kyc.StepSelfie, kyc.StepSelfieDocument, kyc.StepLiveness:
		return true
	default:
		return false
	}
}

// excused tells whether a try ended with the person's word that they cannot.
func excused(a *kyc.Attempt) bool {
	return a != nil && a.Finding != nil && len(a.Finding.Checks) == 1 && len(a.Finding.Checks[0].Items) == 1 && a.Finding.Checks[0].Items[0].Caption == kyc.CheckTaken
}

// Excuse ends the open step without a picture, by the person's word that they
// cannot take one. The step's only check, isTaken, fails; it is soft, so that the
// session goes on and ends suspicious at best: somebody has to look at it.
func (r *Room) Excuse(ctx context.Context, sessionID string, step int) (State, error) {
	return r.atStep(ctx, sessionID, step, func(tx kyc.Tx, l *loaded) error {
		if !l.excusable() {
			return kyc.Errorf(kyc.Conflict, "nobody is excused from step %d", step)
		}
		if a := l.last(step); a == nil || a.Status != kyc.Idle {
			if err := r.start(ctx, tx, l, l.livenessRules(step)); err != nil {
				return err
			}
		}
		a := l.last(step)
		if !a.SentAt.IsZero() {
			return kyc.Errorf(kyc.Conflict, "the pictures of step %d are on their way", step)
		}
		a.SentAt = tx.Now()
		a.Finding = &kyc.Finding{OCR: noOCR(), Checks: []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{kyc.Passed(kyc.CheckTaken, false)}}}}
		if err := r.event(ctx, tx, sessionID, "step.excused", "person", stepName(a)); err != nil {
			return err
		}
		return r.settle(ctx, tx, l, a, kyc.Idle)
	})
}
