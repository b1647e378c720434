package store

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Setting reads one value of the installation. Values lie as they were given:
// who keeps a secret here wraps it first.
func (s *Store) Setting(ctx context.Context, tx kyc.Tx, key string) ([]byte, error) {
	var value []byte
	err := use(tx).QueryRowContext(ctx, `SELECT value FROM settings WHERE key = $1`, key).Scan(&value)
	return value, missing(err)
}

// PutSetting writes one value of the installation over what was there.
func (s *Store) PutSetting(ctx context.Context, tx kyc.Tx, key string, value []byte) error {
	_, err := use(tx).ExecContext(ctx,
		`INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}
