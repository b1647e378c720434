package mrz

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// The decoder's symbols: 0 to 9, A to Z and the filler, and after them the blank
// of connectionist temporal classification.
const (
	fillerSymbol = 36
	blankSymbol  = 37
	symbols      = 38
)

// Alphabet is the order of a Matrix's columns; the blank follows it.
const Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

// Least probabilities: a recogniser's zero is never quite one, and fillers are
// what it misses most.
const (
	floor       = 2e-5
	fillerFloor = 3e-4
)

// Matrix is what a recogniser says of one line: Steps rows of 38 probabilities.
type Matrix struct {
	Steps int
	P     []float32
}

// Folding maps a recogniser's classes to the decoder's symbols.
type Folding []int8

// NewFolding takes the character of every class, the blank as 0. Case and width
// are folded, marks that look like a filler are one, and what cannot stand in a
// zone counts as a gap.
func NewFolding(classes []rune) Folding {
	f := make(Folding, len(classes))
	for i, r := range classes {
		f[i] = blankSymbol
		if r >= '！' && r <= '～' { // full-width forms
			r -= '！' - '!'
		}
		switch at := strings.IndexRune(Alphabet, unicode.ToUpper(r)); {
		case at >= 0:
			f[i] = int8(at)
		case strings.ContainsRune("«‹([{〈《〔【く∠≤", r):
			f[i] = fillerSymbol
		}
	}
	return f
}

// Matrix folds the rows of a recogniser's softmax. Rows must have a column for
// every class; shorter ones count as far as they go.
func (f Folding) Matrix(rows [][]float32) Matrix {
	m := Matrix{Steps: len(rows), P: make([]float32, len(rows)*symbols)}
	for t, from := range rows {
		row := m.P[t*symbols : (t+1)*symbols]
		for c := range min(len(from), len(f)) {
			row[f[c]] += from[c]
		}
	}
	return m
}

// Mean averages what several recognisers say of the same crop; matrices of
// another length than the first are left out.
func Mean(matrices ...Matrix) Matrix {
	if len(matrices) == 0 {
		return Matrix{}
	}
	out := Matrix{Steps: matrices[0].Steps, P: make([]float32, len(matrices[0].P))}
	n := float32(0)
	for _, m := range matrices {
		if m.Steps == out.Steps {
			n++
			for i, p := range m.P {
				out.P[i] += p
			}
		}
	}
	for i := range out.P {
		out.P[i] /= n
	}
	return out
}

// Second returns the matrix with a second opinion about its characters: at the
// steps nearest to the i-th of them (steps, rising), what it says of each symbol
// is weighed by opinions[i] (in Alphabet's order), while blank keeps its share.
func (m Matrix) Second(steps []int, opinions [][]float32) Matrix {
	out := Matrix{Steps: m.Steps, P: slices.Clone(m.P)}
	i := 0
	for t := range m.Steps {
		for i+1 < len(steps) && 2*t >= steps[i]+steps[i+1] {
			i++
		}
		row := out.P[t*symbols : t*symbols+blankSymbol]
		before, after := float32(0), float32(0)
		for s := range row {
			before += row[s]
			row[s] *= opinions[i][s]
			after += row[s]
		}
		if after > 0 {
			for s := range row {
				row[s] *= before / after
			}
		}
	}
	return out
}

// The ways to look at a step: as text, where every glyph is itself; as digits
// and as letters, where the grammar settles the pairs that look alike; and as
// the names of the Russian passport, where seven digits stand for letters.
const (
	asText = iota
	asDigit
	asLetter
	asRussian
	views
)

// alike are the pairs that recognisers confuse: read as digits the letters
// count for the digit, read as letters the digit for the first letter.
func alike() [][2]byte {
	return [][2]byte{{'0', 'O'}, {'0', 'Q'}, {'0', 'D'}, {'1', 'I'}, {'1', 'L'}, {'2', 'Z'}, {'5', 'S'}, {'6', 'G'}, {'8', 'B'}}
}

// half is how much of a look-alike's probability counts: the grammar excludes
// the glyph, but which of its neighbours it was stays a guess.
const half = 0.5

// logs are one line's log-probabilities in the views, and the symbols
// that are worth trying at each step.
type logs struct {
	steps int
	v     [views][]float32 // steps × symbols
	try   [views][][]int8
	peak  []float32 // greatest non-blank probability of the step
}

func newLogs(m Matrix) *logs {
	l := &logs{steps: m.Steps, peak: make([]float32, m.Steps)}
	for v := range l.v {
		l.v[v] = make([]float32, len(m.P))
		l.try[v] = make([][]int8, m.Steps)
	}
	pairs := alike()
	var rows [views][symbols]float32
	for t := range m.Steps {
		for v := range rows {
			copy(rows[v][:], m.P[t*symbols:])
		}
		for i, p := range pairs {
			d, c := value(p[0]), value(p[1])
			rows[asDigit][d] += half * m.P[t*symbols+c]
			if !isRussianDigit(int8(d)) && (i == 0 || p[1] == 'I' || p[1] == 'S') {
				rows[asRussian][c] += half * m.P[t*symbols+d]
			}
			if i == 0 || i > 2 { // a zero among letters is an O, not a Q or D; a one is an I
				if p[1] != 'L' {
					rows[asLetter][c] += half * m.P[t*symbols+d]
				}
			}
		}
		for v := range rows {
			for s, p := range rows[v] {
				least := float32(floor)
				if s == fillerSymbol {
					least = fillerFloor
				}
				if p > 3*floor && s != blankSymbol && s != fillerSymbol {
					l.try[v][t] = append(l.try[v][t], int8(s))
				}
				if s != blankSymbol {
					l.peak[t] = max(l.peak[t], p)
				}
				l.v[v][t*symbols+s] = float32(math.Log(float64(min(max(p, least), 1))))
			}
		}
	}
	return l
}

func (l *logs) at(view, t int, s int8) float32 { return l.v[view][t*symbols+int(s)] }

// Peak is one character as a greedy reading finds it.
type Peak struct {
	Char byte
	Step int
	P    float64
}

// Peaks reads a matrix greedily: runs of one symbol are one character, at the
// step where it is likeliest. It knows no grammar; it serves to measure a line.
func (m Matrix) Peaks() []Peak {
	var out []Peak
	last := blankSymbol
	for t := range m.Steps {
		best := blankSymbol
		for s := range blankSymbol {
			if m.P[t*symbols+s] > m.P[t*symbols+best] {
				best = s
			}
		}
		p := float64(m.P[t*symbols+best])
		switch {
		case best == blankSymbol:
		case best == last:
			if k := &out[len(out)-1]; p > k.P {
				k.P, k.Step = p, t
			}
		default:
			out = append(out, Peak{Alphabet[best], t, p})
		}
		last = best
	}
	return out
}
