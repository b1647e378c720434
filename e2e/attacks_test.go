package e2e

import (
	"image"
	"image/draw"
	"math"
	"os"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// S50: attacks before the real widget's camera, in a real browser; make
// proof-attacks runs it. What passes the bench is not tried here again.
func TestS50AttacksInBrowser(t *testing.T) {
	if os.Getenv("OPENKYC_ATTACKS") == "" {
		t.Skip("make proof-attacks runs this")
	}
	p, i := stage(t)
	w := newWorld(t)
	one := meet(t, "sample6.jpg", .83, .275, 420)
	p.oneAttempt()
	begun := time.Now()
	before := func(seen *image.RGBA) *image.RGBA {
		img := empty()
		at := image.Rect((cameraWidth-cameraHeight)/2, 0, (cameraWidth+cameraHeight)/2, cameraHeight)
		draw.Draw(img, at, seen, image.Point{}, draw.Src)
		return img
	}
	phase := func() float64 { return math.Sin(2 * math.Pi * time.Since(begun).Seconds() / 3) }
	for name, scene := range map[string]func() *image.RGBA{
		"looped video": func() *image.RGBA { return before(one.at(turnStep * int(math.Round(phase())))) },
		"tilted print": func() *image.RGBA {
			img := empty()
			specimen.Hold(img, one.photo, specimen.Sheet{Yaw: 45 * phase(), Width: 0.5, X: 0.5, Y: 0.5})
			return img
		},
		"recaptured screen held still": func() *image.RGBA {
			img := empty()
			specimen.Display(img, one.photo, [4]specimen.Point{{X: 300, Y: 20}, {X: 980, Y: 20}, {X: 980, Y: 700}, {X: 300, Y: 700}}, true, 7)
			return img
		},
	} {
		t.Run(name, func(t *testing.T) {
			honest := direct(w, passportOf(one, 21), one)
			events := visit(t, i.url(), w, i.key(name), func(e event) {
				if e.Move == "" {
					honest(e)
				}
				if e.Screen == "liveness" {
					w.show(scene)
				}
			})
			if screen := events[len(events)-2].Screen; screen != "failed" {
				t.Errorf("it ended at %q", screen)
			}
		})
	}
}
