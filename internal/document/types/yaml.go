package types

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The bounds of a file; far more than any document needs.
const (
	maxFile   = 64 << 10
	maxFields = 64
	maxText   = 200
	maxFaults = 20
)

// source is one file while it is read: its name and what is wrong with it.
type source struct {
	name   string
	faults []error
}

func (s *source) fault(node *yaml.Node, format string, args ...any) {
	if len(s.faults) < maxFaults {
		s.faults = append(s.faults, fmt.Errorf("%s:%d: %s", s.name, node.Line, fmt.Sprintf(format, args...)))
	}
}

// object is a mapping whose keys are taken one by one; what nobody took is unknown.
type object struct {
	src   *source
	node  *yaml.Node
	what  string // "the field \"Surname\"", for sentences
	taken []string
}

// object opens a node as a mapping.
func (s *source) object(node *yaml.Node, what string) object {
	o := object{src: s, node: node, what: what}
	if node.Kind != yaml.MappingNode {
		s.fault(node, "%s must be a list of `key: value` lines", what)
		o.node = &yaml.Node{Kind: yaml.MappingNode, Line: node.Line}
	}
	return o
}

// find takes a key; nil when it is not there.
func (o *object) find(key string) *yaml.Node {
	o.taken = append(o.taken, key)
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		if o.node.Content[i].Value == key {
			return o.node.Content[i+1]
		}
	}
	return nil
}

// rest says which keys nobody knows, and which one may be meant.
func (o *object) rest() {
	seen := map[string]bool{}
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		key := o.node.Content[i]
		switch {
		case seen[key.Value]:
			o.src.fault(key, "%s has %q twice: keep one", o.what, key.Value)
		case !slices.Contains(o.taken, key.Value):
			o.src.fault(key, "%s has an unknown key %q%s", o.what, key.Value, meant(key.Value, o.taken))
		}
		seen[key.Value] = true
	}
}

// meant suggests the nearest of the known words.
func meant(word string, known []string) string {
	for wrong := range 3 {
		for _, k := range known {
			if n := len([]rune(k)); n > 2*wrong-1 && len(word) <= n+2 && nearly([]rune(word), []rune(k), wrong) {
				return fmt.Sprintf("; is %q meant?", k)
			}
		}
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	return "; known are " + strings.Join(slices.Compact(sorted), ", ")
}

// text takes a short text; "" when the key is not there.
func (o *object) text(key string) string {
	node := o.find(key)
	if node == nil {
		return ""
	}
	return o.src.scalar(node, o.what+": "+key)
}

func (s *source) scalar(node *yaml.Node, what string) string {
	switch {
	case node.Kind != yaml.ScalarNode:
		s.fault(node, "%s must be a text", what)
	case len(node.Value) > maxText:
		s.fault(node, "%s is longer than %d characters", what, maxText)
	default:
		return strings.TrimSpace(node.Value)
	}
	return ""
}

// texts takes a list of texts, or a single one.
func (o *object) texts(key string) []string {
	node := o.find(key)
	if node == nil {
		return nil
	}
	if node.Kind == yaml.ScalarNode {
		return []string{o.src.scalar(node, o.what+": "+key)}
	}
	var out []string
	for _, n := range o.items(node, key) {
		if t := o.src.scalar(n, o.what+": "+key); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// list takes a list of anything.
func (o *object) list(key string) []*yaml.Node {
	node := o.find(key)
	if node == nil {
		return nil
	}
	return o.items(node, key)
}

func (o *object) items(node *yaml.Node, key string) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		o.src.fault(node, "%s: %s must be a list", o.what, key)
		return nil
	}
	if len(node.Content) > maxFields {
		o.src.fault(node, "%s: %s has more than %d entries", o.what, key, maxFields)
		return nil
	}
	return node.Content
}

// number takes a whole number within bounds; 0 when the key is not there.
func (o *object) number(key string, least, most int) int {
	node := o.find(key)
	if node == nil {
		return 0
	}
	n, err := strconv.Atoi(node.Value)
	if err != nil || n < least || n > most {
		o.src.fault(node, "%s: %s must be a whole number from %d to %d", o.what, key, least, most)
		return 0
	}
	return n
}

func (o *object) flag(key string) bool {
	node := o.find(key)
	if node == nil {
		return false
	}
	if node.Value != "true" && node.Value != "false" {
		o.src.fault(node, "%s: %s must be true or false", o.what, key)
	}
	return node.Value == "true"
}

// numbers takes exactly n numbers between 0 and 1.
func (o *object) numbers(key string, n int) ([]float64, *yaml.Node) {
	node := o.find(key)
	if node == nil {
		return nil, nil
	}
	var out []float64
	if node.Kind == yaml.SequenceNode {
		for _, c := range node.Content {
			v, err := strconv.ParseFloat(c.Value, 64)
			if err != nil || !(v >= 0 && v <= 1) {
				break
			}
			out = append(out, v)
		}
	}
	if len(out) != n || len(node.Content) != n {
		o.src.fault(node, "%s: %s must be a list of %d numbers between 0 and 1, relative to the side", o.what, key, n)
		return nil, node
	}
	return out, node
}

// choice takes one of the known words; the first is what an absent key means.
func (o *object) choice(key string, known ...string) string {
	node := o.find(key)
	if node == nil {
		return known[0]
	}
	if v := o.src.scalar(node, o.what+": "+key); slices.Contains(known, v) {
		return v
	}
	o.src.fault(node, "%s: %s %q is not known%s", o.what, key, node.Value, meant(node.Value, slices.DeleteFunc(slices.Clone(known), func(s string) bool { return s == "" })))
	return known[0]
}

// document parses YAML to its one mapping. Aliases are refused: a file of a few
// lines could unfold to millions with them.
func (s *source) document(data []byte) (*yaml.Node, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: the file is larger than %d kB: a type is one short file", s.name, maxFile>>10)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: this is not YAML: %w", s.name, err)
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("%s: the file is empty", s.name)
	}
	if node := alias(&doc, 0); node != nil {
		return nil, fmt.Errorf("%s:%d: aliases and anchors, and nesting of more than %d levels, are not read here: write the value out", s.name, node.Line, maxDepth)
	}
	return doc.Content[0], nil
}

const maxDepth = 12

func alias(node *yaml.Node, depth int) *yaml.Node {
	if node.Kind == yaml.AliasNode || node.Anchor != "" || depth > maxDepth {
		return node
	}
	for _, c := range node.Content {
		if found := alias(c, depth+1); found != nil {
			return found
		}
	}
	return nil
}

func (s *source) err() error { return errors.Join(s.faults...) }
