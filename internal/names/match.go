package names

import "strings"

// What stands beside another spelling costs little, an initial more: it fits
// many names.
const (
	foldedScore  = 0.98
	initialScore = 0.90
)

// alike compares two words; it is symmetric. An initial fits every word that
// begins with it.
func alike(a, b word) float64 {
	if a.initial() || b.initial() {
		switch {
		case a.plain == b.plain:
			return 1
		case a.plain[0] == b.plain[0] || a.folded[0] == b.folded[0]:
			return initialScore
		}
		return 0
	}
	return max(both(a.plain, b.plain), foldedScore*both(a.folded, b.folded))
}

// both is Jaro–Winkler from either side: which letters pair may depend on the
// side that one begins with.
func both(a, b string) float64 { return max(jaroWinkler(a, b), jaroWinkler(b, a)) }

// Similarity compares two names without knowing which word is the surname, for
// lists. Words are paired so that the sum is greatest; a word without a partner
// counts as different, by its letters. Symmetric, 0 to 1.
func Similarity(a, b string) float64 {
	x, y := words(a), words(b)
	if len(x) == 0 || len(y) == 0 {
		return 0
	}
	best := paired(x, y)
	// A name may be written in one word or in two: Jean-Paul, Jeanpaul.
	for _, z := range joined(x) {
		best = max(best, paired(z, y))
	}
	for _, z := range joined(y) {
		best = max(best, paired(x, z))
	}
	return best
}

// joined lists the names that come of writing two neighbouring words as one.
func joined(list []word) [][]word {
	var out [][]word
	for i := 0; i+1 < len(list); i++ {
		one := make([]word, 0, len(list)-1)
		one = append(one, list[:i]...)
		one = append(one, join(list[i:i+2]))
		out = append(out, append(one, list[i+2:]...))
	}
	return out
}

func join(list []word) word {
	var b strings.Builder
	for _, w := range list {
		b.WriteString(w.plain)
	}
	return word{b.String(), fold(b.String())}
}

// paired is the greatest share of letters in agreeing pairs over all ways to
// pair the words, by dynamic programming over the set of used words.
func paired(x, y []word) float64 {
	total := 0
	for _, w := range append(append([]word{}, x...), y...) {
		total += len(w.plain)
	}
	best := make([]float64, 1<<len(y))
	for _, w := range x {
		next := append([]float64{}, best...)
		for used := range best {
			for j, v := range y {
				if used&(1<<j) == 0 {
					score := best[used] + alike(w, v)*float64(len(w.plain)+len(v.plain))
					next[used|1<<j] = max(next[used|1<<j], score)
				}
			}
		}
		best = next
	}
	most := 0.0
	for _, score := range best {
		most = max(most, score)
	}
	return min(1, most/float64(total))
}

// Person is a name whose parts are known, as a document gives them.
type Person struct {
	Surname string
	Given   string // one or several, first the one that the person goes by
}

// Known tells whether there is a name to compare with.
func (p Person) Known() bool { return len(words(p.Surname)) > 0 }

// In compares a document's name with a line that should hold it. Every part must
// be there, so the score is that of the worst: each word of the surname, and the
// given name that fits best, which may be an initial; further given names may be
// missing on either side, and the line may hold more words, such as those of a
// second account holder. Where the document has no given name, the surname decides.
func (p Person) In(line string) float64 {
	surname, given, found := words(p.Surname), words(p.Given), words(line)
	if len(surname) == 0 || len(found) == 0 {
		return 0
	}
	best := 0.0
	for from := range found {
		// A surname of several words may be written in fewer or more.
		for n := 1; n <= len(surname)+1 && from+n <= len(found); n++ {
			score := together(surname, found[from:from+n])
			if score <= best {
				continue
			}
			rest := append(append([]word{}, found[:from]...), found[from+n:]...)
			best = max(best, min(score, firstName(given, rest)))
		}
	}
	return best
}

// together compares a surname with as many words as it may fill: word by word,
// or run together. An initial is no surname.
func together(surname, found []word) float64 {
	for _, w := range found {
		if w.initial() && len(surname) == 1 {
			return 0
		}
	}
	one := alike(join(surname), join(found))
	if len(surname) != len(found) {
		return one
	}
	worst := 1.0
	for i := range surname {
		worst = min(worst, alike(surname[i], found[i]))
	}
	return max(one, worst)
}

// firstName is how well the best given name fits a word of the rest. A second
// given name counts for a bit less than the first, by which most go.
func firstName(given, rest []word) float64 {
	if len(given) == 0 {
		return 1
	}
	const second = 0.97
	best := 0.0
	for i, g := range given {
		for j, w := range rest {
			score := alike(g, w)
			if j+1 < len(rest) {
				score = max(score, alike(g, join(rest[j:j+2])))
			}
			if i+1 < len(given) {
				score = max(score, alike(join(given[i:i+2]), w))
			}
			if i > 0 {
				score *= second
			}
			best = max(best, score)
		}
	}
	return best
}
