package face

import (
	"context"
	"fmt"
	"image"
	"math"
)

// The sides of the squares that the networks take, and how far the detector's
// box is widened for each. The box runs from the brows to the chin.
const (
	landmarkSide  = 112
	landmarkScale = 1.25
	meshSide      = 192
	meshScale     = 1.5
	leastMesh     = 0.5 // score of the mesh network below which there is no face
	maxConfirmed  = 12  // detections looked at more closely, the surest first; bounds the work
)

// landmarks finds the 68 points of a face, in pixels of the picture. The
// square is turned until the eyes are level, since the network knows upright
// faces best, and drawn a second time around the points of the first look:
// alignment decides how well faces can be told apart.
func (r *Room) landmarks(ctx context.Context, img *image.RGBA, face detection) ([]point, error) {
	square := levelSquare(face, landmarkScale, landmarkSide)
	var points []point
	for range 2 {
		out, err := r.models.Run(ctx, roleLandmarks, tensor(cut(img, square, landmarkSide, landmarkSide)))
		if err != nil {
			return nil, fmt.Errorf("face landmarks: %w", err)
		}
		if len(out) != 1 || len(out[0].Data) != 2*landmarkCount {
			return nil, fmt.Errorf("face landmarks: an answer of unexpected shape")
		}
		back := square.invert()
		points = make([]point, landmarkCount)
		for i := range points {
			points[i] = back.apply(point{float64(out[0].Data[2*i]) * landmarkSide, float64(out[0].Data[2*i+1]) * landmarkSide})
		}
		square = landmarkSquare(points)
	}
	return points, nil
}

// landmarkSquare is the square around known landmarks that the network was
// trained on: their bounding box, a little wider, eyes level.
func landmarkSquare(points []point) similarity {
	box, angle := levelBox(points)
	return squareView(box.centre(), 1.15*math.Max(box.W, box.H), angle, landmarkSide)
}

// levelBox is the bounding box of landmarks when the eyes are level, about its
// own centre in the picture, and the angle that they are turned by.
func levelBox(points []point) (box rect, angle float64) {
	right := middle(points[rightEyeOuter:leftEyeInner]...)
	left := middle(points[leftEyeInner:mouthRight]...)
	angle = math.Atan2(left.Y-right.Y, left.X-right.X)
	turned := make([]point, len(points))
	centre := middle(points...)
	sin, cos := math.Sincos(-angle)
	for i, p := range points {
		d := p.sub(centre)
		turned[i] = point{centre.X + d.X*cos - d.Y*sin, centre.Y + d.X*sin + d.Y*cos}
	}
	box = bounds(turned)
	d := box.centre().sub(centre)
	middle := point{centre.X + d.X*cos + d.Y*sin, centre.Y - d.X*sin + d.Y*cos}
	return rect{middle.X - box.W/2, middle.Y - box.H/2, box.W, box.H}, angle
}

// mesh finds the 468 points of a face in space. ok is false when the network
// sees no face in the box.
func (r *Room) mesh(ctx context.Context, img *image.RGBA, face detection) (points []point3, ok bool, err error) {
	square := levelSquare(face, meshScale, meshSide)
	out, err := r.models.Run(ctx, roleMesh, tensor(cut(img, square, meshSide, meshSide)))
	if err != nil {
		return nil, false, fmt.Errorf("face mesh: %w", err)
	}
	if len(out) != 2 || len(out[0].Data) != 3*meshCount || len(out[1].Data) != 1 {
		return nil, false, fmt.Errorf("face mesh: an answer of unexpected shape")
	}
	if !(out[1].Data[0] >= leastMesh) {
		return nil, false, nil
	}
	back, data := square.invert(), out[0].Data
	points = make([]point3, meshCount)
	for i := range points {
		p := back.apply(point{float64(data[3*i]), float64(data[3*i+1])})
		points[i] = point3{p.X, p.Y, float64(data[3*i+2]) * back.factor()}
	}
	return points, true, nil
}

// confirm keeps the detections that the mesh network takes for faces, with
// their meshes. It knows a shoulder or a pattern from a face where the fast
// detector does not.
func (r *Room) confirm(ctx context.Context, img *image.RGBA, found []detection) (faces []detection, meshes [][]point3, err error) {
	for _, d := range found[:min(len(found), maxConfirmed)] {
		points, ok, err := r.mesh(ctx, img, d)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			faces, meshes = append(faces, d), append(meshes, points)
		}
	}
	return faces, meshes, nil
}

// levelSquare is the square about a detected face, with the eyes level when
// the detector knows where they are.
func levelSquare(face detection, scale float64, side int) similarity {
	angle := 0.0
	if len(face.Keys) == fastKeys {
		angle = math.Atan2(face.Keys[1].Y-face.Keys[0].Y, face.Keys[1].X-face.Keys[0].X)
	}
	return squareView(face.Box.centre(), scale*math.Max(face.Box.W, face.Box.H), angle, side)
}

// squareView maps a square of the picture, turned by an angle about its
// centre, onto an upright one of so many pixels.
func squareView(centre point, length, angle float64, side int) similarity {
	s := float64(side) / length
	sin, cos := math.Sincos(-angle)
	half := float64(side) / 2
	return similarity{
		A: s * cos, B: s * sin,
		TX: half - s*(cos*centre.X-sin*centre.Y),
		TY: half - s*(sin*centre.X+cos*centre.Y),
	}
}

// embed describes an aligned face by 128 numbers; near ones are one person.
func (r *Room) embed(ctx context.Context, chip *image.RGBA) ([]float32, error) {
	out, err := r.models.Run(ctx, roleEmbedder, tensor(chip))
	if err != nil {
		return nil, fmt.Errorf("face embedder: %w", err)
	}
	if len(out) != 1 || !usable(out[0].Data) {
		return nil, fmt.Errorf("face embedder: the answer is no embedding")
	}
	return out[0].Data, nil
}

// described is a face with everything that a decision needs.
type described struct {
	detection
	Landmarks []point
	Chip      *image.RGBA // aligned, 150 pixels
	Vector    []float32
	Sharpness float64
	Light     light
}

// describe aligns and measures one face. ok is false when its landmarks
// collapse, which no face does.
func (r *Room) describe(ctx context.Context, img *image.RGBA, face detection) (d described, ok bool, err error) {
	d.detection = face
	if d.Landmarks, err = r.landmarks(ctx, img, face); err != nil {
		return d, false, err
	}
	frame, err := chipTransform(d.Landmarks)
	if err != nil {
		return d, false, nil //nolint:nilerr // a collapsed face is a fact about the picture, not our failure
	}
	d.Chip = cut(img, frame, chipSize, chipSize)
	d.Sharpness = sharpness(d.Chip)
	d.Light = measureLight(img, face.Box)
	d.Vector, err = r.embed(ctx, d.Chip)
	return d, err == nil, err
}
