package onnx_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/modelkit/onnx"
)

func relu() *onnx.Graph {
	g := onnx.New("g")
	g.Output("y", g.Op("Relu", []string{g.Input("x", 1)}), 1)
	return g
}

// TestEncodeWritesTheFormat spells out one whole file by the field numbers of onnx.proto3.
func TestEncodeWritesTheFormat(t *testing.T) {
	t.Parallel()
	got, err := relu().Encode()
	if err != nil {
		t.Fatal(err)
	}
	port := func(name string) string { // ValueInfoProto: name 1, type 2 {tensor 1 {element type 1 = float, shape 2 {dim 1 {value 1 = 1}}}}
		return "\x0a\x01" + name + "\x12\x0a" + "\x0a\x08" + "\x08\x01" + "\x12\x04" + "\x0a\x02" + "\x08\x01"
	}
	graph := "\x0a\x0d" + "\x0a\x01x" + "\x12\x02n0" + "\x22\x04Relu" + // NodeProto: input 1, output 2, operator 4
		"\x0a\x11" + "\x0a\x02n0" + "\x12\x01y" + "\x22\x08Identity" +
		"\x12\x01g" + // name
		"\x5a\x0f" + port("x") + // input 11
		"\x62\x0f" + port("y") // output 12
	want := "\x08\x08" + // IR version
		"\x12\x10openkyc modelkit" +
		"\x3a" + string(rune(len(graph))) + graph +
		"\x42\x04" + "\x0a\x00" + "\x10\x0d" // operator set 13 of the default domain
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	again, err := relu().Encode()
	if err != nil || !bytes.Equal(got, again) {
		t.Error("the same network gave other bytes the second time")
	}
}

func TestEncodeReportsTheFirstMistake(t *testing.T) {
	t.Parallel()
	for want, build := range map[string]func(g *onnx.Graph){
		"needs at least one input":         func(*onnx.Graph) {},
		`reads the value "ghost"`:          func(g *onnx.Graph) { g.Output("y", g.Op("Relu", []string{"ghost"}), 1) },
		`the value "x" is made twice`:      func(g *onnx.Graph) { g.Output("y", g.Op("Add", []string{g.Input("x", 1), g.Input("x", 1)}), 1) },
		"shape [2 2] needs 4 numbers, got": func(g *onnx.Graph) { g.Output("y", g.Floats([]int64{2, 2}, []float32{1}), 2, 2) },
	} {
		g := onnx.New("g")
		build(g)
		data, err := g.Encode()
		if err == nil || data != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a mistake %q, got %v and %d bytes", want, err, len(data))
		}
	}
}
