package face

import (
	"cmp"
	"context"
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// openModels loads the networks once for all tests of the package.
var openModels = sync.OnceValues(func() (*vision.Runtime, error) {
	return vision.Open(vision.Config{Roles: Roles()})
})

func newRoom(t testing.TB) *Room {
	t.Helper()
	models, err := openModels()
	if err != nil {
		t.Fatalf("the models are needed, `make models` builds them: %v", err)
	}
	return New(Deps{Models: models})
}

// demoPicture reads a picture out of the demo folder of the pinned npm packages.
func demoPicture(t testing.TB, name string) *image.RGBA {
	t.Helper()
	path := filepath.Join("..", "..", "node_modules", "@vladmandic", "face-api", "demo", name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("the demo pictures of the npm packages are needed, `npm ci --ignore-scripts` brings them: %v", err)
	}
	img, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// portraits cuts every face of a group picture out as a photo of its own, from
// left to right. Callers share the photos and must not draw on them.
func portraits(t testing.TB, name string) []*image.RGBA {
	t.Helper()
	photos.Lock()
	defer photos.Unlock()
	if photos.of[name] == nil {
		photos.of[name] = cutPortraits(t, name)
	}
	return photos.of[name]
}

// photoAlbum keeps the photos, since every test wants the same ones.
type photoAlbum struct {
	sync.Mutex
	of map[string][]*image.RGBA
}

var photos = photoAlbum{of: map[string][]*image.RGBA{}}

func cutPortraits(t testing.TB, name string) []*image.RGBA {
	t.Helper()
	room, img := newRoom(t), demoPicture(t, name)
	found, err := room.find(context.Background(), img)
	if err != nil {
		t.Fatal(err)
	}
	if found, _, err = room.confirm(context.Background(), img, found); err != nil || len(found) == 0 {
		t.Fatalf("%s: %d faces, %v", name, len(found), err)
	}
	slices.SortFunc(found, func(a, b detection) int { return cmp.Compare(a.Box.X, b.Box.X) })
	var out []*image.RGBA
	for _, d := range found {
		out = append(out, cutSquare(img, d.Box.grow(0.45), 480))
	}
	return out
}

func encode(t testing.TB, img *image.RGBA, quality int) kyc.Picture {
	t.Helper()
	data, err := vision.EncodeJPEG(img, quality)
	if err != nil {
		t.Fatal(err)
	}
	return kyc.Picture{JPEG: data, Width: img.Rect.Dx(), Height: img.Rect.Dy()}
}

// turner shows the person of a photo with the head turned to an angle, as an
// ellipsoid with a nose that carries the photo.
func turner(t testing.TB, photo *image.RGBA) func(yaw float64) *image.RGBA {
	t.Helper()
	room := newRoom(t)
	f, _, err := room.watchOne(context.Background(), encode(t, photo, 95).JPEG)
	if err != nil || !f.seen() {
		t.Fatalf("no face to turn: %v", err)
	}
	points := make([]specimen.Point, len(f.face.Landmarks))
	for i, p := range f.face.Landmarks {
		points[i] = specimen.Point{X: p.X, Y: p.Y}
	}
	head, ok := specimen.HeadFromLandmarks(points)
	if !ok {
		t.Fatal("the landmarks make no head")
	}
	return func(yaw float64) *image.RGBA { return specimen.Turn(photo, head, yaw-f.pose.Yaw, 0) }
}

// camera adds what every camera adds to a frame: noise, never twice the same.
func camera(t testing.TB, img *image.RGBA, random *rand.Rand) kyc.Picture {
	t.Helper()
	out := image.NewRGBA(img.Rect)
	for i, v := range img.Pix {
		out.Pix[i] = v
		if i%4 != 3 {
			out.Pix[i] = uint8(min(max(float64(v)+2*random.NormFloat64(), 0), 255))
		}
	}
	return encode(t, out, 85)
}

// script is how a well-meaning person follows a challenge: the angle and the
// move on the screen, frame by frame.
type script struct {
	yaw  float64
	move int
}

// obey makes the script of a challenge: four frames a move, the last two held.
func obey(moves []kyc.Move) (steps []script) {
	now := 0.0
	for i, m := range moves {
		goal := map[kyc.Move]float64{kyc.MoveCentre: 0, kyc.MoveLeft: 38, kyc.MoveRight: -38}[m]
		for _, share := range []float64{0.3, 0.7, 1, 1} {
			steps = append(steps, script{now + (goal-now)*share, i})
		}
		now = goal
	}
	return steps
}

// film records a script; show draws the scene of one frame.
func film(t testing.TB, moves []kyc.Move, steps []script, show func(frame int, yaw float64) *image.RGBA) kyc.LivenessInput {
	t.Helper()
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	in := kyc.LivenessInput{
		Challenge: kyc.Challenge{Nonce: "n", Moves: moves, IssuedAt: issued, Deadline: issued.Add(challengeLifetime)},
		SentAt:    issued.Add(20 * time.Second), Now: issued.Add(21 * time.Second),
	}
	random := rand.New(rand.NewPCG(7, 8))
	for i, s := range steps {
		in.Frames = append(in.Frames, camera(t, show(i, s.yaw), random))
		in.Marks = append(in.Marks, kyc.FrameMark{AtMS: int64(400 + 450*i), Move: s.move})
	}
	return in
}

// tilt shows a flat picture turned about both axes before a camera, scaled and
// moved by shares of its width, on a grey wall.
func tilt(img *image.RGBA, yaw, pitch, scale, dx, dy float64) *image.RGBA {
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	sinY, cosY := math.Sincos(yaw * math.Pi / 180)
	sinP, cosP := math.Sincos(pitch * math.Pi / 180)
	var quad vision.Quad
	for i, c := range []point{{0, 0}, {w, 0}, {w, h}, {0, h}} {
		x, y := (c.X-w/2)*scale, (c.Y-h/2)*scale
		x, z := x*cosY, x*sinY
		y, z = y*cosP-z*sinP, y*sinP+z*cosP
		k := 1.2 * w / (1.2*w + z)
		quad[i] = vision.Point{X: w/2 + x*k + dx*w, Y: h/2 + y*k + dy*h}
	}
	return onWall(img, quad)
}

// onWall draws the picture into the quad; the rest is wall.
func onWall(img *image.RGBA, quad vision.Quad) *image.RGBA {
	// The border of the warp is black; a frame of grey around the picture makes it wall.
	const wall = 400
	w, h := float64(img.Rect.Dx()), float64(img.Rect.Dy())
	m, err := vision.FitHomography(quad[:], []vision.Point{{X: wall, Y: wall}, {X: w + wall, Y: wall}, {X: w + wall, Y: h + wall}, {X: wall, Y: h + wall}})
	if err != nil {
		panic(err)
	}
	big := image.NewRGBA(image.Rect(0, 0, int(w)+2*wall, int(h)+2*wall))
	draw.Draw(big, big.Rect, image.NewUniform(grey(120)), image.Point{}, draw.Src)
	draw.Draw(big, img.Rect.Add(image.Pt(wall, wall)), img, image.Point{}, draw.Src)
	return vision.WarpPerspective(big, m, int(w), int(h), vision.Replicate)
}
