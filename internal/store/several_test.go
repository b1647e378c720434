package store_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// starting is how many processes open one database at the same moment.
const starting = 5

// openAtOnce opens a database from several processes' worth of stores.
func openAtOnce(t *testing.T, configs ...store.Config) (stores []*store.Store, faults []error) {
	t.Helper()
	stores, faults = make([]*store.Store, len(configs)), make([]error, len(configs))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, config := range configs {
		wg.Go(func() {
			<-start
			config.Keys = storetest.Keys{}
			stores[i], faults[i] = store.Open(context.Background(), config)
		})
	}
	close(start)
	wg.Wait()
	t.Cleanup(func() {
		for _, s := range stores {
			if s != nil {
				_ = s.Close()
			}
		}
	})
	return stores, faults
}

// TestMigrateAtOnce: of nodes that start together on an empty database one makes
// the tables, each step once, and the others wait for it, also those that may
// not migrate.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"postgres": storetest.PostgresURL(t), "sqlite": filepath.Join(t.TempDir(), "openkyc.db")} {
		configs := slices.Repeat([]store.Config{{Address: address, Migrate: true}}, starting)
		configs[0].Migrate = false
		stores, faults := openAtOnce(t, configs...)
		for i, err := range faults {
			if err != nil {
				t.Errorf("%s: node %d: %v", name, i, err)
			}
		}
		if stores[0] == nil {
			continue
		}
		steps, err := store.Migrations(context.Background(), store.Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		var rows, versions int
		if err := stores[0].Writer().QueryRow(`SELECT COUNT(*), COUNT(DISTINCT version_id) FROM goose_db_version WHERE version_id > 0`).Scan(&rows, &versions); err != nil {
			t.Fatal(err)
		}
		if rows != len(steps) || versions != len(steps) || len(steps) == 0 {
			t.Errorf("%s: %d steps are written down as %d, %d different ones", name, len(steps), rows, versions)
		}
	}
}

// TestOtherVersions: a newer schema is refused, and so, after a wait, is one
// that nobody brings up to date; both in words that say what to do.
func TestOtherVersions(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresURL(t)
	_, faults := openAtOnce(t, store.Config{Address: address, MigrateWait: 300 * time.Millisecond})
	if faults[0] == nil || !strings.Contains(faults[0].Error(), `run "openkyc migrate up"`) {
		t.Errorf("without tables: %v", faults[0])
	}
	stores, faults := openAtOnce(t, store.Config{Address: address, Migrate: true})
	if faults[0] != nil {
		t.Fatal(faults[0])
	}
	if _, err := stores[0].Writer().Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`); err != nil {
		t.Fatal(err)
	}
	for _, migrate := range []bool{true, false} {
		_, faults = openAtOnce(t, store.Config{Address: address, Migrate: migrate})
		if faults[0] == nil || !strings.Contains(faults[0].Error(), "version 9999") || !strings.Contains(faults[0].Error(), "start the newer program") {
			t.Errorf("with newer tables: %v", faults[0])
		}
	}
}

// TestNewsBetweenProcesses: what one store publishes the other hears, once it
// has committed; what may have got lost is told of as such.
func TestNewsBetweenProcesses(t *testing.T) {
	t.Parallel()
	address := storetest.PostgresURL(t)
	config := store.Config{Address: address, Migrate: true}
	stores, faults := openAtOnce(t, config, config)
	if faults[0] != nil || faults[1] != nil {
		t.Fatal(faults)
	}
	heard := make(chan string, 99)
	defer stores[1].Subscribe("topic", func(payload string) { heard <- payload })()
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-heard:
			if got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%q was not heard", want)
		}
	}
	expect("") // it listens now; before, something may have been said
	publish := func(topic, payload string, fault error) {
		_ = stores[0].Do(t.Context(), func(tx kyc.Tx) error {
			if err := stores[0].Publish(t.Context(), tx, topic, payload); err != nil {
				t.Error(err)
			}
			return fault
		})
	}
	publish("topic", "taken back", context.Canceled)
	publish("other", "not asked for", nil)
	publish("topic", "said", nil)
	expect("said")
	if _, err := stores[0].Writer().Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`); err != nil {
		t.Fatal(err)
	}
	expect("") // the connection broke: look again
	publish("topic", "said again", nil)
	expect("said again")
}
