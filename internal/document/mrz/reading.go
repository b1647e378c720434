package mrz

import (
	"math"
)

// Char is how sure the recogniser was of one character: P of what was read,
// Other of the best other symbol that it saw in that place.
type Char struct {
	P     float64
	Other float64
	Alt   byte
	Step  int // where in the matrix it was read
}

// Reading is one zone as the recogniser sees it under the grammar alone. Its
// lines are what is printed, as far as one can tell; they are never bent to make
// check digits come out right. Enforced is the likeliest zone whose digits are
// all right, when the reading's are not, and Cost what believing it would cost
// in nats.
type Reading struct {
	Zone     *Zone
	Chars    [][]Char
	Score    float64 // log-probability of all lines
	Enforced *Reading
	Cost     float64
}

// newReading scores every character of a result.
func newReading(f Format, cells [][]cell, lines []*logs, res result) Reading {
	r := Reading{Score: float64(res.score)}
	texts := make([]string, len(cells))
	for l := range cells {
		text, chars := make([]byte, len(cells[l])), make([]Char, len(cells[l]))
		for i, sym := range res.syms[l] {
			from, to := int(res.steps[l][i]), lines[l].steps
			if i+1 < len(res.steps[l]) { // half way: what follows is the faint edge of the next one
				to = max(from+1, (from+int(res.steps[l][i+1])+1)/2)
			}
			text[i] = Alphabet[sym]
			chars[i] = weigh(lines[l], &cells[l][i], sym, from, to)
		}
		texts[l], r.Chars = string(text), append(r.Chars, chars)
	}
	r.Zone = f.Zone(texts)
	return r
}

// weigh finds the greatest probability of a symbol within its steps, and of any
// other symbol there that the cell could hold.
func weigh(l *logs, c *cell, sym int8, from, to int) Char {
	view := c.view
	best, other, alt := float32(math.Inf(-1)), float32(math.Inf(-1)), int8(fillerSymbol)
	at := from
	for t := from; t < to; t++ {
		if p := l.at(view, t, sym); p > best {
			best, at = p, t
		}
		for s := int8(0); s <= fillerSymbol; s++ {
			if p := l.at(view, t, s); s != sym && p > other && c.holds(s) {
				other, alt = p, s
			}
		}
	}
	return Char{P: math.Exp(float64(best)), Other: math.Exp(float64(other)), Alt: Alphabet[alt], Step: at}
}

// Sure is the share of the read symbol against the best other one, 0 to 1.
func (c Char) Sure() float64 { return c.P / (c.P + c.Other) }

// Mean is the geometric mean of what the characters scored.
func (r *Reading) Mean() float64 {
	sum, n := 0.0, 0
	for _, line := range r.Chars {
		for _, c := range line {
			sum += math.Log(max(c.P, floor))
			n++
		}
	}
	return math.Exp(sum / float64(max(n, 1)))
}
