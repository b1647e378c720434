package address

import "github.com/openkyc/openkyc/internal/kyc"

// leastWords is how many different words of its kind a paper must have.
const leastWords = 2

// kindOf is the kind that most words speak for, "" when too few do or two kinds
// have equally many. A phrase counts once, and more in large print.
func (r *Reader) kindOf(lines []Line) kyc.ProofKind {
	usual := usualHeight(lines)
	heard := make([]said, len(lines))
	for i, l := range lines {
		heard[i] = hear(l.Text)
	}
	var best kyc.ProofKind
	most, second := 0.0, 0.0
	for _, kind := range kyc.ProofKinds() {
		score, words := 0.0, 0
		for _, p := range r.words.kinds[kind] {
			weight := 0.0
			for i, l := range lines {
				if heard[i].says(p) {
					weight = max(weight, min(l.H/usual, 2))
				}
			}
			if weight > 0 {
				score, words = score+weight, words+1
			}
		}
		if words < leastWords {
			continue
		}
		if score > most {
			best, most, second = kind, score, most
		} else {
			second = max(second, score)
		}
	}
	if most == second {
		return ""
	}
	return best
}

// ofKind tells whether a text has a phrase of any kind of paper.
func (r *Reader) ofKind(text string) bool {
	for _, some := range r.words.kinds {
		if some.in(text) {
			return true
		}
	}
	return false
}
