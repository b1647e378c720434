package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/openkyc/openkyc/internal/kyc"
)

// SubmitRequest is the evidence of one try. Frames is for liveness only and
// then as long as Uploads.
type SubmitRequest struct {
	Step, Try int
	Uploads   []kyc.Upload
	Frames    []kyc.FrameMark
}

// Limits of one try's evidence (S6).
const (
	maxPictures = 6
	maxFrames   = 40
)

// StartAttempt opens the next try of the open step, or returns the one that is
// open already. A liveness try gets its challenge here; a challenge that was
// left to run out costs a try, so that nobody can draw until a handy one comes.
func (r *Room) StartAttempt(ctx context.Context, sessionID string, step int) (State, error) {
	return r.atStep(ctx, sessionID, step, func(tx kyc.Tx, l *loaded) error { return r.start(ctx, tx, l, l.livenessRules(step)) })
}

// StartWithoutLight is StartAttempt for a person who cannot bear a screen that
// changes its colours: the liveness try asks for every other move instead, and so
// do later tries of the step. A challenge with light that is open is replaced,
// once, for the new one has none. Where the scenario insists on the light it
// fails with a conflict; such a step can be excused.
func (r *Room) StartWithoutLight(ctx context.Context, sessionID string, step int) (State, error) {
	return r.atStep(ctx, sessionID, step, func(tx kyc.Tx, l *loaded) error {
		rules := l.livenessRules(step).WithoutLight()
		if l.scenario.Steps[step].Type != kyc.StepLiveness || rules.Light != kyc.LightOff {
			return kyc.Errorf(kyc.Conflict, "step %d cannot be done without light", step)
		}
		if a := l.last(step); a != nil && a.Status == kyc.Idle && a.SentAt.IsZero() && a.Challenge.Lit() && tx.Now().Before(a.Challenge.Deadline) {
			challenge, err := r.Draw(r.Random, tx.Now(), rules)
			if err != nil {
				return err
			}
			a.Challenge = &challenge
			if err := r.turn(ctx, tx, l, a, kyc.Idle, kyc.Idle); err != nil {
				return err
			}
		} else if err := r.start(ctx, tx, l, rules); err != nil || l.session.Status.Final() {
			return err
		}
		return r.event(ctx, tx, sessionID, "step.unlit", "person", stepName(l.last(step)))
	})
}

// atStep does something with the open step of a session, in its turn, and tells
// where the session stands then.
func (r *Room) atStep(ctx context.Context, sessionID string, step int, do func(tx kyc.Tx, l *loaded) error) (state State, err error) {
	err = r.moving(ctx, func(tx kyc.Tx, scan *kyc.FaceScan) error {
		if err := r.inTurn(ctx, tx, sessionID); err != nil {
			return err
		}
		l, err := r.open(ctx, tx, sessionID, step)
		if err != nil {
			return err
		}
		l.scan = scan
		if err := do(tx, l); err != nil {
			return err
		}
		state = l.state(tx.Now())
		return nil
	})
	return state, err
}

// open loads a session that takes input for this step now.
func (r *Room) open(ctx context.Context, tx kyc.Tx, sessionID string, step int) (*loaded, error) {
	l, err := r.load(ctx, tx, sessionID)
	if err != nil {
		return nil, err
	}
	switch s := l.session; {
	case s.Status.Final():
		return nil, kyc.Errorf(kyc.Gone, "this session has ended")
	case !tx.Now().Before(s.ExpiresAt):
		return nil, kyc.Errorf(kyc.Gone, "this session has expired")
	case s.Status == kyc.Processing:
		return nil, kyc.Errorf(kyc.Conflict, "the pictures before are still being checked")
	case s.Step != step:
		return nil, kyc.Errorf(kyc.Conflict, "step %d is not open; the session is at step %d", step, s.Step)
	}
	return l, nil
}

// livenessRules are the scenario's, but for a step in which it was too bright for
// the light before, or whose person asked for a try without it: to ask again
// would help nobody.
func (l *loaded) livenessRules(step int) kyc.LivenessRules {
	for _, a := range l.of(step) {
		bright := a.Finding != nil && slices.Contains(a.Finding.Errors, kyc.LivenessBright)
		if bright || a.Challenge != nil && !a.Challenge.Lit() {
			return l.scenario.Liveness.WithoutLight()
		}
	}
	return l.scenario.Liveness
}

// start opens the next try unless one is open; rules are those of a liveness try.
func (r *Room) start(ctx context.Context, tx kyc.Tx, l *loaded, rules kyc.LivenessRules) error {
	s := l.session
	if a := l.last(s.Step); a != nil && a.Status == kyc.Idle {
		if a.Challenge == nil || tx.Now().Before(a.Challenge.Deadline) {
			return nil
		}
		a.Finding = &kyc.Finding{Errors: []kyc.Code{kyc.LivenessLate}, OCR: noOCR()}
		if err := r.settle(ctx, tx, l, a, kyc.Idle); err != nil || s.Status.Final() {
			return err
		}
	}
	attempt := &kyc.Attempt{SessionID: s.ID, Step: s.Step, Try: len(l.of(s.Step)) + 1, Type: l.scenario.Steps[s.Step].Type, Status: kyc.Idle, StartedAt: tx.Now()}
	if attempt.Type == kyc.StepLiveness {
		challenge, err := r.Draw(r.Random, tx.Now(), rules)
		if err != nil {
			return err
		}
		attempt.Challenge = &challenge
	}
	if err := r.Store.PutAttempt(ctx, tx, attempt); err != nil {
		return err
	}
	l.attempts = append(l.attempts, attempt)
	if err := r.Store.UpdateSession(ctx, tx, s); err != nil { // raises Lock: the state changed
		return err
	}
	return r.event(ctx, tx, s.ID, "step.started", actorOf(s.Origin), stepName(attempt))
}

func stepName(a *kyc.Attempt) string { return fmt.Sprintf("%s_%d try %d", a.Type, a.Step, a.Try) }

// Submit takes the evidence of the open try: pictures are sealed and stored
// first, then one transaction commits their rows, the event and the job. A
// crash in between leaves only unreferenced sealed blobs.
func (r *Room) Submit(ctx context.Context, sessionID string, req SubmitRequest) (state State, err error) {
	if err := req.validate(); err != nil {
		return State{}, err
	}
	var session *kyc.Session
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		l, err := r.open(ctx, tx, sessionID, req.Step)
		if err != nil {
			return err
		}
		session = l.session
		return waiting(l, req)
	})
	if err != nil {
		return State{}, err
	}
	rows, err := r.storePictures(ctx, session, req)
	if err != nil {
		return State{}, err
	}
	state, err = r.atStep(ctx, sessionID, req.Step, func(tx kyc.Tx, l *loaded) error {
		if err := waiting(l, req); err != nil {
			return err
		}
		return r.take(ctx, tx, l, l.last(req.Step), rows, req)
	})
	if err != nil {
		r.discard(ctx, rows)
		return State{}, err
	}
	return state, nil
}

func (req SubmitRequest) validate() error {
	limit := maxPictures
	if len(req.Frames) > 0 {
		limit = maxFrames
		if len(req.Frames) != len(req.Uploads) {
			return kyc.ErrInvalid("frames: there must be one mark for each picture")
		}
	}
	if len(req.Uploads) == 0 {
		return kyc.ErrInvalid("images: send at least one picture")
	}
	if len(req.Uploads) > limit {
		return kyc.Errorf(kyc.TooLarge, "at most %d pictures can be sent for one step", limit)
	}
	return nil
}

// waiting checks that the try which the evidence is for is the open one.
func waiting(l *loaded, req SubmitRequest) error {
	a := l.last(req.Step)
	if a == nil || a.Try != req.Try || a.Status != kyc.Idle || !a.SentAt.IsZero() {
		return kyc.Errorf(kyc.Conflict, "try %d of step %d does not take pictures now", req.Try, req.Step)
	}
	if (a.Type == kyc.StepLiveness) != (len(req.Frames) > 0) {
		return kyc.ErrInvalid("frames: marks belong to a liveness step, and a liveness step needs them")
	}
	return nil
}

// take commits evidence rows to an attempt and sends it to the engines; bad
// files end the try at once, since there is nothing to compute.
func (r *Room) take(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt, rows []*kyc.Evidence, req SubmitRequest) error {
	for _, row := range rows {
		row.CreatedAt = tx.Now()
		if err := r.Store.AddEvidence(ctx, tx, row); err != nil {
			return err
		}
	}
	a.SentAt, a.Frames = tx.Now(), req.Frames
	if a.Type == kyc.StepDocument {
		a.Frames = writers(req.Uploads)
	}
	if err := r.event(ctx, tx, l.session.ID, "step.sent", actorOf(l.session.Origin), fmt.Sprintf("%s, %d picture(s)", stepName(a), len(rows))); err != nil {
		return err
	}
	if faults := faultsOf(req.Uploads); len(faults) > 0 {
		a.Finding = &kyc.Finding{Errors: faults, OCR: noOCR()}
		if a.Step != l.session.Step {
			return r.record(ctx, tx, l, a, kyc.Idle)
		}
		return r.settle(ctx, tx, l, a, kyc.Idle)
	}
	if a.Step != l.session.Step { // sent ahead of its turn; advance wakes it
		return r.Store.UpdateAttempt(ctx, tx, a, kyc.Idle)
	}
	return r.wake(ctx, tx, l, a)
}

// writers keeps what the files said of themselves, which their pictures do not.
func writers(uploads []kyc.Upload) []kyc.FrameMark {
	marks := make([]kyc.FrameMark, len(uploads))
	for i, u := range uploads {
		marks[i].Writer = u.Writer
	}
	return marks
}

// wake hands an attempt whose evidence is complete to the engines.
func (r *Room) wake(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt) error {
	if err := r.turn(ctx, tx, l, a, kyc.Idle, kyc.Processing); err != nil {
		return err
	}
	return r.insertCheck(ctx, tx, a)
}

// turn gives an open try and its session another status: with the person, idle,
// or with the engines, processing.
func (r *Room) turn(ctx context.Context, tx kyc.Tx, l *loaded, a *kyc.Attempt, from, to kyc.Status) error {
	a.Status = to
	if err := r.Store.UpdateAttempt(ctx, tx, a, from); err != nil {
		return err
	}
	l.session.Status = to
	return r.Store.UpdateSession(ctx, tx, l.session)
}

func (r *Room) insertCheck(ctx context.Context, tx kyc.Tx, a *kyc.Attempt) error {
	payload, err := json.Marshal(checkJob{SessionID: a.SessionID, Step: a.Step, Try: a.Try})
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s/%d/%d", a.SessionID, a.Step, a.Try)
	return r.Queue.Insert(ctx, tx, kyc.Job{Kind: JobCheck, Key: key, Payload: payload})
}

func faultsOf(uploads []kyc.Upload) []kyc.Code {
	var faults []kyc.Code
	for _, u := range uploads {
		if u.Fault != "" && !slices.Contains(faults, u.Fault) {
			faults = append(faults, u.Fault)
		}
	}
	return faults
}

func noOCR() kyc.OCR { return kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}} }

// storePictures seals and stores the good uploads of a try.
func (r *Room) storePictures(ctx context.Context, s *kyc.Session, req SubmitRequest) ([]*kyc.Evidence, error) {
	var rows []*kyc.Evidence
	for i, u := range req.Uploads {
		if u.Fault != "" {
			continue
		}
		row, err := r.storePicture(ctx, s, req.Step, req.Try, strconv.Itoa(i), u.Picture, false)
		if err != nil {
			r.discard(ctx, rows)
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// storePicture seals one picture under the session's key and stores it under a
// name that we generate (S5). What was cut out of an upload has a name that
// follows from its try and content, so that a repeated check writes it once.
func (r *Room) storePicture(ctx context.Context, s *kyc.Session, step, try int, name string, p kyc.Picture, derived bool) (*kyc.Evidence, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("draw an evidence id: %w", err)
	}
	digest := sha256.Sum256(p.JPEG)
	key := fmt.Sprintf("sessions/%s/%s", s.ID, id)
	if derived {
		key = fmt.Sprintf("sessions/%s/%d-%d-%s-%x", s.ID, step, try, name, digest[:8])
	}
	sealed, err := r.Sealer.Seal(s.Key, p.JPEG, []byte(key))
	if err != nil {
		return nil, fmt.Errorf("seal a picture: %w", err)
	}
	if err := r.Blobs.Put(ctx, key, sealed); err != nil && (!derived || kyc.KindOf(err) != kyc.Conflict) {
		return nil, fmt.Errorf("store a picture: %w", err)
	}
	return &kyc.Evidence{ID: id.String(), SessionID: s.ID, Step: step, Try: try, Name: name, Derived: derived, BlobKey: key,
		Digest: digest[:], Size: int64(len(p.JPEG)), Width: p.Width, Height: p.Height}, nil
}

// discard removes blobs whose rows were not committed; what it cannot remove
// stays sealed and unreferenced.
func (r *Room) discard(ctx context.Context, rows []*kyc.Evidence) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, row := range rows {
		if err := r.Blobs.Delete(ctx, row.BlobKey); err != nil {
			r.Logger.WarnContext(ctx, "a blob without a row stays behind", "session", row.SessionID, "error", err)
		}
	}
}

// picture opens one stored picture and checks that it is the one that was stored.
func (r *Room) picture(ctx context.Context, s *kyc.Session, e *kyc.Evidence) (kyc.Picture, error) {
	sealed, err := r.Blobs.Get(ctx, e.BlobKey)
	if err != nil {
		return kyc.Picture{}, fmt.Errorf("read evidence %s: %w", e.ID, err)
	}
	clear, err := r.Sealer.Open(s.Key, sealed, []byte(e.BlobKey))
	if err != nil {
		return kyc.Picture{}, fmt.Errorf("open evidence %s: %w", e.ID, err)
	}
	if digest := sha256.Sum256(clear); !bytes.Equal(digest[:], e.Digest) {
		return kyc.Picture{}, fmt.Errorf("evidence %s is not what was stored", e.ID)
	}
	return kyc.Picture{JPEG: clear, Width: e.Width, Height: e.Height}, nil
}
