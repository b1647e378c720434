package ages

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/evaluate"
)

// Person is one picture with what is true of whom it shows.
type Person struct {
	Picture string
	Age     float64 // years when the picture was taken
	Sex     string  // "male", "female", or "" where that is not known or neither
}

// maxAge is beyond anybody's: what is more is a year of birth.
const maxAge = 125

// ParsePeople reads a list as CSV: a picture, the age in years when it was taken,
// and the sex, which may be left out. A first line names the columns when its
// second field is no number; further columns are passed over.
func ParsePeople(text []byte) ([]Person, error) {
	var people []Person
	seen := map[string]int{}
	err := evaluate.ReadList(text, "the list of people", namesColumns, func(line int, fields []string) error {
		p, err := parsePerson(fields)
		if err != nil {
			return fmt.Errorf("line %d of the list of people: %w", line, err)
		}
		if before := seen[p.Picture]; before > 0 {
			return fmt.Errorf("line %d of the list of people names the same picture as line %d", line, before)
		}
		seen[p.Picture] = line
		people = append(people, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(people) == 0 {
		return nil, errors.New("the list of people is empty")
	}
	return people, nil
}

func namesColumns(fields []string) bool {
	return len(fields) > 1 && !strings.ContainsAny(fields[1], "0123456789")
}

func parsePerson(fields []string) (p Person, err error) {
	if len(fields) < 2 {
		return p, errors.New("needs a picture and an age in years, and a sex where it is known")
	}
	if p.Picture = strings.TrimSpace(fields[0]); !filepath.IsLocal(p.Picture) {
		return p, fmt.Errorf("%q is not the name of a picture in the folder", p.Picture)
	}
	p.Age, err = strconv.ParseFloat(strings.TrimSpace(fields[1]), 64)
	if err != nil || !(p.Age >= 0 && p.Age <= maxAge) {
		return p, fmt.Errorf("%q is not an age of 0 to %d years", fields[1], maxAge)
	}
	if len(fields) > 2 {
		p.Sex, err = sexOf(fields[2])
	}
	return p, err
}

func sexOf(word string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "m", "male", "man", "м", "муж":
		return male, nil
	case "f", "female", "woman", "w", "ж", "жен":
		return female, nil
	case "", "x", "-", "?":
		return "", nil
	}
	return "", fmt.Errorf("the third field must be m, f, or empty where it is not known, not %q", word)
}

const male, female = "male", "female"
