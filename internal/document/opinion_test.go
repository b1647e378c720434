package document

import (
	"math"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/specimen"
)

// TestSecondOpinion: a recogniser that leans towards the wrong one of two
// characters that look alike, and places them a quarter of a character off, is
// outvoted where a look at the character tells them apart.
func TestSecondOpinion(t *testing.T) {
	t.Parallel()
	net, err := glyph.Open()
	if err != nil {
		t.Fatal(err)
	}
	twin := map[byte]byte{'0': 'O', 'O': '0', '6': 'G', 'G': '6', '8': 'B', 'B': '8', '5': 'S', 'S': '5', '<': 'K', 'K': '<', '1': 'I', 'I': '1', '2': 'Z', 'Z': '2'}
	f := &finder{glyphs: net}
	asked, right := 0, 0
	for seed := int64(7_000_000); seed < 7_000_010; seed++ {
		l := specimen.NewZoneLine(seed, specimen.Medium)
		n := float64(len(l.Text))
		s := strip{centre: vec{l.X + (n-1)/2*l.Pitch, l.Y}, dir: vec{1, 0}, w: n * l.Pitch, h: 1.2 * l.Pitch}
		steps := int(math.Round(cropWidth(s) / (l.Pitch / 4)))
		m := mrz.Matrix{Steps: steps, P: make([]float32, steps*(len(mrz.Alphabet)+1))}
		var chars []mrz.Char
		set := func(step int, c byte, p float32) {
			m.P[step*(len(mrz.Alphabet)+1)+strings.IndexByte(mrz.Alphabet, c)] = p
		}
		get := func(m mrz.Matrix, step int, c byte) float32 {
			return m.P[step*(len(mrz.Alphabet)+1)+strings.IndexByte(mrz.Alphabet, c)]
		}
		for i := range len(l.Text) {
			x := (l.X + float64(i)*l.Pitch - s.centre.X) / cropWidth(s)
			step := int((x + 0.5) * float64(steps))
			step += i % 2
			set(step, l.Text[i], 0.4)
			if other, ok := twin[l.Text[i]]; ok {
				set(step, other, 0.5)
			}
			chars = append(chars, mrz.Char{Step: step})
		}
		out := f.consult(l.Image, []strip{s}, []mrz.Matrix{m}, [][]mrz.Char{chars}, l.Pitch, false)
		for i, c := range chars {
			if other, ok := twin[l.Text[i]]; ok {
				asked++
				if get(out[0], c.Step, l.Text[i]) > get(out[0], c.Step, other) {
					right++
				}
				if sum := get(out[0], c.Step, l.Text[i]) + get(out[0], c.Step, other); sum < 0.85 || sum > 0.9001 {
					t.Fatalf("the share of what is no blank changed: %v", sum)
				}
			}
		}
	}
	t.Logf("%d of %d", right, asked)
	if asked < 50 || float64(right) < 0.98*float64(asked) {
		t.Errorf("%d of %d characters were told right", right, asked)
	}
}

// TestParabola: the places of characters bend with perspective; a step that lies
// far off bends nothing.
func TestParabola(t *testing.T) {
	t.Parallel()
	var x, y []float64
	for i := range 40 {
		x, y = append(x, float64(i)), append(y, 3+20*float64(i)+0.1*float64(i*i))
	}
	y[17] += 90
	curve := parabola(x, y)
	for i := range 40 {
		if want := 3 + 20*float64(i) + 0.1*float64(i*i); math.Abs(curve(float64(i))-want) > 0.5 {
			t.Fatalf("at %d: %v, want %v", i, curve(float64(i)), want)
		}
	}
	if got := parabola([]float64{2}, []float64{5})(9); got != 5 {
		t.Errorf("one point gives %v", got)
	}
}
