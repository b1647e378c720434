package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Alone makes sure that no node works on this database, until release. On
// PostgreSQL it looks once: a node that starts later is not kept away.
func (s *Store) Alone(ctx context.Context) (release func() error, err error) {
	if s.dialect == SQLite {
		return s.Own()
	}
	var others int
	err = s.reader.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`, nodeName).Scan(&others)
	if err == nil && others > 0 {
		err = fmt.Errorf("%d connections of nodes are open on the database: stop every node first", others)
	}
	return func() error { return nil }, err
}

// About tells in words which database this is, and by how much its clock is
// ahead of ours. SQLite's clock is ours.
func (s *Store) About(ctx context.Context) (name string, ahead time.Duration, err error) {
	question := `SELECT 'SQLite ' || sqlite_version(), 0`
	if s.dialect == Postgres {
		question = `SELECT 'PostgreSQL ' || current_setting('server_version'), (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint`
	}
	var us int64
	before := s.now()
	if err := s.reader.QueryRowContext(ctx, question).Scan(&name, &us); err != nil {
		return "", 0, err
	}
	if us != 0 { // it was asked in the middle of the way
		took := s.now().Sub(before)
		ahead = time.UnixMicro(us).Sub(before.Add(took / 2))
	}
	return name, ahead, nil
}

// Sound reads the whole SQLite file and tells whether its trees are whole, which
// takes long for a large one. PostgreSQL has tools of its own for that.
func (s *Store) Sound(ctx context.Context) error {
	if s.dialect == Postgres {
		return nil
	}
	var verdict string
	if err := s.reader.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the file is damaged: %s", verdict)
	}
	return nil
}

// Writable tries to write and takes it back.
func (s *Store) Writable(ctx context.Context) error {
	back := errors.New("taken back")
	err := s.Do(ctx, func(tx kyc.Tx) error {
		if err := s.PutSetting(ctx, tx, "store.probe", []byte{1}); err != nil {
			return err
		}
		return back
	})
	if errors.Is(err, back) {
		return nil
	}
	return err
}

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
