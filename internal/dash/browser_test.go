package dash

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// TestInBrowser works the pages as a person does in Chromium, with script and
// without; any complaint of the browser about the policy fails it.
func TestInBrowser(t *testing.T) {
	t.Parallel()
	w := newWorldAt(time.Now().UTC().Truncate(time.Minute))
	root := browserRoot(t)
	site := newSite(t, w, "")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /end", func(http.ResponseWriter, *http.Request) { // the session that is open ends meanwhile
		w.mu.Lock()
		defer w.mu.Unlock()
		ended := sessionOf(1, kyc.Success, w.now)
		w.sessions[1] = ended
	})
	mux.Handle("/", site.handler)
	server := httptest.NewServer(mux)
	defer server.Close()
	runBrowser(t, root, "browser.mjs", server.URL, flowID, sessionN(3), sessionN(1))
	w.mu.Lock()
	defer w.mu.Unlock()
	if want := []string{"rotated secret", "rotated webhookSecret", "signed out owner"}; !slices.Equal(w.calls, want) {
		t.Errorf("the browser changed %v, want %v: once with script and once without, and nothing after Cancel", w.calls, want)
	}
}

// TestShots takes pictures of all pages for a person to look at, when
// OPENKYC_SHOTS names a folder.
func TestShots(t *testing.T) {
	folder := os.Getenv("OPENKYC_SHOTS")
	if folder == "" {
		t.Skip("set OPENKYC_SHOTS to a folder to get pictures of the pages")
	}
	server := httptest.NewServer(newSite(t, newWorldAt(time.Now().UTC().Truncate(time.Minute)), "").handler)
	defer server.Close()
	runBrowser(t, browserRoot(t), "shots.mjs", folder, server.URL, flowID, sessionN(3), sessionN(2), sessionN(4), sessionN(1))
}

// browserRoot is the folder of the checkout, in which node finds its packages.
func browserRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "playwright-core")); err != nil {
		t.Fatal("node_modules/playwright-core is missing: run make build first")
	}
	if _, err := os.Stat("/usr/bin/chromium"); err != nil {
		t.Fatal("/usr/bin/chromium is missing: install the Debian package chromium first")
	}
	return root
}

func runBrowser(t *testing.T, root, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append([]string{filepath.Join("internal", "dash", "testdata", script)}, args...)...)
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
