package faces

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/openkyc/openkyc/internal/evaluate"
)

// Pair is two pictures, and whether they show one person.
type Pair struct {
	A, B string // as the list names them, below the folder
	Same bool
}

// ParsePairs reads a list of pairs as CSV: a picture, another one, and whether
// they show one person, in any of the words that people use for it. A first line
// names the columns when its third field is none of those words, or when it is
// "same" and neither of the others has a dot; further columns are passed over.
func ParsePairs(text []byte) ([]Pair, error) {
	var pairs []Pair
	seen := map[[2]string]int{}
	err := evaluate.ReadList(text, "the list of pairs", namesColumns, func(line int, fields []string) error {
		pair, err := parsePair(fields)
		if err != nil {
			return fmt.Errorf("line %d of the list of pairs: %w", line, err)
		}
		key := [2]string{min(pair.A, pair.B), max(pair.A, pair.B)}
		if before := seen[key]; before > 0 {
			return fmt.Errorf("line %d of the list of pairs names the same two pictures as line %d", line, before)
		}
		seen[key] = line
		pairs = append(pairs, pair)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pairs, enough(pairs)
}

func namesColumns(fields []string) bool {
	if len(fields) < 3 {
		return false
	}
	_, err := sameOrNot(fields[2])
	return err != nil || strings.EqualFold(strings.TrimSpace(fields[2]), "same") && !strings.Contains(fields[0]+fields[1], ".")
}

func sameOrNot(word string) (same bool, err error) {
	switch word = strings.ToLower(strings.TrimSpace(word)); word {
	case "1", "true", "yes", "same", "genuine", "mated":
		return true, nil
	case "0", "false", "no", "different", "impostor", "imposter", "non-mated":
		return false, nil
	}
	return false, fmt.Errorf("the third field must be same or different, not %q", word)
}

func parsePair(fields []string) (Pair, error) {
	if len(fields) < 3 {
		return Pair{}, errors.New("needs a picture, another one, and whether they show one person")
	}
	pair := Pair{A: strings.TrimSpace(fields[0]), B: strings.TrimSpace(fields[1])}
	var err error
	if pair.Same, err = sameOrNot(fields[2]); err != nil {
		return Pair{}, err
	}
	for _, name := range []string{pair.A, pair.B} {
		if !filepath.IsLocal(name) {
			return Pair{}, fmt.Errorf("%q is not the name of a picture in the folder", name)
		}
	}
	if pair.A == pair.B {
		return Pair{}, fmt.Errorf("a picture is always like itself: %q", pair.A)
	}
	return pair, nil
}

// enough refuses lists that nothing can be said from.
func enough(pairs []Pair) error {
	same := 0
	for _, p := range pairs {
		if p.Same {
			same++
		}
	}
	switch {
	case len(pairs) == 0:
		return errors.New("the list of pairs is empty")
	case same == 0:
		return errors.New("the list has no pair of one person: nothing can be said of true accepts")
	case same == len(pairs):
		return errors.New("the list has no pair of two persons: nothing can be said of false accepts")
	}
	return nil
}
