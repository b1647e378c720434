// Package human turns the graph models of npm @vladmandic/human into ONNX files with outputs that need no further lore.
//
// In: the JSON of the model and its weight file. Out: an ONNX file that takes one picture as planes R, G, B with values 0
// to 255; normalisation and, for the detector, the decoding of its anchors are part of the graph. Fails when the model
// does not hold what it should. Called by the recipes of modelkit.
package human

import (
	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
	"github.com/openkyc/openkyc/internal/modelkit/tfjs"
)

// Detector is BlazeFace for pictures of 256². Outputs: boxes [1,896,4] as left, top, right, bottom, points [1,896,6,2] as
// x, y, both in parts of the side, and scores [1,896].
func Detector(model, file []byte) ([]byte, error) {
	const side = 256
	g := onnx.New("face-detector")
	c, err := open(g, model, file)
	if err != nil {
		return nil, err
	}
	c.Bind("input", layers.Normalise(g, g.Input("image", 1, 3, side, side), []float32{127.5, 127.5, 127.5}, 127.5))
	// The original's outputs by grid: 16² cells with 2 anchors, then 8² cells with 6.
	numbers, err := joined(g, c, "Identity_2", "Identity_3")
	if err != nil {
		return nil, err
	}
	logits, err := joined(g, c, "Identity", "Identity_1")
	if err != nil {
		return nil, err
	}
	grid := anchors(side)
	count := int64(len(grid) / 2)

	center := g.Op("Add", []string{columns(g, numbers, 0, 2), g.Floats([]int64{1, count, 2}, grid)})
	half := g.Op("Div", []string{columns(g, numbers, 2, 4), g.Scalar(2)})
	corners := g.Op("Concat", []string{g.Op("Sub", []string{center, half}), g.Op("Add", []string{center, half})}, onnx.Int("axis", 2))
	points := g.Op("Reshape", []string{columns(g, numbers, 4, 16), g.Ints(1, count, 6, 2)})
	points = g.Op("Add", []string{points, g.Floats([]int64{1, count, 1, 2}, grid)})

	g.Output("boxes", g.Op("Div", []string{corners, g.Scalar(side)}), 1, count, 4)
	g.Output("points", g.Op("Div", []string{points, g.Scalar(side)}), 1, count, 6, 2)
	scores := g.Op("Reshape", []string{g.Op("Sigmoid", []string{logits}), g.Ints(1, count)})
	g.Output("scores", scores, 1, count)
	return g.Encode()
}

// Mesh is the 468-point face mesh for a face cut out to 192². Outputs: mesh [1,468,3] as x, y, z in pixels of the input
// and score [1,1], the probability that the picture shows a face. The contours of the original are left out: nobody needs them.
func Mesh(model, file []byte) ([]byte, error) {
	const side = 192
	g := onnx.New("face-mesh")
	c, err := open(g, model, file)
	if err != nil {
		return nil, err
	}
	c.Bind("input_1", layers.Normalise(g, g.Input("image", 1, 3, side, side), nil, 255))
	mesh, err := c.Value("Identity_2")
	if err != nil {
		return nil, err
	}
	score, err := c.Value("Identity_1")
	if err != nil {
		return nil, err
	}
	g.Output("mesh", g.Op("Reshape", []string{mesh, g.Ints(1, 468, 3)}), 1, 468, 3)
	g.Output("score", score, 1, 1)
	return g.Encode()
}

func open(g *onnx.Graph, model, file []byte) (*tfjs.Converter, error) {
	m, err := tfjs.ParseModel(model)
	if err != nil {
		return nil, err
	}
	return tfjs.NewConverter(g, m, file)
}

func joined(g *onnx.Graph, c *tfjs.Converter, names ...string) (string, error) {
	var parts []string
	for _, name := range names {
		v, err := c.Value(name)
		if err != nil {
			return "", err
		}
		parts = append(parts, v)
	}
	return g.Op("Concat", parts, onnx.Int("axis", 1)), nil
}

// columns cuts numbers [from, to) out of the last of three dimensions.
func columns(g *onnx.Graph, x string, from, to int64) string {
	return g.Op("Slice", []string{x, g.Ints(from), g.Ints(to), g.Ints(2)})
}

// anchors returns the middles of the grid cells in pixels, x before y, row by row, once an anchor.
func anchors(side int) []float32 {
	var list []float32
	for _, grid := range []struct{ cells, anchors int }{{16, 2}, {8, 6}} {
		stride := float32(side / grid.cells)
		for row := range grid.cells {
			for col := range grid.cells {
				for range grid.anchors {
					list = append(list, stride*(float32(col)+0.5), stride*(float32(row)+0.5))
				}
			}
		}
	}
	return list
}
