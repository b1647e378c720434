// Package gallery finds, among many face templates in memory, all that lie
// within a distance of one: exactly, by looking at every one of them (1:N).
//
// In come templates with the numbers of their rows, sorted into lists, and
// queries; out go hits, nearest first. Only a vector of another length, or one
// that holds what is not a number, is refused. The room for persons owns a
// gallery, fills it from the store and keeps it in step.
//
// # How it stays exact
//
// A template x is kept twice: as it came, and as code·scale, each of its values
// a whole number from -127 to 127. By Cauchy and Schwarz the product of x with a
// query q differs from the product of the codes by at most |q|·|x − code·scale|
// and what rounding q costs, so the codes give a distance that the true one
// cannot be below. Whoever may lie within the wished distance by that is
// measured again with the numbers as they came. The codes are a quarter of the
// memory that a scan has to read, and whole numbers are multiplied sixteen at a
// time: see dots_amd64.s, and dots_portable.go for what it must agree with.
//
// A template takes 128 + 512 + 24 bytes and its place in a map.
package gallery

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Length is the number of values of a template.
const Length = 128

// Gallery holds templates by lists. All methods may be called from many
// goroutines; a change waits for the searches that are under way.
type Gallery struct {
	mu    sync.RWMutex
	lists map[string]*shelf
}

// New makes an empty Gallery.
func New() *Gallery { return &Gallery{lists: map[string]*shelf{}} }

// Put adds a template to a list, or replaces the one of that number there.
func (g *Gallery) Put(list string, number int64, vector []float32) error {
	if len(vector) != Length {
		return fmt.Errorf("a template has %d values, not %d", Length, len(vector))
	}
	if length := norm(vector); math.IsNaN(length) || math.IsInf(length, 0) {
		return fmt.Errorf("a template's values must be finite numbers")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.lists[list]
	if s == nil {
		s = &shelf{places: map[int64]int{}}
		g.lists[list] = s
	}
	s.remove(number)
	s.add(number, vector)
	return nil
}

// Remove takes a template out of a list; nothing happens when it is not there.
func (g *Gallery) Remove(list string, number int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.lists[list]
	if s == nil {
		return
	}
	if s.remove(number); len(s.places) == 0 {
		delete(g.lists, list)
	}
}

// Len counts the templates of a list.
func (g *Gallery) Len(list string) int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if s := g.lists[list]; s != nil {
		return len(s.places)
	}
	return 0
}

// Query asks for what is near a vector.
type Query struct {
	Vector []float32
	Lists  []string // no others are looked at
	Within float64  // greatest Euclidean distance of a hit
	Most   int      // hits at most, the nearest ones; 0: all
}

// Hit is a template that lies within the distance.
type Hit struct {
	List     string
	Number   int64
	Distance float64
}

// Search looks at every template of the lists, on all processors, and returns
// the hits, nearest first, equally near ones by list and number. Its errors are
// a vector that is none, and the context's.
func (g *Gallery) Search(ctx context.Context, q Query) ([]Hit, error) {
	if len(q.Vector) != Length {
		return nil, fmt.Errorf("a template has %d values, not %d", Length, len(q.Vector))
	}
	if length := norm(q.Vector); math.IsNaN(length) || math.IsInf(length, 0) || math.IsNaN(q.Within) {
		return nil, fmt.Errorf("a query's values and its distance must be numbers")
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	var parts []part
	for _, list := range slices.Compact(slices.Sorted(slices.Values(q.Lists))) {
		if s := g.lists[list]; s != nil {
			for _, b := range s.blocks {
				parts = append(parts, part{list, b})
			}
		}
	}
	return scanAll(ctx, newProbe(q), parts)
}

// part is one block of one list.
type part struct {
	list string
	*block
}

// scanAll deals the parts out to the processors.
func scanAll(ctx context.Context, p *probe, parts []part) ([]Hit, error) {
	workers := min(runtime.GOMAXPROCS(0), len(parts))
	found := make([]best, workers)
	var working sync.WaitGroup
	for w := range workers {
		found[w] = best{most: p.most, limit: p.within}
		working.Go(func() {
			for i := w; i < len(parts) && ctx.Err() == nil; i += workers {
				parts[i].scan(p, parts[i].list, &found[w])
			}
		})
	}
	working.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := best{most: p.most, limit: p.within}
	for _, f := range found {
		for _, hit := range f.hits {
			all.add(hit)
		}
	}
	return all.sorted(), nil
}
