package transfer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/transfer"
)

// archive is one that is being written.
type archive struct {
	*transfer.NewArchive
	path string
}

func newArchive(t *testing.T, keys transfer.Sealer) archive {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.tar")
	w, err := transfer.CreateArchive(path, keys, day(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return archive{w, path}
}

// TestArchive: both kinds of installation go into an archive and come out of it
// into the other kind, also when that is interrupted.
func TestArchive(t *testing.T) {
	t.Parallel()
	keys := master(t)
	for name, c := range map[string]struct{ from, to func(*testing.T) *place }{"embedded": {embedded, scaled}, "scaled": {scaled, embedded}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := c.from(t), c.to(t)
			from.seed(20)
			w := newArchive(t, keys)
			want := carry(t, from.source(), w.NewArchive)
			from.session("client-after")
			in, err := transfer.OpenArchive(w.path, keys, quiet)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = in.Close() }()
			for _, writes := range []int{7, 9, 2} {
				if _, err := transfer.Carry(t.Context(), in, &cutting{to.target(), writes}, quiet); !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
			}
			have := carry(t, in, to.target())
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
			to.check(20)
			to.node()
			if info, err := os.Stat(w.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the archive has mode %v, %v", info.Mode(), err)
			}
		})
	}
}

// TestArchiveOfAnotherKind: half a target is not filled up from another archive.
func TestArchiveOfAnotherKind(t *testing.T) {
	t.Parallel()
	keys, from, to := master(t), embedded(t), embedded(t)
	from.seed(3)
	var archives []*transfer.Archive
	for range 2 {
		w := newArchive(t, keys)
		carry(t, from.source(), w.NewArchive)
		in, err := transfer.OpenArchive(w.path, keys, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		archives = append(archives, in)
		from.session("client-next")
	}
	if _, err := transfer.Carry(t.Context(), archives[0], &cutting{to.target(), 5}, quiet); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if _, err := transfer.Carry(t.Context(), archives[1], to.target(), quiet); err == nil || !strings.Contains(err.Error(), "somewhere else") {
		t.Errorf("two archives are mixed: %v", err)
	}
}

// small is the bytes of an archive, and opens others with its key.
func small(t *testing.T) (text []byte, opens func(text []byte) error) {
	t.Helper()
	keys, from := master(t), embedded(t)
	from.seed(2)
	w := newArchive(t, keys)
	carry(t, from.source(), w.NewArchive)
	text, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.tar")
	return text, func(text []byte) error {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := transfer.OpenArchive(path, keys, quiet)
		if err == nil {
			_ = in.Close()
		}
		return err
	}
}

// TestArchiveCutOff: an archive that is cut off anywhere before its seal is refused.
func TestArchiveCutOff(t *testing.T) {
	t.Parallel()
	text, opens := small(t)
	if err := opens(text); err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(text, []byte("manifest.seal"))
	for size := 0; size < end+513; size += 397 {
		if err := opens(text[:size]); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Fatalf("cut off at %d of %d: %v", size, len(text), err)
		}
	}
}

// TestArchiveAltered flips bits all over an archive. Where what it holds, or what
// that is called, has changed, it is refused.
func TestArchiveAltered(t *testing.T) {
	t.Parallel()
	text, opens := small(t)
	before := contents(t, text)
	refused := 0
	for at := 0; at < len(text); at += 101 {
		changed := bytes.Clone(text)
		changed[at] ^= 4
		err := opens(changed)
		if err == nil && !cmp.Equal(before, contents(t, changed)) {
			t.Fatalf("a change at %d goes unnoticed", at)
		}
		if err != nil {
			refused++
		}
	}
	if refused < 50 {
		t.Errorf("only %d changes were refused: this test changes what nobody reads", refused)
	}
}

// contents lists what an archive holds; nil when it is no tar file any more.
func contents(t *testing.T, text []byte) (parts []string) {
	t.Helper()
	in := tar.NewReader(bytes.NewReader(text))
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			return nil
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return nil
		}
		parts = append(parts, header.Name, string(content))
	}
}

// rewrite changes the parts of an archive, and keeps it a good tar file.
func rewrite(t *testing.T, text []byte, change func(parts []string) []string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	parts := change(contents(t, text))
	for i := 0; i < len(parts); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: parts[i], Size: int64(len(parts[i+1])), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArchiveForged: parts taken away, added, exchanged, or listed otherwise.
func TestArchiveForged(t *testing.T) {
	t.Parallel()
	text, opens := small(t)
	if err := opens(rewrite(t, text, func(parts []string) []string { return parts })); err != nil {
		t.Fatal(err)
	}
	find := func(parts []string, prefix string) int {
		for i := 0; i < len(parts); i += 2 {
			if strings.HasPrefix(parts[i], prefix) {
				return i
			}
		}
		t.Fatalf("no part %s", prefix)
		return 0
	}
	for name, change := range map[string]func(parts []string) []string{
		"a picture less": func(p []string) []string {
			i := find(p, "pictures/")
			return append(p[:i:i], p[i+2:]...)
		},
		"two pictures exchanged": func(p []string) []string {
			i := find(p, "pictures/")
			p[i+1], p[i+3] = p[i+3], p[i+1]
			return p
		},
		"a row less": func(p []string) []string {
			i := find(p, "rows/sessions/")
			_, rest, _ := strings.Cut(p[i+1], "\n")
			p[i+1] = rest
			return p
		},
		"a part more": func(p []string) []string {
			i := find(p, "pictures/")
			return append(append(append([]string{}, p[:i]...), "pictures/x/y", "z"), p[i:]...)
		},
		"a part behind the seal": func(p []string) []string { return append(p, "pictures/x/y", "z") },
		"no seal":                func(p []string) []string { return p[:len(p)-2] },
		"another seal":           func(p []string) []string { p[len(p)-1] = "nonsense"; return p },
		"another manifest": func(p []string) []string {
			i := find(p, "manifest.jsonl")
			p[i+1] = strings.Replace(p[i+1], `"size":`, `"size": `, 1)
			return p
		},
		"other sums": func(p []string) []string {
			i := find(p, "manifest.jsonl")
			p[i+1] = strings.Replace(p[i+1], `"pictures":5`, `"pictures":4`, 1)
			return p
		},
		"a picture less, also in the manifest": func(p []string) []string {
			i, m := find(p, "pictures/"), find(p, "manifest.jsonl")
			before, rest, _ := strings.Cut(p[m+1], `{"name":"`+p[i])
			_, after, _ := strings.Cut(rest, "\n")
			p[m+1] = before + after
			return append(p[:i:i], p[i+2:]...)
		},
	} {
		if err := opens(rewrite(t, text, change)); err == nil {
			t.Errorf("%s: goes unnoticed", name)
		}
	}
	if err := opens([]byte(strings.Repeat("no archive at all", 100))); err == nil || !strings.Contains(err.Error(), "not a backup of OpenKYC") {
		t.Errorf("%v", err)
	}
	newer := rewrite(t, text, func(p []string) []string { p[1] = strings.Replace(p[1], `"format":1`, `"format":2`, 1); return p })
	if err := opens(newer); err == nil || !strings.Contains(err.Error(), "its format is 2") {
		t.Errorf("%v", err)
	}
	path := filepath.Join(t.TempDir(), "copy.tar")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.OpenArchive(path, master(t), quiet); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("opens with another master key: %v", err)
	}
}

// TestArchiveIsWholeOrNotThere: under its name an archive is whole; nothing is
// overwritten, and nothing is left behind.
func TestArchiveIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	from, keys := embedded(t), master(t)
	from.seed(2)
	w := newArchive(t, keys)
	carry(t, from.source(), w.NewArchive)
	if _, err := transfer.CreateArchive(w.path, keys, day(1)); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("%v", err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.tar")
	failing, err := transfer.CreateArchive(path, keys, day(1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = transfer.Carry(t.Context(), from.source(), failing, func(s transfer.Step) {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the archive has its name in the middle of it, at %v", s)
		}
		if s.What == "pictures" {
			_ = from.db.Close()
			_ = from.objects.Delete(context.Background(), "")
			_ = failing.Close()
		}
	})
	if err == nil {
		t.Error("an archive was made of nothing")
	}
	_ = failing.Close()
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

// TestBackupWhileWriting: an archive that is written while four writers add
// sessions holds whole ones, each with its pictures.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	keys := master(t)
	for name, kind := range map[string]func(*testing.T) *place{"embedded": embedded, "scaled": scaled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := kind(t), embedded(t)
			from.seed(5)
			stop, written := make(chan struct{}), make(chan struct{}, 1)
			var writers sync.WaitGroup
			for range 4 {
				writers.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							from.session("client-running")
							select {
							case written <- struct{}{}:
							default: // nobody asks now
							}
						}
					}
				})
			}
			w := newArchive(t, keys)
			<-written
			sums, err := transfer.Carry(t.Context(), from.source(), w.NewArchive, func(transfer.Step) { time.Sleep(10 * time.Millisecond) })
			for range 2 { // one may have waited since before the archive's end
				<-written
			}
			close(stop)
			writers.Wait()
			if err != nil {
				t.Fatal(err)
			}
			in, err := transfer.OpenArchive(w.path, keys, quiet)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = in.Close() }()
			carry(t, in, to.target())
			sessions := sums.Tables["sessions"].Rows
			after, err := from.source().Sums(t.Context())
			if err != nil || sessions < 6 || after.Tables["sessions"].Rows <= sessions || sums.Pictures != 2*sessions+1 {
				t.Errorf("%d sessions with %d pictures in the archive, %d afterwards, %v: nothing was written meanwhile, or not all is there", sessions, sums.Pictures, after.Tables["sessions"].Rows, err)
			}
			to.check(int(min(sessions, 1000)))
		})
	}
}

// TestArchiveOfEarlierTables: rows of every earlier version of the tables come
// back, and are brought up to date where they arrive.
func TestArchiveOfEarlierTables(t *testing.T) {
	t.Parallel()
	keys := master(t)
	for version := int64(1); version <= store.Newest(); version++ {
		dir := t.TempDir()
		from := open(t, filepath.Join(dir, "a.db"), filepath.Join(dir, "a"), blob.Credentials{}, version)
		earlier(t, from)
		w := newArchive(t, keys)
		source := from.source()
		source.SkipMissing = true // its picture is made up
		want := carry(t, source, w.NewArchive)
		in, err := transfer.OpenArchive(w.path, keys, quiet)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = in.Close() }()
		database := filepath.Join(dir, "b.db")
		if version == 1 { // the longest way, on the other database
			database = storetest.PostgresURL(t)
		}
		to := open(t, database, filepath.Join(dir, "b"), blob.Credentials{}, version)
		if have := carry(t, in, to.target()); !cmp.Equal(want.Tables, have.Tables) || want.Tables["sessions"].Rows == 0 {
			t.Errorf("version %d: %s", version, cmp.Diff(want, have))
		}
		to.node()
		to.do(func(ctx context.Context, tx kyc.Tx) error { // by what lay in a table that is no more
			page, err := to.db.FilterSessions(ctx, tx, kyc.SessionFilter{OCR: map[string]string{"Surname": "muster"}})
			if len(page.Sessions) != 1 {
				t.Errorf("version %d: %d sessions are found by a word, want 1", version, len(page.Sessions))
			}
			return err
		})
		if _, found, err := store.Look(t.Context(), store.Config{Address: to.address}); err != nil || found != store.Newest() {
			t.Errorf("version %d is afterwards %d, %v", version, found, err)
		}
	}
}

// earlier loads the rows that a program of that version wrote.
func earlier(t *testing.T, p *place) {
	t.Helper()
	rows, err := os.ReadFile(filepath.Join("..", "store", "testdata", "schema-0000"+string(rune('0'+p.version))+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.db.Writer().ExecContext(t.Context(), `DELETE FROM settings`); err != nil { // the rows bring theirs
		t.Fatal(err)
	}
	for line := range strings.Lines(string(rows)) {
		if strings.HasPrefix(line, "--") {
			continue
		}
		if _, err := p.db.Writer().ExecContext(t.Context(), line); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
}

var _ transfer.Sealer = (*seal.Keyring)(nil)
