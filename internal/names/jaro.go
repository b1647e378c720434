package names

// jaro is the similarity of M. A. Jaro (1989): the share of letters that both
// have at nearly the same place, less half of those that stand in another order.
func jaro(a, b string) float64 {
	if a == b {
		return 1
	}
	if a == "" || b == "" {
		return 0
	}
	reach := max(0, max(len(a), len(b))/2-1)
	usedA, usedB := make([]bool, len(a)), make([]bool, len(b))
	common := 0
	for i := range len(a) {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !usedB[j] && a[i] == b[j] {
				usedA[i], usedB[j] = true, true
				common++
				break
			}
		}
	}
	if common == 0 {
		return 0
	}
	swapped, j := 0, 0
	for i := range len(a) {
		if !usedA[i] {
			continue
		}
		for !usedB[j] {
			j++
		}
		if a[i] != b[j] {
			swapped++
		}
		j++
	}
	m := float64(common)
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swapped)/2)/m) / 3
}

// jaroWinkler favours a common beginning of up to four letters by a tenth each
// (W. E. Winkler, 1990), where the words are alike at all.
func jaroWinkler(a, b string) float64 {
	const scale, longest, alike = 0.1, 4, 0.7
	score := jaro(a, b)
	if score < alike {
		return score
	}
	prefix := 0
	for prefix < min(len(a), len(b), longest) && a[prefix] == b[prefix] {
		prefix++
	}
	return score + float64(prefix)*scale*(1-score)
}
