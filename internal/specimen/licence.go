package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"time"
)

// Licence is one fictitious driving licence by the EU model: Directive
// 2006/126/EC, annex I, with the fields numbered.
type Licence struct {
	Surname, GivenNames, PlaceOfBirth string
	Sex                               string // of the portrait
	BirthDate, Issued, ExpiryDate     time.Time
	Authority, PersonalNumber, Number string
	Categories                        string
	Portrait                          image.Image
	Seed                              int64
}

// SampleLicence invents a holder for the seed, as of today.
func SampleLicence(seed int64, today time.Time) Licence {
	p := Sample(TD1, seed, today)
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6c6963))
	return Licence{
		Surname: p.Surname, GivenNames: p.GivenNames, PlaceOfBirth: p.PlaceOfBirth, Sex: p.Sex, BirthDate: p.BirthDate, Issued: p.Issued,
		ExpiryDate: p.Issued.AddDate(15, 0, -1), Authority: p.Authority, PersonalNumber: code(rnd, "0000000000", 10), Number: p.Number,
		Categories: pick(rnd, "AM/B AM/B/BE AM/A1/A/B B"), Seed: seed,
	}
}

// Render draws the front, 85.6 × 54 mm.
func (p Licence) Render() *image.RGBA {
	s := newSheet(85.6, 54)
	s.guilloche(p.Seed, ink{
		paper: color.RGBA{240, 210, 216, 255}, centre: color.RGBA{250, 240, 238, 255},
		wave: color.RGBA{226, 170, 182, 255}, rose: color.RGBA{186, 190, 220, 255},
	})
	s.fill(3, 3, 9, 6.4, color.RGBA{20, 50, 140, 255})
	s.text(4.6, 7.6, bold, 3, color.RGBA{250, 220, 60, 255}, "UT")
	s.text(15, 6.4, bold, 3.4, inkTitle, "DRIVING LICENCE")
	s.text(49, 6.4, regular, 1.9, inkTitle, "PERMIS DE CONDUIRE")
	s.text(15, 9.6, bold, 1.8, inkMark, "SPECIMEN · VOID")
	s.picture(4, 14, 22, 28.3, Passport{Seed: p.Seed, Sex: p.Sex, Portrait: p.Portrait}.portrait())
	date := func(t time.Time) string { return t.Format("02.01.2006") }
	y := 14.8
	row := func(parts ...string) {
		x, room := 30.0, 50.0
		if len(parts) > 2 {
			room = 19
		}
		for i := 0; i < len(parts); i += 2 {
			s.text(x, y, regular, 2.1, inkLabel, parts[i])
			s.fitted(x+4.6, y, room, medium, 2.7, inkText, strings.ToUpper(parts[i+1]))
			x += 29
		}
		y += 4.6
	}
	row("1.", p.Surname)
	row("2.", p.GivenNames)
	row("3.", date(p.BirthDate)+" "+p.PlaceOfBirth)
	row("4a.", date(p.Issued), "4c.", p.Authority)
	row("4b.", date(p.ExpiryDate), "4d.", p.PersonalNumber)
	row("5.", p.Number)
	s.signature(p.Seed, 37, 39.5, 20, 3)
	s.text(30, 43, regular, 2.1, inkLabel, "7.")
	y = 50
	row("9.", p.Categories)
	return s.img
}

// Back draws the table of categories.
func (p Licence) Back() *image.RGBA {
	s := newSheet(85.6, 54)
	s.guilloche(p.Seed+1, cardInk(TD1))
	s.text(30, 6, regular, 2, inkLabel, "9.")
	s.text(45, 6, regular, 2, inkLabel, "10.")
	s.text(60, 6, regular, 2, inkLabel, "11.")
	s.text(75, 6, regular, 2, inkLabel, "12.")
	for i, c := range strings.Split(p.Categories, "/") {
		y := 11 + 5*float64(i)
		s.text(30, y, medium, 2.4, inkText, c)
		s.text(43, y, medium, 2.2, inkText, p.Issued.Format("02.01.06"))
		s.text(58, y, medium, 2.2, inkText, p.ExpiryDate.Format("02.01.06"))
	}
	return s.img
}

// American draws the front of a North American licence of the same holder, by
// AAMVA's card design standard of 2020, annex A: short captions behind numbers,
// dates with the month first. The back is a barcode.
func (p Licence) American() *image.RGBA {
	s := newSheet(85.6, 54)
	s.guilloche(p.Seed, ink{
		paper: color.RGBA{214, 226, 238, 255}, centre: color.RGBA{242, 242, 230, 255},
		wave: color.RGBA{168, 190, 214, 255}, rose: color.RGBA{216, 196, 170, 255},
	})
	s.text(4, 6.6, bold, 4, inkTitle, "UTOPIA")
	s.text(26, 6.4, bold, 3, inkTitle, "DRIVER LICENSE")
	s.text(4, 10, bold, 1.8, inkMark, "SPECIMEN · VOID")
	s.picture(4, 13, 24, 30.8, Passport{Seed: p.Seed, Sex: p.Sex, Portrait: p.Portrait}.portrait())
	date := func(t time.Time) string { return t.Format("01/02/2006") }
	row := func(x, y float64, caption, value string) {
		end := s.text(x, y, regular, 1.9, inkLabel, caption)
		s.fitted(end+1.2, y, 84-end, medium, 2.8, inkText, strings.ToUpper(value))
	}
	row(32, 13, "4d DLN", p.Number)
	row(60, 13, "9 CLASS", "C")
	row(32, 18.4, "3 DOB", date(p.BirthDate))
	row(60, 18.4, "4b EXP", date(p.ExpiryDate))
	row(32, 23.8, "1", p.Surname)
	row(32, 29.2, "2", p.GivenNames)
	row(32, 34.6, "15 SEX", p.Sex)
	row(60, 34.6, "4a ISS", date(p.Issued))
	s.signature(p.Seed, 32, 44, 22, 4)
	return s.img
}
