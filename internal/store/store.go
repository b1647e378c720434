package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/openkyc/openkyc/internal/kyc"
)

//go:embed migrations
var migrations embed.FS

// beginWait is how long a unit of work waits for a connection: on SQLite behind
// our own units of work, on PostgreSQL behind a pool that is all in use.
const beginWait = 30 * time.Second

// Keys seals and blinds personal data; seal.Keyring implements it. An empty
// SubjectKey in a reference means the account's own key. The context of Seal
// and Open is authenticated: a sealed value opens only where it was written.
type Keys interface {
	NewAccountKey(accountID string) (wrapped []byte, err error)
	NewSubjectKey(ref kyc.KeyRef) (wrapped []byte, err error)
	Seal(ref kyc.KeyRef, plaintext, context []byte) ([]byte, error)
	Open(ref kyc.KeyRef, sealed, context []byte) ([]byte, error)
	Index(ref kyc.KeyRef, field, value string) ([]byte, error)
}

// Dialect names the database behind a store.
type Dialect string

// The databases. Their SQL is the same but for a few words, each in one place.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config of a store. Address and Keys are required.
type Config struct {
	Address string // a file, made when missing with its folder, or postgres://user:password@host/database
	Path    string // a file: the older name of Address
	Keys    Keys
	Now     func() time.Time // time.Now when nil
	Logger  *slog.Logger     // silent when nil

	// Migrate lets Open bring PostgreSQL's tables up to date; without it Open
	// waits until another process has. A SQLite file is always brought up to date.
	Migrate     bool
	MigrateWait time.Duration // for other processes that migrate; 1 minute when zero

	// Fill is the version of the rows that a transfer is going to put into the
	// database: Open then makes tables of that version and no newer ones. A
	// database that a transfer has left unfinished opens in this way only.
	Fill int64
	// Name is what PostgreSQL calls our connections; "openkyc", as those of nodes, when empty.
	Name string
}

func (c Config) filled() Config {
	if c.Address == "" {
		c.Address = c.Path
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Name == "" {
		c.Name = nodeName
	}
	if c.MigrateWait == 0 {
		c.MigrateWait = time.Minute
	}
	return c
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	dialect Dialect
	config  Config
	writer  *sql.DB                            // SQLite: one connection; PostgreSQL: the pool
	reader  *sql.DB                            // SQLite: a pool; PostgreSQL: the writer's
	pool    *pgxpool.Pool                      // what both are made from; nil on SQLite
	ready   struct{ reader, writer *prepared } // nil on PostgreSQL
	known   *accountKeys
	totals  totals

	revisions revisions
	findings  findings
	news      *news
	keys      Keys
	now       func() time.Time
	logger    *slog.Logger
	cursor    []byte // key of the cursors' codes, the same for the database's whole life
}

// DialectOf tells which database an address means.
func DialectOf(address string) Dialect {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return Postgres
	}
	return SQLite
}

// Open opens the database, or creates the SQLite file, and sees to it that its
// tables are those of this program: it refuses newer ones, and brings older
// ones up to date or waits for it (see Config.Migrate). A SQLite file belongs
// to one process at a time, a PostgreSQL database to any number.
func Open(ctx context.Context, config Config) (*Store, error) {
	config = config.filled()
	if config.Address == "" || config.Keys == nil {
		return nil, errors.New("open the store: an address and keys are needed")
	}
	s, err := connect(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err = s.refuseUnfinished(ctx); err == nil {
		err = s.Upgrade(ctx, "the tables", s.upToDate, s.migrate)
	}
	if err == nil {
		err = s.Do(ctx, func(tx kyc.Tx) error {
			if err := s.drawFrameKey(ctx, tx); err != nil {
				return err
			}
			return s.loadCursorKey(ctx, tx)
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the store: %w", err), s.Close())
	}
	return s, nil
}

// connect opens the connections and looks at nothing yet.
func connect(ctx context.Context, config Config) (*Store, error) {
	s := &Store{dialect: DialectOf(config.Address), config: config, keys: config.Keys, now: config.Now, logger: config.Logger}
	open := s.openSQLite
	if s.dialect == Postgres {
		open = s.openPostgres
	}
	if err := open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.dialect == SQLite {
		s.ready.reader, s.ready.writer = newPrepared(s.reader), newPrepared(s.writer)
	}
	s.known = &accountKeys{refs: map[string]knownAccount{}}
	s.news = newNews(s)
	return s, nil
}

// Close waits for nothing: units of work under way fail.
func (s *Store) Close() error {
	var faults []error
	if s.news != nil {
		s.news.close()
	}
	s.findings.close()
	s.ready.reader.close()
	s.ready.writer.close()
	if s.reader != nil && s.reader != s.writer {
		faults = append(faults, s.reader.Close())
	}
	if s.writer != nil {
		faults = append(faults, s.writer.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return errors.Join(faults...)
}

// Dialect tells which database this is.
func (s *Store) Dialect() Dialect { return s.dialect }

// Ping asks whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reader.PingContext(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// Stats are the figures of a pool, for metrics.
type Stats struct {
	Limit, Open, InUse, Idle int
	Waits                    int64         // how often somebody had to wait for a connection
	Waited                   time.Duration // and for how long in all
}

// Stats adds up the pools.
func (s *Store) Stats() Stats {
	if s.pool != nil {
		p := s.pool.Stat()
		return Stats{int(p.MaxConns()), int(p.TotalConns()), int(p.AcquiredConns()), int(p.IdleConns()), p.EmptyAcquireCount(), p.EmptyAcquireWaitTime()}
	}
	w, r := s.writer.Stats(), s.reader.Stats()
	return Stats{w.MaxOpenConnections + r.MaxOpenConnections, w.OpenConnections + r.OpenConnections, w.InUse + r.InUse, w.Idle + r.Idle,
		w.WaitCount + r.WaitCount, w.WaitDuration + r.WaitDuration}
}

// Writer is the one writing connection of SQLite, for the queue only: its jobs
// live in the same database so that they commit with the rows that caused
// them. On PostgreSQL it is the pool.
func (s *Store) Writer() *sql.DB { return s.writer }

// Pool is PostgreSQL's pool, for the queue only; nil on SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// settingCursor names the setting that holds the key of the cursors' codes.
const settingCursor = "store.cursor"

// loadCursorKey reads or draws the key that cursors are authenticated with. It
// protects no secret, only callers from their own mistakes, so it lies clear.
func (s *Store) loadCursorKey(ctx context.Context, tx kyc.Tx) error {
	if err := s.Lock(ctx, tx, settingCursor); err != nil { // or two nodes that start would draw one each
		return err
	}
	key, err := s.Setting(ctx, tx, settingCursor)
	if kyc.KindOf(err) == kyc.NotFound {
		key = make([]byte, 32)
		if _, err = rand.Read(key); err == nil {
			err = s.PutSetting(ctx, tx, settingCursor, key)
		}
	}
	s.cursor = key
	return err
}
