package store

import (
	"context"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

const evidenceColumns = `id, session_id, step, try, name, derived, blob_key, digest, size, width, height, created_at`

// AddEvidence adds the row of one stored picture.
func (s *Store) AddEvidence(ctx context.Context, tx kyc.Tx, e *kyc.Evidence) error {
	u := use(tx)
	if e.CreatedAt.IsZero() {
		e.CreatedAt = u.now
	}
	_, err := u.ExecContext(ctx, `INSERT INTO evidence (`+evidenceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		e.ID, e.SessionID, e.Step, e.Try, e.Name, e.Derived, e.BlobKey, e.Digest, e.Size, e.Width, e.Height, micro(e.CreatedAt))
	return taken(err, "this evidence exists already")
}

// Evidence reads a session's pictures by step, try and the order they came in.
func (s *Store) Evidence(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Evidence, error) {
	all, err := s.EvidenceOf(ctx, tx, []string{sessionID})
	return all[sessionID], err
}

// EvidenceOf reads the pictures of many sessions at once, for lists.
func (s *Store) EvidenceOf(ctx context.Context, tx kyc.Tx, sessionIDs []string) (map[string][]*kyc.Evidence, error) {
	all := make(map[string][]*kyc.Evidence, len(sessionIDs))
	if len(sessionIDs) == 0 {
		return all, nil
	}
	var a args
	rows, err := use(tx).QueryContext(ctx, `SELECT `+evidenceColumns+` FROM evidence
		WHERE session_id IN (`+in(&a, sessionIDs)+`) ORDER BY session_id, step, try, seq`, a...)
	list, err := collect(rows, err, scanEvidence)
	for _, e := range list {
		all[e.SessionID] = append(all[e.SessionID], e)
	}
	return all, err
}

// EvidenceByID reads one picture's row.
func (s *Store) EvidenceByID(ctx context.Context, tx kyc.Tx, id string) (*kyc.Evidence, error) {
	e, err := scanEvidence(use(tx).QueryRowContext(ctx, `SELECT `+evidenceColumns+` FROM evidence WHERE id = $1`, id))
	return e, missing(err)
}

// EvidenceUsage counts a session's pictures and their bytes, for quotas.
func (s *Store) EvidenceUsage(ctx context.Context, tx kyc.Tx, sessionID string) (pictures int, bytes int64, err error) {
	err = use(tx).QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM evidence WHERE session_id = $1`, sessionID).
		Scan(&pictures, &bytes)
	return pictures, bytes, err
}

func scanEvidence(r row) (*kyc.Evidence, error) {
	e := &kyc.Evidence{}
	return orNil(e, r.Scan(&e.ID, &e.SessionID, &e.Step, &e.Try, &e.Name, &e.Derived, &e.BlobKey, &e.Digest,
		&e.Size, &e.Width, &e.Height, clock{&e.CreatedAt}))
}

// AddEvent adds a line to a session's timeline.
func (s *Store) AddEvent(ctx context.Context, tx kyc.Tx, e kyc.Event) error {
	return s.AddEvents(ctx, tx, e)
}

// AddEvents adds lines to the timelines of sessions, in their order.
func (s *Store) AddEvents(ctx context.Context, tx kyc.Tx, events ...kyc.Event) error {
	if len(events) == 0 {
		return nil
	}
	u := use(tx)
	var a args
	rows := make([]string, len(events))
	for i, e := range events {
		if e.At.IsZero() {
			e.At = u.now
		}
		rows[i] = "(" + in(&a, []any{e.SessionID, micro(e.At), e.Kind, e.Actor, e.Detail}) + ")"
	}
	_, err := u.ExecContext(ctx, `INSERT INTO events (session_id, at, kind, actor, detail) VALUES `+strings.Join(rows, ", "), a...)
	return taken(err, "")
}

// Events reads a session's timeline in the order it was written.
func (s *Store) Events(ctx context.Context, tx kyc.Tx, sessionID string) ([]kyc.Event, error) {
	rows, err := use(tx).QueryContext(ctx, `SELECT session_id, at, kind, actor, detail FROM events WHERE session_id = $1 ORDER BY seq`, sessionID)
	return collect(rows, err, func(r row) (kyc.Event, error) {
		var e kyc.Event
		err := r.Scan(&e.SessionID, clock{&e.At}, &e.Kind, &e.Actor, &e.Detail)
		return e, err
	})
}
