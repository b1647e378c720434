package specimen

import "math"

const (
	headTop    = 1.16
	headBottom = -1.16
)

// part is a closed surface over longitude u and latitude v, both in 0..1.
type part struct {
	material   material
	cols, rows int
	at         func(u, v float64) vec
	rigid      bool // shoulders stay when the head turns
}

type material uint8

const (
	wall material = iota
	skin
	cloth
	ear
	neck
	mane
	frame
	lens
	fabric
)

// ring is a horizontal slice of the skull: height, half width, depth in front
// and behind the axis between the ears.
type ring struct{ y, w, front, back float64 }

// skull lists the slices from crown to chin of a mean adult head.
func skull() []ring {
	return []ring{
		{1.165, .01, .01, .01}, {1.15, .20, .20, .26}, {1.07, .42, .43, .55}, {.90, .60, .61, .78},
		{.64, .715, .74, .92}, {.34, .76, .80, .97}, {.08, .755, .795, .93}, {-.18, .735, .79, .83},
		{-.42, .69, .785, .70}, {-.64, .625, .78, .56}, {-.84, .53, .775, .42}, {-1.0, .405, .755, .28},
		{-1.10, .27, .69, .15}, {-1.15, .13, .58, .05}, {-1.16, .01, .46, -.10},
	}
}

func (who *identity) parts(f Face) []part {
	parts := []part{
		{material: cloth, cols: 90, rows: 50, rigid: true, at: shoulders},
		{material: neck, cols: 70, rows: 50, at: column, rigid: true},
		{material: skin, cols: 220, rows: 240, at: who.headAt(f)},
	}
	for _, side := range []float64{-1, 1} {
		parts = append(parts, part{material: ear, cols: 30, rows: 30, at: who.earAt(side)})
	}
	if who.hairLong > .4 && f.Wears != Scarf {
		parts = append(parts, part{material: mane, cols: 120, rows: 80, at: who.maneAt()})
	}
	return append(parts, who.worn(f.Wears)...)
}

// headAt walks the skull's surface and lays the features of the face upon it.
func (who *identity) headAt(f Face) func(u, v float64) vec {
	rings := skull()
	return func(u, v float64) vec {
		r := between(rings, v)
		angle := (u - 0.5) * 2 * math.Pi
		sin, cos := math.Sincos(angle)
		w := r.w * who.width * (1 + (who.jaw-1)*bump(r.y, -.85, .35))
		p := vec{w * sin, r.y, 0}
		if cos >= 0 {
			p.z = r.front * who.depth * math.Pow(cos, .72)
			p.z += who.relief(f, p.x, p.y) * smooth(cos/.55)
		} else {
			p.z = r.back * cos
		}
		if hair := who.hairAt(p, math.Atan2(p.x, p.z)); hair > 0 {
			k := 1 + hair*(.05+.05*who.noise.at(u*40, v*30+7)+.03*who.hairLong)
			p.x, p.z = p.x*k, p.z*k
			p.y += hair * .05 * math.Max(0, p.y)
		}
		return p
	}
}

// relief is how far the face stands out before the smooth skull.
func (who *identity) relief(f Face, x, y float64) float64 {
	side := math.Abs(x)
	tip := -.40 + who.noseL
	ramp := smooth((.16 - y) / (.16 - tip))
	z := 0.0
	if y > tip { // bridge to tip
		width := .060 + .047*ramp*ramp
		z += (.05*who.bridge*bump(y, .02, .12) + .30*who.noseZ*math.Pow(ramp, 1.35)*.88 + who.hook*bump(y, (tip+.1)/2, .1)) * bump(x, 0, width*(.7+.3*who.noseW))
	} else { // underside, steep
		z += .264 * who.noseZ * bump(y, tip, .068) * bump(x, 0, .107*(.7+.3*who.noseW))
	}
	z += .045 * bump(x, 0, .085) * bump(y, tip+.005, .06)
	z += .085 * bump(side, .128*who.noseW, .055) * bump(y, tip-.035, .055)
	z -= .10 * bump(side, who.eyeX-.02, .15) * bump(y, who.eyeY+.02, .10)
	z += .060 * bump(side, who.eyeX, .105) * bump(y, who.eyeY, .062)
	z += .045 * who.brow * bump(side, .27, .20) * bump(y, who.browY-.02, .055)
	z += .045 * who.cheek * bump(side, .46, .15) * bump(y, -.20-.04*f.Smile, .14)
	z += .03 * f.Smile * bump(side, .36, .09) * bump(y, -.36, .12)
	my := who.mouthY
	z += .065 * bump(x, 0, .27) * bump(y, my, .20)
	z += .055 * bump(x, 0, who.mouthW*.62) * (bump(y, my+.6*who.lipUp, .034) + 1.1*bump(y, my-.7*who.lipLow-.12*f.Open, .040))
	z -= .05 * bump(x, 0, who.mouthW*.8) * bump(y, my-.06*f.Open, .016+.06*f.Open)
	z -= .035 * bump(x, 0, .16) * bump(y, my-.18, .045)
	z += .06 * who.chin * bump(x, 0, .15) * bump(y, -1.0, .09)
	z -= .012 * bump(x, 0, .02) * bump(y, my+.14, .05)
	return z
}

// hairAt is 1 where hair grows, 0 on bare skin, with a short rim between.
func (who *identity) hairAt(p vec, angle float64) float64 {
	away := math.Abs(angle)
	line := who.hairline - who.recede*bump(math.Abs(p.x), .38, .14)
	switch {
	case away > 1.62:
		line = -.62 - .5*who.hairLong
	case away > .95:
		temple := (away - .95) / .67
		line = line*(1-temple) + (.02-.2*who.hairLong)*temple
	}
	line += .05 * (who.noise.at(angle*9+20, 3) - .5)
	return smooth((p.y - line) / .06)
}

func (who *identity) earAt(side float64) func(u, v float64) vec {
	return func(u, v float64) vec {
		a, b := u*2*math.Pi, (v-.5)*math.Pi
		x, y, z := math.Cos(b)*math.Cos(a), math.Sin(b), math.Cos(b)*math.Sin(a)
		dent := .4 * bump(z-.2, 0, .45) * bump(y-.1, 0, .5) * smooth(x*side)
		return vec{side * (.735*who.width + (.085-.06*dent)*math.Abs(x)*sign(x*side) + .03*smooth(-z)), -.10 + .235*y - .03*z, -.10 + .135*z}
	}
}

// maneAt hangs long hair around the back and the sides of the head.
func (who *identity) maneAt() func(u, v float64) vec {
	long := .55 + .9*who.hairLong
	return func(u, v float64) vec {
		angle := math.Pi/2*.74 + u*(2*math.Pi-math.Pi*.74)
		y := .55 - v*(long+.55)
		flare := 1.06 + .14*smooth(v*1.4) + .05*who.noise.at(u*60, v*3)
		sin, cos := math.Sincos(angle)
		tuck := 1 - .5*bump(v, 1, .12)
		return vec{.80 * who.width * flare * sin * tuck, y, (.90*cos - .05) * flare * tuck}
	}
}

func column(u, v float64) vec {
	sin, cos := math.Sincos(u * 2 * math.Pi)
	spread := .40 + .25*math.Pow(math.Max(0, v-.45)/.55, 2)
	return vec{spread * sin, -.55 - 1.15*v, -.12 + (spread-.02)*cos}
}

func shoulders(u, v float64) vec {
	sin, cos := math.Sincos(u * 2 * math.Pi)
	k := math.Pow(v, .55)
	return vec{1.75 * k * sin, -1.42 - .16*v - 1.6*math.Pow(v, 3.2), -.15 + .75*k*cos}
}

// between reads the table of slices at v of its length, by Catmull-Rom splines.
func between(rings []ring, v float64) ring {
	t := math.Min(math.Max(v, 0), 1) * float64(len(rings)-1)
	i := min(int(t), len(rings)-2)
	t -= float64(i)
	a, b, c, d := rings[max(i-1, 0)], rings[i], rings[i+1], rings[min(i+2, len(rings)-1)]
	mix := func(a, b, c, d float64) float64 {
		return b + .5*t*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
	}
	return ring{mix(a.y, b.y, c.y, d.y), math.Max(0, mix(a.w, b.w, c.w, d.w)), mix(a.front, b.front, c.front, d.front), mix(a.back, b.back, c.back, d.back)}
}

// bump is a Gaussian hill of height 1.
func bump(x, centre, width float64) float64 {
	d := (x - centre) / width
	if d *= d; d < 9 { // beyond three widths nothing is seen and much time saved
		return math.Exp(-d)
	}
	return 0
}

// smooth rises from 0 to 1 without a corner.
func smooth(t float64) float64 { return ease(math.Min(math.Max(t, 0), 1)) }

func sign(x float64) float64 { return math.Copysign(1, x) }
