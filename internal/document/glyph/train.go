package glyph

import (
	"math"
	"math/rand/v2"
	"sync"
)

// Sample is a patch and the class that it shows.
type Sample struct {
	Patch Patch
	Class int
}

// Training says how to train: the same plan on the same samples gives the same
// weights on one kind of processor.
type Training struct {
	Seed   uint64
	Epochs int
	Report func(epoch int, loss float64) // after each epoch; may be nil
}

const (
	batch  = 64
	shards = 2     // sums of a batch that are added in this order, on however many processors
	rate   = 0.002 // of Adam (Kingma and Ba, 2015), falling to a twentieth by a cosine
	smooth = 0.02  // of the truth that is spread over all classes, against overconfidence
)

// Train learns from samples.
func (t Training) Train(samples []Sample) *Net {
	rnd := rand.New(rand.NewPCG(t.Seed, 0x676c797068))
	n := newNet()
	for _, part := range []struct {
		w []float32
		n int
	}{{n.w1, field * field}, {n.w2, kernels * 9}, {n.w3, flat}, {n.w4, hidden}} {
		for i := range part.w {
			part.w[i] = float32(rnd.NormFloat64() * math.Sqrt(2/float64(part.n))) // He and others, 2015
		}
	}
	mean, power := make([]float64, len(n.all)), make([]float64, len(n.all)) // of the gradient
	var sums [shards]*Net
	for i := range sums {
		sums[i] = newNet()
	}
	steps, step := t.Epochs*(len(samples)/batch), 0
	for epoch := range t.Epochs {
		order, loss := rnd.Perm(len(samples)), 0.0
		for at := 0; at+batch <= len(order); at += batch {
			loss += n.gradient(samples, order[at:at+batch], &sums)
			step++
			pace := rate * (0.05 + 0.95*(1+math.Cos(math.Pi*float64(step)/float64(steps)))/2)
			c1, c2 := 1-math.Pow(0.9, float64(step)), 1-math.Pow(0.999, float64(step))
			for i := range n.all {
				g := 0.0
				for _, s := range sums {
					g += float64(s.all[i])
				}
				g /= batch
				mean[i] = 0.9*mean[i] + 0.1*g
				power[i] = 0.999*power[i] + 0.001*g*g
				n.all[i] -= float32(pace * mean[i] / c1 / (math.Sqrt(power[i]/c2) + 1e-8))
			}
		}
		if t.Report != nil {
			t.Report(epoch, loss/float64(len(order)/batch*batch))
		}
	}
	return n
}

// gradient fills the shards' sums for one batch and returns its loss.
func (n *Net) gradient(samples []Sample, batch []int, sums *[shards]*Net) float64 {
	var losses [shards]float64
	var all sync.WaitGroup
	for s := range shards {
		all.Go(func() {
			clear(sums[s].all)
			var a activations
			for _, i := range batch[s*len(batch)/shards : (s+1)*len(batch)/shards] {
				losses[s] += n.learn(&samples[i], &a, sums[s])
			}
		})
	}
	all.Wait()
	loss := 0.0
	for _, l := range losses {
		loss += l
	}
	return loss
}

// learn adds the gradient of one sample to g and returns its loss.
func (n *Net) learn(s *Sample, a *activations, g *Net) float64 {
	n.forward(&s.Patch, a)
	d := softmax(&a.scores)
	loss := -math.Log(max(float64(d[s.Class]), 1e-12))
	for i := range d {
		d[i] -= smooth / float32(classes)
	}
	d[s.Class] -= 1 - smooth
	var dh [hidden]float32
	backDense(d[:], a.h[:], n.w4, g.w4, g.b4, dh[:])
	for i, v := range a.h {
		if v <= 0 {
			dh[i] = 0
		}
	}
	var dp2 [flat]float32
	backDense(dh[:], a.p2[:], n.w3, g.w3, g.b3, dp2[:])
	var dc2 [second * half * half]float32
	unpool(dp2[:], a.p2[:], a.at2[:], dc2[:])
	var dp1 [kernels * half * half]float32
	backConvolve(dc2[:], a.p1[:], kernels, half, n.w2, 3, g.w2, g.b2, dp1[:])
	var dc1 [kernels * Side * Side]float32
	unpool(dp1[:], a.p1[:], a.at1[:], dc1[:])
	backConvolve(dc1[:], s.Patch[:], 1, Side, n.w1, field, g.w1, g.b1, nil)
	return loss
}

func backDense(d, in, w, gw, gb, din []float32) {
	for o, v := range d {
		gb[o] += v
		if v == 0 {
			continue
		}
		row, grow := w[o*len(in):(o+1)*len(in)], gw[o*len(in):(o+1)*len(in)]
		for i, x := range in {
			grow[i] += v * x
			din[i] += v * row[i]
		}
	}
}

// unpool sends the gradient to where the largest stood, and nowhere when ReLU cut it off.
func unpool(d, pooled []float32, at []int32, out []float32) {
	for i, v := range d {
		if pooled[i] > 0 {
			out[at[i]] += v
		}
	}
}

// backConvolve visits only places with a gradient: pooling leaves a quarter of them.
func backConvolve(d, in []float32, depth, side int, w []float32, size int, gw, gb, din []float32) {
	reach := size / 2
	for k := range gb {
		for i, v := range d[k*side*side : (k+1)*side*side] {
			if v == 0 {
				continue
			}
			gb[k] += v
			y, x := i/side, i%side
			u0, u1 := max(0, reach-x), min(size, side+reach-x)
			for p := range depth {
				for r := max(0, reach-y); r < min(size, side+reach-y); r++ {
					from, to := p*side*side+(y+r-reach)*side+x-reach, ((k*depth+p)*size+r)*size
					for u := u0; u < u1; u++ {
						gw[to+u] += v * in[from+u]
						if din != nil {
							din[from+u] += v * w[to+u]
						}
					}
				}
			}
		}
	}
}
