package dash

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestShots takes pictures of all pages for a person to look at, when
// OPENKYC_SHOTS names a folder.
func TestShots(t *testing.T) {
	folder := os.Getenv("OPENKYC_SHOTS")
	if folder == "" {
		t.Skip("set OPENKYC_SHOTS to a folder to get pictures of the pages")
	}
	w := newWorldAt(time.Now().UTC().Truncate(time.Minute))
	server := httptest.NewServer(newSite(t, w, "").handler)
	defer server.Close()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "internal/dash/testdata/shots.mjs", folder, server.URL, flowID, sessionN(3), sessionN(2), sessionN(4), sessionN(1))
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
