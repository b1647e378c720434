package store

import (
	"context"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const sessionColumns = `s.id, s.account_id, s.scenario_id, s.revision, s.origin, s.status, s.step, s.errors, s.lock,
	s.created_at, s.expires_at, s.finished_at, s.capture, s.client, s.faces, s.face_templates,
	s.subject_key, s.template_key, a.key, s.erased_at`

const sessionQuery = `SELECT ` + sessionColumns + ` FROM sessions s JOIN accounts a ON a.id = s.account_id `

// shownSessionQuery reads what is shown of a session, which is no credential and
// no face template, and whether its client key had been seen before it.
const shownSessionQuery = `SELECT s.id, s.account_id, s.scenario_id, s.revision, s.origin, s.status, s.step, s.errors, s.lock,
	s.created_at, s.expires_at, s.finished_at, NULL, s.client, s.faces, NULL,
	s.subject_key, s.template_key, a.key, s.erased_at, NOT EXISTS (
		SELECT 1 FROM sessions e WHERE e.account_id = s.account_id AND e.client_key_index = s.client_key_index
		AND (e.created_at, e.id) < (s.created_at, s.id))
	FROM sessions s JOIN accounts a ON a.id = s.account_id `

// client is the sealed part of a session row.
type client struct {
	Key  string `json:"key"`
	User string `json:"user,omitempty"`
	ID   string `json:"id,omitempty"`
	New  *bool  `json:"new,omitempty"`
}

// The fields that blind indexes are made for.
const (
	fieldClientKey  = "client_key"
	fieldClientUser = "client_user"
	fieldClientID   = "client_id"
)

// personal is what of a session has to be sealed or blinded before it is written.
type personal struct {
	client, faces, templates []byte
	key, user, id            []byte
}

func (s *Store) personal(k subject, v *kyc.Session) (p personal, err error) {
	if p.client, err = s.sealJSON(k.data, client{v.ClientKey, v.ClientUser, v.ClientID, v.ClientNew}, place("sessions", "client", v.ID)); err != nil {
		return p, err
	}
	if p.faces, p.templates, err = s.sealFinding(k, v.Faces, "sessions", "faces", "face_templates", v.ID); err != nil {
		return p, err
	}
	if p.key, err = s.blind(k.data, fieldClientKey, v.ClientKey); err != nil {
		return p, err
	}
	if p.user, err = s.blind(k.data, fieldClientUser, v.ClientUser); err != nil {
		return p, err
	}
	p.id, err = s.blind(k.data, fieldClientID, v.ClientID)
	return p, err
}

// CreateSession draws the session's data keys, writes it and sets Key and Lock.
func (s *Store) CreateSession(ctx context.Context, tx kyc.Tx, v *kyc.Session) error {
	u := use(tx)
	if v.ClientKey == "" {
		return kyc.ErrInvalid("clientKey: a session belongs to somebody")
	}
	k, err := s.newSubject(ctx, u, v.AccountID, v.ID)
	if err != nil {
		return err
	}
	p, err := s.personal(k, v)
	if err != nil {
		return err
	}
	faults, err := list(v.Errors)
	if err != nil {
		return err
	}
	if v.CreatedAt.IsZero() {
		v.CreatedAt = u.now
	}
	_, err = u.ExecContext(ctx, `
		INSERT INTO sessions (id, account_id, scenario_id, revision, origin, status, step, errors, lock,
			created_at, expires_at, finished_at, capture, client, client_key_index, client_user_index, client_id_index,
			faces, face_templates, subject_key, template_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		v.ID, v.AccountID, v.ScenarioID, v.Revision, v.Origin, v.Status, v.Step, faults,
		micro(v.CreatedAt), micro(v.ExpiresAt), micro(v.FinishedAt), none(v.Capture), p.client, p.key, p.user, p.id,
		p.faces, p.templates, k.data.SubjectKey, k.templates.SubjectKey)
	if err != nil {
		return taken(err, "a session with this id exists already")
	}
	v.Lock, v.Key = 1, k.data
	if err := s.noteErrors(ctx, u, v); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedSession, v.AccountID, v.ID)
}

// none writes an empty value as NULL, which no unique index compares.
func none(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// UpdateSession writes everything that may change, but only over the row that
// was read: when Lock has moved on it writes nothing and returns
// kyc.ErrConflict. Account, scenario, revision, origin and creation stay.
func (s *Store) UpdateSession(ctx context.Context, tx kyc.Tx, v *kyc.Session) error {
	u := use(tx)
	k, err := s.subject(ctx, u, v.ID)
	if err != nil {
		return err
	}
	p, err := s.personal(k, v)
	if err != nil {
		return err
	}
	faults, err := list(v.Errors)
	if err != nil {
		return err
	}
	n, err := affected(u.ExecContext(ctx, `
		UPDATE sessions SET status = $3, step = $4, errors = $5, lock = lock + 1, expires_at = $6, finished_at = $7,
			capture = $8, client = $9, client_key_index = $10, client_user_index = $11, client_id_index = $12,
			faces = $13, face_templates = $14
		WHERE id = $1 AND lock = $2`,
		v.ID, v.Lock, v.Status, v.Step, faults, micro(v.ExpiresAt), micro(v.FinishedAt),
		none(v.Capture), p.client, p.key, p.user, p.id, p.faces, p.templates))
	if err != nil {
		return taken(err, "this capture credential is in use")
	}
	if n == 0 {
		return kyc.ErrConflict // the row is there: its keys were just read
	}
	v.Lock, v.Key = v.Lock+1, k.data
	if err := s.noteErrors(ctx, u, v); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedSession, v.AccountID, v.ID)
}

// noteErrors makes the session findable by the codes that it carries itself.
func (s *Store) noteErrors(ctx context.Context, u *unit, v *kyc.Session) error {
	codes := make([]kyc.Code, 0, len(v.Errors))
	for _, e := range v.Errors {
		codes = append(codes, kyc.Code(e))
	}
	if v.Faces != nil {
		codes = append(codes, v.Faces.Errors...)
	}
	return s.noteCodes(ctx, u, v.ID, codes)
}

func (s *Store) noteCodes(ctx context.Context, u *unit, sessionID string, codes []kyc.Code) error {
	for _, code := range codes {
		_, err := u.ExecContext(ctx, `
			INSERT INTO session_errors (session_id, code, account_id, created_at) SELECT id, $2, account_id, created_at FROM sessions WHERE id = $1
			ON CONFLICT (session_id, code) DO NOTHING`, sessionID, code)
		if err != nil {
			return err
		}
	}
	return nil
}

// Session reads one session.
func (s *Store) Session(ctx context.Context, tx kyc.Tx, id string) (*kyc.Session, error) {
	return s.session(ctx, use(tx), `WHERE s.id = $1`, id)
}

// SessionByCapture reads the session that a widget's credential belongs to, by
// the credential's SHA-256.
func (s *Store) SessionByCapture(ctx context.Context, tx kyc.Tx, hash []byte) (*kyc.Session, error) {
	if len(hash) == 0 {
		return nil, kyc.ErrNotFound()
	}
	return s.session(ctx, use(tx), `WHERE s.capture = $1`, hash)
}

// ShownSession reads one session to be shown, and tells whether its client key
// had never been seen in the account before it. What its finding refers to may
// be shared with others who look at it: nobody changes it.
func (s *Store) ShownSession(ctx context.Context, tx kyc.Tx, id string) (session *kyc.Session, fresh bool, err error) {
	return s.shown(ctx, use(tx), `WHERE s.id = $1`, id)
}

// ShownLatest is ShownSession of the newest one of a client key within an account.
func (s *Store) ShownLatest(ctx context.Context, tx kyc.Tx, accountID, clientKey string) (session *kyc.Session, fresh bool, err error) {
	u := use(tx)
	index, err := s.clientKeyIndex(ctx, u, accountID, clientKey)
	if err != nil {
		return nil, false, err
	}
	return s.shown(ctx, u, `WHERE s.account_id = $1 AND s.client_key_index = $2 ORDER BY s.created_at DESC, s.id DESC LIMIT 1`, accountID, index)
}

// LatestOfScenario reads the newest session of a client key in one scenario.
func (s *Store) LatestOfScenario(ctx context.Context, tx kyc.Tx, accountID, scenarioID, clientKey string) (*kyc.Session, error) {
	u := use(tx)
	index, err := s.clientKeyIndex(ctx, u, accountID, clientKey)
	if err != nil {
		return nil, err
	}
	return s.session(ctx, u, `WHERE s.account_id = $1 AND s.client_key_index = $2 AND s.scenario_id = $3
		ORDER BY s.created_at DESC, s.id DESC LIMIT 1`, accountID, index, scenarioID)
}

func (s *Store) clientKeyIndex(ctx context.Context, u *unit, accountID, clientKey string) ([]byte, error) {
	ref, err := s.knownAccount(ctx, u, accountID)
	if err != nil {
		return nil, err
	}
	return s.blind(ref, fieldClientKey, clientKey)
}

// DueSessions names open sessions whose time has run out, longest due first.
func (s *Store) DueSessions(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]string, error) {
	rows, err := use(tx).QueryContext(ctx, `
		SELECT id FROM sessions WHERE finished_at = 0 AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`, micro(now), limit)
	return collect(rows, err, scanText)
}

// BusySessions names sessions that have been with the engines and were opened
// before a time, oldest first.
func (s *Store) BusySessions(ctx context.Context, tx kyc.Tx, before time.Time, limit int) ([]string, error) {
	rows, err := use(tx).QueryContext(ctx, `
		SELECT s.id FROM accounts a JOIN sessions s ON s.account_id = a.id
		WHERE s.status = 'processing' AND s.created_at < $1 ORDER BY s.created_at, s.id LIMIT $2`, micro(before), limit)
	return collect(rows, err, scanText)
}

// NewClients tells of many sessions at once whether their client key had never
// been seen in the account before them.
func (s *Store) NewClients(ctx context.Context, tx kyc.Tx, sessionIDs []string) (map[string]bool, error) {
	if len(sessionIDs) == 0 {
		return map[string]bool{}, nil
	}
	var a args
	rows, err := use(tx).QueryContext(ctx, `
		SELECT s.id FROM sessions s WHERE s.id IN (`+in(&a, sessionIDs)+`) AND NOT EXISTS (
			SELECT 1 FROM sessions e WHERE e.account_id = s.account_id AND e.client_key_index = s.client_key_index
			AND (e.created_at, e.id) < (s.created_at, s.id))`, a...)
	ids, err := collect(rows, err, scanText)
	fresh := make(map[string]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, err
}

func scanText(r row) (string, error) {
	var text string
	err := r.Scan(&text)
	return text, err
}

// sealedSession is a row before its sealed columns are opened.
type sealedSession struct {
	kyc.Session
	keys                     subject
	client, faces, templates []byte
}

func scanSession(r row) (*sealedSession, error) {
	v := &sealedSession{}
	return orNil(v, v.scan(r))
}

// scan takes the session's columns, and more that stand behind them.
func (v *sealedSession) scan(r row, more ...any) error {
	var accountKey, data, templates []byte
	err := r.Scan(append([]any{&v.ID, &v.AccountID, &v.ScenarioID, &v.Revision, &v.Origin, &v.Status, &v.Step, unlist{&v.Errors}, &v.Lock,
		clock{&v.CreatedAt}, clock{&v.ExpiresAt}, clock{&v.FinishedAt}, &v.Capture, &v.client, &v.faces, &v.templates,
		&data, &templates, &accountKey, clock{&v.ErasedAt}}, more...)...)
	v.keys = newSubjectOf(v.ID, v.AccountID, accountKey, data, templates)
	return err
}

func (s *Store) session(ctx context.Context, u *unit, where string, a ...any) (*kyc.Session, error) {
	v, err := scanSession(u.QueryRowContext(ctx, sessionQuery+where, a...))
	if err != nil {
		return nil, missing(err)
	}
	u.subjects[v.ID] = v.keys
	return s.unsealSession(v)
}

func (s *Store) shown(ctx context.Context, u *unit, where string, a ...any) (session *kyc.Session, fresh bool, err error) {
	v := &sealedSession{}
	if err := v.scan(u.QueryRowContext(ctx, shownSessionQuery+where, a...), &fresh); err != nil {
		return nil, false, missing(err)
	}
	u.subjects[v.ID] = v.keys
	if err := s.unsealClient(v); err != nil {
		return nil, false, err
	}
	if v.faces != nil {
		f, err := s.glanceFinding(v.keys, v.faces, true, place("sessions", "faces", v.ID))
		if err != nil {
			return nil, false, fmt.Errorf("session %s: %w", v.ID, err)
		}
		v.Faces = f.glanced()
	}
	return &v.Session, fresh, nil
}

func (s *Store) sessionsBy(ctx context.Context, u *unit, query string, a ...any) ([]*kyc.Session, error) {
	rows, err := u.QueryContext(ctx, query, a...)
	all, err := collect(rows, err, scanSession)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		u.subjects[v.ID] = v.keys
	}
	sessions := make([]*kyc.Session, len(all))
	return sessions, each(len(all), func(i int) (err error) {
		sessions[i], err = s.unsealSession(all[i])
		return err
	})
}

// unsealClient opens whose session it is; of an erased one nobody knows, and it
// has no keys that anything could be sealed with.
func (s *Store) unsealClient(v *sealedSession) error {
	if !v.ErasedAt.IsZero() {
		return nil
	}
	var c client
	if err := s.unsealJSON(v.keys.data, v.client, &c, place("sessions", "client", v.ID)); err != nil {
		return fmt.Errorf("session %s: %w", v.ID, err)
	}
	v.ClientKey, v.ClientUser, v.ClientID, v.ClientNew, v.Key = c.Key, c.User, c.ID, c.New, v.keys.data
	return nil
}

func (s *Store) unsealSession(v *sealedSession) (*kyc.Session, error) {
	if err := s.unsealClient(v); err != nil {
		return nil, err
	}
	faces, err := s.unsealFinding(v.keys, v.faces, v.templates, "sessions", "faces", "face_templates", v.ID)
	if err != nil {
		return nil, fmt.Errorf("session %s: %w", v.ID, err)
	}
	v.Faces = faces
	return &v.Session, nil
}
