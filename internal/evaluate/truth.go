package evaluate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Specimen is one picture and what is printed on it.
type Specimen struct {
	File       string   // as the truth names it
	Lines      []string // of the zone, top line first; empty: the picture has none
	Format     string   // as the truth says, or by the shape of the lines
	Difficulty string   // "" when the truth does not say
}

// ParseTruth reads a truth file. Two forms are understood:
//
//	{"a.jpg": ["P<UTO…", "L898…"], "b.png": "I<UTO…\nL898…", "none.jpg": null}
//	[{"file": "a.jpg", "mrz": "P<UTO…\nL898…", "format": "TD3", "difficulty": "hard"}]
//
// In the first a value may be an object of the second form, too, and either may
// be the only list inside of one enclosing object. The file's name stands under
// file, image, path, filename or name, its lines under mrz, lines, text or
// truth. Lines are an array or one string, parted by line breaks, by ^ or |, or
// by nothing where the length tells. Spaces within lines and lower case are
// forgiven. No lines (null, "" or []) say that the picture has no zone.
func ParseTruth(text []byte) ([]Specimen, error) {
	text = bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\ufeff"))
	if len(text) == 0 {
		return nil, errors.New("the truth file is empty")
	}
	all, err := parseAny(text)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the truth file names no picture")
	}
	slices.SortStableFunc(all, func(a, b Specimen) int { return strings.Compare(a.File, b.File) })
	for i := 1; i < len(all); i++ {
		if all[i].File == all[i-1].File {
			return nil, fmt.Errorf("the truth file names %q twice", all[i].File)
		}
	}
	return all, nil
}

func parseAny(text []byte) ([]Specimen, error) {
	switch text[0] {
	case '[':
		var list []json.RawMessage
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, notJSON(err)
		}
		return parseList(list)
	case '{':
		var object map[string]json.RawMessage
		if err := json.Unmarshal(text, &object); err != nil {
			return nil, notJSON(err)
		}
		return parseObject(object)
	}
	return nil, errors.New("the truth file must be a JSON object (file name to lines) or a JSON array of objects")
}

func notJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("the truth file is not JSON: %w (at byte %d)", err, syntax.Offset)
	}
	return fmt.Errorf("the truth file is not JSON: %w", err)
}

func parseList(list []json.RawMessage) ([]Specimen, error) {
	out := make([]Specimen, 0, len(list))
	for i, raw := range list {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(raw, &object); err != nil {
			return nil, fmt.Errorf("entry %d of the truth file is no object", i+1)
		}
		s, err := parseEntry("", object)
		if err != nil {
			return nil, fmt.Errorf("entry %d of the truth file: %w", i+1, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func parseObject(object map[string]json.RawMessage) ([]Specimen, error) {
	if inner, ok := wrapped(object); ok {
		return parseAny(inner)
	}
	var out []Specimen
	for name, raw := range object {
		var s Specimen
		var entry map[string]json.RawMessage
		var err error
		if json.Unmarshal(raw, &entry) == nil && entry != nil {
			s, err = parseEntry(name, entry)
		} else {
			s.File = name
			s.Lines, err = parseLines(raw)
		}
		if err != nil {
			return nil, fmt.Errorf("%q in the truth file: %w", name, err)
		}
		s.complete()
		out = append(out, s)
	}
	return out, nil
}

// wrapped finds the list inside of an object whose only list of objects, or
// whose only object of entries, it is.
func wrapped(object map[string]json.RawMessage) (json.RawMessage, bool) {
	for _, name := range []string{"images", "pictures", "specimens", "files", "documents", "items", "samples", "truth", "data"} {
		if raw, ok := object[name]; ok {
			if inner := bytes.TrimSpace(raw); len(inner) > 0 && (inner[0] == '{' || bytes.HasPrefix(bytes.TrimSpace(inner[1:]), []byte("{"))) {
				return inner, true
			}
		}
	}
	return nil, false
}

// parseEntry reads one object; name is the file's when the object has none.
func parseEntry(name string, object map[string]json.RawMessage) (s Specimen, err error) {
	s.File = name
	text := func(keys ...string) string {
		for _, k := range keys {
			var v string
			if json.Unmarshal(object[k], &v) == nil && v != "" {
				return v
			}
		}
		return ""
	}
	if own := text("file", "image", "path", "filename", "name"); own != "" {
		s.File = own
	}
	if s.File == "" {
		return s, errors.New("it has no file name (file, image or path)")
	}
	found := false
	for _, k := range []string{"mrz", "lines", "text", "truth"} {
		if raw, ok := object[k]; ok {
			if s.Lines, err = parseLines(raw); err != nil {
				return s, fmt.Errorf("%s: %w", s.File, err)
			}
			found = true
			break
		}
	}
	if !found {
		return s, fmt.Errorf("%s has no lines (mrz, lines or text; null or [] for a picture without a zone)", s.File)
	}
	s.Format, s.Difficulty = text("format", "type"), text("difficulty", "level")
	s.complete()
	return s, nil
}

func (s *Specimen) complete() {
	if s.Format == "" {
		s.Format = shape(s.Lines)
	}
}

// parseLines reads lines in any of their forms.
func parseLines(raw json.RawMessage) ([]string, error) {
	var list []string
	var one string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, nil
	case json.Unmarshal(raw, &list) == nil:
	case json.Unmarshal(raw, &one) == nil:
		list = strings.FieldsFunc(one, func(r rune) bool { return strings.ContainsRune("\r\n^|", r) })
	default:
		return nil, errors.New("its lines are neither an array of strings nor a string")
	}
	var lines []string
	for _, l := range list {
		if l = tidy(l); l != "" {
			lines = append(lines, l)
		}
	}
	if len(lines) == 1 {
		lines = part(lines[0])
	}
	return lines, nil
}

// tidy forgives what does not belong to a line: spaces, case, and the marks that
// people type for a filler.
func tidy(l string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u00a0':
			return -1
		case '«', '‹', '＜':
			return '<'
		}
		return r
	}, strings.ToUpper(l))
}

// part cuts lines that were written in one by what their length can only be.
func part(l string) []string {
	var widths []int
	switch len(l) {
	case 60:
		widths = []int{30, 30}
	case 69:
		widths = []int{9, 30, 30}
	case 72:
		widths = []int{36, 36}
	case 88:
		widths = []int{44, 44}
	case 90:
		widths = []int{30, 30, 30}
	default:
		return []string{l}
	}
	var out []string
	for _, w := range widths {
		out, l = append(out, l[:w]), l[w:]
	}
	return out
}

// None is the format of a picture without a zone, and other of an unknown one.
const (
	None  = "none"
	other = "other"
)

// shape names the format that lines of these lengths and beginnings have.
func shape(lines []string) string {
	if len(lines) == 0 {
		return None
	}
	first, widths := lines[0], make([]string, 0, len(lines))
	for _, l := range lines {
		widths = append(widths, fmt.Sprint(len(l)))
	}
	visa := strings.HasPrefix(first, "V")
	switch strings.Join(widths, " ") {
	case "30 30 30":
		return "TD1"
	case "36 36":
		switch {
		case strings.HasPrefix(first, "IDFRA"):
			return "FRA-ID"
		case visa:
			return "MRV-B"
		}
		return "TD2"
	case "44 44":
		switch {
		case strings.HasPrefix(first, "PNRUS"):
			return "RUS-ID"
		case visa:
			return "MRV-A"
		}
		return "TD3"
	case "9 30 30":
		return "CHE-DL"
	case "30":
		return "FRA-DL"
	}
	return other
}
