package specimen

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
)

// RussianLine prints one line as it stands in Russian documents (a name, a place, an office, a date, a code), photographs it
// and cuts it out as a text detector does: nearly straight, with some paper around. The text follows from the seed alone; the
// size of print, the light, the lens and the JPEG are those of a Scene of the difficulty.
func RussianLine(seed int64, d Difficulty) (text string, strip *image.RGBA) {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6c696e65))
	text = russian(rnd)
	face := [...]typeface{regular, medium, medium, bold}[rnd.IntN(4)]
	c := d.conditions()
	rnd = rand.New(rand.NewPCG(uint64(seed), 0x73747269+uint64(d)))
	return text, c.strip(rnd, onPaper(seed, face, text), c.share*float64(c.width)/125)
}

const (
	lineSize   = 3.0 // millimetres, as fields of a passport
	lineMargin = 3.0 // of paper, more than any cut
)

// onPaper is the line on its paper.
func onPaper(seed int64, t typeface, text string) *sheet {
	probe := newSheet(1, 1)
	face := probe.face(t, lineSize)
	width := float64(font.MeasureString(face, text)) / 64 / probe.scale
	face.Close()
	s := newSheet(width+2*lineMargin, 2*lineMargin+lineSize)
	s.guilloche(seed, passportInk())
	s.text(lineMargin, lineMargin+lineSize*0.86, t, lineSize, inkText, text)
	return s
}

// strip photographs a printed line at so many pixels a millimetre.
func (c conditions) strip(rnd *rand.Rand, s *sheet, scale float64) *image.RGBA {
	between := func(low, high float64) float64 { return low + (high-low)*rnd.Float64() }
	small := image.NewRGBA(image.Rect(0, 0, int(s.w*scale), int(s.h*scale)))
	draw.CatmullRom.Scale(small, small.Rect, s.img, s.img.Rect, draw.Src, nil)
	left, right, top, bottom := between(0, 0.5), between(0, 0.5), between(0.55, 1), between(0.45, 0.9)
	x0, x1 := (lineMargin-left)*scale, (s.w-lineMargin+right)*scale
	y0, y1 := (lineMargin+lineSize*0.14-top)*scale, (lineMargin+lineSize*0.86+bottom)*scale
	// The box that was found is not quite the line's: a little of the tilt is left in it.
	slip := func() float64 { return (y1 - y0) * c.tilt * 0.004 * (2*rnd.Float64() - 1) }
	w, h := math.Round(x1-x0), math.Round(y1-y0)
	m := homography([4]Point{{0, 0}, {w, 0}, {w, h}, {0, h}},
		[4]Point{{x0 + slip(), y0 + slip()}, {x1 + slip(), y0 + slip()}, {x1 + slip(), y1 + slip()}, {x0 + slip(), y1 + slip()}})
	out := image.NewRGBA(image.Rect(0, 0, int(w), int(h)))
	for y := range int(h) {
		for x := range int(w) {
			u, v := m.apply(float64(x)+0.5, float64(y)+0.5)
			p, q := out.Pix[y*out.Stride+4*x:], sample(small, u-0.5, v-0.5)
			p[0], p[1], p[2], p[3] = clamp8(q[0]), clamp8(q[1]), clamp8(q[2]), 255
		}
	}
	c.light(out, rnd)
	blur(out, c.blur*(0.8+0.2*rnd.Float64()))
	grain(out, rnd, c.noise)
	return developed(out, c.quality)
}

// developed is the picture after the camera has saved it.
func developed(img *image.RGBA, quality int) *image.RGBA {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: quality}); err != nil {
		panic("specimen: " + err.Error()) // as in Shot.JPEG
	}
	back, err := jpeg.Decode(&file)
	if err != nil {
		panic("specimen: " + err.Error())
	}
	draw.Draw(img, img.Rect, back, image.Point{}, draw.Src)
	return img
}

// russian invents what a field holds. Places and offices exist in Utopia only.
func russian(rnd *rand.Rand) string {
	surname := pick(rnd, "АЛМЕРОВ БОРОВЦЕВ ВЕРЕЩАГИН ГРЯЗНУХИН ДОЛГОПЯТОВ ЕЖИКОВ ЁЛКИН ЖАВОРОНКОВ ЗЯБЛИЦЕВ ИЗЪЯНОВ ЙОНАЙТИС КРУТОЯРОВ ЛЮБИМЦЕВ "+
		"МЫШКИН-ЗАРЕЧНЫЙ НЕЖДАНЩИКОВ ОБЪЕДКОВ ПОДЪЯПОЛЬСКИЙ РЫБЧЕНКО СЪЕДИН ТЮТЮННИКОВ УШАКОВ ФЕДЮШИН ХАРЦЫЗОВ ЦЫПЛАКОВ ЧЕЧЁТКИН ШЕРШНЁВ ЩУКИН ЭЙЛЕРОВ ЮДИН ЯГУЖИНСКИЙ")
	given := pick(rnd, "АРТЁМ БОГДАН ВЯЧЕСЛАВ ГЕННАДИЙ ДМИТРИЙ ЕВГЕНИЙ ЖАННА ЗОЯ ИЛЬЯ КСЕНИЯ ЛЮДМИЛА МАЙЯ НАТАЛЬЯ ОЛЬГА ПЁТР РОДИОН СЕМЁН ТИМОФЕЙ УЛЬЯНА ФЁДОР ЭЛЬВИРА ЮЛИЯ ЯРОСЛАВ")
	patronymic := pick(rnd, "АЛЕКСЕЕВИЧ БОРИСОВНА ВАСИЛЬЕВИЧ ГРИГОРЬЕВНА ЕВГЕНЬЕВИЧ ЗАХАРОВНА ИЛЬИНИЧНА КУЗЬМИЧ ЛЬВОВНА МИХАЙЛОВИЧ НИКИТИЧНА ПЕТРОВИЧ СЕРГЕЕВНА ФЁДОРОВИЧ ЭДУАРДОВНА ЮРЬЕВИЧ ЯКОВЛЕВНА")
	place := pick(rnd, "ЗЕНИТСК АМАУРОТ АНИДЕРСК БОЛЬШИЕ-ЩЕГЛЫ ВЕРХНЕЮРЬЕВСК КРАСНОСЪЕЗДНОЕ НОВОУТОПИНСК ПОДЪЁМНОЕ ЧАЩОБИНО ЭНСК")
	region := pick(rnd, "АМАУРОТСКОЙ ЗЕНИТСКОЙ ПРИЩУРСКОЙ ЮЖНО-УТОПИНСКОЙ ЭНСКОЙ")
	date := fmt.Sprintf("1%d.1%d.19%d%d", 1+rnd.IntN(9), 1+rnd.IntN(2), 4+rnd.IntN(6), 1+rnd.IntN(9))
	switch rnd.IntN(10) {
	case 0, 1:
		return surname
	case 2:
		return given
	case 3:
		return patronymic
	case 4:
		return "ГОР. " + place + " " + region + " ОБЛ."
	case 5:
		return fmt.Sprintf("%s ОВД Г. %s", pick(rnd, "ОТДЕЛОМ УПРАВЛЕНИЕМ ПЕРВЫМ ВТОРЫМ"), place)
	case 6:
		return "ПО " + region + " ОБЛ. В ГОР. " + place
	case 7:
		return date
	case 8:
		return fmt.Sprintf("%d%d%d-%d%d%d", 1+rnd.IntN(9), 1+rnd.IntN(9), 1+rnd.IntN(9), 1+rnd.IntN(9), 1+rnd.IntN(9), 1+rnd.IntN(9))
	}
	title := func(word string) string { r := []rune(word); return string(r[:1]) + strings.ToLower(string(r[1:])) }
	return title(given) + " " + title(patronymic) + " " + title(surname)
}
