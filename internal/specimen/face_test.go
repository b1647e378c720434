package specimen

import (
	"bytes"
	"image"
	"testing"
)

func TestFaceIsDeterministicAndSeedsDiffer(t *testing.T) {
	t.Parallel()
	one := Face{Seed: 3, Yaw: 20}.Render(160, 160)
	if !bytes.Equal(one.Pix, Face{Seed: 3, Yaw: 20}.Render(160, 160).Pix) {
		t.Error("one face gave two pictures")
	}
	if bytes.Equal(one.Pix, Face{Seed: 4, Yaw: 20}.Render(160, 160).Pix) {
		t.Error("two seeds gave one picture")
	}
}

// The ends of the neck stay while the head turns, so the dark of the nostrils
// and pupils must wander to the side the yaw names and up with the chin.
func TestFaceTurnsToTheSideItIsAsked(t *testing.T) {
	t.Parallel()
	centre := func(f Face) Point {
		f.Seed, f.Sex = 2, "F"
		img := f.Render(240, 240)
		var n, x, y float64
		for py := 90; py < 165; py++ { // below the hair, above the shoulders
			for px := range 240 {
				if c := img.RGBAAt(px, py); int(c.R) > int(c.B)+25 && c.R > 90 {
					n, x, y = n+1, x+float64(px), y+float64(py)
				}
			}
		}
		if n < 500 {
			t.Fatalf("only %.0f skin pixels at %+v", n, f)
		}
		return Point{x / n, y / n}
	}
	straight := centre(Face{})
	if right, left := centre(Face{Yaw: 30}), centre(Face{Yaw: -30}); right.X < straight.X+4 || left.X > straight.X-4 {
		t.Errorf("skin's middle: left %.1f, straight %.1f, right %.1f", left.X, straight.X, right.X)
	}
	if d := straight.X - 120; d > 6 || d < -6 {
		t.Errorf("a straight head's skin is %.1f pixels off the middle", d)
	}
}

// rotation must be a rotation: lengths stay, and the signs are as documented.
func TestRotationFollowsItsSigns(t *testing.T) {
	t.Parallel()
	nose := vec{0, 0, 1}
	if n := rotation(30, 0, 0).apply(nose); n.x < .49 || n.x > .51 {
		t.Errorf("yaw 30 sends the nose to %+v", n)
	}
	if n := rotation(0, 30, 0).apply(nose); n.y < .49 || n.y > .51 {
		t.Errorf("pitch 30 sends the nose to %+v", n)
	}
	if n := rotation(0, 0, 30).apply(vec{0, 1, 0}); n.x < .49 || n.x > .51 {
		t.Errorf("roll 30 sends the crown to %+v", n)
	}
	m := rotation(25, -10, 40)
	back := m.transposed().apply(m.apply(vec{.3, -.7, .2}))
	if back.sub(vec{.3, -.7, .2}).dot(back.sub(vec{.3, -.7, .2})) > 1e-18 {
		t.Errorf("turning there and back gives %+v", back)
	}
}

func BenchmarkFace(b *testing.B) {
	var last *image.RGBA
	for b.Loop() {
		last = Face{Seed: 1}.Render(420, 540)
	}
	_ = last
}
