package blob_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/kyc"
)

func openFolder(t *testing.T, dir string) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestFolder(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return openFolder(t, t.TempDir()) })
}

// TestFolderIsPrivate: nobody but the owner may look, and nothing unfinished stays.
func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "pictures")
	f := openFolder(t, dir)
	for _, key := range []string{"s/a", "s/b"} {
		if err := f.Put(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Put(t.Context(), "s/a", nil); kyc.KindOf(err) != kyc.Conflict {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), "s/b"); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, _ := d.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if !d.IsDir() {
			files++
		}
		return nil
	})
	if err != nil || files != 1 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestFolderSurvivesReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openFolder(t, dir).Put(t.Context(), "a/b", []byte("x")); err != nil {
		t.Fatal(err)
	}
	old, fresh := filepath.Join(dir, "unfinished", "OLD"), filepath.Join(dir, "unfinished", "FRESH")
	for _, name := range []string{old, fresh} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	f := openFolder(t, dir)
	if got, err := f.Get(t.Context(), "a/b"); string(got) != "x" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	_, errOld := os.Stat(old)
	if _, errFresh := os.Stat(fresh); errOld == nil || errFresh != nil {
		t.Errorf("unfinished files: the old one stays or the fresh one, which may belong to a living process, goes: %v, %v", errOld, errFresh)
	}
}

// TestLinksOutAreNotFollowed: whoever can place a link in the folder cannot make
// us read or write elsewhere.
func TestLinksOutAreNotFollowed(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	f := openFolder(t, dir)
	if err := f.Put(t.Context(), "s/a", []byte("x")); err != nil {
		t.Fatal(err)
	}
	places, _ := filepath.Glob(filepath.Join(dir, "objects", "*", "s"))
	if len(places) != 1 {
		t.Fatalf("found %v", places)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(places[0], "out")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Get(t.Context(), "s/out/secret"); err == nil {
		t.Errorf("read %q", got)
	}
	if err := f.Put(t.Context(), "s/out/new", nil); err == nil {
		t.Error("wrote outside")
	}
}

func TestValidKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"0f2d7c80-1b1e-11f0-8c2f-0242ac120002/document_0/0.jpg": true, strings.Repeat("x", 128): true, "a..b": true,
		strings.Repeat("x", 129): false, "a/./b": false, "..": false,
	} {
		if blob.ValidKey(key) != want {
			t.Errorf("%q: want %v", key, want)
		}
	}
}
