package dash

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	site.door.rhythm.pace = 50 * time.Millisecond
	mux := http.NewServeMux()
	meanwhile(mux, w)
	mux.Handle("/", site.handler)
	server := httptest.NewServer(mux)
	defer server.Close()
	runBrowser(t, root, "browser.mjs", server.URL, flowID, sessionN(3), sessionN(1), secondID, lostID, deliveryN(99))
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := slices.DeleteFunc(w.calls, func(call string) bool { return strings.HasPrefix(call, "replayed failed since") }) // the day before now
	if want := []string{"rotated secret", "enabled old CRM", "disabled old CRM", "rotated data warehouse 1h0m0s", "tested data warehouse session.step",
		"rotated webhookSecret", "rotated data warehouse 24h0m0s", "signed out owner"}; !slices.Equal(calls, want) {
		t.Errorf("the browser changed %v, want %v: once with script and once without, and nothing after Cancel", calls, want)
	}
}

// meanwhile lets the browser's script make things happen elsewhere in the world.
func meanwhile(mux *http.ServeMux, w *world) {
	session := func(path string, i int, status kyc.Status, key string) {
		mux.HandleFunc("POST "+path, func(http.ResponseWriter, *http.Request) {
			w.mu.Lock()
			s := sessionOf(min(i, 6), status, w.now)
			if i > 6 {
				s.SessionID, s.ClientKey = sessionN(i), key
				w.sessions = slices.DeleteFunc(w.sessions, func(x kyc.SessionView) bool { return x.SessionID == s.SessionID })
				w.sessions = append([]kyc.SessionView{s}, w.sessions...)
			} else {
				at := slices.IndexFunc(w.sessions, func(x kyc.SessionView) bool { return x.SessionID == s.SessionID })
				w.sessions[at] = s
			}
			w.mu.Unlock()
			w.change(kyc.ChangedSession, s.SessionID)
		})
	}
	session("/end", 1, kyc.Success, "")
	session("/fail", 1, kyc.Failed, "")
	session("/begin", 50, kyc.Idle, "user_new")
	session("/finish", 50, kyc.Success, "user_new")
	mux.HandleFunc("POST /recover", func(_ http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("endpoint")
		w.mu.Lock()
		for _, e := range w.endpoints {
			if e.ID == id {
				e.FailingSince, e.Failures, e.OpenUntil, e.Throttle = time.Time{}, 0, time.Time{}, 0
			}
		}
		w.mu.Unlock()
		w.change(kyc.ChangedEndpoint, id)
	})
	mux.HandleFunc("POST /arrive", func(http.ResponseWriter, *http.Request) {
		w.mu.Lock()
		for i := range w.records[""] {
			r := &w.records[""][i]
			r.Delivery.Status, r.Delivery.Attempts, r.Delivery.LastCode, r.Delivery.DoneAt = kyc.DeliveryDelivered, 1, 200, w.now
			r.Attempts = []kyc.DeliveryAttempt{{DeliveryID: r.Delivery.ID, Number: 1, At: w.now, Code: 200, Latency: 31 * time.Millisecond,
				Header: map[string]string{"openkyc-test": "true", "webhook-id": r.Delivery.ID}}}
		}
		w.mu.Unlock()
		w.change(kyc.ChangedDelivery, deliveryN(99))
	})
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
	runBrowser(t, browserRoot(t), "shots.mjs", folder, server.URL, flowID, sessionN(3), sessionN(2), sessionN(4), sessionN(1), secondID, lostID, deliveryN(2))
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
