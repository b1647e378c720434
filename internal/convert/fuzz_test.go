package convert

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// again is a decoder in this process that is made anew when a file broke it, and
// now and then, since the module keeps what it allocated.
type again struct {
	kind  Kind
	cache wazero.CompilationCache
	open  opener
	used  int
}

func inProcess(f *testing.F, kind Kind) *again {
	f.Helper()
	home, err := os.UserCacheDir()
	if err != nil {
		home = os.TempDir()
	}
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(home, "openkyc-test-convert"))
	if err != nil {
		f.Fatal(err)
	}
	return &again{kind: kind, cache: cache}
}

func (a *again) file(t *testing.T, data []byte) ([]*image.RGBA, error) {
	if a.open == nil || a.used == 100 {
		config := wazero.NewRuntimeConfig().WithCompilationCache(a.cache).WithMemoryLimitPages(sandboxPages).WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
		open, err := prepare(context.Background(), a.kind, config)
		if err != nil {
			t.Fatal(err)
		}
		a.open, a.used = open, 0
	}
	a.used++
	got, err := a.open(context.Background(), data)
	if err != nil && a.kind == HEIC {
		a.open = nil
	}
	return got, err
}

// bounded holds what comes of a file, whatever it is.
func bounded(t *testing.T, got []*image.RGBA, err error, most int) {
	t.Helper()
	if err != nil && !errors.Is(err, ErrBroken) && !errors.Is(err, ErrLocked) {
		t.Fatalf("the fault is %v", err)
	}
	if err == nil && (len(got) == 0 || len(got) > MaxPages) {
		t.Fatalf("%d pictures", len(got))
	}
	for _, img := range got {
		if img.Rect.Empty() || img.Rect.Dx()*img.Rect.Dy() > most {
			t.Fatalf("a picture of %v", img.Rect)
		}
	}
}

const fuzzed = 64 << 10 // bytes of a file: larger ones only cost time

func FuzzPDF(f *testing.F) {
	for _, h := range hostile() {
		if len(h.file) < 4<<10 && !bytes.Contains(h.file, []byte("/X Do /X Do")) { // not those that are made to take seconds
			f.Add(h.file)
		}
	}
	f.Add(letter(2, "0 0 595 842", bar))
	reader := inProcess(f, PDF)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > fuzzed {
			return
		}
		got, err := reader.file(t, data)
		bounded(t, got, err, PageSide*PageSide)
	})
}

func FuzzHEIC(f *testing.F) {
	file, err := os.ReadFile("testdata/bill.heic")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file[:4000])
	f.Add(file[:600])
	f.Add([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	reader := inProcess(f, HEIC)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > fuzzed || Sniff(data) != HEIC {
			return
		}
		got, err := reader.file(t, data)
		bounded(t, got, err, MaxPixels)
	})
}

// What the other process says is believed only within bounds.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("rd\x01\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00abcdefgh"))
	f.Add([]byte("rl"))
	f.Add([]byte("rb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.Clone(data)
		if len(data) > 14 { // sizes beyond what follows would only cost memory here
			for _, i := range []int{7, 8, 9, 11, 12, 13} {
				data[i] = 0
			}
		}
		got, err := receive(bytes.NewReader(data), func() {})
		if err == nil && len(got) == 0 || err != nil && got != nil {
			t.Fatalf("%d pictures and %v", len(got), err)
		}
	})
}

func FuzzPlan(f *testing.F) {
	f.Add(4032, 3024, spaceYCbCr, chroma420)
	f.Add(1, 1, spaceRGB, 0)
	f.Add(1<<20, 1<<20, spaceGrey, -1)
	f.Fuzz(func(t *testing.T, w, h, space, chroma int) {
		p, err := planOf(w, h, space, chroma)
		if err != nil {
			return
		}
		if p.size < w*h || p.size > 64*MaxPixels || w*h > MaxPixels {
			t.Fatalf("%d × %d take %d bytes", w, h, p.size)
		}
		if w*h < 1<<16 {
			p.picture(make([]byte, p.size), false).At(w-1, h-1)
		}
	})
}
