package store

import (
	"context"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// CreateAccount adds an account and draws its key.
func (s *Store) CreateAccount(ctx context.Context, tx kyc.Tx, a *kyc.Account) error {
	u := use(tx)
	key, err := s.keys.NewAccountKey(a.ID)
	if err != nil {
		return fmt.Errorf("draw an account key: %w", err)
	}
	a.Key = key
	if a.CreatedAt.IsZero() {
		a.CreatedAt = u.now
	}
	_, err = u.ExecContext(ctx, `INSERT INTO accounts (id, name, key, created_at) VALUES ($1, $2, $3, $4)`,
		a.ID, a.Name, a.Key, micro(a.CreatedAt))
	return taken(err, "an account with this id exists already")
}

// Account reads one account.
func (s *Store) Account(ctx context.Context, tx kyc.Tx, id string) (*kyc.Account, error) {
	a, err := scanAccount(use(tx).QueryRowContext(ctx, `SELECT id, name, key, created_at FROM accounts WHERE id = $1`, id))
	return a, missing(err)
}

// Accounts reads all accounts, oldest first.
func (s *Store) Accounts(ctx context.Context, tx kyc.Tx) ([]*kyc.Account, error) {
	rows, err := use(tx).QueryContext(ctx, `SELECT id, name, key, created_at FROM accounts ORDER BY created_at, id`)
	return collect(rows, err, scanAccount)
}

func scanAccount(r row) (*kyc.Account, error) {
	a := &kyc.Account{}
	return orNil(a, r.Scan(&a.ID, &a.Name, &a.Key, clock{&a.CreatedAt}))
}

// orNil drops a half-read value, so that nobody uses it beside its error.
func orNil[T any](v *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}
