package vision

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// tally counts what a Runtime tells its Meter.
type tally struct {
	mu                    sync.Mutex
	ran, loaded, released map[string]int
}

func newTally() *tally {
	return &tally{ran: map[string]int{}, loaded: map[string]int{}, released: map[string]int{}}
}

func (c *tally) ModelRan(role string, took time.Duration, _ error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if took > 0 {
		c.ran[role]++
	}
}

func (c *tally) ModelLoaded(role string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if took > 0 {
		c.loaded[role]++
	}
}

func (c *tally) ModelReleased(role string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released[role]++
}

func (c *tally) of(role string) (ran, loaded, released int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ran[role], c.loaded[role], c.released[role]
}

// eventually waits for something that happens on a timer.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
	}
}

func openTallied(t *testing.T, dir string, idle time.Duration) (*Runtime, *tally) {
	t.Helper()
	count := newTally()
	r, err := Open(Config{Dir: dir, Roles: []string{roleEN4}, Idle: idle, Meter: count})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, count
}

func TestNetworksLiveFromFirstUseToIdle(t *testing.T) {
	t.Parallel()
	r, count := openTallied(t, builtModels(t), 50*time.Millisecond)
	if _, loaded, _ := count.of(roleEN4); loaded != 0 {
		t.Fatal("a network was loaded before anybody needed it")
	}
	for round := 1; round <= 2; round++ {
		for range 2 {
			if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "the release of an idle network", func() bool { _, _, released := count.of(roleEN4); return released == round })
	}
	ran, loaded, _ := count.of(roleEN4)
	if ran != 4 || loaded != 2 {
		t.Errorf("%d runs counted, %d loads; want 4 and 2", ran, loaded)
	}
}

func TestNetworksAreNotReleasedInUse(t *testing.T) {
	t.Parallel()
	r, count := openTallied(t, builtModels(t), time.Millisecond)
	n := r.networks[roleEN4]
	if _, err := r.borrow(n); err != nil {
		t.Fatal(err)
	}
	for range 5 { // as the timer would, in the middle of a run
		time.Sleep(2 * time.Millisecond)
		r.release()
	}
	if _, _, released := count.of(roleEN4); released != 0 {
		t.Fatal("released under its user")
	}
	if n.session == nil {
		t.Fatal("the session is gone")
	}
	r.giveBack(n)
	eventually(t, "the release after use", func() bool { _, _, released := count.of(roleEN4); return released == 1 })
}

func TestNetworksStayForEver(t *testing.T) {
	t.Parallel()
	r, count := openTallied(t, builtModels(t), -1)
	if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
		t.Fatal(err)
	}
	if r.rest.timer != nil {
		t.Error("a timer runs although networks stay for ever")
	}
	if _, _, released := count.of(roleEN4); released != 0 {
		t.Error("released")
	}
}

// Runs and releases as close together as can be: nobody may meet a freed session.
func TestRunsAndReleasesSideBySide(t *testing.T) {
	t.Parallel()
	r, count := openTallied(t, builtModels(t), time.Microsecond)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 6 {
				if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
					t.Error(err)
				}
				time.Sleep(200 * time.Microsecond)
			}
		})
	}
	all.Wait()
	if ran, _, _ := count.of(roleEN4); ran != 24 {
		t.Errorf("%d runs, want 24", ran)
	}
}

func TestWarmLoadsAheadOnce(t *testing.T) {
	t.Parallel()
	r, count := openTallied(t, builtModels(t), time.Hour)
	for range 10 {
		r.Warm()
	}
	eventually(t, "the network", func() bool { _, loaded, _ := count.of(roleEN4); return loaded == 1 })
	if _, err := r.Run(t.Context(), roleEN4, strip(64)); err != nil {
		t.Fatal(err)
	}
	if _, loaded, _ := count.of(roleEN4); loaded != 1 {
		t.Errorf("loaded %d times", loaded)
	}
}

// A file that was altered after the start is refused when its network is needed.
func TestAlteredAfterTheStart(t *testing.T) {
	t.Parallel()
	dir := copyOf(t, roleEN4)
	r, _ := openTallied(t, dir, time.Hour)
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, roleEN4+".onnx")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, r.Check(), path, "altered")
	_, err = r.Run(context.Background(), roleEN4, strip(64))
	wantError(t, err, path, "altered", "make models")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantError(t, r.Check(), path, "missing")
}
