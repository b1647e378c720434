package evaluate

// distance is the number of characters to change, add or drop to make one text
// of the other (V. Levenshtein, 1965).
func distance(a, b string) int { return table(a, b)[len(a)][len(b)] }

// table holds the distance of every two beginnings.
func table(a, b string) [][]int {
	t := make([][]int, len(a)+1)
	for i := range t {
		t[i] = make([]int, len(b)+1)
		t[i][0] = i
	}
	for j := range t[0] {
		t[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			t[i][j] = min(t[i-1][j]+1, t[i][j-1]+1, t[i-1][j-1]+cost)
		}
	}
	return t
}

// pair is one column of two texts laid over each other; 0 where one has nothing.
type pair struct{ truth, read byte }

// align lays a reading under the truth so that as little as possible differs.
func align(truth, read string) []pair {
	t := table(truth, read)
	var back []pair
	for i, j := len(truth), len(read); i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && t[i][j] == t[i-1][j-1]+differs(truth[i-1], read[j-1]):
			i, j = i-1, j-1
			back = append(back, pair{truth[i], read[j]})
		case i > 0 && t[i][j] == t[i-1][j]+1:
			i--
			back = append(back, pair{truth: truth[i]})
		default:
			j--
			back = append(back, pair{read: read[j]})
		}
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}

func differs(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
