package onnx

import (
	"encoding/binary"
	"errors"
	"math"
)

// Field numbers and type codes below are those of onnx.proto3.
const (
	irVersion    = 8
	opsetVersion = 13
	typeFloat    = 1
	typeInt64    = 7
)

// Attr is a named setting of an operator.
type Attr struct {
	name string
	code uint64
	put  func(*message)
	raw  []field // of one that was read
}

func (a Attr) encode() message {
	var m message
	if a.raw != nil {
		for _, f := range a.raw {
			m.field(f)
		}
		return m
	}
	m.bytes(1, []byte(a.name))
	a.put(&m)
	m.varint(20, a.code)
	return m
}

// Int is an integer setting.
func Int(name string, v int64) Attr {
	return Attr{name: name, code: 2, put: func(m *message) { m.varint(3, uint64(v)) }}
}

// IntList is a setting that holds a list of integers.
func IntList(name string, v ...int64) Attr {
	return Attr{name: name, code: 7, put: func(m *message) { m.packed(8, v) }}
}

// Text is a setting that holds a word.
func Text(name, v string) Attr {
	return Attr{name: name, code: 3, put: func(m *message) { m.bytes(4, []byte(v)) }}
}

// Float is a real-valued setting.
func Float(name string, v float32) Attr {
	return Attr{name: name, code: 1, put: func(m *message) { m.fixed32(2, math.Float32bits(v)) }}
}

// Encode returns the model file, or the first mistake made while building.
func (g *Graph) Encode() ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	if len(g.inputs) == 0 || len(g.outputs) == 0 {
		return nil, errors.New("a network needs at least one input and one output")
	}
	var model, opset message
	model.varint(1, irVersion)
	model.bytes(2, []byte("openkyc modelkit"))
	model.sub(7, g.encodeGraph())
	opset.bytes(1, nil) // the default operator domain
	opset.varint(2, opsetVersion)
	model.sub(8, opset)
	return model, nil
}

func (g *Graph) encodeGraph() message {
	var m message
	for _, n := range g.nodes {
		m.sub(1, n.encode())
	}
	m.bytes(2, []byte(g.name))
	for _, c := range g.consts {
		m.sub(5, c.encode())
	}
	for _, p := range g.inputs {
		m.sub(11, p.encode())
	}
	for _, p := range g.outputs {
		m.sub(12, p.encode())
	}
	return m
}

func (n node) encode() message {
	var m message
	for _, in := range n.inputs {
		m.bytes(1, []byte(in))
	}
	m.bytes(2, []byte(n.output))
	m.bytes(4, []byte(n.kind))
	for _, a := range n.attrs {
		m.sub(5, a.encode())
	}
	return m
}

func (c constant) encode() message {
	var m message
	raw := make(message, 0, 4*len(c.floats)+8*len(c.ints))
	m.packed(1, c.shape)
	if c.ints != nil {
		m.varint(2, typeInt64)
		for _, v := range c.ints {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
	} else {
		m.varint(2, typeFloat)
		for _, v := range c.floats {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	m.bytes(8, []byte(c.name))
	m.bytes(9, raw)
	return m
}

func (p port) encode() message {
	var shape, tensor, kind, m message
	for _, d := range p.shape {
		var dim message
		if d >= 0 { // a free dimension has no number
			dim.varint(1, uint64(d))
		}
		shape.sub(1, dim)
	}
	tensor.varint(1, typeFloat)
	tensor.sub(2, shape)
	kind.sub(1, tensor)
	m.bytes(1, []byte(p.name))
	m.sub(2, kind)
	return m
}

// message is a protocol buffer in the making: fields are appended in the order written.
type message []byte

func (m *message) tag(field, wire uint64) { *m = binary.AppendUvarint(*m, field<<3|wire) }

func (m *message) varint(field, v uint64) {
	m.tag(field, 0)
	*m = binary.AppendUvarint(*m, v)
}

func (m *message) bytes(field uint64, b []byte) {
	m.tag(field, 2)
	*m = binary.AppendUvarint(*m, uint64(len(b)))
	*m = append(*m, b...)
}

func (m *message) sub(field uint64, s message) { m.bytes(field, s) }

func (m *message) fixed32(field uint64, v uint32) {
	m.tag(field, 5)
	*m = binary.LittleEndian.AppendUint32(*m, v)
}

func (m *message) packed(field uint64, list []int64) {
	var body message
	for _, v := range list {
		body = binary.AppendUvarint(body, uint64(v))
	}
	m.bytes(field, body)
}
