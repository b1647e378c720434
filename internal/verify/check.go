package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// checkJob names one attempt; it carries no personal data.
type checkJob struct {
	SessionID string `json:"session"`
	Step      int    `json:"step"`
	Try       int    `json:"try"`
}

// CheckRuns is how often the engines are asked about one attempt before it
// counts as an exception.
const CheckRuns = 6

// CheckPause is how long to wait after a run that failed: 1, 4, 9, 16 and 25
// seconds. A person waits for the answer, so the first ones are short; together
// they outlast a picture store that starts anew.
func CheckPause(run int) time.Duration { return time.Duration(run*run) * time.Second }

// Check is the handler of JobCheck: it asks the engines about one attempt and
// commits the finding with all that follows from it. It may run any number of
// times: only the run that still finds the attempt waiting has an effect. On
// the last run a broken engine becomes an exception, never a pass (S46).
func (r *Room) Check(ctx context.Context, payload []byte, attempt int, last bool) error {
	var job checkJob
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	l, a, evidence, err := r.waitingAttempt(ctx, job)
	if err != nil || a == nil {
		return err
	}
	finding, engineErr := r.examine(ctx, l, a, evidence, attempt)
	if engineErr != nil {
		r.Logger.ErrorContext(ctx, "a check could not be computed", "session", job.SessionID, "step", job.Step, "try", job.Try, "run", attempt, "error", engineErr)
		if !last {
			return engineErr
		}
		finding = nil
	}
	cuts, err := r.storeCuts(ctx, l.session, a, finding)
	if err != nil {
		return err
	}
	found := conclusion{job: job, finding: finding, cuts: cuts}
	err = r.moving(ctx, func(tx kyc.Tx, scan *kyc.FaceScan) error {
		found.scan = scan
		return r.conclude(ctx, tx, found)
	})
	if fault := (*searchError)(nil); last && errors.As(err, &fault) {
		r.Logger.ErrorContext(ctx, "lists of faces could not be searched", "session", job.SessionID, "run", attempt, "error", err)
		found.unsearched = true
		err = r.Store.Do(ctx, func(tx kyc.Tx) error { return r.conclude(ctx, tx, found) })
	}
	if errors.Is(err, errConcluded) {
		return nil
	}
	return err
}

// errConcluded tells that another run was faster; its finding stands. It is no
// kyc.ErrConflict: what was only in the way must be tried again.
var errConcluded = errors.New("this attempt has its finding")

// waitingAttempt loads what a check needs; a is nil when there is nothing to do any more.
func (r *Room) waitingAttempt(ctx context.Context, job checkJob) (l *loaded, a *kyc.Attempt, evidence []*kyc.Evidence, err error) {
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if l, err = r.load(ctx, tx, job.SessionID); err != nil {
			return err
		}
		a = l.find(job)
		if a == nil || a.Status != kyc.Processing || l.session.Status.Final() {
			a = nil
			return nil
		}
		all, err := r.Store.Evidence(ctx, tx, job.SessionID)
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.Step == job.Step && e.Try == job.Try && !e.Derived {
				evidence = append(evidence, e)
			}
		}
		return nil
	})
	if kyc.KindOf(err) == kyc.NotFound {
		return nil, nil, nil, nil //nolint:nilerr // erased meanwhile
	}
	return l, a, evidence, err
}

func (l *loaded) find(job checkJob) *kyc.Attempt {
	for _, a := range l.attempts {
		if a.Step == job.Step && a.Try == job.Try {
			return a
		}
	}
	return nil
}

// examine opens the evidence and asks the room that knows this kind of step.
func (r *Room) examine(ctx context.Context, l *loaded, a *kyc.Attempt, evidence []*kyc.Evidence, run int) (*kyc.Finding, error) {
	if run > CheckRuns { // the process died in each run before: these pictures may be why
		return nil, fmt.Errorf("%s was given up after %d runs", stepName(a), CheckRuns)
	}
	pictures := make([]kyc.Picture, 0, len(evidence))
	for _, e := range evidence {
		p, err := r.picture(ctx, l.session, e)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, p)
	}
	if len(pictures) == 0 {
		return nil, fmt.Errorf("%s has no evidence", stepName(a))
	}
	switch a.Type {
	case kyc.StepDocument:
		for i := range pictures {
			if len(a.Frames) == len(pictures) && a.Frames[i].Writer != kyc.WriterUnknown {
				pictures[i].Writer = &a.Frames[i].Writer
			}
		}
		return r.Documents.Check(ctx, kyc.DocumentInput{Pictures: pictures, Fraud: l.scenario.Thresholds.Fraud, Now: a.SentAt})
	case kyc.StepSelfie:
		return r.Faces.Selfie(ctx, kyc.SelfieInput{Picture: pictures[0], Estimate: l.scenario.Thresholds.ComparesAppearance(), Now: a.SentAt,
			RiskLimit: l.scenario.Thresholds.CaptureRisk, Seen: r.seen(recording(l, a))})
	case kyc.StepLiveness:
		if a.Challenge == nil {
			return nil, fmt.Errorf("%s has no challenge", stepName(a))
		}
		return r.Faces.Liveness(ctx, kyc.LivenessInput{Challenge: *a.Challenge, Frames: pictures, Marks: a.Frames, SentAt: a.SentAt, Now: r.Now(),
			Estimate: l.scenario.Thresholds.ComparesAppearance(), RiskLimit: l.scenario.Thresholds.CaptureRisk, Seen: r.seen(recording(l, a))})
	case kyc.StepAddressProof:
		return r.Documents.CheckAddress(ctx, kyc.AddressInput{Pictures: pictures, Now: a.SentAt, Rules: l.scenario.AddressProof, Holder: l.holder()})
	default:
		return nil, fmt.Errorf("no engine checks steps of type %s", a.Type)
	}
}

// recording names an attempt's pictures.
func recording(l *loaded, a *kyc.Attempt) kyc.Recording {
	return kyc.Recording{AccountID: l.session.AccountID, SessionID: a.SessionID, Step: a.Step, Try: a.Try, SentAt: a.SentAt}
}

// seen looks for an attempt's pictures in what was sent before it. Its own session
// is left out: whoever tries again a moment later sits as before.
func (r *Room) seen(of kyc.Recording) func(context.Context, []kyc.Glimpse) (kyc.Sightings, error) {
	return func(ctx context.Context, frames []kyc.Glimpse) (all kyc.Sightings, err error) {
		err = r.Store.View(ctx, func(tx kyc.Tx) error {
			all, err = r.Store.FramesSeen(ctx, tx, of, frames)
			return err
		})
		return all, err
	}
}

// holder is the name that the session's document gave, empty when there is none
// that could be read.
func (l *loaded) holder() kyc.Holder {
	for i, step := range l.scenario.Steps {
		a := l.ended(i)
		if step.Type != kyc.StepDocument || a == nil || !passed(a.Status) {
			continue
		}
		text := map[string]string{}
		for _, f := range a.Finding.OCR.Fields {
			if !f.IsUnreadable {
				text[f.Title] = cmp.Or(f.ReadValue, f.Value) // what a person typed proves nothing
			}
		}
		if text["Surname"] != "" {
			return kyc.Holder{Surname: text["Surname"], GivenNames: strings.TrimSpace(text["Given name(s)"] + " " + text["Father's name"])}
		}
	}
	return kyc.Holder{}
}

// storeCuts stores what was cut out of the evidence beside it.
func (r *Room) storeCuts(ctx context.Context, s *kyc.Session, a *kyc.Attempt, finding *kyc.Finding) ([]*kyc.Evidence, error) {
	if finding == nil {
		return nil, nil
	}
	var rows []*kyc.Evidence
	for i, c := range finding.Cuts {
		name := c.Name
		if i > 0 && hasCut(finding.Cuts[:i], c.Name) {
			name += strconv.Itoa(i)
		}
		row, err := r.storePicture(ctx, s, a.Step, a.Try, name, kyc.Picture{JPEG: c.JPEG, Width: c.Width, Height: c.Height}, true)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func hasCut(cuts []kyc.Cut, name string) bool {
	for _, c := range cuts {
		if c.Name == name {
			return true
		}
	}
	return false
}

// conclusion is what a check came to.
type conclusion struct {
	job        checkJob
	finding    *kyc.Finding // nil: our engines broke
	cuts       []*kyc.Evidence
	scan       *kyc.FaceScan
	unsearched bool // lists of faces are not to be asked any more
}

// conclude writes a finding while its attempt still waits for it.
func (r *Room) conclude(ctx context.Context, tx kyc.Tx, found conclusion) error {
	if err := r.inTurn(ctx, tx, found.job.SessionID); err != nil {
		return err
	}
	l, err := r.load(ctx, tx, found.job.SessionID)
	if err != nil {
		return err
	}
	l.scan, l.unsearched = found.scan, found.unsearched
	a := l.find(found.job)
	if a == nil || a.Status != kyc.Processing || l.session.Status.Final() {
		return errConcluded
	}
	for _, row := range found.cuts {
		row.CreatedAt = tx.Now()
		if err := r.Store.AddEvidence(ctx, tx, row); err != nil {
			return err
		}
	}
	if f := found.finding; f != nil && len(f.Prints) > 0 {
		if err := r.Store.AddFramePrints(ctx, tx, recording(l, a), f.Prints); err != nil {
			return err
		}
	}
	a.Finding = found.finding.Clone() // what is added to it belongs to this unit, and may be done again
	if l.waitsForPerson(a) {
		return r.show(ctx, tx, l, a)
	}
	return r.settle(ctx, tx, l, a, kyc.Processing)
}
