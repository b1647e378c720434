package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// settle ends the open step's attempt and decides what becomes of the session:
// the next step, another try, or the end.
func (r *Room) settle(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt, from kyc.Status) error {
	if err := r.record(ctx, tx, l, a, from); err != nil {
		return err
	}
	switch {
	case !passed(a.Status):
		return r.fallBack(ctx, tx, l, a)
	case a.Step+1 == len(l.scenario.Steps):
		l.session.Step++
		return r.finish(ctx, tx, l)
	default:
		return r.advance(ctx, tx, l)
	}
}

func passed(s kyc.Status) bool { return s == kyc.Success || s == kyc.Suspicious }

// record ends one attempt. A nil finding means that our engines broke.
func (r *Room) record(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt, from kyc.Status) error {
	if a.Finding != nil {
		a.Finding.Judge(l.scenario.Thresholds, l.bearer(), a.SentAt)
	}
	a.Status = a.Finding.Verdict(l.scenario.Soft)
	if a.Finding == nil {
		a.Finding = &kyc.Finding{Errors: []kyc.Code{kyc.InternalCheckError}, OCR: noOCR()}
	}
	a.FinishedAt = tx.Now()
	if err := r.Store.UpdateAttempt(ctx, tx, a, from); err != nil {
		return err
	}
	if fields := a.Finding.OCR.Fields; len(fields) > 0 {
		if err := r.Store.IndexOCR(ctx, tx, a.SessionID, l.session.AccountID, fields); err != nil {
			return err
		}
	}
	if err := r.event(ctx, tx, a.SessionID, "step.checked", "system", fmt.Sprintf("%s: %s", stepName(a), a.Status)); err != nil {
		return err
	}
	return r.Announcer.Notify(ctx, tx, kyc.EventStepFinished, l.scenario, l.session,
		kyc.EventDetail{Step: &kyc.StepNews{Index: a.Step, Type: a.Type, Try: a.Try, Status: a.Status}})
}

// fallBack follows a try that did not pass: the end when none is left or when
// nobody is there to try again, else the same step once more.
func (r *Room) fallBack(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt) error {
	if l.session.Origin == kyc.OriginProcess || l.triesLeft(a.Step) == 0 {
		return r.finish(ctx, tx, l)
	}
	l.session.Status = kyc.Idle
	return r.Store.UpdateSession(ctx, tx, l.session)
}

// advance opens the next step, and starts it at once when its evidence was
// sent ahead.
func (r *Room) advance(ctx context.Context, tx kyc.Tx, l *loaded) error {
	l.session.Step++
	l.session.Status = kyc.Idle
	next := l.last(l.session.Step)
	switch {
	case next == nil || next.Status == kyc.Idle && next.SentAt.IsZero():
		return r.Store.UpdateSession(ctx, tx, l.session)
	case next.Status == kyc.Idle:
		return r.wake(ctx, tx, l, next)
	default: // its files were bad when they were sent ahead
		return r.fallBack(ctx, tx, l, next)
	}
}

// finish compares the faces and looks for them in lists, applies the status
// rule, and commits the verdict together with its announcement.
func (r *Room) finish(ctx context.Context, tx kyc.Tx, l *loaded) error {
	s := l.session
	if err := r.judgeEarlier(ctx, tx, l); err != nil {
		return err
	}
	verdicts := make([]kyc.Status, 0, len(l.scenario.Steps)+1)
	var templates []kyc.Template
	without := false // a face is missing because its person was excused
	for i := range l.scenario.Steps {
		a := l.ended(i)
		if a == nil {
			continue // not reached: the step that failed decides
		}
		verdicts = append(verdicts, a.Status)
		without = without || excused(a)
		templates = append(templates, a.Finding.Templates...)
		s.Errors = addErrors(s.Errors, a.Finding.Errors)
	}
	complete := s.Step == len(l.scenario.Steps) && !without
	if needsFaces(l.scenario.Steps) && (complete || len(templates) > 1) {
		verdict, err := r.compare(ctx, tx, l, templates)
		if err != nil {
			return err
		}
		verdicts = append(verdicts, verdict)
	}
	lists := l.scenario.FaceLists
	if lists.Any() && (complete || len(templates) > 0) {
		verdict, err := r.recognise(ctx, tx, l, templates)
		if err != nil {
			return err
		}
		verdicts = append(verdicts, verdict)
	}
	status := kyc.Overall(verdicts)
	if status == kyc.Success && lists.AddTo != "" {
		if err := r.enrol(ctx, tx, l, templates); err != nil {
			return err
		}
	}
	return r.end(ctx, tx, l, status)
}

// needsFaces tells whether a scenario shows one person's face more than once.
func needsFaces(steps []kyc.Step) bool {
	n := 0
	for _, step := range steps {
		switch step.Type {
		case kyc.StepDocument, kyc.StepSelfie, kyc.StepSelfieDocument, kyc.StepLiveness:
			n++
		default:
		}
	}
	return n > 1
}

// compare adds the synthetic faces result to the session.
func (r *Room) compare(ctx context.Context, tx kyc.Tx, l *loaded, templates []kyc.Template) (kyc.Status, error) {
	calibration, err := r.Store.FaceCalibration(ctx, tx)
	if err != nil {
		return kyc.Exception, err
	}
	wished := l.scenario.Thresholds
	finding, err := r.Faces.Match(ctx, templates, kyc.FaceLimit{Percent: wished.FaceMatch, FAR: wished.FaceFAR, Calibration: calibration})
	if err != nil {
		return kyc.Exception, fmt.Errorf("compare faces: %w", err)
	}
	finding.OCR = noOCR()
	l.session.Faces = finding
	l.session.Errors = addErrors(l.session.Errors, finding.Errors)
	return finding.Verdict(l.scenario.Soft), nil
}

func addErrors(errors []string, codes []kyc.Code) []string {
	for _, c := range codes {
		if !slices.Contains(errors, string(c)) {
			errors = append(errors, string(c))
		}
	}
	return errors
}

// end makes a session final. Everything that the outside learns of the verdict
// commits with it.
func (r *Room) end(ctx context.Context, tx kyc.Tx, l *loaded, status kyc.Status) error {
	s := l.session
	s.Status, s.FinishedAt = status, tx.Now()
	if err := r.Store.UpdateSession(ctx, tx, s); err != nil {
		return err
	}
	if err := r.event(ctx, tx, s.ID, "session.final", "system", string(status)); err != nil {
		return err
	}
	return r.Announcer.Announce(ctx, tx, l.scenario, s, func() ([]byte, error) {
		fresh, err := r.Store.NewClients(ctx, tx, []string{s.ID}) // what is worked on does not tell
		if err != nil {
			return nil, err
		}
		l.fresh = fresh[s.ID]
		view, err := r.viewIn(ctx, tx, l)
		if err != nil {
			return nil, err
		}
		return kyc.JSON(view)
	})
}

// expiryBatch bounds one sweep; what is left is taken by the next.
const expiryBatch = 200

// Expire ends open sessions whose time is over; the app calls it periodically.
// A session with the engines is left to them: the person was in time.
func (r *Room) Expire(ctx context.Context) error {
	var due []string
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		due, err = r.Store.DueSessions(ctx, tx, tx.Now(), expiryBatch)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := r.expire(ctx, id); err != nil && !errors.Is(err, kyc.ErrConflict) {
			return err
		}
	}
	return nil
}

func (r *Room) expire(ctx context.Context, id string) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.inTurn(ctx, tx, id); err != nil {
			return err
		}
		l, err := r.load(ctx, tx, id)
		if err != nil {
			return err
		}
		if s := l.session; s.Status != kyc.Idle || tx.Now().Before(s.ExpiresAt) {
			return nil
		}
		return r.end(ctx, tx, l, kyc.Expired)
	})
}

const (
	rescueAfter = 2 * time.Minute // with the engines: a check takes seconds, and a busy queue notices that it has the job
	rescueBatch = 200
)

// Rescue inserts the checks of sessions that have been with the engines for
// long: what has become of a job is no truth (a run that failed for the last
// time could not write so down, say, because the database was away). A job that
// waits or works makes another one superfluous. The app calls it periodically.
func (r *Room) Rescue(ctx context.Context) error {
	var busy []string
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		busy, err = r.Store.BusySessions(ctx, tx, tx.Now().Add(-rescueAfter), rescueBatch)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range busy {
		if err := r.rescue(ctx, id); err != nil && !errors.Is(err, kyc.ErrConflict) {
			return err
		}
	}
	return nil
}

func (r *Room) rescue(ctx context.Context, id string) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		l, err := r.load(ctx, tx, id)
		if err != nil || l.session.Status != kyc.Processing {
			return err
		}
		a := l.last(l.session.Step)
		if a == nil || a.Status != kyc.Processing || tx.Now().Sub(a.SentAt) < rescueAfter {
			return nil
		}
		return r.insertCheck(ctx, tx, a)
	})
}

// pollEvery is how often a waiter looks by itself, in case the hint was lost.
const pollEvery = 2 * time.Second

// settled waits until the session does not process any more, or ctx ends.
func (r *Room) settled(ctx context.Context, sessionID string) error {
	wake, cancel := r.Changed(sessionID)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		var status kyc.Status
		err := r.Store.View(ctx, func(tx kyc.Tx) error {
			s, err := r.Store.Session(ctx, tx, sessionID)
			if err == nil {
				status = s.Status
			}
			return err
		})
		if err != nil || status != kyc.Processing {
			return err
		}
		select {
		case <-wake:
		case <-ticker.C:
		case <-r.Stopping:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
