package vision

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// quadrants is the picture of testdata: red, green; blue, light grey.
func quadrants(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range quadrantColours() {
		r := image.Rect(0, 0, w/2, h/2).Add(image.Pt(i%2*w/2, i/2*h/2))
		draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

func quadrantColours() [4]color.RGBA {
	return [4]color.RGBA{{200, 30, 30, 255}, {30, 180, 40, 255}, {40, 50, 190, 255}, {240, 240, 240, 255}}
}

// colourAt names the quadrant colour nearest to a pixel: r, g, b or w; ? when nothing is near.
func colourAt(img *image.RGBA, x, y int) string {
	got := img.RGBAAt(x, y)
	for i, c := range quadrantColours() {
		diff := func(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }
		if diff(got.R, c.R) < 30 && diff(got.G, c.G) < 30 && diff(got.B, c.B) < 30 && got.A == 255 {
			return "rgbw"[i : i+1]
		}
	}
	return "?"
}

// corners reads the four quadrants in reading order.
func corners(img *image.RGBA) string {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	return colourAt(img, w/4, h/4) + colourAt(img, 3*w/4, h/4) + colourAt(img, w/4, 3*h/4) + colourAt(img, 3*w/4, 3*h/4)
}

func encodePNG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func copyInto[T draw.Image](dst T, src image.Image) T {
	draw.Draw(dst, dst.Bounds(), src, src.Bounds().Min, draw.Src)
	return dst
}

func TestDecodeEveryForm(t *testing.T) {
	t.Parallel()
	plain := quadrants(320, 240)
	files := map[string][]byte{
		"jpeg": encodeJPEG(t, plain), "png": encodePNG(t, plain),
		"png 16 bit":   encodePNG(t, copyInto(image.NewNRGBA64(plain.Rect), plain)),
		"png palette":  encodePNG(t, copyInto(image.NewPaletted(plain.Rect, palette()), plain)),
		"jpeg trailer": append(encodeJPEG(t, plain), "<script>alert(1)</script>"...), // motion photos carry films there
	}
	for _, name := range []string{"cmyk.jpg", "progressive.jpg", "subsampled.jpg", "interlaced.png", "deep.png"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	for name, data := range files {
		img, err := Decode(data, Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if img.Rect != plain.Rect || corners(img) != "rgbw" {
			t.Errorf("%s: decoded to %v with the quadrants %s", name, img.Rect, corners(img))
		}
	}
}

func palette() color.Palette {
	p := color.Palette{color.NRGBA{0, 0, 0, 0}}
	for _, c := range quadrantColours() {
		p = append(p, c)
	}
	return p
}

func TestDecodeGrey(t *testing.T) {
	t.Parallel()
	grey := image.NewGray(image.Rect(0, 0, 300, 8))
	for i := range grey.Pix {
		grey.Pix[i] = 77
	}
	deep := copyInto(image.NewGray16(grey.Rect), grey)
	for name, data := range map[string][]byte{"jpeg": encodeJPEG(t, grey), "png": encodePNG(t, grey), "png 16": encodePNG(t, deep)} {
		img, err := Decode(data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := img.RGBAAt(150, 4); got != (color.RGBA{77, 77, 77, 255}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestDecodeFlattensAlphaOnWhite(t *testing.T) {
	t.Parallel()
	half := image.NewNRGBA(image.Rect(0, 0, 300, 2))
	for x := range 300 {
		half.SetNRGBA(x, 0, color.NRGBA{0, 0, 0, 128}) // second row: fully transparent
	}
	paletted := image.NewPaletted(half.Rect, color.Palette{color.NRGBA{0, 0, 0, 128}, color.NRGBA{9, 9, 9, 0}})
	for x := range 300 {
		paletted.SetColorIndex(x, 1, 1)
	}
	for name, src := range map[string]image.Image{"nrgba": half, "palette": paletted} {
		img, err := Decode(encodePNG(t, src), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		top, bottom := img.RGBAAt(5, 0), img.RGBAAt(5, 1)
		if top.R < 126 || top.R > 128 || top.A != 255 || bottom != (color.RGBA{255, 255, 255, 255}) {
			t.Errorf("%s: half black is %v, transparent is %v", name, top, bottom)
		}
	}
}

// withEXIF inserts an APP1 segment with just an orientation, and a secret that must not survive re-encoding.
func withEXIF(file []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, tag := range []uint16{0x010e, 0x0112} { // an entry before ours must be skipped
		tiff = order.AppendUint16(tiff, tag)
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, orientation)
		tiff = order.AppendUint16(tiff, 0)
	}
	payload := append(append([]byte("Exif\x00\x00"), tiff...), "GPS-SECRET"...)
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(payload)+2))
	return append(append(out, payload...), file[2:]...)
}

func TestDecodeAppliesOrientation(t *testing.T) {
	t.Parallel()
	file := encodeJPEG(t, quadrants(320, 240))
	// What a viewer shows, by the EXIF definition of where row 0 and column 0 lie.
	want := map[uint16]string{0: "rgbw", 1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 9: "rgbw"}
	for orientation, quads := range want {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			img, err := Decode(withEXIF(file, order, orientation), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			turned := orientation >= 5 && orientation <= 8
			if corners(img) != quads || (img.Rect.Dx() == 240) != turned {
				t.Errorf("orientation %d (%v): %s in %v, want %s", orientation, order, corners(img), img.Rect, quads)
			}
		}
	}
}

func TestRotateAndMirror(t *testing.T) {
	t.Parallel()
	whole := quadrants(320, 240)
	sub, ok := whole.SubImage(image.Rect(80, 60, 240, 180)).(*image.RGBA)
	if !ok {
		t.Fatal("no sub-image")
	}
	for _, img := range []*image.RGBA{whole, sub} {
		for r, want := range []string{"rgbw", "brwg", "wbgr", "gwrb"} {
			if got := corners(Rotate(img, Rotation(r))); got != want {
				t.Errorf("rotation %d of %v: %s, want %s", r, img.Rect, got, want)
			}
		}
		if got := corners(Mirror(img)); got != "grwb" {
			t.Errorf("mirrored: %s", got)
		}
	}
	if got := Crop(whole, image.Rect(300, 200, 1000, 1000)); got.Rect != image.Rect(0, 0, 20, 40) || colourAt(got, 5, 5) != "w" {
		t.Errorf("crop: %v", got.Rect)
	}
}

// pngChunk frames a chunk of a PNG.
func pngChunk(name string, payload []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	out = append(append(out, name...), payload...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// rawPNG makes a greyscale PNG whose compressed data holds just as many zero bytes as asked.
func rawPNG(w, h uint32, zeros int) []byte {
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	_, _ = zw.Write(make([]byte, zeros))
	_ = zw.Close()
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	out := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(ihdr, 8, 0, 0, 0, 0))...)
	return append(append(out, pngChunk("IDAT", z.Bytes())...), pngChunk("IEND", nil)...)
}

// progressiveBomb is a small JPEG whose every 26 bytes make the decoder walk over all blocks of a large picture.
func progressiveBomb(side uint16, scans int) []byte {
	out := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	out = append(out, bytes.Repeat([]byte{1}, 64)...)
	out = append(out, 0xff, 0xc2, 0, 11, 8, byte(side>>8), byte(side), byte(side>>8), byte(side), 1, 1, 0x11, 0)
	table := func(class, symbol byte) []byte { // one symbol, one bit
		t := append([]byte{0xff, 0xc4, 0, 20, class, 1}, make([]byte, 15)...)
		return append(t, symbol)
	}
	out = append(append(out, table(0x00, 0)...), table(0x10, 0xe0)...)
	blocks := int(side) / 8 * (int(side) / 8)
	out = append(out, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0)
	out = append(out, make([]byte, blocks/8+1)...)
	for range scans {
		out = append(out, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0)
		out = append(out, make([]byte, 2*(blocks>>14)+2)...) // end-of-band runs of 16,384 blocks
	}
	return append(out, 0xff, 0xd9)
}

func wantCode(t *testing.T, err error, code kyc.Code) {
	t.Helper()
	var bad *ImageError
	if !errors.As(err, &bad) || bad.Code != code {
		t.Errorf("error %v, want code %s", err, code)
		return
	}
	if kyc.KindOf(err) == kyc.Internal || kyc.SafeMessage(err) == "" {
		t.Errorf("error %v cannot be shown to the person", err)
	}
}

// S3: a pixel flood is refused by its header, before anything is allocated for it.
func TestS3PixelFloodCostsNothing(t *testing.T) { // not parallel: measures the allocations of the process
	flood := rawPNG(100_000, 100_000, 2_000_000)
	if len(flood) > 10_000 {
		t.Fatalf("the flood has %d bytes, it should be a few kB", len(flood))
	}
	// The other two are within the limits by their headers, but no such picture fits into so few bytes.
	hollow := progressiveBomb(6000, 0)[:300]
	for name, data := range map[string][]byte{"flood": flood, "hollow png": rawPNG(6000, 6000, 100), "hollow jpeg": hollow} {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		begin := time.Now()
		_, err := Decode(data, Limits{})
		took := time.Since(begin)
		goruntime.ReadMemStats(&after)
		wantCode(t, err, kyc.BadImage)
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 50<<20 || took > 100*time.Millisecond {
			t.Errorf("%s cost %d bytes and %v; S3 allows 50 MB and 100 ms", name, spent, took)
		}
	}
	_, err := Decode(flood, Limits{})
	if kyc.KindOf(err) != kyc.TooLarge {
		t.Errorf("kind %s", kyc.KindOf(err))
	}
}

// S2, S7: whatever is not a sound picture gives a clear error.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	soundJPEG, soundPNG := encodeJPEG(t, quadrants(320, 240)), encodePNG(t, quadrants(320, 240))
	cases := map[string]struct {
		data []byte
		code kyc.Code
	}{
		"empty":            {nil, kyc.BadImage},
		"gif":              {[]byte("GIF89a\x00\x04\x00\x04"), kyc.BadImage},
		"svg":              {[]byte("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), kyc.BadImage},
		"html before jpeg": {append([]byte("<html>"), soundJPEG...), kyc.BadImage},
		"pdf":              {[]byte("%PDF-1.7\n"), kyc.BadImage},
		"magic only jpeg":  {soundJPEG[:3], kyc.BadImage},
		"magic only png":   {soundPNG[:8], kyc.BadImage},
		"half a jpeg":      {soundJPEG[:len(soundJPEG)/2], kyc.BadImage},
		"half a png":       {soundPNG[:len(soundPNG)/2], kyc.BadImage},
		"bad checksum":     {flipped(soundPNG, 20), kyc.BadImage},
		"no width":         {rawPNG(0, 400, 400), kyc.BadImage},
		"idat bomb":        {rawPNG(300, 300, 14_000_000), kyc.BadImage},
		"idat too short":   {rawPNG(300, 300, 100), kyc.BadImage},
		"empty plane":      {rawPNG(6000, 6000, 100), kyc.BadImage},
		"long line":        {rawPNG(30_000, 2, 60_002), kyc.BadImage},
		"too many bytes":   {append(soundJPEG[:len(soundJPEG):len(soundJPEG)], make([]byte, 16<<20)...), kyc.BadImage},
		"299 pixels":       {encodePNG(t, quadrants(299, 299)), kyc.TooSmallImage},
		"truncated bomb":   {progressiveBomb(8000, 0)[:4000], kyc.BadImage},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			img, err := Decode(c.data, Limits{})
			if img != nil {
				t.Error("a picture came out")
			}
			wantCode(t, err, c.code)
		})
	}
	if _, err := Decode(encodePNG(t, quadrants(300, 10)), Limits{}); err != nil {
		t.Errorf("300 pixels are enough: %v", err)
	}
}

func flipped(data []byte, at int) []byte {
	out := bytes.Clone(data)
	out[at] ^= 1
	return out
}

// A file cut anywhere is a clean error or, where only the end mark is missing, a picture.
func TestDecodeEveryTruncation(t *testing.T) {
	t.Parallel()
	for _, whole := range [][]byte{encodeJPEG(t, quadrants(304, 16)), encodePNG(t, quadrants(304, 16))} {
		for n := range whole {
			img, err := Decode(whole[:n], Limits{})
			if (img == nil) == (err == nil) {
				t.Fatalf("%d bytes: picture and error, or neither: %v", n, err)
			}
			if err != nil {
				wantCode(t, err, kyc.BadImage)
			}
		}
	}
}

// S7: a JPEG that is small and legal but endless stops at the deadline.
func TestDecodeStopsAtDeadline(t *testing.T) {
	t.Parallel()
	if _, err := Decode(progressiveBomb(800, 3), Limits{}); err != nil {
		t.Fatalf("the bomb is not a legal JPEG: %v", err)
	}
	bomb := progressiveBomb(4000, 50_000)
	begin := time.Now()
	_, err := Decode(bomb, Limits{Timeout: 200 * time.Millisecond})
	wantCode(t, err, kyc.BadImage)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := DecodeContext(ctx, bomb, Limits{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the caller's context", err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("two decodings of 200 ms took %v", took)
	}
}

func TestDecodeMemoryLimit(t *testing.T) {
	t.Parallel()
	_, err := Decode(progressiveBomb(4000, 0), Limits{MaxMemory: 100 << 20}) // 16 MP: 64 MB result, 80 MB coefficients
	wantCode(t, err, kyc.BadImage)
	if kyc.KindOf(err) != kyc.TooLarge {
		t.Errorf("kind %s", kyc.KindOf(err))
	}
}

// S4: nothing but pixels survives re-encoding.
func TestS4EncodeJPEGStripsEverything(t *testing.T) {
	t.Parallel()
	file := withEXIF(encodeJPEG(t, quadrants(320, 240)), binary.LittleEndian, 6)
	file = append(file, "<html><script>alert(1)</script>"...)
	img, err := Decode(file, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := EncodeJPEG(img, 90)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"Exif", "GPS-SECRET", "script", "html"} {
		if strings.Contains(string(out), s) {
			t.Errorf("%q survived", s)
		}
	}
	again, err := Decode(out, Limits{})
	if err != nil || corners(again) != "brwg" {
		t.Errorf("after re-encoding: %v", err)
	}
	sub := img.SubImage(image.Rect(10, 10, 60, 60))
	if out, err = EncodeJPEG(sub, 90); err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(out)); err != nil || c.Width != 50 {
		t.Errorf("a part of a picture was stored as %v, %v", c, err)
	}
	for _, quality := range []int{0, 101} {
		if _, err := EncodeJPEG(img, quality); err == nil {
			t.Errorf("quality %d accepted", quality)
		}
	}
	if _, err := EncodeJPEG(image.NewRGBA(image.Rectangle{}), 90); err == nil {
		t.Error("an empty picture was stored")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeJPEG(f, quadrants(32, 24)))
	f.Add(encodePNG(f, quadrants(32, 24)))
	f.Add(withEXIF(encodeJPEG(f, quadrants(32, 24)), binary.BigEndian, 6))
	f.Add(rawPNG(64, 64, 65*64))
	f.Add(progressiveBomb(64, 3))
	limits := Limits{MaxPixels: 1 << 14, MinLongSide: 1, Timeout: 200 * time.Millisecond}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := Decode(data, limits)
		if err != nil {
			var bad *ImageError
			if img != nil || !errors.As(err, &bad) {
				t.Fatalf("error %v is not an ImageError, or a picture came with it", err)
			}
			return
		}
		if n := img.Rect.Dx() * img.Rect.Dy(); n == 0 || n > limits.MaxPixels || !img.Opaque() || img.Rect.Min != (image.Point{}) {
			t.Fatalf("decoded to %v, opaque %v", img.Rect, img.Opaque())
		}
	})
}

func FuzzEXIFOrientation(f *testing.F) {
	f.Add(withEXIF([]byte{0xff, 0xd8}, binary.LittleEndian, 6)[12:])
	f.Add(withEXIF([]byte{0xff, 0xd8}, binary.BigEndian, 3)[12:])
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := exifOrientation(data); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
	})
}

// The header alone decides whether a file is decoded at all.
func FuzzHeader(f *testing.F) {
	f.Add(encodeJPEG(f, quadrants(32, 24)))
	f.Add(encodePNG(f, quadrants(32, 24)))
	f.Add(rawPNG(60000, 60000, 100))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, _, err := readHeader(data)
		if err != nil {
			return
		}
		if h.orientation < 1 || h.orientation > 8 {
			t.Fatalf("orientation %d", h.orientation)
		}
		if h.check(Limits{}.withDefaults(), len(data)) == nil && (h.width*h.height > 40_000_000 || h.memory > 512<<20 || h.memory < h.width*h.height) {
			t.Fatalf("%d × %d pixels in %d bytes are let in", h.width, h.height, h.memory)
		}
	})
}
