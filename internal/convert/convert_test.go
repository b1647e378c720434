package convert

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// TestMain plays the other process when it is started as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "convert" {
		if err := Main(context.Background(), Kind(os.Args[2]), os.Args[3], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// cache is kept between runs, as installations keep theirs: compiling PDFium
// takes most of a minute of a busy machine.
func converter(t *testing.T) *Converter {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserCacheDir()
	if err != nil {
		home = os.TempDir()
	}
	return New(Config{Program: []string{self, "convert"}, Cache: filepath.Join(home, "openkyc-test-convert")})
}

// pdf puts objects into a file with its table of them; the first is the catalog.
func pdf(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, table)
	return b.Bytes()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data)
}

// letter is a document of n pages with a black bar each.
func letter(n int, box, content string) []byte {
	kids := make([]string, n)
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "", stream("", content)}
	for i := range kids {
		kids[i] = fmt.Sprintf("%d 0 R", 4+i)
		objects = append(objects, "<</Type/Page/Parent 2 0 R/MediaBox["+box+"]/Contents 3 0 R/Resources<<>>>>")
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), n)
	return pdf("", objects...)
}

const bar = "0 0 0 rg 100 400 395 100 re f"

func TestPDF(t *testing.T) {
	t.Parallel()
	got, err := converter(t).Pictures(t.Context(), PDF, letter(5, "0 0 595 842", bar))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != MaxPages {
		t.Errorf("%d pages, want the first %d", len(got), MaxPages)
	}
	for _, img := range got {
		if img.Rect != image.Rect(0, 0, 1653, PageSide) {
			t.Errorf("a page of A4 has %v", img.Rect)
		}
		if paper, ink := img.RGBAAt(100, 100), img.RGBAAt(826, PageSide*392/842); paper.R != 255 || paper.A != 255 || ink.R != 0 {
			t.Errorf("paper %v, ink %v", paper, ink)
		}
	}
}

// hostile are PDF files that are broken or made to cost much; want is what comes
// of them, nil where a picture may come.
func hostile() map[string]struct {
	file []byte
	want error
} {
	type file = struct {
		file []byte
		want error
	}
	good := letter(1, "0 0 595 842", bar)
	page := func(content string, more ...string) []byte {
		return pdf("", append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
			"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>", stream("", content)}, more...)...)
	}
	// A megabyte of zeros in a few bytes, packed again and again: 450 MB of picture.
	bits := 60000 / 8 * 60000
	picture := func(w, h int) string {
		return stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/FlateDecode", w, h), packed(bits))
	}
	locked := pdf("/Encrypt 4 0 R/ID[<00112233445566778899aabbccddeeff><00112233445566778899aabbccddeeff>]", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", "<</Filter/Standard/V 2/R 3/Length 128/P -4/O<"+strings.Repeat("41", 32)+">/U<"+strings.Repeat("42", 32)+">>>")
	return map[string]file{
		"only its first bytes":    {[]byte("%PDF-1.7\n"), ErrBroken},
		"noise behind its header": {append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0xa5, 0x3c, 0xff}, 30000)...), ErrBroken},
		"cut in the middle":       {good[:len(good)/2], nil},
		"locked":                  {locked, ErrLocked},
		"no pages":                {pdf("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"), ErrBroken},
		"pages of themselves":     {pdf("", "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R/Count 2>>"), nil},
		"a page of kilometres":    {letter(1, "0 0 1e9 1e9", bar), nil},
		"a page like a hair":      {letter(1, "0 0 1 14400", bar), nil},
		"a page turned inside":    {letter(1, "500 500 -20 -20", bar), nil},
		"nested arrays":           {pdf("", "<</Type/Catalog/Pages 2 0 R/X "+strings.Repeat("[", 300000)+strings.Repeat("]", 300000)+">>", "<</Type/Pages/Kids[]/Count 0>>"), ErrBroken},
		"a form that draws itself": {page("/X Do", stream("/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>",
			strings.Repeat("/X Do ", 50))), nil},
		"a picture of 3.6 gigapixels": {page("595 0 0 842 0 0 cm /X Do", picture(60000, 60000)), nil},
		"a picture without an end":    {page("595 0 0 842 0 0 cm /X Do", picture(2_000_000_000, 2_000_000_000)), nil},
		"millions of strokes":         {page(strings.Repeat("0 0 m 595 842 l 595 0 l 0 842 l S ", 400_000), "null"), nil},
		"script, launch and attachment": {pdf("", "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while(true){})>>/AA<</WC<</S/Launch/F(/bin/sh)>>>>/Names<</EmbeddedFiles<</Names[(x) 4 0 R]>>>>>>",
			"<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/AA<</O<</S/URI/URI(http://127.0.0.1:1/)>>>>>>", "<</Type/Filespec/F(x)/EF<</F 5 0 R>>>>", stream("/Type/EmbeddedFile", "MZ")), nil},
	}
}

// packed is n zero bytes, deflated.
func packed(n int) string {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, zlib.BestCompression)
	zeros := make([]byte, 1<<20)
	for ; n > 0; n -= len(zeros) {
		_, _ = w.Write(zeros[:min(n, len(zeros))])
	}
	_ = w.Close()
	return b.String()
}

// What the worst file may cost. The clock is the converter's own and a second.
const (
	worstMemory = 1100 << 10                // kB resident in the other process
	worstTime   = fileTime + 15*time.Second // beside compiling
)

// TestHostilePDF: S3, S7. Each file ends with a fault of its own or a bounded
// picture, within time and memory, and the next file is opened as ever. To save
// time it gives a file one second; OPENKYC_HOSTILE=1 gives what people's files get.
func TestHostilePDF(t *testing.T) {
	t.Parallel()
	c := converter(t)
	if os.Getenv("OPENKYC_HOSTILE") == "" {
		c.patience = time.Second
	}
	var memory int64
	c.ended = func(s *os.ProcessState) { memory = peak(s) }
	for name, h := range hostile() {
		begin := time.Now()
		got, err := c.Pictures(t.Context(), PDF, h.file)
		took := time.Since(begin)
		t.Logf("%s: %d kB of file, %.1f s, %d MB, %d pictures, %v", name, len(h.file)>>10, took.Seconds(), memory>>10, len(got), err)
		if h.want != nil && !errors.Is(err, h.want) || h.want == nil && err != nil && !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v, want %v", name, err, h.want)
		}
		for _, img := range got {
			if b := img.Rect; b.Dx() > PageSide || b.Dy() > PageSide {
				t.Errorf("%s: a picture of %v", name, b)
			}
		}
		if memory > worstMemory || took > worstTime {
			t.Errorf("%s: %d MB and %v", name, memory>>10, took)
		}
	}
}

// A photograph of our own bill, encoded by another party (libheif's heif-enc with
// x265), is the bill.
func TestHEIC(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/bill.heic")
	if err != nil {
		t.Fatal(err)
	}
	if Sniff(file) != HEIC {
		t.Error("it is not told by its first bytes")
	}
	c := converter(t)
	got, err := c.Pictures(t.Context(), HEIC, file)
	if err != nil {
		t.Fatal(err)
	}
	want := specimen.SampleLetter(specimen.UtilityBill, 1, "Anna", "Hollowmere", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)).Render()
	if len(got) != 1 || got[0].Rect != want.Rect {
		t.Fatalf("%d pictures", len(got))
	}
	off := 0
	for i, p := range got[0].Pix {
		off += max(int(p)-int(want.Pix[i]), int(want.Pix[i])-int(p))
	}
	if mean := float64(off) / float64(len(want.Pix)); mean > 2 {
		t.Errorf("a pixel is off by %.1f in the mean", mean)
	}
	rnd := rand.New(rand.NewPCG(7, 7)) //nolint:gosec // noise
	for i := range 6 {
		broken := bytes.Clone(file)
		switch at := bytes.Index(broken, []byte("ispe")); i {
		case 0:
			broken = broken[:len(broken)/3]
		case 1: // 60,000 pixels a side
			copy(broken[at+8:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
		case 2:
			copy(broken[at+8:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		default:
			for range 1 << (i % 8) {
				broken[12+rnd.IntN(len(broken)-12)] ^= byte(1 + rnd.IntN(255))
			}
		}
		got, err := c.Pictures(t.Context(), HEIC, broken)
		if err != nil && !errors.Is(err, ErrBroken) || err == nil && len(got) != 1 || i < 3 && err == nil {
			t.Errorf("damage %d: %d pictures, %v", i, len(got), err)
		}
	}
}

func peak(s *os.ProcessState) int64 {
	if usage, ok := s.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss
	}
	return 0
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]Kind{
		"%PDF-1.7": PDF, "\xef\xbb\xbf%PDF-1.4": PDF, "\x00\x00\x00\x18ftypheic\x00": HEIC, "\x00\x00\x00\x18ftypmif1": HEIC, "\x00\x00\x00\x18ftypavif": "", "\x00\x00\x00\x18ftyp": "",
		"\xff\xd8\xff\xe0": "", "": "", strings.Repeat(" ", 1100) + "%PDF-": "",
	} {
		if got := Sniff([]byte(head)); got != want {
			t.Errorf("%.20q is %q, want %q", head, got, want)
		}
	}
}

// A process that lies is not believed, and one that cannot start is our fault and
// not the file's.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	for _, lie := range []string{"rd\x00\x00\x00\x00", "rd\xff\xff\xff\xff", "rd\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "rd\x01\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00abc", "r", "rx", "rd"} {
		if got, err := receive(strings.NewReader(lie), func() {}); !errors.Is(err, ErrBroken) || got != nil {
			t.Errorf("%q gives %v, %v", lie, got, err)
		}
	}
	if _, err := receive(strings.NewReader("rl"), func() {}); !errors.Is(err, ErrLocked) {
		t.Errorf("locked: %v", err)
	}
	for _, c := range []*Converter{New(Config{Program: []string{"/nowhere/at/all", "convert"}, Cache: t.TempDir()}), New(Config{Program: []string{"/bin/false", "convert"}, Cache: t.TempDir()})} {
		if _, err := c.Pictures(t.Context(), PDF, []byte("%PDF-")); err == nil || errors.Is(err, ErrBroken) {
			t.Errorf("a program that is not there: %v", err)
		}
	}
	open := filepath.Join(t.TempDir(), "open")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o777)); err != nil { //nolint:gosec // what must be refused
		t.Fatal(err)
	}
	if _, err := New(Config{Program: []string{"/bin/false", "convert"}, Cache: open}).Pictures(t.Context(), PDF, []byte("%PDF-")); err == nil || !strings.Contains(err.Error(), "ours alone") {
		t.Errorf("code would be loaded from a folder that all may write to: %v", err)
	}
}
