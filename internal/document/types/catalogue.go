package types

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed data/*.yaml
var embedded embed.FS

// Catalogue is every known type, the most particular first.
type Catalogue struct{ all []*Type }

// Open reads the types of this program and, on top of them, those of a folder;
// "" is none. A type of the folder replaces the one of the same file name. Every
// file that is not understood is an error.
func Open(folder string) (*Catalogue, error) {
	byID := map[string]*Type{}
	if err := read(embedded, "data", "", byID); err != nil {
		return nil, err
	}
	if folder != "" {
		if err := read(os.DirFS(folder), ".", folder, byID); err != nil {
			return nil, fmt.Errorf("document types: %w", err)
		}
	}
	c := &Catalogue{}
	for _, t := range byID {
		c.all = append(c.all, t)
	}
	slices.SortFunc(c.all, func(a, b *Type) int {
		return cmp.Or(cmp.Compare(b.particular(), a.particular()), cmp.Compare(a.ID, b.ID))
	})
	return c, nil
}

func read(from fs.FS, dir, shown string, into map[string]*Type) error {
	entries, err := fs.ReadDir(from, dir)
	if err != nil {
		return err
	}
	var faults []error
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		data, err := fs.ReadFile(from, path.Join(dir, e.Name()))
		if err == nil {
			var t *Type
			if t, err = Parse(filepath.Join(shown, e.Name()), data); err == nil {
				into[t.ID] = t
				continue
			}
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Of makes a catalogue of one type, to try it out.
func Of(t *Type) *Catalogue { return &Catalogue{all: []*Type{t}} }

// All lists the types, the most particular first.
func (c *Catalogue) All() []*Type { return slices.Clone(c.all) }

// particular counts what a type asks for, so that the one that asks most goes first.
func (t *Type) particular() int {
	n := 0
	for weight, asked := range []bool{len(t.Recognise.Zones) > 0, len(t.Recognise.Words) > 0, len(t.Recognise.Codes) > 0, len(t.Recognise.States) > 0} {
		if asked {
			n += 1 << weight
		}
	}
	return n
}

// ByZone lists the types that a zone of this format, document code and issuing
// state may be of, the most particular first.
func (c *Catalogue) ByZone(format, code, state string) []*Type {
	var out []*Type
	for _, t := range c.all {
		r := t.Recognise
		begins := func(p string) bool { return strings.HasPrefix(code, p) }
		if slices.Contains(r.Zones, format) && (len(r.Codes) == 0 || slices.ContainsFunc(r.Codes, begins)) && (len(r.States) == 0 || slices.Contains(r.States, state)) {
			out = append(out, t)
		}
	}
	return out
}

// Likeness is what was found of a type among lines of print.
type Likeness struct {
	Type     *Type
	Words    bool // one of its words, or it has none
	Captions int  // so many of its fields' captions
}

// Enough tells that the print is of this type.
func (l Likeness) Enough() bool { return l.Words && l.Captions >= l.Type.Recognise.Captions }

// Named tells that one of the words by which the type is recognised stands among
// lines of print.
func (t *Type) Named(lines []string) bool {
	return len(t.Recognise.Words) > 0 && t.Resemble(lines).Words
}

// Resemble holds lines of print against one type.
func (t *Type) Resemble(lines []string) Likeness {
	plain := make([]string, len(lines))
	for i, line := range lines {
		plain[i] = Fold(line)
	}
	found := func(c Caption) bool {
		for i := range lines {
			if c.number && c.Find(lines[i]) > 0 || !c.number && c.findFolded(plain[i]) > 0 {
				return true
			}
		}
		return false
	}
	l := Likeness{Type: t, Words: len(t.Recognise.Words) == 0 || slices.ContainsFunc(t.Recognise.Words, found)}
	for _, f := range t.Fields {
		if slices.ContainsFunc(f.Captions, found) {
			l.Captions++
		}
	}
	return l
}

// Resembling lists the types that lines of print are enough for, likeliest first.
func (c *Catalogue) Resembling(lines []string) []Likeness {
	var out []Likeness
	for _, t := range c.all {
		if r := t.Recognise; len(r.Words) == 0 && r.Captions == 0 {
			continue // by its zone alone
		}
		if l := t.Resemble(lines); l.Enough() {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b Likeness) int { return cmp.Compare(b.Captions, a.Captions) })
	return out
}
