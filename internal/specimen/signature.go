package specimen

import (
	"math"
	"math/rand/v2"
)

// signature scribbles a looping line that no one wrote, in a box of millimetres.
func (s *sheet) signature(seed int64, x, y, w, h float64) {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x7369676e))
	loops, lean := 5+rnd.Float64()*3, 1.4+rnd.Float64()*1.2
	a, b := rnd.Float64()*6, rnd.Float64()*6
	steps := int(w * s.scale * 14)
	for i := range steps {
		t := float64(i) / float64(steps)
		swing := math.Sin(2*math.Pi*loops*t+a) * (1 - 0.6*t) * (0.7 + 0.3*math.Sin(9*t+b))
		px := x + w*t + lean*math.Cos(2*math.Pi*loops*t+a)*h*0.3
		py := y + h*0.5 - swing*h*0.5 + 0.5*math.Sin(3*t)
		press := 0.14 + 0.1*math.Sin(2*math.Pi*loops*t+a)
		s.dot(px*s.scale, py*s.scale, inkTitle, press)
		s.dot(px*s.scale+0.8, py*s.scale+0.4, inkTitle, press)
	}
}
