package face

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
)

// The demo pictures name nobody's age; that the women of one of them are taken
// for women between youth and middle age is all that can be asked of it.
func TestAppearanceOfDemoPeople(t *testing.T) {
	t.Parallel()
	for i, photo := range portraits(t, "sample6.jpg") {
		input := kyc.SelfieInput{Picture: encode(t, placed(photo, 480, 80, 0, 640, 480), 90), Estimate: true}
		got, err := newRoom(t).Selfie(context.Background(), input)
		if err != nil || got.Appearance == nil {
			t.Fatalf("person %d: %v, %v", i, got.Errors, err)
		}
		if a := *got.Appearance; a.Age < 15 || a.Age > 50 || a.Male > 0.1 || got.Measures["appearance.age"] == "" || got.Measures["model.face-age-gender"] == "" {
			t.Errorf("person %d: %+v, %v", i, a, got.Measures)
		}
		input.Estimate = false
		if got, err := newRoom(t).Selfie(context.Background(), input); err != nil || got.Appearance != nil {
			t.Errorf("person %d: estimated unasked: %+v, %v", i, got.Appearance, err)
		}
	}
}

// The network sees the box of the landmarks, a tenth wider on every side and
// eyes level, in the middle of a black square.
func TestAppearanceCut(t *testing.T) {
	t.Parallel()
	white := color.RGBA{255, 255, 255, 255}
	img := image.NewRGBA(image.Rect(0, 0, 400, 400))
	draw.Draw(img, img.Rect, image.NewUniform(white), image.Point{}, draw.Src)
	for _, degrees := range []float64{0, 25, -40} {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		turn := func(x, y float64) point { return point{200 + x*cos - y*sin, 200 + x*sin + y*cos} }
		landmarks := make([]point, landmarkCount) // within 80 × 100 about the middle
		for i := range landmarks {
			landmarks[i] = turn(0, 0)
		}
		landmarks[0], landmarks[16], landmarks[chin], landmarks[19] = turn(-40, 0), turn(40, 0), turn(0, 50), turn(0, -50)
		for i := rightEyeOuter; i < leftEyeInner; i++ {
			landmarks[i] = turn(-20, -20)
		}
		for i := leftEyeInner; i < mouthRight; i++ {
			landmarks[i] = turn(20, -20)
		}
		got := appearanceCut(img, landmarks)
		// 96 of 120 are seen across, so that a tenth of the square is black on each side.
		for x, want := range map[int]uint8{5: 0, 10: 0, 12: 255, 56: 255, 99: 255, 101: 0} {
			for _, y := range []int{0, 56, 111} {
				if c := got.RGBAAt(x, y); c.R != want || c.A != 255 {
					t.Errorf("turned by %g: %v at %d, %d, want %d", degrees, c, x, y, want)
				}
			}
		}
		mark := turn(40, 50)
		img.SetRGBA(int(mark.X), int(mark.Y), color.RGBA{255, 0, 0, 255})
		marked := appearanceCut(img, landmarks)
		img.SetRGBA(int(mark.X), int(mark.Y), white)
		at := image.Pt(0, 0)
		for y := range 112 {
			for x := range 112 {
				if c := marked.RGBAAt(x, y); c.R > 200 && c.G < 200 {
					at = image.Pt(x, y)
				}
			}
		}
		if want := image.Pt(56+40*112/120, 56+50*112/120); math.Hypot(float64(at.X-want.X), float64(at.Y-want.Y)) > 2 {
			t.Errorf("turned by %g: the corner is seen at %v, want about %v", degrees, at, want)
		}
	}
}
