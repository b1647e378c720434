package face

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// The labels of templates (wire contract, section 5).
const (
	labelDocument = "document_0"
	labelSelfie   = "selfie"
	labelLiveness = "liveness_0"
)

// Selfie looks at one selfie: is there one usable face? The finding carries
// the codes of what is wrong with the picture, the check isCropped, and for a
// good picture the template "selfie"; the cut "face" and what the picture is
// recognised by whenever a face was seen.
// The error is for our own failures only.
func (r *Room) Selfie(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error) {
	finding := &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Measures: r.versions()}
	img, fault, err := decode(ctx, in.Picture.JPEG)
	if err != nil {
		return nil, err
	}
	if fault != "" {
		finding.Errors = []kyc.Code{fault}
		return finding, nil
	}
	face, err := r.upright(ctx, img, r.confirmed(r.find))
	if err != nil {
		return nil, err
	}
	if face == nil {
		if measureLight(img, wholeOf(img)).Luma < leastLuma {
			finding.Errors = append(finding.Errors, kyc.LowLight)
		}
		finding.Errors = append(finding.Errors, kyc.NoFace)
		return finding, nil
	}
	if img = face.img; face.others > 0 {
		finding.Errors = append(finding.Errors, kyc.ManyFaces)
	}
	finding.Errors = append(finding.Errors, selfieFaults(face.described, measureLight(img, wholeOf(img)))...)
	finding.Checks = []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{isCropped(img, face.described)}}}
	face.note(finding.Measures, "selfie")
	face.noteTurn(finding.Measures, "selfie")
	photo, err := cutFace(img, face.Box, "face")
	if err != nil {
		return nil, err
	}
	finding.Cuts = []kyc.Cut{photo}
	scores, err := r.captureSelfie(ctx, finding, in, img, face.described)
	if err != nil {
		return nil, err
	}
	defer judgeCapture(finding, scores, in.RiskLimit)
	if len(finding.Errors) > 0 {
		return finding, nil
	}
	template := r.template(labelSelfie, face.described)
	template.Box = face.box()
	finding.Templates = []kyc.Template{template}
	if in.Estimate {
		return finding, r.estimate(ctx, finding, img, face.described)
	}
	return finding, nil
}

// selfieFaults holds a face and its picture against the limits. Darkness and
// missing colour must show in the face and in the whole picture: dark skin in
// good light is not a dark picture, and a white wall is not a photocopy.
func selfieFaults(face described, whole light) (faults []kyc.Code) {
	if math.Min(face.Box.W, face.Box.H) < leastSelfieFace {
		faults = append(faults, kyc.SmallFace)
	}
	if math.Max(face.Light.Luma, whole.Luma) < leastLuma {
		faults = append(faults, kyc.LowLight)
	}
	if math.Max(face.Light.Chroma, whole.Chroma) < leastChroma {
		faults = append(faults, kyc.BlackAndWhite)
	}
	if face.Sharpness < leastSharpness {
		faults = append(faults, kyc.BlurredFace)
	}
	return faults
}

// cropMargin is the share of the face box that must be free on every side.
const cropMargin = 0.2

// isCropped passes when the whole face with a margin lies in the picture.
func isCropped(img *image.RGBA, face described) kyc.CheckItem {
	return kyc.Passed("isCropped", face.Box.grow(cropMargin).inside(img.Rect.Dx(), img.Rect.Dy()))
}

// Portrait finds the holder's portrait on a document page, upright: the
// largest face that the landmark networks confirm; a smaller ghost image is
// left aside. It gives the template "document_0" and the cut "face", or nil,
// nil, nil when the page shows no usable portrait.
func (r *Room) Portrait(ctx context.Context, img *image.RGBA) (*kyc.Template, *kyc.Cut, error) {
	found, _, err := r.findPrinted(ctx, img)
	if err != nil {
		return nil, nil, err
	}
	for len(found) > 0 {
		chosen, _ := choose(found)
		found = without(found, chosen)
		if math.Min(chosen.Box.W, chosen.Box.H) < leastPortraitFace {
			break
		}
		face, ok, err := r.describe(ctx, img, chosen)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			continue
		}
		photo, err := cutFace(img, face.Box, "face")
		if err != nil {
			return nil, nil, err
		}
		template := r.template(labelDocument, face)
		return &template, &photo, nil
	}
	return nil, nil, nil
}

// findPrinted looks at the whole page first, and at parts of it when that shows
// no confirmed face. The portrait is the largest face on a page, so that what
// shows its ghost image in the whole shows the portrait too.
func (r *Room) findPrinted(ctx context.Context, img *image.RGBA) ([]detection, [][]point3, error) {
	for _, look := range []func(context.Context, *image.RGBA) ([]detection, error){r.find, r.findSmall} {
		found, meshes, err := r.confirmed(look)(ctx, img)
		if err != nil || len(found) > 0 {
			return found, meshes, err
		}
	}
	return nil, nil, nil
}

func without(found []detection, gone detection) (rest []detection) {
	for _, d := range found {
		if d.Box != gone.Box {
			rest = append(rest, d)
		}
	}
	return rest
}

// template makes the stored form of a face.
func (r *Room) template(label string, face described) kyc.Template {
	return kyc.Template{Label: label, Vector: face.Vector, Model: r.version, Quality: face.quality(), Box: face.Box.whole()}
}

func (r rect) whole() kyc.Box {
	return kyc.Box{X: int(math.Round(r.X)), Y: int(math.Round(r.Y)), Width: int(math.Round(r.W)), Height: int(math.Round(r.H))}
}

// quality is 1 for a face that is as large and sharp as the embedder can use.
func (d described) quality() float64 {
	size := math.Min(1, math.Min(d.Box.W, d.Box.H)/chipSize)
	return size * math.Min(1, d.Sharpness/goodSharpness)
}

// note records what a decision about the face was made from.
func (d described) note(measures map[string]string, name string) {
	measures[name+".score"] = fmt.Sprintf("%.3f", d.Score)
	measures[name+".size"] = fmt.Sprintf("%.0f px (at least %d)", math.Min(d.Box.W, d.Box.H), leastSelfieFace)
	measures[name+".sharpness"] = fmt.Sprintf("%.1f (at least %.1f)", d.Sharpness, leastSharpness)
	measures[name+".luma"] = fmt.Sprintf("%.1f (at least %.1f)", d.Light.Luma, leastLuma)
	measures[name+".chroma"] = fmt.Sprintf("%.1f (at least %.1f)", d.Light.Chroma, leastChroma)
}

// versions records which networks decided (S52).
func (r *Room) versions() map[string]string {
	out := map[string]string{"face.alignment": alignment}
	for role, version := range r.models.Versions() {
		switch role {
		case roleDetector, roleLandmarks, roleEmbedder, roleMesh:
			out["model."+role] = version
		}
	}
	return out
}

// The cut of a face: how far beyond the box it reaches, and its limits.
const (
	cutMargin  = 0.35
	cutLongest = 480
	cutQuality = 90
)

// cutFace makes the stored picture of a face.
func cutFace(img *image.RGBA, box rect, name string) (kyc.Cut, error) {
	area := box.grow(cutMargin)
	pix := image.Rect(int(area.X), int(area.Y), int(area.X+area.W), int(area.Y+area.H)).Intersect(img.Rect)
	if pix.Empty() {
		return kyc.Cut{}, fmt.Errorf("cut a face: the box lies outside the picture")
	}
	scale := math.Min(1, cutLongest/float64(max(pix.Dx(), pix.Dy())))
	w, h := max(1, int(float64(pix.Dx())*scale)), max(1, int(float64(pix.Dy())*scale))
	small := cut(img, similarity{A: scale, TX: -scale * float64(pix.Min.X), TY: -scale * float64(pix.Min.Y)}, w, h)
	jpeg, err := vision.EncodeJPEG(small, cutQuality)
	if err != nil {
		return kyc.Cut{}, fmt.Errorf("cut a face: %w", err)
	}
	return kyc.Cut{Name: name, JPEG: jpeg, Width: w, Height: h}, nil
}
