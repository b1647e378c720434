package face

import (
	"fmt"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// The limits of the moves beside turns; docs/liveness.md has the figures behind them.
const (
	nodBeyond = 10.0 // degrees that the chin must go down from where it rested
	leastNod  = 0.10 // relief nod (see compareRelief) that it must show

	openEyes   = 0.08 // contrast of open eyes at least, or a blink cannot be told
	closedEyes = 0.5  // share of it that is left when they are closed, at most
	levelEyes  = 12.0 // degrees of pitch within which eyes are compared

	leastGrowth   = 1.35 // of the face's height, from farther off to close by
	leastApproach = 0.02 // perspective that it must gain, see approached
	closeBy       = 0.92 // share of the largest face's height from which a frame shows it close by
)

// act is what the frames of one move beside turns showed.
type act struct {
	move  kyc.Move
	fault kyc.Code // "" when it was done
	says  string   // the measures and their limits
	best  int      // the frame that shows it best; -1: none
}

// acts judges every move beside turns by the frames that were taken while it
// was on screen.
func acts(moves []kyc.Move, marks []kyc.FrameMark, frames []frame, reference int) (out []act) {
	for i, move := range moves {
		var shown []int
		for k := range frames {
			if marks[k].Move == i && frames[k].seen() && shows(move, frames[k].pose.Yaw) {
				shown = append(shown, k)
			}
		}
		switch move {
		case kyc.MoveNod:
			out = append(out, nodded(frames, shown, reference))
		case kyc.MoveBlink:
			out = append(out, blinked(frames, shown, reference, openContrast(moves, marks, frames)))
		case kyc.MoveCloser:
			out = append(out, approached(frames, shown, lookedAhead(moves, marks, frames)))
		case kyc.MoveCentre, kyc.MoveLeft, kyc.MoveRight, kyc.MoveLight: // judged elsewhere
		}
	}
	return out
}

// nodded looks for the frame in which the chin was lowest. A flat picture that
// is tilted hardly seems to nod, and shows no relief when it does.
func nodded(frames []frame, shown []int, reference int) act {
	a := act{move: kyc.MoveNod, best: -1, fault: kyc.LivenessChallenge}
	ref := &frames[reference]
	lowest := math.Inf(1)
	for _, k := range shown {
		if p := frames[k].pose.Pitch - ref.pose.Pitch; p < lowest {
			a.best, lowest = k, p
		}
	}
	if a.best < 0 {
		return a
	}
	down := -compareRelief(ref.mesh, frames[a.best].mesh, ref.pose, frames[a.best].pose).Nod
	a.says = fmt.Sprintf("%.0f° down (at least %g°), relief %.2f (at least %.2f)", -lowest, nodBeyond, down, leastNod)
	switch {
	case lowest > -nodBeyond:
	case down < leastNod:
		a.fault = kyc.LivenessStill
	default:
		a.fault = ""
	}
	return a
}

// openContrast is how each eye looks while the person looks straight ahead: the
// median over those frames.
func openContrast(moves []kyc.Move, marks []kyc.FrameMark, frames []frame) (open [2]float64) {
	ahead := lookedAhead(moves, marks, frames)
	for eye := range open {
		var all []float64
		for _, k := range ahead {
			all = append(all, frames[k].eyes[eye])
		}
		if len(all) > 0 {
			open[eye] = median(all)
		}
	}
	return open
}

// lookedAhead are the frames in which the person looks straight ahead while that
// is asked for.
func lookedAhead(moves []kyc.Move, marks []kyc.FrameMark, frames []frame) (ahead []int) {
	for k := range frames {
		if moves[marks[k].Move] == kyc.MoveCentre && frames[k].seen() && shows(kyc.MoveCentre, frames[k].pose.Yaw) {
			ahead = append(ahead, k)
		}
	}
	return ahead
}

// approached compares the frames from close by with those that look straight
// ahead from farther off, each with each, since one pair says little. A flat
// picture grows as a face does, but keeps the perspective that it was taken in.
// Both networks say how much of it was gained; the mesh counts half, because it
// wavers more.
func approached(frames []frame, shown, ahead []int) act {
	a := act{move: kyc.MoveCloser, best: -1, fault: kyc.LivenessChallenge}
	largest := 0.0
	for _, k := range shown {
		if h := faceHeight(frames[k].mesh); h > largest {
			a.best, largest = k, h
		}
	}
	if a.best < 0 || len(ahead) == 0 {
		return a
	}
	var heights, spread, widened []float64
	for _, j := range ahead {
		h := faceHeight(frames[j].mesh)
		heights = append(heights, h)
		if leastGrowth*h > largest {
			continue // on the way back
		}
		for _, k := range shown {
			if faceHeight(frames[k].mesh) >= closeBy*largest {
				spread = append(spread, compareDistance(frames[j].mesh, frames[k].mesh))
				widened = append(widened, compareWidths(frames[j].face.Landmarks, frames[k].face.Landmarks))
			}
		}
	}
	growth := largest / slices.Min(heights)
	if len(spread) == 0 {
		a.says = fmt.Sprintf("%.2f times as large (at least %g)", growth, leastGrowth)
		return a
	}
	mesh, widths := median(spread), median(widened)
	nearer := mesh/2 + widths
	a.says = fmt.Sprintf("%.2f times as large (at least %g), perspective %.3f (at least %g): spread %.3f, widths %.3f", growth, leastGrowth, nearer, leastApproach, mesh, widths)
	if a.fault = ""; nearer < leastApproach {
		a.fault = kyc.LivenessStill
	}
	return a
}

// blinked looks for the frame in which both eyes were closed most. The head must
// be held as it was: whoever looks down hides their eyes, too.
func blinked(frames []frame, shown []int, reference int, open [2]float64) act {
	a := act{move: kyc.MoveBlink, best: -1, fault: kyc.LivenessChallenge}
	if open[0] < openEyes || open[1] < openEyes {
		a.says = fmt.Sprintf("open eyes show a contrast of %.2f and %.2f (at least %.2f)", open[0], open[1], openEyes)
		return a
	}
	least := math.Inf(1)
	for _, k := range shown {
		f := &frames[k]
		left := math.Max(f.eyes[0]/open[0], f.eyes[1]/open[1])
		if math.Abs(f.pose.Pitch-frames[reference].pose.Pitch) <= levelEyes && left < least {
			a.best, least = k, left
		}
	}
	if a.best < 0 {
		return a
	}
	a.says = fmt.Sprintf("%.2f of the eyes' contrast is left (at most %.2f)", least, closedEyes)
	if least <= closedEyes {
		a.fault = ""
	}
	return a
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
