package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// migratePause is how often a waiting process looks whether it may go on.
const migratePause = 100 * time.Millisecond

// Migration is one step of the tables' history.
type Migration struct {
	Version   int64
	Name      string
	AppliedAt time.Time // zero: not applied to this database
}

// Migrations tells which steps a database has taken and which it has not,
// oldest first, and changes nothing. Steps that this program does not know are
// in the list too, with "unknown" for a name. Config needs an Address only.
func Migrations(ctx context.Context, config Config) ([]Migration, error) {
	s, err := connectExisting(ctx, config.filled())
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	if s == nil { // no file yet
		return known(DialectOf(config.filled().Address))
	}
	all, err := s.migrations(ctx)
	return all, errors.Join(err, s.Close())
}

// Migrate brings the tables up to date, all of what is missing or up to the
// step that fails, and tells which steps that were. While another process
// migrates it waits. The queue's own tables come after: see package jobs.
func Migrate(ctx context.Context, config Config) (applied []Migration, err error) {
	config = config.filled()
	config.Migrate = true
	s, err := connect(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	before, err := s.migrations(ctx)
	if err == nil {
		err = s.refuseUnfinished(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	if err := s.Upgrade(ctx, "the tables", s.upToDate, s.migrate); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	after, err := s.migrations(ctx)
	for i, m := range after {
		if i < len(before) && before[i].AppliedAt.IsZero() && !m.AppliedAt.IsZero() {
			applied = append(applied, m)
		}
	}
	return applied, err
}

// Look opens a database that was made before, as it is: nothing is migrated and
// no key is drawn. It refuses tables that are newer than this program, and tells
// the version of those that are there. Config needs an Address and Keys.
func Look(ctx context.Context, config Config) (s *Store, version int64, err error) {
	s, err = connectExisting(ctx, config.filled())
	if err != nil {
		return nil, 0, fmt.Errorf("open the database: %w", err)
	}
	if s == nil {
		return nil, 0, errors.New("open the database: there is no such file")
	}
	applied, err := s.applied(ctx)
	if err == nil {
		version, err = newest(applied)
	}
	if err == nil {
		err = s.refuseUnfinished(ctx)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("open the database: %w", err), s.Close())
	}
	return s, version, nil
}

// newest is the version of a database's tables, 0 when it has none, and refuses
// one that this program does not know.
func newest(applied map[int64]time.Time) (version int64, err error) {
	for v := range applied {
		version = max(version, v)
	}
	if last := Newest(); version > last {
		return 0, fmt.Errorf("the database's schema is version %d, this program knows %d: start the newer program that has migrated it, or restore a backup from before", version, last)
	}
	return version, nil
}

// Newest is the version of this program's tables.
func Newest() int64 {
	all, err := known(SQLite) // the same for all databases
	if err != nil || len(all) == 0 {
		panic(fmt.Sprintf("store: the migrations of the program cannot be read: %v", err))
	}
	return all[len(all)-1].Version
}

// connectExisting opens a database that is only looked at: no file is made.
func connectExisting(ctx context.Context, config Config) (*Store, error) {
	if config.Address == "" {
		return nil, errors.New("an address is needed")
	}
	if DialectOf(config.Address) == SQLite && !fileExists(config.Address) {
		return nil, nil
	}
	return connect(ctx, config)
}

// known lists the steps of this program.
func known(dialect Dialect) ([]Migration, error) {
	files, err := migrations.ReadDir(path.Join("migrations", string(dialect)))
	if err != nil {
		return nil, err
	}
	all := make([]Migration, len(files))
	for i, file := range files {
		number, name, _ := strings.Cut(strings.TrimSuffix(file.Name(), ".sql"), "_")
		if all[i].Version, err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", file.Name(), err)
		}
		all[i].Name = name
	}
	return all, nil
}

// migrations joins what the program knows with what the database says.
func (s *Store) migrations(ctx context.Context) ([]Migration, error) {
	all, err := known(s.dialect)
	if err != nil {
		return nil, err
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return nil, err
	}
	for i, m := range all {
		all[i].AppliedAt = applied[m.Version]
		delete(applied, m.Version)
	}
	for version, at := range applied {
		all = append(all, Migration{version, "unknown", at})
	}
	return all, nil
}

// applied reads the steps that the database has taken.
func (s *Store) applied(ctx context.Context) (map[int64]time.Time, error) {
	exists := `SELECT COUNT(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`
	if s.dialect == Postgres {
		exists = `SELECT to_regclass('goose_db_version') IS NOT NULL`
	}
	var migrated bool
	if err := s.reader.QueryRowContext(ctx, exists).Scan(&migrated); err != nil || !migrated {
		return nil, err
	}
	type step struct {
		version int64
		at      time.Time
	}
	rows, err := s.reader.QueryContext(ctx, `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied AND version_id > 0`)
	steps, err := collect(rows, err, func(r row) (v step, err error) { err = r.Scan(&v.version, &v.at); return v, err })
	all := make(map[int64]time.Time, len(steps))
	for _, v := range steps {
		all[v.version] = v.at.UTC()
	}
	return all, err
}

// upToDate tells whether the tables are this program's. Newer ones it refuses:
// what it would write, the newer program might not understand.
func (s *Store) upToDate(ctx context.Context) (bool, error) {
	applied, err := s.applied(ctx)
	if err != nil {
		return false, fmt.Errorf("read the schema's version: %w", err)
	}
	version, err := newest(applied)
	if err != nil {
		return false, err
	}
	if version > s.version() {
		return false, fmt.Errorf("the database's schema is version %d already, version %d is needed for what shall be put into it: take an empty database", version, s.version())
	}
	return version == s.version(), nil
}

// version is what the tables shall be.
func (s *Store) version() int64 {
	if s.config.Fill == 0 {
		return Newest()
	}
	return s.config.Fill
}

// migrate takes the steps that are missing. Each is a transaction of its own.
func (s *Store) migrate(ctx context.Context) error { return s.migrateTo(ctx, s.version()) }

func (s *Store) migrateTo(ctx context.Context, version int64) error {
	folder, err := fs.Sub(migrations, path.Join("migrations", string(s.dialect)))
	if err != nil {
		return err
	}
	db, dialect := s.writer, goose.DialectSQLite3
	if s.dialect == Postgres {
		patient, err := s.patient()
		if err != nil {
			return err
		}
		defer func() { _ = patient.Close() }()
		db, dialect = patient, goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, db, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	done, err := provider.UpTo(ctx, version)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, step := range done {
		s.logger.InfoContext(ctx, "store migrated", "version", step.Source.Version, "took", step.Duration)
	}
	return nil
}

// patient opens connections whose statements may take as long as they need: an
// index over millions of rows is not a statement that hangs. Waiting for
// another's lock is still bounded, because everybody else queues behind.
func (s *Store) patient() (*sql.DB, error) {
	config, err := poolConfig(s.config.Address, s.config.Name)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["statement_timeout"] = "0"
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	return stdlib.OpenDB(*config.ConnConfig), nil
}

// Upgrade sees to it that ready says yes: at once, by up under a lock that one
// process at a time holds, or, when this store may not migrate, by waiting for
// another process. what names the matter for people. The queue brings its own
// tables up to date with it.
func (s *Store) Upgrade(ctx context.Context, what string, ready func(context.Context) (bool, error), up func(context.Context) error) error {
	if yes, err := ready(ctx); yes || err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, s.config.MigrateWait)
	defer cancel()
	switch {
	case s.dialect == SQLite:
		return s.upgradeFile(ctx, ready, up)
	case !s.config.Migrate:
		return waitFor(waiting, ready, func() error {
			return fmt.Errorf("%s of the database are older than this program and nobody brought them up to date within %v: run \"openkyc migrate up\", or let this process migrate", what, s.config.MigrateWait)
		})
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	number := lockNumber("migration", "")
	err = waitFor(waiting, func(ctx context.Context) (got bool, err error) {
		err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, number).Scan(&got)
		return got, err
	}, func() error {
		return fmt.Errorf("another process has been migrating the database for %v: wait for it, or end it", s.config.MigrateWait)
	})
	if err != nil {
		conn.Release()
		return err
	}
	defer unlock(ctx, conn, number)
	if yes, err := ready(ctx); yes || err != nil { // the one before has done it
		return err
	}
	return up(ctx)
}

// unlock gives the lock back with certainty: if need be with the connection.
func unlock(ctx context.Context, conn *pgxpool.Conn, number int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	defer cancel()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, number); err != nil {
		_ = conn.Conn().Close(ctx)
	}
	conn.Release()
}

// upgradeFile needs no lock of its own: each step is an exclusive transaction.
// Of two processes that meet, one finds a step taken already.
func (s *Store) upgradeFile(ctx context.Context, ready func(context.Context) (bool, error), up func(context.Context) error) error {
	err := up(ctx)
	if err == nil {
		return nil
	}
	for range 10 {
		if yes, _ := ready(ctx); yes {
			return nil
		}
		time.Sleep(migratePause)
	}
	return err
}

// waitFor asks until the answer is yes or the time is over, which late puts into words.
func waitFor(ctx context.Context, ready func(context.Context) (bool, error), late func() error) error {
	for {
		yes, err := ready(ctx)
		if ctx.Err() != nil {
			return late()
		}
		if yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return late()
		case <-time.After(migratePause):
		}
	}
}
