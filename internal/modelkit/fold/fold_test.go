package fold_test

import (
	"encoding/json"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/openkyc/openkyc/internal/modelkit"
	"github.com/openkyc/openkyc/internal/modelkit/fold"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
	"github.com/openkyc/openkyc/internal/vision"
	"github.com/openkyc/openkyc/models"
)

// most is how far a probability may move: float32 rounds the folded weights once more, and steep edges magnify that.
const most = 1e-4

// The networks that are built are the folded ones; beside them run those that their packages brought.
func TestFoldedNetworksAnswerAsBefore(t *testing.T) {
	t.Parallel()
	manifest, err := models.Load()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, m := range manifest.Models {
		if m.Recipe != "fold" {
			continue
		}
		count++
		t.Run(m.Role, func(t *testing.T) {
			t.Parallel()
			folded, before := open(t, m.Role, ""), open(t, m.Role, original(t, m))
			height := 48
			if m.Role == vision.RoleTextDetector {
				height = 96
			}
			in := line("DOCUMENT 123", 288, height)
			got, want := run(t, folded, m.Role, in), run(t, before, m.Role, in)
			if len(got) != len(want) {
				t.Fatalf("%d values, the original gives %d", len(got), len(want))
			}
			for i := range got {
				if d := math.Abs(float64(got[i] - want[i])); !(d <= most) {
					t.Fatalf("value %d is %g, the original gives %g", i, got[i], want[i])
				}
			}
			if slices.Max(want) < 0.5 {
				t.Error("the original sees no text, so that nothing was compared")
			}
		})
	}
	if count < 4 {
		t.Errorf("%d networks are folded, want those of PP-OCR", count)
	}
}

// line is a picture of a line of print, black on white, as the networks take it.
func line(text string, width, height int) vision.Tensor {
	small := image.NewGray(image.Rect(0, 0, width/3, height/3))
	draw.Draw(small, small.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: small, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(4, height/6+5)}
	d.DrawString(text)
	t := vision.Tensor{Shape: []int64{1, 3, int64(height), int64(width)}, Data: make([]float32, 3*height*width)}
	for i := range t.Data {
		t.Data[i] = float32(small.GrayAt(i%width/3, i/width%height/3).Y)/127.5 - 1
	}
	return t
}

// original puts a model as its package brought it into a folder of own models.
func original(t *testing.T, m models.Model) string {
	t.Helper()
	dir := t.TempDir()
	packages := modelkit.Packages{Dir: filepath.Join("..", "..", "..", "node_modules")}
	put := func(name string, src models.Source) {
		data, err := packages.Read(src, models.SourceFile{Path: src.Path, SHA256: src.SHA256})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(m.File, m.Source)
	for _, a := range m.Assets {
		put(a.File, a.Source)
	}
	card := m.Card
	card.SHA256 = m.Source.SHA256
	data, err := json.Marshal(card)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, m.Role+".card.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, role, override string) *vision.Runtime {
	t.Helper()
	rt, err := vision.Open(vision.Config{Roles: []string{role}, Override: override})
	if err != nil {
		t.Fatalf("cannot open the model (run `make models` first): %v", err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return rt
}

func run(t *testing.T, rt *vision.Runtime, role string, in vision.Tensor) []float32 {
	t.Helper()
	out, err := rt.Run(t.Context(), role, in)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// What is read elsewhere too must stay, and so must a shift before a convolution that sees beyond the border.
func TestWhatMustStayStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		build func(g *onnx.Graph, x string) string
		kinds []string
	}{
		"a factor and a shift behind": {func(g *onnx.Graph, x string) string {
			return g.Op("Add", []string{g.Op("Mul", []string{conv(g, x, 1), g.Scalar(2)}), g.Scalar(3)})
		}, []string{"Conv", "Identity"}},
		"the value before is read too": {func(g *onnx.Graph, x string) string {
			y := conv(g, x, 1)
			return g.Op("Add", []string{g.Op("Mul", []string{y, g.Scalar(2)}), y})
		}, []string{"Conv", "Mul", "Add", "Identity"}},
		"a swish before a convolution of one point": {func(g *onnx.Graph, x string) string {
			return conv(g, scaled(g, swish(g, conv(g, x, 1), 6)), 1)
		}, []string{"Conv", "Conv", "HardSigmoid", "Mul", "Conv", "Identity"}},
		"a swish before one that sees a border": {func(g *onnx.Graph, x string) string {
			return conv(g, scaled(g, swish(g, conv(g, x, 1), 6)), 3)
		}, []string{"Conv", "Conv", "HardSigmoid", "Mul", "Conv", "Conv", "Identity"}},
		"what is no swish": {func(g *onnx.Graph, x string) string {
			return conv(g, swish(g, conv(g, x, 1), 5), 1)
		}, []string{"Conv", "Add", "Clip", "Mul", "Div", "Conv", "Identity"}},
	} {
		g := onnx.New("g")
		g.Output("y", c.build(g, g.Input("x", 1, 2, 4, 4)), 1, 2, 4, 4)
		before, err := g.Encode()
		if err != nil {
			t.Fatal(name, err)
		}
		after, err := fold.Fold(before)
		if err != nil {
			t.Fatal(name, err)
		}
		m, err := onnx.Decode(after)
		if err != nil {
			t.Fatal(name, err)
		}
		var kinds []string
		for _, n := range m.Nodes {
			kinds = append(kinds, n.Kind)
		}
		if !slices.Equal(kinds, c.kinds) {
			t.Errorf("%s: folded into %v, want %v", name, kinds, c.kinds)
		}
	}
}

func conv(g *onnx.Graph, x string, side int64) string {
	n := side * side * 4
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(i) - 1.5
	}
	return g.Op("Conv", []string{x, g.Floats([]int64{2, 2, side, side}, w)}, onnx.IntList("pads", side/2, side/2, side/2, side/2))
}

func swish(g *onnx.Graph, x string, top float32) string {
	clip := g.Op("Clip", []string{g.Op("Add", []string{x, g.Scalar(3)}), g.Scalar(0), g.Scalar(top)})
	return g.Op("Div", []string{g.Op("Mul", []string{x, clip}), g.Scalar(6)})
}

func scaled(g *onnx.Graph, x string) string {
	return g.Op("Add", []string{g.Op("Mul", []string{x, g.Scalar(2)}), g.Scalar(3)})
}

// Wherever a file ends too early there is a sentence, never a crash.
func TestCutFilesAreRefused(t *testing.T) {
	t.Parallel()
	g := onnx.New("g")
	g.Output("y", conv(g, scaled(g, swish(g, conv(g, g.Input("x", 1, 2, 4, 4), 1), 6)), 1), 1, 2, 4, 4)
	whole, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := fold.Fold(whole[:n]); err == nil && n < len(whole)-8 {
			t.Errorf("cut after %d of %d bytes, nobody complained", n, len(whole))
		}
		spoilt := slices.Clone(whole)
		spoilt[n] ^= 0x55
		_, _ = fold.Fold(spoilt) // whatever it makes of it
	}
}
