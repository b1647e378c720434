package store

import (
	"context"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

const attemptQuery = `SELECT session_id, step, try, type, status, started_at, sent_at, finished_at, challenge, frames, finding, templates FROM attempts `

// attemptColumns is what of an attempt has to be encoded before it is written.
type attemptColumns struct {
	challenge, frames  string
	finding, templates []byte
}

func (s *Store) attemptColumns(ctx context.Context, u *unit, v *kyc.Attempt) (c attemptColumns, err error) {
	k, err := s.subject(ctx, u, v.SessionID)
	if err != nil {
		return c, err
	}
	if c.challenge, err = list(v.Challenge); err != nil {
		return c, err
	}
	if c.frames, err = list(v.Frames); err != nil {
		return c, err
	}
	c.finding, c.templates, err = s.sealFinding(k, v.Finding, "attempts", "finding", "templates", v.SessionID, v.Step, v.Try)
	return c, err
}

// PutAttempt adds a try. When somebody else has opened the same one it is
// kyc.ErrConflict.
func (s *Store) PutAttempt(ctx context.Context, tx kyc.Tx, v *kyc.Attempt) error {
	u := use(tx)
	c, err := s.attemptColumns(ctx, u, v)
	if err != nil {
		return err
	}
	n, err := affected(u.ExecContext(ctx, `
		INSERT INTO attempts (session_id, step, try, type, status, started_at, sent_at, finished_at, challenge, frames, finding, templates)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (session_id, step, try) DO NOTHING`,
		v.SessionID, v.Step, v.Try, v.Type, v.Status, micro(v.StartedAt), micro(v.SentAt), micro(v.FinishedAt),
		c.challenge, c.frames, c.finding, c.templates))
	if err != nil {
		return err
	}
	if n == 0 {
		return kyc.ErrConflict
	}
	return s.noteFinding(ctx, u, v)
}

// UpdateAttempt writes a try over the one that is stored, but only while that
// has the status from, else kyc.ErrConflict. So of two workers that checked the
// same evidence only one has an effect.
func (s *Store) UpdateAttempt(ctx context.Context, tx kyc.Tx, v *kyc.Attempt, from kyc.Status) error {
	u := use(tx)
	c, err := s.attemptColumns(ctx, u, v)
	if err != nil {
		return err
	}
	n, err := affected(u.ExecContext(ctx, `
		UPDATE attempts SET type = $5, status = $6, started_at = $7, sent_at = $8, finished_at = $9,
			challenge = $10, frames = $11, finding = $12, templates = $13
		WHERE session_id = $1 AND step = $2 AND try = $3 AND status = $4`,
		v.SessionID, v.Step, v.Try, from, v.Type, v.Status, micro(v.StartedAt), micro(v.SentAt), micro(v.FinishedAt),
		c.challenge, c.frames, c.finding, c.templates))
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := s.Attempt(ctx, tx, v.SessionID, v.Step, v.Try); err != nil {
			return err
		}
		return kyc.ErrConflict
	}
	return s.noteFinding(ctx, u, v)
}

func (s *Store) noteFinding(ctx context.Context, u *unit, v *kyc.Attempt) error {
	if v.Finding == nil {
		return nil
	}
	return s.noteCodes(ctx, u, v.SessionID, v.Finding.Errors)
}

// Attempt reads one try.
func (s *Store) Attempt(ctx context.Context, tx kyc.Tx, sessionID string, step, try int) (*kyc.Attempt, error) {
	u := use(tx)
	v, err := scanAttempt(u.QueryRowContext(ctx, attemptQuery+`WHERE session_id = $1 AND step = $2 AND try = $3`, sessionID, step, try))
	if err != nil {
		return nil, missing(err)
	}
	return s.unsealAttempt(ctx, u, v)
}

// Attempts reads all tries of a session by step and try.
func (s *Store) Attempts(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Attempt, error) {
	u := use(tx)
	rows, err := u.QueryContext(ctx, attemptQuery+`WHERE session_id = $1 ORDER BY step, try`, sessionID)
	sealed, err := collect(rows, err, scanAttempt)
	if err != nil {
		return nil, err
	}
	var all []*kyc.Attempt
	for _, v := range sealed {
		attempt, err := s.unsealAttempt(ctx, u, v)
		if err != nil {
			return nil, err
		}
		all = append(all, attempt)
	}
	return all, nil
}

// glanceQuery leaves face templates where they are: the longest column of all.
const glanceQuery = `SELECT session_id, step, try, type, status, started_at, sent_at, finished_at, challenge, frames, finding, COALESCE(length(templates), 0) FROM attempts `

// AttemptsOf reads the tries of sessions to be shown. Of face templates it reads
// their labels only. What findings refer to may be shared with others who look
// at them: nobody changes it.
func (s *Store) AttemptsOf(ctx context.Context, tx kyc.Tx, sessionIDs []string) (map[string][]*kyc.Attempt, error) {
	all := make(map[string][]*kyc.Attempt, len(sessionIDs))
	if len(sessionIDs) == 0 {
		return all, nil
	}
	u := use(tx)
	if err := s.loadMissing(ctx, u, sessionIDs); err != nil {
		return nil, err
	}
	var a args
	rows, err := u.QueryContext(ctx, glanceQuery+`WHERE session_id IN (`+in(&a, sessionIDs)+`) ORDER BY session_id, step, try`, a...)
	sealed, err := collect(rows, err, scanGlance)
	if err != nil {
		return nil, err
	}
	findings := make([]*storedFinding, len(sealed))
	err = each(len(sealed), func(i int) (err error) {
		findings[i], err = s.glance(u, sealed[i], len(sessionIDs) == 1) // a list is hardly read twice
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, v := range sealed {
		attempt, stored := &v.Attempt, findings[i]
		switch {
		case stored == nil:
		case v.templates > 0 && len(stored.Labels) == 0: // written before labels were kept
			if attempt, err = s.Attempt(ctx, tx, v.SessionID, v.Step, v.Try); err != nil {
				return nil, err
			}
		default:
			attempt.Finding = stored.glanced()
		}
		all[v.SessionID] = append(all[v.SessionID], attempt)
	}
	return all, nil
}

// sealedGlance is a row of glanceQuery.
type sealedGlance struct {
	kyc.Attempt
	finding   []byte
	templates int // bytes
}

func scanGlance(r row) (*sealedGlance, error) {
	v := &sealedGlance{}
	err := r.Scan(&v.SessionID, &v.Step, &v.Try, &v.Type, &v.Status, clock{&v.StartedAt}, clock{&v.SentAt}, clock{&v.FinishedAt},
		unlist{&v.Challenge}, unlist{&v.Frames}, &v.finding, &v.templates)
	return orNil(v, err)
}

// glance opens a finding without its templates; nil when there is none. The
// unit has the session's keys already.
func (s *Store) glance(u *unit, v *sealedGlance, remember bool) (*storedFinding, error) {
	if v.finding == nil {
		return nil, nil
	}
	f, err := s.glanceFinding(u.subjects[v.SessionID], v.finding, remember, place("attempts", "finding", v.SessionID, v.Step, v.Try))
	if err != nil {
		return nil, fmt.Errorf("attempt %s/%d/%d: %w", v.SessionID, v.Step, v.Try, err)
	}
	return f, nil
}

// loadMissing reads the data keys that this unit has not read yet.
func (s *Store) loadMissing(ctx context.Context, u *unit, sessionIDs []string) error {
	var unknown []string
	for _, id := range sessionIDs {
		if _, ok := u.subjects[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return s.loadSubjects(ctx, u, unknown)
}

// sealedAttempt is a row before its sealed columns are opened.
type sealedAttempt struct {
	kyc.Attempt
	finding, templates []byte
}

func scanAttempt(r row) (*sealedAttempt, error) {
	v := &sealedAttempt{}
	err := r.Scan(&v.SessionID, &v.Step, &v.Try, &v.Type, &v.Status, clock{&v.StartedAt}, clock{&v.SentAt}, clock{&v.FinishedAt},
		unlist{&v.Challenge}, unlist{&v.Frames}, &v.finding, &v.templates)
	return orNil(v, err)
}

func (s *Store) unsealAttempt(ctx context.Context, u *unit, v *sealedAttempt) (*kyc.Attempt, error) {
	k, err := s.subject(ctx, u, v.SessionID)
	if err != nil {
		return nil, err
	}
	v.Finding, err = s.unsealFinding(k, v.finding, v.templates, "attempts", "finding", "templates", v.SessionID, v.Step, v.Try)
	if err != nil {
		return nil, fmt.Errorf("attempt %s/%d/%d: %w", v.SessionID, v.Step, v.Try, err)
	}
	return &v.Attempt, nil
}
