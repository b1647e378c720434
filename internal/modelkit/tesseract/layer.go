package tesseract

// layer is one node of the network's tree as the file holds it.
type layer struct {
	kind    string
	in, out int
	numbers []int     // settings: half the window of Convolve, the sides of Maxpool, the shape of Input
	inner   []*layer  // of Series and of the two that turn what they hold
	weights []*matrix // of a fully connected layer one, of an LSTM one each for cell input, input, forget and output gate
}

// matrix is a layer's weights: a row for each output; the last column is the bias.
type matrix struct {
	rows, columns int
	data          []float32
}

// The layers of line recognisers, by the names that the file gives them.
const (
	kindInput     = "Input"
	kindSeries    = "Series"
	kindConvolve  = "Convolve"
	kindMaxpool   = "Maxpool"
	kindReversed  = "RTLReversed"
	kindTurned    = "XYTranspose"
	kindLSTM      = "LSTM"
	kindSummary   = "SummLSTM"
	kindTanh      = "Tanh"
	kindSoftmax   = "Softmax"
	ratesAreThere = 64 // flag of a layer that brings a learning rate for each of its inner ones
	maxDepth      = 16
	maxSide       = 1 << 14
)

// layer reads one node and all below it.
func (r *reader) layer(depth int) *layer {
	if b := r.byte(); b != 0 || depth > maxDepth {
		r.fail("the network of the language file numbers its layers or nests them too deep (%d, %d)", b, depth)
	}
	l := &layer{kind: r.text()}
	r.bytes(2) // how it would be trained
	flags := r.int32()
	l.in, l.out = r.int32(), r.int32()
	r.int32() // the number of its weights, which the matrices tell again
	r.text()  // a name for people
	switch l.kind {
	case kindInput:
		l.numbers = r.list(5) // batch, height, width, depth, loss
	case kindSeries, kindReversed, kindTurned:
		n := r.int32()
		for i := 0; i < n && r.err == nil; i++ {
			l.inner = append(l.inner, r.layer(depth+1))
		}
		if flags&ratesAreThere != 0 {
			r.bytes(4 * r.int32())
		}
	case kindConvolve, kindMaxpool:
		l.numbers = r.list(2) // across, down
	case kindTanh, kindSoftmax:
		l.weights = r.matrices(1, l.out, l.in)
	case kindLSTM, kindSummary:
		if columns := r.int32(); columns != l.in+l.out {
			r.fail("a layer %s of the language file has %d inputs where %d were expected: two-dimensional ones are not supported", l.kind, columns, l.in+l.out)
		}
		l.weights = r.matrices(4, l.out, l.in+l.out)
	default:
		r.fail("the network of the language file has a layer %q, which is not supported", l.kind)
	}
	return l
}

func (r *reader) list(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = r.int32()
	}
	return list
}

// matrices reads weights for so many outputs and inputs; a column of biases is added to the inputs.
func (r *reader) matrices(n, rows, inputs int) []*matrix {
	list := make([]*matrix, n)
	for i := range list {
		list[i] = r.matrix()
		if m := list[i]; m.rows != rows || m.columns != inputs+1 {
			r.fail("a matrix of the language file is %d × %d where %d × %d was expected", m.rows, m.columns, rows, inputs+1)
		}
	}
	return list
}

// The forms of a matrix: whether its weights are bytes, and whether its fractions are doubles, as they have been since 4.0.
const (
	weightsAreBytes = 1
	doubles         = 128
)

func (r *reader) matrix() *matrix {
	mode := r.byte()
	if mode&doubles == 0 {
		r.fail("the weights of the language file are in the form of an early version (%d)", mode)
	}
	m := &matrix{rows: r.int32(), columns: r.int32()}
	if m.rows < 1 || m.columns < 1 || m.rows > maxSide || m.columns > maxSide {
		r.fail("a matrix of the language file is %d × %d", m.rows, m.columns)
	}
	if r.err != nil {
		return m
	}
	if mode&weightsAreBytes == 0 {
		r.double() // what new elements would begin with
		values := &reader{data: r.bytes(8 * m.rows * m.columns)}
		m.data = make([]float32, len(values.data)/8)
		for i := range m.data {
			m.data[i] = float32(values.double())
		}
		return m
	}
	r.byte()
	stored := r.bytes(m.rows * m.columns)
	if n := r.int32(); n != m.rows {
		r.fail("a matrix of the language file has %d rows and %d scales", m.rows, n)
	}
	m.data = make([]float32, len(stored))
	for row := range m.rows {
		scale := r.double()
		for i := row * m.columns; i < (row+1)*m.columns && i < len(stored); i++ {
			m.data[i] = float32(float64(int8(stored[i])) * scale)
		}
	}
	return m
}
