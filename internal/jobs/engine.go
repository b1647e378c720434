package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/openkyc/openkyc/internal/kyc"
)

// engine is River on one kind of database.
type engine interface {
	insert(ctx context.Context, tx kyc.Tx, args envelope, opts *river.InsertOpts) (id int64, err error)
	add(queue string, config river.QueueConfig) error
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// riverOf is River with the transactions of one driver.
type riverOf[T any] struct {
	*river.Client[T]
	within func(tx kyc.Tx, work func(T) error) error // hands out a unit's transaction
}

func (r *riverOf[T]) insert(ctx context.Context, tx kyc.Tx, args envelope, opts *river.InsertOpts) (id int64, err error) {
	err = r.within(tx, func(t T) error {
		result, err := r.InsertTx(ctx, t, args, opts)
		if err == nil {
			id = result.Job.ID
		}
		return err
	})
	return id, err
}

func (r *riverOf[T]) add(queue string, config river.QueueConfig) error {
	return r.Queues().Add(queue, config)
}

// newEngine makes River for the database and sees to its tables.
func newEngine(ctx context.Context, db Database, w *waker, config *river.Config) (engine, error) {
	if db.Pool() == nil {
		return newRiver(ctx, db, newDriver(db.Writer(), w), config, func(tx kyc.Tx, work func(*sql.Tx) error) error {
			return work(db.SQL(tx))
		})
	}
	return newRiver(ctx, db, newPostgresDriver(db.Pool(), w), config, func(tx kyc.Tx, work func(pgx.Tx) error) error {
		return db.Raw(tx, func(conn *pgx.Conn) error { return work(borrowed{conn: conn}) })
	})
}

func newRiver[T any](ctx context.Context, db Database, driver riverdriver.Driver[T], config *river.Config, within func(kyc.Tx, func(T) error) error) (engine, error) {
	if err := migrate(ctx, db, driver, config.Logger); err != nil {
		return nil, fmt.Errorf("migrate the queue: %w", err)
	}
	client, err := river.NewClient(driver, config)
	if err != nil {
		return nil, err
	}
	return &riverOf[T]{client, within}, nil
}

// migrate sees to River's tables as the store does to its own, under the same
// lock, so that processes which start together do not meet.
func migrate[T any](ctx context.Context, db Database, driver riverdriver.Driver[T], logger *slog.Logger) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: logger})
	if err != nil {
		return err
	}
	ready := func(ctx context.Context) (bool, error) {
		known := migrator.AllVersions()
		newest := known[len(known)-1].Version
		there, err := migrator.ExistingVersions(ctx)
		if err != nil || len(there) == 0 {
			return false, err
		}
		if found := there[len(there)-1].Version; found > newest {
			return false, fmt.Errorf("the queue's tables are version %d, this program knows %d: start the newer program", found, newest)
		}
		return len(there) == len(known), nil
	}
	return db.Upgrade(ctx, "the queue's tables", ready, func(ctx context.Context) error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
}

// Migrate brings the queue's own tables up to date without opening a queue, for
// the command that migrates. The store must have been opened to migrate.
func Migrate(ctx context.Context, db Database) error {
	w, logger := newWaker(), quiet(slog.New(slog.DiscardHandler))
	var err error
	if db.Pool() == nil {
		err = migrate(ctx, db, newDriver(db.Writer(), w), logger)
	} else {
		err = migrate(ctx, db, newPostgresDriver(db.Pool(), w), logger)
	}
	if err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return nil
}

// borrowed makes a transaction for River of a connection on which a unit of
// work has begun one. River may put statements into it; how it ends is the
// unit's business, so what is missing here must not be called.
type borrowed struct {
	pgx.Tx // nil
	conn   *pgx.Conn
}

// errBorrowed is what River is told when it wants to end the unit's transaction.
var errBorrowed = errors.New("the transaction belongs to the unit of work")

// Begin would nest a transaction, which no insertion needs.
func (b borrowed) Begin(context.Context) (pgx.Tx, error) { return nil, errBorrowed }

// Commit is the unit's.
func (b borrowed) Commit(context.Context) error { return errBorrowed }

// Rollback is the unit's.
func (b borrowed) Rollback(context.Context) error { return errBorrowed }

// CopyFrom runs in the unit's transaction.
func (b borrowed) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	return b.conn.CopyFrom(ctx, table, columns, source)
}

// Exec runs in the unit's transaction.
func (b borrowed) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return b.conn.Exec(ctx, query, args...)
}

// Query runs in the unit's transaction.
func (b borrowed) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return b.conn.Query(ctx, query, args...)
}

// QueryRow runs in the unit's transaction.
func (b borrowed) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return b.conn.QueryRow(ctx, query, args...)
}

// Conn is the unit's connection.
func (b borrowed) Conn() *pgx.Conn { return b.conn }

// stamp is how River writes times: as text into SQLite, as such into PostgreSQL.
func (q *Queue) stamp(t time.Time) any {
	if q.node != nil {
		return t
	}
	return t.UTC().Round(time.Millisecond).Format(sqliteTime)
}

const sqliteTime = "2006-01-02 15:04:05.000"
