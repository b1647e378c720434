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

// parallax is what no flat picture can do between two frames of a face: the
// landmarks of the first are mapped onto the second's by the best homography,
// which takes out whatever a plane can do, and what is left stands beside the
// relief that would explain it (plane and parallax, Irani and Anandan 1998).
type parallax struct {
	from, to []point   // landmarks in the two frames
	left     []point   // of each, in heights of the second frame's face
	nearer   []float64 // how far each stands out, in heights of the first one's
}

// offPlanes compares two meshes; ok is false where they cannot be.
func offPlanes(from, to []point3) (p parallax, ok bool) {
	var flat [2][]vision.Point
	var z []float64
	for i := 0; i < len(from); i += depthStep {
		p.from, p.to, z = append(p.from, from[i].flat()), append(p.to, to[i].flat()), append(z, from[i].Z)
		flat[0], flat[1] = append(flat[0], vision.Point(from[i].flat())), append(flat[1], vision.Point(to[i].flat()))
	}
	h, err := vision.FitHomography(flat[0], flat[1])
	if err != nil {
		return p, false
	}
	unit := faceHeight(to)
	for _, d := range offPlane(p.from, z) {
		p.nearer = append(p.nearer, -d/faceHeight(from)) // depth grows away from the camera
	}
	for i, a := range flat[0] {
		p.left = append(p.left, p.to[i].sub(point(h.Apply(a))).scale(1/unit))
	}
	return p, true
}

// compareRelief projects what no plane explains on the motion that the face's
// own relief predicts for a turn and for a nod. Meshes that cannot be compared
// prove no depth.
func compareRelief(from, to []point3, before, after pose) relief {
	p, ok := offPlanes(from, to)
	if !ok {
		return relief{}
	}
	sin, cos := math.Sincos(radians(after.Roll))
	var along, up, whole float64
	for i, d := range p.left {
		along += (d.X*cos + d.Y*sin) * p.nearer[i]
		up += (d.X*sin - d.Y*cos) * p.nearer[i]
		whole += p.nearer[i] * p.nearer[i]
	}
	r := relief{Turn: along / whole, Nod: up / whole}
	expected := math.Cos(radians(after.Yaw)) / math.Cos(radians(before.Yaw))
	r.Excess = math.Min(expected, 1/expected) - squeeze(p.from, p.to)
	if math.IsNaN(r.Turn+r.Nod+r.Excess) || math.IsInf(r.Turn+r.Nod, 0) {
		return relief{}
	}
	return r
}

// compareDistance tells how much more the second frame's perspective is that of
// a near head: the height of the face over its distance, less the same in the
// first frame. Who comes nearer spreads what stands out of the face away from its
// middle; who turns or nods a little on the way shifts it. All three are fitted
// to what no plane explains, by least squares. Zero for a flat picture, however it
// is moved, and for meshes that cannot be compared.
func compareDistance(from, to []point3) float64 {
	p, ok := offPlanes(from, to)
	if !ok {
		return 0
	}
	centre, unit := middle(p.to...), faceHeight(to)
	var whole, spread, toward float64 // Σn², Σn²·r², Σn·r·d
	var drift, shift point            // Σn²·r, Σn·d
	for i, d := range p.left {
		n, r := p.nearer[i], p.to[i].sub(centre).scale(1/unit)
		whole += n * n
		spread += n * n * (r.X*r.X + r.Y*r.Y)
		toward += n * (r.X*d.X + r.Y*d.Y)
		drift, shift = drift.add(r.scale(n*n)), shift.add(d.scale(n))
	}
	nearer := (toward - (drift.X*shift.X+drift.Y*shift.Y)/whole) / (spread - (drift.X*drift.X+drift.Y*drift.Y)/whole)
	if math.IsNaN(nearer) || math.IsInf(nearer, 0) {
		return 0
	}
	return nearer
}

// compareWidths tells how much wider eyes and nostrils became beside temples and
// jaw, which lie farther back: the logarithm of the ratio of both widths in the
// second frame, less the same in the first. Moving and turning a flat picture
// changes both widths alike, but for the keystone of a steep tilt.
func compareWidths(from, to []point) float64 { return frontWidth(to) - frontWidth(from) }

func frontWidth(landmarks []point) float64 {
	across := func(a, b int) float64 { return landmarks[a].distance(landmarks[b]) }
	front := across(rightEyeOuter, leftEyeOuter) + across(rightNostril, leftNostril)
	return math.Log(front / (across(rightTemple, leftTemple) + across(rightJaw, leftJaw)))
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
