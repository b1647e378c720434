package face

import (
	"math"

	"github.com/openkyc/openkyc/internal/vision"
)

// depthStep thins the mesh for the depth test: neighbours say nearly the same.
const depthStep = 3

// relief is what two frames of one face say about its depth.
type relief struct {
	// Turn is how far the points that stand out have moved against those behind,
	// in units of their height: about two thirds of the sine of the turned angle
	// for a head, near zero for a flat picture. Positive is towards the person's
	// own left, as yaw is.
	Turn float64
	// Nod is the same for the vertical: negative when the chin goes down.
	Nod float64
	// Excess is how much more the face was squeezed than its change of yaw
	// explains, as a share of its width; a picture that is tilted until it seems
	// to turn is squeezed much more than a head that turns.
	Excess float64
}

// compareRelief asks whether a flat picture explains what is seen: the
// landmarks of the reference are mapped onto the other frame's by the best
// homography, which takes out whatever a plane can do, and what remains is
// projected on the motion that the face's own relief predicts for a turn
// (plane and parallax, Irani and Anandan 1998). Meshes that cannot be compared
// prove no depth.
func compareRelief(from, to []point3, before, after pose) relief {
	var a, b []point
	var flat [2][]vision.Point
	var z []float64
	for i := 0; i < len(from); i += depthStep {
		a, b, z = append(a, from[i].flat()), append(b, to[i].flat()), append(z, from[i].Z)
		flat[0], flat[1] = append(flat[0], vision.Point(from[i].flat())), append(flat[1], vision.Point(to[i].flat()))
	}
	h, err := vision.FitHomography(flat[0], flat[1])
	if err != nil {
		return relief{}
	}
	heights := offPlane(a, z)
	scale := faceHeight(to) / faceHeight(from)
	sin, cos := math.Sincos(after.Roll * math.Pi / 180)
	var along, up, whole float64
	for i := range a {
		d := b[i].sub(point(h.Apply(vision.Point(a[i]))))
		nearer := -heights[i] * scale // depth grows away from the camera
		along += (d.X*cos + d.Y*sin) * nearer
		up += (d.X*sin - d.Y*cos) * nearer
		whole += nearer * nearer
	}
	r := relief{Turn: along / whole, Nod: up / whole}
	expected := math.Cos(radians(after.Yaw)) / math.Cos(radians(before.Yaw))
	r.Excess = math.Min(expected, 1/expected) - squeeze(a, b)
	if math.IsNaN(r.Turn+r.Nod+r.Excess) || math.IsInf(r.Turn+r.Nod, 0) {
		return relief{}
	}
	return r
}

func faceHeight(mesh []point3) float64 {
	return mesh[meshForehead].flat().distance(mesh[meshChin].flat())
}

// offPlane gives the depths without the plane that fits them best.
func offPlane(points []point, z []float64) []float64 {
	c := middle(points...)
	var xx, xy, yy, xz, yz, mean float64
	for _, v := range z {
		mean += v / float64(len(z))
	}
	for i, p := range points {
		d := p.sub(c)
		xx, xy, yy = xx+d.X*d.X, xy+d.X*d.Y, yy+d.Y*d.Y
		xz, yz = xz+d.X*(z[i]-mean), yz+d.Y*(z[i]-mean)
	}
	det := xx*yy - xy*xy
	sx, sy := (xz*yy-yz*xy)/det, (yz*xx-xz*xy)/det
	out := make([]float64, len(z))
	for i, p := range points {
		d := p.sub(c)
		out[i] = z[i] - mean - sx*d.X - sy*d.Y
	}
	return out
}

// squeeze is the ratio of the smaller to the larger stretch of the affine map
// that fits best: 1 for a picture that was only moved, turned in itself or scaled.
func squeeze(from, to []point) float64 {
	cf, ct := middle(from...), middle(to...)
	var xx, xy, yy, ux, uy, vx, vy float64
	for i := range from {
		p, q := from[i].sub(cf), to[i].sub(ct)
		xx, xy, yy = xx+p.X*p.X, xy+p.X*p.Y, yy+p.Y*p.Y
		ux, uy, vx, vy = ux+q.X*p.X, uy+q.X*p.Y, vx+q.Y*p.X, vy+q.Y*p.Y
	}
	det := xx*yy - xy*xy
	a, b := (ux*yy-uy*xy)/det, (uy*xx-ux*xy)/det
	c, d := (vx*yy-vy*xy)/det, (vy*xx-vx*xy)/det
	// Singular values of a 2 × 2 matrix in closed form.
	sum, difference := math.Hypot((a+d)/2, (c-b)/2), math.Hypot((a-d)/2, (c+b)/2)
	return math.Abs(sum-difference) / (sum + difference)
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
