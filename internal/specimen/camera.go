package specimen

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"sync"

	"golang.org/x/image/draw"
)

// Camera is a YUV4MPEG2 file that Chromium plays as its camera
// (--use-file-for-fake-video-capture). Chromium reads the file anew for every
// frame and loops at its end, so that rewriting the frames in place changes what
// the camera sees within the next frame; a frame read during a Show may be torn.
// Methods may be called from several goroutines.
type Camera struct {
	mu     sync.Mutex
	file   *os.File
	w, h   int
	frames int
	start  int64 // offset of the first frame
}

const (
	frameMark = "FRAME\n"
	maxCamera = 1920 * 1080 // pixels of one frame
	maxLooped = 300         // frames in the file
)

// OpenCamera creates or replaces the file at path with frames grey frames of
// w × h pixels (both even, at most 1920 × 1080) at fps frames a second. Two to
// four frames are enough for a camera that is rewritten while it plays.
func OpenCamera(path string, w, h, fps, frames int) (*Camera, error) {
	if w < 16 || h < 16 || w%2 != 0 || h%2 != 0 || w*h > maxCamera {
		return nil, fmt.Errorf("specimen: camera of %d × %d pixels: sides must be even, at least 16, and the picture at most 1920 × 1080", w, h)
	}
	if fps < 1 || fps > 60 || frames < 1 || frames > maxLooped {
		return nil, fmt.Errorf("specimen: camera with %d frames at %d a second: 1 to %d frames at 1 to 60 a second are possible", frames, fps, maxLooped)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("specimen: camera file: %w", err)
	}
	header := fmt.Sprintf("YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", w, h, fps)
	c := &Camera{file: file, w: w, h: h, frames: frames, start: int64(len(header))}
	_, err = file.WriteAt([]byte(header), 0)
	if err == nil {
		err = c.Show(image.NewUniform(color.Gray{128}))
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("specimen: camera file: %w", err)
	}
	return c, nil
}

// Show fills the camera's picture with img, cutting what sticks out on either
// side, and writes it over every frame of the file.
func (c *Camera) Show(img image.Image) error {
	frame := append([]byte(frameMark), encodeI420(cover(img, c.w, c.h))...)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.frames {
		if _, err := c.file.WriteAt(frame, c.start+int64(i*len(frame))); err != nil {
			return fmt.Errorf("specimen: camera frame: %w", err)
		}
	}
	return nil
}

// Close closes the file and leaves it on the disk for the browser.
func (c *Camera) Close() error { return c.file.Close() }

// cover scales img so that it fills w × h and keeps its middle.
func cover(img image.Image, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	b := img.Bounds()
	if b.Dx() == w && b.Dy() == h || endless(b) {
		draw.Draw(out, out.Rect, img, b.Min, draw.Src)
		return out
	}
	cw, ch := b.Dx(), b.Dx()*h/w
	if ch > b.Dy() {
		cw, ch = b.Dy()*w/h, b.Dy()
	}
	at := b.Min.Add(image.Pt((b.Dx()-cw)/2, (b.Dy()-ch)/2))
	draw.BiLinear.Scale(out, out.Rect, img, image.Rectangle{at, at.Add(image.Pt(cw, ch))}, draw.Src, nil)
	return out
}

// encodeI420 writes studio-range BT.601 (ITU-R BT.601-7, section 2.5.3), which
// is how Chromium reads a camera file: luma 16–235, each chroma sample the mean
// of four pixels.
func encodeI420(img *image.RGBA) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := make([]byte, w*h*3/2)
	luma, cb, cr := out[:w*h], out[w*h:w*h*5/4], out[w*h*5/4:]
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			r, g, b := 0, 0, 0
			for k := range 4 {
				px, py := x+k&1, y+k>>1
				p := img.Pix[py*img.Stride+px*4:]
				pr, pg, pb := int(p[0]), int(p[1]), int(p[2])
				luma[py*w+px] = uint8(16 + (16829*pr+33039*pg+6416*pb+1<<15)>>16)
				r, g, b = r+pr, g+pg, b+pb
			}
			i := y/2*(w/2) + x/2
			cb[i] = uint8(128 + (-9714*r-19071*g+28785*b+1<<17)>>18)
			cr[i] = uint8(128 + (28785*r-24104*g-4681*b+1<<17)>>18)
		}
	}
	return out
}
