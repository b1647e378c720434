package face

import (
	"context"
	"image"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Description is the face that a picture is about.
type Description struct {
	Template  kyc.Template // without a label
	Chip      *image.RGBA  // as the network saw it: aligned, 150 pixels
	Landmarks [][2]float64 // the 68 points, x and y in the picture's pixels
	Others    int          // further faces of comparable size
}

// Appearance estimates age and gender of a described face in its picture.
func (r *Room) Appearance(ctx context.Context, img *image.RGBA, d *Description) (*kyc.Appearance, error) {
	landmarks := make([]point, len(d.Landmarks))
	for i, p := range d.Landmarks {
		landmarks[i] = point{p[0], p[1]}
	}
	return r.appearance(ctx, img, landmarks)
}

// Describe finds and measures the face that a picture is about, whoever took it
// and for whatever: no limit of quality is applied. It is nil when no face is seen.
func (r *Room) Describe(ctx context.Context, img *image.RGBA) (*Description, error) {
	face, err := r.upright(ctx, img, r.findPrinted)
	if err != nil || face == nil {
		return nil, err
	}
	out := &Description{Template: r.template("", face.described), Chip: face.Chip, Others: face.others}
	out.Template.Box = face.box()
	for _, p := range face.Landmarks {
		p = face.unturned(p)
		out.Landmarks = append(out.Landmarks, [2]float64{p.X, p.Y})
	}
	return out, nil
}
