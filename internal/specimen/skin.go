package specimen

import "math"

// paint returns the head's colours as a function of the place on the model.
func (who *identity) paint(f Face) paint {
	return func(m material, p vec) (colour, float64) {
		switch m {
		case wall:
			return who.wall, 0
		case cloth:
			weave := .9 + .2*who.noise.at(p.x*40, p.y*40+p.z*40)
			return scaled(who.cloth, weave), .01
		case mane:
			return who.strands(p), .05
		case ear:
			return scaled(blend(who.skin, colour{.7, .3, .25}, .12), .92), .03
		case frame:
			return scaled(who.hair, .8), .25
		case lens:
			return colour{.03, .03, .035}, .35
		case fabric:
			weave := .9 + .2*who.noise.at(p.x*40, p.y*40+p.z*40)
			return scaled(who.fabric, weave), .02
		case neck:
			// the chin's shadow falls on the neck
			return scaled(who.skin, .90-.34*bump(p.y, -.95, .22)), .02
		}
		angle := math.Atan2(p.x, p.z)
		base, gloss := who.flesh(f, p)
		if hair := who.hairAt(p, angle); hair > 0 {
			return blend(base, who.strands(p), hair), gloss*(1-hair) + .06*hair
		}
		return base, gloss
	}
}

func (who *identity) strands(p vec) colour {
	angle := math.Atan2(p.x, p.z)
	k := .55 + .6*who.noise.at(angle*34+p.y*3, p.y*4+9) + .3*who.noise.at(angle*90, p.y*7)
	return scaled(who.hair, k)
}

// flesh is skin with the features that are colour rather than shape.
func (who *identity) flesh(f Face, p vec) (colour, float64) {
	side := math.Abs(p.x)
	c, gloss := who.complexion(p, side), .055+.05*bump(p.x, 0, .1)*bump(p.y, -.3, .2)
	if p.z < .1 {
		return c, gloss
	}
	c = who.shadows(f, c, p, side)
	c = who.eyebrow(c, p, side)
	c, gloss = who.eye(f, c, gloss, p, side)
	c, gloss = who.mouth(f, c, gloss, p)
	tip := -.40 + who.noseL
	nostril := bump(side, .068*(.6+.4*who.noseW), .028) * bump(p.y, tip-.068, .017)
	return blend(c, scaled(who.skin, .12), math.Min(1, .95*nostril)), gloss
}

func (who *identity) complexion(p vec, side float64) colour {
	mottle := who.noise.at(p.x*9+30, p.y*9) - .5
	pore := who.noise.at(p.x*70, p.y*70) - .5
	c := scaled(who.skin, 1+.07*mottle+.05*pore)
	flush := .5*bump(side, .42, .2)*bump(p.y, -.28, .18) + .45*bump(p.x, 0, .13)*bump(p.y, -.38, .1)
	c = blend(c, colour{who.skin[0], who.skin[1] * .72, who.skin[2] * .70}, .55*flush)
	if who.freckle > .7 {
		spot := smooth((who.noise.at(p.x*34+p.y*21+5, p.y*34-p.x*21) - .72) * 5)
		c = blend(c, scaled(who.skin, .70), .28*spot*bump(p.y, -.2, .2))
	}
	shadow := who.beard * smooth((-.42-p.y+.25*math.Max(0, side-.3))/.14) * (1 - .8*bump(p.x, 0, .3)*bump(p.y, who.mouthY, .08))
	stubble := .55 + .6*who.noise.at(p.x*95+3, p.y*95)
	return blend(c, scaled(who.hair, 1.1), math.Min(.93, .80*shadow*stubble))
}

// shadows darken what light from the room does not reach, and draw age.
func (who *identity) shadows(f Face, c colour, p vec, side float64) colour {
	tip := -.40 + who.noseL
	dark := .30*bump(side, who.eyeX-.06, .13)*bump(p.y, who.eyeY+.07, .055) +
		.18*bump(side, who.eyeX-.03, .12)*bump(p.y, who.eyeY-.105, .03)*(.5+who.lines) +
		.30*bump(side, who.eyeX-who.eyeW-.05, .04)*bump(p.y, who.eyeY+.03, .07) +
		.36*bump(p.x, 0, .13)*bump(p.y, tip-.105, .035) +
		.22*bump(side, .178*who.noseW, .018)*bump(p.y, tip-.03, .06) +
		.30*bump(p.x, 0, .17)*bump(p.y, who.mouthY-who.lipLow-.075, .032)
	// the fold from the nose's wing to the corner of the mouth
	t := (tip - p.y) / (tip - who.mouthY + .02)
	fold := .17*who.noseW + (who.mouthW+.06-.17*who.noseW+.04*f.Smile)*t
	if t > -.1 && t < 1.2 {
		dark += (.10 + .16*who.lines + .2*f.Smile) * bump(side, fold, .022) * bump(t, .5, .5)
	}
	dark += .10 * who.lines * bump(math.Mod(p.y*9+10, 1), .5, .09) * bump(p.y, .45, .12) * bump(p.x, 0, .35)
	return blend(c, colour{who.skin[0] * .42, who.skin[1] * .30, who.skin[2] * .26}, math.Min(.8, dark))
}

func (who *identity) eyebrow(c colour, p vec, side float64) colour {
	t := (side - (who.eyeX - .19)) / .40 // 0 at the nose, 1 at the temple
	if t < -.1 || t > 1.1 {
		return c
	}
	mid := who.browY + who.browArch*math.Sin(math.Pi*math.Min(1, t*1.05)*.8) - .05*t*t + who.eyeTilt*.3*(t-.5)
	thick := who.browThick * (1.05 - .75*t*t)
	hairs := .65 + .5*who.noise.at(p.x*60+p.y*30, p.y*50-side*40)
	k := smooth((thick-math.Abs(p.y-mid))/.02) * smooth((t+.06)/.12) * smooth((1.06-t)/.2)
	return blend(c, scaled(who.hair, .75), math.Min(.95, .95*k*hairs))
}

// eye paints lids, white, iris and pupil where the lids leave them free.
func (who *identity) eye(f Face, c colour, gloss float64, p vec, side float64) (colour, float64) {
	dx, dy := side-who.eyeX, p.y-who.eyeY-who.eyeTilt*(side-who.eyeX)
	t := dx / who.eyeW
	if math.Abs(t) > 1.5 || math.Abs(dy) > .2 {
		return c, gloss
	}
	arch := math.Max(0, 1-t*t)
	open := 1 - math.Min(1, f.Blink)
	upper := who.eyeH * 1.15 * math.Pow(arch, .62) * (open*1.35 - .35)
	lower := -who.eyeH * .72 * math.Pow(arch, .75) * (1 + .15*f.Blink - .2*f.Smile)
	crease := upper + .042*open
	fade := smooth((1.3 - math.Abs(t)) / .3)
	c = blend(c, scaled(who.skin, .40), .6*fade*bump(dy, crease, .011))
	lash := colour{.05, .035, .03}
	if arch > 0 && dy < upper && dy > lower {
		iris := math.Hypot(side-who.eyeX+.004, dy-.004) / (who.eyeH*.55 + .042)
		white := blend(colour{.74, .71, .69}, colour{.52, .39, .35}, math.Min(1, t*t*.9))
		eye := blend(white, who.irisAt(iris, p), smooth((1.0-iris)/.10))
		eye = blend(eye, colour{.02, .02, .02}, smooth((.42-iris)/.08))
		eye = scaled(eye, 1-.5*smooth((dy-upper+.04)/.04))
		glint := math.Hypot(p.x-math.Copysign(who.eyeX, p.x)+.022, dy-.024)
		eye = blend(eye, colour{1.2, 1.2, 1.2}, smooth((.0145-glint)/.006))
		rim := smooth((math.Min(upper-dy, dy-lower)) / .008)
		return blend(scaled(lash, 2), eye, rim), .12
	}
	lid := .92 * fade * bump(dy, upper+.004, .012)
	under := .40 * smooth((1.1-math.Abs(t))/.2) * bump(dy, lower-.004, .009)
	return blend(blend(c, scaled(who.skin, .45), under), lash, lid), gloss
}

func (who *identity) irisAt(r float64, p vec) colour {
	ray := .8 + .4*who.noise.at(math.Atan2(p.y-who.eyeY, math.Abs(p.x)-who.eyeX)*7+30, 1)
	return scaled(who.iris, ray*(1.25-.7*smooth((r-.75)/.25)))
}

func (who *identity) mouth(f Face, c colour, gloss float64, p vec) (colour, float64) {
	half := who.mouthW * (1 + .20*f.Smile - .08*f.Open)
	t := p.x / half
	if math.Abs(t) > 1.2 {
		return c, gloss
	}
	line := who.mouthY + .05*f.Smile*(t*t*1.5-.4) + .006*math.Cos(t*9)
	arch := math.Max(0, 1-t*t)
	gapUp, gapLow := line+.03*f.Open*arch, line-.15*f.Open*math.Sqrt(arch)
	bow := 1 - .20*bump(t, 0, .12) + .10*bump(math.Abs(t), .24, .16)
	top := gapUp + who.lipUp*1.25*math.Pow(arch, .75)*bow*(1-.25*f.Smile)
	bottom := gapLow - who.lipLow*1.25*math.Pow(arch, .6)*(1-.15*f.Smile)
	rose := colour{who.skin[0]*.62 + .12, who.skin[1] * .50, who.skin[2]*.50 + .03}
	if who.female {
		rose = blend(rose, colour{.62, .16, .18}, .35)
	}
	crease := .92 + .16*who.noise.at(p.x*80, p.y*9)
	edge := .014
	k := smooth((top-p.y)/edge+.5) * smooth((p.y-bottom)/edge+.5) * smooth(arch*7)
	upper := smooth((p.y - line) / .02)
	c = blend(c, scaled(rose, crease*(1-.16*upper)), .9*k)
	gloss += .08 * k * (1 - upper)
	if f.Open > 0.05 && p.y < gapUp && p.y > gapLow {
		inside := colour{.16, .05, .05}
		if p.y > gapUp-.05*f.Open-.02 {
			inside = colour{.80, .77, .72} // teeth
		}
		return blend(c, inside, smooth(math.Min(gapUp-p.y, p.y-gapLow)/.012)), gloss
	}
	seam := bump(p.y, gapUp, .011) * smooth((1.08-math.Abs(t))/.15)
	return blend(c, colour{.13, .05, .045}, .8*seam*(1-f.Open)), gloss
}

func scaled(c colour, k float64) colour { return colour{c[0] * k, c[1] * k, c[2] * k} }

func blend(a, b colour, k float64) colour {
	return colour{a[0] + (b[0]-a[0])*k, a[1] + (b[1]-a[1])*k, a[2] + (b[2]-a[2])*k}
}
