package specimen

import "math"

// Worn is what somebody wears on the face or the head.
type Worn string

// What can be worn. Lenses of glasses are clear and show nothing of themselves; those of
// dark ones hide the eyes.
const (
	Nothing     Worn = ""
	Glasses     Worn = "glasses"
	DarkGlasses Worn = "dark glasses"
	Scarf       Worn = "head scarf" // leaves the face free from the hairline to the chin
	Cap         Worn = "cap"        // knitted, down to the hairline
)

func (who *identity) worn(what Worn) []part {
	switch what {
	case Glasses:
		return who.spectacles()
	case DarkGlasses:
		parts := who.spectacles()
		for _, side := range []float64{-1, 1} {
			parts = append(parts, part{material: lens, cols: 30, rows: 12, at: who.glass(side)})
		}
		return parts
	case Scarf:
		return []part{
			{material: fabric, cols: 120, rows: 80, at: who.hood},
			{material: fabric, cols: 80, rows: 30, at: drape},
			{material: fabric, cols: 120, rows: 60, at: who.dome()}, // under it, so that no hair shows
		}
	case Cap:
		return []part{{material: fabric, cols: 120, rows: 60, at: who.dome()}}
	case Nothing:
	}
	return nil
}

// Half width and half height of a lens, and how thick its rim is.
const (
	lensWide = .215
	lensHigh = .155
	rimThick = .014
)

// onLens is a point of a lens, at a share of its radius; it stands before the eye
// and follows the face to the sides.
func (who *identity) onLens(side, angle, share float64) vec {
	sin, cos := math.Sincos(angle)
	x := side*who.eyeX + lensWide*share*cos
	return vec{x, who.eyeY - .02 + lensHigh*share*sin, .86*who.depth - .28*x*x}
}

// spectacles are two rims, a bridge and two temples.
func (who *identity) spectacles() (parts []part) {
	bar := func(a, b vec) part {
		return part{material: frame, cols: 10, rows: 12, at: func(u, v float64) vec {
			sin, cos := math.Sincos(u * 2 * math.Pi)
			p := a.times(1 - v).add(b.times(v))
			return vec{p.x + rimThick*cos*.7, p.y + rimThick*sin, p.z + rimThick*cos*.7}
		}}
	}
	for _, side := range []float64{-1, 1} {
		parts = append(parts, part{material: frame, cols: 10, rows: 60, at: func(u, v float64) vec {
			sin, cos := math.Sincos(u * 2 * math.Pi)
			p := who.onLens(side, v*2*math.Pi, 1+rimThick/lensWide*cos)
			p.z += rimThick * sin
			return p
		}})
		hinge := who.onLens(side, math.Pi/2*(1-side), 1)
		parts = append(parts, bar(hinge, vec{side * .80 * who.width, who.eyeY, -.1}))
	}
	return append(parts, bar(who.onLens(-1, 0, 1), who.onLens(1, math.Pi, 1)))
}

func (who *identity) glass(side float64) func(u, v float64) vec {
	return func(u, v float64) vec { return who.onLens(side, u*2*math.Pi, v) }
}

// hood goes from its edge around the face to the back of the head.
func (who *identity) hood(u, v float64) vec {
	sin, cos := math.Sincos(u * 2 * math.Pi)
	back := smooth(v * 2.4)                          // how far it has widened
	shut := math.Sqrt(math.Max(0, 1-math.Pow(v, 5))) // and closed again
	wide, high := (.70+.30*back)*who.width, .88+.42*back
	ripple := 1 + .02*who.noise.at(u*40, v*6)*smooth(v*4)*smooth((1-v)*4)
	return vec{wide * shut * ripple * sin, -.14 + .20*back + high*shut*ripple*cos, .62*who.depth - 1.8*v}
}

// drape covers the neck below the hood.
func drape(u, v float64) vec {
	sin, cos := math.Sincos(u * 2 * math.Pi)
	spread := .62 + .5*v
	return vec{spread * sin, -.85 - .75*v, -.10 + (spread-.12)*cos}
}

// dome covers the skull as far down as hair may begin.
func (who *identity) dome() func(u, v float64) vec {
	const brim, crown = .46, 1.34
	rings := skull()
	return func(u, v float64) vec {
		sin, cos := math.Sincos((u - .5) * 2 * math.Pi)
		y := crown - (crown-brim)*v
		r := ringAt(rings, y/1.14)
		rib := 1.18 + .012*math.Sin(u*240)
		depth := r.back
		if cos >= 0 {
			depth = r.front * who.depth
		}
		return vec{r.w * who.width * rib * sin, y, depth * rib * cos}
	}
}

// ringAt is the slice at a height, in a straight line between those of the table.
func ringAt(rings []ring, y float64) ring {
	for i := 1; i < len(rings); i++ {
		a, b := rings[i-1], rings[i]
		if y >= b.y {
			t := math.Min(math.Max((a.y-y)/(a.y-b.y), 0), 1)
			return ring{y, a.w + (b.w-a.w)*t, a.front + (b.front-a.front)*t, a.back + (b.back-a.back)*t}
		}
	}
	return rings[len(rings)-1]
}
