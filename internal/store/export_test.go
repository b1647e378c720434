package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/openkyc/openkyc/internal/kyc"
)

// MigrateTo makes the tables as they were in an earlier version.
func MigrateTo(ctx context.Context, config Config, version int64) error {
	s, err := connect(ctx, config.filled())
	if err != nil {
		return err
	}
	return errors.Join(s.migrateTo(ctx, version), s.Close())
}

// Versions lists the versions that this program knows.
func Versions() (versions []int64, err error) {
	all, err := known(SQLite)
	for _, m := range all {
		versions = append(versions, m.Version)
	}
	return versions, err
}

// OpenBare opens a database without looking at its tables.
func OpenBare(address string) (*sql.DB, error) {
	config := Config{Address: address}.filled()
	s, err := connect(context.Background(), config)
	if err != nil {
		return nil, err
	}
	return s.writer, nil
}

// MigrationLock is the number of the lock that a migrating process holds.
func MigrationLock() int64 { return lockNumber("migration", "") }

// Bare is what FilterSessions sends for a filter's page, and for its count when
// it counts: statement and parameters, to be timed without the store.
type Bare struct {
	Query string
	Args  []any
}

// BareFilter makes the statements without running them. counted tells whether
// the call would count.
func (s *Store) BareFilter(ctx context.Context, f kyc.SessionFilter) (page, count Bare, err error) {
	err = s.View(ctx, func(tx kyc.Tx) error {
		u := use(tx)
		limit, offset, err := window(f.Page, f.PageSize)
		if err != nil {
			return err
		}
		c, err := s.search(ctx, u, f)
		if err != nil {
			return err
		}
		count.Query, count.Args = c.counting(countedSessions + 1)
		if f.Cursor != "" {
			at, err := s.readCursor(f)
			if err != nil {
				return err
			}
			c.after, offset = &at, 0
		}
		page.Query, page.Args = c.page(limit+1, offset)
		return nil
	})
	return page, count, err
}

// Reader is the pool that units of work read from.
func (s *Store) Reader() *sql.DB { return s.reader }

// AccountRef reads the reference to an account's key.
func (s *Store) AccountRef(ctx context.Context, accountID string) (ref kyc.KeyRef, err error) {
	err = s.View(ctx, func(tx kyc.Tx) error {
		ref, err = s.account(ctx, use(tx), accountID)
		return err
	})
	return ref, err
}
