package verify

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// bearer is what the session's document says of its person with certainty; the
// zero value while no document has passed.
func (l *loaded) bearer() kyc.Bearer {
	for i, step := range l.scenario.Steps {
		a := l.ended(i)
		if step.Type != kyc.StepDocument || a == nil || !passed(a.Status) {
			continue
		}
		if b := a.Finding.Bearer(); !b.Born.IsZero() {
			return b
		}
	}
	return kyc.Bearer{}
}

// judgeEarlier holds faces against a document that came after them. What is
// found changes the verdict of a try that had ended; nobody tries it again.
func (r *Room) judgeEarlier(ctx context.Context, tx kyc.Tx, l *loaded) error {
	b := l.bearer()
	for i := range l.scenario.Steps {
		a := l.ended(i)
		if a == nil || !passed(a.Status) || a.Finding.Judged() || !a.Finding.Judge(l.scenario.Thresholds, b, a.SentAt) {
			continue
		}
		before := a.Status
		a.Status = a.Finding.Verdict(l.scenario.Soft)
		if err := r.Store.UpdateAttempt(ctx, tx, a, before); err != nil {
			return err
		}
		if err := r.event(ctx, tx, a.SessionID, "step.compared", "system", stepName(a)+": "+string(a.Status)); err != nil {
			return err
		}
	}
	return nil
}
