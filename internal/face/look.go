package face

import (
	"context"
	"image"

	"github.com/openkyc/openkyc/internal/kyc"
)

// LookRoles lists the models that Look runs.
func LookRoles() []string { return []string{roleDetector, roleMesh} }

// Look is a quick look at one preview frame for live hints: one pass of the
// fast detector and, when it sees a face, of the mesh. No verdict rests on it.
// A picture that does not open is an Invalid error with a safe sentence.
func (r *Room) Look(ctx context.Context, jpeg []byte) (kyc.FaceLook, error) {
	img, fault, err := decode(ctx, jpeg)
	if err != nil {
		return kyc.FaceLook{}, err
	}
	if fault != "" {
		return kyc.FaceLook{}, kyc.Errorf(kyc.Invalid, "%s", fault)
	}
	look := kyc.FaceLook{Luma: measureLight(img, wholeOf(img)).Luma}
	found, err := r.fast(ctx, img, wholeOf(img))
	if err != nil {
		return look, err
	}
	chosen, ok := choose(found)
	if !ok {
		return look, nil
	}
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	look.Faces = 1 + others(found, chosen)
	look.Box = [4]float64{chosen.Box.X / w, chosen.Box.Y / h, chosen.Box.W / w, chosen.Box.H / h}
	points, ok, err := r.mesh(ctx, img, chosen)
	if err != nil || !ok {
		return look, err
	}
	p := meshPose(points)
	look.Yaw, look.Pitch, look.Roll = p.Yaw, p.Pitch, p.Roll
	look.Eyes = eyeContrast(img, points)
	if chip, ok := meshChip(img, points); ok {
		look.Sharpness = sharpness(chip)
	}
	return look, nil
}

// meshChip aligns a face by the mesh's eye corners and nose base, nearly as
// the 68 points would: good enough for measuring sharpness.
func meshChip(img *image.RGBA, mesh []point3) (*image.RGBA, bool) {
	landmarks := make([]point, landmarkCount)
	for to, from := range map[int]int{leftEyeOuter: 263, leftEyeInner: 362, rightEyeOuter: 33, rightEyeInner: 133, noseBase: 2} {
		landmarks[to] = mesh[from].flat()
	}
	frame, err := chipTransform(landmarks)
	if err != nil {
		return nil, false
	}
	return cut(img, frame, chipSize, chipSize), true
}
