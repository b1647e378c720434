package specimen

import (
	"image"
	"image/color"
	"strconv"
	"strings"
	"time"
)

// The pens that every document shares.
var (
	inkText  = color.RGBA{24, 26, 38, 255}
	inkLabel = color.RGBA{58, 78, 118, 255}
	inkTitle = color.RGBA{26, 48, 104, 255}
	inkMark  = color.RGBA{178, 24, 40, 255}
	inkMRZ   = color.RGBA{16, 16, 18, 255}
)

const dotsPerMM = 12

// Render draws the side that carries the portrait; for every format but TD1
// that side carries the MRZ too. A TD3 page is 1500 × 1056 pixels.
func (p Passport) Render() *image.RGBA { return p.draw().img }

func (p Passport) draw() *sheet {
	switch p.Format {
	case TD1:
		return p.cardFront()
	case TD2:
		return p.card(105, 74, "IDENTITY CARD", "CARTE D’IDENTITÉ")
	case MRVA:
		return p.card(120, 80, "VISA", "VISA")
	case MRVB:
		return p.card(105, 74, "VISA", "VISA")
	case FRAID:
		return p.card(105, 74, "CARTE NATIONALE", "CARTE NATIONALE")
	case CHEDL, FRADL:
		return p.cardFront()
	}
	return p.dataPage()
}

func (p Passport) dataPage() *sheet {
	s, v := newSheet(125, 88), p.printed()
	s.guilloche(p.Seed, passportInk())
	s.fill(0, 0, s.w, 0.9, inkTitle)
	s.text(5, 8.2, bold, 5, inkTitle, "UTOPIA")
	s.text(26, 8.2, medium, 3.1, inkTitle, "PASSPORT / PASSEPORT")
	s.mark(70, 3.4)
	s.picture(5, 12, 35, 45, p.portrait())

	s.label(44, 13.6, "Type / Type", "P", 12)
	s.label(57, 13.6, "Code / Code", p.issuer(), 16)
	s.label(78, 13.6, "Passport No. / Passeport n°", strings.ToUpper(v.Number), 38)
	s.label(44, 21, "Surname / Nom", strings.ToUpper(v.Surname), 72)
	s.label(44, 28.4, "Given names / Prénoms", strings.ToUpper(v.GivenNames), 72)
	s.label(44, 35.8, "Nationality / Nationalité", country(v.nationality()), 30)
	s.label(84, 35.8, "Personal No. / N° personnel", strings.ToUpper(v.PersonalNumber), 32)
	s.label(44, 43.2, "Date of birth / Date de naissance", printedDate(v.BirthDate), 36)
	s.label(84, 43.2, "Sex / Sexe", orElse(v.Sex, "X"), 10)
	s.label(96, 43.2, "Place of birth / Lieu de naissance", strings.ToUpper(v.PlaceOfBirth), 22)
	s.label(44, 50.6, "Date of issue / Date de délivrance", printedDate(v.Issued), 36)
	s.label(84, 50.6, "Authority / Autorité", strings.ToUpper(v.Authority), 34)
	s.label(44, 58, "Date of expiry / Date d’expiration", printedDate(v.ExpiryDate), 36)
	s.signature(p.Seed, 86, 60.8, 26, 3.6)
	s.mrz(p.MRZ(), 6.6)
	return s
}

// card draws TD2 cards and visas: the same fields in the room that is left.
func (p Passport) card(w, h float64, english, french string) *sheet {
	s, v := newSheet(w, h), p.printed()
	s.guilloche(p.Seed, cardInk(p.Format))
	s.fill(0, 0, s.w, 0.9, inkTitle)
	title := english
	if french != english {
		title += " / " + french
	}
	end := s.text(5, 7, bold, 4.2, inkTitle, "UTOPIA")
	s.text(end+3, 7, medium, 2.4, inkTitle, title)
	s.mark(w-36, 2.4, 7)
	tall := h - 36
	s.picture(5, 10, tall*7/9, tall, p.portrait())
	x := 5 + tall*7/9 + 4
	half := (w - x - 5) / 2
	s.label(x, 11.6, "Surname / Nom", strings.ToUpper(v.Surname), 2*half-3)
	s.label(x, 18.8, "Given names / Prénoms", strings.ToUpper(v.GivenNames), 2*half-3)
	s.label(x, 26, "Number / Numéro", strings.ToUpper(v.Number), half-2)
	s.label(x+half, 26, "Nationality / Nationalité", v.nationality(), half-4)
	s.label(x, 33.2, "Date of birth / Naissance", printedDate(v.BirthDate), half-2)
	s.label(x+half, 33.2, "Sex / Sexe", orElse(v.Sex, "X"), half-4)
	s.label(x, 40.4, "Date of expiry / Expiration", printedDate(v.ExpiryDate), half-2)
	s.label(x+half, 40.4, "Issued by / Délivré par", strings.ToUpper(v.Authority), half-5)
	s.mrz(p.MRZ(), (w-float64(len(p.MRZ()[0]))*mrzPitch)/2)
	return s
}

func (p Passport) cardFront() *sheet {
	s, v := newSheet(85.6, 54), p.printed()
	s.guilloche(p.Seed, cardInk(TD1))
	s.fill(0, 0, s.w, 0.9, inkTitle)
	s.text(4, 6.2, bold, 3.8, inkTitle, "UTOPIA")
	title := "IDENTITY CARD / CARTE D’IDENTITÉ"
	if p.Permit {
		title = "RESIDENCE PERMIT / TITRE DE SÉJOUR"
	}
	s.text(21, 6.2, medium, 2.3, inkTitle, title)
	s.mark(28, 2.6, 51.6)
	s.picture(4, 9.5, 23.4, 30, p.portrait())
	s.label(31, 11, "Surname / Nom", strings.ToUpper(v.Surname), 46)
	s.label(31, 18, "Given names / Prénoms", strings.ToUpper(v.GivenNames), 46)
	s.label(31, 25, "Nationality / Nationalité", country(v.nationality()), 24)
	s.label(60, 25, "Sex / Sexe", orElse(v.Sex, "X"), 10)
	s.label(31, 32, "Date of birth / Naissance", printedDate(v.BirthDate), 26)
	s.label(60, 32, "Number / Numéro", strings.ToUpper(v.Number), 20)
	s.label(31, 39, "Date of expiry / Expiration", printedDate(v.ExpiryDate), 26)
	s.label(60, 39, "Issued / Délivré", printedDate(v.Issued), 20)
	if p.Permit {
		s.label(31, 46, "Type of permit / Type de titre", "PERMANENT RESIDENT", 46)
	}
	return s
}

// Back draws the reverse of a TD1 card or a licence with its MRZ, and nil for
// other formats, whose reverse carries nothing.
func (p Passport) Back() *image.RGBA {
	if p.Format == CHEDL || p.Format == FRADL {
		return p.licence()
	}
	if p.Format != TD1 {
		return nil
	}
	s := newSheet(85.6, 54)
	s.guilloche(p.Seed+1, cardInk(TD1))
	s.fill(0, 3.5, s.w, 4, color.RGBA{40, 42, 50, 255})
	s.label(4, 11.5, "Place of birth / Lieu de naissance", strings.ToUpper(p.PlaceOfBirth), 36)
	s.label(4, 18.5, "Authority / Autorité", strings.ToUpper(p.Authority), 36)
	s.signature(p.Seed, 48, 18, 24, 3)
	s.mark(4, 2.8, 27.4)
	s.mrz(p.MRZ(), (s.w-30*mrzPitch)/2)
	return s.img
}

// ZoneSide draws the side that carries the machine readable zone.
func (p Passport) ZoneSide() *image.RGBA {
	if back := p.Back(); back != nil {
		return back
	}
	return p.Render()
}

func (p Passport) portrait() image.Image {
	if p.Portrait != nil {
		return p.Portrait
	}
	return Face{Seed: p.Seed, Sex: p.Sex, Size: 0.7}.Render(420, 540)
}

// label sets a caption and, below it, the value in the size the room allows.
func (s *sheet) label(x, y float64, caption, value string, room float64) {
	s.fitted(x, y, room, regular, 1.75, inkLabel, caption)
	end := s.fitted(x, y+3.4, room, medium, 3, inkText, value)
	s.place(caption, value, x, y+0.9, end-x, 3.2)
}

const (
	mrzPitch   = 2.54 // ten characters an inch, part 3 section 4.4
	mrzSpacing = 6.35
)

// mrz prints the lines on the plain strip that the zone needs, last line lowest.
func (s *sheet) mrz(lines []string, left float64) {
	bottom := s.h - 7.4
	if len(lines) == 3 {
		bottom = s.h - 4.9
	}
	top := bottom - mrzSpacing*float64(len(lines)-1) - 5.6
	s.fill(0, top, s.w, s.h-top, color.RGBA{190, 190, 188, 190})
	s.fill(0, top, s.w, s.h-top, color.RGBA{60, 61, 62, 62})
	for i, line := range lines {
		baseline := bottom - mrzSpacing*float64(len(lines)-1-i)
		s.pitched(left, baseline, mrzPitch, inkMRZ, line)
		s.place(PlaceZone, line, left, baseline-3, mrzPitch*float64(len(line)), 3.4)
	}
}

// mark says SPECIMEN where no field is: beside the title, or on a line of its
// own, and along the right edge.
func (s *sheet) mark(x, mm float64, baseline ...float64) {
	y := 8.0
	if len(baseline) > 0 {
		y = baseline[0]
	}
	end := s.text(x+1.5, y, bold, mm, inkMark, "SPECIMEN · VOID")
	s.fill(x, y-mm-0.6, end-x+1.5, 0.3, inkMark)
	s.fill(x, y+0.9, end-x+1.5, 0.3, inkMark)
	s.upward(s.w-1.2, s.h*0.42, bold, 2.6, inkMark, "SPECIMEN")
}

// printedDate is the bilingual form of part 3, section 3.8, such as "12 AUG/AOÛT 1974".
func printedDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	months := strings.Fields("JAN/JAN FEB/FÉV MAR/MARS APR/AVR MAY/MAI JUN/JUIN JUL/JUIL AUG/AOÛT SEP/SEPT OCT/OCT NOV/NOV DEC/DÉC")
	return t.Format("02 ") + months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

func country(code string) string {
	if code == "UTO" {
		return "UTOPIAN"
	}
	return code
}

func passportInk() ink {
	return ink{
		paper: color.RGBA{214, 226, 238, 255}, centre: color.RGBA{244, 238, 228, 255},
		wave: color.RGBA{150, 176, 206, 255}, rose: color.RGBA{214, 170, 160, 255},
	}
}

func cardInk(f Format) ink {
	if f == MRVA || f == MRVB {
		return ink{
			paper: color.RGBA{218, 234, 214, 255}, centre: color.RGBA{244, 244, 226, 255},
			wave: color.RGBA{156, 194, 156, 255}, rose: color.RGBA{196, 188, 140, 255},
		}
	}
	return ink{
		paper: color.RGBA{230, 222, 238, 255}, centre: color.RGBA{240, 244, 240, 255},
		wave: color.RGBA{184, 168, 206, 255}, rose: color.RGBA{150, 196, 190, 255},
	}
}
