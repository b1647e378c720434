// Package layers adds TensorFlow's layers to an ONNX graph and keeps their meaning across the change of layout.
//
// In: TensorFlow filters (height, width, in, out) and values in ONNX layout (batch, channel, height, width). Out: values of
// the same layout. TensorFlow's SAME padding is ONNX's SAME_UPPER: an odd pixel of padding goes to the bottom and right.
// A filter that does not fit is reported through the graph. Called by faceapi and tfjs.
package layers

import (
	"fmt"
	"math"

	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// Tensor is a TensorFlow constant. Whole-number tensors (shapes, paddings) keep their values in Ints instead of Data.
type Tensor struct {
	Shape []int
	Data  []float32
	Ints  []int64
}

// Window is how a convolution or pooling moves over the picture.
type Window struct {
	Stride int
	Same   bool // SAME padding; otherwise VALID
}

func (w Window) attrs(kernel ...int64) []onnx.Attr {
	pad := "VALID"
	if w.Same {
		pad = "SAME_UPPER"
	}
	stride := int64(w.Stride)
	return []onnx.Attr{
		onnx.Text("auto_pad", pad),
		onnx.IntList("kernel_shape", kernel...),
		onnx.IntList("strides", stride, stride),
	}
}

// Conv is conv2d with a bias a filter; a nil bias is none.
func Conv(g *onnx.Graph, x string, f Tensor, bias []float32, w Window) string {
	if !checkFilter(g, f) {
		return x
	}
	h, wd, in, out := f.Shape[0], f.Shape[1], f.Shape[2], f.Shape[3]
	data := make([]float32, len(f.Data))
	for y := range h {
		for xx := range wd {
			for i := range in {
				for o := range out {
					data[((o*in+i)*h+y)*wd+xx] = f.Data[((y*wd+xx)*in+i)*out+o]
				}
			}
		}
	}
	weights := g.Floats([]int64{int64(out), int64(in), int64(h), int64(wd)}, data)
	return g.Op("Conv", withBias(g, x, weights, bias, out), w.attrs(int64(h), int64(wd))...)
}

// DepthwiseConv is depthwiseConv2d with one filter a channel.
func DepthwiseConv(g *onnx.Graph, x string, f Tensor, bias []float32, w Window) string {
	if !checkFilter(g, f) {
		return x
	}
	h, wd, channels := f.Shape[0], f.Shape[1], f.Shape[2]
	if f.Shape[3] != 1 {
		g.Fail(fmt.Errorf("a depthwise filter of shape %v has %d filters a channel; only one is supported", f.Shape, f.Shape[3]))
		return x
	}
	data := make([]float32, len(f.Data))
	for p := range h * wd {
		for c := range channels {
			data[c*h*wd+p] = f.Data[p*channels+c]
		}
	}
	weights := g.Floats([]int64{int64(channels), 1, int64(h), int64(wd)}, data)
	attrs := append(w.attrs(int64(h), int64(wd)), onnx.Int("group", int64(channels)))
	return g.Op("Conv", withBias(g, x, weights, bias, channels), attrs...)
}

// MaxPool takes the largest value of each square of the given side.
func MaxPool(g *onnx.Graph, x string, side int, w Window) string {
	return g.Op("MaxPool", []string{x}, w.attrs(int64(side), int64(side))...)
}

// AveragePool takes the mean of each square of the given side.
func AveragePool(g *onnx.Graph, x string, side int, w Window) string {
	return g.Op("AveragePool", []string{x}, w.attrs(int64(side), int64(side))...)
}

// Relu clips negative values to 0.
func Relu(g *onnx.Graph, x string) string { return g.Op("Relu", []string{x}) }

// Relu6 clips to 0…6.
func Relu6(g *onnx.Graph, x string) string {
	return g.Op("Clip", []string{x, scalar0(g, 0), scalar0(g, 6)})
}

// Add sums two values of the same shape.
func Add(g *onnx.Graph, a, b string) string { return g.Op("Add", []string{a, b}) }

// PRelu multiplies negative values by a factor a channel.
func PRelu(g *onnx.Graph, x string, alpha Tensor) string {
	slope := g.Floats([]int64{int64(len(alpha.Data)), 1, 1}, alpha.Data)
	return g.Op("PRelu", []string{x, slope})
}

// PadEnd appends zeros at the end of the channels, rows and columns.
func PadEnd(g *onnx.Graph, x string, channels, rows, columns int) string {
	return g.Op("Pad", []string{x, g.Ints(0, 0, 0, 0, 0, int64(channels), int64(rows), int64(columns))})
}

// ChannelsLast brings a value into TensorFlow's layout, which must precede any reshape taken over from there.
func ChannelsLast(g *onnx.Graph, x string) string {
	return g.Op("Transpose", []string{x}, onnx.IntList("perm", 0, 2, 3, 1))
}

// Normalise computes (x - mean) / scale with one mean a channel; a nil mean is zero.
func Normalise(g *onnx.Graph, x string, mean []float32, scale float32) string {
	if mean != nil {
		x = g.Op("Sub", []string{x, g.Floats([]int64{1, int64(len(mean)), 1, 1}, mean)})
	}
	return g.Op("Div", []string{x, g.Scalar(scale)})
}

// FoldScale folds y = (conv + bias) * scale + offset into the filter and bias of a convolution.
func FoldScale(f Tensor, bias, scale, offset []float32) (Tensor, []float32, error) {
	out := f.Shape[len(f.Shape)-1]
	if len(scale) != out || len(offset) != out || len(bias) != out {
		return Tensor{}, nil, fmt.Errorf("a filter of shape %v cannot take %d scales, %d offsets and %d biases", f.Shape, len(scale), len(offset), len(bias))
	}
	folded := Tensor{Shape: f.Shape, Data: make([]float32, len(f.Data))}
	for i, v := range f.Data {
		folded.Data[i] = float32(float64(v) * float64(scale[i%out]))
	}
	shift := make([]float32, out)
	for c := range out {
		shift[c] = float32(float64(bias[c])*float64(scale[c]) + float64(offset[c]))
	}
	return folded, shift, nil
}

// BatchNorm holds the learnt numbers of a batch normalisation, one each a channel.
type BatchNorm struct {
	Scale, Offset, Mean, Variance []float32
	Epsilon                       float64
}

// FoldDepthwise folds a batch normalisation that follows a depthwise convolution into its filter and a bias.
func (b BatchNorm) FoldDepthwise(f Tensor) (Tensor, []float32, error) {
	if len(f.Shape) != 4 || f.Shape[3] != 1 {
		return Tensor{}, nil, fmt.Errorf("cannot fold a batch normalisation into a depthwise filter of shape %v", f.Shape)
	}
	channels := f.Shape[2]
	for _, list := range [][]float32{b.Scale, b.Offset, b.Mean, b.Variance} {
		if len(list) != channels {
			return Tensor{}, nil, fmt.Errorf("a batch normalisation of %d channels cannot follow a filter of shape %v", len(list), f.Shape)
		}
	}
	factor, bias := make([]float64, channels), make([]float32, channels)
	for c := range channels {
		factor[c] = float64(b.Scale[c]) / math.Sqrt(float64(b.Variance[c])+b.Epsilon)
		bias[c] = float32(float64(b.Offset[c]) - float64(b.Mean[c])*factor[c])
	}
	folded := Tensor{Shape: f.Shape, Data: make([]float32, len(f.Data))}
	for i, v := range f.Data {
		folded.Data[i] = float32(float64(v) * factor[i%channels])
	}
	return folded, bias, nil
}

func withBias(g *onnx.Graph, x, weights string, bias []float32, out int) []string {
	if bias == nil {
		return []string{x, weights}
	}
	if len(bias) != out {
		g.Fail(fmt.Errorf("a convolution with %d filters cannot take %d biases", out, len(bias)))
	}
	return []string{x, weights, g.Floats([]int64{int64(len(bias))}, bias)}
}

func checkFilter(g *onnx.Graph, f Tensor) bool {
	n := 1
	for _, d := range f.Shape {
		n *= d
	}
	if len(f.Shape) != 4 || n != len(f.Data) {
		g.Fail(fmt.Errorf("a convolution needs a filter of four dimensions, got shape %v with %d numbers", f.Shape, len(f.Data)))
		return false
	}
	return true
}

// scalar0 is a constant without dimensions, the only form that Clip takes.
func scalar0(g *onnx.Graph, v float32) string { return g.Floats([]int64{}, []float32{v}) }
