package e2e

import (
	"context"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// The camera of the tests: 720p, as most phones and laptops have.
const (
	cameraWidth  = 1280
	cameraHeight = 720
)

// world is what stands before the browser's camera. A goroutine films it all
// the time, with a noise that is never twice the same, as every camera has.
type world struct {
	mu    sync.Mutex
	scene func() *image.RGBA // draws what is seen now
	stop  chan struct{}
	done  chan struct{}
	file  string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{file: filepath.Join(t.TempDir(), "camera.y4m"), stop: make(chan struct{}), done: make(chan struct{})}
	camera, err := specimen.OpenCamera(w.file, cameraWidth, cameraHeight, 15, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.show(func() *image.RGBA { return empty() })
	go w.film(t, camera)
	t.Cleanup(func() {
		close(w.stop)
		<-w.done
		if err := camera.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) show(scene func() *image.RGBA) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scene = scene
}

const filmEvery = 110 * time.Millisecond

func (w *world) film(t *testing.T, camera *specimen.Camera) {
	defer close(w.done)
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]int8, 1<<18)
	for i := range noise {
		noise[i] = int8(math.Round(2 * random.NormFloat64()))
	}
	tick := time.NewTicker(filmEvery)
	defer tick.Stop()
	frame := empty()
	for {
		w.mu.Lock()
		scene := w.scene
		w.mu.Unlock()
		addNoise(frame, scene(), noise, random)
		if err := camera.Show(frame); err != nil {
			t.Errorf("the camera broke: %v", err)
			return
		}
		select {
		case <-tick.C:
		case <-w.stop:
			return
		}
	}
}

// addNoise walks through a table of noise from a place drawn anew for each row.
func addNoise(out, in *image.RGBA, noise []int8, random *rand.Rand) {
	for y := range cameraHeight {
		at := random.IntN(len(noise) - 4*cameraWidth)
		row, from := out.Pix[y*out.Stride:y*out.Stride+4*cameraWidth], in.Pix[y*in.Stride:]
		for i := range row {
			if i%4 == 3 {
				row[i] = 255
				continue
			}
			row[i] = uint8(min(max(int(from[i])+int(noise[at+i]), 0), 255))
		}
	}
}

// empty is a wall without anybody before it.
func empty() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, cameraWidth, cameraHeight))
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{176, 170, 160, 255}), image.Point{}, draw.Src)
	return img
}

// held shows a page held into the camera.
func held(page image.Image) *image.RGBA {
	img := empty()
	b := page.Bounds()
	h := cameraHeight * 88 / 100
	w := h * b.Dx() / b.Dy()
	x, y := (cameraWidth-w)/2, (cameraHeight-h)/2
	draw.CatmullRom.Scale(img, image.Rect(x, y, x+w, y+h), page, b, draw.Src, nil)
	return img
}

// person is a real face from a picture of a pinned npm package, read at test
// time, that can turn its head.
type person struct {
	photo    *image.RGBA // square, face in the middle
	portrait *image.RGBA
	head     specimen.Head
	yaw0     float64 // how the head is held in the photo

	mu     sync.Mutex
	turned map[int]*image.RGBA
	yaw    float64
	goal   float64
}

// engines are the real models, for finding faces in the demo pictures.
var engines = sync.OnceValues(func() (*vision.Runtime, error) { return vision.Open(vision.Config{}) })

// meet cuts one person out of a group picture: the part of it around x, y in
// shares of its size, about side pixels wide.
func meet(t *testing.T, file string, x, y float64, side int) *person {
	t.Helper()
	models, err := engines()
	if err != nil {
		t.Fatalf("the models are needed, `make models` builds them: %v", err)
	}
	data, err := os.ReadFile(filepath.Join("..", "node_modules", "@vladmandic", "face-api", "demo", file))
	if err != nil {
		t.Fatalf("the pictures of the npm packages are needed, `make models` brings them: %v", err)
	}
	group, err := vision.Decode(data, vision.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	cx, cy := int(x*float64(group.Rect.Dx())), int(y*float64(group.Rect.Dy()))
	p := &person{photo: image.NewRGBA(image.Rect(0, 0, cameraHeight, cameraHeight)), turned: map[int]*image.RGBA{}}
	draw.CatmullRom.Scale(p.photo, p.photo.Rect, group, image.Rect(cx-side/2, cy-side/2, cx+side/2, cy+side/2), draw.Src, nil)
	p.find(t, models)
	// Drawn ahead: a camera that stalls repeats its frames, and is refused for it.
	for yaw := 0; yaw <= turnedFar; yaw += turnStep {
		p.at(yaw)
		p.at(-yaw)
	}
	p.at(turnedFar)
	p.at(-turnedFar)
	return p
}

// find places the head by the 68 landmarks.
func (p *person) find(t *testing.T, models *vision.Runtime) {
	t.Helper()
	jpeg, err := vision.EncodeJPEG(p.photo, 95)
	if err != nil {
		t.Fatal(err)
	}
	look, err := face.New(face.Deps{Models: models}).Look(context.Background(), jpeg)
	if err != nil || look.Faces != 1 {
		t.Fatalf("%d faces where one was expected: %v", look.Faces, err)
	}
	p.yaw0 = look.Yaw
	size := float64(p.photo.Rect.Dx())
	bx, by, bw, bh := look.Box[0]*size, look.Box[1]*size, look.Box[2]*size, look.Box[3]*size
	side := max(bw, bh)
	left, top := bx+bw/2-side/2, by+bh/2-side/2
	const input = 112
	crop := image.NewRGBA(image.Rect(0, 0, input, input))
	draw.BiLinear.Scale(crop, crop.Rect, p.photo, image.Rect(int(left), int(top), int(left+side), int(top+side)), draw.Src, nil)
	tensor := vision.Tensor{Shape: []int64{1, 3, input, input}, Data: make([]float32, 3*input*input)}
	for i := range input * input {
		for c := range 3 {
			tensor.Data[c*input*input+i] = float32(crop.Pix[4*i+c])
		}
	}
	out, err := models.Run(context.Background(), "face-landmarks", tensor)
	if err != nil {
		t.Fatal(err)
	}
	points := make([]specimen.Point, 68)
	for i := range points {
		points[i] = specimen.Point{X: left + side*float64(out[0].Data[2*i]), Y: top + side*float64(out[0].Data[2*i+1])}
	}
	head, ok := specimen.HeadFromLandmarks(points)
	if !ok {
		t.Fatal("the landmarks make no head")
	}
	p.head = head
	x, y := int(head.Centre.X), int(head.Centre.Y)
	w := int(head.HalfWidth * 2.4)
	p.portrait = image.NewRGBA(image.Rect(0, 0, 700, 900))
	draw.CatmullRom.Scale(p.portrait, p.portrait.Rect, p.at(0), image.Rect(x-w/2, y-w*45/70, x+w/2, y+w*45/70), draw.Src, nil)
}

// at is the person with the head turned to an angle.
func (p *person) at(yaw int) *image.RGBA {
	if p.turned[yaw] == nil {
		p.turned[yaw] = specimen.Turn(p.photo, p.head, float64(yaw)-p.yaw0, 0)
	}
	return p.turned[yaw]
}

// turn tells the person where to look from now on, in degrees to its own left.
func (p *person) turn(goal float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.goal = goal
}

// scene is the person before the wall, a little further on the way to the goal.
func (p *person) scene() *image.RGBA {
	p.mu.Lock()
	switch d := p.goal - p.yaw; {
	case math.Abs(d) <= turnStep:
		p.yaw = p.goal
	case d > 0:
		p.yaw = turnStep * math.Floor(p.yaw/turnStep+1)
	default:
		p.yaw = turnStep * math.Ceil(p.yaw/turnStep-1)
	}
	seen := p.at(int(p.yaw))
	p.mu.Unlock()
	img := empty()
	at := image.Rect((cameraWidth-cameraHeight)/2, 0, (cameraWidth+cameraHeight)/2, cameraHeight)
	draw.Draw(img, at, seen, image.Point{}, draw.Src)
	return img
}

// How far people turn when the widget asks them to, and how much between two
// frames: about 50 a second, a calm turn.
const (
	turnedFar = 38
	turnStep  = 6
)
