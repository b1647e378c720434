package specimen

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Blank draws print that holds no machine readable zone, to hold readers of
// zones against: by the seed a letter, a bill with columns of figures, a card
// with its number, a page of a passport without the zone, a sheet of OCR-B
// lines that are no zone, a chart of codes, or a texture without any print.
func Blank(seed int64) *image.RGBA {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x626c616e))
	switch seed % 8 {
	case 0:
		return letter(rnd)
	case 1:
		return bill(rnd)
	case 2:
		return bankCard(rnd)
	case 3:
		return Sample(TD1, seed, epoch()).Render()
	case 4:
		return payment(rnd)
	case 5:
		return stubs(rnd)
	case 6:
		return upperHalf(Sample(TD3, seed, epoch()))
	}
	return texture(rnd)
}

func letter(rnd *rand.Rand) *image.RGBA {
	s := newSheet(120, 90)
	s.fill(0, 0, s.w, s.h, color.RGBA{248, 246, 240, 255})
	s.text(10, 12, bold, 4, inkText, pick(rnd, "Notice Invitation Minutes Agreement Reminder"))
	for i := range 14 {
		s.text(10, 20+float64(i)*4.6, regular, 2.9, inkText, sentence(rnd, 12))
	}
	return s.img
}

func sentence(rnd *rand.Rand, words int) string {
	var out []string
	for range words {
		out = append(out, pick(rnd, "the of and harbour council water without letter again which under every morning paper seven account before road is as"))
	}
	return strings.Join(out, " ")
}

func bill(rnd *rand.Rand) *image.RGBA {
	s := newSheet(100, 120)
	s.fill(0, 0, s.w, s.h, color.RGBA{252, 252, 250, 255})
	s.text(8, 12, bold, 5, inkTitle, "AMAUROT WATERWORKS")
	for i := range 15 {
		y := 24 + float64(i)*5.6
		s.text(8, y, regular, 3, inkText, sentence(rnd, 3))
		s.text(58, y, regular, 3, inkText, digits(rnd, 6))
		s.text(80, y, regular, 3, inkText, digits(rnd, 3)+"."+digits(rnd, 2))
	}
	s.pitched(8, 114, 2.54, inkText, digits(rnd, 10)+" "+digits(rnd, 12)+" "+digits(rnd, 6))
	return s.img
}

func digits(rnd *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString(strconv.Itoa(rnd.IntN(10)))
	}
	return b.String()
}

func bankCard(rnd *rand.Rand) *image.RGBA {
	s := newSheet(85.6, 54)
	s.guilloche(rnd.Int64(), cardInk(TD1))
	s.text(6, 9, bold, 5, inkTitle, "UTOPIA BANK")
	s.text(8, 33, medium, 6, inkText, digits(rnd, 4)+" "+digits(rnd, 4)+" "+digits(rnd, 4)+" "+digits(rnd, 4))
	s.text(8, 47, medium, 3.4, inkText, strings.ToUpper(pick(rnd, "Almervik Brandovar Cestrello Drummel")))
	return s.img
}

// payment is a form as banks print them: lines of OCR-B in the size of a zone
// with other contents, which is the nearest that honest print comes to one.
func payment(rnd *rand.Rand) *image.RGBA {
	s := newSheet(130, 80)
	s.fill(0, 0, s.w, s.h, color.RGBA{250, 232, 222, 255})
	for i := range 5 {
		s.label(8, 10+float64(i)*8, "Account / Konto", sentence(rnd, 4), 90)
	}
	s.pitched(6, 62, mrzPitch, inkMRZ, digits(rnd, 13)+">"+digits(rnd, 16)+"+ "+digits(rnd, 9)+">")
	s.pitched(6, 62+mrzSpacing, mrzPitch, inkMRZ, digits(rnd, 2)+">"+digits(rnd, 20)+"> "+digits(rnd, 8)+"+")
	return s.img
}

func stubs(rnd *rand.Rand) *image.RGBA {
	s := newSheet(130, 80)
	s.fill(0, 0, s.w, s.h, color.RGBA{236, 240, 236, 255})
	for i := range 9 {
		s.pitched(8, 12+float64(i)*7, 2.6, inkText, strings.ToUpper(pick(rnd, "serial part order lot"))+" "+digits(rnd, 7)+" "+fmt.Sprintf("%-12.12s", strings.ToUpper(sentence(rnd, 3)))+" "+digits(rnd, 9))
	}
	return s.img
}

// upperHalf is a passport page whose zone is outside of the picture.
func upperHalf(p Passport) *image.RGBA {
	page := p.Render()
	part, _ := page.SubImage(image.Rect(0, 0, page.Rect.Dx(), page.Rect.Dy()*72/100)).(*image.RGBA)
	return part
}

func texture(rnd *rand.Rand) *image.RGBA {
	s := newSheet(110, 80)
	s.fill(0, 0, s.w, s.h, color.RGBA{uint8(120 + rnd.IntN(110)), uint8(120 + rnd.IntN(110)), uint8(120 + rnd.IntN(110)), 255})
	n, stripes := newNoise(rnd), 4+rnd.IntN(30)
	for y := range s.img.Rect.Dy() {
		for x := range s.img.Rect.Dx() {
			k := n.at(float64(x)/30, float64(y)/9)*0.5 + 0.25*math.Sin(float64(y)*float64(stripes)/90)
			s.blend(x, y, color.RGBA{30, 34, 40, 255}, max(0, min(k, 0.9)))
		}
	}
	return s.img
}
