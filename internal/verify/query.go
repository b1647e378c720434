package verify

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/openkyc/openkyc/internal/kyc"
)

// StatusRequest asks for one session: by its id, or the newest of a client key.
// With both, the client key wins.
type StatusRequest struct {
	SessionID string
	ClientKey string // raw
}

// Status answers the integrator's main question.
func (r *Room) Status(ctx context.Context, p *kyc.Principal, req StatusRequest) (kyc.SessionView, error) {
	if faults := req.faults(); len(faults) > 0 {
		return kyc.SessionView{}, kyc.ErrInvalid(faults...)
	}
	var view kyc.SessionView
	err := r.Store.Glance(ctx, func(tx kyc.Tx) error {
		session, fresh, err := r.asked(ctx, tx, p, req)
		if err != nil {
			return err
		}
		if !sees(p, session) {
			return kyc.ErrNotFound()
		}
		l, err := r.gather(ctx, tx, session, fresh)
		if err != nil {
			return err
		}
		view, err = r.viewIn(ctx, tx, l)
		return err
	})
	if err != nil {
		return kyc.SessionView{}, err
	}
	return view.For(p), nil
}

// asked finds the session that a request means.
func (r *Room) asked(ctx context.Context, tx kyc.Tx, p *kyc.Principal, req StatusRequest) (s *kyc.Session, fresh bool, err error) {
	if req.ClientKey != "" {
		return r.Store.ShownLatest(ctx, tx, p.AccountID, req.ClientKey)
	}
	return r.Store.ShownSession(ctx, tx, req.SessionID)
}

func (req StatusRequest) faults() []string {
	switch {
	case req.SessionID == "" && req.ClientKey == "":
		return []string{"sessionId, clientKey: send at least one"}
	case req.ClientKey != "" && !utf8.ValidString(req.ClientKey):
		return []string{"clientKey: not valid UTF-8"}
	case utf8.RuneCountInString(req.ClientKey) > kyc.MaxClientKey:
		return []string{"clientKey: at most 36 characters; send the raw key, not the encrypted one"}
	case req.SessionID != "" && !kyc.ValidID(req.SessionID):
		return []string{"sessionId: must be a UUID of version 1"}
	}
	return nil
}

// Page is one page of sessions.
type Page struct {
	Sessions  []kyc.SessionView
	Total     int
	Estimated bool   // Total is an estimate
	Next      string // cursor
}

// Filter lists sessions of the principal's account; an admin may look into all.
func (r *Room) Filter(ctx context.Context, p *kyc.Principal, f kyc.SessionFilter) (Page, error) {
	if !p.Can(kyc.LogsKYC) {
		return Page{}, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if p.Role != kyc.RoleAdmin {
		f.AccountID = p.AccountID
	}
	if !p.Can(kyc.ViewOCR) && searchesBeginnings(f) {
		return Page{}, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	var page Page
	err := r.Store.View(ctx, func(tx kyc.Tx) error {
		found, err := r.Store.FilterSessions(ctx, tx, f)
		if err != nil {
			return err
		}
		page = Page{Total: found.Total, Estimated: found.Estimated, Next: found.Next}
		page.Sessions, err = r.views(ctx, tx, p, found.Sessions)
		return err
	})
	return page, err
}

// searchesBeginnings tells whether a filter asks for beginnings of words. With
// those one could spell out, letter by letter, what one may not read; a whole
// value finds only what one knows already.
func searchesBeginnings(f kyc.SessionFilter) bool {
	for _, value := range f.OCR {
		if strings.Contains(value, "*") {
			return true
		}
	}
	return false
}

// views assembles many session objects with a fixed number of reads.
func (r *Room) views(ctx context.Context, tx kyc.Tx, p *kyc.Principal, sessions []*kyc.Session) ([]kyc.SessionView, error) {
	ids := make([]string, 0, len(sessions))
	for _, s := range sessions {
		ids = append(ids, s.ID)
	}
	attempts, err := r.Store.AttemptsOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	evidence, err := r.Store.EvidenceOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	fresh, err := r.Store.NewClients(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	views := make([]kyc.SessionView, 0, len(sessions))
	for _, s := range sessions {
		scenario, err := r.Store.ShownScenario(ctx, tx, s.ScenarioID, s.Revision)
		if err != nil {
			return nil, err
		}
		l := &loaded{session: s, fresh: fresh[s.ID], scenario: scenario, attempts: attempts[s.ID]}
		views = append(views, assemble(l, evidence[s.ID], tx.Now()).For(p))
	}
	return views, nil
}

// Timeline lists what happened to a session, oldest first.
func (r *Room) Timeline(ctx context.Context, p *kyc.Principal, sessionID string) (events []kyc.Event, err error) {
	if !p.Can(kyc.LogsKYC) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		s, err := r.Store.Session(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		if !sees(p, s) {
			return kyc.ErrNotFound()
		}
		events, err = r.Store.Events(ctx, tx, sessionID)
		return err
	})
	return events, err
}
