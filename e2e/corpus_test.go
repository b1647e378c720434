package e2e

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"
)

// hostile is one file that nobody should send.
type hostile struct {
	name string
	data []byte
	sure bool // it must be refused as a bad or too small image; else it may also be a picture of nothing
}

// marker stands in every piece of metadata, for finding it again.
const marker = "HOSTILE-MARKER-7f3a"

// corpus makes the files. The picture that they are made of shows nobody, so
// none may ever pass.
func corpus(t *testing.T) (list []hostile) {
	t.Helper()
	sound := nobody(400, 300)
	var b bytes.Buffer
	if err := png.Encode(&b, sound); err != nil {
		t.Fatal(err)
	}
	jpg, pngs := jpegOf(t, sound), b.Bytes()
	add := func(sure bool, name string, data []byte) { list = append(list, hostile{name, data, sure}) }
	random := rand.New(rand.NewPCG(7, 7))
	for i := range 25 {
		n := len(jpg) * i / 25
		add(true, fmt.Sprintf("JPEG cut after %d bytes", n), jpg[:n])
		n = len(pngs) * i / 25
		add(true, fmt.Sprintf("PNG cut after %d bytes", n), pngs[:n])
	}
	for i := range 45 {
		add(false, fmt.Sprintf("JPEG with flipped bits %d", i), flip(jpg, random, 1+i))
	}
	for i := range 20 {
		add(false, fmt.Sprintf("PNG with flipped bits %d", i), flip(pngs, random, 1+i))
	}
	for i := range 10 {
		wrong := append([]byte{byte(random.IntN(255)), byte(random.IntN(254)), byte(random.IntN(254))}, jpg[3:]...)
		add(true, fmt.Sprintf("wrong magic %d", i), wrong)
	}
	list = append(list, formats(t, jpg)...)
	list = append(list, polyglots(jpg, pngs)...)
	list = append(list, sizes(t)...)
	list = append(list, metadata(jpg)...)
	return list
}

// nobody is a picture of colours and noise.
func nobody(w, h int) *image.RGBA {
	random := rand.New(rand.NewPCG(3, 3))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x*255/w) ^ uint8(random.IntN(16)), uint8(y * 255 / h), uint8((x + y) * 120 / (w + h)), 255})
		}
	}
	return img
}

func flip(data []byte, random *rand.Rand, bits int) []byte {
	out := bytes.Clone(data)
	for range bits {
		out[random.IntN(len(out))] ^= 1 << random.IntN(8)
	}
	return out
}

// formats are files of other kinds, some with a picture inside.
func formats(t *testing.T, jpg []byte) (list []hostile) {
	t.Helper()
	add := func(name string, data []byte) { list = append(list, hostile{name, data, true}) }
	var b bytes.Buffer
	if err := gif.Encode(&b, nobody(400, 300), nil); err != nil {
		t.Fatal(err)
	}
	add("GIF", bytes.Clone(b.Bytes()))
	add("PDF", bill("nothing"))
	add("HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"))
	b.Reset()
	archive := zip.NewWriter(&b)
	for _, name := range []string{"picture.jpg", "../../escape.jpg"} {
		entry, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = entry.Write(jpg)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	add("ZIP of pictures", bytes.Clone(b.Bytes()))
	b.Reset()
	packed := gzip.NewWriter(&b)
	_, _ = io.CopyN(packed, zeros{}, 64<<20)
	_ = packed.Close()
	add("gzip of 64 MB of zeros", bytes.Clone(b.Bytes()))
	box := func(brand string) string { return "\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x00\x00" + brand + "mif1" }
	for name, head := range map[string]string{
		"WebP": "RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00", "HEIC": box("heic"), "AVIF": box("avif"), "MP4": box("isom"), "CR3": box("crx "),
		"PDF": "%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n", "BMP": "BM\x36\x10\x0e\x00", "TIFF": "II*\x00\x08\x00\x00\x00",
		"SVG":  `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><script>alert(1)</script></svg>`,
		"HTML": "<!doctype html><script>alert(1)</script>", "XML with entities": `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`,
		"ELF": "\x7fELF\x02\x01\x01\x00", "shell": "#!/bin/sh\ntouch /tmp/owned\n", "JSON": `{"images":[]}`, "PostScript": "%!PS-Adobe-3.0\n", "JPEG XL": "\xff\x0a", "JPEG 2000": "\x00\x00\x00\x0cjP  \r\n\x87\n",
		"ICO": "\x00\x00\x01\x00\x01\x00", "PSD": "8BPS\x00\x01", "text": "this is not a picture", "a byte order mark": "\xef\xbb\xbf\xff\xd8\xff",
	} {
		add(name, append([]byte(head), jpg...))
	}
	return list
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// polyglots are sound pictures that are something else as well.
func polyglots(jpg, pngs []byte) (list []hostile) {
	add := func(name string, data []byte) { list = append(list, hostile{name, data, false}) }
	script := []byte("<!doctype html><script>/*" + marker + "*/alert(document.domain)</script>")
	add("JPEG and HTML", append(bytes.Clone(jpg), script...))
	add("PNG and HTML", append(bytes.Clone(pngs), script...))
	add("JPEG with HTML in a comment", segmented(jpg, 0xfe, script))
	add("JPEG with HTML in its header", segmented(jpg, 0xe2, script))
	add("PNG with HTML in a text", chunked(pngs, "tEXt", append([]byte("Comment\x00"), script...)))
	add("PNG with XMP", chunked(pngs, "iTXt", append([]byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"), script...)))
	add("JPEG and PHP", append(bytes.Clone(jpg), []byte("<?php system($_GET['c']); ?>")...))
	add("JPEG and JPEG", append(bytes.Clone(jpg), jpg...))
	add("JPEG and PNG", append(bytes.Clone(jpg), pngs...))
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	_, _ = io.CopyN(z, zeros{}, 64<<20)
	_ = z.Close()
	add("PNG with a bomb in a text", chunked(pngs, "zTXt", append([]byte("Comment\x00\x00"), bomb.Bytes()...)))
	add("PNG with a bomb as profile", chunked(pngs, "iCCP", append([]byte("icc\x00\x00"), bomb.Bytes()...)))
	return list
}

// segmented puts a marker segment behind the first two bytes of a JPEG.
func segmented(jpg []byte, kind byte, payload []byte) []byte {
	out := append([]byte{0xff, 0xd8, 0xff, kind}, binary.BigEndian.AppendUint16(nil, uint16(len(payload)+2))...)
	return append(append(out, payload...), jpg[2:]...)
}

// chunk is one chunk of a PNG.
func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// chunked puts a chunk behind the header of a PNG.
func chunked(pngs []byte, kind string, data []byte) []byte {
	const header = 8 + 25
	return append(append(bytes.Clone(pngs[:header]), chunk(kind, data)...), pngs[header:]...)
}

// barePNG has the size that it is told and as many bytes of pixels.
func barePNG(w, h uint32, bits, kind byte, pixels int64) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	var body bytes.Buffer
	z, _ := zlib.NewWriterLevel(&body, zlib.BestSpeed) // the level is one that exists
	_, _ = io.CopyN(z, zeros{}, pixels)
	_ = z.Close()
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, bits, kind, 0, 0, 0))...)
	return append(append(out, chunk("IDAT", body.Bytes())...), chunk("IEND", nil)...)
}

// bareJPEG is grey all over. Its tables make every block two zero bits.
func bareJPEG(frame byte, w, h uint16, components int, scan []byte) []byte {
	out := []byte{0xff, 0xd8}
	segment := func(kind byte, payload ...byte) {
		out = append(binary.BigEndian.AppendUint16(append(out, 0xff, kind), uint16(len(payload)+2)), payload...)
	}
	if components == 4 {
		segment(0xee, append([]byte("Adobe"), 0, 100, 0, 0, 0, 0, 0)...)
	}
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	head := append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{8}, h), w), byte(components))
	start := []byte{byte(components)}
	for i := range components {
		head = append(head, byte(i+1), 0x11, 0)
		start = append(start, byte(i+1), 0)
	}
	segment(frame, head...)
	for _, class := range []byte{0x00, 0x10} {
		segment(0xc4, append(append([]byte{class, 1}, make([]byte, 15)...), 0)...)
	}
	segment(0xda, append(start, 0, 63, 0)...)
	return append(append(out, scan...), 0xff, 0xd9)
}

// sizes are pictures of forms that cost more than they seem to.
func sizes(t *testing.T) (list []hostile) {
	t.Helper()
	add := func(sure bool, name string, data []byte) { list = append(list, hostile{name, data, sure}) }
	add(true, "zero bytes", nil)
	add(true, "one byte", []byte{0xff})
	add(true, "PNG header alone", []byte("\x89PNG\r\n\x1a\n"))
	add(true, "PNG of 100,000×100,000", barePNG(100_000, 100_000, 8, 2, 4096))
	add(true, "PNG of 2³¹−1 a side", barePNG(1<<31-1, 1<<31-1, 16, 6, 4096))
	add(true, "PNG of 0×0", barePNG(0, 0, 8, 2, 10))
	add(true, "PNG of 30,000×1,300 in a few bytes", barePNG(30_000, 1_300, 8, 2, 4096))
	add(true, "PNG of 1×30,000", barePNG(1, 30_000, 8, 0, 60_000))
	add(true, "PNG of fewer pixels than promised", barePNG(2_000, 2_000, 8, 2, 40_000))
	add(true, "PNG of 100×100", barePNG(100, 100, 8, 0, 101*100))
	add(false, "PNG of more pixels than promised", barePNG(400, 300, 8, 0, 64<<20))
	add(false, "PNG of 1×400", barePNG(1, 400, 8, 0, 2*400))
	add(false, "PNG of 19,999×1", barePNG(19_999, 1, 8, 0, 20_000))
	add(false, "PNG of 39 megapixels of nothing", barePNG(6_250, 6_250, 8, 0, 6_251*6_250))
	add(false, "PNG of 16 bits", sixteen(t))
	add(true, "JPEG of 65,535×65,535", bareJPEG(0xc0, 65_535, 65_535, 1, make([]byte, 4096)))
	add(true, "progressive JPEG of 65,535×65,535", bareJPEG(0xc2, 65_535, 65_535, 3, make([]byte, 4096)))
	add(true, "JPEG of 0×0", bareJPEG(0xc0, 0, 0, 1, make([]byte, 10)))
	add(true, "lossless JPEG", bareJPEG(0xc3, 400, 300, 1, make([]byte, 4096)))
	add(true, "JPEG with too little behind its header", bareJPEG(0xc0, 6_000, 6_000, 3, make([]byte, 100)))
	add(false, "JPEG of 400×1", bareJPEG(0xc0, 400, 1, 1, make([]byte, 13)))
	add(false, "CMYK JPEG", bareJPEG(0xc0, 400, 304, 4, make([]byte, 50*38)))
	add(true, "JPEG of two components", bareJPEG(0xc0, 400, 304, 2, make([]byte, 50*38)))
	add(true, "16 MB behind the magic of a JPEG", append([]byte("\xff\xd8\xff\xe0"), make([]byte, 16<<20)...))
	add(true, "11 MB behind the magic of a PNG", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 11<<20)...))
	return list
}

func sixteen(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA64(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// gps is an EXIF block with a place, a name and an orientation.
func gps(order byte) []byte {
	block := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		block = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(block, tag), kind)
		block = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(block, count), value)
	}
	block = binary.LittleEndian.AppendUint16(block, 3)
	entry(0x0112, 3, 1, uint32(order))
	entry(0x010f, 2, uint32(len(marker)), 60)
	entry(0x8825, 4, 1, 8) // the place's directory is this one again: a ring
	return append(append(block, 0, 0, 0, 0), marker...)
}

// metadata are sound pictures with unsound words about them.
func metadata(jpg []byte) (list []hostile) {
	add := func(name string, data []byte) { list = append(list, hostile{name, data, false}) }
	for order := range byte(10) {
		add(fmt.Sprintf("EXIF with orientation %d", order), segmented(jpg, 0xe1, gps(order)))
	}
	random := rand.New(rand.NewPCG(5, 5))
	for i := range 8 {
		junk := []byte("Exif\x00\x00II*\x00")
		for range 100 + 4000*i {
			junk = append(junk, byte(random.IntN(256)))
		}
		add(fmt.Sprintf("EXIF of junk %d", i), segmented(jpg, 0xe1, junk))
	}
	many := jpg
	for range 60 {
		many = segmented(many, 0xe1, bytes.Repeat([]byte(marker+" "), 3000))
	}
	add("sixty segments of 60 kB", many)
	return list
}

// config tells the size of a JPEG, nought when it is none.
func jpegSize(data []byte) (w, h int) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0, 0
	}
	return c.Width, c.Height
}
