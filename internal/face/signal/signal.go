package signal

import (
	"fmt"
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Frame is one picture of a recording. Face is empty where none was seen.
type Frame struct {
	Image *image.RGBA
	Face  image.Rectangle
	AtMS  int64
}

// Name is what a score is about.
type Name string

// The scores.
const (
	Grid   Name = "grid"   // a periodic pattern on the face, as of a screen's or print's dots
	Rhythm Name = "rhythm" // how even the times between frames are: people's devices stumble, programs count
	Return Name = "return" // share of frames that come back after others: a loop, or a recording cut together
	Size   Name = "size"   // share of frames of another size than the first one
	Seen   Name = "seen"   // share of frames that an earlier session had: a recording that is replayed
	Device Name = "device" // what the widget noticed: a camera that is a program, a browser without a screen
)

// Score is one measured value. Suspicion is 0 up to what honest recordings
// reach, 1 from where they never do.
type Score struct {
	Name      Name
	Value     float64
	Suspicion float64
}

func (s Score) String() string { return fmt.Sprintf("%s %.2f (%.2f)", s.Name, s.Value, s.Suspicion) }

// scale says where suspicion begins and where it is complete.
type scale struct{ from, to float64 }

func (s scale) of(v float64) float64 { return math.Min(math.Max((v-s.from)/(s.to-s.from), 0), 1) }

// scales are the limits: suspicion begins above what the honest sessions of
// tuning seeds reached (grid 3.37, returns 0.06, rhythm 0.93). Seen is an exception: one
// of 16 who began again at once had 0.42 in common with a minute before, all others
// 0.25 at most, and 0.12 on another day.
func scales() map[Name]scale {
	return map[Name]scale{
		Grid:   {3.5, 4.2},
		Rhythm: {0.97, 0.995},
		Return: {0.09, 0.3},
		Size:   {0, 0.1},
		Seen:   {0.3, 0.55},
		Device: {0, 1},
	}
}

// Most is what one score can raise the risk to.
const Most = 0.4

// Risk puts scores together as independent doubts, each of which explains a
// recording away by its share.
func Risk(scores []Score) float64 {
	trust := 1.0
	for _, s := range scores {
		trust *= 1 - Most*s.Suspicion
	}
	return 1 - trust
}

// Of makes the score of a value that was measured elsewhere.
func Of(n Name, v float64) Score { return Score{n, v, scales()[n].of(v)} }

// Examine measures a recording. device is nil when the client said nothing of
// itself.
func Examine(frames []Frame, device *kyc.Device) (out []Score) {
	add := func(n Name, v float64, ok bool) {
		if ok {
			out = append(out, Of(n, v))
		}
	}
	grid, ok := texture(frames)
	add(Grid, grid, ok)
	rhythm, ok := evenness(frames)
	add(Rhythm, rhythm, ok)
	returned, ok := returns(frames)
	add(Return, returned, ok)
	size, ok := resized(frames)
	add(Size, size, ok)
	if device != nil {
		add(Device, strange(*device), true)
	}
	return out
}

// strange is how much the widget noticed, 0 to 1. Each of it is the client's
// word and can be false in both directions.
func strange(d kyc.Device) float64 {
	v := 0.0
	if d.Camera != "" {
		v += 0.7
	}
	if d.Automated {
		v += 0.7
	}
	if d.Software {
		v += 0.3
	}
	return math.Min(v, 1)
}

// evenness is 1 minus the variation of the gaps between frames: 1 when all are
// the same to the millisecond.
func evenness(frames []Frame) (float64, bool) {
	const least = 6
	if len(frames) < least {
		return 0, false
	}
	var sum, squares float64
	for i := 1; i < len(frames); i++ {
		gap := float64(frames[i].AtMS - frames[i-1].AtMS)
		sum, squares = sum+gap, squares+gap*gap
	}
	n := float64(len(frames) - 1)
	mean := sum / n
	if mean <= 0 {
		return 0, false
	}
	return math.Max(0, 1-math.Sqrt(math.Max(0, squares/n-mean*mean))/mean), true
}

// resized is the share of frames of another size than the first.
func resized(frames []Frame) (float64, bool) {
	var first image.Point
	n, other := 0, 0
	for _, f := range frames {
		switch {
		case f.Image == nil:
		case n == 0:
			first, n = f.Image.Rect.Size(), 1
		default:
			n++
			if f.Image.Rect.Size() != first {
				other++
			}
		}
	}
	return float64(other) / float64(max(n, 1)), n > 1
}
