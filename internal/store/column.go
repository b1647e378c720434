package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// micro is how times are stored: microseconds since 1970, 0 for none.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// clock scans a stored time into t.
type clock struct{ t *time.Time }

func (c clock) Scan(value any) error {
	us, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*c.t = time.Time{}
	if us != 0 {
		*c.t = time.UnixMicro(us).UTC()
	}
	return nil
}

// list is how clear lists and objects are stored: JSON as text, "" for nothing.
func list(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil || string(b) == "null" {
		return "", err
	}
	return string(b), nil
}

// unlist scans JSON text into what v points at.
type unlist struct{ v any }

func (u unlist) Scan(value any) error {
	switch text := value.(type) {
	case string:
		if text == "" {
			return nil
		}
		return json.Unmarshal([]byte(text), u.v)
	case []byte:
		return unlist{u.v}.Scan(string(text))
	}
	return fmt.Errorf("JSON is stored as %T", value)
}

// args numbers parameters while a statement is put together.
type args []any

// add keeps a value and returns its placeholder.
func (a *args) add(value any) string {
	*a = append(*a, value)
	return "$" + strconv.Itoa(len(*a))
}

// in keeps all values and returns their placeholders as "$1, $2".
func in[T any](a *args, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = a.add(v)
	}
	return strings.Join(marks, ", ")
}

// used leaves out the parameters that a statement does not name, whose types
// PostgreSQL would miss, and numbers the others anew.
func used(query string, all args) (string, args) {
	var b strings.Builder
	var kept args
	numbers := make([]string, len(all))
	for {
		before, rest, found := strings.Cut(query, "$")
		b.WriteString(before)
		if !found {
			return b.String(), kept
		}
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n < 1 || n > len(all) {
			panic("store: a statement names a parameter that it was not given") // a programming error
		}
		if numbers[n-1] == "" {
			numbers[n-1] = kept.add(all[n-1])
		}
		b.WriteString(numbers[n-1])
		query = rest[digits:]
	}
}
