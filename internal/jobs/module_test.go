package jobs_test

import (
	"os"
	"regexp"
	"testing"
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
