package face

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

func grey(v uint8) color.RGBA { return color.RGBA{v, v, v, 255} }

// mapped changes every colour of a picture.
func mapped(img *image.RGBA, change func(r, g, b float64) (float64, float64, float64)) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	for i := 0; i < len(img.Pix); i += 4 {
		r, g, b := change(float64(img.Pix[i]), float64(img.Pix[i+1]), float64(img.Pix[i+2]))
		for k, v := range []float64{r, g, b} {
			out.Pix[i+k] = uint8(min(max(v, 0), 255))
		}
		out.Pix[i+3] = 255
	}
	return out
}

// placed puts a scaled picture on a grey wall.
func placed(img *image.RGBA, side, x, y, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{170, 150, 130, 255}), image.Point{}, draw.Src)
	draw.Draw(out, image.Rect(x, y, x+side, y+side), vision.Resize(img, side, side), image.Point{}, draw.Src)
	return out
}

func selfie(t *testing.T, img *image.RGBA) *kyc.Finding {
	t.Helper()
	got, err := newRoom(t).Selfie(context.Background(), kyc.SelfieInput{Picture: encode(t, img, 90), Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSelfieOfOneFace(t *testing.T) {
	t.Parallel()
	for i, photo := range portraits(t, "sample6.jpg") {
		got := selfie(t, placed(photo, 480, 80, 0, 640, 480))
		if got.Verdict(nil) != kyc.Success || len(got.Templates) != 1 || len(got.Cuts) != 1 {
			t.Fatalf("person %d: %v %+v, %d templates, %d cuts, %v", i, got.Errors, got.Checks, len(got.Templates), len(got.Cuts), got.Measures)
		}
		face := got.Templates[0]
		if face.Label != "selfie" || !usable(face.Vector) || face.Model == "" || face.Quality <= 0.3 || face.Quality > 1 {
			t.Errorf("person %d: template %q of %q, quality %g", i, face.Label, face.Model, face.Quality)
		}
		if got.Cuts[0].Name != "face" || got.Cuts[0].Width < 100 {
			t.Errorf("person %d: cut %q, %d wide", i, got.Cuts[0].Name, got.Cuts[0].Width)
		}
		if cut, err := vision.Decode(got.Cuts[0].JPEG, vision.Limits{MinLongSide: 50}); err != nil || cut.Rect.Dx() != got.Cuts[0].Width {
			t.Errorf("person %d: the cut does not open as what it says: %v", i, err)
		}
	}
}

func TestSelfieSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	people := portraits(t, "sample6.jpg")
	good, other := people[0], people[2]
	two := placed(good, 480, 0, 0, 960, 480)
	draw.Draw(two, image.Rect(480, 0, 960, 480), other, image.Point{}, draw.Src)
	for name, test := range map[string]struct {
		img  *image.RGBA
		want kyc.Code
	}{
		"nobody":     {placed(mapped(good, func(_, _, _ float64) (float64, float64, float64) { return 90, 90, 110 }), 480, 0, 0, 640, 480), kyc.NoFace},
		"two people": {two, kyc.ManyFaces},
		"far away":   {placed(good, 130, 300, 200, 640, 480), kyc.SmallFace},
		"dark":       {mapped(good, func(r, g, b float64) (float64, float64, float64) { return r * .2, g * .2, b * .2 }), kyc.LowLight},
		"photocopy": {mapped(good, func(r, g, b float64) (float64, float64, float64) {
			y := .3*r + .59*g + .11*b
			return y, y, y
		}), kyc.BlackAndWhite},
		"blurred":    {vision.Resize(vision.Resize(good, 44, 44), 480, 480), kyc.BlurredFace},
		"pitch dark": {mapped(good, func(_, _, _ float64) (float64, float64, float64) { return 4, 4, 4 }), kyc.LowLight},
	} {
		got := selfie(t, test.img)
		if !slices.Contains(got.Errors, test.want) || len(got.Templates) != 0 {
			t.Errorf("%s: %v with %d templates, want %s; %v", name, got.Errors, len(got.Templates), test.want, got.Measures)
		}
	}
}

func TestSelfieWithSomebodyInTheBackground(t *testing.T) {
	t.Parallel()
	people := portraits(t, "sample6.jpg")
	img := placed(people[0], 480, 0, 0, 720, 480)
	draw.Draw(img, image.Rect(560, 60, 680, 180), vision.Resize(people[2], 120, 120), image.Point{}, draw.Src)
	if got := selfie(t, img); len(got.Errors) != 0 {
		t.Errorf("a small face in the background gave %v", got.Errors)
	}
}

func TestSelfieIsCropped(t *testing.T) {
	t.Parallel()
	photo := portraits(t, "sample6.jpg")[1]
	for shift, want := range map[int]kyc.Status{80: kyc.Success, -150: kyc.Failed} {
		got := selfie(t, placed(photo, 480, shift, 0, 640, 480))
		if len(got.Checks) != 1 || got.Checks[0].Caption != "fraud" || got.Checks[0].Items[0].Caption != "isCropped" || got.Checks[0].Items[0].Status != want {
			t.Errorf("shifted by %d: %v %+v", shift, got.Errors, got.Checks)
		}
	}
}

func TestSelfieThatIsNoPicture(t *testing.T) {
	t.Parallel()
	got, err := newRoom(t).Selfie(context.Background(), kyc.SelfieInput{Picture: kyc.Picture{JPEG: []byte("no picture")}})
	if err != nil || !slices.Contains(got.Errors, kyc.BadImage) || got.Verdict(nil) != kyc.Failed {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := newRoom(t).Selfie(ctx, kyc.SelfieInput{Picture: encode(t, portraits(t, "sample6.jpg")[0], 90)}); err == nil {
		t.Error("a cancelled look gave a finding")
	}
}

// The portrait of a photographed passport is its holder's and nobody else's.
func TestPortraitMatchesItsHolderAlone(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	people := portraits(t, "sample6.jpg")
	var selfies []kyc.Template
	for _, p := range people {
		selfies = append(selfies, selfie(t, placed(p, 480, 80, 0, 640, 480)).Templates...)
	}
	if len(selfies) != len(people) {
		t.Fatalf("%d selfies of %d people", len(selfies), len(people))
	}
	for i, p := range people {
		page := specimen.Sample(specimen.TD3, int64(i), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
		page.Portrait = p
		for _, difficulty := range []specimen.Difficulty{specimen.Easy, specimen.Medium, specimen.Hard} {
			shot := specimen.Scene{Difficulty: difficulty, Seed: int64(i)}.Photograph(page.Render())
			face, photo, err := room.Portrait(context.Background(), shot.Image)
			if err != nil || face == nil || photo == nil {
				t.Fatalf("person %d, difficulty %d: no portrait, %v", i, difficulty, err)
			}
			for j := range people {
				finding, err := room.Match(context.Background(), []kyc.Template{selfies[j], *face}, kyc.FaceLimit{Percent: 70})
				if err != nil {
					t.Fatal(err)
				}
				if same := finding.Verdict(nil) == kyc.Success; same != (i == j) {
					t.Errorf("portrait %d, difficulty %d, against selfie %d: %v", i, difficulty, j, finding.Checks[0].Items[0].Value)
				}
			}
		}
	}
}

func TestNoPortraitOnAPageWithoutOne(t *testing.T) {
	t.Parallel()
	page := specimen.Sample(specimen.TD3, 3, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	blank := image.NewRGBA(image.Rect(0, 0, 350, 450))
	draw.Draw(blank, blank.Rect, image.NewUniform(grey(200)), image.Point{}, draw.Src)
	page.Portrait = blank
	face, photo, err := newRoom(t).Portrait(context.Background(), page.Render())
	if err != nil || face != nil || photo != nil {
		t.Errorf("found %+v, %v", face, err)
	}
}

// TestS48MirroredFaces: the square about a face is recognised in the mirrored picture,
// which is all that frames of a recording have. The face stands at the side, so that a
// square that was not mirrored with it lies elsewhere.
func TestS48MirroredFaces(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	look := func(img *image.RGBA) (seen kyc.Glimpse) {
		_, err := room.Selfie(t.Context(), kyc.SelfieInput{Picture: encode(t, img, 85), Now: time.Now(), Seen: func(_ context.Context, frames []kyc.Glimpse) (kyc.Sightings, error) {
			seen = kyc.Glimpse{Plain: kyc.FramePrint{Face: frames[0].Plain.Face}, Mirrored: kyc.FramePrint{Face: frames[0].Mirrored.Face}}
			return kyc.Sightings{}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	for i, person := range portraits(t, "sample6.jpg")[:3] {
		photo := placed(person, 480, 10, 0, 640, 480)
		first, again := look(photo), look(vision.Mirror(photo))
		if again.Plain.Same(first.Plain) || !again.Mirrored.Same(first.Plain) {
			t.Errorf("person %d: the same as it came: %v, turned back: %v", i, again.Plain.Same(first.Plain), again.Mirrored.Same(first.Plain))
		}
	}
}

// TestS48SelfiesAreSeenAgain: photographs that come again are told, as they were,
// smaller and compressed anew, or mirrored; another person in the same place is not.
// A limit on the capture risk refuses them and keeps the face, for whoever looks;
// where nobody was asked there is neither risk nor check.
func TestS48SelfiesAreSeenAgain(t *testing.T) {
	t.Parallel()
	people := portraits(t, "sample6.jpg")
	photo, other := placed(people[0], 480, 80, 0, 640, 480), placed(people[1], 480, 80, 0, 640, 480)
	first := selfie(t, photo)
	if len(first.Prints) != 1 || first.Measures["capture.risk"] != "" || first.Verdict(nil) != kyc.Success {
		t.Fatalf("the first: %d prints, %v", len(first.Prints), first.Measures)
	}
	seen := func(_ context.Context, frames []kyc.Glimpse) (all kyc.Sightings, err error) {
		one := kyc.Sighting{SessionID: "earlier", Sighted: kyc.Sighted{Frames: 1, Of: 1}}
		switch {
		case frames[0].Plain.Same(first.Prints[0]):
			all.Sessions = []kyc.Sighting{one}
		case frames[0].Mirrored.Same(first.Prints[0]):
			one.Mirrored = 1
			all.Sessions = []kyc.Sighting{one}
		}
		return all, nil
	}
	for name, c := range map[string]struct {
		picture        kyc.Picture
		seen, mirrored int
	}{
		"the same":                       {encode(t, photo, 90), 1, 0},
		"compressed anew":                {encode(t, photo, 60), 1, 0},
		"smaller":                        {encode(t, vision.Resize(photo, 512, 384), 85), 1, 0},
		"mirrored":                       {encode(t, vision.Mirror(photo), 85), 1, 1},
		"another person, the same place": {encode(t, other, 90), 0, 0},
	} {
		got, err := newRoom(t).Selfie(t.Context(), kyc.SelfieInput{Picture: c.picture, Seen: seen, RiskLimit: 0.3, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		var told kyc.Sighting
		if got.Seen != nil {
			told = *got.Seen
		}
		refused := slices.Contains(got.Errors, kyc.LivenessCapture)
		if told.Frames != c.seen || told.Mirrored != c.mirrored || refused != (c.seen > 0) || len(got.Templates) != 1 || got.Measures["capture.risk"] == "" {
			t.Errorf("%s: told %+v, %v, %d templates, %v", name, told, got.Errors, len(got.Templates), got.Measures)
		}
	}
}
