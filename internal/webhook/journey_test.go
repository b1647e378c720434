package webhook_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/webhook"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// received is what the receiver prints of one notification.
type received struct {
	ID, URL, Type   string
	Genuine, Repeat bool
	Session         map[string]string
}

// receiver starts the Node program and returns its address and what it prints.
func receiver(t *testing.T) (address string, notes <-chan received) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node.js on the path: install it (Debian: apt-get install nodejs) and run again")
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, node, "testdata/receiver.mjs")
	command.Env = append(os.Environ(), "WEBHOOK_SECRET="+secret)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = command.Wait() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the receiver did not start")
	}
	all := make(chan received, 16)
	go func() {
		for lines.Scan() {
			var n received
			if err := json.Unmarshal(lines.Bytes(), &n); err != nil {
				t.Errorf("the receiver printed %q: %v", lines.Text(), err)
			}
			all <- n
		}
	}()
	return "http://127.0.0.1:" + lines.Text(), all
}

func id(t *testing.T) string {
	t.Helper()
	v, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestJourney goes the whole way with everything real: rows in SQLite sealed by
// Tink, jobs of the queue, the guarded client, and a receiver in another
// language that knows the webhook secret alone.
func TestJourney(t *testing.T) {
	t.Parallel()
	for _, mode := range []kyc.CallbackMode{kyc.CallbackEncrypted, kyc.CallbackPlain} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			journey(t, mode)
		})
	}
}

// running is an installation in a folder with everything real, which sends by a
// ladder until the test ends.
func running(t *testing.T, dir string, ladder ...time.Duration) (*store.Store, *webhook.Room) {
	t.Helper()
	ctx := t.Context()
	keys, err := seal.Create(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "openkyc.db"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	queue, err := jobs.Open(ctx, jobs.Config{Store: s, Poll: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	sender := egress.New(egress.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	room := webhook.New(webhook.Deps{Store: s, Queue: queue, Sender: sender, Now: time.Now, Random: rand.Reader, Ladder: ladder})
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- room.Run(sending) }()
	t.Cleanup(func() { stop(); <-ended })
	return s, room
}

func journey(t *testing.T, mode kyc.CallbackMode) {
	dir, ctx := t.TempDir(), t.Context()
	s, room := running(t, dir, 0, 50*time.Millisecond, 50*time.Millisecond)
	address, notes := receiver(t)

	session := final(t, s, room, kyc.Callback{URL: address + "/hook?a=b", Mode: mode, AppendClientKey: true})
	var got []received
	for len(got) < 3 {
		select {
		case n := <-notes:
			got = append(got, n)
		case <-time.After(20 * time.Second):
			t.Fatalf("only %d notifications came", len(got))
		}
	}
	for i, n := range got {
		want := received{ID: got[0].ID, URL: "/hook?a=b&clientKey=marker%3A%201", Type: "application/json", Genuine: true, Repeat: i > 0,
			Session: map[string]string{"status": "success", "clientKey": "marker: 1"}}
		if diff := cmp.Diff(want, n); diff != "" {
			t.Errorf("notification %d: %s", i, diff)
		}
	}
	owner := &kyc.Principal{AccountID: session.AccountID, UserID: "user", Role: kyc.RoleOwner}
	record := settled(t, room, owner, session.ID)
	codes := []int{}
	for _, a := range record.Attempts {
		codes = append(codes, a.Code)
	}
	if diff := cmp.Diff([]int{500, 307, 204}, codes); diff != "" || record.Delivery.ID != got[0].ID || record.Attempts[0].Answer != "thank you" {
		t.Errorf("W12, W25: %+v %s", record, diff)
	}
	if err := room.Replay(ctx, owner, record.Delivery.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-notes:
		if !n.Genuine || !n.Repeat || n.ID != got[0].ID {
			t.Errorf("W26: replayed as %+v", n)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("W26: the replay did not come")
	}
	settled(t, room, owner, session.ID)
	unreadable(t, filepath.Join(dir, "openkyc.db"))
}

// tenant makes an account with a scenario.
func tenant(t *testing.T, s *store.Store, callback kyc.Callback) (*kyc.Account, *kyc.Scenario) {
	t.Helper()
	account := &kyc.Account{ID: id(t), Name: "Shop"}
	scenario := &kyc.Scenario{ID: id(t), AccountID: account.ID, Secret: "s3cret", WebhookSecret: secret}
	scenario.Name, scenario.Steps, scenario.Callback = "Passport", []kyc.Step{{Type: kyc.StepDocument}}, callback
	scenario.Normalise()
	err := s.Do(t.Context(), func(tx kyc.Tx) error {
		return errors.Join(s.CreateAccount(t.Context(), tx, account), s.SaveScenario(t.Context(), tx, scenario))
	})
	if err != nil {
		t.Fatal(err)
	}
	return account, scenario
}

// begin makes a session.
func begin(t *testing.T, s *store.Store, scenario *kyc.Scenario, clientKey string) *kyc.Session {
	t.Helper()
	session := &kyc.Session{ID: id(t), AccountID: scenario.AccountID, ScenarioID: scenario.ID, Revision: 1, ClientKey: clientKey,
		Origin: kyc.OriginWidget, Status: kyc.Idle, ExpiresAt: time.Now().Add(time.Hour)}
	err := s.Do(t.Context(), func(tx kyc.Tx) error {
		session.CreatedAt = tx.Now()
		return s.CreateSession(t.Context(), tx, session)
	})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// final makes an account, a scenario and a session, and announces it.
func final(t *testing.T, s *store.Store, room *webhook.Room, callback kyc.Callback) *kyc.Session {
	t.Helper()
	_, scenario := tenant(t, s, callback)
	session := begin(t, s, scenario, "marker: 1")
	session.Status = kyc.Success
	err := s.Do(t.Context(), func(tx kyc.Tx) error {
		return room.Announce(t.Context(), tx, scenario, session, func() ([]byte, error) {
			return []byte(`{"status":"success","clientKey":"marker: 1"}`), nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// settled waits until the one delivery of the session is delivered.
func settled(t *testing.T, room *webhook.Room, p *kyc.Principal, sessionID string) webhook.Record {
	t.Helper()
	for range 400 {
		records, err := room.Log(t.Context(), p, sessionID)
		if err != nil || len(records) != 1 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		if records[0].Delivery.Status == kyc.DeliveryDelivered {
			return records[0]
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the delivery never counts as delivered")
	return webhook.Record{}
}

// unreadable looks for the client key in the database's files (S25).
func unreadable(t *testing.T, database string) {
	t.Helper()
	files, err := filepath.Glob(database + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "marker") {
			t.Errorf("S25: %s holds the client key in clear", filepath.Base(file))
		}
	}
}
