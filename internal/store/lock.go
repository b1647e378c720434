package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Lock makes all units of work that lock the same name follow one another,
// until they end. It is for what no single statement and no compare-and-set
// can decide: "make one when there is none". What a unit reads after Lock is
// what the one before it committed. SQLite's units of work follow one another
// anyway. When the wait is too long it is a kyc.Conflict.
func (s *Store) Lock(ctx context.Context, tx kyc.Tx, name string) error {
	if s.dialect == SQLite {
		return nil
	}
	_, err := use(tx).ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lockNumber("unit", name))
	return err
}

// lockNumber is the number of an advisory lock. Two names with one number
// would only wait for each other.
func lockNumber(space, name string) int64 {
	sum := sha256.Sum256([]byte("openkyc/" + space + "/" + name))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // all 64 bits are the number
}
