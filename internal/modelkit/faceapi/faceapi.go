// Package faceapi rebuilds the networks of npm @vladmandic/face-api as ONNX graphs. Their weights come as files, but the
// graphs exist only as code there, so they are written down here once more, layer by layer.
//
// In: weights manifest and weight file. Out: an ONNX file that takes one picture as planes R, G, B with values 0 to 255;
// the normalisation is part of the graph. Fails when a tensor is missing or of another shape. Called by the recipes of modelkit.
package faceapi

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
	"github.com/openkyc/openkyc/internal/modelkit/tfjs"
)

// net adds layers to a graph, taking the weights by the names of the original.
type net struct {
	*onnx.Graph
	weights tfjs.Weights
}

func newNet(name string, manifest, file []byte) (net, error) {
	groups, err := tfjs.ParseManifest(manifest)
	if err != nil {
		return net{}, err
	}
	weights, err := tfjs.ReadWeights(groups, file)
	if err != nil {
		return net{}, err
	}
	return net{Graph: onnx.New(name), weights: weights}, nil
}

// tensor returns a weight of the expected number of dimensions; a wrong one ends in a failed Encode, not in a crash.
func (n net) tensor(name string, rank int) layers.Tensor {
	t, ok := n.weights[name]
	if !ok {
		n.Fail(fmt.Errorf("the weights lack the tensor %q", name))
		return layers.Tensor{Shape: make([]int, rank)}
	}
	if len(t.Shape) != rank {
		n.Fail(fmt.Errorf("the tensor %q has shape %v; %d dimensions were expected", name, t.Shape, rank))
		return layers.Tensor{Shape: make([]int, rank)}
	}
	return t
}

func (n net) vector(name string) []float32 { return n.tensor(name, 1).Data }

// meanRGB is the mean colour that the recognition and landmark networks subtract before they divide by 255.
func meanRGB() []float32 { return []float32{122.782, 117.001, 104.298} }

// picture declares the input: one square picture, and its normalisation.
func (n net) picture(side int64, mean []float32, scale float32) string {
	return layers.Normalise(n.Graph, n.Input("image", 1, 3, side, side), mean, scale)
}
