package verify

import (
	"context"
	"errors"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// ProcessRequest is pictures sent by the integrator's server instead of a
// person's browser. ClientKey is raw here.
type ProcessRequest struct {
	ScenarioID string
	SessionID  string // attach to this one; else a session is created
	ClientKey  string
	ClientUser string
	Uploads    []kyc.Upload
	Async      bool
	WithoutOCR bool // leave the fields out of the answer
}

// processLimit is how long a synchronous call waits; then, and when the process
// is about to end, it answers with the session as it stands.
const processLimit = 60 * time.Second

// Process takes pictures for all steps that need some, in their order, and
// runs them. The session object it returns is final, or idle when steps are
// left that pictures cannot fill (liveness), or processing when asynchronous.
func (r *Room) Process(ctx context.Context, p *kyc.Principal, req ProcessRequest) (kyc.SessionView, error) {
	if !p.Can(kyc.CreateKYC) {
		return kyc.SessionView{}, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if faults := req.faults(); len(faults) > 0 {
		return kyc.SessionView{}, kyc.ErrInvalid(faults...)
	}
	session, scenario, err := r.processSession(ctx, p, req)
	if err != nil {
		return kyc.SessionView{}, err
	}
	if err := r.sendAhead(ctx, session, scenario, req.Uploads); err != nil {
		return kyc.SessionView{}, err
	}
	if !req.Async {
		waiting, cancel := context.WithTimeout(ctx, processLimit)
		err := r.settled(waiting, session.ID)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return kyc.SessionView{}, err
		}
	}
	view, err := r.View(ctx, session.ID)
	if err != nil {
		return kyc.SessionView{}, err
	}
	for i := range view.Results {
		if req.WithoutOCR {
			view.Results[i].OCR.Value = noOCR()
		}
		firstImages(&view.Results[i])
	}
	return view.For(p), nil
}

// firstImages adds the two values that only process answers carry.
func firstImages(result *kyc.Result) {
	if result.Images != nil && len(result.Images.Value) > 0 {
		result.Image = guard(result.Images.Value[0])
	}
	if result.ImagesFull != nil && len(result.ImagesFull.Value) > 0 {
		result.ImageFull = guard(result.ImagesFull.Value[0])
	}
}

func (req ProcessRequest) faults() []string {
	var faults []string
	if len(req.Uploads) == 0 {
		faults = append(faults, "images: send at least one picture")
	}
	if len(req.Uploads) > maxPictures {
		faults = append(faults, "images: at most 6 pictures")
	}
	if req.SessionID == "" {
		if !kyc.ValidID(req.ScenarioID) {
			faults = append(faults, "schemaId: must be a UUID of version 1")
		}
		if !kyc.ValidClientKey(req.ClientKey) {
			faults = append(faults, "clientKey: 1 to 36 characters without control characters; send the raw key")
		}
	} else if !kyc.ValidID(req.SessionID) {
		faults = append(faults, "sessionId: must be a UUID of version 1")
	}
	if !validClientUser(req.ClientUser) {
		faults = append(faults, "clientUser: at most 36 characters")
	}
	return faults
}

// processSession attaches to a session of the principal's account or creates one.
func (r *Room) processSession(ctx context.Context, p *kyc.Principal, req ProcessRequest) (session *kyc.Session, scenario *kyc.Scenario, err error) {
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		if req.SessionID != "" {
			l, err := r.load(ctx, tx, req.SessionID)
			if err != nil {
				return err
			}
			session, scenario = l.session, l.scenario
			if !sees(p, session) {
				return kyc.ErrNotFound()
			}
			return nil
		}
		if scenario, err = r.Store.Scenario(ctx, tx, req.ScenarioID); err != nil {
			return err
		}
		if scenario.AccountID != p.AccountID && p.Role != kyc.RoleAdmin {
			return kyc.ErrNotFound()
		}
		session, err = r.create(ctx, tx, scenario, req.ClientKey, req.ClientUser, kyc.OriginProcess, nil)
		return err
	})
	return session, scenario, err
}

// share is what one step gets of the pictures.
type share struct {
	step    int
	uploads []kyc.Upload
}

// shares hands pictures to the steps from the open one on: one to each step
// that takes pictures, and what is left over to the first document, which may
// have several pages.
func shares(scenario *kyc.Scenario, from int, uploads []kyc.Upload) []share {
	var takers []int
	document := -1
	for i := from; i < len(scenario.Steps); i++ {
		switch scenario.Steps[i].Type {
		case kyc.StepDocument:
			if document < 0 {
				document = i
			}
			takers = append(takers, i)
		case kyc.StepSelfie, kyc.StepAddressProof:
			takers = append(takers, i)
		default:
		}
	}
	extra := max(0, len(uploads)-len(takers))
	var out []share
	for _, step := range takers {
		n := 1
		if step == document {
			n += extra
		}
		if n > len(uploads) {
			n = len(uploads)
		}
		if n == 0 {
			break
		}
		out = append(out, share{step: step, uploads: uploads[:n]})
		uploads = uploads[n:]
	}
	if len(out) > 0 && len(uploads) > 0 && document < 0 {
		out[len(out)-1].uploads = append(out[len(out)-1].uploads, uploads...)
	}
	return out
}

// sendAhead opens a try for each step that gets pictures and commits all of
// them together: the first goes to the engines, the others follow by themselves
// as their turn comes, also after a restart.
func (r *Room) sendAhead(ctx context.Context, s *kyc.Session, scenario *kyc.Scenario, uploads []kyc.Upload) error {
	parts := shares(scenario, s.Step, uploads)
	if len(parts) == 0 {
		return kyc.Errorf(kyc.Conflict, "no open step of this session takes pictures")
	}
	stored := make(map[int][]*kyc.Evidence, len(parts))
	var all []*kyc.Evidence
	tries := map[int]int{}
	err := r.Store.View(ctx, func(tx kyc.Tx) error {
		l, err := r.open(ctx, tx, s.ID, s.Step)
		if err != nil {
			return err
		}
		for _, part := range parts {
			tries[part.step] = nextTry(l, part.step)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, part := range parts {
		rows, err := r.storePictures(ctx, s, SubmitRequest{Step: part.step, Try: tries[part.step], Uploads: part.uploads})
		if err != nil {
			r.discard(ctx, all)
			return err
		}
		stored[part.step], all = rows, append(all, rows...)
	}
	err = r.moving(ctx, func(tx kyc.Tx, scan *kyc.FaceScan) error {
		if err := r.inTurn(ctx, tx, s.ID); err != nil {
			return err
		}
		l, err := r.open(ctx, tx, s.ID, s.Step)
		if err != nil {
			return err
		}
		l.scan = scan
		// Later steps first: the open one may end at once because of a bad
		// file, and what follows from that must already see them.
		for i := len(parts) - 1; i >= 0; i-- {
			if err := r.sendPart(ctx, tx, l, parts[i], tries[parts[i].step], stored[parts[i].step]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.discard(ctx, all)
	}
	return err
}

// nextTry is the number of the try that pictures for a step belong to.
func nextTry(l *loaded, step int) int {
	if a := l.last(step); a != nil && a.Status == kyc.Idle {
		return a.Try
	}
	return len(l.of(step)) + 1
}

func (r *Room) sendPart(ctx context.Context, tx kyc.Tx, l *loaded, part share, try int, rows []*kyc.Evidence) error {
	if nextTry(l, part.step) != try {
		return kyc.ErrConflict
	}
	a := l.last(part.step)
	if a == nil || a.Status != kyc.Idle {
		if l.triesLeft(part.step) == 0 {
			return kyc.Errorf(kyc.Conflict, "no attempts are left for step %d", part.step)
		}
		a = &kyc.Attempt{SessionID: l.session.ID, Step: part.step, Try: try, Type: l.scenario.Steps[part.step].Type, Status: kyc.Idle, StartedAt: tx.Now()}
		if err := r.Store.PutAttempt(ctx, tx, a); err != nil {
			return err
		}
		l.attempts = append(l.attempts, a)
	}
	if !a.SentAt.IsZero() {
		return kyc.Errorf(kyc.Conflict, "step %d has its pictures already", part.step)
	}
	return r.take(ctx, tx, l, a, rows, SubmitRequest{Step: part.step, Try: try, Uploads: part.uploads})
}
