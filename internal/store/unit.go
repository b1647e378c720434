package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/openkyc/openkyc/internal/kyc"
)

// unit is one unit of work. It belongs to one goroutine.
type unit struct {
	*sql.Tx
	now       time.Time
	subjects  map[string]subject // data keys that this unit has read already
	committed []func()
}

// Now is the fixed time of the unit: UTC, whole microseconds, as it is stored.
func (u *unit) Now() time.Time { return u.now }

// Do runs work in one write transaction that commits when work returns nil and
// otherwise leaves no trace. Units of work must not nest: the inner one would
// wait for the outer one's writer until its time limit.
func (s *Store) Do(ctx context.Context, work func(tx kyc.Tx) error) error {
	waiting, cancel := context.WithTimeout(ctx, beginWait)
	defer cancel()
	conn, err := s.writer.Conn(waiting)
	if err != nil {
		return fmt.Errorf("wait for the writer: %w", err)
	}
	defer func() { _ = conn.Close() }() // hands the connection back to the pool
	return s.run(ctx, conn, work)
}

// View runs work on one consistent snapshot, read only. It neither waits for
// writers nor sees what they have not committed.
func (s *Store) View(ctx context.Context, work func(tx kyc.Tx) error) error {
	waiting, cancel := context.WithTimeout(ctx, beginWait)
	defer cancel()
	conn, err := s.reader.Conn(waiting)
	if err != nil {
		return fmt.Errorf("wait for a reader: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return s.run(ctx, conn, work)
}

func (s *Store) run(ctx context.Context, conn *sql.Conn, work func(tx kyc.Tx) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // also when work panics; does nothing after a commit
	u := &unit{Tx: tx, now: s.now().UTC().Truncate(time.Microsecond), subjects: map[string]subject{}}
	if err := work(u); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, f := range u.committed {
		f()
	}
	return nil
}

// SQL hands the queue the transaction itself.
func (s *Store) SQL(tx kyc.Tx) *sql.Tx { return use(tx).Tx }

// AfterCommit calls f once the unit has committed, and never when it has not.
// f must be quick and must not fail; the queue wakes its workers with it.
func (s *Store) AfterCommit(tx kyc.Tx, f func()) {
	u := use(tx)
	u.committed = append(u.committed, f)
}

// use unwraps a unit of work. Another implementation of kyc.Tx can only come
// from a programming error, which must not pass for a failed request.
func use(tx kyc.Tx) *unit {
	u, ok := tx.(*unit)
	if !ok {
		panic(fmt.Sprintf("store: %T is not a unit of work of this package", tx))
	}
	return u
}

// row is what one-row reads scan from.
type row interface{ Scan(into ...any) error }

// missing turns "no rows" into the one answer for things that are not there.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return kyc.ErrNotFound()
	}
	return err
}

// one requires that a statement met exactly one row.
func one(result sql.Result, err error) error {
	n, err := affected(result, err)
	if err == nil && n == 0 {
		return kyc.ErrNotFound()
	}
	return err
}

// affected counts the rows that a statement met.
func affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// taken turns a broken uniqueness rule into a conflict with a sentence.
func taken(err error, sentence string) error {
	var fault *sqlite.Error
	if errors.As(err, &fault) {
		switch fault.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return kyc.Wrap(kyc.Conflict, err, "%s", sentence)
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return kyc.Wrap(kyc.NotFound, err, kyc.MessageNotFound)
		}
	}
	return err
}

// collect reads all rows before it returns, because no second statement may
// run on the transaction while rows are open.
func collect[T any](rows *sql.Rows, err error, scan func(row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
