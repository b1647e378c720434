package pdf417

// Arithmetic modulo 929, and the Reed-Solomon code of PDF417: the generator's roots are 3, 3², … (5.10, annex F).
const (
	prime     = 929
	primitive = 3
)

// field has the tables of powers and logarithms to the base 3.
type field struct {
	exp [2 * prime]int
	log [prime]int
}

func newField() *field {
	f := &field{}
	v := 1
	for i := range f.exp {
		f.exp[i] = v
		if i < prime-1 {
			f.log[v] = i
		}
		v = v * primitive % prime
	}
	return f
}

func (f *field) mul(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	return f.exp[f.log[a]+f.log[b]]
}

func (f *field) inverse(a int) int { return f.exp[prime-1-f.log[a]] }

// power is 3 to the n, for any n of 0 and above.
func (f *field) power(n int) int { return f.exp[n%(prime-1)] }

// check computes the error correction codewords for data.
func (f *field) check(data []int, n int) []int {
	g := []int{1} // highest power first
	for i := 1; i <= n; i++ {
		next := make([]int, len(g)+1)
		for j, c := range g {
			next[j] = (next[j] + c) % prime
			next[j+1] = (next[j+1] + prime - f.mul(c, f.power(i))) % prime
		}
		g = next
	}
	rest := make([]int, n)
	for _, d := range data {
		factor := (d + rest[0]) % prime
		copy(rest, rest[1:])
		rest[n-1] = 0
		for j := range rest {
			rest[j] = (rest[j] + prime - f.mul(factor, g[j+1])) % prime
		}
	}
	for i, v := range rest {
		rest[i] = (prime - v) % prime
	}
	return rest
}

// correct repairs words in place, n of which are for error correction; lost are the places that are known to be wrong. It
// corrects as long as 2 × errors + lost ≤ n, and tells whether what it leaves is a code word.
func (f *field) correct(words []int, lost []int, n int) bool {
	if len(lost) > n || n >= len(words) {
		return false
	}
	syndromes, clean := f.syndromes(words, n)
	if clean {
		return true
	}
	// The locator's roots tell the places: it starts with those that are known, Berlekamp and Massey find the rest.
	locator := []int{1} // lowest power first
	for _, at := range lost {
		locator = f.times(locator, []int{1, (prime - f.power(len(words)-1-at)) % prime})
	}
	locator, ok := f.massey(syndromes, locator, len(lost))
	if !ok {
		return false
	}
	evaluator := f.times(locator, syndromes)
	evaluator = evaluator[:min(n, len(evaluator))]
	found := 0
	for at := range words {
		position := len(words) - 1 - at
		back := f.power(prime - 1 - position%(prime-1)) // the inverse of 3^position
		if f.at(locator, back) != 0 {
			continue
		}
		slope := f.at(derivative(locator), back)
		if slope == 0 {
			return false
		}
		// Forney, for a first root of 3^1: the error is −Ω(1/x) / Λ'(1/x).
		value := f.mul(f.at(evaluator, back), f.inverse(slope))
		words[at] = (words[at] + value) % prime
		found++
	}
	if found != len(locator)-1 {
		return false
	}
	_, clean = f.syndromes(words, n)
	return clean
}

func (f *field) syndromes(words []int, n int) (list []int, clean bool) {
	list, clean = make([]int, n), true
	for i := range list {
		root, s := f.power(i+1), 0
		for _, w := range words {
			s = (f.mul(s, root) + w) % prime
		}
		list[i] = s
		clean = clean && s == 0
	}
	return list, clean
}

// massey extends a locator of known places by the shortest that explains the syndromes.
func (f *field) massey(s, known []int, lost int) ([]int, bool) {
	current, previous := known, known
	length, gap, last := lost, 1, 1
	for i := lost; i < len(s); i++ {
		d := 0
		for j, c := range current {
			if j <= i {
				d = (d + f.mul(c, s[i-j])) % prime
			}
		}
		if d == 0 {
			gap++
			continue
		}
		factor := f.mul(d, f.inverse(last))
		next := make([]int, max(len(current), len(previous)+gap))
		copy(next, current)
		for j, c := range previous {
			next[j+gap] = (next[j+gap] + prime - f.mul(factor, c)) % prime
		}
		if 2*length <= i+lost {
			length, previous, last, gap = i+1+lost-length, current, d, 0
		}
		current = next
		gap++
	}
	for len(current) > 1 && current[len(current)-1] == 0 {
		current = current[:len(current)-1]
	}
	return current, len(current)-1 == length && 2*(length-lost)+lost <= len(s)
}

func (f *field) times(a, b []int) []int {
	out := make([]int, len(a)+len(b)-1)
	for i, x := range a {
		for j, y := range b {
			out[i+j] = (out[i+j] + f.mul(x, y)) % prime
		}
	}
	return out
}

func (f *field) at(p []int, x int) int {
	v := 0
	for i := len(p) - 1; i >= 0; i-- {
		v = (f.mul(v, x) + p[i]) % prime
	}
	return v
}

func derivative(p []int) []int {
	if len(p) < 2 {
		return []int{0}
	}
	out := make([]int, len(p)-1)
	for i := range out {
		out[i] = p[i+1] * (i + 1) % prime
	}
	return out
}
