package attacks

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// camera takes frames as a device does: its own light, noise and compression.
// The noise is never twice the same.
type camera struct {
	gain    [3]float64
	noise   float64
	quality int
	table   []float32
	rnd     *rand.Rand

	adapts      bool       // exposure and white balance follow what is seen, slowly
	first, gone [3]float64 // what was seen first, and the correction so far
}

// Qualities: what browsers write at 0.7 and above, and what the door stores.
const (
	leastQuality  = 70
	storedQuality = 92
)

func newCamera(rnd *rand.Rand) *camera {
	c := &camera{noise: 0.8 + 3*rnd.Float64()*rnd.Float64(), quality: leastQuality + rnd.IntN(23), rnd: rnd, table: make([]float32, 1<<16)}
	light := 0.7 + 0.4*rnd.Float64()
	for i := range c.gain {
		c.gain[i] = light * (0.94 + 0.12*rnd.Float64())
	}
	for i := range c.table {
		c.table[i] = float32(rnd.NormFloat64())
	}
	return c
}

// frame films a scene.
func (c *camera) frame(img *image.RGBA) (kyc.Picture, error) {
	gain := c.corrected(img)
	out := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		at := c.rnd.IntN(len(c.table) - 3*img.Rect.Dx())
		for x := range img.Rect.Dx() {
			i := y*img.Stride + 4*x
			for k := range 3 {
				v := float64(img.Pix[i+k]) * gain[k]
				out.Pix[i+k] = level(v + c.noise*float64(c.table[at+3*x+k])*(0.6+v/320))
			}
			out.Pix[i+3] = 255
		}
	}
	return c.send(out)
}

// adaptation is the share of a change that a camera makes up for in one frame.
const adaptation = 0.12

// corrected is the gain of a camera that wants what it saw first: each channel
// goes a part of the way back, which dampens coloured light and lags behind it.
func (c *camera) corrected(img *image.RGBA) [3]float64 {
	if !c.adapts {
		return c.gain
	}
	var mean [3]float64
	for i, v := range img.Pix {
		if i%4 < 3 {
			mean[i%4] += float64(v)
		}
	}
	if c.first == [3]float64{} {
		c.first, c.gone = mean, [3]float64{1, 1, 1}
	}
	gain := c.gain
	for k := range gain {
		gain[k] *= c.gone[k]
		c.gone[k] *= math.Pow(c.first[k]/math.Max(mean[k]*c.gone[k], 1), adaptation)
	}
	return gain
}

// send compresses a picture as the browser does, for the door.
func (c *camera) send(img *image.RGBA) (kyc.Picture, error) {
	file, err := vision.EncodeJPEG(img, c.quality)
	if err != nil {
		return kyc.Picture{}, fmt.Errorf("compress a frame: %w", err)
	}
	return stored(file)
}

// stored takes an uploaded frame the way of the door, which draws it anew.
func stored(file []byte) (kyc.Picture, error) {
	img, err := vision.Decode(file, vision.Limits{})
	if err != nil {
		return kyc.Picture{}, fmt.Errorf("open a frame: %w", err)
	}
	if file, err = vision.EncodeJPEG(img, storedQuality); err != nil {
		return kyc.Picture{}, fmt.Errorf("store a frame: %w", err)
	}
	return kyc.Picture{JPEG: file, Width: img.Rect.Dx(), Height: img.Rect.Dy()}, nil
}

// gamma bends a picture's values as screens and printers do that are set differently.
func gamma(img *image.RGBA, g float64) *image.RGBA {
	var bent [256]uint8
	for i := range bent {
		bent[i] = level(255 * math.Pow(float64(i)/255, g))
	}
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = v
		if i%4 != 3 {
			out.Pix[i] = bent[v]
		}
	}
	return out
}
