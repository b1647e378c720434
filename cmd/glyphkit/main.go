// Command glyphkit trains the network that tells characters of OCR-B apart
// (internal/document/glyph) on drawn lines, and writes its weights. It is a build
// tool: `make glyph-weights` calls it, nothing in production does. The same seed
// and figures give the same file on one kind of processor. It prints the loss of
// every epoch, then how many characters of lines that it did not learn from are
// told right. It ends with exit code 1 when the file cannot be written.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"

	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/specimen"
)

func main() {
	seed := flag.Int64("seed", 3_000_001, "where the lines begin")
	lines := flag.Int("lines", 9000, "lines to learn from, 24 characters each")
	epochs := flag.Int("epochs", 5, "times that each is seen")
	out := flag.String("out", "internal/document/glyph/weights.bin", "file to write")
	flag.Parse()
	samples := draw(*seed, *lines)
	fmt.Printf("%d characters\n", len(samples))
	net := glyph.Training{Seed: uint64(*seed), Epochs: *epochs, Report: func(epoch int, loss float64) {
		fmt.Printf("epoch %d: loss %.4f\n", epoch+1, loss)
	}}.Train(samples)
	measure(net, draw(*seed+1_000_000, 600))
	if err := os.WriteFile(*out, net.Bytes(), 0o644); err != nil { //nolint:gosec // weights are no secret
		fmt.Fprintln(os.Stderr, "glyphkit:", err)
		os.Exit(1)
	}
}

// draw makes lines of all difficulties and cuts their characters out, a little
// beside where they stand, as a reader would.
func draw(seed int64, lines int) []glyph.Sample {
	parts := make([][]glyph.Sample, lines)
	var all sync.WaitGroup
	for w := range 2 {
		all.Go(func() {
			for i := w; i < lines; i += 2 {
				parts[i] = cut(seed+int64(i), specimen.Difficulty(i%3))
			}
		})
	}
	all.Wait()
	var samples []glyph.Sample
	for _, p := range parts {
		samples = append(samples, p...)
	}
	return samples
}

func cut(seed int64, d specimen.Difficulty) (samples []glyph.Sample) {
	l := specimen.NewZoneLine(seed, d)
	rnd := rand.New(rand.NewPCG(uint64(seed), 1))
	slip := func(most float64) float64 { return most * (2*rnd.Float64() - 1) }
	lift, size := slip(0.10), 1+slip(0.06) // of the whole line
	for i := range len(l.Text) {
		tilt := slip(0.05)
		at := glyph.Place{
			X: l.X + (float64(i)+slip(0.10))*l.Pitch, Y: l.Y + (lift+slip(0.04))*l.Pitch,
			DX: 1, DY: tilt, Pitch: l.Pitch * size * (1 + slip(0.02)),
		}
		samples = append(samples, glyph.Sample{Patch: glyph.Cut(l.Image, at, false), Class: strings.IndexByte(glyph.Alphabet, l.Text[i])})
	}
	return samples
}

// measure prints what share is told right, and the commonest mistakes.
func measure(net *glyph.Net, samples []glyph.Sample) {
	right := [3]int{}
	all := [3]int{}
	wrong := map[string]int{}
	for i := range samples {
		p := net.Probs(&samples[i].Patch)
		best := 0
		for c, v := range p {
			if v > p[best] {
				best = c
			}
		}
		d := i / 24 % 3
		all[d]++
		if best == samples[i].Class {
			right[d]++
		} else {
			wrong[string([]byte{glyph.Alphabet[samples[i].Class], '>', glyph.Alphabet[best]})]++
		}
	}
	for d := range all {
		fmt.Printf("%s: %d of %d right (%.2f %%)\n", [...]string{"easy", "medium", "hard"}[d], right[d], all[d], 100*float64(right[d])/float64(all[d]))
	}
	fmt.Println("mistakes:", wrong)
}
