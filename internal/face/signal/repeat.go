package signal

import (
	"image"
	"math"
)

// thumbSide is the side of the small pictures that frames are compared by. The
// noise of a camera is gone at that size, a head that moved by a pixel is not.
const thumbSide = 32

type thumb [thumbSide * thumbSide]float32

// The two frames of a return differ by less than sameWithin grey levels on the
// mean, while some frame between them differs from both by more than apartBy.
const (
	sameWithin = 0.55
	apartBy    = 2.5
)

// returns is the share of frames that come back after others. Nobody holds the
// head twice the same to a tenth of a pixel with a turn between; a loop and a
// recording that was cut together do.
func returns(frames []Frame) (float64, bool) {
	var thumbs []*thumb
	for _, f := range frames {
		if f.Image != nil {
			thumbs = append(thumbs, reduce(f.Image))
		}
	}
	if len(thumbs) < 4 {
		return 0, false
	}
	back := 0
	for j := range thumbs {
		if cameBack(thumbs, j) {
			back++
		}
	}
	return float64(back) / float64(len(thumbs)), true
}

func cameBack(thumbs []*thumb, j int) bool {
	away := false
	for i := j - 1; i >= 0; i-- {
		d := thumbs[i].distance(thumbs[j])
		if away && d < sameWithin {
			return true
		}
		away = away || d > apartBy
	}
	return false
}

// distance is the mean difference in grey levels, once what the whole picture
// is brighter by is taken out.
func (t *thumb) distance(o *thumb) float64 {
	var shift float64
	for i := range t {
		shift += float64(t[i] - o[i])
	}
	shift /= float64(len(t))
	var sum float64
	for i := range t {
		sum += math.Abs(float64(t[i]-o[i]) - shift)
	}
	return sum / float64(len(t))
}

// brightness of a pixel, 256 times as large as its bytes.
func brightness(p []byte) int { return 77*int(p[0]) + 150*int(p[1]) + 29*int(p[2]) }

// reduce makes the small picture of a frame: means of its brightness.
func reduce(img *image.RGBA) *thumb {
	var t thumb
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for j := range thumbSide {
		y0, y1 := j*h/thumbSide, max((j+1)*h/thumbSide, j*h/thumbSide+1)
		for i := range thumbSide {
			x0, x1 := i*w/thumbSide, max((i+1)*w/thumbSide, i*w/thumbSide+1)
			sum := 0
			for y := y0; y < min(y1, h); y++ {
				row := img.Pix[y*img.Stride:]
				for x := x0; x < min(x1, w); x++ {
					sum += brightness(row[4*x:])
				}
			}
			t[j*thumbSide+i] = float32(sum) / 256 / float32((x1-x0)*(y1-y0))
		}
	}
	return &t
}
