package verify_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/verify"
)

// crew is how many requests of one person meet, on two nodes by turns.
const crew = 8

// nodes are two rooms on one PostgreSQL database, each with a store of its own
// as two processes have, and the one that makes of both what a rig is.
type nodes struct {
	*rig
	rooms [2]*verify.Room
}

func newNodes(t *testing.T, change func(*kyc.Definition)) *nodes {
	t.Helper()
	c, address := newClock(), storetest.PostgresURL(t)
	n := &nodes{rig: rigOn(t, storetest.OpenAddress(t, address, c.Now), c, change)}
	n.rooms = [2]*verify.Room{n.Room, n.room(storetest.OpenAddress(t, address, c.Now))}
	return n
}

// together lets a crew call at once, on the nodes by turns, and returns what
// each was told.
func (n *nodes) together(call func(ctx context.Context, node *verify.Room, i int) error) []error {
	var wg sync.WaitGroup
	told, start := make([]error, crew), make(chan struct{})
	for i := range crew {
		wg.Go(func() {
			<-start
			told[i] = call(context.Background(), n.rooms[i%2], i)
		})
	}
	close(start)
	wg.Wait()
	return told
}

// TestOneKeyAtOnce: a page that opens twice, on two nodes, is one session, and
// one of the widgets holds it. The rule that a key of version 2 works once
// holds between nodes too (S21).
func TestOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	n := newNodes(t, nil)
	started := make([]verify.Started, crew)
	for _, err := range n.together(func(ctx context.Context, node *verify.Room, i int) (err error) {
		started[i], err = node.Begin(ctx, verify.BeginRequest{ScenarioID: n.scenario.ID, Token: n.token("person")})
		return err
	}) {
		if err != nil {
			t.Errorf("a page was refused: %v", err)
		}
	}
	holders := 0
	for _, s := range started {
		if s.Session == nil || s.Session.ID != started[0].Session.ID {
			t.Fatal("one person has several sessions")
		}
		if _, err := n.Attach(context.Background(), s.Credential); err == nil {
			holders++
		}
	}
	if holders != 1 {
		t.Errorf("%d widgets hold the session", holders)
	}

	once, err := client.EncryptKeyV2(n.scenario.Secret, n.scenario.ID, "other", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	won := 0
	for _, err := range n.together(func(ctx context.Context, node *verify.Room, _ int) error {
		_, err := node.Begin(ctx, verify.BeginRequest{ScenarioID: n.scenario.ID, Token: once})
		return err
	}) {
		if err == nil {
			won++
		} else if kyc.SafeMessage(err) != kyc.MessageDecryption {
			t.Errorf("a second use was refused with %v", err)
		}
	}
	if won != 1 {
		t.Errorf("a key that works once worked %d times", won)
	}
}

// TestOneStepAtOnce: a double click on two nodes opens one try with one
// challenge, and of two uploads for it one counts.
func TestOneStepAtOnce(t *testing.T) {
	t.Parallel()
	n := newNodes(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepLiveness}} })
	id := n.begin("person").Session.ID
	states := make([]verify.State, crew)
	for _, err := range n.together(func(ctx context.Context, node *verify.Room, i int) (err error) {
		states[i], err = node.StartAttempt(ctx, id, 0)
		return err
	}) {
		if err != nil {
			t.Errorf("a click was refused: %v", err)
		}
	}
	for _, s := range states {
		if s.Try != 1 || s.Challenge == nil || !s.Challenge.Deadline.Equal(states[0].Challenge.Deadline) {
			t.Fatalf("a click opened try %d", s.Try)
		}
	}
	taken := 0
	for _, err := range n.together(func(ctx context.Context, node *verify.Room, i int) error {
		_, err := node.Submit(ctx, id, verify.SubmitRequest{Try: 1, Uploads: []kyc.Upload{picture(fmt.Sprint(i))}, Frames: []kyc.FrameMark{{AtMS: 1}}})
		return err
	}) {
		if err == nil {
			taken++
		} else if kyc.KindOf(err) != kyc.Conflict {
			t.Errorf("an upload that came too late is told %v", err)
		}
	}
	if jobs := n.queue.take(); taken != 1 || len(jobs) != 1 || len(n.blobs.files) != 1 {
		t.Errorf("%d uploads were taken, %d jobs inserted, %d pictures kept", taken, len(jobs), len(n.blobs.files))
	}
}

// TestReloadDuringCheck: the person reloads the page, on another node, while a
// finding is being written. Both have their effect, in one order or the other.
func TestReloadDuringCheck(t *testing.T) {
	t.Parallel()
	n := newNodes(t, nil)
	id := n.begin("person").Session.ID
	reloaded := make(chan error, 1)
	n.announcer.during = sync.OnceFunc(func() {
		go func() {
			_, err := n.rooms[1].Begin(context.Background(), verify.BeginRequest{ScenarioID: n.scenario.ID, Token: n.token("person")})
			reloaded <- err
		}()
		time.Sleep(300 * time.Millisecond) // enough for it, were nothing in its way
	})
	if state := n.send(id, 0); state.Status != kyc.Idle || state.Step != 1 {
		t.Errorf("after the check the session is %s at step %d", state.Status, state.Step)
	}
	if err := <-reloaded; err != nil {
		t.Errorf("the page was refused: %v", err)
	}
	if n.Room = n.rooms[1]; n.state(id).Step != 1 {
		t.Error("the other node sees another step")
	}
}

// TestExpiryOnSeveralNodes: sweeps that meet end each session once.
func TestExpiryOnSeveralNodes(t *testing.T) {
	t.Parallel()
	n := newNodes(t, nil)
	const due = 12
	for i := range due {
		n.begin(fmt.Sprint("person ", i))
	}
	n.clock.pass(2 * time.Hour)
	for _, err := range n.together(func(ctx context.Context, node *verify.Room, _ int) error { return node.Expire(ctx) }) {
		if err != nil {
			t.Errorf("a sweep failed: %v", err)
		}
	}
	if len(n.announcer.bodies) != due {
		t.Errorf("%d sessions were announced as expired, there are %d", len(n.announcer.bodies), due)
	}
}

// TestNewsOfAnotherNode: who waits for a session at one node hears at once of
// what another has done.
func TestNewsOfAnotherNode(t *testing.T) {
	t.Parallel()
	n := newNodes(t, nil)
	id := n.begin("person").Session.ID
	wake, cancel := n.rooms[0].Changed(id)
	defer cancel()
	hears := func() bool {
		if _, err := n.rooms[1].StartAttempt(context.Background(), id, 0); err != nil {
			t.Fatal(err)
		}
		select {
		case <-wake:
			return true
		case <-time.After(time.Second):
			return false
		}
	}
	for end := time.Now().Add(20 * time.Second); !hears(); { // the first news may come before the node listens
		if time.Now().After(end) {
			t.Fatal("no news came")
		}
	}
}

// TestRescue: a session whose check was lost gets another one, and only such a one.
func TestRescue(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	ctx := context.Background()
	id := r.begin("lost").Session.ID
	r.begin("idle")
	state, err := r.StartAttempt(ctx, id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Submit(ctx, id, verify.SubmitRequest{Try: state.Try, Uploads: []kyc.Upload{picture("p")}}); err != nil {
		t.Fatal(err)
	}
	lost := r.queue.take()
	r.clock.pass(time.Minute)
	if err := r.Rescue(ctx); err != nil || len(r.queue.take()) != 0 {
		t.Fatalf("a check that may still come was inserted again (%v)", err)
	}
	r.clock.pass(2 * time.Minute)
	if err := r.Rescue(ctx); err != nil {
		t.Fatal(err)
	}
	found := r.queue.take()
	if len(found) != 1 || found[0].Key != lost[0].Key || string(found[0].Payload) != string(lost[0].Payload) {
		t.Fatalf("inserted were %+v, lost was %+v", found, lost)
	}
	if err := r.Check(ctx, found[0].Payload, 1, false); err != nil || r.state(id).Step != 1 {
		t.Errorf("the session does not go on (%v)", err)
	}
	r.clock.pass(3 * time.Minute)
	if err := r.Rescue(ctx); err != nil || len(r.queue.take()) != 0 {
		t.Errorf("a session that waits for its person was rescued (%v)", err)
	}
}
