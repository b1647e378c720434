package webhook_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/webhook"
)

// victimEnv turns the test program into the process that will be killed; its
// value says at which step, and of what.
const victimEnv = "OPENKYC_WEBHOOK_VICTIM"

func TestMain(m *testing.M) {
	if text := os.Getenv(victimEnv); text != "" {
		if err := die(text); err != nil {
			fmt.Println("failed:", err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victim is what a process is told that will be killed.
type victim struct{ Dir, Step, Session string }

// steps of a notification's life, in their order, with what a death there means:
// whether the change stands, and how often the receiver is told of it in the end.
var steps = []struct {
	name  string
	stand bool
	posts int
}{
	{"changed", false, 1},   // the session is written, in a unit of work that is still open
	{"announced", false, 1}, // and so is the delivery
	{"committed", true, 1},
	{"claiming", true, 1}, // the attempt is counted, in a unit of work that is still open
	{"claimed", true, 1},
	{"sent", true, 2}, // the receiver has it, and nobody wrote that down
	{"recording", true, 2},
	{"recorded", true, 1},
}

// halting is a store and a sender that stop at one step.
type halting struct {
	*store.Store
	webhook.Sender
	step string
}

// at says that a step is reached and waits to be killed there.
func (h halting) at(step string) {
	if h.step == step {
		fmt.Println("here")
		select {}
	}
}

func (h halting) ClaimDeliveries(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, until time.Time, limit int) ([]*kyc.Delivery, bool, error) {
	claimed, more, err := h.Store.ClaimDeliveries(ctx, tx, e, until, limit)
	if len(claimed) > 0 {
		h.at("claiming")
	}
	return claimed, more, err
}

func (h halting) SettleDeliveries(ctx context.Context, tx kyc.Tx, all []kyc.Settlement) ([]bool, error) {
	stood, err := h.Store.SettleDeliveries(ctx, tx, all)
	h.at("recording")
	return stood, err
}

func (h halting) Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	h.at("claimed")
	answer, err := h.Sender.Post(ctx, address, header, body)
	h.at("sent")
	return answer, err
}

func (h halting) Attempted(string, string, time.Duration) { h.at("recorded") }

// open opens the parts in a folder, to stop at a step or at none.
func open(ctx context.Context, dir, step string) (halting, *webhook.Room, error) {
	keys, err := seal.Open(filepath.Join(dir, "master.key"))
	if errors.Is(err, os.ErrNotExist) {
		keys, err = seal.Create(filepath.Join(dir, "master.key"))
	}
	if err != nil {
		return halting{}, nil, err
	}
	s, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "openkyc.db"), Keys: keys})
	if err != nil {
		return halting{}, nil, err
	}
	h := halting{Store: s, Sender: egress.New(egress.Config{AllowPrivate: true}), step: step}
	return h, webhook.New(webhook.Deps{Store: h, Sender: h, Meter: h, Now: time.Now, Random: rand.Reader, Poll: 50 * time.Millisecond, Claim: time.Second}), nil
}

// end makes a session final and announces it, in one unit of work.
func (h halting) end(ctx context.Context, room *webhook.Room, id string) error {
	return h.Do(ctx, func(tx kyc.Tx) error {
		session, err := h.Session(ctx, tx, id)
		if err != nil {
			return err
		}
		scenario, err := h.Scenario(ctx, tx, session.ScenarioID)
		if err != nil {
			return err
		}
		session.Status, session.FinishedAt = kyc.Success, tx.Now()
		if err := h.UpdateSession(ctx, tx, session); err != nil {
			return err
		}
		h.at("changed")
		if err := room.Announce(ctx, tx, scenario, session, func() ([]byte, error) { return []byte(`{"status":"success"}`), nil }); err != nil {
			return err
		}
		h.at("announced")
		return nil
	})
}

// die does what a node does until it is killed.
func die(text string) error {
	var v victim
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	ctx := context.Background()
	h, room, err := open(ctx, v.Dir, v.Step)
	if err != nil {
		return err
	}
	if err := h.end(ctx, room, v.Session); err != nil {
		return err
	}
	h.at("committed")
	return room.Run(ctx)
}

// TestKilledAtEachStepW11 kills a node with SIGKILL at each step between the
// change of a session and the record of its notification. Afterwards the change
// and its delivery are both there or both not; and the next node, once it has
// made the change if need be, delivers it under one id: once, or a second time
// when the receiver had it and nobody had written that down (W16).
func TestKilledAtEachStepW11(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			sink := newCounter(t)
			dir := t.TempDir()
			h, _, err := open(t.Context(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			_, scenario := tenant(t, h.Store, kyc.Callback{URL: sink.address, Mode: kyc.CallbackPlain})
			session := begin(t, h.Store, scenario, "user_123")
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
			kill(t, victim{Dir: dir, Step: step.name, Session: session.ID})

			h, room, err := open(t.Context(), dir, "")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			if stands, deliveries := told(t, h.Store, session.ID); stands != step.stand || len(deliveries) == 1 != step.stand {
				t.Fatalf("the change stands: %v, with %d deliveries", stands, len(deliveries))
			}
			if !step.stand {
				if err := h.end(t.Context(), room, session.ID); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- room.Run(ctx) }()
			id := delivered(t, h.Store, session.ID)
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if got := sink.posts(); len(got) != 1 || got[id] != step.posts {
				t.Errorf("the receiver got %v, want %s %d times", got, id, step.posts)
			}
		})
	}
}

// kill starts a victim and kills it where it stops.
func kill(t *testing.T, v victim) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very program
	command.Env, command.Stderr = append(os.Environ(), victimEnv+"="+string(text)), os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_ = command.Process.Kill() // SIGKILL
	_ = command.Wait()
	if err != nil || line != "here\n" {
		t.Fatalf("the victim says %q, %v", line, err)
	}
}

// told tells whether a session is final and which deliveries it has.
func told(t *testing.T, s *store.Store, id string) (final bool, deliveries []*kyc.Delivery) {
	t.Helper()
	err := s.View(t.Context(), func(tx kyc.Tx) error {
		session, err := s.Session(t.Context(), tx, id)
		if err != nil {
			return err
		}
		final = session.Status.Final()
		deliveries, err = s.DeliveriesOf(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return final, deliveries
}

// delivered waits until the one delivery of a session is delivered, and a moment
// longer for what should not come.
func delivered(t *testing.T, s *store.Store, id string) string {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, all := told(t, s, id); len(all) == 1 && all[0].Status == kyc.DeliveryDelivered && all[0].Sequence == 1 {
			time.Sleep(100 * time.Millisecond)
			return all[0].ID
		}
	}
	_, all := told(t, s, id)
	t.Fatalf("never delivered: %+v", all)
	return ""
}

// counter is a receiver that counts what comes, by id.
type counter struct {
	address string
	mu      sync.Mutex
	came    map[string]int
}

func newCounter(t *testing.T) *counter {
	c := &counter{came: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.came[r.Header.Get("webhook-id")]++
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	c.address = server.URL
	return c
}

func (c *counter) posts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.came
}
