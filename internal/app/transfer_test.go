package app_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/verify"
)

// site is an installation in its place, opened as a node.
type site struct {
	*app.App
	t *testing.T
}

func openSite(t *testing.T, l app.Location, now func() time.Time) *site {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{Location: l, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{App: a, t: t}
	t.Cleanup(s.close)
	return s
}

func (s *site) close() {
	if s.App == nil {
		return
	}
	if err := s.Close(); err != nil {
		s.t.Error(err)
	}
	s.App = nil
}

// begin begins a session of a customer.
func (s *site) begin(quick *app.Quickstart, customer string) string {
	s.t.Helper()
	token, err := client.EncryptKey(quick.ScenarioSecret, customer)
	if err != nil {
		s.t.Fatal(err)
	}
	started, err := s.Verify.Begin(s.t.Context(), verify.BeginRequest{ScenarioID: quick.SchemaID, Token: token})
	if err != nil {
		s.t.Fatal(err)
	}
	return started.Session.ID
}

// photo is a picture without anything on it.
func photo(t *testing.T) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: uint8(i / 640 % 256)}.Y //nolint:gosec // a gradient
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestMove: a session whose check waits, its picture and a pending webhook go
// from a data folder to PostgreSQL and a bucket, where a node takes all of them
// up, and back.
func TestMove(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var got atomic.Pointer[string]
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		got.Store(&text)
	}))
	defer receiver.Close()
	first := app.Location{Data: filepath.Join(t.TempDir(), "data")}
	begin := time.Now()
	early := openSite(t, first, func() time.Time { return begin.Add(-2 * time.Hour) })
	quick, err := early.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost", CallbackURL: receiver.URL, CallbackMode: kyc.CallbackPlain, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	early.begin(quick, "customer-expired")
	early.close()

	node := openSite(t, first, time.Now)
	if err := node.Verify.Expire(ctx); err != nil { // its webhook stays pending: nobody sends
		t.Fatal(err)
	}
	session := node.begin(quick, "customer-waiting")
	state, err := node.Verify.StartAttempt(ctx, session, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Verify.Submit(ctx, session, verify.SubmitRequest{Step: 0, Try: state.Try, Uploads: []kyc.Upload{node.Decode(ctx, photo(t))}}); err != nil {
		t.Fatal(err)
	}
	before := node.picture(session)
	node.close()

	server := blobtest.StartS3(t)
	second := app.Location{Database: storetest.PostgresURL(t), Blobs: server.Bucket("pictures"), BlobKeys: server.Credentials, MasterKey: filepath.Join(t.TempDir(), "keys", "master.key")}
	there, err := app.Move(ctx, first, second, app.TransferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	third := app.Location{Data: filepath.Join(t.TempDir(), "back")}
	back, err := app.Move(ctx, second, third, app.TransferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there.Sums, back.Sums); diff != "" || there.Pictures != 1 {
		t.Errorf("there and back: %d pictures %s", there.Pictures, diff)
	}
	shared := openSite(t, second, func() time.Time { return time.Now().Add(10 * time.Minute) })
	for _, node := range []*site{shared, openSite(t, third, time.Now)} {
		if after := node.picture(session); !bytes.Equal(before, after) || len(before) < 100 {
			t.Errorf("the picture has %d bytes, it had %d", len(after), len(before))
		}
	}
	shared.workUntil(func() bool {
		if err := shared.Verify.Rescue(ctx); err != nil {
			t.Error(err)
		}
		state, err := shared.Verify.State(ctx, session)
		return err == nil && state.Status == kyc.Idle && len(state.LastErrors) > 0 && got.Load() != nil
	})
	if body := got.Load(); body == nil || !strings.Contains(*body, `"status":"expired"`) || !strings.Contains(*body, "customer-expired") {
		t.Error("the pending webhook did not arrive")
	}
}

// picture reads the session's picture as an operator does.
func (s *site) picture(session string) []byte {
	s.t.Helper()
	p, err := s.Operator(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	picture, err := s.Verify.Image(s.t.Context(), p, verify.ImageRequest{OwnerID: p.AccountID, SessionID: session, Step: "document_0", Image: "1_0", Full: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return picture
}

// workUntil lets the node work until something is so.
func (s *site) workUntil(so func() bool) {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	worked := make(chan error, 1)
	go func() { worked <- s.Work(ctx) }()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Error("it did not come to that within 30 s")
			break
		}
	}
	stop()
	if err := <-worked; err != nil && !errors.Is(err, context.Canceled) {
		s.t.Error(err)
	}
}

// TestMoveRefusals: a source that is worked on, another key in the target's place.
func TestMoveRefusals(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	from, other := app.Location{Data: filepath.Join(t.TempDir(), "a")}, app.Location{Data: filepath.Join(t.TempDir(), "b")}
	for _, l := range []app.Location{from, other} {
		in, err := app.OpenInstallation(ctx, l, nil)
		if err != nil {
			t.Fatal(err)
		}
		if l == from {
			release, err := in.Store.Own()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := app.Move(ctx, from, other, app.TransferOptions{}); err == nil || !strings.Contains(err.Error(), "another process works on it") {
				t.Errorf("%v", err)
			}
			_ = release()
		}
		_ = in.Close()
	}
	for want, pair := range map[string][2]app.Location{
		"another master key":      {from, other},
		"there is no installa":    {app.Location{Data: filepath.Join(t.TempDir(), "c")}, other},
		"a database":              {from, app.Location{Blobs: "x", MasterKey: "y"}},
		"the target is not empty": {from, app.Location{Data: other.Data, MasterKey: filepath.Join(from.Data, "master.key")}},
	} {
		if _, err := app.Move(ctx, pair[0], pair[1], app.TransferOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
