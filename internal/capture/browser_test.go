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
	"github.com/openkyc/openkyc/sdk/build/bundle"
)

// hostPage is an integrator's page on another origin; the browser test calls
// setupKYC itself. Its policy is as strict as one can be that shows the widget.
const hostPage = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Shop</title>
<h1>Shop</h1><button id="before">before</button><div id="box"></div>
<script src="%s/lib/widget-lib.js" defer crossorigin="anonymous"></script></html>`

// The widget in a real browser against a stand-in room: sdk/test/widget.mjs
// acts as a person would. OPENKYC_SHOTS names a folder for screenshots,
// OPENKYC_ONLY a part of the names of the cases to run.
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
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
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
	if os.Getenv("OPENKYC_ONLY") == "" {
		checkEvidence(t, r)
	}
	if strings.Contains(log.String(), "MARKER") { // every client key of the test has it
		t.Errorf("S33: a client key is in the log:\n%s", log.String())
	}
}

// litFrames counts the frames under colours: two of each colour, in order, of one
// move, and no more than two changes a second (three are the most that WCAG 2.3.1 allows).
func litFrames(t *testing.T, marks []kyc.FrameMark) (lit int) {
	t.Helper()
	began := map[int]int64{}
	for _, m := range marks {
		if m.Colour == 0 {
			continue
		}
		if _, ok := began[m.Colour]; !ok {
			began[m.Colour] = m.AtMS
		}
		if last, ok := began[m.Colour-1]; ok && began[m.Colour]-last < 500 {
			t.Errorf("colour %d follows after %d ms", m.Colour, began[m.Colour]-last)
		}
		if lit++; m.Move != 1 || m.Colour != (lit+1)/2 {
			t.Errorf("frame %d under a colour is marked %+v", lit, m)
		}
	}
	if lit != 0 && lit != 12 {
		t.Errorf("%d frames under colours, want two of each of six", lit)
	}
	return lit
}

// checkEvidence holds what the widget sent against what a liveness check needs.
func checkEvidence(t *testing.T, r *room) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	recordings := 0
	for k, req := range r.submitted {
		for _, u := range req.Uploads {
			if u.Fault != "" {
				t.Errorf("step %d: a picture does not decode", req.Step)
			}
		}
		if len(req.Frames) == 0 {
			continue
		}
		recordings++
		if n := len(req.Uploads) - litFrames(t, req.Frames); n < 10 || n > 24 {
			t.Errorf("a recording has %d frames, want 10 to 24", n)
		}
		if first, last := req.Frames[0].Move, req.Frames[len(req.Frames)-1].Move; first != 0 || last != r.asked[k]-1 {
			t.Errorf("a recording goes from move %d to %d, want 0 to %d", first, last, r.asked[k]-1)
		}
		for i, f := range req.Frames {
			if p := req.Uploads[i].Picture; max(p.Width, p.Height) > 640 {
				t.Errorf("a frame is %dx%d", p.Width, p.Height)
			}
			if i > 0 && (f.AtMS-req.Frames[i-1].AtMS < 15 || f.AtMS-req.Frames[i-1].AtMS > 6000 || f.Move-req.Frames[i-1].Move < 0 || f.Move-req.Frames[i-1].Move > 1) {
				t.Errorf("mark %+v follows %+v", f, req.Frames[i-1])
			}
		}
	}
	if recordings == 0 {
		t.Error("no liveness recording was sent")
	}
}
