package face

// landmarkCount is the number of points of the 300-W scheme that face-landmarks gives.
const landmarkCount = 68

// The points of the 300-W scheme that we name. Left and right are the person's
// own; the person's right is on the picture's left.
const (
	rightEyeOuter, rightEyeInner = 36, 39
	leftEyeInner, leftEyeOuter   = 42, 45
	noseTip, noseBase            = 30, 33
	mouthRight, mouthLeft        = 48, 54
	chin                         = 8
	rightTemple, leftTemple      = 0, 16
	rightJaw, leftJaw            = 4, 12
	rightNostril, leftNostril    = 31, 35
)

// chipSize is the side of the square that the embedder sees, and chipPadding
// the share of the face's frame that is added on every side.
const (
	chipSize    = 150
	chipPadding = 0.25
)

// chipModel is the mean place of the five alignment points in the unit square,
// as dlib's five point face chip has it (dlib, image_transforms/interpolation.h),
// in the order of chipPoints.
func chipModel() [5]point {
	return [5]point{
		{0.8595674595992, 0.2134981538014}, {0.6460604764104, 0.2289674387677},
		{0.1205750620789, 0.2137274526848}, {0.3340850613712, 0.2290642403242},
		{0.4901123135679, 0.6277975316475},
	}
}

// chipPoints picks the eye corners and the nose's base.
func chipPoints(landmarks []point) []point {
	return []point{
		landmarks[leftEyeOuter], landmarks[leftEyeInner],
		landmarks[rightEyeOuter], landmarks[rightEyeInner], landmarks[noseBase],
	}
}

// chipTransform maps the picture onto the aligned chip. The network was trained
// on exactly this frame: unaligned faces cost it most of its power.
func chipTransform(landmarks []point) (similarity, error) {
	target := make([]point, 0, 5)
	for _, p := range chipModel() {
		target = append(target, point{
			X: (chipPadding + p.X) / (2*chipPadding + 1) * chipSize,
			Y: (chipPadding + p.Y) / (2*chipPadding + 1) * chipSize,
		})
	}
	return fitSimilarity(chipPoints(landmarks), target)
}
