package persons

import (
	"context"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	loadPage = 2000             // faces read at once
	pollWait = 2 * time.Second  // how soon a change is seen when its hint was lost
	loadWait = 20 * time.Second // how long a search waits for an index that is being loaded
	scanWait = 40 * time.Second // the same for a session that ends: so that its few runs outlast the loading of millions
	// Word of what went is kept for longer (see the app's pruning), so that who has
	// followed within this time has missed nothing.
	followedFor = 12 * time.Hour
)

// index is an Index with the place up to which it is in step. Its lock is taken
// within units of work only, so that whoever holds it needs no connection that
// others hold while they wait for it.
type index struct {
	deps Deps

	mu       sync.Mutex
	faces    Index
	last     int64 // number of the newest face
	gone     int64 // place of the newest one that went
	followed time.Time
	skipped  int // faces of other models, since the start
	loaded   chan struct{}
	ready    bool
}

func newIndex(deps Deps) *index { return &index{deps: deps, loaded: make(chan struct{})} }

// Run loads the index and keeps it in step until ctx ends.
func (r *Room) Run(ctx context.Context) {
	wake := make(chan struct{}, 1)
	cancel := r.Store.OnChange(func(c kyc.Change) {
		if c.Kind == kyc.ChangedPerson || c.Kind == "" {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	defer cancel()
	ticker := time.NewTicker(pollWait)
	defer ticker.Stop()
	for {
		if err := r.index.follow(ctx); err != nil && ctx.Err() == nil {
			r.Logger.ErrorContext(ctx, "the index of faces could not be brought up to date", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-ticker.C:
		}
	}
}

// Ready waits a while for the index to be loaded.
func (r *Room) Ready(ctx context.Context) error { return r.ready(ctx, loadWait) }

func (r *Room) ready(ctx context.Context, atMost time.Duration) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-r.index.loading():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errLoading()
	}
}

// Loaded fails while the index is being loaded; a node is not ready before.
func (r *Room) Loaded(context.Context) error {
	select {
	case <-r.index.loading():
		return nil
	default:
		return errLoading()
	}
}

// loading is closed once the index is loaded.
func (x *index) loading() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.loaded
}

func errLoading() error {
	return kyc.Errorf(kyc.TooMany, "the index of faces is still being loaded; try again in a minute")
}

// follow loads the index, page by page in units of its own, or brings it up to date.
func (x *index) follow(ctx context.Context) error {
	for {
		more := false
		err := x.deps.Store.View(ctx, func(tx kyc.Tx) (err error) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if err := x.begin(ctx, tx); err != nil {
				return err
			}
			if more, err = x.step(ctx, tx); err == nil && !more && !x.ready {
				x.ready = true
				close(x.loaded)
			}
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

// begin starts with an empty index, at first and after a pause in which word of
// faces that went may have been dropped.
func (x *index) begin(ctx context.Context, tx kyc.Tx) (err error) {
	now := x.deps.Now()
	if x.faces != nil && now.Sub(x.followed) < followedFor {
		return nil
	}
	gone, err := x.deps.Store.LastFaceGone(ctx, tx)
	if err != nil {
		return err
	}
	x.faces, x.last, x.gone, x.skipped, x.followed = x.deps.NewIndex(), 0, gone, 0, now
	if x.ready { // searches wait again
		x.ready, x.loaded = false, make(chan struct{})
	}
	return nil
}

// step takes one page of what is new, and all that went; more tells that there
// are further pages.
func (x *index) step(ctx context.Context, tx kyc.Tx) (more bool, err error) {
	model := x.deps.Measurer.Model()
	faces, err := x.deps.Store.FacesAfter(ctx, tx, model, nil, x.last, loadPage)
	if err != nil {
		return false, err
	}
	for _, f := range faces {
		switch {
		case f.Model != model:
			x.skipped++
		default:
			x.deps.put(ctx, x.faces, f)
		}
		x.last = f.Number
	}
	for {
		gone, err := x.deps.Store.FacesGone(ctx, tx, x.gone, loadPage)
		if err != nil {
			return false, err
		}
		for _, g := range gone {
			x.faces.Remove(g.ListID, g.Number)
			x.gone = g.Seq
		}
		if len(gone) < loadPage {
			break
		}
	}
	if len(faces) < loadPage {
		x.followed = x.deps.Now()
	}
	return len(faces) == loadPage, nil
}

// put adds a face to an index. A vector that is none is logged: one bad row must
// not keep all others from being searched.
func (d Deps) put(ctx context.Context, faces Index, f *kyc.PersonFace) {
	if err := faces.Put(f.ListID, f.Number, f.Vector); err != nil {
		d.Logger.ErrorContext(ctx, "a face cannot be searched", "person", f.PersonID, "error", err)
	}
}

// caughtUp brings the index up to date and says how far it is: it holds every
// face up to number last. The unit must have read nothing before: an older
// snapshot could bring back what a newer one has seen go.
func (x *index) caughtUp(ctx context.Context, tx kyc.Tx) (faces Index, last int64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.ready || x.deps.Now().Sub(x.followed) >= followedFor {
		return nil, 0, errLoading()
	}
	for {
		if more, err := x.step(ctx, tx); err != nil || !more {
			return x.faces, x.last, err
		}
	}
}
