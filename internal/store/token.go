package store

import (
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const tokenColumns = `id, account_id, name, hash, permissions, expires_at, created_at, last_used_at`

// CreateToken adds a permanent token, of which only the hash is known here.
func (s *Store) CreateToken(ctx context.Context, tx kyc.Tx, t *kyc.APIToken) error {
	u := use(tx)
	permissions, err := list(t.Permissions)
	if err != nil {
		return err
	}
	if t.CreatedAt.IsZero() {
		t.CreatedAt = u.now
	}
	_, err = u.ExecContext(ctx, `INSERT INTO api_tokens (`+tokenColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.AccountID, t.Name, t.Hash, permissions, micro(t.ExpiresAt), micro(t.CreatedAt), micro(t.LastUsedAt))
	return taken(err, "this token exists already")
}

// TokenByHash reads a token as it is at this moment, whether it has expired or
// not. Every call of an integrator begins with it.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (*kyc.APIToken, error) {
	t, err := scanToken(s.alone(ctx, `SELECT `+tokenColumns+` FROM api_tokens WHERE hash = $1`, hash))
	return t, judge(missing(err))
}

// Tokens reads an account's tokens, oldest first.
func (s *Store) Tokens(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.APIToken, error) {
	rows, err := use(tx).QueryContext(ctx,
		`SELECT `+tokenColumns+` FROM api_tokens WHERE account_id = $1 ORDER BY created_at, id`, accountID)
	return collect(rows, err, scanToken)
}

// UpdateToken changes when a token ends; the zero time is never. Another
// account's token is not found.
func (s *Store) UpdateToken(ctx context.Context, tx kyc.Tx, accountID, id string, expires time.Time) error {
	return one(use(tx).ExecContext(ctx,
		`UPDATE api_tokens SET expires_at = $3 WHERE account_id = $1 AND id = $2`, accountID, id, micro(expires)))
}

// DeleteToken ends a token at once. Another account's token is not found.
func (s *Store) DeleteToken(ctx context.Context, tx kyc.Tx, accountID, id string) error {
	return one(use(tx).ExecContext(ctx, `DELETE FROM api_tokens WHERE account_id = $1 AND id = $2`, accountID, id))
}

// TouchToken notes when a token was used last.
func (s *Store) TouchToken(ctx context.Context, tx kyc.Tx, id string, at time.Time) error {
	return one(use(tx).ExecContext(ctx, `UPDATE api_tokens SET last_used_at = $2 WHERE id = $1`, id, micro(at)))
}

func scanToken(r row) (*kyc.APIToken, error) {
	t := &kyc.APIToken{}
	return orNil(t, r.Scan(&t.ID, &t.AccountID, &t.Name, &t.Hash, unlist{&t.Permissions},
		clock{&t.ExpiresAt}, clock{&t.CreatedAt}, clock{&t.LastUsedAt}))
}
