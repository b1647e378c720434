package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver: the one that binds $N by number, see driver_test.go
)

// Limits of SQLite's pools. Readers never wait for the writer in WAL mode.
const (
	readers     = 8
	busyTimeout = 10 * time.Second    // for other processes: backup tools, a shell
	readerCache = "cache_size(-8000)" // kB of pages that each reader keeps, where SQLite's own 2 MB would be read again and again
)

func (s *Store) openSQLite(context.Context) (err error) {
	path := s.config.Address
	if err := createFile(path); err != nil {
		return err
	}
	if s.writer, err = sql.Open("sqlite", address(path, "immediate")); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	s.writer.SetMaxIdleConns(1)
	// Nothing connects before the first statement, so the writer makes the file's tables first.
	if s.reader, err = sql.Open("sqlite", address(path, "deferred", "query_only(1)", readerCache)); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return nil
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

// fileExists tells whether somebody has made the file already.
func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
