package layers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
	"github.com/openkyc/openkyc/internal/modelkit/onnx"
	"github.com/openkyc/openkyc/internal/vision"
	"github.com/openkyc/openkyc/models"
)

// image is a value in TensorFlow's layout: row, column, channel. The expected results are computed on it by the
// definitions of TensorFlow, without any of the code under test.
type image struct {
	h, w, c int
	data    []float64
}

func (m image) at(y, x, c int) float64 {
	if y < 0 || y >= m.h || x < 0 || x >= m.w {
		return 0
	}
	return m.data[(y*m.w+x)*m.c+c]
}

func sample(h, w, c int) image {
	m := image{h, w, c, make([]float64, h*w*c)}
	for i := range m.data {
		m.data[i] = math.Sin(float64(i)*1.7) * 2
	}
	return m
}

func filter(h, w, in, out int) layers.Tensor {
	t := layers.Tensor{Shape: []int{h, w, in, out}, Data: make([]float32, h*w*in*out)}
	for i := range t.Data {
		t.Data[i] = float32(math.Cos(float64(i)*0.9 + 0.3))
	}
	return t
}

// slide computes a layer with TensorFlow's window arithmetic: SAME gives ceil(size/stride) results and puts the odd pixel
// of padding at the bottom and right, VALID only windows that lie inside.
func slide(m image, kh, kw, channels int, w layers.Window, f func(y, x, out int) float64) image {
	size := func(n, k int) (count, before int) {
		if !w.Same {
			return (n-k)/w.Stride + 1, 0
		}
		count = (n + w.Stride - 1) / w.Stride
		return count, max((count-1)*w.Stride+k-n, 0) / 2
	}
	rows, top := size(m.h, kh)
	cols, left := size(m.w, kw)
	r := image{rows, cols, channels, nil}
	for y := range rows {
		for x := range cols {
			for o := range channels {
				r.data = append(r.data, f(y*w.Stride-top, x*w.Stride-left, o))
			}
		}
	}
	return r
}

func TestWindowsMoveLikeTensorFlow(t *testing.T) {
	for _, c := range []struct {
		name       string
		h, w, k    int
		window     layers.Window
		depthwise  bool
		filters    int
		withBiases bool
	}{
		{"same, stride 1", 5, 7, 3, layers.Window{Stride: 1, Same: true}, false, 4, true},
		{"same, stride 2, even side pads one pixel at the end", 6, 8, 3, layers.Window{Stride: 2, Same: true}, false, 4, true},
		{"same, stride 2, odd side", 7, 5, 3, layers.Window{Stride: 2, Same: true}, false, 2, false},
		{"same, 5×5, stride 2", 8, 8, 5, layers.Window{Stride: 2, Same: true}, false, 3, true},
		{"valid, stride 2", 8, 9, 3, layers.Window{Stride: 2}, false, 3, true},
		{"depthwise, same, stride 1", 5, 6, 3, layers.Window{Stride: 1, Same: true}, true, 3, true},
		{"depthwise, same, stride 2", 6, 6, 3, layers.Window{Stride: 2, Same: true}, true, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := sample(c.h, c.w, 3)
			var bias []float32
			if c.withBiases {
				for i := range c.filters {
					bias = append(bias, float32(i)-0.5)
				}
			}
			f := filter(c.k, c.k, 3, c.filters)
			if c.depthwise {
				f = filter(c.k, c.k, 3, 1)
			}
			want := slide(in, c.k, c.k, c.filters, c.window, func(y, x, out int) (sum float64) {
				if bias != nil {
					sum = float64(bias[out])
				}
				for dy := range c.k {
					for dx := range c.k {
						for ch := range 3 {
							switch {
							case !c.depthwise:
								sum += in.at(y+dy, x+dx, ch) * float64(f.Data[((dy*c.k+dx)*3+ch)*c.filters+out])
							case ch == out:
								sum += in.at(y+dy, x+dx, ch) * float64(f.Data[(dy*c.k+dx)*3+ch])
							}
						}
					}
				}
				return sum
			})
			expect(t, in, want, func(g *onnx.Graph, x string) string {
				if c.depthwise {
					return layers.DepthwiseConv(g, x, f, bias, c.window)
				}
				return layers.Conv(g, x, f, bias, c.window)
			})
		})
	}
}

func TestPoolsMoveLikeTensorFlow(t *testing.T) {
	for name, window := range map[string]layers.Window{"same": {Stride: 2, Same: true}, "valid": {Stride: 2}} {
		t.Run(name, func(t *testing.T) {
			in := sample(7, 8, 2)
			inside := func(y, x int) bool { return y < in.h && x < in.w }
			want := slide(in, 2, 2, 2, window, func(y, x, c int) float64 {
				best := math.Inf(-1)
				for _, d := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
					if inside(y+d[0], x+d[1]) {
						best = max(best, in.at(y+d[0], x+d[1], c))
					}
				}
				return best
			})
			expect(t, in, want, func(g *onnx.Graph, x string) string { return layers.MaxPool(g, x, 2, window) })
		})
	}
	in := sample(7, 7, 2)
	want := slide(in, 3, 3, 2, layers.Window{Stride: 2}, func(y, x, c int) (sum float64) {
		for i := range 9 {
			sum += in.at(y+i/3, x+i%3, c) / 9
		}
		return sum
	})
	expect(t, in, want, func(g *onnx.Graph, x string) string { return layers.AveragePool(g, x, 3, layers.Window{Stride: 2}) })
}

func TestFoldedBatchNormEqualsTheLayer(t *testing.T) {
	in, f := sample(6, 5, 3), filter(3, 3, 3, 1)
	norm := layers.BatchNorm{
		Scale: []float32{1.5, 0.2, -0.7}, Offset: []float32{0.1, -2, 3}, Mean: []float32{0.4, 0.5, -1}, Variance: []float32{0.01, 2, 0.5}, Epsilon: 1e-3,
	}
	want := slide(in, 3, 3, 3, layers.Window{Stride: 1, Same: true}, func(y, x, c int) float64 {
		var sum float64
		for i := range 9 {
			sum += in.at(y+i/3, x+i%3, c) * float64(f.Data[i*3+c])
		}
		return (sum-float64(norm.Mean[c]))/math.Sqrt(float64(norm.Variance[c])+norm.Epsilon)*float64(norm.Scale[c]) + float64(norm.Offset[c])
	})
	folded, bias, err := norm.FoldDepthwise(f)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, in, want, func(g *onnx.Graph, x string) string {
		return layers.DepthwiseConv(g, x, folded, bias, layers.Window{Stride: 1, Same: true})
	})
}

func TestFoldedScaleEqualsTheLayer(t *testing.T) {
	in, f := sample(4, 4, 2), filter(1, 1, 2, 3)
	bias, scale, offset := []float32{1, 2, 3}, []float32{0.5, -1, 2}, []float32{10, 20, 30}
	want := slide(in, 1, 1, 3, layers.Window{Stride: 1}, func(y, x, o int) float64 {
		sum := float64(bias[o])
		for ch := range 2 {
			sum += in.at(y, x, ch) * float64(f.Data[ch*3+o])
		}
		return sum*float64(scale[o]) + float64(offset[o])
	})
	folded, shift, err := layers.FoldScale(f, bias, scale, offset)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, in, want, func(g *onnx.Graph, x string) string {
		return layers.Conv(g, x, folded, shift, layers.Window{Stride: 1})
	})
}

func TestPointwiseLayers(t *testing.T) {
	in := sample(3, 4, 2)
	each := func(f func(v float64, c int) float64) image {
		return slide(in, 1, 1, 2, layers.Window{Stride: 1}, func(y, x, c int) float64 { return f(in.at(y, x, c), c) })
	}
	alpha := layers.Tensor{Shape: []int{1, 1, 2}, Data: []float32{0.25, -3}}
	mean := []float64{0.5, -1}
	for name, c := range map[string]struct {
		want  image
		build func(*onnx.Graph, string) string
	}{
		"relu": {each(func(v float64, _ int) float64 { return max(v, 0) }), layers.Relu},
		"relu6": {each(func(v float64, _ int) float64 { return min(max(v*9, 0), 6) }), func(g *onnx.Graph, x string) string {
			return layers.Relu6(g, g.Op("Mul", []string{x, g.Scalar(9)}))
		}},
		"prelu": {each(func(v float64, c int) float64 {
			if v < 0 {
				return v * float64(alpha.Data[c])
			}
			return v
		}), func(g *onnx.Graph, x string) string { return layers.PRelu(g, x, alpha) }},
		"normalise": {each(func(v float64, c int) float64 { return (v - mean[c]) / 4 }), func(g *onnx.Graph, x string) string {
			return layers.Normalise(g, x, []float32{0.5, -1}, 4)
		}},
		"add": {each(func(v float64, _ int) float64 { return 2 * v }), func(g *onnx.Graph, x string) string { return layers.Add(g, x, x) }},
	} {
		t.Run(name, func(t *testing.T) { expect(t, in, c.want, c.build) })
	}
}

func TestPadEndAppendsZeros(t *testing.T) {
	in := sample(2, 3, 2)
	want := image{4, 4, 5, nil}
	for y := range 4 {
		for x := range 4 {
			for c := range 5 {
				v := 0.0
				if c < 2 {
					v = in.at(y, x, c)
				}
				want.data = append(want.data, v)
			}
		}
	}
	expect(t, in, want, func(g *onnx.Graph, x string) string { return layers.PadEnd(g, x, 3, 2, 1) })
}

func TestLayersRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	one := layers.Window{Stride: 1}
	for want, build := range map[string]func(*onnx.Graph, string){
		"three dimensions": func(g *onnx.Graph, x string) {
			layers.Conv(g, x, layers.Tensor{Shape: []int{1, 1, 1}, Data: []float32{1}}, nil, one)
		},
		"too few numbers": func(g *onnx.Graph, x string) {
			layers.Conv(g, x, layers.Tensor{Shape: []int{3, 3, 1, 1}, Data: []float32{1}}, nil, one)
		},
		"wrong biases":  func(g *onnx.Graph, x string) { layers.Conv(g, x, filter(1, 1, 1, 2), []float32{1}, one) },
		"two a channel": func(g *onnx.Graph, x string) { layers.DepthwiseConv(g, x, filter(1, 1, 1, 2), nil, one) },
	} {
		g := onnx.New(want)
		x := g.Input("image", 1, 1, 4, 4)
		build(g, x)
		g.Output("result", x, 1, 1, 4, 4)
		if data, err := g.Encode(); err == nil || data != nil {
			t.Errorf("%s: went through", want)
		}
	}
	if _, _, err := (layers.BatchNorm{Scale: []float32{1}}).FoldDepthwise(filter(3, 3, 2, 1)); err == nil {
		t.Error("a batch normalisation of one channel was folded into two")
	}
	if _, _, err := layers.FoldScale(filter(1, 1, 1, 2), []float32{1, 2}, []float32{1}, []float32{1, 2}); err == nil {
		t.Error("one scale was folded into two filters")
	}
}

// expect runs a small network in the real runtime and compares, both in TensorFlow's layout.
func expect(t *testing.T, in, want image, build func(g *onnx.Graph, x string) string) {
	t.Helper()
	g := onnx.New("test")
	inShape := []int64{1, int64(in.c), int64(in.h), int64(in.w)}
	outShape := []int64{1, int64(want.h), int64(want.w), int64(want.c)}
	g.Output("result", layers.ChannelsLast(g, build(g, g.Input("image", inShape...))), outShape...)
	data, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	planes := make([]float32, len(in.data))
	for i, v := range in.data {
		planes[(i%in.c)*in.h*in.w+i/in.c] = float32(v)
	}
	got := run(t, data, vision.Tensor{Shape: inShape, Data: planes}, outShape)
	for i, v := range want.data {
		if math.Abs(float64(got[i])-v) > 1e-4 {
			t.Fatalf("value %d (row %d, column %d, channel %d) is %g, TensorFlow's definition gives %g",
				i, i/want.c/want.w, i/want.c%want.w, i%want.c, got[i], v)
		}
	}
}

// run loads a network the way an operator brings one: a file with a card of its own in place of a default.
func run(t *testing.T, network []byte, in vision.Tensor, outShape []int64) []float32 {
	t.Helper()
	const role = "face-mesh"
	hash := sha256.Sum256(network)
	card, err := json.Marshal(models.Card{
		Role: role, File: "test.onnx", SHA256: hex.EncodeToString(hash[:]),
		Input:  []models.Port{{Name: "image", Shape: in.Shape, Type: "float32"}},
		Output: []models.Port{{Name: "result", Shape: outShape, Type: "float32"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{role + ".card.json": card, "test.onnx": network} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rt, err := vision.Open(vision.Config{Override: dir, Roles: []string{role}, Concurrency: 1})
	if err != nil {
		if strings.Contains(err.Error(), "make models") {
			t.Fatalf("these tests run in the real runtime, which must be built first: %v", err)
		}
		t.Fatal(err)
	}
	defer func() { _ = rt.Close() }()
	out, err := rt.Run(t.Context(), role, in)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}
