package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrongCallsEndInUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"bake"}, {"build", "extra"}, {"build", "--colour", "red"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out, &out); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestBuildWithoutPackagesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"build", "--packages", t.TempDir(), "--out", t.TempDir(), "--platform", "linux/amd64"}, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("got %v", err)
	}
}

// TestRecordOfAnUnchangedConverterChangesNothing also converts every model once more from the real packages.
func TestRecordOfAnUnchangedConverterChangesNothing(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile("../../models/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(copied, before, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"record", "--packages", "../../node_modules", "--manifest", copied}, &out, &out); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("models/manifest.json is not what `go run ./cmd/modelkit record` writes")
	}
}

func TestReadmeCommandPrintsThePage(t *testing.T) {
	t.Parallel()
	var page, log bytes.Buffer
	if err := run(t.Context(), []string{"readme", "--manifest", "../../models/manifest.json"}, &page, &log); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "## face-embedder") || log.Len() > 0 {
		t.Errorf("the page lacks a model, or more was said: %s", log.String())
	}
}
