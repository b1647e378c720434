package face

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/vision"
)

// clocked counts the processor time that the networks themselves take, which
// says the same on a busy machine.
type clocked struct {
	*vision.Runtime

	b     *testing.B
	spent time.Duration
}

func (c *clocked) Run(ctx context.Context, role string, inputs ...vision.Tensor) ([]vision.Tensor, error) {
	begun := processorTime(c.b)
	defer func() { c.spent += processorTime(c.b) - begun }()
	return c.Runtime.Run(ctx, role, inputs...)
}

// stageTimes is the processor time that the steps from a decoded picture to its descriptor
// took, and how much of that the networks.
type stageTimes map[string][2]time.Duration

func (s stageTimes) total() (all, networks time.Duration) {
	for _, t := range s {
		all, networks = all+t[0], networks+t[1]
	}
	return all, networks
}

// stages goes the way of Describe, with a clock; the vector is nil without a face.
func stages(b *testing.B, models *clocked, room *Room, img *image.RGBA) (vector []float32, times stageTimes) {
	b.Helper()
	ctx, times := context.Background(), stageTimes{}
	time1 := func(name string, do func() error) {
		begun, before := processorTime(b), models.spent
		if err := do(); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
		times[name] = [2]time.Duration{processorTime(b) - begun, models.spent - before}
	}
	var chosen detection
	var points []point
	var chip *image.RGBA
	seen := false
	time1("detect", func() error {
		found, _, err := room.findPrinted(ctx, img)
		chosen, seen = choose(found)
		return err
	})
	if !seen {
		return nil, times
	}
	time1("landmarks", func() (err error) {
		points, err = room.landmarks(ctx, img, chosen)
		return err
	})
	time1("embed", func() (err error) {
		frame, err := chipTransform(points)
		if err != nil {
			return err
		}
		chip = cut(img, frame, chipSize, chipSize)
		vector, err = room.embed(ctx, chip)
		return err
	})
	time1("measure", func() error {
		sharpness(chip)
		measureLight(img, chosen.Box)
		return nil
	})
	return vector, times
}

// peer is face-api under Node.
type peer struct {
	in   io.Writer
	out  *bufio.Scanner
	file string
}

// openPeer installs the pinned packages into a folder of the benchmark's own and
// starts the peer, which ends with the benchmark.
func openPeer(b *testing.B) *peer {
	b.Helper()
	dir := b.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "peer.cjs"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "e2e", "peers", "faceapi", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		b.Fatalf("the peer cannot be installed: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	b.Cleanup(cancel)
	node := exec.CommandContext(ctx, "node", "peer.cjs")
	node.Dir, node.Stderr = dir, os.Stderr
	in, errIn := node.StdinPipe()
	out, errOut := node.StdoutPipe()
	if errIn != nil || errOut != nil {
		b.Fatal(errIn, errOut)
	}
	if err := node.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = node.Wait() })
	p := &peer{in: in, out: bufio.NewScanner(out), file: filepath.Join(dir, "picture.rgb")}
	for p.out.Scan() {
		if strings.HasPrefix(p.out.Text(), "{") {
			b.Logf("the peer: %s", p.out.Text())
			return p
		}
	}
	b.Fatalf("the peer has ended: %v", p.out.Err())
	return nil
}

func (p *peer) describe(b *testing.B, img *image.RGBA) (vector []float32, took, busy time.Duration) {
	b.Helper()
	pixels := make([]byte, 0, 3*img.Rect.Dx()*img.Rect.Dy())
	for i := 0; i < len(img.Pix); i += 4 {
		pixels = append(pixels, img.Pix[i:i+3]...)
	}
	if err := os.WriteFile(p.file, pixels, 0o600); err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(p.in, "{\"file\":%q,\"width\":%d,\"height\":%d}\n", p.file, img.Rect.Dx(), img.Rect.Dy())
	var answer struct {
		MS, CPU    float64
		Descriptor []float32
	}
	if !p.out.Scan() {
		b.Fatalf("the peer has ended: %v", p.out.Err())
	}
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil {
		b.Fatal(err)
	}
	return answer.Descriptor, time.Duration(answer.MS * float64(time.Millisecond)), time.Duration(answer.CPU * float64(time.Millisecond))
}

// descriptors are one side's descriptors: by photograph, person, condition. The last
// condition is the photo as it is; nil where no face was seen.
type descriptors [][][][]float32

// without leaves out the pictures in which another one saw no face.
func (d descriptors) without(other descriptors) descriptors {
	out := make(descriptors, len(d))
	for i, people := range d {
		for j, person := range people {
			var kept [][]float32
			for k, v := range person {
				if v != nil && other[i][j][k] != nil {
					kept = append(kept, v)
				}
			}
			if len(kept) > 1 {
				out[i] = append(out[i], kept)
			}
		}
	}
	return out
}

func (d descriptors) seen() (n int) {
	for _, people := range d {
		for _, person := range people {
			for _, v := range person {
				if v != nil {
					n++
				}
			}
		}
	}
	return n
}

// pairs of the pictures as in BenchmarkCalibration; a face that was not seen is
// infinitely far.
func (d descriptors) pairs() (genuine, impostors []float64) {
	far := func(a, b []float32) float64 {
		if a == nil || b == nil {
			return math.Inf(1)
		}
		return distance(a, b)
	}
	for _, people := range d {
		for i, person := range people {
			for _, v := range person[:len(person)-1] {
				genuine = append(genuine, far(v, person[len(person)-1]))
			}
			for _, other := range people[:i] {
				for _, v := range person {
					for _, w := range other {
						impostors = append(impostors, far(v, w))
					}
				}
			}
		}
	}
	slices.Sort(genuine)
	slices.Sort(impostors)
	return genuine, impostors
}

// tar is the share of genuine pairs nearer than all impostors but a share.
func (d descriptors) tar(far float64) float64 {
	genuine, impostors := d.pairs()
	limit := impostors[int(far*float64(len(impostors)))]
	n := 0
	for _, g := range genuine {
		if g < limit {
			n++
		}
	}
	return 100 * float64(n) / float64(len(genuine))
}

// BenchmarkBesidePeer describes every face of the demo pictures under nine
// conditions, and lets face-api on WebAssembly do the same, by turns, from the
// decoded picture on. Faces are cut out of the photographs by our detector, so
// the peer has no face to find that ours would miss.
func BenchmarkBesidePeer(b *testing.B) {
	runtime, err := openModels()
	if err != nil {
		b.Fatal(err)
	}
	models := &clocked{Runtime: runtime, b: b}
	room, other := New(Deps{Models: models, Parallel: 1}), openPeer(b)
	var ours, theirs descriptors
	var our, their, ourClock, theirClock []time.Duration
	steps := map[string][2][]float64{}
	var ratios []float64
	warm := portraits(b, "sample1.jpg")[0]
	stages(b, models, room, warm)
	other.describe(b, warm)
	for b.Loop() {
		for i := range 6 {
			var mine, peers [][][]float32
			for _, photo := range portraits(b, fmt.Sprintf("sample%d.jpg", i+1)) {
				var person, same [][]float32
				for _, img := range append(worsened(b, photo), photo) {
					begun := time.Now()
					v, times := stages(b, models, room, img)
					ourClock = append(ourClock, time.Since(begun))
					w, took, busy := other.describe(b, img)
					theirClock = append(theirClock, took)
					person, same = append(person, v), append(same, w)
					all, networks := times.total()
					our, their, ratios = append(our, all), append(their, busy), append(ratios, float64(all)/float64(networks))
					for name, t := range times {
						s := steps[name]
						steps[name] = [2][]float64{append(s[0], t[0].Seconds()*1000), append(s[1], t[1].Seconds()*1000)}
					}
				}
				mine, peers = append(mine, person), append(peers, same)
			}
			ours, theirs = append(ours, mine), append(theirs, peers)
		}
	}
	middle := func(v []float64) float64 { slices.Sort(v); return v[len(v)/2] }
	ms := func(d []time.Duration) float64 { slices.Sort(d); return d[len(d)/2].Seconds() * 1000 }
	for name, s := range steps {
		b.ReportMetric(middle(s[0]), name+"-cpu-ms")
		if s[1][len(s[1])-1] > 0 {
			b.ReportMetric(middle(s[1]), name+"-networks-cpu-ms")
		}
	}
	b.ReportMetric(float64(len(our)), "pictures")
	b.ReportMetric(ms(our), "ours-cpu-ms")
	b.ReportMetric(ms(their), "peer-cpu-ms")
	b.ReportMetric(ms(ourClock), "ours-clock-ms")
	b.ReportMetric(ms(theirClock), "peer-clock-ms")
	b.ReportMetric(ms(their)/ms(our), "times-peer")
	b.ReportMetric(middle(ratios), "times-networks")
	for name, far := range map[string]float64{"1%": 0.01, "0.1%": 0.001} {
		b.ReportMetric(ours.tar(far), "TAR%-at-"+name)
		b.ReportMetric(theirs.tar(far), "peer-TAR%-at-"+name)
	}
	b.ReportMetric(float64(ours.seen()), "seen")
	b.ReportMetric(float64(theirs.seen()), "peer-seen")
	both, peersBoth := ours.without(theirs), theirs.without(ours)
	b.ReportMetric(both.tar(0.001), "both-seen-TAR%-at-0.1%")
	b.ReportMetric(peersBoth.tar(0.001), "both-seen-peer-TAR%-at-0.1%")
	b.ReportMetric(both.tar(0.001)-peersBoth.tar(0.001), "both-seen-TAR-points-ahead")
	b.ReportMetric(0, "ns/op")
}
