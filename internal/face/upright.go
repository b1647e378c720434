package face

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// mostApart is how far the two landmark networks may disagree, as a share of the
// face's height, on a face that stands upright. On 27 photographed and drawn
// faces they disagreed by at most 0.03 upright and by 0.05 at least where they
// had taken a chin for a forehead.
const mostApart = 0.045

// portrait is the face that a picture is about, in the picture turned so that it
// stands upright.
type portrait struct {
	described

	img    *image.RGBA
	turned vision.Rotation // clockwise, from the picture that came
	others int             // further faces of comparable size
}

// finder looks for faces and gives their meshes.
type finder func(context.Context, *image.RGBA) ([]detection, [][]point3, error)

// upright finds and describes the face that a picture is about. A picture
// without an EXIF orientation may lie on its side or stand on its head, and a
// detector takes many a face on its head for one that does not: then the 68
// landmarks and the mesh, which were trained apart, place eyes, nose and mouth
// apart. So where they disagree or nothing is seen, the picture is turned until
// they agree; where they never do, it stays as it came. It is nil where no face
// is seen.
func (r *Room) upright(ctx context.Context, img *image.RGBA, find finder) (*portrait, error) {
	var asItCame *portrait
	for _, turn := range []vision.Rotation{vision.Rotate0, vision.Rotate90, vision.Rotate270, vision.Rotate180} {
		face, apart, err := r.turned(ctx, img, turn, find)
		if err != nil {
			return nil, err
		}
		if face != nil && apart <= mostApart {
			return r.level(ctx, img, face, find)
		}
		if turn == vision.Rotate0 {
			asItCame, find = face, r.confirmed(r.wide) // parts of the picture were looked at once
		}
	}
	return asItCame, nil
}

// level turns a picture whose face was understood though it lies on its side, so
// that people see it upright.
func (r *Room) level(ctx context.Context, img *image.RGBA, face *portrait, find finder) (*portrait, error) {
	_, lean := levelBox(face.Landmarks)
	quarters := int(math.Round(lean / (math.Pi / 2)))
	if quarters == 0 {
		return face, nil
	}
	turn := (face.turned - vision.Rotation(quarters) + 4) % 4
	again, apart, err := r.turned(ctx, img, turn, find)
	if err != nil || again == nil || apart > mostApart {
		return face, err
	}
	return again, nil
}

// turned describes the face of a picture that is turned first, and how far the
// networks disagree about it; nil without a face.
func (r *Room) turned(ctx context.Context, img *image.RGBA, turn vision.Rotation, find finder) (*portrait, float64, error) {
	img = vision.Rotate(img, turn)
	found, meshes, err := find(ctx, img)
	if err != nil {
		return nil, 0, err
	}
	i, ok := chooseIndex(found)
	if !ok {
		return nil, 0, nil
	}
	face, ok, err := r.describe(ctx, img, found[i])
	if err != nil || !ok {
		return nil, 0, err
	}
	p := &portrait{described: face, img: img, turned: turn, others: others(found, found[i])}
	return p, disagreement(face.Landmarks, meshes[i]), nil
}

// confirmed is a way of looking for faces that keeps what the mesh network takes
// for one.
func (r *Room) confirmed(look func(context.Context, *image.RGBA) ([]detection, error)) finder {
	return func(ctx context.Context, img *image.RGBA) ([]detection, [][]point3, error) {
		found, err := look(ctx, img)
		if err != nil {
			return nil, nil, err
		}
		return r.confirm(ctx, img, found)
	}
}

// samePlaces are points that both networks know: of the 68 and of the mesh. Eye
// corners, nose base, corners of the mouth, chin.
func samePlaces() [8][2]int {
	return [8][2]int{{rightEyeOuter, 33}, {rightEyeInner, 133}, {leftEyeInner, 362}, {leftEyeOuter, 263}, {noseBase, 2}, {mouthRight, 61}, {mouthLeft, 291}, {chin, meshChin}}
}

// disagreement is the mean distance between what the two networks say of the
// same places, in heights of the face.
func disagreement(landmarks []point, mesh []point3) (sum float64) {
	places := samePlaces()
	for _, p := range places {
		sum += landmarks[p[0]].distance(mesh[p[1]].flat())
	}
	return sum / float64(len(places)) / faceHeight(mesh)
}

// unturned gives the place in the picture that came of a place in the turned one.
func (p *portrait) unturned(q point) point {
	w, h := float64(p.img.Rect.Dx()), float64(p.img.Rect.Dy())
	switch p.turned {
	case vision.Rotate90:
		return point{q.Y, w - q.X}
	case vision.Rotate180:
		return point{w - q.X, h - q.Y}
	case vision.Rotate270:
		return point{h - q.Y, q.X}
	case vision.Rotate0:
	}
	return q
}

// box is the face's box in the picture that came.
func (p *portrait) box() kyc.Box {
	b := p.Box
	return bounds([]point{p.unturned(point{b.X, b.Y}), p.unturned(point{b.X + b.W, b.Y + b.H})}).whole()
}

// noteTurn records that a picture was turned.
func (p *portrait) noteTurn(measures map[string]string, name string) {
	if p.turned != vision.Rotate0 {
		measures[name+".turned"] = fmt.Sprintf("%d° clockwise", 90*int(p.turned))
	}
}
