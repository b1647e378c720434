package attacks

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// Genuine is the label of honest sessions. Returning is somebody honest who is
// verified again on another day in the same place, Again somebody who does so at
// once, and sits as before to within two degrees. Every other label is a species
// of attack.
const (
	Genuine   = "genuine"
	Returning = "genuine another day"
	Again     = "genuine at once again"
)

// Honest are the labels of sessions that nobody should refuse.
func Honest() []string { return []string{Genuine, Returning, Again} }

func honest(label string) bool { return slices.Contains(Honest(), label) }

// Kind is how an attack reaches the server: shown to a camera (ISO/IEC 30107-3)
// or put in its place (CEN/TS 18099). Requirement S53: their figures stand apart.
type Kind string

// The kinds.
const (
	Presented Kind = "presentation"
	Injected  Kind = "injection"
)

// Species is one way of attacking.
type Species struct {
	Name  string
	Kind  Kind
	About string

	play func(ctx context.Context, s *stage) (recording, error)
}

// All lists the species of the bench.
func All() []Species {
	return []Species{
		{"still picture", Presented, "a printed photo before the camera, turned, nodded and brought closer in step with the prompts", still},
		{"bent print", Presented, "the same print, bent around an upright cylinder and turned further than a head", bentPrint},
		{"cut-out eyes", Presented, "a bent print with holes for the eyes, worn by somebody alive who follows the prompts", cutEyes},
		{"screen recapture", Presented, "an earlier session, cut together as the prompts ask, on a phone or monitor before the camera", recapture},
		{"stock photo", Injected, "one photo posted again and again, a little moved", stock},
		{"looped video", Injected, "a short video of the person at rest, posted in a loop", loop},
		{"looped blink", Injected, "a photo whose eyes close and open in a loop", loopedBlink},
		{"replay", Injected, "an earlier session's recording, posted as it was", replay},
		{"cut-together replay", Injected, "an earlier session's frames, put into the order that is asked for", cutTogether},
		{"altered replay", Injected, "the same frames, cropped by up to 7 %, scaled and compressed anew", altered},
		{"face swap", Injected, "somebody alive who follows the prompts, the person's photo warped over their face by landmarks", swap},
		{"puppet", Injected, "one photo on a model of a head that software turns as asked", puppet},
		{"mirrored replay", Injected, "an earlier session's frames with left and right exchanged, put into the order that is asked for", mirroredReplay},
	}
}

// named is the species of that name, the zero one when the bench has none.
func named(name string) Species {
	for _, s := range All() {
		if s.Name == name {
			return s
		}
	}
	return Species{}
}

// wall is an empty scene.
func (s *stage) wall() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, frameWidth, frameHeight))
	v := uint8(110 + s.seed%90)
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{v, v, v - 6, 255}), image.Point{}, draw.Src)
	return img
}

// held shows a sheet that follows the prompts as a hand can.
func (s *stage) held(sheet *image.RGBA, further, bend float64) (take recording) {
	for _, now := range s.moves() {
		wall := s.wall()
		scene := clone(wall)
		specimen.Hold(scene, sheet, specimen.Sheet{
			Yaw: further * now.Yaw, Pitch: now.Pitch, Roll: now.Roll, Bend: bend,
			Width: 0.85 * now.Size / 0.57, X: 0.5 + 0.01*s.rnd.NormFloat64(), Y: 0.5 + 0.01*s.rnd.NormFloat64(),
		})
		s.lightSheet(wall, scene, now)
		take = append(take, shot{scene, now})
	}
	return take
}

func still(_ context.Context, s *stage) (recording, error) {
	return s.held(specimen.Print(s.photo, s.seed), 1+0.5*s.rnd.Float64(), 0), nil
}

func bentPrint(_ context.Context, s *stage) (recording, error) {
	return s.held(specimen.Print(s.photo, s.seed), 1.2+0.6*s.rnd.Float64(), 50+70*s.rnd.Float64()), nil
}

// cutEyes holds the print so that its holes are before the wearer's eyes.
func cutEyes(ctx context.Context, s *stage) (recording, error) {
	under, worn, err := s.live(ctx)
	if err != nil {
		return nil, err
	}
	print := specimen.Print(s.photo, s.seed)
	holes := s.holes()
	w, h := float64(frameWidth), float64(frameHeight)
	eyes, apart := eyesOf(s.points)
	bend := 30 + 40*s.rnd.Float64()
	var take recording
	width := 0.0
	for i, now := range under {
		if worn[i] == nil {
			take = append(take, now)
			continue
		}
		at, wide := eyesOf(worn[i])
		if width == 0 { // the first look is straight ahead
			width = wide / apart
		}
		how := specimen.Sheet{Yaw: now.Yaw, Pitch: now.Pitch, Roll: now.Roll, Bend: bend, Width: width * now.Size / under[0].Size}
		how.X = (at[0] - (eyes[0]-w/2)*how.Width*math.Cos(now.Yaw*math.Pi/180)) / w
		how.Y = (at[1] - (eyes[1]-h/2)*how.Width) / h
		scene, open := clone(now.img), image.NewRGBA(now.img.Rect)
		specimen.Hold(scene, print, how)
		specimen.Hold(open, holes, how)
		s.lightSheet(now.img, scene, now.instant)
		for k := 0; k < len(scene.Pix); k += 4 {
			if open.Pix[k] > 128 { // a hole: the wearer's own eye
				copy(scene.Pix[k:k+3], now.img.Pix[k:k+3])
			}
		}
		take = append(take, shot{scene, now.instant})
	}
	return take, nil
}

// lightSheet lights a sheet that is held before a scene: all of it alike. Where
// there is no sheet, the scene is as it was.
func (s *stage) lightSheet(before, scene *image.RGBA, now instant) {
	if now.colour == 0 {
		return
	}
	faces := math.Cos(now.Yaw*math.Pi/180) * math.Cos(now.Pitch*math.Pi/180)
	var lit [3]float64
	for c, v := range now.Light {
		lit[c] = math.Pow(1+v*faces, 1/2.2)
	}
	for p := 0; p < len(scene.Pix); p += 4 {
		if bytes.Equal(before.Pix[p:p+3], scene.Pix[p:p+3]) {
			continue
		}
		for c := range lit {
			scene.Pix[p+c] = level(float64(scene.Pix[p+c]) * lit[c])
		}
	}
}

// holes is white where the eyes of the photo are cut out.
func (s *stage) holes() *image.RGBA {
	out := image.NewRGBA(s.photo.Rect)
	for _, eye := range [][][2]float64{s.points[36:42], s.points[42:48]} {
		mid, apart := middle(eye), math.Hypot(eye[3][0]-eye[0][0], eye[3][1]-eye[0][1])
		for y := range out.Rect.Dy() {
			for x := range out.Rect.Dx() {
				if math.Hypot((float64(x)-mid[0])/(0.68*apart), (float64(y)-mid[1])/(0.42*apart)) < 1 {
					out.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
				}
			}
		}
	}
	return out
}

func recapture(ctx context.Context, s *stage) (recording, error) {
	shown, err := cutTogether(ctx, s)
	if err != nil {
		return nil, err
	}
	phone, bent := s.rnd.IntN(2) == 0, 0.8+0.5*s.rnd.Float64()
	across := 0.86 + 0.2*s.rnd.Float64() // of the scene; above 1 the frame is out of sight
	lean := 0.05 * s.rnd.NormFloat64()
	w, h := float64(frameWidth), float64(frameHeight)
	for i, now := range shown {
		x, y := 0.004*w*s.rnd.NormFloat64(), 0.004*h*s.rnd.NormFloat64() // the hand shakes
		l, r := w/2*(1-across)+x, w/2*(1+across)+x
		t, b := h/2*(1-across)+y, h/2*(1+across)+y
		scene := s.wall()
		specimen.Display(scene, gamma(now.img, bent), [4]specimen.Point{{X: l, Y: t + lean*h}, {X: r, Y: t - lean*h}, {X: r, Y: b + lean*h}, {X: l, Y: b - lean*h}}, phone, s.seed)
		shown[i].img = scene
	}
	return shown, nil
}

func stock(_ context.Context, s *stage) (take recording, err error) {
	for _, now := range s.moves() {
		take = append(take, shot{shifted(s.photo, s.rnd.IntN(7)-3, s.rnd.IntN(7)-3), now})
	}
	return take, nil
}

func loop(_ context.Context, s *stage) (take recording, err error) {
	var rest recording
	for _, now := range s.earlier() {
		if now.move == 0 {
			rest = append(rest, now)
		}
	}
	for i, now := range s.moves() {
		take = append(take, shot{rest[i%len(rest)].img, now})
	}
	return take, nil
}

func loopedBlink(_ context.Context, s *stage) (take recording, err error) {
	eyes := []*image.RGBA{s.photo, s.photo}
	for _, shut := range []float64{0.5, 1, 0.5} {
		who := s.victim
		who.Blink = shut
		eyes = append(eyes, portrait(who))
	}
	for i, now := range s.moves() {
		take = append(take, shot{eyes[i%len(eyes)], now})
	}
	return take, nil
}

// replay keeps the earlier recording's order and spreads the marks over what is
// asked for now.
func replay(_ context.Context, s *stage) (recording, error) {
	take := append(recording{}, s.earlier()...)
	moves := len(s.asked.Moves)
	for i := range take {
		if moves != len(s.honest.Moves) { // with as many moves the old marks fit better
			take[i].move = i * moves / len(take)
		}
	}
	return take, nil
}

// cutTogether takes for each moment the earlier frame in which the head is held
// most like it.
func cutTogether(_ context.Context, s *stage) (recording, error) { return s.nearest(1), nil }

// mirroredReplay does so with mirrored frames: a turn to the left answers for one to
// the right.
func mirroredReplay(_ context.Context, s *stage) (recording, error) {
	take := s.nearest(-1)
	for i := range take {
		take[i].img = vision.Mirror(take[i].img)
	}
	return take, nil
}

// nearest takes earlier frames for what is asked now, turned to the same side, or to
// the other one where side is -1.
func (s *stage) nearest(side float64) (take recording) {
	for _, now := range s.moves() {
		best, least := 0, math.Inf(1)
		for i, was := range s.earlier() {
			d := math.Abs(side*was.Yaw-now.Yaw) + math.Abs(was.Pitch-now.Pitch) + 40*math.Abs(was.Blink-now.Blink) + 60*math.Abs(was.Size/s.earlier()[0].Size-now.Size/0.57) + s.otherLight(was.Light, now.Light)
			if d < least {
				best, least = i, d
			}
		}
		take = append(take, shot{s.earlier()[best].img, now})
	}
	return take
}

// altered does to frames what hides from a look at their bytes: they are cropped,
// scaled and compressed anew, all in the same way.
func altered(ctx context.Context, s *stage) (recording, error) {
	take, err := cutTogether(ctx, s)
	if err != nil {
		return nil, err
	}
	part, quality := s.part(), 45+s.rnd.IntN(30)
	for i := range take {
		small := vision.Resize(vision.Crop(take[i].img, part), frameWidth*3/4, frameHeight*3/4)
		if take[i].img, err = again(small, quality); err != nil {
			return nil, err
		}
	}
	return take, nil
}

// part is what is left of a frame that was cropped by 2 to 7 %.
func (s *stage) part() image.Rectangle {
	share := 0.93 + 0.05*s.rnd.Float64()
	w, h := int(share*frameWidth), int(share*frameHeight)
	x, y := s.rnd.IntN(frameWidth-w+1), s.rnd.IntN(frameHeight-h+1)
	return image.Rect(x, y, x+w, y+h)
}

// again is a picture after it was written as a file once more.
func again(img *image.RGBA, quality int) (*image.RGBA, error) {
	file, err := vision.EncodeJPEG(img, quality)
	if err != nil {
		return nil, fmt.Errorf("compress a picture: %w", err)
	}
	return vision.Decode(file, vision.Limits{})
}

// sway is by how much something differs that is held as well as somebody can.
func (s *stage) sway(most float64) float64 { return most * (2*s.rnd.Float64() - 1) }

// anotherDay is a second session of the victim in the same place.
func (s *stage) anotherDay() recording {
	return perform(s.behind, act(s.victim, s.asked, s.glow, s.rnd))
}

// atOnce is a second session right after the first: the same pose at the same
// moment, to within two degrees.
func (s *stage) atOnce() recording {
	var repeated []instant
	for _, was := range s.earlier() {
		now := was.instant
		now.Yaw, now.Pitch, now.Roll = now.Yaw+s.sway(1.7), now.Pitch+s.sway(1.4), now.Roll+s.sway(1.1)
		now.Smile, now.Size = 0.1+0.1*s.rnd.Float64(), now.Size*(1+s.sway(0.014))
		now.at += s.rnd.Int64N(60)
		repeated = append(repeated, now)
	}
	return perform(s.behind, repeated)
}

// otherLight is how unlike two lights are, in degrees of a head that turned.
func (s *stage) otherLight(a, b [3]float64) (d float64) {
	for c := range a {
		d += 20 * math.Abs(a[c]-b[c]) / math.Max(s.glow, leastGlow)
	}
	return d
}

func swap(ctx context.Context, s *stage) (recording, error) {
	under, worn, err := s.live(ctx)
	if err != nil {
		return nil, err
	}
	var take recording
	for i, now := range under {
		if worn[i] != nil {
			now.img = mask{s.photo, s.points}.wear(now.img, worn[i])
		}
		take = append(take, now)
	}
	return take, nil
}

func puppet(_ context.Context, s *stage) (take recording, err error) {
	points := make([]specimen.Point, len(s.points))
	for i, p := range s.points {
		points[i] = specimen.Point{X: p[0], Y: p[1]}
	}
	head, ok := specimen.HeadFromLandmarks(points)
	if !ok {
		return nil, fmt.Errorf("seed %d: the landmarks make no head", s.seed)
	}
	acted := s.moves()
	for _, now := range acted {
		turned := specimen.Turn(s.photo, head, 1.15*now.Yaw, now.Pitch)
		take = append(take, shot{enlarged(turned, now.Size/acted[0].Size), now})
	}
	return take, nil
}

// enlarged brings a picture closer as software does; what is a little larger or
// smaller than before is left as it is.
func enlarged(img *image.RGBA, times float64) *image.RGBA {
	if times < 1.05 {
		return img
	}
	b := img.Rect
	w, h := int(float64(b.Dx())/times), int(float64(b.Dy())/times)
	x, y := (b.Dx()-w)/2, (b.Dy()-h)/2
	return vision.Resize(vision.Crop(img, image.Rect(x, y, x+w, y+h)), b.Dx(), b.Dy())
}

func clone(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	copy(out.Pix, img.Pix)
	return out
}

func shifted(img *image.RGBA, dx, dy int) *image.RGBA {
	out := clone(img)
	draw.Draw(out, out.Rect, img, image.Pt(dx, dy), draw.Src)
	return out
}

func middle(p [][2]float64) (m [2]float64) {
	for _, q := range p {
		m[0], m[1] = m[0]+q[0]/float64(len(p)), m[1]+q[1]/float64(len(p))
	}
	return m
}

// eyesOf gives the middle between the eyes and how far they are apart.
func eyesOf(p [][2]float64) (mid [2]float64, apart float64) {
	a, b := middle(p[36:42]), middle(p[42:48])
	return middle([][2]float64{a, b}), math.Hypot(b[0]-a[0], b[1]-a[1])
}
