// Package onnx writes ONNX files: just the part of the format that image networks of float32 tensors need.
//
// In: inputs, constants and operators, added one by one in the order of computation. Out: the bytes of a model file, the
// same for the same calls. Mistakes (an operator that reads a value nobody made, a constant whose data does not fill its
// shape) are kept and come out of Encode, so that the builders of networks read like the networks. Called by the
// sub-packages of modelkit. The format is onnx.proto3 of the ONNX project, IR version 8, operator set 13.
package onnx

import (
	"fmt"
	"strconv"
)

// Graph is a network under construction.
type Graph struct {
	name    string
	inputs  []port
	outputs []port
	consts  []constant
	nodes   []node
	known   map[string]bool
	err     error
}

type port struct {
	name  string
	shape []int64
}

type constant struct {
	name   string
	shape  []int64
	floats []float32
	ints   []int64
}

type node struct {
	kind   string
	inputs []string
	output string
	attrs  []Attr
}

// New starts an empty network.
func New(name string) *Graph {
	return &Graph{name: name, known: map[string]bool{}}
}

// Input declares an input tensor of float32 and returns its name as a value. A dimension of -1 is free; so it is for Output.
func (g *Graph) Input(name string, shape ...int64) string {
	g.inputs = append(g.inputs, port{name, shape})
	g.define(name)
	return name
}

// Floats adds a constant of float32.
func (g *Graph) Floats(shape []int64, data []float32) string {
	if size(shape) != len(data) {
		g.Fail(fmt.Errorf("a constant of shape %v needs %d numbers, got %d", shape, size(shape), len(data)))
	}
	name := "c" + strconv.Itoa(len(g.consts))
	g.consts = append(g.consts, constant{name: name, shape: shape, floats: data})
	g.define(name)
	return name
}

// Scalar adds a single float32, which broadcasts against any shape.
func (g *Graph) Scalar(v float32) string { return g.Floats([]int64{1}, []float32{v}) }

// Ints adds a constant list of int64, the form in which ONNX takes shapes, axes and paddings.
func (g *Graph) Ints(data ...int64) string {
	name := "c" + strconv.Itoa(len(g.consts))
	g.consts = append(g.consts, constant{name: name, shape: []int64{int64(len(data))}, ints: data})
	g.define(name)
	return name
}

// Op adds an operator with one output and returns that output. Operators with more outputs are not needed here.
func (g *Graph) Op(kind string, inputs []string, attrs ...Attr) string {
	return g.op("n"+strconv.Itoa(len(g.nodes)), kind, inputs, attrs)
}

// Output names a value as an output of the network.
func (g *Graph) Output(name, value string, shape ...int64) {
	g.outputs = append(g.outputs, port{name, shape})
	g.op(name, "Identity", []string{value}, nil)
}

// Fail keeps the first mistake for Encode.
func (g *Graph) Fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *Graph) op(output, kind string, inputs []string, attrs []Attr) string {
	for _, in := range inputs {
		if !g.known[in] {
			g.Fail(fmt.Errorf("operator %s reads the value %q, which nothing before it makes", kind, in))
		}
	}
	g.nodes = append(g.nodes, node{kind, inputs, output, attrs})
	g.define(output)
	return output
}

func (g *Graph) define(name string) {
	if g.known[name] {
		g.Fail(fmt.Errorf("the value %q is made twice", name))
	}
	g.known[name] = true
}

func size(shape []int64) int {
	n := 1
	for _, d := range shape {
		n *= int(d)
	}
	return n
}
