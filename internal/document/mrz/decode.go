package mrz

import (
	"cmp"
	"math"
	"slices"
)

// Decoder reads matrices under the grammar of the five formats: a Viterbi search
// over place, last symbol, blank, place in the name grammar and, when check
// digits are enforced, the running sums. It is safe for concurrent use.
type Decoder struct {
	formats []Format
	cells   [][][]cell
}

// NewDecoder compiles the formats.
func NewDecoder() *Decoder {
	d := &Decoder{formats: Formats()}
	for i := range d.formats {
		d.cells = append(d.cells, compile(&d.formats[i]))
	}
	return d
}

// Under this mean no choice of digits makes a zone of it.
const hopeless = 0.25

// Bounds of the search: hypotheses a place, and how far behind the best one may
// fall. The wider one is for enforced digits, where a hundred sums compete.
const (
	freeWidth     = 12
	enforcedWidth = 40
	beam          = 30.0
)

// Decode reads the lines as the named format. ok is false when no text of that
// format fits into the matrices at all.
func (d *Decoder) Decode(format string, lines []Matrix) (r Reading, ok bool) {
	i := slices.IndexFunc(d.formats, func(f Format) bool { return f.Name == format })
	if i < 0 || d.formats[i].Lines != len(lines) {
		return Reading{}, false
	}
	all := make([]*logs, len(lines))
	for l, m := range lines {
		all[l] = newLogs(m)
	}
	free, ok := search(d.cells[i], all, false)
	if !ok {
		return Reading{}, false
	}
	r = newReading(d.formats[i], d.cells[i], all, free)
	if r.Zone.Valid() {
		return r, true
	}
	r.Cost = math.Inf(1)
	if r.Mean() < hopeless {
		return r, true
	}
	if forced, found := search(d.cells[i], all, true); found {
		e := newReading(d.formats[i], d.cells[i], all, forced)
		// A digit that the search may leave open (a spilled number's) can still be wrong.
		if e.Zone.Valid() {
			if forced.score >= free.score {
				return e, true // the wider search found a better text, and it is right
			}
			r.Enforced, r.Cost = &e, float64(free.score-forced.score)
		}
	}
	return r, true
}

// node is one emitted symbol; its chain of predecessors is the text.
type node struct {
	prev int32
	sym  int8
	at   int16 // step of the emission
}

// path is one hypothesis.
type path struct {
	state
	score float32
	node  int32
}

// result of a search: symbols and their steps, line by line.
type result struct {
	score float32
	syms  [][]int8
	steps [][]int16
}

// searcher holds the tables of one search.
type searcher struct {
	nodes   []node
	index   map[uint64]int32
	next    []path
	enforce bool
	width   int
}

// search finds the best text of a format. Lines follow each other, so that the
// composite digit's sum runs on.
func search(cells [][]cell, lines []*logs, enforce bool) (result, bool) {
	s := &searcher{index: make(map[uint64]int32, 4096), enforce: enforce, width: freeWidth}
	if enforce {
		s.width = enforcedWidth
	}
	live := []path{{state: state{last: none, blank: true}, node: -1}}
	for i, l := range lines {
		for t := range l.steps {
			live = s.step(cells[i], l, t, live)
		}
		if live = ends(live, len(cells[i])); len(live) == 0 {
			return result{}, false
		}
	}
	best := slices.MaxFunc(live, func(a, b path) int { return cmp.Compare(a.score, b.score) })
	return s.trace(best, cells), true
}

// ends keeps the paths that wrote the whole line and readies them for the next.
func ends(live []path, width int) []path {
	var done []path
	for _, p := range live {
		if p.pos == width {
			p.state = state{last: none, blank: true, total: p.total}
			done = append(done, p)
		}
	}
	return done
}

// step moves every hypothesis over one step of the matrix.
func (s *searcher) step(cells []cell, l *logs, t int, live []path) []path {
	clear(s.index)
	s.next = s.next[:0]
	left := l.steps - t
	for _, p := range live {
		if len(cells)-p.pos > left {
			continue // cannot finish any more
		}
		stay := p
		stay.blank = true
		stay.score += l.at(asText, t, blankSymbol)
		s.put(stay)
		if !p.blank {
			again := p
			again.score += l.at(cells[p.pos-1].view, t, p.last)
			s.put(again)
		}
		if p.pos < len(cells) {
			s.emit(&cells[p.pos], l, t, p)
		}
	}
	return s.prune()
}

// emit tries every symbol that is worth it: those the recogniser saw, the
// filler, and the digit that the sums demand.
func (s *searcher) emit(c *cell, l *logs, t int, p path) {
	seen := false
	try := func(sym int8) bool {
		if sym == p.last && !p.blank {
			return false
		}
		st, add, ok := c.advance(p.state, sym, s.enforce)
		if !ok {
			return false
		}
		score := p.score + add + l.at(c.view, t, sym)
		s.put(path{state: st, score: score, node: s.push(p.node, sym, t, st, score)})
		return true
	}
	for _, sym := range l.try[c.view][t] {
		seen = try(sym) || seen
	}
	seen = try(fillerSymbol) || seen
	if want, ok := c.demanded(p.state); s.enforce && ok && !slices.Contains(l.try[c.view][t], want) {
		seen = try(want) || seen
	}
	if !seen { // the place must hold something: the first legal symbol, at the floor, will show as uncertain
		for sym := int8(0); sym < fillerSymbol; sym++ {
			if !slices.Contains(l.try[c.view][t], sym) && try(sym) {
				return
			}
		}
	}
}

// push records an emission, unless the state is already held by a better path.
func (s *searcher) push(prev int32, sym int8, t int, st state, score float32) int32 {
	if i, ok := s.index[st.key()]; ok && s.next[i].score >= score {
		return -1
	}
	s.nodes = append(s.nodes, node{prev: prev, sym: sym, at: int16(t)})
	return int32(len(s.nodes) - 1)
}

func (s *searcher) put(p path) {
	k := p.key()
	if i, ok := s.index[k]; ok {
		if p.score > s.next[i].score {
			s.next[i] = p
		}
		return
	}
	s.index[k] = int32(len(s.next))
	s.next = append(s.next, p)
}

// prune keeps the best few of each place within the beam.
func (s *searcher) prune() []path {
	if len(s.next) == 0 {
		return nil
	}
	least := float32(math.Inf(-1))
	for _, p := range s.next {
		least = max(least, p.score-beam)
	}
	s.next = slices.DeleteFunc(s.next, func(p path) bool { return p.score < least })
	slices.SortFunc(s.next, func(a, b path) int { return cmp.Compare(b.score, a.score) })
	var count [128]int
	kept := make([]path, 0, len(s.next))
	for _, p := range s.next {
		if count[p.pos]++; count[p.pos] <= s.width {
			kept = append(kept, p)
		}
	}
	return kept
}

// trace walks the chain back and parts it into lines.
func (s *searcher) trace(p path, cells [][]cell) result {
	r := result{score: p.score, syms: make([][]int8, len(cells)), steps: make([][]int16, len(cells))}
	n := p.node
	for l := len(cells) - 1; l >= 0; l-- {
		r.syms[l], r.steps[l] = make([]int8, len(cells[l])), make([]int16, len(cells[l]))
		for i := len(cells[l]) - 1; i >= 0; i-- {
			r.syms[l][i], r.steps[l][i] = s.nodes[n].sym, s.nodes[n].at
			n = s.nodes[n].prev
		}
	}
	return r
}
