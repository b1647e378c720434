package specimen

import (
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/image/font"
)

// Russian is one fictitious holder of Russian papers. Names, places and offices
// are invented; text is as printed, in capitals.
type Russian struct {
	Surname, GivenName, FatherName string
	Sex                            string // "M" or "F"
	BirthDate, Issued              time.Time
	PlaceOfBirth, Authority        string
	AuthorityCode                  string   // 000-000
	Series, Number                 string   // four and six digits
	Zone                           []string // printed at the foot of the spread when there
	Portrait                       image.Image
	Seed                           int64
}

// SampleRussian invents a holder for the seed, as of today.
func SampleRussian(seed int64, today time.Time) Russian {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x727573))
	p := Russian{Seed: seed, Sex: pick(rnd, "F M")}
	p.Surname = pick(rnd, "ВЕТРОГОРОВ ЛЕСНЯКОВ ЗАРЕЧЕНСКИЙ ЩУКОВИЦЫН ЖЕМЧУЖИН ОБЪЕДКОВ ПОДЪЯБЛОНСКИЙ ЧЕРЕМУХИН ЯРОСТНОВ ЭТАЛОНОВ ЮЖАКОВИЧ ХЛЕБОСОЛОВ МЯГКОВСКИЙ РЫБОЛОВЦЕВ ГРОЗОВИКОВ ЦАПЛИН ФОНАРЕВ "+
		"ТУМАНЦЕВ КОЛОКОЛЬНИКОВ БЕРЕЗОВИЧЕВ АЙВАЗЯНЦЕВ ДУБРАВИН")
	if p.Sex == "F" {
		p.Surname = feminine(p.Surname)
		p.GivenName = pick(rnd, "АЛЕВТИНА БОГДАНА ВАСИЛИСА ГАЛИНА ЕФРОСИНЬЯ ЖАННА ЗИНАИДА ИЯ КЛАВДИЯ ЛЮБОВЬ МАРФА НИНЕЛЬ ПЕЛАГЕЯ РАИСА СЕРАФИМА ТАТЬЯНА ФЁКЛА ЭЛЬВИРА ЮЛИЯ")
	} else {
		p.GivenName = pick(rnd, "АФАНАСИЙ БОГДАН ВСЕВОЛОД ГРИГОРИЙ ЕМЕЛЬЯН ЖДАН ЗАХАР ИГНАТИЙ КУЗЬМА ЛЕОНТИЙ МИЛОСЛАВ НАУМ ОСИП ПАХОМ РАДИСЛАВ СЫСОЙ ТАРАС ФАДДЕЙ ЭРАСТ ЮЛИАН ЯКОВ")
	}
	father := pick(rnd, "АНДРЕЕВ БОРИСОВ ВИКТОРОВ ДМИТРИЕВ ЕВГЕНЬЕВ ИГОРЕВ КИРИЛЛОВ МАКСИМОВ ОЛЕГОВ РОМАНОВ СЕРГЕЕВ ФЁДОРОВ ЮРЬЕВ ЭДУАРДОВ")
	if p.FatherName = father + "ИЧ"; p.Sex == "F" {
		p.FatherName = father + "НА"
	}
	town := pick(rnd, "ЗЕНИТОГРАД ЛУКОМОРСК СВЕТЛОЯР ЧЕРНОРЕЧЕНСК ВЬЮЖИНСК ПОДГОРНОЕ ЩЕГЛОВ")
	region := pick(rnd, "ЗЕНИТСКАЯ ЛУКОМОРСКАЯ ЮЖНОВЕРСТСКАЯ ХЛЕБОДАРСКАЯ") + " ОБЛ."
	p.PlaceOfBirth = pick(rnd, "ГОР. ПОС. С.") + " " + town
	if rnd.IntN(2) == 0 {
		p.PlaceOfBirth += " " + region
	}
	p.Authority = [...]string{
		"ОТДЕЛОМ ВНУТРЕННИХ ДЕЛ ГОРОДА " + town, "ОТДЕЛОМ УФМС РОССИИ ПО " + region + " В Г. " + town, "ГУ МВД РОССИИ ПО " + region,
	}[rnd.IntN(3)]
	p.AuthorityCode = code(rnd, "000", 3) + "-" + code(rnd, "000", 3)
	p.Series, p.Number = code(rnd, "0000", 4), code(rnd, "000000", 6)
	p.BirthDate = midnight(today).AddDate(-20-rnd.IntN(55), 0, -1-rnd.IntN(365))
	p.Issued = midnight(today).AddDate(-1-rnd.IntN(5), 0, -rnd.IntN(300))
	return p
}

// feminine is the surname of a woman.
func feminine(surname string) string {
	switch {
	case strings.HasSuffix(surname, "ИЙ"):
		return strings.TrimSuffix(surname, "ИЙ") + "АЯ"
	case strings.HasSuffix(surname, "В"), strings.HasSuffix(surname, "Н"):
		return surname + "А"
	}
	return surname
}

// Render draws pages 2 and 3 of the internal passport, one above the other:
// 125 × 176 mm, 1500 × 2112 pixels.
func (p Russian) Render() *image.RGBA {
	s := newSheet(125, 176)
	s.guilloche(p.Seed, ink{
		paper: color.RGBA{236, 216, 214, 255}, centre: color.RGBA{246, 236, 224, 255},
		wave: color.RGBA{214, 176, 170, 255}, rose: color.RGBA{188, 200, 176, 255},
	})
	s.fill(0, 87.9, s.w, 0.25, color.RGBA{120, 100, 96, 160})
	number := p.Series[:2] + " " + p.Series[2:] + " " + p.Number
	for _, middle := range []float64{40, 128} {
		s.downward(117, middle, medium, 4, inkMark, number)
	}
	s.text(34, 8.3, bold, 3.6, inkTitle, "РОССИЙСКАЯ ФЕДЕРАЦИЯ")
	s.text(46, 83, bold, 2.6, inkMark, "ОБРАЗЕЦ · SPECIMEN")
	s.caption(12, 17.5, "Паспорт выдан")
	for i, line := range wrapped(s, p.Authority, 74) {
		s.text(38-float64(min(i, 1))*22, 18.7+8.2*float64(i), medium, 3.2, inkText, line)
	}
	s.caption(12, 43.5, "Дата выдачи")
	s.text(32, 44.7, medium, 3.2, inkText, p.Issued.Format("02.01.2006"))
	s.caption(64, 43.5, "Код подразделения")
	s.text(90, 44.7, medium, 3.2, inkText, p.AuthorityCode)
	s.caption(12, 58, "Личный код")
	s.signature(p.Seed+1, 70, 55, 26, 6)

	s.picture(8, 97, 35, 45, Passport{Seed: p.Seed, Sex: p.Sex, Portrait: p.Portrait}.portrait())
	sex := map[string]string{"M": "МУЖ.", "F": "ЖЕН."}[p.Sex]
	for _, row := range []struct {
		x, y           float64
		caption, value string
		at             float64
	}{
		{49, 99.5, "Фамилия", p.Surname, 66}, {49, 109, "Имя", p.GivenName, 66}, {49, 115.5, "Отчество", p.FatherName, 66},
		{49, 123, "Пол", sex, 57.5}, {71, 123, "Дата рождения", p.BirthDate.Format("02.01.2006"), 92},
	} {
		s.caption(row.x, row.y, row.caption)
		s.fitted(row.at, row.y+1.2, 112-row.at, medium, 3.2, inkText, row.value)
	}
	s.caption(49, 130.5, "Место рождения")
	for i, line := range wrapped(s, p.PlaceOfBirth, 42) {
		s.text(71, 131.7+6.2*float64(i), medium, 3.2, inkText, line)
	}
	if len(p.Zone) > 0 {
		s.mrz(p.Zone, (s.w-float64(len(p.Zone[0]))*mrzPitch)/2)
	}
	return s.img
}

// caption sets small print whose middle lies on y.
func (s *sheet) caption(x, y float64, words string) {
	s.text(x, y+0.75, regular, 2.2, inkLabel, words)
}

// wrapped breaks a text into lines that fit the room, in the size of values.
func wrapped(s *sheet, text string, room float64) []string {
	face := s.face(medium, 3.2)
	defer face.Close()
	var lines []string
	for word := range strings.FieldsSeq(text) {
		if n := len(lines); n > 0 {
			if longer := lines[n-1] + " " + word; float64(font.MeasureString(face, longer))/64/s.scale <= room {
				lines[n-1] = longer
				continue
			}
		}
		lines = append(lines, word)
	}
	return lines
}

// Travel draws the data page of a travel passport of the same holder.
func (p Russian) Travel() *image.RGBA {
	t := p.travel()
	s := newSheet(125, 88)
	s.guilloche(p.Seed, passportInk())
	s.fill(0, 0, s.w, 0.9, inkTitle)
	s.text(5, 7.6, bold, 3.4, inkTitle, "РОССИЙСКАЯ ФЕДЕРАЦИЯ / RUSSIAN FEDERATION")
	s.text(98, 4.2, bold, 1.9, inkMark, "SPECIMEN")
	s.picture(5, 13, 33, 43, Passport{Seed: p.Seed, Sex: p.Sex, Portrait: p.Portrait}.portrait())
	s.label(42, 12, "Тип / Type", "P", 12)
	s.label(56, 12, "Код / Code of issuing state", "RUS", 26)
	s.label(88, 12, "Номер паспорта / Passport No.", t.Number[:2]+" "+t.Number[2:], 34)
	s.double(42, 18.6, "Фамилия / Surname", p.Surname, t.Surname, 76)
	s.double(42, 28.2, "Имя / Given names", p.GivenName+" "+p.FatherName, t.GivenNames, 76)
	s.label(42, 37.8, "Гражданство / Nationality", "РОССИЙСКАЯ ФЕДЕРАЦИЯ", 40)
	s.label(42, 44.6, "Дата рождения / Date of birth", p.BirthDate.Format("02.01.2006"), 36)
	s.label(84, 44.6, "Учетная запись", "", 20)
	s.label(42, 51.4, "Пол / Sex", map[string]string{"M": "М / M", "F": "Ж / F"}[p.Sex], 14)
	s.label(62, 51.4, "Место рождения / Place of birth", p.PlaceOfBirth, 56)
	s.label(42, 58.2, "Дата выдачи / Date of issue", p.Issued.Format("02.01.2006"), 30)
	s.label(76, 58.2, "Орган, выдавший документ / Authority", "МВД 77001", 36)
	s.label(5, 59.6, "Дата окончания / Date of expiry", t.ExpiryDate.Format("02.01.2006"), 34)
	s.mrz(t.MRZ(), 6.6)
	return s.img
}

// TravelZone is the zone of the travel passport, with the names as printed in Latin letters.
func (p Russian) TravelZone() []string { return p.travel().MRZ() }

// InternalZone is the zone that passports since 2011 have at the foot of the spread.
func (p Russian) InternalZone() []string {
	return Passport{
		Format: RUSID, Surname: p.Surname, GivenNames: p.GivenName + " " + p.FatherName, Number: p.Series + p.Number,
		PersonalNumber: strings.ReplaceAll(p.AuthorityCode, "-", ""), Sex: p.Sex, BirthDate: p.BirthDate, Issued: p.Issued,
	}.MRZ()
}

func (p Russian) travel() Passport {
	latin := func(name string) string { return strings.ReplaceAll(components(name), "<", " ") }
	return Passport{
		Surname: latin(p.Surname), GivenNames: latin(p.GivenName), Number: p.Series[:2] + p.Number + p.Series[3:], Nationality: "RUS", IssuingState: "RUS",
		Sex: p.Sex, BirthDate: p.BirthDate, Issued: p.Issued, ExpiryDate: p.Issued.AddDate(10, 0, 0), Seed: p.Seed,
	}
}

// double sets a caption and below it the value in two alphabets.
func (s *sheet) double(x, y float64, caption, first, second string, room float64) {
	s.fitted(x, y, room, regular, 1.75, inkLabel, caption)
	s.fitted(x, y+3.2, room, medium, 2.8, inkText, first)
	s.fitted(x, y+6.4, room, medium, 2.8, inkText, second)
}
