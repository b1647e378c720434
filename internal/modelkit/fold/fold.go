// Package fold rewrites a network so that it answers the same with less work.
//
// In: an ONNX file whose exporter left constant steps as operators of their own. Out: an ONNX file that computes the same
// but for the rounding of float32. The networks of PP-OCR spend a third of their time on such steps: between any two
// convolutions eight passes over all the data, each of which also takes the runtime out of the blocked layout in which it
// convolves fastest. Fails where the file cannot be read; a network in which nothing can be folded comes back unchanged.
// Called by the recipes of modelkit.
//
// The rewriting is algebra: a factor and a shift behind a convolution belong into its weights and bias; those before a
// convolution of 1 × 1 without a border too; x·clip(x+3, 0, 6)/6 is x·hardSigmoid(x) (A. Howard and others, Searching for
// MobileNetV3, 2019); x + x·g is x·(1+g).
package fold

import (
	"fmt"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// Fold rewrites an ONNX file.
func Fold(data []byte) ([]byte, error) {
	m, err := onnx.Decode(data)
	if err != nil {
		return nil, err
	}
	f := &folder{m: m}
	f.index()
	for _, n := range slices.Clone(m.Nodes) {
		switch n.Kind {
		case "Conv":
			f.behind(n)
		case "Div":
			f.hardSwish(n)
		case "Add":
			f.excited(n)
		}
	}
	return m.Encode(), nil
}

// folder is one rewriting: who makes a value, and who reads it.
type folder struct {
	m     *onnx.Model
	maker map[string]*onnx.Node
	users map[string][]*onnx.Node
	fresh int
}

func (f *folder) index() {
	f.maker, f.users = map[string]*onnx.Node{}, map[string][]*onnx.Node{}
	for _, n := range f.m.Nodes {
		for _, out := range n.Outputs {
			f.maker[out] = n
		}
		for _, in := range n.Inputs {
			f.users[in] = append(f.users[in], n)
		}
	}
}

// scalar is a constant of one number.
func (f *folder) scalar(value string) (float32, bool) {
	if t := f.m.Constants[value]; t != nil && len(t.Floats) == 1 {
		return t.Floats[0], true
	}
	return 0, false
}

// with splits the inputs of a node of that kind into a constant number and the other value.
func (f *folder) with(n *onnx.Node, kind string) (other string, v float32, ok bool) {
	if n == nil || n.Kind != kind || len(n.Inputs) != 2 {
		return "", 0, false
	}
	for i, in := range n.Inputs {
		if v, ok := f.scalar(in); ok {
			return n.Inputs[1-i], v, true
		}
	}
	return "", 0, false
}

// only is the one node that reads a value which nobody else needs; nil when there is none.
func (f *folder) only(value string) *onnx.Node {
	if u := f.users[value]; len(u) == 1 && !f.m.IsOutput(value) {
		return u[0]
	}
	return nil
}

// affine is the factor and the shift that follow a value, and the operators that do it; none when there are none.
func (f *folder) affine(value string) (factor, shift float32, of []*onnx.Node) {
	factor = 1
	next := f.only(value)
	if _, v, ok := f.with(next, "Mul"); ok {
		factor, of = v, append(of, next)
		next = f.only(next.Outputs[0])
	}
	if _, v, ok := f.with(next, "Add"); ok {
		shift, of = v, append(of, next)
	}
	return factor, shift, of
}

// behind folds the factor and the shift behind a convolution into it.
func (f *folder) behind(conv *onnx.Node) {
	out := conv.Outputs[0]
	factor, shift, of := f.affine(out)
	if len(of) == 0 || f.adds3(of[len(of)-1]) || !f.weigh(conv, factor, 1, shift) {
		return
	}
	conv.Outputs[0] = of[len(of)-1].Outputs[0]
	f.drop(of...)
}

// adds3 tells the shift by 3 that begins a hard swish.
func (f *folder) adds3(n *onnx.Node) bool {
	if _, v, ok := f.with(n, "Add"); !ok || v != 3 {
		return false
	}
	next := f.only(n.Outputs[0])
	return next != nil && next.Kind == "Clip"
}

// weigh makes a convolution answer factor·y + shift when it gets in·x instead of x, into weights of its own.
func (f *folder) weigh(conv *onnx.Node, factor, in, shift float32) bool {
	w := f.m.Constants[conv.Inputs[1]]
	if w == nil || w.Floats == nil || len(w.Shape) != 4 {
		return false
	}
	weights, bias := make([]float32, len(w.Floats)), make([]float32, w.Shape[0])
	for i, v := range w.Floats {
		weights[i] = v * factor * in
	}
	if len(conv.Inputs) > 2 {
		b := f.m.Constants[conv.Inputs[2]]
		if b == nil || len(b.Floats) != len(bias) {
			return false
		}
		copy(bias, b.Floats)
	}
	for i := range bias {
		bias[i] = bias[i]*factor + shift
	}
	f.own(conv, w.Shape, weights, bias)
	return true
}

// own gives a convolution weights that nobody else reads.
func (f *folder) own(conv *onnx.Node, shape []int64, weights, bias []float32) {
	w, b := f.name("w"), f.name("b")
	f.m.Set(w, shape, weights)
	f.m.Set(b, []int64{int64(len(bias))}, bias)
	conv.Inputs = []string{conv.Inputs[0], w, b}
}

func (f *folder) name(kind string) string {
	f.fresh++
	return fmt.Sprintf("fold.%s%d", kind, f.fresh)
}

// hardSwish recognises x·clip(x+3, 0, 6)/6 by its last step, and what scales it behind.
func (f *folder) hardSwish(div *onnx.Node) {
	product, six, ok := f.with(div, "Div")
	mul := f.maker[product]
	if !ok || six != 6 || div.Inputs[0] != product || mul == nil || mul.Kind != "Mul" || f.only(product) != div {
		return
	}
	for i, x := range mul.Inputs {
		clip := f.maker[mul.Inputs[1-i]]
		if clip == nil || !f.clips(clip, 0, 6) || f.only(clip.Outputs[0]) != mul {
			continue
		}
		add := f.maker[clip.Inputs[0]]
		if of, three, ok := f.with(add, "Add"); !ok || three != 3 || of != x || f.only(add.Outputs[0]) != clip {
			continue
		}
		channels, ok := f.channels(x)
		if !ok {
			continue
		}
		f.gate(x, channels, div, add, clip, mul)
		return
	}
}

// gate puts a hard swish in the place of its steps. The gate is a convolution of one weight a channel, for that and a
// product of two equal shapes are what the runtime computes without leaving its blocked layout.
func (f *folder) gate(x string, channels int64, div *onnx.Node, steps ...*onnx.Node) {
	out := div.Outputs[0]
	factor, shift, scaling := f.affine(out)
	gate, sigmoid := f.pointwise(x, channels, 1, 0), &onnx.Node{Kind: "HardSigmoid", Outputs: []string{f.name("g")},
		Attrs: []onnx.Attr{onnx.Float("alpha", 1.0/6), onnx.Float("beta", 0.5)}}
	sigmoid.Inputs = gate.Outputs
	mul := &onnx.Node{Kind: "Mul", Inputs: []string{x, sigmoid.Outputs[0]}, Outputs: []string{out}}
	put := []*onnx.Node{gate, sigmoid, mul}
	if len(scaling) > 0 {
		last := scaling[len(scaling)-1].Outputs[0]
		if f.before(last, factor, shift) {
			mul.Outputs[0] = last
		} else {
			mul.Outputs[0] = f.name("h")
			scale := f.pointwise(mul.Outputs[0], channels, factor, shift)
			scale.Outputs[0] = last
			put = append(put, scale)
		}
	}
	at := slices.Index(f.m.Nodes, div)
	f.m.Nodes = slices.Insert(f.m.Nodes, at, put...)
	f.drop(append(append(steps, div), scaling...)...)
}

// before folds a factor and a shift of a value into the convolutions that read it, where all of them are of 1 × 1 without a border.
func (f *folder) before(value string, factor, shift float32) bool {
	users := f.users[value]
	if len(users) == 0 || f.m.IsOutput(value) {
		return false
	}
	for _, n := range users {
		w := f.m.Constants[n.Inputs[min(1, len(n.Inputs)-1)]]
		if n.Kind != "Conv" || w == nil || w.Floats == nil || len(w.Shape) != 4 || w.Shape[2] != 1 || w.Shape[3] != 1 ||
			slices.ContainsFunc(n.Ints("pads"), func(p int64) bool { return p != 0 }) || len(n.Inputs) > 2 && f.m.Constants[n.Inputs[2]] == nil {
			return false
		}
	}
	for _, n := range users {
		w := f.m.Constants[n.Inputs[1]]
		per := int(w.Shape[1])
		if !f.weigh(n, 1, factor, 0) {
			return false
		}
		bias := f.m.Constants[n.Inputs[2]].Floats
		for o := range bias {
			sum := 0.0
			for _, v := range w.Floats[o*per : (o+1)*per] {
				sum += float64(v)
			}
			bias[o] += float32(sum * float64(shift))
		}
	}
	return true
}

// pointwise is a convolution of one weight a channel, the same for all.
func (f *folder) pointwise(x string, channels int64, factor, shift float32) *onnx.Node {
	n := &onnx.Node{Kind: "Conv", Inputs: []string{x}, Outputs: []string{f.name("p")},
		Attrs: []onnx.Attr{onnx.Int("group", channels), onnx.IntList("kernel_shape", 1, 1)}}
	f.own(n, []int64{channels, 1, 1, 1}, slices.Repeat([]float32{factor}, int(channels)), slices.Repeat([]float32{shift}, int(channels)))
	return n
}

// clips tells a Clip between two numbers, given as settings or as constants.
func (f *folder) clips(n *onnx.Node, least, most float32) bool {
	if n.Kind != "Clip" {
		return false
	}
	lo, hi := float32(math.Inf(-1)), float32(math.Inf(1))
	if v, ok := n.Float("min"); ok {
		lo = v
	}
	if v, ok := n.Float("max"); ok {
		hi = v
	}
	if len(n.Inputs) == 3 {
		lo, _ = f.scalar(n.Inputs[1])
		hi, _ = f.scalar(n.Inputs[2])
	}
	return lo == least && hi == most
}

// channels is the number of channels of a value that a convolution made.
func (f *folder) channels(value string) (int64, bool) {
	n := f.maker[value]
	if n == nil {
		return 0, false
	}
	switch n.Kind {
	case "Conv":
		if w := f.m.Constants[n.Inputs[1]]; w != nil && len(w.Shape) == 4 {
			return w.Shape[0], true
		}
	case "BatchNormalization":
		if s := f.m.Constants[n.Inputs[1]]; s != nil && len(s.Shape) == 1 {
			return s.Shape[0], true
		}
	}
	return 0, false
}

// excited writes x + x·g as x·(1+g) where g is small: the gate of a squeeze and excitation (J. Hu and others, 2018).
func (f *folder) excited(add *onnx.Node) {
	if len(add.Inputs) != 2 {
		return
	}
	for i, x := range add.Inputs {
		mul := f.maker[add.Inputs[1-i]]
		if mul == nil || mul.Kind != "Mul" || f.only(mul.Outputs[0]) != add || len(mul.Inputs) != 2 || mul.Inputs[0] != x {
			continue
		}
		g := f.maker[mul.Inputs[1]]
		if g == nil || g.Kind != "HardSigmoid" || f.only(g.Outputs[0]) != mul {
			continue
		}
		one := f.name("one")
		f.m.Set(one, []int64{1}, []float32{1})
		more := &onnx.Node{Kind: "Add", Inputs: []string{g.Outputs[0], one}, Outputs: []string{f.name("e")}}
		f.m.Nodes = slices.Insert(f.m.Nodes, slices.Index(f.m.Nodes, mul), more)
		mul.Inputs[1], mul.Outputs[0] = more.Outputs[0], add.Outputs[0]
		f.drop(add)
		return
	}
}

// drop takes operators out, and looks anew at who makes and reads what.
func (f *folder) drop(of ...*onnx.Node) {
	f.m.Nodes = slices.DeleteFunc(f.m.Nodes, func(n *onnx.Node) bool { return slices.Contains(of, n) })
	f.index()
}
