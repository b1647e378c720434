package transfer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Batches: what is read and written at once.
const (
	rowBatch     = 1000
	pictureBatch = 32
)

// pictureTables have one row for each picture.
func pictureTables() []string { return []string{"evidence", "person_pictures"} }

// Rowed is a database whose rows can be read; *store.Store implements it.
type Rowed interface {
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	CarriedTables(ctx context.Context, tx kyc.Tx) ([]string, error)
	CarriedColumns(ctx context.Context, tx kyc.Tx, table string) ([]string, error)
	ReadRows(ctx context.Context, tx kyc.Tx, table string, after []byte, limit int) ([][]byte, error)
}

// Pictured is a database that knows its pictures; *store.Store implements it.
type Pictured interface {
	PictureKeys(ctx context.Context, tx kyc.Tx, after int64, limit int) (keys []string, last int64, err error)
	HasPicture(ctx context.Context, tx kyc.Tx, key string) (bool, error)
}

// Source reads an installation where it lies.
type Source struct {
	Database interface {
		Rowed
		Pictured
	}
	Objects interface {
		Get(ctx context.Context, key string) ([]byte, error)
	}
	About       Head // all but Tables
	SkipMissing bool // go on without a picture that should be there

	Missing atomic.Int64 // pictures that were left out because of it
	Erased  atomic.Int64 // pictures that were erased after the snapshot

	list *os.File // keys of the snapshot's pictures
}

// Head describes the installation.
func (s *Source) Head(ctx context.Context) (Head, error) {
	head := s.About
	head.Format = format
	err := s.Database.View(ctx, func(tx kyc.Tx) error {
		names, err := s.Database.CarriedTables(ctx, tx)
		if err == nil {
			head.Tables, err = describe(ctx, tx, s.Database, names)
		}
		return err
	})
	return head, err
}

func describe(ctx context.Context, tx kyc.Tx, db Rowed, names []string) ([]Table, error) {
	all := make([]Table, len(names))
	for i, name := range names {
		columns, err := db.CarriedColumns(ctx, tx, name)
		if err != nil {
			return nil, err
		}
		all[i] = Table{name, columns}
	}
	return all, nil
}

// Snapshot reads all tables in one read-only transaction, which has ended before
// the pictures are read: they never change. Their keys wait in a file, because
// there may be many.
func (s *Source) Snapshot(ctx context.Context, work func(Rows) error) error {
	return s.Database.View(ctx, func(tx kyc.Tx) error {
		if err := s.listPictures(ctx, tx); err != nil {
			return fmt.Errorf("list the pictures: %w", err)
		}
		return work(reading(tx, s.Database))
	})
}

func (s *Source) listPictures(ctx context.Context, tx kyc.Tx) (err error) {
	if s.list, err = os.CreateTemp("", "openkyc-pictures-*"); err != nil {
		return err
	}
	if err := os.Remove(s.list.Name()); err != nil { // it goes with the process
		return err
	}
	out := bufio.NewWriter(s.list)
	var place int64
	for {
		var keys []string
		if keys, place, err = s.Database.PictureKeys(ctx, tx, place, rowBatch); err != nil || len(keys) == 0 {
			return errors.Join(err, out.Flush())
		}
		for _, key := range keys {
			if _, err := fmt.Fprintln(out, key); err != nil {
				return err
			}
		}
	}
}

// Close lets the list of pictures go.
func (s *Source) Close() error {
	if s.list == nil {
		return nil
	}
	return s.list.Close()
}

// reading reads tables in a unit of work.
func reading(tx kyc.Tx, db Rowed) Rows {
	return func(ctx context.Context, table string, after []byte, take func([][]byte) error) error {
		for {
			rows, err := db.ReadRows(ctx, tx, table, after, rowBatch)
			if err != nil || len(rows) == 0 {
				return err
			}
			if err := take(rows); err != nil {
				return err
			}
			after = rows[len(rows)-1]
		}
	}
}

// Pictures reads the pictures that rows of the last snapshot refer to.
func (s *Source) Pictures(ctx context.Context, skip int64, take func([]Picture) error) error {
	if _, err := s.list.Seek(0, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewScanner(s.list)
	for more := true; more; {
		var keys []string
		for len(keys) < pictureBatch {
			if more = lines.Scan(); !more {
				break
			}
			if skip--; skip < 0 {
				keys = append(keys, lines.Text())
			}
		}
		if len(keys) == 0 {
			break
		}
		batch, err := s.fetch(ctx, keys)
		if err != nil {
			return err
		}
		if err := take(batch); err != nil {
			return err
		}
	}
	return lines.Err()
}

// fetch reads pictures side by side.
func (s *Source) fetch(ctx context.Context, keys []string) ([]Picture, error) {
	all := make([]Picture, len(keys))
	return all, each(len(keys), func(i int) error {
		sealed, err := s.Objects.Get(ctx, keys[i])
		if kyc.KindOf(err) == kyc.NotFound {
			return s.missing(ctx, keys[i])
		}
		all[i] = Picture{keys[i], sealed}
		return err
	})
}

// missing tells a picture that was erased together with its row from one that is lost.
func (s *Source) missing(ctx context.Context, key string) error {
	var has bool
	err := s.Database.View(ctx, func(tx kyc.Tx) (err error) {
		has, err = s.Database.HasPicture(ctx, tx, key)
		return err
	})
	switch {
	case err != nil:
		return err
	case !has:
		s.Erased.Add(1)
	case s.SkipMissing:
		s.Missing.Add(1)
	default:
		return fmt.Errorf("the picture %s is missing, though a row refers to it: see that the place of the pictures is the right one and whole (`openkyc doctor --deep` counts what is missing), or leave missing pictures out with --skip-missing", key)
	}
	return nil
}

// Sums reads all tables once more.
func (s *Source) Sums(ctx context.Context) (sums Sums, err error) {
	err = s.Database.View(ctx, func(tx kyc.Tx) error {
		names, err := s.Database.CarriedTables(ctx, tx)
		if err == nil {
			sums, err = add(ctx, tx, s.Database, names)
		}
		return err
	})
	for _, table := range pictureTables() {
		sums.Pictures += sums.Tables[table].Rows
	}
	return sums, err
}

// add adds tables up.
func add(ctx context.Context, tx kyc.Tx, db Rowed, tables []string) (Sums, error) {
	sums := Sums{Tables: map[string]Sum{}}
	rows := reading(tx, db)
	for _, table := range tables {
		meter := newMeter()
		err := rows(ctx, table, nil, func(batch [][]byte) error {
			meter.add(batch)
			return nil
		})
		if err != nil {
			return sums, fmt.Errorf("verify %s: %w", table, err)
		}
		sums.Tables[table] = meter.sum()
	}
	return sums, nil
}
