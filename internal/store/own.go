package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
)

// Own makes this process the database's only worker until release, or until
// the process dies. Readers and short writers, such as commands on the side,
// need not own it. The lock is a transaction held open on a file of its own,
// because SQLite's locks work everywhere and end with their process. A
// PostgreSQL database has any number of workers, so there it is always granted.
func (s *Store) Own() (release func() error, err error) {
	if s.dialect == Postgres {
		return func() error { return nil }, nil
	}
	path := s.config.Address + ".owner"
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("own the database: %w", err)
	}
	query := url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(0)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("own the database: %w", err)
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("own the database: another process works on it; stop that one first: %w", err), db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}
