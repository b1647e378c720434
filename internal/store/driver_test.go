package store

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDriverBindsByNumber guards against drivers that take $2, $1 in the order
// of appearance and answer with an empty page instead of an error.
func TestDriverBindsByNumber(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", address(filepath.Join(t.TempDir(), "a.db"), "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var got [4]string
	err = db.QueryRow(`SELECT $3, $1, $2, $1 WHERE $2 = 'two' AND $3 = 'three'`, "one", "two", "three").Scan(&got[0], &got[1], &got[2], &got[3])
	if err != nil {
		t.Fatal(err)
	}
	if want := [4]string{"three", "one", "two", "one"}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSettingsOfConnections reads back what the addresses ask for.
func TestSettingsOfConnections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name?#%20", "a.db")
	if err := createFile(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", address(path, "immediate", "query_only(1)"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	got := map[string]string{}
	for _, name := range []string{"busy_timeout", "journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only"} {
		var value string
		if err := db.QueryRow("PRAGMA " + name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		got[name] = value
	}
	want := map[string]string{"busy_timeout": "10000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1", "query_only": "1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

// TestLibcIsTheDriversOwn: modernc's translation of SQLite works with exactly
// the libc that its own go.mod names.
func TestLibcIsTheDriversOwn(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", "modernc.org/sqlite", "modernc.org/libc").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 4 {
		t.Fatalf("go list says %q", out)
	}
	text, err := os.ReadFile(filepath.Join(lines[0], "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindSubmatch(text)
	if wanted == nil {
		t.Fatal("the driver's go.mod does not name a libc")
	}
	if string(wanted[1]) != lines[3] {
		t.Errorf("libc is at %s, the driver wants %s", lines[3], wanted[1])
	}
}

// TestMigrationNames: every migration exists for every database, under the same name.
func TestMigrationNames(t *testing.T) {
	t.Parallel()
	folders, err := migrations.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, folder := range folders {
		files, err := migrations.ReadDir("migrations/" + folder.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			names[folder.Name()] = append(names[folder.Name()], file.Name())
		}
	}
	if len(names["sqlite"]) == 0 {
		t.Fatal("no migrations for SQLite")
	}
	for dialect, files := range names {
		if diff := cmp.Diff(names["sqlite"], files); diff != "" {
			t.Errorf("migrations of %s differ: %s", dialect, diff)
		}
	}
}
