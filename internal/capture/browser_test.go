package capture_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/capture"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/sdk/bundle"
)

// hostPage is an integrator's page on another origin; the browser test calls
// setupKYC itself. Its policy is as strict as one can be that shows the widget.
const hostPage = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>
<h1>Shop</h1><button id="before">before</button><div id="box"></div>
<script src="%s/lib/widget-lib.js" defer crossorigin="anonymous"></script></html>`

// The widget in a real browser against a stand-in room: sdk/test/widget.mjs
// acts as a person would. OPENKYC_SHOTS names a folder for screenshots.
func TestWidgetInBrowser(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, need := range []string{"node_modules/playwright-core", "node_modules/lit"} {
		if _, err := os.Stat(filepath.Join(root, need)); err != nil {
			t.Fatalf("%s is missing: run make build (or npm ci) first", need)
		}
	}
	if _, err := os.Stat("/usr/bin/chromium"); err != nil {
		t.Fatal("/usr/bin/chromium is missing: install the Debian package chromium first")
	}
	dist := t.TempDir()
	if err := bundle.Build(filepath.Join(root, "sdk"), dist); err != nil {
		t.Fatal(err)
	}
	r := newRoom(kyc.StepDocument, kyc.StepSelfie, kyc.StepLiveness)
	r.delay = 600 * time.Millisecond
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	door := newDoor(t, config(r, func(c *capture.Config) {
		c.Assets, c.Logger = os.DirFS(dist), logger
		c.Limits.Opens = edge.Rate{Events: 1000, Per: time.Minute, Burst: 1000}
		c.Limits.Faults = c.Limits.Opens
		c.Limits.Lookers = 8 // several browsers at one time
	}))
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "redirected") })
	handler := edge.Doorstep(edge.Config{Logger: logger, Now: time.Now, Random: rand.Reader, MaxBody: 64 << 20}, door.Handle(next))
	widget := httptest.NewServer(handler)
	defer widget.Close()
	r.redirect = widget.URL + "/after"

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src "+widget.URL+"; frame-src "+widget.URL)
		fmt.Fprintf(w, hostPage, widget.URL)
	}))
	defer page.Close()
	_, port, err := net.SplitHostPort(page.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}

	picture := filepath.Join(t.TempDir(), "document.jpg")
	if err := os.WriteFile(picture, photo(t, 1200, 800), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "node", filepath.Join(root, "sdk", "test", "widget.mjs"))
	run.Env = append(os.Environ(), "WIDGET="+widget.URL, "PAGE=http://localhost:"+port, "PAGE_PORT="+port,
		"OPEN_SCHEMA="+openSchema, "CLOSED_SCHEMA="+closedSchema, "PICTURE="+picture)
	run.WaitDelay = 5 * time.Second
	out, err := run.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("the browser test failed: %v", err)
	}
	if strings.Contains(log.String(), "MARKER") { // every client key of the test has it
		t.Errorf("S33: a client key is in the log:\n%s", log.String())
	}
}
