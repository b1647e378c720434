package faceapi

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// AgeGender is the network for a face's age and gender: a small relative of Xception with a regression and a classifier on top.
// Input image [1,3,112,112]; outputs age [1] in years, and gender [1,2], the probabilities of male and female.
func AgeGender(manifest, file []byte) ([]byte, error) {
	n, err := newNet("face-age-gender", manifest, file)
	if err != nil {
		return nil, err
	}
	x := layers.Relu(n.Graph, n.conv(n.picture(112, meanRGB(), 255), "entry_flow/conv_in"))
	x = n.reduction(x, x, "entry_flow/reduction_block_0")
	x = n.reduction(layers.Relu(n.Graph, x), x, "entry_flow/reduction_block_1")
	for block := range 2 {
		x = n.middle(x, fmt.Sprintf("middle_flow/main_block_%d", block))
	}
	x = n.reduction(layers.Relu(n.Graph, x), x, "exit_flow/reduction_block")
	x = layers.Relu(n.Graph, n.separable(x, "exit_flow/separable_conv", layers.Window{Stride: 1, Same: true}))
	x = n.Op("Flatten", []string{layers.AveragePool(n.Graph, x, 7, layers.Window{Stride: 2})})
	n.Output("age", n.Op("Reshape", []string{n.dense(x, "fc/age", 1), n.Ints(1)}), 1)
	n.Output("gender", n.Op("Softmax", []string{n.dense(x, "fc/gender", 2)}, onnx.Int("axis", 1)), 1, 2)
	return n.Encode()
}

// conv halves the picture by a plain convolution.
func (n net) conv(x, name string) string {
	return layers.Conv(n.Graph, x, n.tensor(name+"/filters", 4), n.vector(name+"/bias"), layers.Window{Stride: 2, Same: true})
}

// reduction halves the picture: two separable convolutions and a pool of what was activated, beside a convolution of what
// came in, which is not activated.
func (n net) reduction(activated, plain, name string) string {
	same := layers.Window{Stride: 1, Same: true}
	y := n.separable(activated, name+"/separable_conv0", same)
	y = n.separable(layers.Relu(n.Graph, y), name+"/separable_conv1", same)
	y = layers.MaxPool(n.Graph, y, 3, layers.Window{Stride: 2, Same: true})
	return layers.Add(n.Graph, y, n.conv(plain, name+"/expansion_conv"))
}

// middle adds three activated separable convolutions to what came in.
func (n net) middle(x, name string) string {
	y := x
	for i := range 3 {
		y = n.separable(layers.Relu(n.Graph, y), fmt.Sprintf("%s/separable_conv%d", name, i), layers.Window{Stride: 1, Same: true})
	}
	return layers.Add(n.Graph, y, x)
}

// dense is a fully connected layer of the last 512 numbers.
func (n net) dense(x, name string, out int64) string {
	weights := n.Floats([]int64{512, out}, n.tensor(name+"/weights", 2).Data)
	return n.Op("Gemm", []string{x, weights, n.Floats([]int64{out}, n.vector(name+"/bias"))})
}
