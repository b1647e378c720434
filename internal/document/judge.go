package document

import (
	"cmp"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/document/mrz"
)

// outcome of reading a zone.
type outcome int

const (
	absent    outcome = iota // no zone, or nothing that can be told from chance
	uncertain                // a zone, but at least one character is a guess
	read                     // every character is what is printed
)

// doubt is one character that could not be read with confidence.
type doubt struct {
	line, at int
	field    mrz.Name
}

// The limits of the judgement, in probabilities and nats. They are set so that
// no synthetic document of easy or medium difficulty is read wrong; see the test.
const (
	zoneMean     = 0.30 // geometric mean of all characters, under which it is no zone
	readMean     = 0.70 // and under which it is uncertain as a whole
	charSure     = 0.80 // share of the read character against the next best
	guardedSure  = 0.55 // the same, where check digits that come out right vouch for it
	twinSure     = 0.05 // and for the pairs that differ in nothing but what the check digits make of them
	charLeast    = 0.20 // probability of the character itself; fillers are often swallowed and exempt
	enforceLimit = 3.0  // what check digits may cost and still be what is printed
	misprint     = 6.0  // what they must cost before a wrong one is certainly printed so
	gapLeast     = 0.45 // distance of neighbouring characters in pitches
	gapMost      = 1.62
)

// judge decides what a reading is worth, and which reading to keep: the printed
// one, or, where the recogniser hesitated between glyphs and one choice makes
// all check digits right, that one. A clear digit is never changed.
func judge(r *mrz.Reading) (*mrz.Reading, outcome, []doubt) {
	if r.Mean() < zoneMean {
		return r, absent, nil
	}
	kept := r
	if !r.Zone.Valid() && r.Enforced != nil && r.Cost <= enforceLimit {
		kept = r.Enforced
	}
	doubts := doubtsOf(kept)
	if kept == r && !r.Zone.Valid() && r.Enforced != nil && r.Cost <= misprint {
		// Neither a cheap change nor a clear misprint: say where the two part.
		doubts = append(doubts, parting(r, r.Enforced)...)
	}
	if kept.Mean() < readMean || len(doubts) > 0 {
		return kept, uncertain, doubts
	}
	return kept, read, nil
}

// doubtsOf lists the characters that are guesses.
func doubtsOf(r *mrz.Reading) []doubt {
	var out []doubt
	valid := r.Zone.Valid()
	open := rivals(r)
	for l, line := range r.Chars {
		pitch := pitchOf(line)
		for i, c := range line {
			text := r.Zone.Lines[l]
			need := charSure
			if valid && guarded(r.Zone.Format, l, i) {
				need = guardedSure
				if twins(text[i], c.Alt) {
					need = twinSure
				}
			}
			weak := c.Sure() < need || text[i] != mrz.Filler && c.P < charLeast || open[letter{l, i}]
			// A character too many or too few shows in the distance of its neighbours.
			if i > 0 && text[i] != mrz.Filler && text[i-1] != mrz.Filler {
				gap := float64(c.Step-line[i-1].Step) / pitch
				weak = weak || gap < gapLeast || gap > gapMost
			}
			if weak {
				out = append(out, doubt{l, i, fieldAt(r.Zone.Format, l, i)})
			}
		}
	}
	return out
}

// letter is where a character stands in a zone.
type letter struct{ line, at int }

// maxRivals bounds the places that rivals combines.
const maxRivals = 8

// rivals are the guarded places that another text reads otherwise which is about
// as likely and whose check digits are right as well: values ten or twenty apart
// (6 and G, 8 and S, 1 and L, a filler and K) leave a digit as it is, and so do
// two zeros for two O's at weights 7 and 3.
func rivals(r *mrz.Reading) map[letter]bool {
	if !r.Zone.Valid() {
		return nil
	}
	const odds = (1 - charSure) / charSure // of a rival, from which on it counts
	var weak []letter
	for l, line := range r.Chars {
		for i, c := range line {
			if c.Other > odds*twinSure*c.P && guarded(r.Zone.Format, l, i) {
				weak = append(weak, letter{l, i})
			}
		}
	}
	slices.SortStableFunc(weak, func(a, b letter) int {
		return cmp.Compare(r.Chars[a.line][a.at].Sure(), r.Chars[b.line][b.at].Sure())
	})
	weak = weak[:min(len(weak), maxRivals)]
	out := map[letter]bool{}
	for set := 1; set < 1<<len(weak); set++ {
		likely, lines := 1.0, slices.Clone(r.Zone.Lines)
		var members []letter
		for b, w := range weak {
			if set>>b&1 == 0 {
				continue
			}
			c, line := r.Chars[w.line][w.at], lines[w.line]
			likely *= rivalry(line[w.at], c)
			lines[w.line] = line[:w.at] + string(c.Alt) + line[w.at+1:]
			members = append(members, w)
		}
		if likely <= odds || !r.Zone.Format.Zone(lines).Valid() {
			continue
		}
		for _, w := range members {
			out[w] = true
		}
	}
	return out
}

// rivalry is how likely a character's best other reading is against the one that
// was read. Numbers avoid the letters O and I: between them and 0 and 1 the eye
// speaks only for the digit.
func rivalry(is byte, c mrz.Char) float64 {
	ratio := c.Other / max(c.P, 1e-9)
	if is > '9' && c.Alt <= '9' && twins(is, c.Alt) {
		return max(1, ratio)
	}
	return ratio
}

// twins are the two pairs of OCR-B that even a sharp picture hardly tells apart.
// Under no weight do their values agree modulo 10, so that one digit decides.
func twins(a, b byte) bool {
	pair := string([]byte{min(a, b), max(a, b)})
	return pair == "0O" || pair == "1I"
}

// pitchOf is the mean distance of neighbouring characters in steps.
func pitchOf(line []mrz.Char) float64 {
	if len(line) < 2 {
		return 1
	}
	return max(1, float64(line[len(line)-1].Step-line[0].Step)/float64(len(line)-1))
}

// parting lists the characters in which two readings differ.
func parting(a, b *mrz.Reading) []doubt {
	var out []doubt
	for l := range a.Zone.Lines {
		for i := range a.Zone.Lines[l] {
			if a.Zone.Lines[l][i] != b.Zone.Lines[l][i] {
				out = append(out, doubt{l, i, fieldAt(a.Zone.Format, l, i)})
			}
		}
	}
	return out
}

// guarded tells that a check digit covers this place.
func guarded(f mrz.Format, line, at int) bool {
	for _, c := range f.Checks {
		if c.At.Line == line && c.At.From == at {
			return true
		}
		for _, s := range c.Over {
			if s.Line == line && at >= s.From && at < s.To {
				return true
			}
		}
	}
	return false
}

func fieldAt(f mrz.Format, line, at int) mrz.Name {
	for _, x := range f.Fields {
		if x.Span.Line == line && at >= x.Span.From && at < x.Span.To {
			return x.Name
		}
	}
	for _, c := range f.Checks {
		if c.At.Line == line && at == c.At.From {
			return c.Name
		}
	}
	return ""
}

// weakest is the least sure character, for the record of the decision.
func weakest(r *mrz.Reading) float64 {
	least := math.Inf(1)
	for _, line := range r.Chars {
		for _, c := range line {
			least = min(least, c.Sure())
		}
	}
	return least
}
