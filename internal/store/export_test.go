package store

import (
	"context"
	"database/sql"
	"errors"
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
