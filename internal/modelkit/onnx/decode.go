package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Model is an ONNX file taken apart as far as rewriting needs: operators in the order of computation and constants can
// be changed, everything else is kept as it is.
type Model struct {
	Nodes     []*Node
	Constants map[string]*Tensor // initialisers, and what Constant operators make
	outputs   []string
	model     []field // all but the graph
	graph     []field // all but operators, initialisers and the shapes noted for values, which rewriting changes
	order     []string
}

// Node is an operator.
type Node struct {
	Kind    string
	Inputs  []string
	Outputs []string
	Attrs   []Attr
	rest    []field // its name and the like
}

// Tensor is a constant. Floats is nil when it holds something else than float32.
type Tensor struct {
	Shape  []int64
	Floats []float32
	raw    []byte // as read; nil for a new one
}

// field is one field of a protocol buffer message.
type field struct {
	number, wire uint64
	value        uint64 // of wire types 0, 1 and 5
	body         []byte // of wire type 2
}

// Decode reads a model file. It fails where the file is cut or no protocol buffer.
func Decode(data []byte) (*Model, error) {
	m := &Model{Constants: map[string]*Tensor{}}
	top, err := fields(data)
	if err != nil {
		return nil, fmt.Errorf("not an ONNX file: %w", err)
	}
	var graph []byte
	for _, f := range top {
		if f.number == 7 {
			graph = f.body
			continue
		}
		m.model = append(m.model, f)
	}
	parts, err := fields(graph)
	if err != nil || graph == nil {
		return nil, errors.Join(errors.New("the ONNX file holds no graph"), err)
	}
	for _, f := range parts {
		if err := m.part(f); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// part takes one field of the graph.
func (m *Model) part(f field) error {
	switch f.number {
	case 1:
		n, err := decodeNode(f.body)
		if err != nil {
			return err
		}
		switch {
		case len(n.Inputs) == 0 && n.Kind != "Constant" || len(n.Outputs) == 0:
			return fmt.Errorf("an operator %q reads or makes nothing", n.Kind)
		case n.Kind == "Constant":
			return m.constant(n)
		}
		m.Nodes = append(m.Nodes, n)
		return nil
	case 5:
		return m.tensor("", f.body)
	case 13: // shapes noted for values
		return nil
	case 12:
		port, err := fields(f.body)
		if err != nil {
			return err
		}
		for _, p := range port {
			if p.number == 1 {
				m.outputs = append(m.outputs, string(p.body))
			}
		}
	}
	m.graph = append(m.graph, f)
	return nil
}

// constant takes what a Constant operator makes for an initialiser.
func (m *Model) constant(n *Node) error {
	for _, a := range n.Attrs {
		if a.name != "value" {
			continue
		}
		for _, f := range a.raw {
			if f.number == 5 {
				return m.tensor(n.Outputs[0], f.body)
			}
		}
	}
	return fmt.Errorf("the constant %s has no tensor", n.Outputs[0])
}

// tensor reads a TensorProto; name replaces its own when it is not empty.
func (m *Model) tensor(name string, data []byte) error {
	parts, err := fields(data)
	if err != nil {
		return err
	}
	t, kind, raw := &Tensor{raw: data}, uint64(0), []byte(nil)
	for _, f := range parts {
		switch f.number {
		case 1:
			if f.wire == 0 {
				t.Shape = append(t.Shape, int64(f.value))
			}
			for b := f.body; len(b) > 0; {
				v, n := binary.Uvarint(b)
				if n <= 0 {
					return errors.New("a tensor's shape is cut")
				}
				t.Shape, b = append(t.Shape, int64(v)), b[n:]
			}
		case 2:
			kind = f.value
		case 4, 9: // float_data lies as raw_data does
			raw = f.body
		case 8:
			if name == "" {
				name = string(f.body)
			}
		}
	}
	if kind == typeFloat {
		if len(raw) != 4*size(t.Shape) {
			return fmt.Errorf("the constant %s of shape %v has %d bytes", name, t.Shape, len(raw))
		}
		t.Floats = make([]float32, len(raw)/4)
		for i := range t.Floats {
			t.Floats[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	if m.Constants[name] == nil {
		m.order = append(m.order, name)
	}
	m.Constants[name] = t
	return nil
}

func decodeNode(data []byte) (*Node, error) {
	parts, err := fields(data)
	if err != nil {
		return nil, err
	}
	n := &Node{}
	for _, f := range parts {
		switch f.number {
		case 1:
			n.Inputs = append(n.Inputs, string(f.body))
		case 2:
			n.Outputs = append(n.Outputs, string(f.body))
		case 4:
			n.Kind = string(f.body)
		case 5:
			a := Attr{}
			if a.raw, err = fields(f.body); err != nil {
				return nil, err
			}
			for _, p := range a.raw {
				if p.number == 1 {
					a.name = string(p.body)
				}
			}
			n.Attrs = append(n.Attrs, a)
		default:
			n.rest = append(n.rest, f)
		}
	}
	return n, nil
}

// Float is the value of a real-valued setting; ok is false where the operator has none.
func (n *Node) Float(name string) (v float32, ok bool) {
	for _, a := range n.Attrs {
		for _, f := range a.raw {
			if a.name == name && f.number == 2 {
				return math.Float32frombits(uint32(f.value)), true
			}
		}
	}
	return 0, false
}

// Ints is the value of a setting that is an integer or a list of them, empty where the operator has none.
func (n *Node) Ints(name string) []int64 {
	var out []int64
	for _, a := range n.Attrs {
		for _, f := range a.raw {
			if a.name != name || f.number != 3 && f.number != 8 {
				continue
			}
			if f.wire == 0 {
				out = append(out, int64(f.value))
			}
			for b := f.body; len(b) > 0; {
				v, k := binary.Uvarint(b)
				out, b = append(out, int64(v)), b[max(k, 1):]
			}
		}
	}
	return out
}

// Set adds a constant, or replaces the one of that name.
func (m *Model) Set(name string, shape []int64, floats []float32) {
	if m.Constants[name] == nil {
		m.order = append(m.order, name)
	}
	m.Constants[name] = &Tensor{Shape: shape, Floats: floats}
}

// IsOutput tells whether a value is an output of the network.
func (m *Model) IsOutput(value string) bool { return slices.Contains(m.outputs, value) }

// Encode writes the model, without constants that nobody reads.
func (m *Model) Encode() []byte {
	read := map[string]bool{}
	var graph, model message
	for _, n := range m.Nodes {
		graph.sub(1, n.encode())
		for _, in := range n.Inputs {
			read[in] = true
		}
	}
	for _, name := range m.order {
		if read[name] || m.IsOutput(name) {
			graph.sub(5, m.Constants[name].encode(name))
		}
	}
	for _, f := range m.graph {
		graph.field(f)
	}
	for _, f := range m.model {
		model.field(f)
	}
	model.sub(7, graph)
	return model
}

func (n *Node) encode() message {
	var m message
	for _, in := range n.Inputs {
		m.bytes(1, []byte(in))
	}
	for _, out := range n.Outputs {
		m.bytes(2, []byte(out))
	}
	m.bytes(4, []byte(n.Kind))
	for _, a := range n.Attrs {
		m.sub(5, a.encode())
	}
	for _, f := range n.rest {
		m.field(f)
	}
	return m
}

func (t *Tensor) encode(name string) message {
	if t.raw == nil {
		return constant{name: name, shape: t.Shape, floats: t.Floats}.encode()
	}
	parts, _ := fields(t.raw) // were read before
	var m message
	for _, f := range parts {
		if f.number != 8 {
			m.field(f)
		}
	}
	m.bytes(8, []byte(name))
	return m
}

// fields splits a message into its fields.
func fields(b []byte) ([]field, error) {
	var out []field
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("it is cut")
		}
		b = b[n:]
		f := field{number: tag >> 3, wire: tag & 7}
		var take int
		switch f.wire {
		case 0:
			f.value, take = binary.Uvarint(b)
		case 1:
			if take = 8; len(b) >= take {
				f.value = binary.LittleEndian.Uint64(b)
			}
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return nil, errors.New("it is cut")
			}
			f.body, take = b[n:n+int(length)], n+int(length)
		case 5:
			if take = 4; len(b) >= take {
				f.value = uint64(binary.LittleEndian.Uint32(b))
			}
		default:
			return nil, fmt.Errorf("it has a field of the unknown kind %d", f.wire)
		}
		if take <= 0 || take > len(b) {
			return nil, errors.New("it is cut")
		}
		out, b = append(out, f), b[take:]
	}
	return out, nil
}

// field writes a field as it was read.
func (m *message) field(f field) {
	switch f.wire {
	case 0:
		m.varint(f.number, f.value)
	case 1:
		m.tag(f.number, 1)
		*m = binary.LittleEndian.AppendUint64(*m, f.value)
	case 2:
		m.bytes(f.number, f.body)
	case 5:
		m.fixed32(f.number, uint32(f.value))
	}
}
