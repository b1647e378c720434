package verify

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// waitsForPerson tells whether what was read off a document is shown to the
// person before it counts: the scenario says so, somebody is there, the try would
// pass, and there is something to look over.
func (l *loaded) waitsForPerson(a *kyc.Attempt) bool {
	return l.scenario.AllowCorrection && l.session.Origin == kyc.OriginWidget && a.Type == kyc.StepDocument && a.Step == l.session.Step &&
		passed(a.Finding.Verdict(l.scenario.Soft)) && len(a.Finding.Correctable()) > 0
}

// show puts a try that has been read before the person: it keeps its finding and
// waits as an idle one.
func (r *Room) show(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt) error {
	if err := r.turn(ctx, tx, l, a, kyc.Processing, kyc.Idle); err != nil {
		return err
	}
	return r.event(ctx, tx, a.SessionID, "step.shown", "system", stepName(a))
}

// shown tells a try that waits for its person.
func shown(a *kyc.Attempt) bool {
	return a != nil && a.Status == kyc.Idle && !a.SentAt.IsZero() && a.Finding != nil && a.Type == kyc.StepDocument
}

// CorrectRequest is what a person makes of what was read.
type CorrectRequest struct {
	Step, Try int
	Fields    []kyc.FieldValue // those that are left out stay as they were read
}

// retakable tells whether the person may photograph a document again that was
// read already: it costs them a try, and there must be another one.
func (l *loaded) retakable(a *kyc.Attempt) bool { return shown(a) && l.triesLeft(a.Step) > 1 }

// Retake gives up a try whose fields wait for their person, who wants to take the
// photo again. What was read stays with the try, which fails for this alone.
func (r *Room) Retake(ctx context.Context, sessionID string, step int) (State, error) {
	return r.atStep(ctx, sessionID, step, func(tx kyc.Tx, l *loaded) error {
		a := l.last(step)
		if !l.retakable(a) {
			return kyc.Errorf(kyc.Conflict, "step %d has no photo that can be taken again", step)
		}
		a.Finding.Errors = append(a.Finding.Errors, kyc.PhotoRetaken)
		if err := r.event(ctx, tx, sessionID, "step.retaken", "person", stepName(a)); err != nil {
			return err
		}
		return r.settle(ctx, tx, l, a, kyc.Idle)
	})
}

// Correct takes the person's word for the fields of the open step and settles its
// try: what differs is marked, and what was read is kept beside it.
func (r *Room) Correct(ctx context.Context, sessionID string, req CorrectRequest) (State, error) {
	return r.atStep(ctx, sessionID, req.Step, func(tx kyc.Tx, l *loaded) error {
		a := l.last(req.Step)
		if !shown(a) || a.Try != req.Try {
			return kyc.Errorf(kyc.Conflict, "try %d of step %d does not wait for its fields", req.Try, req.Step)
		}
		if faults := a.Finding.Correct(req.Fields); len(faults) > 0 {
			return kyc.ErrInvalid(faults...)
		}
		if err := r.event(ctx, tx, sessionID, "step.confirmed", "person", stepName(a)); err != nil {
			return err
		}
		return r.settle(ctx, tx, l, a, kyc.Idle)
	})
}
