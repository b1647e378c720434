package signal

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// portrait is a picture of soft waves that the seed decides, and landmarks in it.
// dx moves what the landmarks lie on, as a head that turned would.
func portrait(seed uint64, dx float64) (*image.RGBA, [][2]float64) {
	const w, h, terms = 640, 480, 48
	rnd := rand.New(rand.NewPCG(seed, 9))
	var across [w][terms]float64
	var down [h][terms]float64
	for k := range terms {
		fx, fy, px, py := 0.2*rnd.Float64(), 0.2*rnd.Float64(), 7*rnd.Float64(), 7*rnd.Float64()
		for x := range across {
			across[x][k] = 12 * math.Sin(fx*(float64(x)-dx)+px)
		}
		for y := range down {
			down[y][k] = math.Sin(fy*float64(y) + py)
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range down {
		for x := range across {
			v := 128 + 1.5*rnd.NormFloat64()
			for k, c := range across[x] {
				v += c * down[y][k]
			}
			v = math.Min(math.Max(v, 0), 255)
			img.SetRGBA(x, y, color.RGBA{uint8(v), uint8(0.9 * v), uint8(0.8 * v), 255})
		}
	}
	points := make([][2]float64, 68)
	for i := range points {
		angle := 2 * math.Pi * float64(i) / float64(len(points))
		points[i] = [2]float64{320 + 90*math.Cos(angle), 240 + 120*math.Sin(angle)}
	}
	return img, points
}

func printed(t *testing.T, img *image.RGBA, points [][2]float64) kyc.Print {
	t.Helper()
	w, ok := WindowOf(points)
	if !ok {
		t.Fatal("the landmarks give no window")
	}
	return PrintOf(img, w)
}

func moved(points [][2]float64, scale, dx, dy float64) (out [][2]float64) {
	for _, p := range points {
		out = append(out, [2]float64{(p[0] + dx) * scale, (p[1] + dy) * scale})
	}
	return out
}

// S48: a frame is recognised after it was compressed, scaled, cropped, or made
// lighter; another picture and a face that moved within the window are not.
func TestS48PrintsOutlastWhatHidesBytes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		img, points := portrait(seed, 0)
		was := printed(t, img, points)
		file, err := vision.EncodeJPEG(img, 50)
		if err != nil {
			t.Fatal(err)
		}
		squeezed, err := vision.Decode(file, vision.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		lighter := image.NewRGBA(img.Rect)
		for i, v := range img.Pix {
			lighter.Pix[i] = uint8(255 * math.Pow(float64(v)/255, 0.8))
		}
		other, _ := portrait(seed+100, 0)
		turned, _ := portrait(seed, 9)
		for name, c := range map[string]struct {
			print kyc.Print
			same  bool
		}{
			"compressed anew":   {printed(t, squeezed, points), true},
			"scaled":            {printed(t, vision.Resize(img, 400, 300), moved(points, 0.625, 0, 0)), true},
			"cropped":           {printed(t, vision.Crop(img, image.Rect(35, 20, 640, 470)), moved(points, 1, -35, -20)), true},
			"made lighter":      {printed(t, lighter, points), true},
			"another picture":   {printed(t, other, points), false},
			"a face that moved": {printed(t, turned, points), false},
		} {
			if (kyc.FramePrint{Face: was}).Same(kyc.FramePrint{Face: c.print}) != c.same {
				t.Errorf("picture %d, %s: the same: %v", seed, name, !c.same)
			}
		}
	}
}

// S48: a whole picture is recognised after it was compressed, scaled or made lighter,
// and where its window moved; not where it was cropped, for which the face is there.
func TestS48WholePictures(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		img, points := portrait(seed, 0)
		whole := func(img *image.RGBA) kyc.FramePrint {
			p := WholeOf(img)
			return kyc.FramePrint{Whole: &p, Face: kyc.Print{1, 2, 3, 4, 5, 6, 7, 8}}
		}
		was := whole(img)
		was.Face = kyc.Print{}
		other, _ := portrait(seed+100, 0)
		for name, c := range map[string]struct {
			img  *image.RGBA
			same bool
		}{
			"smaller":         {vision.Resize(img, 480, 360), true},
			"larger":          {vision.Resize(img, 960, 720), true},
			"cropped":         {vision.Crop(img, image.Rect(35, 20, 640, 470)), false},
			"another picture": {other, false},
		} {
			if was.Same(whole(c.img)) != c.same {
				t.Errorf("picture %d, %s: the same: %v", seed, name, !c.same)
			}
		}
		face := kyc.FramePrint{Face: printed(t, img, points), Whole: &kyc.Print{}}
		cropped := kyc.FramePrint{Face: printed(t, vision.Crop(img, image.Rect(35, 20, 640, 470)), moved(points, 1, -35, -20)), Whole: &kyc.Print{9, 9, 9, 9, 9, 9, 9, 9}}
		if !face.Same(cropped) {
			t.Errorf("picture %d: the face of a cropped one is another", seed)
		}
	}
}

// A window that reaches beyond the picture, and landmarks that are no face.
func TestPrintsAtTheEdge(t *testing.T) {
	t.Parallel()
	img := image.NewRGBA(image.Rect(0, 0, 20, 10))
	PrintOf(img, Window{X: -50, Y: 90, Half: 400})
	for _, points := range [][][2]float64{nil, {{5, 5}, {5, 5}}} {
		if w, ok := WindowOf(points); ok {
			t.Errorf("%v give the window %v", points, w)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	img, points := portrait(1, 0)
	w, _ := WindowOf(points)
	for b.Loop() {
		PrintOf(img, w)
	}
}
