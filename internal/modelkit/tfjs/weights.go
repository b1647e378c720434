// Package tfjs reads networks in the formats of TensorFlow.js: weight files with their manifest, and graph models.
//
// In: the bytes of the JSON and of the weight file. Out: named tensors, or an ONNX graph with the same meaning. Fails with
// a sentence when the weight file is shorter or longer than its manifest says, when a number format or an operator is not
// one that the shipped networks use. Called by faceapi and by the recipes of modelkit.
package tfjs

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/openkyc/openkyc/internal/modelkit/layers"
)

// Group is one weight file of a manifest with the tensors in it, in the order of the file.
type Group struct {
	Paths   []string `json:"paths"`
	Weights []Spec   `json:"weights"`
}

// Spec describes one tensor of a weight file.
type Spec struct {
	Name         string        `json:"name"`
	Shape        []int         `json:"shape"`
	Type         string        `json:"dtype"`
	Quantization *Quantization `json:"quantization"`
}

// Quantization says that the file holds smaller numbers: value = stored * Scale + Min, or half-precision floats.
type Quantization struct {
	Type  string  `json:"dtype"`
	Scale float64 `json:"scale"`
	Min   float64 `json:"min"`
}

// Weights are the tensors of a network by name.
type Weights map[string]layers.Tensor

// ParseManifest reads a weights manifest that stands alone, as face-api ships it.
func ParseManifest(data []byte) ([]Group, error) {
	var groups []Group
	if err := json.Unmarshal(data, &groups); err != nil {
		return nil, fmt.Errorf("the weights manifest is not valid JSON: %w", err)
	}
	return groups, nil
}

// ReadWeights cuts one weight file into its tensors.
func ReadWeights(groups []Group, file []byte) (Weights, error) {
	if len(groups) != 1 || len(groups[0].Paths) != 1 {
		return nil, fmt.Errorf("the weights manifest names %d groups of files; exactly one file is supported", len(groups))
	}
	specs := groups[0].Weights
	if err := checkLength(specs, len(file)); err != nil {
		return nil, err
	}
	weights := Weights{}
	for _, s := range specs {
		n, width, read, err := s.layout()
		if err != nil {
			return nil, err
		}
		weights[s.Name] = s.decode(file[:n*width], n, width, read)
		file = file[n*width:]
	}
	return weights, nil
}

// checkLength comes before any decoding, so that a damaged file costs nothing.
func checkLength(specs []Spec, rest int) error {
	for _, s := range specs {
		n, width, _, err := s.layout()
		if err != nil {
			return err
		}
		if rest < n*width {
			return fmt.Errorf("the weight file is cut off: %q needs %d bytes, %d are left", s.Name, n*width, rest)
		}
		rest -= n * width
	}
	if rest > 0 {
		return fmt.Errorf("the weight file has %d bytes more than its manifest describes", rest)
	}
	return nil
}

// layout returns how many numbers the tensor has, how many bytes each takes in the file, and how one is read.
func (s Spec) layout() (n, width int, read func([]byte) float64, err error) {
	if n, err = s.count(); err != nil {
		return 0, 0, nil, err
	}
	read, width, err = s.reader()
	return n, width, read, err
}

func (s Spec) count() (int, error) {
	n := 1
	for _, d := range s.Shape {
		if d < 0 || d > 1<<24 || n*d > 1<<28 {
			return 0, fmt.Errorf("the weights manifest gives %q the impossible shape %v", s.Name, s.Shape)
		}
		n *= d
	}
	return n, nil
}

// reader returns how one stored number is read and how many bytes it takes.
func (s Spec) reader() (func([]byte) float64, int, error) {
	stored := s.Type
	if s.Quantization != nil {
		stored = s.Quantization.Type
	}
	switch stored {
	case "float32":
		return func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }, 4, nil
	case "float16":
		return func(b []byte) float64 { return half(binary.LittleEndian.Uint16(b)) }, 2, nil
	case "int32":
		return func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }, 4, nil
	case "uint8":
		return func(b []byte) float64 { return float64(b[0]) }, 1, nil
	}
	return nil, 0, fmt.Errorf("the tensor %q is stored as %q, which is not supported", s.Name, stored)
}

func (s Spec) decode(data []byte, n, width int, read func([]byte) float64) layers.Tensor {
	t := layers.Tensor{Shape: s.Shape}
	if s.Type != "int32" {
		t.Data = make([]float32, 0, n)
	}
	for i := range n {
		v := read(data[i*width:])
		// Half precision carries no scale; the others are affine.
		if q := s.Quantization; q != nil && q.Type != "float16" {
			v = v*q.Scale + q.Min
		}
		if s.Type == "int32" {
			t.Ints = append(t.Ints, int64(math.Round(v)))
		} else {
			t.Data = append(t.Data, float32(v))
		}
	}
	return t
}

// half reads an IEEE 754 binary16.
func half(h uint16) float64 {
	sign, exponent, fraction := float64(1), int(h>>10)&31, float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction == 0 {
			return math.Inf(int(sign))
		}
		return math.NaN()
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}
