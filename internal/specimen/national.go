package specimen

import (
	"image"
	"strings"
)

// russian composes the zone of the internal passport from the names as they
// would be printed, its fourth series digit moved into the second half.
func (p Passport) russian() []string {
	number := fill(clean(p.Number), 10)
	first := number[:3] + number[4:]
	second := number[3:4] + dateCode(p.Issued) + fill(clean(p.PersonalNumber), 6)[:6] + "<"
	numberD, birth := first+p.digit(FieldNumber, first), p.birth()
	secondD := second + p.digit(FieldPersonal, second)
	empty := strings.Repeat("<", 7)
	names := reversible(p.Surname) + "<<" + reversible(p.GivenNames)
	return []string{
		"PNRUS" + fill(names, 39),
		numberD + "RUS" + birth + p.sex() + empty + secondD + p.digit(FieldComposite, numberD+birth+empty+secondD),
	}
}

// reversible is the table of the order that made the zone, one character a letter.
func reversible(name string) string {
	table := map[rune]string{}
	for pair := range strings.FieldsSeq("АA БB ВV ГG ДD ЕE Ё2 ЖJ ЗZ ИI ЙQ КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХH ЦC Ч3 Ш4 ЩW ЪX ЫY Ь9 Э6 Ю7 Я8") {
		r := []rune(pair)
		table[r[0]] = string(r[1])
	}
	var b strings.Builder
	for _, r := range strings.ToUpper(name) {
		if r == ' ' || r == '-' {
			b.WriteByte('<')
		}
		b.WriteString(table[r])
	}
	return b.String()
}

func (p Passport) frenchCard() []string {
	number := fill(clean(p.Number), 12)
	upper := "IDFRA" + fill(components(p.Surname), 25) + fill(clean(p.PersonalNumber), 6)
	lower := number + p.digit(FieldNumber, number) + fill(strings.ReplaceAll(components(p.GivenNames), "<", "<<"), 14) + p.birth() + p.sex()
	return []string{upper, lower + p.digit(FieldComposite, upper+lower)}
}

func (p Passport) swissLicence() []string {
	return []string{
		fill(clean(p.Number), 7) + "<<",
		"FACHE" + fill(clean(p.PersonalNumber), 12) + "<<" + dateCode(p.BirthDate) + "<<<<<",
		nameField(p.Surname, p.GivenNames, 30),
	}
}

func (p Passport) frenchLicence() []string {
	head := "D1FRA" + fill(clean(p.Number), 9)
	head += p.digit(FieldNumber, head) + dateCode(p.ExpiryDate) + fill(components(p.Surname), 8)
	return []string{head + p.digit(FieldComposite, head)}
}

// licence draws the side of a driving licence that carries its zone.
func (p Passport) licence() *image.RGBA {
	s := newSheet(85.6, 54)
	s.guilloche(p.Seed+1, cardInk(TD1))
	for i, caption := range strings.Fields("AM A B BE C") {
		y := 7 + float64(i)*4.6
		s.text(8, y, bold, 2.6, inkLabel, caption)
		s.text(26, y, medium, 2.3, inkText, p.Issued.Format("02.01.06"))
		s.text(46, y, medium, 2.3, inkText, p.ExpiryDate.Format("02.01.06"))
	}
	s.mark(60, 2.0, 7)
	s.mrz(p.MRZ(), (s.w-30*mrzPitch)/2)
	return s.img
}
