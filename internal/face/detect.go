package face

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
	"github.com/openkyc/openkyc/internal/vision/kernel"
)

// detection is one face as a detector saw it, in pixels of the picture.
type detection struct {
	Box   rect
	Score float64 // 0 to 1
	// Keys are the eye on the picture's left, the other eye, nose tip, mouth,
	// the ear on the picture's left, the other ear; empty when the detector
	// gives boxes alone.
	Keys []point
}

// mirrored is the same face in a picture of that width whose left and right were
// exchanged.
func (d detection) mirrored(width float64) detection {
	d.Box.X = width - d.Box.X - d.Box.W
	keys := make([]point, len(d.Keys))
	for i, p := range d.Keys {
		keys[i] = point{width - p.X, p.Y}
	}
	if len(keys) == fastKeys { // eyes and ears change places
		keys[0], keys[1], keys[4], keys[5] = keys[1], keys[0], keys[5], keys[4]
	}
	d.Keys = keys
	return d
}

// The detector's side and thresholds.
const (
	fastSide  = 256
	fastKeys  = 6
	leastFace = 0.5 // score of anything that counts as a face
	sureFace  = 0.8 // chosen before any less sure face, however large
	sameFace  = 0.3 // overlap of two boxes of one face
)

// fast looks for faces with the small detector in a part of the picture (the
// whole of it when the part is the picture's rectangle); what reaches beyond
// the picture is seen as black.
func (r *Room) fast(ctx context.Context, img *image.RGBA, part rect) ([]detection, error) {
	side := math.Max(part.W, part.H)
	square := rect{part.X - (side-part.W)/2, part.Y - (side-part.H)/2, side, side}
	out, err := r.models.Run(ctx, roleDetector, tensor(cutSquare(img, square, fastSide)))
	if err != nil {
		return nil, fmt.Errorf("face detector: %w", err)
	}
	if len(out) != 3 || len(out[1].Data) != 2*fastKeys*len(out[2].Data) {
		return nil, fmt.Errorf("face detector: %d outputs of an unexpected shape", len(out))
	}
	boxes, points, scores := out[0].Data, out[1].Data, out[2].Data
	found, err := candidates(boxes, scores, square)
	if err != nil {
		return nil, fmt.Errorf("face detector: %w", err)
	}
	for i := range found {
		d := &found[i].detection
		for k := range fastKeys {
			at := 2 * (found[i].index*fastKeys + k)
			d.Keys = append(d.Keys, point{square.X + float64(points[at])*side, square.Y + float64(points[at+1])*side})
		}
	}
	return merge(bare(found)), nil
}

// candidate is a detection with its place in the network's answer.
type candidate struct {
	detection
	index int
}

// candidates reads left, top, right, bottom as parts of the square that the
// network saw. A score or side that is not a number is no face.
func candidates(boxes, scores []float32, square rect) ([]candidate, error) {
	if len(boxes) != 4*len(scores) {
		return nil, fmt.Errorf("%d numbers for the boxes of %d candidates", len(boxes), len(scores))
	}
	var found []candidate
	for i, score := range scores {
		if !(score >= leastFace) {
			continue
		}
		b := boxes[4*i : 4*i+4]
		box := rect{
			square.X + float64(b[0])*square.W, square.Y + float64(b[1])*square.H,
			float64(b[2]-b[0]) * square.W, float64(b[3]-b[1]) * square.H,
		}
		if box.W >= 2 && box.H >= 2 {
			found = append(found, candidate{detection{Box: box, Score: float64(score)}, i})
		}
	}
	return found, nil
}

func bare(found []candidate) []detection {
	out := make([]detection, len(found))
	for i, c := range found {
		out[i] = c.detection
	}
	return out
}

// merge joins the detections of one face into their mean, weighted by score
// (Bazarevsky et al. 2019): it shakes less from frame to frame than keeping
// only the best one.
func merge(found []detection) []detection {
	slices.SortStableFunc(found, func(a, b detection) int { return cmp.Compare(b.Score, a.Score) })
	var kept []detection
	for len(found) > 0 {
		best := found[0].Box
		var group, rest []detection
		for i, d := range found {
			if i == 0 || d.Box.overlap(best) >= sameFace {
				group = append(group, d)
			} else {
				rest = append(rest, d)
			}
		}
		kept = append(kept, mean(group))
		found = rest
	}
	return kept
}

// mean of one face's detections; the score is the best one's.
func mean(group []detection) detection {
	var total float64
	for _, d := range group {
		total += d.Score
	}
	out := detection{Score: group[0].Score, Keys: make([]point, len(group[0].Keys))}
	for _, d := range group {
		w := d.Score / total
		out.Box.X += w * d.Box.X
		out.Box.Y += w * d.Box.Y
		out.Box.W += w * d.Box.W
		out.Box.H += w * d.Box.H
		for k := range out.Keys {
			out.Keys[k] = out.Keys[k].add(d.Keys[k].scale(w))
		}
	}
	return out
}

// find looks at the whole picture, and at last in overlapping parts, as for
// small faces.
func (r *Room) find(ctx context.Context, img *image.RGBA) ([]detection, error) {
	if found, err := r.wide(ctx, img); err != nil || len(found) > 0 {
		return found, err
	}
	return r.findSmall(ctx, img)
}

// wide looks at the whole picture; when it sees nothing, again with a border, as
// for faces that fill the picture.
func (r *Room) wide(ctx context.Context, img *image.RGBA) (found []detection, err error) {
	whole := wholeOf(img)
	for _, part := range []rect{whole, whole.grow(0.5)} {
		if found, err = r.fast(ctx, img, part); err != nil || len(found) > 0 {
			break
		}
	}
	return found, err
}

// findSmall looks through overlapping squares of the picture, for faces that
// are too small for the detector in the whole of it.
func (r *Room) findSmall(ctx context.Context, img *image.RGBA) ([]detection, error) {
	var all []detection
	for _, part := range tiles(float64(img.Rect.Dx()), float64(img.Rect.Dy())) {
		found, err := r.fast(ctx, img, part)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			// A face cut by the tile's edge is seen whole by the next tile.
			if d.Box.grow(-0.1).within(part) {
				all = append(all, d)
			}
		}
	}
	return merge(all), nil
}

// tiles covers a picture by squares of half its long side that overlap by at
// least half: never more than nine.
func tiles(w, h float64) (parts []rect) {
	side := max(w, h) / 2
	for _, y := range starts(h, side) {
		for _, x := range starts(w, side) {
			parts = append(parts, rect{x, y, min(side, w), min(side, h)})
		}
	}
	return parts
}

// starts spreads squares evenly over a length, overlapping by at least half.
func starts(length, side float64) []float64 {
	if side >= length {
		return []float64{0}
	}
	n := int(math.Ceil((length - side) / (side / 2)))
	var out []float64
	for i := range n + 1 {
		out = append(out, float64(i)*(length-side)/float64(n))
	}
	return out
}

func wholeOf(img *image.RGBA) rect { return rect{0, 0, float64(img.Rect.Dx()), float64(img.Rect.Dy())} }

// choose picks the face that a picture is about: sure ones first, then the
// largest. The largest alone is at times a pattern on a shirt.
func choose(found []detection) (best detection, ok bool) {
	i, ok := chooseIndex(found)
	if !ok {
		return detection{}, false
	}
	return found[i], true
}

// chooseIndex is choose, for who has more to a face than its detection.
func chooseIndex(found []detection) (best int, ok bool) {
	for i, d := range found {
		better := d.Box.area() > found[best].Box.area()
		if sure := d.Score >= sureFace; sure != (found[best].Score >= sureFace) {
			better = sure
		}
		if !ok || better {
			best, ok = i, true
		}
	}
	return best, ok
}

// comparableFace is the share of the chosen face's size from which another one
// is not just somebody in the background.
const comparableFace = 0.5

// others counts the further faces of comparable size.
func others(found []detection, chosen detection) (n int) {
	for _, d := range found {
		if d.Box != chosen.Box && math.Sqrt(d.Box.area()) >= comparableFace*math.Sqrt(chosen.Box.area()) {
			n++
		}
	}
	return n
}

// tensor lays a square picture out as the face networks take it: planes red,
// green, blue with the plain values; each normalises inside.
func tensor(img *image.RGBA) vision.Tensor {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	data := make([]float32, 3*w*h)
	red, green, blue := data[:w*h], data[w*h:2*w*h], data[2*w*h:]
	for y := range h {
		at := y * w
		kernel.Planes(red[at:at+w], green[at:at+w], blue[at:at+w], img.Pix[y*img.Stride:][:4*w])
	}
	return vision.Tensor{Shape: []int64{1, 3, int64(h), int64(w)}, Data: data}
}
