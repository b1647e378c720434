package jobs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// TestRiverVersions: River's modules work together at equal versions only, and
// the SQLite driver is served at few of them.
func TestRiverVersions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(github\.com/riverqueue/\S+) (v\S+)`).FindAllStringSubmatch(string(text), -1)
	if len(found) < 5 {
		t.Fatalf("only %d modules of River in go.mod", len(found))
	}
	for _, module := range found {
		if module[2] != found[0][2] {
			t.Errorf("%s is at %s, %s at %s", module[1], module[2], found[0][1], found[0][2])
		}
	}
}

// TestIDsAreNeverReused: the unique keys trust that a deleted job's id does not
// come back as another job's.
func TestIDsAreNeverReused(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	if _, err := jobs.Open(t.Context(), jobs.Config{Store: s}); err != nil {
		t.Fatal(err)
	}
	var ddl string
	if err := s.Writer().QueryRowContext(t.Context(), `SELECT sql FROM sqlite_master WHERE name = 'river_job'`).Scan(&ddl); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.ToUpper(ddl), "AUTOINCREMENT") {
		t.Errorf("SQLite may give ids twice: %s", ddl)
	}
}
