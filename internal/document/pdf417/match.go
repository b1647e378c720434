package pdf417

import (
	"math"
	"math/bits"
)

// strip is the brightness along one codeword and a module to either side, several samples a module.
type strip [(modules + 2*overlap) * perModule]float64

const (
	perModule = 8
	overlap   = 1
	maxShift  = 6 // samples by which a codeword may lie beside its place
)

// guess is the best reading of a strip.
type guess struct {
	cluster, word int
	score         float64 // correlation with the pattern, 1 at best
	rival         float64 // the score of the next best word
	shift         int     // samples to the right
}

// margin is how much better the best word fits than the next.
func (g guess) margin() float64 { return g.score - g.rival }

// matcher compares strips with the patterns.
type matcher struct {
	table *table
	norm  [modules + 1]float64 // by the number of dark modules
}

func newMatcher() *matcher {
	m := &matcher{table: newTable()}
	for n := 1; n < modules; n++ {
		m.norm[n] = 1 / math.Sqrt(float64(n*(modules-n))/modules)
	}
	return m
}

// best reads a strip near its middle; cluster is 0 to 2, or below 0 for any.
func (m *matcher) best(s *strip, cluster int) guess {
	found := guess{score: -1, rival: -1}
	for shift := -maxShift; shift <= maxShift; shift += 2 {
		profile, ok := s.profile(shift)
		if !ok {
			continue
		}
		for c := range m.table {
			if cluster < 0 || c == cluster {
				m.compare(&profile, c, shift, &found)
			}
		}
	}
	return found
}

// profile is the brightness of each module, without the samples at its edges, of mean 0 and length 1.
func (s *strip) profile(shift int) (p [modules]float64, ok bool) {
	from := overlap*perModule + shift
	if from < 0 || from+modules*perModule > len(s) {
		return p, false
	}
	mean := 0.0
	for i := range p {
		for _, v := range s[from+i*perModule+1:][:perModule-2] {
			p[i] += v
		}
		mean += p[i] / modules
	}
	length := 0.0
	for i := range p {
		p[i] -= mean
		length += p[i] * p[i]
	}
	if length < 1 {
		return p, false // nothing but paper
	}
	length = 1 / math.Sqrt(length)
	for i := range p {
		p[i] *= length
	}
	return p, true
}

// compare looks at all words of a cluster. The sum over the dark modules comes out of two tables of partial sums.
func (m *matcher) compare(p *[modules]float64, cluster, shift int, found *guess) {
	var high [1 << 8]float64
	var low [1 << 9]float64
	for v := 1; v < len(high); v++ {
		bit := bits.TrailingZeros(uint(v))
		high[v] = high[v&(v-1)] - p[7-bit]
	}
	for v := 1; v < len(low); v++ {
		bit := bits.TrailingZeros(uint(v))
		low[v] = low[v&(v-1)] - p[16-bit]
	}
	for word, pattern := range m.table[cluster] {
		score := (high[pattern>>9] + low[pattern&(1<<9-1)]) * m.norm[bits.OnesCount32(pattern)]
		switch {
		case score <= found.rival:
		case word == found.word && cluster == found.cluster:
			if score > found.score {
				found.score, found.shift = score, shift
			}
		case score > found.score:
			*found = guess{cluster: cluster, word: word, score: score, rival: found.score, shift: shift}
		default:
			found.rival = score
		}
	}
}
