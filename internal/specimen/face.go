package specimen

import (
	"image"
	"math"
	"math/rand/v2"
)

// Face is a head that belongs to nobody, seen by a camera. The seed decides who
// it is; the other fields decide how it is held. Angles are in degrees.
type Face struct {
	Seed  int64
	Sex   string  // "M" or "F" shapes hair, beard and brow; otherwise the seed chooses
	Yaw   float64 // positive turns the nose towards the right edge of the picture
	Pitch float64 // positive lifts the chin
	Roll  float64 // positive leans the crown towards the right edge of the picture

	Smile, Open, Blink float64 // from 0 to 1: smile, open mouth, closed eyes
	Size               float64 // height of the head as a share of the picture's; 0 means 0.62
	Distance           float64 // of the head's axis from the camera, in half heights of a head (12 cm); 0 means 8

	Wears Worn // on the face or the head

	Light  [3]float64 // of a screen beside the camera, red, green and blue, as shares of what the lamp and the room give; linear
	Behind float64    // of the wall, in half heights of a head (12 cm); 0 means 8
}

// Render draws the head, its shoulders and a plain wall. It costs about a
// fifth of a second for 640 × 480 pixels.
func (f Face) Render(w, h int) *image.RGBA {
	who := f.identity()
	const over = 2 // samples a side of each pixel
	buf := newRaster(w*over, h*over)
	size := f.Size
	if size == 0 {
		size = 0.62
	}
	cam := camera{
		turn: rotation(f.Yaw, f.Pitch, f.Roll),
		unit: size * float64(h*over) / (headTop - headBottom),
		cx:   float64(w*over) / 2, cy: float64(h*over) * 0.5,
		away: f.away(),
	}
	for _, part := range who.parts(f) {
		buf.draw(part, cam)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	buf.shade(out, over, who.paint(f), f.Seed, f.glow())
	blur(out, 0.45)
	grain(out, rand.New(rand.NewPCG(uint64(f.Seed), 0x6772)), 1.2)
	return out
}

// glow is the light that stands where the camera does.
func (f Face) glow() glow {
	behind := f.Behind
	if behind == 0 {
		behind = 8
	}
	fall := f.away() / (f.away() + behind)
	return glow{f.Light, fall * fall, f.away()}
}

// away is how far the camera is.
func (f Face) away() float64 {
	if f.Distance == 0 {
		return cameraDistance
	}
	return f.Distance
}

// identity is what makes one head differ from another; lengths are in units of
// half a head's height, colours in linear shares of full scale.
type identity struct {
	female                            bool
	width, jaw, depth, chin           float64
	eyeX, eyeY, eyeW, eyeH, eyeTilt   float64
	browY, browThick, browArch        float64
	noseW, noseL, noseZ, bridge, hook float64
	mouthW, lipUp, lipLow, mouthY     float64
	cheek, brow                       float64
	hairline, recede, hairLong        float64
	beard, freckle, lines             float64
	skin, hair, iris, cloth, wall     colour
	fabric                            colour // of what is worn on the head
	noise                             *noise
}

type colour [3]float64

func (f Face) identity() *identity {
	rnd := rand.New(rand.NewPCG(uint64(f.Seed), 0x66616365))
	near := func(mean, spread float64) float64 { return mean + spread*(2*rnd.Float64()-1) }
	skins := [...]colour{{.84, .62, .50}, {.78, .54, .41}, {.88, .68, .58}, {.66, .44, .32}, {.50, .32, .22}, {.36, .22, .15}, {.80, .60, .45}}
	hairs := [...]colour{{.06, .045, .04}, {.14, .08, .05}, {.26, .15, .08}, {.48, .34, .18}, {.38, .37, .36}, {.30, .11, .05}}
	irises := [...]colour{{.16, .09, .05}, {.25, .16, .08}, {.22, .36, .46}, {.24, .34, .22}, {.38, .42, .44}}
	cloths := [...]colour{{.10, .13, .20}, {.32, .10, .12}, {.16, .24, .18}, {.55, .55, .56}, {.20, .18, .28}}
	walls := [...]colour{{.72, .75, .78}, {.80, .78, .74}, {.62, .68, .72}, {.76, .80, .77}}
	tone := rnd.IntN(len(skins))
	who := &identity{
		width: near(1, .13), jaw: near(1, .22), depth: near(1, .07), chin: near(1, .9),
		eyeX: near(.338, .048), eyeY: near(0.02, .07), eyeW: near(.158, .032), eyeH: near(.060, .026), eyeTilt: near(.02, .20),
		browY: near(.20, .07), browThick: near(.036, .022), browArch: near(.05, .07),
		noseW: near(1, .45), noseL: near(0, .10), noseZ: near(1, .40), bridge: near(1, .9), hook: near(0, .09),
		mouthW: near(.26, .075), lipUp: near(.048, .034), lipLow: near(.064, .038), mouthY: near(-.71, .06),
		cheek: near(1, 1.4), brow: near(1.1, 1.1),
		hairline: near(.68, .18), recede: near(.10, .18), hairLong: rnd.Float64(),
		freckle: rnd.Float64(), lines: rnd.Float64(), beard: rnd.Float64(),
		skin: skins[tone], hair: hairs[rnd.IntN(len(hairs))], iris: irises[rnd.IntN(len(irises))],
		cloth: cloths[rnd.IntN(len(cloths))], wall: walls[rnd.IntN(len(walls))],
		noise: newNoise(rnd),
	}
	who.fabric = blend(who.cloth, colour{.5, .45, .5}, .35)
	if tone >= 3 && tone <= 5 { // dark skins go with dark hair and eyes
		who.hair, who.iris = hairs[rnd.IntN(2)], irises[rnd.IntN(2)]
	}
	who.female = f.Sex == "F" || f.Sex != "M" && rnd.IntN(2) == 0
	if who.female {
		who.beard, who.recede, who.brow, who.jaw = 0, 0, who.brow*.3, who.jaw*.93
		who.browThick, who.lipUp, who.lipLow = who.browThick*.72, who.lipUp*1.15, who.lipLow*1.15
	} else {
		who.hairLong *= .25
		who.beard = math.Max(0, who.beard-.45) * 2.4
	}
	who.browY = math.Max(who.browY, who.eyeY+who.eyeH+.095) // brows stay off the lids
	return who
}
