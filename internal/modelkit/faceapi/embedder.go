package faceapi

import (
	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// Embedder is the 128-d recognition network, a residual network after dlib's.
// Input image [1,3,150,150]; output embedding [1,128].
func Embedder(manifest, file []byte) ([]byte, error) {
	n, err := newNet("face-embedder", manifest, file)
	if err != nil {
		return nil, err
	}
	// Side lengths are followed by hand, because the down blocks pad by the difference of two of them.
	x := layers.Relu(n.Graph, n.scaledConv(n.picture(150, meanRGB(), 255), "conv32_down", layers.Window{Stride: 2}))
	x = layers.MaxPool(n.Graph, x, 3, layers.Window{Stride: 2})
	x, side := n.residuals(x, "conv32_1", "conv32_2", "conv32_3"), 35

	x, side = n.residualDown(x, "conv64_down", side, 32)
	x = n.residuals(x, "conv64_1", "conv64_2", "conv64_3")

	x, side = n.residualDown(x, "conv128_down", side, 64)
	x = n.residuals(x, "conv128_1", "conv128_2")

	x, side = n.residualDown(x, "conv256_down", side, 128)
	x = n.residuals(x, "conv256_1", "conv256_2")
	x, _ = n.residualDown(x, "conv256_down_out", side, 0)

	fc := n.tensor("fc", 2)
	x = n.Op("ReduceMean", []string{x}, onnx.IntList("axes", 2, 3), onnx.Int("keepdims", 0))
	x = n.Op("MatMul", []string{x, n.Floats([]int64{256, 128}, fc.Data)})
	n.Output("embedding", x, 1, 128)
	return n.Encode()
}

// scaledConv is a convolution whose result is scaled and shifted a channel; the scale is folded into the filter.
func (n net) scaledConv(x, name string, w layers.Window) string {
	filter, bias, err := layers.FoldScale(n.tensor(name+"/conv/filters", 4), n.vector(name+"/conv/bias"),
		n.vector(name+"/scale/weights"), n.vector(name+"/scale/biases"))
	if err != nil {
		n.Fail(err)
		return x
	}
	return layers.Conv(n.Graph, x, filter, bias, w)
}

func (n net) residuals(x string, names ...string) string {
	same := layers.Window{Stride: 1, Same: true}
	for _, name := range names {
		y := layers.Relu(n.Graph, n.scaledConv(x, name+"/conv1", same))
		y = n.scaledConv(y, name+"/conv2", same)
		x = layers.Relu(n.Graph, layers.Add(n.Graph, y, x))
	}
	return x
}

// residualDown halves the picture of the given side. The short cut is an average pool, which has fewer channels and sometimes
// one more row and column than the convolutions: channels are added to the one, an edge at the bottom and right to the other.
func (n net) residualDown(x, name string, side, moreChannels int) (string, int) {
	y := layers.Relu(n.Graph, n.scaledConv(x, name+"/conv1", layers.Window{Stride: 2}))
	y = n.scaledConv(y, name+"/conv2", layers.Window{Stride: 1, Same: true})
	short := layers.AveragePool(n.Graph, x, 2, layers.Window{Stride: 2})
	if moreChannels > 0 {
		short = layers.PadEnd(n.Graph, short, moreChannels, 0, 0)
	}
	pooled, convolved := side/2, (side-3)/2+1
	if pooled != convolved {
		y = layers.PadEnd(n.Graph, y, 0, pooled-convolved, pooled-convolved)
	}
	return layers.Relu(n.Graph, layers.Add(n.Graph, short, y)), pooled
}
