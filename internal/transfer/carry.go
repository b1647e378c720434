package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"sync"
)

// Head says how the rows look that are carried.
type Head struct {
	Format  int     `json:"format"`
	Program string  `json:"program"` // version of the program that wrote it
	MadeAt  string  `json:"madeAt"`  // RFC 3339, UTC
	Schema  int64   `json:"schema"`  // version of the tables
	Tables  []Table `json:"tables"`  // in the order in which they are carried
	Origin  string  `json:"-"`       // equal for the same installation, or archive, only
}

// Table is a table with its columns, each "name kind".
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

// Sum is what one table held: its rows, one a line, and their SHA-256.
type Sum struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Sums is what was carried in all.
type Sums struct {
	Tables   map[string]Sum `json:"tables"`
	Pictures int64          `json:"pictures"`
}

// Rows is the number of all rows.
func (s Sums) Rows() (n int64) {
	for _, sum := range s.Tables {
		n += sum.Rows
	}
	return n
}

// Picture is one sealed object. A nil one is left out, and counted.
type Picture struct {
	Key    string
	Sealed []byte
}

// Progress is how far a target has come: the last row of each table, as the
// writer has it, and how many pictures.
type Progress struct {
	Last     map[string][]byte
	Pictures int64
}

// Reader is where an installation comes from.
type Reader interface {
	Head(ctx context.Context) (Head, error)
	// Snapshot reads tables of one moment; they must be asked for in the order of the head.
	Snapshot(ctx context.Context, work func(Rows) error) error
	// Pictures reads all pictures of the snapshot but the first skip ones, always in the same order.
	Pictures(ctx context.Context, skip int64, take func([]Picture) error) error
	// Sums tells what has to arrive.
	Sums(ctx context.Context) (Sums, error)
}

// Rows reads one table in batches, behind the row after, or all of it when that is nil.
type Rows func(ctx context.Context, table string, after []byte, take func(rows [][]byte) error) error

// Writer is where an installation goes.
type Writer interface {
	// Begin refuses what is not for this installation and tells what is there already.
	Begin(ctx context.Context, head Head) (Progress, error)
	PutRows(ctx context.Context, table string, rows [][]byte) error
	PutPictures(ctx context.Context, batch []Picture) error
	// End proves that all has arrived and makes the target usable.
	End(ctx context.Context, sums func(context.Context) (Sums, error)) (Sums, error)
}

// Step is told while a transfer runs.
type Step struct {
	What string // a table, "pictures", or "verifying"
	Done int64  // rows or pictures, those of an earlier run that was cut off not counted
}

// Carry carries everything. It may be called again after it was interrupted.
func Carry(ctx context.Context, from Reader, to Writer, tell func(Step)) (Sums, error) {
	head, err := from.Head(ctx)
	if err != nil {
		return Sums{}, err
	}
	progress, err := to.Begin(ctx, head)
	if err != nil {
		return Sums{}, err
	}
	err = from.Snapshot(ctx, func(rows Rows) error {
		for _, table := range head.Tables {
			if err := carryTable(ctx, table.Name, rows, progress.Last[table.Name], to, tell); err != nil {
				return fmt.Errorf("carry %s: %w", table.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return Sums{}, err
	}
	var done int64
	err = from.Pictures(ctx, progress.Pictures, func(batch []Picture) error {
		done += int64(len(batch))
		tell(Step{"pictures", done})
		return to.PutPictures(ctx, batch)
	})
	if err != nil {
		return Sums{}, fmt.Errorf("carry pictures: %w", err)
	}
	tell(Step{What: "verifying"})
	return to.End(ctx, from.Sums)
}

func carryTable(ctx context.Context, table string, rows Rows, after []byte, to Writer, tell func(Step)) error {
	var done int64
	return rows(ctx, table, after, func(batch [][]byte) error {
		done += int64(len(batch))
		tell(Step{table, done})
		return to.PutRows(ctx, table, batch)
	})
}

// compare tells in words where two sums differ.
func compare(want, have Sums) error {
	var faults []error
	for name, w := range want.Tables {
		if h := have.Tables[name]; h != w {
			faults = append(faults, fmt.Errorf("%s: %d rows (%.12s…) instead of %d (%.12s…)", name, h.Rows, h.SHA256, w.Rows, w.SHA256))
		}
	}
	if want.Pictures != have.Pictures {
		faults = append(faults, fmt.Errorf("pictures: %d instead of %d", have.Pictures, want.Pictures))
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

// meter adds up a table.
type meter struct {
	rows int64
	hash hash.Hash
}

func newMeter() *meter { return &meter{hash: sha256.New()} }

func (m *meter) add(rows [][]byte) {
	for _, row := range rows {
		_, _ = m.hash.Write(row)
		_, _ = m.hash.Write([]byte("\n"))
	}
	m.rows += int64(len(rows))
}

func (m *meter) sum() Sum { return Sum{m.rows, hex.EncodeToString(m.hash.Sum(nil))} }

// hands is how many pictures are under way at one time.
const hands = 8

// each does n things side by side and gives all faults.
func each(n int, do func(i int) error) error {
	var all sync.WaitGroup
	faults := make([]error, n)
	places := make(chan struct{}, hands)
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			faults[i] = do(i)
		})
	}
	all.Wait()
	return errors.Join(faults...)
}
