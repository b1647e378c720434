package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// onBoth runs a test on an empty database of each kind.
func onBoth(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, filepath.Join(t.TempDir(), "a.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, storetest.PostgresURL(t)) })
}

func config(address string) store.Config {
	return store.Config{Address: address, Keys: storetest.Keys{}, Migrate: true, MigrateWait: time.Minute}
}

// TestNewerSchemaIsRefused: a program does not work on tables that a newer one
// has migrated, neither as a node nor to look or to migrate, and leaves them alone.
func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		s := storetest.OpenAddress(t, address, time.Now)
		if _, err := s.Writer().ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`); err != nil {
			t.Fatal(err)
		}
		before, err := store.Migrations(t.Context(), config(address))
		if err != nil || !slices.ContainsFunc(before, func(m store.Migration) bool { return m.Version == 99999 && m.Name == "unknown" }) {
			t.Fatalf("%v, %v", before, err)
		}
		_, errOpen := store.Open(t.Context(), config(address))
		_, errMigrate := store.Migrate(t.Context(), config(address))
		_, _, errLook := store.Look(t.Context(), config(address))
		for what, err := range map[string]error{"open": errOpen, "migrate": errMigrate, "look": errLook} {
			if err == nil || !strings.Contains(err.Error(), "schema is version 99999, this program knows") {
				t.Errorf("%s: %v", what, err)
			}
		}
		after, err := store.Migrations(t.Context(), config(address))
		if diff := cmp.Diff(before, after); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	})
}

// TestNodesWaitForMigration: while one process migrates, others wait and go on
// when it has done; they do not wait for ever.
func TestNodesWaitForMigration(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresURL(t)
	migrating, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = migrating.Close(t.Context()) }()
	lock := func(statement string) {
		t.Helper()
		if _, err := migrating.Exec(t.Context(), statement, store.MigrationLock()); err != nil {
			t.Fatal(err)
		}
	}
	opened := make(chan error)
	open := func(c store.Config) {
		go func() {
			s, err := store.Open(t.Context(), c)
			if err == nil {
				err = s.Close()
			}
			opened <- err
		}()
	}
	waits := func() {
		t.Helper()
		select {
		case err := <-opened:
			t.Fatalf("a node did not wait: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
	}
	lock(`SELECT pg_advisory_lock($1)`)
	impatient := config(address)
	impatient.MigrateWait = 200 * time.Millisecond
	if _, err := store.Open(t.Context(), impatient); err == nil || !strings.Contains(err.Error(), "another process has been migrating the database for 200ms") {
		t.Errorf("%v", err)
	}
	impatient.Migrate = false
	if _, err := store.Open(t.Context(), impatient); err == nil || !strings.Contains(err.Error(), `run "openkyc migrate up"`) {
		t.Errorf("%v", err)
	}
	patient := config(address)
	patient.Migrate = false
	open(config(address)) // would migrate itself
	open(patient)         // leaves it to others
	waits()
	lock(`SELECT pg_advisory_unlock($1)`)
	for range 2 {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
}

// TestCarriedIsTheSchema: what backup and move carry are all tables but those of
// the queue and of the migrations; each has a key, and comes after those it refers to.
func TestCarriedIsTheSchema(t *testing.T) {
	t.Parallel()
	left := []string{"goose_db_version", "job_keys", "job_nodes", "job_runs", "job_series"}
	dropped := []string{"session_words"}
	onBoth(t, func(t *testing.T, address string) {
		s := storetest.OpenAddress(t, address, time.Now)
		question, references := `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`,
			`SELECT m.name || ' ' || f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
		if s.Dialect() == store.Postgres {
			question, references = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
				`SELECT conrelid::regclass || ' ' || confrelid::regclass FROM pg_constraint WHERE contype = 'f'`
		}
		have := texts(t, s, question)
		carried := slices.DeleteFunc(store.Carried(), func(name string) bool { return slices.Contains(dropped, name) })
		want := append(slices.Clone(carried), left...)
		slices.Sort(have)
		slices.Sort(want)
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("a table is neither carried nor the queue's: add it to Carried (and to the test of internal/transfer that fills every table)\n%s", diff)
		}
		for _, pair := range texts(t, s, references) {
			from, to, _ := strings.Cut(pair, " ")
			if slices.Index(store.Carried(), from) < slices.Index(store.Carried(), to) {
				t.Errorf("%s is carried before %s, to which it refers", from, to)
			}
		}
		if err := s.View(t.Context(), func(tx kyc.Tx) error {
			if there, err := s.CarriedTables(t.Context(), tx); err != nil || !slices.Equal(there, carried) {
				t.Errorf("%v, %v", there, err)
			}
			for _, table := range carried {
				if _, err := s.CarriedColumns(t.Context(), tx, table); err != nil {
					return err
				}
				if _, err := s.ReadRows(t.Context(), tx, table, nil, 1); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestAlone: a node at work is noticed on both databases, a look is not.
func TestAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, address string) {
		node := storetest.OpenAddress(t, address, time.Now)
		release, err := node.Own() // as the queue does
		if err != nil {
			t.Fatal(err)
		}
		c := config(address)
		c.Name = "openkyc move"
		mover, version, err := store.Look(t.Context(), c)
		if err != nil || version != store.Newest() {
			t.Fatalf("version %d, %v", version, err)
		}
		defer func() { _ = mover.Close() }()
		if _, err := mover.Alone(t.Context()); err == nil {
			t.Error("a node at work goes unnoticed")
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
		if node.Dialect() == store.Postgres {
			return // its connections are open until the test ends
		}
		if release, err = mover.Alone(t.Context()); err == nil {
			err = release()
		}
		if err != nil {
			t.Error(err)
		}
	})
}
