package glyph

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"math"
)

// Alphabet is the order of the classes.
const Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"

// Side of a patch in pixels.
const Side = 20

const (
	classes = len(Alphabet)
	kernels = 8
	field   = 5 // of the first kernels
	half    = Side / 2
	second  = 16
	quarter = half / 2
	flat    = second * quarter * quarter
	hidden  = 64
)

// Net holds the weights, all in one row so that training and the file need no more.
type Net struct {
	all                            []float32
	w1, b1, w2, b2, w3, b3, w4, b4 []float32
}

func newNet() *Net {
	n := &Net{}
	sizes := [...]int{kernels * field * field, kernels, second * kernels * 9, second, hidden * flat, hidden, classes * hidden, classes}
	total := 0
	for _, s := range sizes {
		total += s
	}
	n.all = make([]float32, total)
	rest := n.all
	for i, part := range [...]*[]float32{&n.w1, &n.b1, &n.w2, &n.b2, &n.w3, &n.b3, &n.w4, &n.b4} {
		*part, rest = rest[:sizes[i]:sizes[i]], rest[sizes[i]:]
	}
	return n
}

//go:embed weights.bin
var weights []byte

// Open gives the trained network.
func Open() (*Net, error) { return decode(weights) }

func decode(file []byte) (*Net, error) {
	n := newNet()
	if len(file) != 4*len(n.all) {
		return nil, errors.New("glyph: the weights are of another network: train it again with make glyph-weights")
	}
	for i := range n.all {
		n.all[i] = math.Float32frombits(binary.LittleEndian.Uint32(file[4*i:]))
	}
	return n, nil
}

// Bytes is the file that Open reads.
func (n *Net) Bytes() []byte {
	var file []byte
	for _, w := range n.all {
		file = binary.LittleEndian.AppendUint32(file, math.Float32bits(w))
	}
	return file
}

// Patch is one character's pixels, row by row, mean 0 and deviation 1.
type Patch [Side * Side]float32

// activations are what one patch makes of the network; kept for training.
type activations struct {
	c1     [kernels * Side * Side]float32
	p1     [kernels * half * half]float32
	at1    [kernels * half * half]int32
	c2     [second * half * half]float32
	p2     [flat]float32
	at2    [flat]int32
	h      [hidden]float32
	scores [classes]float32
}

// Probs are the probabilities of the classes.
func (n *Net) Probs(p *Patch) (out [classes]float32) {
	var a activations
	n.forward(p, &a)
	return softmax(&a.scores)
}

func (n *Net) forward(p *Patch, a *activations) {
	convolve(p[:], 1, Side, n.w1, n.b1, field, a.c1[:])
	pool(a.c1[:], kernels, Side, a.p1[:], a.at1[:])
	convolve(a.p1[:], kernels, half, n.w2, n.b2, 3, a.c2[:])
	pool(a.c2[:], second, half, a.p2[:], a.at2[:])
	dense(a.p2[:], n.w3, n.b3, a.h[:])
	for i, v := range a.h {
		a.h[i] = max(v, 0)
	}
	dense(a.h[:], n.w4, n.b4, a.scores[:])
}

// convolve with zeros around, and ReLU.
func convolve(in []float32, depth, side int, w, b []float32, size int, out []float32) {
	reach := size / 2
	for k := range b {
		plane := out[k*side*side : (k+1)*side*side]
		for i := range plane {
			plane[i] = b[k]
		}
		for d := range depth {
			from := in[d*side*side : (d+1)*side*side]
			for v := range size {
				for u := range size {
					weight := w[((k*depth+d)*size+v)*size+u]
					x0, x1 := max(0, reach-u), min(side, side+reach-u)
					for y := max(0, reach-v); y < min(side, side+reach-v); y++ {
						src := from[(y+v-reach)*side+x0+u-reach : (y+v-reach)*side+x1+u-reach]
						dst := plane[y*side+x0 : y*side+x1]
						for i := range dst {
							dst[i] += weight * src[i]
						}
					}
				}
			}
		}
		for i, v := range plane {
			plane[i] = max(v, 0)
		}
	}
}

// pool keeps the largest of each 2 × 2 and where it stood.
func pool(in []float32, depth, side int, out []float32, at []int32) {
	to := side / 2
	for d := range depth {
		for y := range to {
			for x := range to {
				best := d*side*side + 2*y*side + 2*x
				for _, i := range [3]int{best + 1, best + side, best + side + 1} {
					if in[i] > in[best] {
						best = i
					}
				}
				o := (d*to+y)*to + x
				out[o], at[o] = in[best], int32(best)
			}
		}
	}
}

func dense(in, w, b, out []float32) {
	for o := range out {
		row, sum := w[o*len(in):(o+1)*len(in)], b[o]
		for i, v := range in {
			sum += row[i] * v
		}
		out[o] = sum
	}
}

func softmax(scores *[classes]float32) (out [classes]float32) {
	most, sum := scores[0], 0.0
	for _, s := range scores {
		most = max(most, s)
	}
	for i, s := range scores {
		e := math.Exp(float64(s - most))
		out[i], sum = float32(e), sum+e
	}
	for i := range out {
		out[i] /= float32(sum)
	}
	return out
}
