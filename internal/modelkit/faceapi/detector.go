package faceapi

import (
	"fmt"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

// anchorCount is 3 anchors on the 32² grid and 6 each on the grids of 16², 8², 4², 2² and 1².
const anchorCount = 3*32*32 + 6*(16*16+8*8+4*4+2*2+1)

// batchNormEpsilon is the constant of the original's depthwise layers.
const batchNormEpsilon = 0.0010000000474974513

// Detector is the single shot detector on MobileNet v1.
// Input image [1,3,512,512]; outputs boxes [1,5118,4] as left, top, right, bottom in parts of the side, and scores [1,5118].
func Detector(manifest, file []byte) ([]byte, error) {
	n, err := newNet("face-detector-ssd", manifest, file)
	if err != nil {
		return nil, err
	}
	x, middle := n.mobileNet(n.picture(512, []float32{127.5, 127.5, 127.5}, 127.5))
	maps := []string{middle, x}
	for i := range 8 {
		stride := 1 + i%2
		x = n.pointwise(x, fmt.Sprintf("Prediction/Conv2d_%d_pointwise", i), stride)
		if stride == 2 {
			maps = append(maps, x)
		}
	}
	var offsets, classes []string
	for i, m := range maps {
		offsets = append(offsets, n.predict(m, fmt.Sprintf("Prediction/BoxPredictor_%d/BoxEncodingPredictor", i), 4))
		classes = append(classes, n.predict(m, fmt.Sprintf("Prediction/BoxPredictor_%d/ClassPredictor", i), 3))
	}
	n.Output("boxes", n.decode(n.Op("Concat", offsets, onnx.Int("axis", 1))), 1, anchorCount, 4)
	// Class 0 is the background, 1 the face, 2 is never used.
	face := n.Op("Slice", []string{n.Op("Concat", classes, onnx.Int("axis", 1)), n.Ints(1), n.Ints(2), n.Ints(2)})
	scores := n.Op("Reshape", []string{n.Op("Sigmoid", []string{face}), n.Ints(1, anchorCount)})
	n.Output("scores", scores, 1, anchorCount)
	return n.Encode()
}

// mobileNet returns the last feature map and the one after layer 11, on which the smallest faces are found.
func (n net) mobileNet(x string) (last, middle string) {
	x = n.pointwise(x, "MobilenetV1/Conv2d_0_pointwise", 2)
	for layer := 1; layer <= 13; layer++ {
		stride := 1
		switch layer {
		case 2, 4, 6, 12:
			stride = 2
		}
		x = n.depthwise(x, fmt.Sprintf("MobilenetV1/Conv2d_%d_depthwise", layer), stride)
		x = n.pointwise(x, fmt.Sprintf("MobilenetV1/Conv2d_%d_pointwise", layer), 1)
		if layer == 11 {
			middle = x
		}
	}
	return x, middle
}

func (n net) pointwise(x, name string, stride int) string {
	x = layers.Conv(n.Graph, x, n.tensor(name+"/weights", 4), n.vector(name+"/convolution_bn_offset"), layers.Window{Stride: stride, Same: true})
	return layers.Relu6(n.Graph, x)
}

func (n net) depthwise(x, name string, stride int) string {
	norm := layers.BatchNorm{
		Scale: n.vector(name + "/BatchNorm/gamma"), Offset: n.vector(name + "/BatchNorm/beta"),
		Mean: n.vector(name + "/BatchNorm/moving_mean"), Variance: n.vector(name + "/BatchNorm/moving_variance"),
		Epsilon: batchNormEpsilon,
	}
	filter, bias, err := norm.FoldDepthwise(n.tensor(name+"/depthwise_weights", 4))
	if err != nil {
		n.Fail(fmt.Errorf("%s: %w", name, err))
		return x
	}
	return layers.Relu6(n.Graph, layers.DepthwiseConv(n.Graph, x, filter, bias, layers.Window{Stride: stride, Same: true}))
}

// predict is a 1×1 convolution whose channels hold `width` numbers an anchor, brought into the shape [1, anchors, width].
func (n net) predict(x, name string, width int64) string {
	x = layers.Conv(n.Graph, x, n.tensor(name+"/weights", 4), n.vector(name+"/biases"), layers.Window{Stride: 1, Same: true})
	return n.Op("Reshape", []string{layers.ChannelsLast(n.Graph, x), n.Ints(1, -1, width)})
}

// decode turns offsets (vertical before horizontal: centre / 10, log size / 5) relative to the anchors into corners.
func (n net) decode(offsets string) string {
	center, size := n.anchors()
	// Index 1 before 0 puts the horizontal number first.
	shift := n.Op("Gather", []string{offsets, n.Ints(1, 0)}, onnx.Int("axis", 2))
	scale := n.Op("Gather", []string{offsets, n.Ints(3, 2)}, onnx.Int("axis", 2))
	shift = n.Op("Mul", []string{n.Op("Div", []string{shift, n.Scalar(10)}), size})
	middle := n.Op("Add", []string{shift, center})
	half := n.Op("Mul", []string{n.Op("Exp", []string{n.Op("Div", []string{scale, n.Scalar(5)})}), size})
	half = n.Op("Div", []string{half, n.Scalar(2)})
	return n.Op("Concat", []string{n.Op("Sub", []string{middle, half}), n.Op("Add", []string{middle, half})}, onnx.Int("axis", 2))
}

// anchors returns centre and size of every anchor, horizontal first, each [1,5118,2]; the file keeps them as top, left, bottom, right.
func (n net) anchors() (center, size string) {
	corners := n.tensor("Output/extra_dim", 3).Data
	if len(corners) != anchorCount*4 {
		n.Fail(fmt.Errorf("the weights hold %d anchor numbers instead of %d", len(corners), anchorCount*4))
		return n.Floats(nil, []float32{0}), n.Floats(nil, []float32{0})
	}
	centers, sizes := make([]float32, 0, anchorCount*2), make([]float32, 0, anchorCount*2)
	for i := 0; i < len(corners); i += 4 {
		for _, axis := range []int{1, 0} {
			low, high := corners[i+axis], corners[i+axis+2]
			sizes = append(sizes, high-low)
			centers = append(centers, low+(high-low)/2)
		}
	}
	shape := []int64{1, anchorCount, 2}
	return n.Floats(shape, centers), n.Floats(shape, sizes)
}
