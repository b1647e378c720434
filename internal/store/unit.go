package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// unit is one unit of work. It belongs to one goroutine.
type unit struct {
	*sql.Tx
	conn      *sql.Conn
	now       time.Time
	subjects  map[string]subject // data keys that this unit has read already
	committed []func()
	prepared  *prepared
	repeated  []string // statements that are worth preparing
	reading   bool     // nothing is written, and what is read was committed
	brief     bool     // statements run to their end, whatever becomes of the caller
}

// Now is the fixed time of the unit: UTC, whole microseconds, as it is stored.
func (u *unit) Now() time.Time { return u.now }

// Do runs work in one write transaction that commits when work returns nil and
// otherwise leaves no trace. Units of work must not nest: the inner one would
// wait for the outer one's connection until its time limit.
//
// On SQLite units follow one another. On PostgreSQL they run side by side and
// each statement sees what was committed before it (READ COMMITTED): writes
// compare and set or fall back on a key, and Lock is there for the rest. Of two
// units that are in each other's way one is a kyc.Conflict.
func (s *Store) Do(ctx context.Context, work func(tx kyc.Tx) error) error {
	options := &sql.TxOptions{}
	if s.dialect == Postgres { // whatever the server's default is
		options.Isolation = sql.LevelReadCommitted
	}
	return s.run(ctx, s.writer, s.ready.writer, options, work)
}

// View runs work on one consistent snapshot, read only. It neither waits for
// writers nor sees what they have not committed.
func (s *Store) View(ctx context.Context, work func(tx kyc.Tx) error) error {
	options := &sql.TxOptions{}
	if s.dialect == Postgres { // SQLite's reading connections are like this by themselves
		options.Isolation, options.ReadOnly = sql.LevelRepeatableRead, true
	}
	return s.run(ctx, s.reader, s.ready.reader, options, work)
}

// Glance is View for a handful of rows that are found by their keys. SQLite is not
// told to look out for a caller who hangs up: a goroutine and a watch for each
// statement cost more than such a statement.
func (s *Store) Glance(ctx context.Context, work func(tx kyc.Tx) error) error {
	if s.dialect == Postgres {
		return s.View(ctx, work)
	}
	return s.run(ctx, s.reader, s.ready.reader, &sql.TxOptions{}, func(tx kyc.Tx) error {
		use(tx).brief = true
		return work(tx)
	})
}

// begin takes a connection and opens a transaction on it. A connection that
// broke while it lay in the pool is noticed here at the latest, and another one
// is taken: nothing has happened on it yet.
func (s *Store) begin(ctx context.Context, db *sql.DB, options *sql.TxOptions) (*sql.Conn, *sql.Tx, error) {
	waiting, cancel := context.WithTimeout(ctx, beginWait)
	defer cancel()
	for {
		conn, err := db.Conn(waiting)
		if err != nil {
			return nil, nil, fmt.Errorf("wait for the database: %w", err)
		}
		tx, err := conn.BeginTx(ctx, options)
		if err == nil {
			return conn, tx, nil
		}
		_ = conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			return nil, nil, fmt.Errorf("begin: %w", err)
		}
	}
}

func (s *Store) run(ctx context.Context, db *sql.DB, ready *prepared, options *sql.TxOptions, work func(tx kyc.Tx) error) error {
	conn, tx, err := s.begin(ctx, db, options)
	if err != nil {
		return err
	}
	u := &unit{Tx: tx, conn: conn, now: s.now().UTC().Truncate(time.Microsecond), subjects: map[string]subject{}, prepared: ready, reading: db == s.reader && db != s.writer || options.ReadOnly}
	defer func() {
		if len(u.repeated) > 0 {
			ready.prepare(context.WithoutCancel(ctx), u.repeated)
		}
	}()
	defer func() { _ = conn.Close() }()  // hands the connection back to the pool
	defer func() { _ = tx.Rollback() }() // also when work panics; does nothing after a commit
	if err := work(u); err != nil {
		return judge(err)
	}
	if err := tx.Commit(); err != nil {
		return judge(fmt.Errorf("commit: %w", err))
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
