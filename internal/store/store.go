package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver: the one that binds $N by number, see driver_test.go

	"github.com/openkyc/openkyc/internal/kyc"
)

//go:embed migrations
var migrations embed.FS

// Limits of the pools. Readers never wait for the writer in WAL mode.
const (
	readers     = 8
	busyTimeout = 10 * time.Second // for other processes: backup tools, a shell
	beginWait   = 30 * time.Second // for the writer, behind our own units of work
)

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

// Config of a store. All fields but Now and Logger are required.
type Config struct {
	Path   string // the database file; its folder is made when missing
	Keys   Keys
	Now    func() time.Time // time.Now when nil
	Logger *slog.Logger     // silent when nil
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	path   string
	writer *sql.DB
	reader *sql.DB
	keys   Keys
	now    func() time.Time
	logger *slog.Logger
	cursor []byte // key of the cursors' codes, the same for the database's whole life
}

// Open opens or creates the database and brings its tables up to date. One
// process at a time may hold the file.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.Path == "" || config.Keys == nil {
		return nil, errors.New("open the store: a path and keys are needed")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if err := createFile(config.Path); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s := &Store{path: config.Path, keys: config.Keys, now: config.Now, logger: config.Logger}
	if err := s.open(ctx, config.Path); err != nil {
		return nil, errors.Join(fmt.Errorf("open the store: %w", err), s.Close())
	}
	return s, nil
}

// createFile makes the file readable by its owner only, before SQLite would
// make it with the process's default mode; WAL and shared memory inherit it.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	if s.writer, err = sql.Open("sqlite", address(path, "immediate")); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	s.writer.SetMaxIdleConns(1)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.reader, err = sql.Open("sqlite", address(path, "deferred", "query_only(1)")); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return s.Do(ctx, func(tx kyc.Tx) error { return s.loadCursorKey(ctx, tx) })
}

// address is the data source name. busy_timeout stands first because the switch
// to WAL may already have to wait. secure_delete overwrites what was deleted,
// so that a destroyed data key does not linger in a free page. synchronous is
// FULL: a verdict that was answered must survive a power cut.
func address(path, lock string, more ...string) string {
	pragmas := append([]string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
	}, more...)
	query := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
}

// migrate brings the tables up to date, all steps or none.
func (s *Store) migrate(ctx context.Context) error {
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, step := range done {
		s.logger.InfoContext(ctx, "store migrated", "version", step.Source.Version, "took", step.Duration)
	}
	return nil
}

// Close waits for nothing: units of work under way fail.
func (s *Store) Close() error {
	var faults []error
	if s.reader != nil {
		faults = append(faults, s.reader.Close())
	}
	if s.writer != nil {
		faults = append(faults, s.writer.Close())
	}
	return errors.Join(faults...)
}

// Writer is the one writing connection, for the queue only: its jobs live in
// the same database so that they commit with the rows that caused them.
func (s *Store) Writer() *sql.DB { return s.writer }

// settingCursor names the setting that holds the key of the cursors' codes.
const settingCursor = "store.cursor"

// loadCursorKey reads or draws the key that cursors are authenticated with. It
// protects no secret, only callers from their own mistakes, so it lies clear.
func (s *Store) loadCursorKey(ctx context.Context, tx kyc.Tx) error {
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
