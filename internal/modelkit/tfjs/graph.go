package tfjs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// Model is a graph model: nodes in any order, and where their constants lie.
type Model struct {
	Topology struct {
		Nodes []Node `json:"node"`
	} `json:"modelTopology"`
	Manifest []Group `json:"weightsManifest"`
}

// Node is one operator of a graph model. Inputs are names of nodes.
type Node struct {
	Name   string          `json:"name"`
	Op     string          `json:"op"`
	Inputs []string        `json:"input"`
	Attr   map[string]Attr `json:"attr"`
}

// Attr is a setting of an operator; texts are base64 in the file, which encoding/json undoes.
type Attr struct {
	Text []byte `json:"s"`
	List struct {
		Ints  []json.Number `json:"i"`
		Texts [][]byte      `json:"s"`
	} `json:"list"`
}

// ParseModel reads the JSON of a graph model.
func ParseModel(data []byte) (Model, error) {
	var m Model
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&m); err != nil {
		return Model{}, fmt.Errorf("the graph model is not valid JSON: %w", err)
	}
	if len(m.Topology.Nodes) == 0 {
		return Model{}, errors.New("the graph model holds no nodes")
	}
	return m, nil
}

// Converter adds the nodes of a graph model to an ONNX graph, each when something first asks for it.
type Converter struct {
	graph   *onnx.Graph
	nodes   map[string]Node
	weights Weights
	values  map[string]string // node name → ONNX value
	busy    map[string]bool   // guards against a circle in a broken file
}

// NewConverter prepares a conversion into g; file is the weight file of the model.
func NewConverter(g *onnx.Graph, m Model, file []byte) (*Converter, error) {
	weights, err := ReadWeights(m.Manifest, file)
	if err != nil {
		return nil, err
	}
	c := &Converter{graph: g, nodes: map[string]Node{}, weights: weights, values: map[string]string{}, busy: map[string]bool{}}
	for _, n := range m.Topology.Nodes {
		c.nodes[n.Name] = n
	}
	return c, nil
}

// Bind says which ONNX value stands for a node, typically for the model's placeholder.
func (c *Converter) Bind(name, value string) { c.values[name] = value }

// Value returns the ONNX value of a node and adds whatever it is computed from.
func (c *Converter) Value(name string) (string, error) {
	if v, ok := c.values[name]; ok {
		return v, nil
	}
	n, ok := c.nodes[name]
	if !ok {
		return "", fmt.Errorf("the graph model lacks the node %q", name)
	}
	if c.busy[name] {
		return "", fmt.Errorf("the graph model runs in a circle at the node %q", name)
	}
	c.busy[name] = true
	v, err := c.convert(n)
	if err != nil {
		return "", err
	}
	c.values[name] = v
	return v, nil
}

func (c *Converter) convert(n Node) (string, error) {
	switch n.Op {
	case "_FusedConv2D", "DepthwiseConv2dNative", "MaxPool":
		return c.windowed(n)
	case "AddV2":
		return c.add(n)
	case "Reshape":
		return c.reshape(n)
	case "Pad":
		return c.pad(n)
	case "Relu", "Sigmoid", "Identity", "Prelu":
		return c.elementwise(n)
	}
	return "", fmt.Errorf("the operator %s of node %q is not supported", n.Op, n.Name)
}

func (c *Converter) elementwise(n Node) (string, error) {
	x, err := c.input(n, 0)
	if err != nil {
		return "", err
	}
	if n.Op != "Prelu" {
		return c.graph.Op(n.Op, []string{x}), nil
	}
	alpha, err := c.constant(n, 1)
	if err != nil {
		return "", err
	}
	return layers.PRelu(c.graph, x, alpha), nil
}

func (c *Converter) add(n Node) (string, error) {
	a, err := c.input(n, 0)
	if err != nil {
		return "", err
	}
	b, err := c.input(n, 1)
	if err != nil {
		return "", err
	}
	return layers.Add(c.graph, a, b), nil
}

func (c *Converter) windowed(n Node) (string, error) {
	x, err := c.input(n, 0)
	if err != nil {
		return "", err
	}
	window, err := n.window()
	if err != nil {
		return "", err
	}
	if n.Op == "MaxPool" {
		side, err := n.square("ksize")
		return layers.MaxPool(c.graph, x, side, window), err
	}
	filter, err := c.constant(n, 1)
	if err != nil {
		return "", err
	}
	if n.Op == "DepthwiseConv2dNative" {
		return layers.DepthwiseConv(c.graph, x, filter, nil, window), nil
	}
	bias, err := c.constant(n, 2)
	if err != nil {
		return "", err
	}
	return c.fused(n, layers.Conv(c.graph, x, filter, bias.Data, window))
}

// fused adds what the original computes in one go after convolution and bias.
func (c *Converter) fused(n Node, x string) (string, error) {
	ops := n.Attr["fused_ops"].List.Texts
	if len(ops) == 0 || len(ops) > 2 || string(ops[0]) != "BiasAdd" {
		return "", fmt.Errorf("the node %q fuses %q; only a bias and one activation are supported", n.Name, ops)
	}
	if len(ops) == 1 {
		return x, nil
	}
	switch string(ops[1]) {
	case "Relu":
		return layers.Relu(c.graph, x), nil
	case "Prelu":
		alpha, err := c.constant(n, 3)
		return layers.PRelu(c.graph, x, alpha), err
	}
	return "", fmt.Errorf("the activation %s of node %q is not supported", ops[1], n.Name)
}

// reshape keeps TensorFlow's order of numbers, so the value goes into its layout first.
func (c *Converter) reshape(n Node) (string, error) {
	x, err := c.input(n, 0)
	if err != nil {
		return "", err
	}
	shape, err := c.constant(n, 1)
	if err != nil {
		return "", err
	}
	return c.graph.Op("Reshape", []string{layers.ChannelsLast(c.graph, x), c.graph.Ints(shape.Ints...)}), nil
}

func (c *Converter) pad(n Node) (string, error) {
	x, err := c.input(n, 0)
	if err != nil {
		return "", err
	}
	t, err := c.constant(n, 1)
	if err != nil {
		return "", err
	}
	p := t.Ints
	if len(p) != 8 {
		return "", fmt.Errorf("the node %q pads %d dimensions; four are supported", n.Name, len(p)/2)
	}
	// TensorFlow lists before and after of batch, row, column, channel; ONNX all befores, then all afters.
	return c.graph.Op("Pad", []string{x, c.graph.Ints(p[0], p[6], p[2], p[4], p[1], p[7], p[3], p[5])}), nil
}

func (c *Converter) input(n Node, i int) (string, error) {
	if i >= len(n.Inputs) {
		return "", fmt.Errorf("the node %q (%s) lacks its input number %d", n.Name, n.Op, i)
	}
	return c.Value(n.Inputs[i])
}

func (c *Converter) constant(n Node, i int) (layers.Tensor, error) {
	if i >= len(n.Inputs) {
		return layers.Tensor{}, fmt.Errorf("the node %q (%s) lacks its input number %d", n.Name, n.Op, i)
	}
	t, ok := c.weights[n.Inputs[i]]
	if !ok {
		return layers.Tensor{}, fmt.Errorf("the node %q (%s) needs the constant %q, which the weight file does not hold", n.Name, n.Op, n.Inputs[i])
	}
	return t, nil
}

// window reads stride and padding and refuses what layers cannot express.
func (n Node) window() (layers.Window, error) {
	stride, err := n.square("strides")
	if err != nil {
		return layers.Window{}, err
	}
	if _, dilated := n.Attr["dilations"]; dilated {
		if d, err := n.square("dilations"); err != nil || d != 1 {
			return layers.Window{}, fmt.Errorf("the node %q is dilated, which is not supported", n.Name)
		}
	}
	if format := string(n.Attr["data_format"].Text); format != "NHWC" {
		return layers.Window{}, fmt.Errorf("the node %q has the layout %q; NHWC is supported", n.Name, format)
	}
	switch padding := string(n.Attr["padding"].Text); padding {
	case "SAME":
		return layers.Window{Stride: stride, Same: true}, nil
	case "VALID":
		return layers.Window{Stride: stride}, nil
	default:
		return layers.Window{}, fmt.Errorf("the node %q has the padding %q; SAME and VALID are supported", n.Name, padding)
	}
}

// square reads a list (1, v, v, 1).
func (n Node) square(name string) (int, error) {
	list := n.Attr[name].List.Ints
	if len(list) != 4 || list[0] != "1" || list[3] != "1" || list[1] != list[2] {
		return 0, fmt.Errorf("the node %q has %s %v; the form 1, v, v, 1 is supported", n.Name, name, list)
	}
	v, err := list[1].Int64()
	return int(v), err
}
