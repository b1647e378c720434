package transfer_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/transfer"
)

// TestRoundTrip: from SQLite and a folder to PostgreSQL and a bucket and back.
// All hold the same to the byte, open there, and go on.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	first, second, third := embedded(t), scaled(t), embedded(t)
	first.seed(20)
	want, err := first.source().Sums(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for table, sum := range want.Tables {
		if sum.Rows == 0 {
			t.Errorf("%s has no rows, so nothing is proved of it", table)
		}
	}
	if want.Pictures != 41 {
		t.Errorf("%d pictures are counted", want.Pictures)
	}
	for i, step := range []struct{ from, to *place }{{first, second}, {second, third}} {
		if diff := cmp.Diff(want, carry(t, step.from.source(), step.to.target())); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
		step.to.check(20)
	}
	for _, p := range []*place{second, third} { // numbers go on behind those that came along
		p.session("client-new")
		p.check(21)
		p.node()
	}
}

// node opens the database as a node would.
func (p *place) node() {
	p.t.Helper()
	s, err := store.Open(context.Background(), store.Config{Address: p.address, Keys: storetest.Keys{}, Migrate: true})
	if err != nil {
		p.t.Fatal(err)
	}
	_ = s.Close()
}

// cutting is a target that fails after so many writes, as if it were killed.
type cutting struct {
	*transfer.Target
	left int
}

var errKilled = errors.New("killed")

func (c *cutting) cut() error {
	if c.left--; c.left < 0 {
		return errKilled
	}
	return nil
}

func (c *cutting) PutRows(ctx context.Context, table string, rows [][]byte) error {
	if err := c.cut(); err != nil {
		return err
	}
	return c.Target.PutRows(ctx, table, rows)
}

func (c *cutting) PutPictures(ctx context.Context, batch []transfer.Picture) error {
	if err := c.cut(); err != nil {
		return err
	}
	return c.Target.PutPictures(ctx, batch)
}

// TestResume cuts a transfer off in every place and begins it again: what was
// there is not carried twice, and until the end nobody else gets in.
func TestResume(t *testing.T) {
	t.Parallel()
	from := embedded(t)
	from.seed(20)
	for name, to := range map[string]*place{"embedded": embedded(t), "scaled": scaled(t)} {
		t.Run(name, func(t *testing.T) {
			runs := 0
			for ; ; runs++ {
				_, err := transfer.Carry(t.Context(), from.source(), &cutting{to.target(), 2}, quiet)
				if err == nil {
					break
				}
				if !errors.Is(err, errKilled) || runs > 30 {
					t.Fatal(err)
				}
				if _, err := store.Open(t.Context(), store.Config{Address: to.address, Keys: storetest.Keys{}, Migrate: true}); err == nil || !strings.Contains(err.Error(), "has not ended") {
					t.Fatalf("a node gets into a half filled database: %v", err)
				}
				if _, err := store.Migrate(t.Context(), store.Config{Address: to.address}); err == nil || !strings.Contains(err.Error(), "has not ended") {
					t.Fatalf("a half filled database is migrated: %v", err)
				}
			}
			// Two writes a run: 25 tables, then the settings, which come anew each time, and two batches of pictures.
			if runs != 14 {
				t.Errorf("%d runs: something was carried twice, or more than was asked for", runs)
			}
			to.check(20)
			to.node()
		})
	}
}

// TestNotForEveryTarget: nothing is put where something is already.
func TestNotForEveryTarget(t *testing.T) {
	t.Parallel()
	from := embedded(t)
	from.seed(3)
	refused := func(to *place, sentence string) {
		t.Helper()
		if _, err := transfer.Carry(t.Context(), from.source(), to.target(), quiet); err == nil || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%v, want %q", err, sentence)
		}
	}
	used := embedded(t)
	used.do(func(ctx context.Context, tx kyc.Tx) error {
		return used.db.CreateAccount(ctx, tx, &kyc.Account{ID: "a"})
	})
	refused(used, "not empty")
	pictures := embedded(t)
	if err := pictures.objects.Put(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	refused(pictures, "not empty")
	half := embedded(t)
	if _, err := transfer.Carry(t.Context(), from.source(), &cutting{half.target(), 3}, quiet); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	from = embedded(t)
	from.seed(3)
	refused(half, "half filled from somewhere else")
	older := embedded(t)
	older.version = 1
	refused(older, "are not those of version 1")
}

// TestChangedSource: a source that somebody works on is noticed.
func TestChangedSource(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), embedded(t)
	from.seed(3)
	_, err := transfer.Carry(t.Context(), from.source(), to.target(), func(s transfer.Step) {
		if s.What == "pictures" {
			from.do(func(ctx context.Context, tx kyc.Tx) error { return from.db.PutSetting(ctx, tx, "new", []byte("x")) })
		}
	})
	if err == nil || !strings.Contains(err.Error(), "stop every process") || !strings.Contains(err.Error(), "settings: ") {
		t.Errorf("a change goes unnoticed: %v", err)
	}
}

// TestMissingPictures: one that a row refers to stops the transfer, unless it is
// told to go on; one that was erased with its row does not.
func TestMissingPictures(t *testing.T) {
	t.Parallel()
	from := embedded(t)
	from.seed(2)
	lost := from.session("client-lost")
	if err := from.objects.Delete(t.Context(), lost+"/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Carry(t.Context(), from.source(), embedded(t).target(), quiet); err == nil || !strings.Contains(err.Error(), lost+"/1 is missing") || !strings.Contains(err.Error(), "--skip-missing") {
		t.Errorf("a missing picture goes unnoticed: %v", err)
	}
	source := from.source()
	source.SkipMissing = true
	sums := carry(t, source, embedded(t).target())
	if source.Missing.Load() != 1 || source.Erased.Load() != 0 || sums.Pictures != 7 {
		t.Errorf("%d missing, %d erased, %d pictures", source.Missing.Load(), source.Erased.Load(), sums.Pictures)
	}
	// Erased after the snapshot: the row of the snapshot stays, its picture is gone.
	if _, err := from.db.Writer().ExecContext(t.Context(), `DELETE FROM evidence WHERE blob_key = $1`, lost+"/1"); err != nil {
		t.Fatal(err)
	}
	source = from.source()
	archive := newArchive(t, master(t))
	_, err := transfer.Carry(t.Context(), source, archive.NewArchive, func(s transfer.Step) {
		if s.What == "events" { // the keys of pictures are listed by then
			_, fault := from.db.Writer().ExecContext(t.Context(), `DELETE FROM evidence WHERE blob_key = $1`, lost+"/0")
			if err := errors.Join(fault, from.objects.Delete(t.Context(), lost+"/0")); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || source.Erased.Load() != 1 || source.Missing.Load() != 0 {
		t.Errorf("%v, %d erased, %d missing", err, source.Erased.Load(), source.Missing.Load())
	}
}
