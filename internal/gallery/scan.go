package gallery

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// probe is a query, made ready for the scan.
type probe struct {
	vector []float32
	code   [Length]int16 // finer than a template's: it is kept once
	scale  float64
	length float64
	rest   float64 // |q − code·scale|
	within float64
	most   int
}

// finest is the greatest whole number of a query's code. The sum over a template
// stays below 2³¹: 128 · 127 · 16,383 is a quarter of that.
const finest = 1<<14 - 1

func newProbe(q Query) *probe {
	p := &probe{vector: q.Vector, length: norm(q.Vector), within: q.Within, most: q.Most}
	var greatest, lost float64
	for _, x := range q.Vector {
		greatest = math.Max(greatest, math.Abs(float64(x)))
	}
	p.scale = max(greatest/finest, math.SmallestNonzeroFloat32)
	for i, x := range q.Vector {
		p.code[i] = int16(max(-finest, min(finest, math.Round(float64(x)/p.scale))))
		d := float64(x) - float64(p.code[i])*p.scale
		lost += d * d
	}
	p.rest = math.Sqrt(lost)
	return p
}

// atOnce is how many products are made before they are looked at; they stay in
// the processor's nearest memory.
const atOnce = 512

// slack makes up for rounding in the bound, as a part of the squares in it.
const slack = 1e-6

// scan looks at every template of a block.
func (b *block) scan(p *probe, list string, found *best) {
	var products [atOnce]int32
	for begin := 0; begin < len(b.numbers); begin += atOnce {
		n := min(atOnce, len(b.numbers)-begin)
		dots(products[:n], b.codes[begin*Length:(begin+n)*Length], &p.code)
		for j, product := range products[:n] {
			i := begin + j
			if b.least(p, i, product) > found.limit*found.limit {
				continue
			}
			if d := distance(p.vector, b.exact[i*Length:(i+1)*Length]); d <= found.limit {
				found.add(Hit{List: list, Number: b.numbers[i], Distance: d})
			}
		}
	}
}

// least is a bound that the squared distance of template i cannot be below.
func (b *block) least(p *probe, i int, product int32) float64 {
	scale, square, rest := float64(b.scales[i]), float64(b.squares[i]), float64(b.rests[i])
	// |x| ≤ (1 + |x|²) / 2 saves a root.
	unsure := p.length*rest + p.rest*((1+square)/2+rest)
	sum := p.length*p.length + square
	return sum - 2*(p.scale*scale*float64(product)+unsure) - slack*(sum+1)
}

func distance(a, b []float32) float64 {
	b = b[:len(a)]
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

// best keeps the nearest hits, the farthest of them on top of the heap. Once it
// has as many as are wanted, only nearer ones still count.
type best struct {
	hits  []Hit
	most  int // 0: all
	limit float64
}

func (b *best) add(h Hit) {
	if b.most <= 0 {
		b.hits = append(b.hits, h)
		return
	}
	heap.Push(b, h)
	if len(b.hits) > b.most {
		heap.Pop(b)
	}
	if len(b.hits) == b.most {
		b.limit = min(b.limit, b.hits[0].Distance)
	}
}

func (b *best) sorted() []Hit {
	slices.SortFunc(b.hits, order)
	return b.hits
}

func order(x, y Hit) int {
	return cmp.Or(cmp.Compare(x.Distance, y.Distance), cmp.Compare(x.List, y.List), cmp.Compare(x.Number, y.Number))
}

func (b *best) Len() int           { return len(b.hits) }
func (b *best) Less(i, j int) bool { return order(b.hits[i], b.hits[j]) > 0 }
func (b *best) Swap(i, j int)      { b.hits[i], b.hits[j] = b.hits[j], b.hits[i] }

// Push is for container/heap.
func (b *best) Push(x any) { b.hits = append(b.hits, x.(Hit)) } //nolint:forcetypeassert // add pushes hits

// Pop is for container/heap.
func (b *best) Pop() any {
	last := b.hits[len(b.hits)-1]
	b.hits = b.hits[:len(b.hits)-1]
	return last
}
