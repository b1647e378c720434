package mrz

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// speak turns text into a matrix as a sure recogniser would: three steps a
// character, the middle one bearing it with probability p.
func speak(text string, p float32) Matrix {
	m := Matrix{Steps: 3*len(text) + 4, P: make([]float32, (3*len(text)+4)*symbols)}
	for t := range m.Steps {
		m.P[t*symbols+blankSymbol] = 1
	}
	for i := range len(text) {
		row := m.P[(3*i+3)*symbols : (3*i+4)*symbols]
		row[blankSymbol] = (1 - p) / 2
		row[strings.IndexByte(Alphabet, text[i])] = p
	}
	return m
}

// doubt gives another symbol the probability p at a character's place.
func doubt(m Matrix, at int, other byte, p float32) {
	m.P[(3*at+3)*symbols+strings.IndexByte(Alphabet, other)] = p
}

func speakAll(lines []string, p float32) []Matrix {
	var out []Matrix
	for _, l := range lines {
		out = append(out, speak(l, p))
	}
	return out
}

func TestDecodeReadsWhatIsThere(t *testing.T) {
	t.Parallel()
	d := NewDecoder()
	for name, lines := range icao() {
		r, ok := d.Decode(name, speakAll(lines, 0.97))
		if !ok || strings.Join(r.Zone.Lines, "\n") != strings.Join(lines, "\n") || !r.Zone.Valid() || r.Cost != 0 {
			t.Errorf("%s: got %q, cost %v", name, r.Zone.Lines, r.Cost)
		}
		if r.Mean() < 0.9 {
			t.Errorf("%s: mean %v", name, r.Mean())
		}
	}
}

func TestDecodeReadsRandomZones(t *testing.T) {
	t.Parallel()
	d, r := NewDecoder(), rand.New(rand.NewPCG(7, 7))
	for i := range 90 {
		f := Formats()[i%9]
		lines := fill(r, f)
		got, ok := d.Decode(f.Name, speakAll(lines, 0.95))
		if !ok || strings.Join(got.Zone.Lines, "\n") != strings.Join(lines, "\n") {
			t.Fatalf("%s: got\n%s\nwant\n%s", f.Name, strings.Join(got.Zone.Lines, "\n"), strings.Join(lines, "\n"))
		}
	}
}

// A wrong printed digit stays as printed, and the price of "repairing" it shows.
func TestDecodeNeverRepairsSilently(t *testing.T) {
	t.Parallel()
	lines := icao()["TD3"]
	wrong := strings.Replace(lines[1], "7408122", "7408123", 1)
	r, ok := NewDecoder().Decode("TD3", speakAll([]string{lines[0], wrong}, 0.97))
	if !ok || r.Zone.Lines[1] != wrong || r.Zone.Valid() {
		t.Fatalf("got %q", r.Zone.Lines)
	}
	if r.Enforced == nil || r.Cost < 5 {
		t.Errorf("believing another digit is too cheap: %v", r.Cost)
	}
}

// Where the recogniser hesitates between two glyphs, the digits decide at a low cost.
func TestDecodeLetsTheDigitsDecideInDoubt(t *testing.T) {
	t.Parallel()
	lines := icao()["TD3"]
	m := speakAll(lines, 0.97)
	doubt(m[1], 1, '8', 0.40) // L898902C3
	m[1].P[(3*1+3)*symbols+8] = 0.40
	m[1].P[(3*1+3)*symbols+int('B'-'A')+10] = 0.50
	r, ok := NewDecoder().Decode("TD3", m)
	if !ok || r.Zone.Lines[1][1] != 'B' || r.Enforced == nil {
		t.Fatalf("got %q", r.Zone.Lines)
	}
	if r.Enforced.Zone.Lines[1] != lines[1] || r.Cost > 1 {
		t.Errorf("enforced %q at %v", r.Enforced.Zone.Lines[1], r.Cost)
	}
	if c := r.Chars[1][1]; c.Sure() > 0.6 || c.Alt != '8' {
		t.Errorf("the doubt is lost: %+v", c)
	}
}

// The grammar tells a zero from an O where only one of them may stand.
func TestDecodeSettlesLookAlikesByTheGrammar(t *testing.T) {
	t.Parallel()
	lines := icao()["TD3"]
	seen := []string{strings.Replace(lines[0], "UTOERIKSSON", "UT0ERIK55ON", 1), strings.Replace(lines[1], "7408122", "74O8IZ2", 1)}
	r, ok := NewDecoder().Decode("TD3", speakAll(seen, 0.97))
	if !ok || strings.Join(r.Zone.Lines, "") != strings.Join(lines, "") {
		t.Errorf("got %q", r.Zone.Lines)
	}
}

func TestFolding(t *testing.T) {
	t.Parallel()
	f := NewFolding([]rune{0, 'a', 'A', '7', '«', 'Ａ', ' ', '!'})
	m := f.Matrix([][]float32{{0.1, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1}})
	if m.Steps != 1 || near(m.P[10], 0.5) || near(m.P[7], 0.1) || near(m.P[fillerSymbol], 0.1) || near(m.P[blankSymbol], 0.3) {
		t.Errorf("got %v", m)
	}
}

func near(a, b float32) bool { return a-b > 1e-5 || b-a > 1e-5 }

func FuzzDecode(f *testing.F) {
	f.Add(uint64(1), 60)
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, seed uint64, steps int) {
		if steps < 0 || steps > 200 {
			return
		}
		r := rand.New(rand.NewPCG(seed, 1))
		for _, format := range Formats() {
			lines := make([]Matrix, format.Lines)
			for l := range lines {
				lines[l] = Matrix{Steps: steps, P: make([]float32, steps*symbols)}
				for i := range lines[l].P {
					lines[l].P[i] = float32(r.IntN(2)) * r.Float32() / 5
				}
			}
			got, ok := d.Decode(format.Name, lines)
			if ok && got.Enforced != nil && (!got.Enforced.Zone.Valid() || got.Cost < 0) {
				t.Errorf("enforced digits are wrong, or cheaper than none: %v", got.Cost)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	lines := icao()["TD3"]
	wrong := []string{lines[0], strings.Replace(lines[1], "7408122", "7408123", 1)}
	d := NewDecoder()
	for name, l := range map[string][]string{"right": lines, "wrong": wrong} {
		m := speakAll(l, 0.9)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				d.Decode("TD3", m)
			}
		})
	}
}
