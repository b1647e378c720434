package face

import "math"

// planeStep thins the mesh for the plane test: neighbours say nearly the same.
const planeStep = 3

// planeResidual is how badly a flat picture would explain what is seen: the
// landmarks of one frame are mapped onto another's by the best homography, and
// what remains, as root mean square, is given as a share of the face's height.
// A plane that is moved, tilted or turned before the camera leaves only the
// noise of the landmarks; a head that turns moves its nose against its eyes
// and cheeks, which no homography does (Hartley and Zisserman 2003, ch. 13).
func planeResidual(from, to []point3) float64 {
	var a, b []point
	for i := 0; i < len(from); i += planeStep {
		a, b = append(a, from[i].flat()), append(b, to[i].flat())
	}
	h, err := fitHomography(a, b)
	if err != nil {
		return 0 // collapsed landmarks prove no depth
	}
	var sum float64
	for i := range a {
		d := h.apply(a[i]).distance(b[i])
		sum += d * d
	}
	height := to[meshForehead].flat().distance(to[meshChin].flat())
	if residual := math.Sqrt(sum/float64(len(a))) / height; residual >= 0 && !math.IsInf(residual, 0) {
		return residual
	}
	return 0
}
