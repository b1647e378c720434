package store

import (
	"context"
	"crypto/rand"

	"github.com/openkyc/openkyc/internal/kyc"
)

// EraseSession destroys what is known of a session's person: its keys, and every
// row that holds or finds something by them, notifications included. What stays
// is the row with scenario, verdict and times, and the timeline, which names
// nobody. A session that is open ends as expired. It gives the keys of the
// pictures, which are to be removed once this has committed; they open no more.
func (s *Store) EraseSession(ctx context.Context, tx kyc.Tx, v *kyc.Session) (blobs []string, err error) {
	u := use(tx)
	for _, statement := range []string{
		`DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE session_id = $1)`,
		`DELETE FROM deliveries WHERE session_id = $1`,
		`DELETE FROM session_errors WHERE session_id = $1`,
		`DELETE FROM session_terms WHERE session_id = $1`,
		`DELETE FROM frame_prints WHERE session_id = $1`,
		`DELETE FROM attempts WHERE session_id = $1`,
	} {
		if _, err := u.ExecContext(ctx, statement, v.ID); err != nil {
			return nil, err
		}
	}
	rows, err := u.QueryContext(ctx, `DELETE FROM evidence WHERE session_id = $1 RETURNING blob_key`, v.ID)
	if blobs, err = collect(rows, err, scanText); err != nil {
		return nil, err
	}
	nobody := make([]byte, 16) // an index that no client key has, nor another erased session
	if _, err := rand.Read(nobody); err != nil {
		return nil, err
	}
	if v.FinishedAt.IsZero() {
		v.Status, v.FinishedAt = kyc.Expired, u.now
	}
	err = one(u.ExecContext(ctx, `
		UPDATE sessions SET status = $2, finished_at = $3, erased_at = $4, lock = lock + 1, errors = '', capture = NULL, client = $5,
			client_key_index = $6, client_user_index = NULL, client_id_index = NULL, faces = NULL, face_templates = NULL,
			subject_key = $5, template_key = $5
		WHERE id = $1`, v.ID, v.Status, micro(v.FinishedAt), micro(u.now), []byte{}, nobody))
	if err != nil {
		return nil, err
	}
	delete(u.subjects, v.ID)
	return blobs, s.changed(ctx, u, kyc.ChangedSession, v.AccountID, v.ID)
}

// EraseSessionTemplates destroys a session's face templates with the key that
// opens them, and what its recordings are recognised by; all else stays (S26).
func (s *Store) EraseSessionTemplates(ctx context.Context, tx kyc.Tx, v *kyc.Session) error {
	u := use(tx)
	for _, statement := range []string{
		`UPDATE attempts SET templates = NULL WHERE session_id = $1`,
		`DELETE FROM frame_prints WHERE session_id = $1`,
	} {
		if _, err := u.ExecContext(ctx, statement, v.ID); err != nil {
			return err
		}
	}
	err := one(u.ExecContext(ctx, `UPDATE sessions SET face_templates = NULL, template_key = $2, lock = lock + 1 WHERE id = $1`, v.ID, []byte{}))
	if err != nil {
		return err
	}
	delete(u.subjects, v.ID)
	return s.changed(ctx, u, kyc.ChangedSession, v.AccountID, v.ID)
}

// SessionsOfClient names all sessions of a client key within an account.
func (s *Store) SessionsOfClient(ctx context.Context, tx kyc.Tx, accountID, clientKey string) ([]string, error) {
	u := use(tx)
	index, err := s.clientKeyIndex(ctx, u, accountID, clientKey)
	if err != nil {
		return nil, err
	}
	rows, err := u.QueryContext(ctx, `SELECT id FROM sessions WHERE account_id = $1 AND client_key_index = $2 ORDER BY created_at, id`, accountID, index)
	return collect(rows, err, scanText)
}

// PersonsOfSession names the persons of an account who have a face or a picture
// from a session.
func (s *Store) PersonsOfSession(ctx context.Context, tx kyc.Tx, accountID, sessionID string) ([]string, error) {
	rows, err := use(tx).QueryContext(ctx, `
		SELECT p.id FROM persons p WHERE p.account_id = $1 AND p.id IN (
			SELECT person_id FROM person_faces WHERE session_id = $2 UNION SELECT person_id FROM person_pictures WHERE session_id = $2)
		ORDER BY p.id`, accountID, sessionID)
	return collect(rows, err, scanText)
}

// ForgetSessionFaces removes the faces and pictures that a person has from a
// session, and gives the keys of the pictures, which are to be removed once this
// has committed.
func (s *Store) ForgetSessionFaces(ctx context.Context, tx kyc.Tx, p *kyc.Person, sessionID string) (blobs []string, err error) {
	u := use(tx)
	if err := s.tombs(ctx, u, "person_id = $2 AND session_id = $3", p.ID, sessionID); err != nil {
		return nil, err
	}
	if _, err := u.ExecContext(ctx, `DELETE FROM person_faces WHERE person_id = $1 AND session_id = $2`, p.ID, sessionID); err != nil {
		return nil, err
	}
	rows, err := u.QueryContext(ctx, `DELETE FROM person_pictures WHERE person_id = $1 AND session_id = $2 RETURNING blob_key`, p.ID, sessionID)
	if blobs, err = collect(rows, err, scanText); err != nil {
		return nil, err
	}
	return blobs, s.changed(ctx, u, kyc.ChangedPerson, p.AccountID, p.ListID)
}

// Scrub lets SQLite write its journal into the file, so that nothing that was
// destroyed lingers there; while somebody reads, it is done later by itself.
// PostgreSQL does as much when it vacuums.
func (s *Store) Scrub(ctx context.Context) error {
	if s.dialect != SQLite {
		return nil
	}
	_, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}
