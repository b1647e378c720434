package tfjs_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/modelkit/onnx"
	"github.com/openkyc/openkyc/internal/modelkit/tfjs"
)

const weightsJSON = `[{"paths":["w.bin"],"weights":[
 {"name":"plain","shape":[2],"dtype":"float32"},
 {"name":"bytes","shape":[1,3],"dtype":"float32","quantization":{"dtype":"uint8","scale":0.5,"min":-1}},
 {"name":"halves","shape":[6],"dtype":"float32","quantization":{"dtype":"float16","original_dtype":"float32"}},
 {"name":"shape","shape":[2],"dtype":"int32"},
 {"name":"small","shape":[],"dtype":"int32","quantization":{"dtype":"uint8","scale":1,"min":-2}}
]}]`

// The halves are 1, -2, 65504 (the greatest), 2^-24 (the least), 2^-14 (the least normal one) and 0.333251953125, after IEEE 754.
const weightsFile = "\x00\x00\x80\x3f\x00\x00\x20\xc0" + "\x00\x02\xff" +
	"\x00\x3c\x00\xc0\xff\x7b\x01\x00\x00\x04\x55\x35" + "\x07\x00\x00\x00\xff\xff\xff\xff" + "\x05"

func TestReadWeights(t *testing.T) {
	t.Parallel()
	groups, err := tfjs.ParseManifest([]byte(weightsJSON))
	if err != nil {
		t.Fatal(err)
	}
	w, err := tfjs.ReadWeights(groups, []byte(weightsFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{
		"plain":  {1, -2.5},
		"bytes":  {-1, 0, 126.5},
		"halves": {1, -2, 65504, float32(math.Ldexp(1, -24)), float32(math.Ldexp(1, -14)), 0.333251953125},
	} {
		if diff := cmp.Diff(want, w[name].Data); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if diff := cmp.Diff([]int64{7, -1}, w["shape"].Ints); diff != "" {
		t.Errorf("shape: %s", diff)
	}
	if diff := cmp.Diff([]int64{3}, w["small"].Ints); diff != "" {
		t.Errorf("small: %s", diff)
	}
}

func TestReadWeightsRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ manifest, file, want string }{
		"cut off":         {weightsJSON, weightsFile[:12], `cut off: "halves" needs 12 bytes, 1 are left`},
		"too long":        {weightsJSON, weightsFile + "??", "2 bytes more"},
		"several files":   {`[{"paths":["a","b"],"weights":[]}]`, "", "exactly one file"},
		"no files":        {`[]`, "", "exactly one file"},
		"unknown numbers": {`[{"paths":["a"],"weights":[{"name":"w","shape":[1],"dtype":"complex64"}]}]`, "12345678", `"w" is stored as "complex64"`},
		"negative shape":  {`[{"paths":["a"],"weights":[{"name":"w","shape":[-1],"dtype":"float32"}]}]`, "", "impossible shape"},
		"endless shape":   {`[{"paths":["a"],"weights":[{"name":"w","shape":[9999999,9999999],"dtype":"float32"}]}]`, "", "impossible shape"},
	} {
		groups, err := tfjs.ParseManifest([]byte(c.manifest))
		if err == nil {
			_, err = tfjs.ReadWeights(groups, []byte(c.file))
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// convert turns one node that reads the input x, and for the sake of circles the node y, with the constant w.
func convert(t *testing.T, node string) error {
	t.Helper()
	model, err := tfjs.ParseModel([]byte(`{"modelTopology":{"node":[` + node + `]},
		"weightsManifest":[{"paths":["w"],"weights":[{"name":"w","shape":[1,1,1,1],"dtype":"float32"},{"name":"b","shape":[1],"dtype":"float32"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	g := onnx.New("test")
	c, err := tfjs.NewConverter(g, model, make([]byte, 8))
	if err != nil {
		t.Fatal(err)
	}
	c.Bind("x", g.Input("x", 1, 1, 4, 4))
	value, err := c.Value("y")
	if err != nil {
		return err
	}
	g.Output("out", value, 1, 1, 4, 4)
	_, err = g.Encode()
	return err
}

func conv(change string) string {
	attr := map[string]any{}
	settings := `{"data_format":{"s":"TkhXQw=="},"padding":{"s":"U0FNRQ=="},"strides":{"list":{"i":["1","1","1","1"]}},
		"dilations":{"list":{"i":["1","1","1","1"]}},"fused_ops":{"list":{"s":["Qmlhc0FkZA=="]}}}`
	if json.Unmarshal([]byte(settings), &attr) != nil || json.Unmarshal([]byte(change), &attr) != nil {
		panic("the test's own JSON is broken")
	}
	data, err := json.Marshal(map[string]any{"name": "y", "op": "_FusedConv2D", "input": []string{"x", "w", "b"}, "attr": attr})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestConverterRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	if err := convert(t, conv(`{}`)); err != nil {
		t.Fatalf("a plain convolution: %v", err)
	}
	for name, c := range map[string]struct{ node, want string }{
		"unknown operator":   {`{"name":"y","op":"FancyAttention","input":["x"]}`, `the operator FancyAttention of node "y" is not supported`},
		"missing node":       {`{"name":"y","op":"Relu","input":["ghost"]}`, `lacks the node "ghost"`},
		"missing input":      {`{"name":"y","op":"AddV2","input":["x"]}`, "lacks its input number 1"},
		"a circle":           {`{"name":"y","op":"AddV2","input":["x","y"]}`, `in a circle at the node "y"`},
		"missing constant":   {`{"name":"y","op":"Prelu","input":["x","ghost"]}`, `the constant "ghost", which the weight file does not hold`},
		"unknown activation": {conv(`{"fused_ops":{"list":{"s":["Qmlhc0FkZA==","RWx1"]}}}`), "the activation Elu"},
		"no bias":            {conv(`{"fused_ops":{"list":{"s":["UmVsdQ=="]}}}`), "only a bias and one activation"},
		"dilated":            {conv(`{"dilations":{"list":{"i":["1","2","2","1"]}}}`), "is dilated"},
		"uneven strides":     {conv(`{"strides":{"list":{"i":["1","2","1","1"]}}}`), "has strides [1 2 1 1]"},
		"other layout":       {conv(`{"data_format":{"s":"TkNIVw=="}}`), `the layout "NCHW"`},
		"other padding":      {conv(`{"padding":{"s":"RVhQTElDSVQ="}}`), `the padding "EXPLICIT"`},
		"padding of pixels":  {`{"name":"y","op":"Pad","input":["x","w"]}`, "pads 0 dimensions"},
	} {
		if err := convert(t, c.node); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if _, err := tfjs.ParseModel([]byte(`{"modelTopology":{}}`)); err == nil {
		t.Error("a model without nodes was taken")
	}
}
