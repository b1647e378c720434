package vision

import (
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

const defaultIdle = 5 * time.Minute

// rest frees networks that nobody has used for a while.
type rest struct {
	idle    time.Duration
	warming atomic.Bool

	mu      sync.Mutex
	timer   *time.Timer // nil while nothing is loaded
	stopped bool
}

// in calls f after the pause, unless a call is due already.
func (t *rest) in(pause time.Duration, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.idle > 0 && t.timer == nil && !t.stopped {
		t.timer = time.AfterFunc(pause, func() {
			t.mu.Lock()
			t.timer = nil
			t.mu.Unlock()
			f()
		})
	}
}

func (t *rest) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// borrow hands out a session and counts when it had to be made. The caller holds r.mu.
func (r *Runtime) borrow(n *network) (*ort.DynamicAdvancedSession, error) {
	session, fresh, err := n.borrow()
	if err != nil || fresh == 0 {
		return session, err
	}
	r.logger.Info("model loaded", "role", n.source.card.Role, "took", fresh)
	if r.meter != nil {
		r.meter.ModelLoaded(n.source.card.Role, fresh)
	}
	return session, nil
}

func (r *Runtime) giveBack(n *network) {
	n.giveBack()
	r.rest.in(r.rest.idle, r.release)
}

// release frees what has been idle for long enough and comes back for the rest.
func (r *Runtime) release() {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return
	}
	now := time.Now()
	freed, next := false, time.Duration(0)
	for role, n := range r.networks {
		gone, left, used := n.rest(now.Add(-r.rest.idle))
		if gone {
			freed = true
			r.logger.Info("model released", "role", role)
			if r.meter != nil {
				r.meter.ModelReleased(role)
			}
		}
		if wait := used.Add(r.rest.idle).Sub(now); left && (next == 0 || wait < next) {
			next = wait
		}
	}
	if next > 0 {
		r.rest.in(next, r.release)
	}
	if freed {
		debug.FreeOSMemory()
		giveBackFreed()
	}
}

// Load brings networks into memory now, in the order in which the runtime's roles were named: most sessions begin with a
// document. No roles means all.
func (r *Runtime) Load(roles ...string) error {
	var errs []error
	for _, role := range r.roles {
		if len(roles) == 0 || slices.Contains(roles, role) {
			errs = append(errs, r.load(r.networks[role]))
		}
	}
	return errors.Join(errs...)
}

// load makes one session; between two of them Close may come in.
func (r *Runtime) load(n *network) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return errors.New("the model runtime is closed")
	}
	if _, err := r.borrow(n); err != nil {
		return err
	}
	r.giveBack(n)
	return nil
}

// Warm begins to load networks, all of them or those of some roles, for somebody who will need them soon, and returns at
// once. A fault is told again, and then to somebody, by the Run that needs the network.
func (r *Runtime) Warm(roles ...string) {
	if !r.rest.warming.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer r.rest.warming.Store(false)
		if err := r.Load(roles...); err != nil {
			r.logger.Error("models not loaded ahead", "error", err)
		}
	}()
}
