package gallery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// draw makes a vector like a face's: values around a person's own, about 1.3 long.
func draw(random *rand.Rand, length float64) []float32 {
	v := make([]float32, Length)
	for i := range v {
		v[i] = float32(random.NormFloat64() * length / math.Sqrt(Length))
	}
	return v
}

// near moves a vector by about a distance.
func near(random *rand.Rand, v []float32, by float64) []float32 {
	moved := draw(random, by)
	for i := range moved {
		moved[i] += v[i]
	}
	return moved
}

// plain is the scan that a gallery must agree with.
type plain map[string]map[int64][]float32

func (p plain) search(q Query) []Hit {
	var hits []Hit
	for _, list := range slices.Compact(slices.Sorted(slices.Values(q.Lists))) {
		for number, v := range p[list] {
			if d := distance(q.Vector, v); d <= q.Within {
				hits = append(hits, Hit{list, number, d})
			}
		}
	}
	slices.SortFunc(hits, order)
	if q.Most > 0 && len(hits) > q.Most {
		hits = hits[:q.Most]
	}
	return hits
}

// TestSearchIsExact asks a gallery and a plain scan the same, while templates
// come, change and go, with lengths that no embedder gives among them.
func TestSearchIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	g, p := New(), plain{"a": {}, "b": {}, "c": {}}
	lists := []string{"a", "b", "c"}
	var known [][]float32
	for turn := range 30_000 {
		list, number := lists[random.IntN(2)], int64(random.IntN(12_000))
		if random.IntN(4) == 0 {
			g.Remove(list, number)
			delete(p[list], number)
			continue
		}
		v := draw(random, []float64{1.3, 1.3, 1.3, 0, 1e-30, 1e4}[random.IntN(6)])
		if len(known) > 0 && random.IntN(2) == 0 {
			v = near(random, known[random.IntN(len(known))], 0.6*random.Float64())
		}
		if err := g.Put(list, number, v); err != nil {
			t.Fatal(err)
		}
		p[list][number] = v
		if turn%100 == 0 {
			known = append(known, v)
		}
	}
	for _, list := range lists {
		if g.Len(list) != len(p[list]) {
			t.Fatalf("list %s has %d templates, want %d", list, g.Len(list), len(p[list]))
		}
	}
	for i := range 400 {
		q := Query{Vector: near(random, known[i%len(known)], 0.3), Lists: lists[:1+i%3], Within: []float64{0.3, 0.47, 0.6, 1, 3}[i%5], Most: []int{0, 1, 10}[i%3]}
		if i%50 == 0 { // exactly at the limit counts
			q.Within = p.search(Query{Vector: q.Vector, Lists: q.Lists, Within: 9, Most: 7})[6].Distance
		}
		have, err := g.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if want := p.search(q); !slices.Equal(have, want) {
			t.Fatalf("query %d, within %v, at most %d: %s", i, q.Within, q.Most, cmp.Diff(want, have))
		}
	}
}

// TestBoundHolds in the worst case there is: a query that points where rounding
// took from the template, or against it.
func TestBoundHolds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(13, 14))
	for i := range 2000 {
		b, x := &block{}, draw(random, []float64{1.3, 1e-3, 1e3}[i%3])
		b.add(1, x)
		query := make([]float32, Length)
		turn := float32([]int{1, -1}[i/3%2]) * float32(norm(x)) / b.rests[0]
		for j := range query {
			query[j] = (x[j] - float32(b.codes[j])*b.scales[0]) * turn
		}
		p := newProbe(Query{Vector: query})
		var product [1]int32
		dots(product[:], b.codes, &p.code)
		if d := distance(query, x); b.least(p, 0, product[0]) > d*d {
			t.Fatalf("template %d: not below %v, but it lies at %v", i, b.least(p, 0, product[0]), d*d)
		}
	}
}

// TestDotsAgree: whatever this processor offers gives what plain Go gives.
func TestDotsAgree(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for n := range 70 {
		var query [Length]int16
		codes := make([]int8, n*Length)
		for i := range query {
			query[i] = []int16{int16(random.IntN(2*finest+1) - finest), finest, -finest}[random.IntN(3)]
		}
		for i := range codes {
			codes[i] = []int8{int8(random.IntN(255) - 127), 127, -127}[random.IntN(3)]
		}
		have, want := make([]int32, n), make([]int32, n)
		dots(have, codes, &query)
		portableDots(want, codes, &query)
		if !slices.Equal(have, want) {
			t.Fatalf("%d codes: %v, want %v", n, have, want)
		}
	}
}

// TestWhatIsNoVector is refused, and spoils nothing.
func TestWhatIsNoVector(t *testing.T) {
	t.Parallel()
	g := New()
	good := draw(rand.New(rand.NewPCG(5, 6)), 1.3)
	if err := g.Put("a", 1, good); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(v []float32) []float32{
		func([]float32) []float32 { return nil },
		func(v []float32) []float32 { return v[1:] },
		func(v []float32) []float32 { v[7] = float32(math.NaN()); return v },
		func(v []float32) []float32 { v[7] = float32(math.Inf(-1)); return v },
	} {
		bad := change(slices.Clone(good))
		if err := g.Put("a", 1, bad); err == nil {
			t.Errorf("%v was put", bad)
		}
		if _, err := g.Search(t.Context(), Query{Vector: bad, Lists: []string{"a"}, Within: 1}); err == nil {
			t.Errorf("%v was searched for", bad)
		}
	}
	hits, err := g.Search(t.Context(), Query{Vector: good, Lists: []string{"a", "a", "nobody"}, Within: 0})
	if err != nil || len(hits) != 1 || hits[0] != (Hit{"a", 1, 0}) {
		t.Errorf("%v, %v", hits, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Search(ended, Query{Vector: good, Lists: []string{"a"}, Within: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestManyAtOnce: searches and changes side by side; what is never touched is
// found every time.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	g, sought := New(), draw(random, 1.3)
	for i := range int64(2 * perBlock) {
		if err := g.Put("a", i, draw(random, 1.3)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Put("a", 5000, sought); err != nil {
		t.Fatal(err)
	}
	var working sync.WaitGroup
	for w := range int64(4) {
		working.Go(func() {
			mine := rand.New(rand.NewPCG(9, uint64(w)))
			for i := range int64(200) {
				if w%2 == 0 {
					g.Remove("a", 6000+w*500+i)
					if err := g.Put(fmt.Sprint(w), i, draw(mine, 1.3)); err != nil {
						t.Error(err)
					}
					continue
				}
				hits, err := g.Search(t.Context(), Query{Vector: sought, Lists: []string{"a"}, Within: 0.2, Most: 1})
				if err != nil || len(hits) != 1 || hits[0].Number != 5000 {
					t.Errorf("%v, %v", hits, err)
				}
			}
		})
	}
	working.Wait()
}

// TestWhatIsRemovedIsGone: also from the memory that a block keeps.
func TestWhatIsRemovedIsGone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	s := &shelf{places: map[int64]int{}}
	for i := range int64(3) {
		s.add(i, draw(random, 1.3))
	}
	b := s.blocks[0]
	for i := range int64(3) {
		s.remove(i)
	}
	for _, x := range b.exact[:3*Length] {
		if x != 0 {
			t.Fatal("a removed template is still in memory")
		}
	}
	if len(s.blocks) != 0 || len(s.places) != 0 {
		t.Errorf("%d blocks and %d places are left", len(s.blocks), len(s.places))
	}
}
