package face

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
)

// How the network for age and gender is shown a face: the box around the
// landmarks, a tenth wider on every side (face-api, alignMinBbox).
const (
	appearanceSide   = 112
	appearanceMargin = 0.1
)

// appearance estimates age and gender of a face by its landmarks. The error is
// ours alone: every face looks like some age.
func (r *Room) appearance(ctx context.Context, img *image.RGBA, landmarks []point) (*kyc.Appearance, error) {
	out, err := r.models.Run(ctx, roleAppearance, tensor(appearanceCut(img, landmarks)))
	if err != nil {
		return nil, fmt.Errorf("age and gender: %w", err)
	}
	if len(out) != 2 || len(out[0].Data) != 1 || len(out[1].Data) != 2 {
		return nil, fmt.Errorf("age and gender: an answer of unexpected shape")
	}
	found := kyc.Appearance{Age: float64(out[0].Data[0]), Male: float64(out[1].Data[0])}
	if math.IsNaN(found.Age+found.Male) || math.IsInf(found.Age, 0) {
		return nil, fmt.Errorf("age and gender: the answer is no number")
	}
	return &found, nil
}

// appearanceCut is the face with its eyes level in the middle of a square; what
// lies beside the box is black, as the network was trained.
func appearanceCut(img *image.RGBA, landmarks []point) *image.RGBA {
	box, angle := levelBox(landmarks)
	w, h := box.W*(1+2*appearanceMargin), box.H*(1+2*appearanceMargin)
	side := math.Max(w, h)
	seen := cut(img, squareView(box.centre(), side, angle, appearanceSide), appearanceSide, appearanceSide)
	x, y := blackened(w/side), blackened(h/side)
	out := image.NewRGBA(seen.Rect)
	draw.Draw(out, out.Rect, image.Black, image.Point{}, draw.Src)
	inner := image.Rect(x, y, appearanceSide-x, appearanceSide-y)
	draw.Draw(out, inner, seen, inner.Min, draw.Src)
	return out
}

// blackened is how many pixels on each side lie beside a box of this share.
func blackened(share float64) int { return int(math.Round((1 - share) / 2 * appearanceSide)) }

// AppearanceModel names the network that estimates age and gender.
func (r *Room) AppearanceModel() string {
	return roleAppearance + ":" + r.models.Versions()[roleAppearance]
}

// estimate puts age and gender into a finding whose face is good enough to be
// measured, with what they were told by.
func (r *Room) estimate(ctx context.Context, finding *kyc.Finding, img *image.RGBA, face described) error {
	found, err := r.appearance(ctx, img, face.Landmarks)
	if err != nil {
		return err
	}
	finding.Appearance = found
	finding.Measures["appearance.age"] = fmt.Sprintf("%.1f years", found.Age)
	finding.Measures["appearance.male"] = fmt.Sprintf("%.4f", found.Male)
	finding.Measures["model."+roleAppearance] = r.models.Versions()[roleAppearance]
	return nil
}
