package face

import "math"

// meshCount is the number of points of the face mesh.
const meshCount = 468

// point3 is a point of the face mesh: picture pixels, and a depth in the same
// scale that grows away from the camera.
type point3 struct{ X, Y, Z float64 }

func (p point3) flat() point { return point{p.X, p.Y} }

// pose is where a head looks, in degrees: yaw is positive when the person turns
// to their own left (the picture's right), pitch when they look up, roll when
// the head leans clockwise in the picture.
type pose struct{ Yaw, Pitch, Roll float64 }

// The points of the mesh that we name, in the numbering of MediaPipe's canonical face.
const (
	meshNoseTip  = 1
	meshForehead = 10
	meshChin     = 152
)

// meshLean is how far forehead and chin of a head that looks straight ahead lean
// forward in the mesh, in degrees: the mean over the synthetic heads.
const meshLean = 12.0

// meshPairs are points of the right half and their mirror images: the line
// between the two of a pair is the head's own left-right axis whatever the face
// is doing with its mouth.
func meshPairs() [][2]int {
	return [][2]int{
		{33, 263}, {133, 362}, {61, 291}, {234, 454}, {127, 356}, {93, 323}, {132, 361}, {58, 288}, {50, 280}, {70, 300},
	}
}

// meshPose reads the head's axes off the mesh.
func meshPose(mesh []point3) pose {
	var side point3 // from the person's right to their left
	for _, pair := range meshPairs() {
		r, l := mesh[pair[0]], mesh[pair[1]]
		side.X += l.X - r.X
		side.Y += l.Y - r.Y
		side.Z += l.Z - r.Z
	}
	roll := math.Atan2(side.Y, side.X)
	across := math.Hypot(side.X, side.Y)
	top, bottom := mesh[meshForehead], mesh[meshChin]
	// The vertical axis is read after the roll is taken out of it.
	sin, cos := math.Sincos(-roll)
	down := (bottom.X-top.X)*sin + (bottom.Y-top.Y)*cos
	return pose{
		Yaw:   degrees(math.Atan2(side.Z, across)),
		Pitch: degrees(math.Atan2(top.Z-bottom.Z, down)) + meshLean,
		Roll:  degrees(roll),
	}
}

func degrees(radians float64) float64 { return radians * 180 / math.Pi }
