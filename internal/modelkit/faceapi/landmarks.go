package faceapi

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
)

// Landmarks is the 68-point network, dense blocks of separable convolutions.
// Input image [1,3,112,112]; output landmarks [1,68,2], x and y as parts of the side.
func Landmarks(manifest, file []byte) ([]byte, error) {
	n, err := newNet("face-landmarks", manifest, file)
	if err != nil {
		return nil, err
	}
	x := n.picture(112, meanRGB(), 255)
	for block := range 4 {
		x = n.denseBlock(x, fmt.Sprintf("dense%d", block), block == 0)
	}
	x = layers.AveragePool(n.Graph, x, 7, layers.Window{Stride: 2})
	weights, bias := n.tensor("fc/weights", 2), n.vector("fc/bias")
	x = n.Op("Flatten", []string{x})
	x = n.Op("Gemm", []string{x, n.Floats([]int64{256, 136}, weights.Data), n.Floats([]int64{136}, bias)})
	n.Output("landmarks", n.Op("Reshape", []string{x, n.Ints(1, 68, 2)}), 1, 68, 2)
	return n.Encode()
}

// denseBlock sums the outputs of its four convolutions, each fed by the sum so far; the first one halves the picture.
func (n net) denseBlock(x, name string, first bool) string {
	down := layers.Window{Stride: 2, Same: true}
	var head string
	if first {
		head = layers.Conv(n.Graph, x, n.tensor(name+"/conv0/filters", 4), n.vector(name+"/conv0/bias"), down)
	} else {
		head = n.separable(x, name+"/conv0", down)
	}
	head = layers.Relu(n.Graph, head)
	sum := n.separable(head, name+"/conv1", layers.Window{Stride: 1, Same: true})
	total := layers.Relu(n.Graph, layers.Add(n.Graph, head, sum))
	for _, conv := range []string{"/conv2", "/conv3"} {
		sum = layers.Add(n.Graph, sum, n.separable(total, name+conv, layers.Window{Stride: 1, Same: true}))
		total = layers.Relu(n.Graph, layers.Add(n.Graph, head, sum))
	}
	return total
}

func (n net) separable(x, name string, w layers.Window) string {
	x = layers.DepthwiseConv(n.Graph, x, n.tensor(name+"/depthwise_filter", 4), nil, w)
	return layers.Conv(n.Graph, x, n.tensor(name+"/pointwise_filter", 4), n.vector(name+"/bias"), layers.Window{Stride: 1, Same: true})
}
