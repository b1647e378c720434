package pdf417_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"github.com/openkyc/openkyc/internal/document/pdf417"
	"github.com/openkyc/openkyc/internal/specimen"
)

// licence is what the back of an AAMVA licence carries, of nobody.
func licence(seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 0x61616d76))
	field := func(id, value string) string { return id + value + "\n" }
	pick := func(words string) string { list := strings.Fields(words); return list[rnd.IntN(len(list))] }
	number := fmt.Sprintf("%c%012d", 'A'+rune(rnd.IntN(26)), rnd.Int64N(1e12))
	body := "DL" + field("DCA", "D") + field("DCB", "NONE") + field("DCD", "NONE") + field("DBA", fmt.Sprintf("1231%d", 2027+rnd.IntN(8))) +
		field("DCS", pick("ALMERVIK BRANDOVAR CESTRELLO HOLLOWMERE O'SPRELL QUILLMARK")) + field("DAC", pick("ADALIA BREMIA CASPEN DOVRIN ELMAR")) +
		field("DAD", pick("AME BRIN CAL DEY")) + field("DBD", fmt.Sprintf("%02d%02d2021", 1+rnd.IntN(12), 1+rnd.IntN(28))) +
		field("DBB", fmt.Sprintf("%02d%02d%d", 1+rnd.IntN(12), 1+rnd.IntN(28), 1950+rnd.IntN(55))) + field("DBC", pick("1 2")) + field("DAY", "BRO") +
		field("DAU", "069 IN") + field("DAG", fmt.Sprintf("%d MAIN STREET", 1+rnd.IntN(9999))) + field("DAI", "AMAUROT") + field("DAJ", "UT") +
		field("DAK", fmt.Sprintf("%09d", rnd.IntN(1e9))) + field("DAQ", number) + field("DCF", number+"0101") + field("DCG", "USA") + "DDEN\nDDFN\nDDGN\r"
	return []byte("@\n\x1e\rANSI 636040090002DL00410" + strconv.Itoa(len(body)) + body)
}

func payloads() [][]byte {
	binary := make([]byte, 100)
	for i := range binary {
		binary[i] = byte(i * 37)
	}
	return [][]byte{[]byte("A"), []byte("PDF417 aus Utopia, 12:30!"), []byte(strings.Repeat("0123456789", 12)), binary, licence(1)}
}

func encode(t testing.TB, data []byte, columns, level int) pdf417.Symbol {
	t.Helper()
	s, err := pdf417.Encode(data, columns, level)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is drawn is read, in every size and turned every way.
func TestDrawnSymbolsAreRead(t *testing.T) {
	t.Parallel()
	r := pdf417.New()
	for i, data := range payloads() {
		for _, columns := range []int{2, 5, 8, 15} {
			s, err := pdf417.Encode(data, columns, 1+i%4)
			if err != nil {
				continue // too much for so few columns
			}
			img, turn := image.Image(s.Image(3)), (i+columns)%4
			for range turn {
				img = quarter(img)
			}
			got, err := r.Decode(t.Context(), img)
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("payload %d, %d columns, %d quarter turns: %q, %v", i, columns, turn, got, err)
			}
		}
	}
}

func quarter(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewGray(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(b.Dy()-1-y, x, img.At(x, y))
		}
	}
	return out
}

func TestNoSymbolIsFoundWhereNoneIs(t *testing.T) {
	t.Parallel()
	r := pdf417.New()
	noise := image.NewGray(image.Rect(0, 0, 400, 300))
	rnd := rand.New(rand.NewPCG(417, 3))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rnd.IntN(256))
	}
	page := specimen.Sample(specimen.TD3, 1, time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)).Render()
	mirrored := image.NewGray(encode(t, licence(1), 8, 4).Image(3).Rect)
	straight := encode(t, licence(1), 8, 4).Image(3)
	for y := range mirrored.Rect.Dy() {
		for x := range mirrored.Rect.Dx() {
			mirrored.Set(x, y, straight.At(mirrored.Rect.Dx()-1-x, y))
		}
	}
	for name, img := range map[string]image.Image{"noise": noise, "a passport": page, "a mirrored symbol": mirrored, "nothing": image.NewGray(image.Rectangle{}), "paper": image.NewGray(image.Rect(0, 0, 500, 500))} {
		if got, err := r.Decode(t.Context(), img); !errors.Is(err, pdf417.ErrAbsent) && !errors.Is(err, pdf417.ErrUnreadable) {
			t.Errorf("%s was read as %q, %v", name, got, err)
		}
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := r.Decode(ended, page); err == nil || err.Error() != "enough" {
		t.Errorf("a context that ended: %v", err)
	}
}

func TestEncodeRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, columns, level int }{{10, 0, 2}, {10, 31, 2}, {10, 3, 9}, {10, 3, -1}, {2000, 10, 2}, {400, 1, 2}} {
		if _, err := pdf417.Encode(bytes.Repeat([]byte{0x81}, c.n), c.columns, c.level); err == nil {
			t.Errorf("%+v was encoded", c)
		}
	}
}

// outside is what ZXing (npm zxing-wasm) wrote and read; testdata/record.mjs recorded it.
type outside struct {
	Wrote []struct {
		Data []byte   `json:"data"`
		Rows []string `json:"rows"` // a row of the symbol each, modules as hexadecimal digits, the last filled up
	} `json:"wrote"`
	Read map[string][]byte `json:"read"` // by the hash of a symbol of ours
}

// Two implementations that know nothing of each other must agree: we read what ZXing wrote, and what we write is, module for
// module, what ZXing has read.
func TestAgreesWithZXing(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/zxing.json")
	if err != nil {
		t.Fatal(err)
	}
	var out outside
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Wrote) < 6 || len(out.Read) < 6 {
		t.Fatalf("the record has %d and %d symbols", len(out.Wrote), len(out.Read))
	}
	r := pdf417.New()
	for i, w := range out.Wrote {
		s := pdf417.Symbol{Rows: len(w.Rows)}
		for _, row := range w.Rows {
			s.Modules = append(s.Modules, modulesOf(t, row))
		}
		if got, err := r.Decode(t.Context(), s.Image(3)); err != nil || !bytes.Equal(got, w.Data) {
			t.Errorf("symbol %d of ZXing: %q, %v; it carries %q", i, got, err, w.Data)
		}
	}
	for _, s := range symbols(t) {
		if got, ok := out.Read[s.hash()]; !ok || !bytes.Equal(got, s.data) {
			t.Errorf("ZXing never read the symbol that carries %.40q, or as %.40q: run testdata/record.mjs", s.data, got)
		}
	}
}

type symbol struct {
	pdf417.Symbol
	data []byte
}

// hash is that of the modules as hexadecimal rows.
func (s symbol) hash() string {
	h := sha256.Sum256([]byte(strings.Join(s.hex(), "\n")))
	return hex.EncodeToString(h[:])
}

func (s symbol) hex() []string {
	rows := make([]string, len(s.Modules))
	for i, row := range s.Modules {
		for from := 0; from < len(row); from += 4 {
			v := 0
			for j := range 4 {
				if v <<= 1; from+j < len(row) && row[from+j] {
					v |= 1
				}
			}
			rows[i] += strconv.FormatInt(int64(v), 16)
		}
	}
	return rows
}

func modulesOf(t *testing.T, row string) []bool {
	t.Helper()
	var out []bool
	for _, c := range row {
		v, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		for bit := 3; bit >= 0; bit-- {
			out = append(out, v>>bit&1 == 1)
		}
	}
	return out[:len(out)/17*17+1]
}

func symbols(t *testing.T) []symbol {
	t.Helper()
	var list []symbol
	for i, data := range payloads() {
		for _, columns := range []int{6, 14} {
			list = append(list, symbol{encode(t, data, columns, i), data})
		}
	}
	return list
}

// TestWriteSymbols writes what record.mjs lets ZXing read; only when asked, by OPENKYC_SYMBOLS=FILE.
func TestWriteSymbols(t *testing.T) {
	name := os.Getenv("OPENKYC_SYMBOLS")
	if name == "" {
		t.Skip("only for testdata/record.mjs")
	}
	list := map[string][]string{}
	for _, s := range symbols(t) {
		list[s.hash()] = s.hex()
	}
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// card is the back of a licence: tinted paper, a magnetic stripe, lines of print, and the symbol with modules of 0.25 mm.
func card(t testing.TB, data []byte) *image.RGBA {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1027, 648))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{232, 236, 228, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 30, 1027, 130), image.NewUniform(color.RGBA{40, 42, 50, 255}), image.Point{}, draw.Src)
	for i := range 8 {
		draw.Draw(img, image.Rect(80, 560+i*9, 300+(i*131)%400, 563+i*9), image.NewUniform(color.RGBA{70, 74, 90, 255}), image.Point{}, draw.Src)
	}
	symbol := encode(t, data, 13, 4).Image(3)
	draw.Draw(img, symbol.Rect.Add(image.Pt((1027-symbol.Rect.Dx())/2, 180)), symbol, image.Point{}, draw.Src)
	return img
}

// TestPhotographs reads licences photographed at three difficulties, seeds from 2001 on, which were used for nothing else.
// What is read must be what was written, without exception. OPENKYC_CARDS asks for more of them:
//
//	OPENKYC_CARDS=100 go test -run Photographs -v ./internal/document/pdf417
func TestPhotographs(t *testing.T) {
	t.Parallel()
	n, first := 3, int64(2001)
	if more := os.Getenv("OPENKYC_CARDS"); more != "" {
		var err error
		if n, err = strconv.Atoi(more); err != nil {
			t.Fatal("OPENKYC_CARDS is a number of cards")
		}
	}
	if from := os.Getenv("OPENKYC_FIRST"); from != "" { // to try things on other seeds than those that are reported
		var err error
		if first, err = strconv.ParseInt(from, 10, 64); err != nil {
			t.Fatal("OPENKYC_FIRST is a seed")
		}
	}
	r := pdf417.New()
	for d, least := range []int{n - n/10, n - n/10, n / 3} {
		read, took := 0, time.Duration(0)
		for i := range n {
			seed := first + int64(i)
			data := licence(uint64(seed))
			shot := specimen.Scene{Difficulty: specimen.Difficulty(d), Seed: seed, Quarters: i % 4}.Photograph(card(t, data))
			img, err := jpeg.Decode(bytes.NewReader(shot.JPEG()))
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			got, err := r.Decode(t.Context(), img)
			took += time.Since(begin)
			switch {
			case err != nil:
				t.Logf("difficulty %d, seed %d: %v", d, seed, err)
			case !bytes.Equal(got, data):
				t.Errorf("difficulty %d, seed %d: read what was not written: %q", d, seed, got)
			default:
				read++
			}
		}
		t.Logf("difficulty %d: %d of %d read, %.0f ms each", d, read, n, float64(took.Milliseconds())/float64(n))
		if read < least {
			t.Errorf("difficulty %d: %d of %d read, at least %d were expected", d, read, n, least)
		}
	}
}

// FuzzDecode: any picture gives bytes or one of the two errors. The picture is a real symbol with bytes written over it.
func FuzzDecode(f *testing.F) {
	s := encode(f, []byte("FUZZ 417"), 3, 2).Image(2)
	f.Add([]byte{1, 2, 3, 4}, uint16(77), uint16(3))
	f.Add([]byte{0, 255}, uint16(0), uint16(1))
	r := pdf417.New()
	f.Fuzz(func(t *testing.T, over []byte, at, step uint16) {
		img := image.NewGray(s.Rect)
		copy(img.Pix, s.Pix)
		for i, v := range over {
			img.Pix[(int(at)+i*int(step))%len(img.Pix)] = v
		}
		if _, err := r.Decode(t.Context(), img); err != nil && !errors.Is(err, pdf417.ErrAbsent) && !errors.Is(err, pdf417.ErrUnreadable) {
			t.Error(err)
		}
	})
}
