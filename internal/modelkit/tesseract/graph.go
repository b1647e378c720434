package tesseract

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// The names of the converted network's tensors.
const (
	inputName  = "line"
	outputName = "probabilities"
)

// builder adds the layers of a model to a graph. Before the layer that sums up the columns, values have the layout
// batch, channel, height, width; after it step, batch, channel.
type builder struct {
	*onnx.Graph
	model  *model
	x      string
	height int  // of x; 0 once the columns are summed up
	depth  int  // channels of x
	shrink int  // columns of the line a step
	done   bool // the softmax was built
}

// encode builds the graph: input line [1,1,height,width], output probabilities [1,width/shrink,classes].
func (m *model) encode() ([]byte, error) {
	b := &builder{Graph: onnx.New("text-line"), model: m, shrink: 1}
	if err := b.add(m.network); err != nil {
		return nil, err
	}
	if !b.done {
		return nil, fmt.Errorf("the network of the language file does not end in a softmax")
	}
	out := b.Op("Transpose", []string{b.x}, onnx.IntList("perm", 1, 0, 2))
	b.Output(outputName, out, 1, -1, int64(len(m.classes)))
	return b.Encode()
}

func (b *builder) add(l *layer) error {
	switch {
	case l.kind == kindSeries && len(l.inner) == 2 && l.inner[0].kind == kindConvolve && l.inner[1].kind == kindTanh && b.height > 0:
		return b.convolution(l.inner[0], l.inner[1])
	case l.kind == kindSeries && !b.done:
		for _, inner := range l.inner {
			if err := b.add(inner); err != nil {
				return err
			}
		}
		return nil
	case l.kind == kindInput && b.x == "":
		return b.input(l)
	case b.x == "" || b.done || l.in != b.depth && l.kind != kindReversed && l.kind != kindTurned:
	case l.kind == kindMaxpool && b.height > 0 && l.numbers[0] > 0 && l.numbers[1] > 0:
		b.pool(int64(l.numbers[0]), int64(l.numbers[1]))
		return nil
	case l.kind == kindTurned && b.height > 0 && holds(l, kindSummary, b.depth):
		b.columns(l.inner[0])
		return nil
	case l.kind == kindReversed && b.height == 0 && holds(l, kindLSTM, b.depth):
		b.steps(l.inner[0], "reverse")
		return nil
	case l.kind == kindLSTM && b.height == 0:
		b.steps(l, "forward")
		return nil
	case l.kind == kindSoftmax && b.height == 0:
		return b.softmax(l)
	}
	return fmt.Errorf("the network of the language file has a layer %q of %d inputs where it is not supported", l.kind, l.in)
}

// holds tells whether a layer that turns what it holds has exactly one layer of this kind.
func holds(l *layer, kind string, inputs int) bool {
	return len(l.inner) == 1 && l.inner[0].kind == kind && l.inner[0].in == inputs
}

func (b *builder) input(l *layer) error {
	height, depth := l.numbers[1], l.numbers[3]
	if l.numbers[0] != 1 || height < 2 || l.numbers[2] != 0 || depth != 1 {
		return fmt.Errorf("the network of the language file takes %v (batch, height, width, colours); single grey lines of a fixed height are supported", l.numbers[:4])
	}
	x := b.Input(inputName, 1, 1, int64(height), -1)
	// Where the original computes with bytes, it cuts off what is darker than the ink or lighter than the paper.
	b.x = b.Op("Clip", []string{x, b.Floats([]int64{}, []float32{-1}), b.Floats([]int64{}, []float32{1})})
	b.height, b.depth = height, depth
	return nil
}

// convolution is a window that is stacked, column by column, and fully connected. What lies outside the line is noise of
// mean 0 for the original; here it is 0, so that the same line always reads the same. Paper or the outermost pixels instead
// read dim pictures worse.
func (b *builder) convolution(window, full *layer) error {
	halfX, halfY := window.numbers[0], window.numbers[1]
	w, h, m := 2*halfX+1, 2*halfY+1, full.weights[0]
	if halfX < 0 || halfY < 0 || window.in != b.depth || m.columns-1 != w*h*b.depth {
		return fmt.Errorf("the network of the language file has a convolution of %d × %d whose weights do not fit it", w, h)
	}
	data, bias := make([]float32, 0, len(m.data)), make([]float32, m.rows)
	for o := range m.rows {
		row := m.data[o*m.columns:][:m.columns]
		for c := range b.depth {
			for y := range h {
				for x := range w {
					data = append(data, row[(x*h+y)*b.depth+c])
				}
			}
		}
		bias[o] = row[m.columns-1]
	}
	weights := b.Floats([]int64{int64(m.rows), int64(b.depth), int64(h), int64(w)}, data)
	x := b.Op("Conv", []string{b.x, weights, b.Floats([]int64{int64(m.rows)}, bias)},
		onnx.IntList("kernel_shape", int64(h), int64(w)), onnx.IntList("pads", int64(halfY), int64(halfX), int64(halfY), int64(halfX)))
	b.x, b.depth = b.Op("Tanh", []string{x}), m.rows
	return nil
}

func (b *builder) pool(across, down int64) {
	b.x = b.Op("MaxPool", []string{b.x}, onnx.IntList("kernel_shape", down, across), onnx.IntList("strides", down, across))
	b.height, b.shrink = b.height/int(down), b.shrink*int(across)
}

// columns reads each column from top to bottom and keeps what the LSTM says at the end: the columns are its batch.
func (b *builder) columns(l *layer) {
	x := b.Op("Squeeze", []string{b.x, b.Ints(0)})                      // channel, height, width
	x = b.Op("Transpose", []string{x}, onnx.IntList("perm", 1, 2, 0))   // height, width, channel
	x = b.lstm(x, l, "forward")                                         // height, 1, width, channel
	x = b.Op("Gather", []string{x, b.Ints(int64(b.height) - 1)})        // 1, 1, width, channel
	x = b.Op("Squeeze", []string{x, b.Ints(0)})                         // 1, width, channel
	b.x = b.Op("Transpose", []string{x}, onnx.IntList("perm", 1, 0, 2)) // width, 1, channel
	b.height, b.depth = 0, l.out
}

// steps reads the line from left to right or from right to left.
func (b *builder) steps(l *layer, direction string) {
	b.x = b.Op("Squeeze", []string{b.lstm(b.x, l, direction), b.Ints(1)})
	b.depth = l.out
}

// lstm has its gates in ONNX's order: input, output, forget, cell.
func (b *builder) lstm(x string, l *layer, direction string) string {
	cell, input, forget, output := l.weights[0], l.weights[1], l.weights[2], l.weights[3]
	var w, r, bias []float32
	for _, gate := range []*matrix{input, output, forget, cell} {
		for row := range gate.rows {
			values := gate.data[row*gate.columns:][:gate.columns]
			w, r, bias = append(w, values[:l.in]...), append(r, values[l.in:l.in+l.out]...), append(bias, values[l.in+l.out])
		}
	}
	bias = append(bias, make([]float32, len(bias))...) // ONNX has a second bias for what comes back
	in, out := int64(l.in), int64(l.out)
	return b.Op("LSTM", []string{x, b.Floats([]int64{1, 4 * out, in}, w), b.Floats([]int64{1, 4 * out, out}, r), b.Floats([]int64{1, 8 * out}, bias)},
		onnx.Int("hidden_size", out), onnx.Text("direction", direction))
}

func (b *builder) softmax(l *layer) error {
	m := l.weights[0]
	classes := len(b.model.classes)
	weights, bias := make([]float32, l.in*classes), make([]float32, classes)
	for class, row := range b.model.classes {
		if row >= m.rows {
			return fmt.Errorf("the network of the language file has %d classes, its characters need number %d", m.rows, row)
		}
		values := m.data[row*m.columns:][:m.columns]
		for i := range l.in {
			weights[i*classes+class] = values[i]
		}
		bias[class] = values[l.in]
	}
	if classes != m.rows {
		return fmt.Errorf("the network of the language file has %d classes, %d of them with a character", m.rows, classes)
	}
	x := b.Op("MatMul", []string{b.x, b.Floats([]int64{int64(l.in), int64(classes)}, weights)})
	x = b.Op("Add", []string{x, b.Floats([]int64{int64(classes)}, bias)})
	b.x, b.done = b.Op("Softmax", []string{x}, onnx.Int("axis", 2)), true
	return nil
}
