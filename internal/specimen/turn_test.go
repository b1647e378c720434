package specimen

import (
	"bytes"
	"image"
	"math"
	"testing"
)

// photograph is a synthetic head that stands for a photo in these tests, with
// its 68 landmarks where only the few that place a head are filled in.
func photograph() (*image.RGBA, []Point) {
	img := Face{Seed: 8, Sex: "F", Size: .6}.Render(320, 320)
	unit := .6 * 320 / (headTop - headBottom)
	at := func(x, y float64) Point { return Point{160 + x*unit*1.1, 160 - y*unit*1.1} }
	p := make([]Point, 68)
	p[0], p[16], p[8], p[30] = at(-.72, 0), at(.72, 0), at(0, -1.06), at(0, -.38)
	for i := 36; i < 42; i++ {
		p[i], p[i+6] = at(-.33, .02), at(.33, .02)
	}
	return img, p
}

func TestHeadFromLandmarks(t *testing.T) {
	t.Parallel()
	_, p := photograph()
	h, ok := HeadFromLandmarks(p)
	if !ok || math.Abs(h.Centre.X-160) > 3 || math.Abs(h.Centre.Y-160) > 8 || math.Abs(h.Roll) > .1 {
		t.Fatalf("head %+v", h)
	}
	if ratio := h.HalfWidth / h.HalfHeight; ratio < .55 || ratio > .85 {
		t.Errorf("width to height %.2f", ratio)
	}
	if _, ok := HeadFromLandmarks(p[:5]); ok {
		t.Error("five points made a head")
	}
}

func TestTurnMovesTheFaceAndLeavesTheRoom(t *testing.T) {
	t.Parallel()
	img, p := photograph()
	head, _ := HeadFromLandmarks(p)
	flat := Turn(img, head, 0, 0)
	if d := difference(img, flat, img.Rect); d > 1.5 {
		t.Errorf("a turn by nothing changes the picture by %.2f grey levels", d)
	}
	for _, yaw := range []float64{-30, 30} {
		turned := Turn(img, head, yaw, 0)
		if corner := image.Rect(0, 0, 60, 40); difference(img, turned, corner) > 0 {
			t.Error("the room's corner moved")
		}
		shift := bestShift(img, turned, image.Rect(135, 170, 185, 200))
		if want := math.Copysign(1, yaw); float64(shift)*want < 12 {
			t.Errorf("yaw %.0f moves the nose by %d pixels", yaw, shift)
		}
	}
	if !bytes.Equal(Turn(img, head, 20, 5).Pix, Turn(img, head, 20, 5).Pix) {
		t.Error("one turn gave two pictures")
	}
	if none := Turn(img, Head{}, 30, 0); !bytes.Equal(none.Pix, img.Pix) {
		t.Error("a head without size must change nothing")
	}
}

// A mesh that says the face is a board must move it less than a nose does.
func TestTurnBelievesTheMesh(t *testing.T) {
	t.Parallel()
	img, p := photograph()
	head, _ := HeadFromLandmarks(p)
	nose := image.Rect(135, 170, 185, 200)
	guessed := bestShift(img, Turn(img, head, 25, 0), nose)
	for x := -10.0; x <= 10; x++ {
		for y := -10.0; y <= 10; y++ {
			head.Mesh = append(head.Mesh, Point3{160 + x*4, 165 + y*5, 700})
		}
	}
	if meshed := bestShift(img, Turn(img, head, 25, 0), nose); meshed >= guessed-3 || meshed < 3 {
		t.Errorf("a flat mesh moves the nose by %d, the guess by %d", meshed, guessed)
	}
}

// bestShift finds the sideways step at which part of one picture is most like another.
func bestShift(from, to *image.RGBA, part image.Rectangle) int {
	best, least := 0, math.Inf(1)
	for dx := -60; dx <= 60; dx++ {
		sum := 0.0
		for y := part.Min.Y; y < part.Max.Y; y += 2 {
			for x := part.Min.X; x < part.Max.X; x += 2 {
				d := float64(from.RGBAAt(x, y).G) - float64(to.RGBAAt(x+dx, y).G)
				sum += d * d
			}
		}
		if sum < least {
			best, least = dx, sum
		}
	}
	return best
}

func difference(a, b *image.RGBA, part image.Rectangle) float64 {
	sum, n := 0.0, 0.0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			sum, n = sum+math.Abs(float64(a.RGBAAt(x, y).G)-float64(b.RGBAAt(x, y).G)), n+1
		}
	}
	return sum / n
}
