package specimen

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"time"
)

// LetterKind is what a letter is.
type LetterKind string

// The kinds, named as the platform names proofs of address.
const (
	UtilityBill      LetterKind = "utility_bill"
	PhoneBill        LetterKind = "phone_bill"
	BankStatement    LetterKind = "bank_statement"
	TaxLetter        LetterKind = "tax_letter"
	RussianUtilities LetterKind = "utility_bill_ru" // a Russian bill for a flat, in Cyrillic
)

// LetterKinds lists those that SampleLetter draws in turn, Latin ones first.
func LetterKinds() []LetterKind {
	return []LetterKind{UtilityBill, BankStatement, TaxLetter, PhoneBill, RussianUtilities}
}

// Letter is one fictitious bill, statement or letter on A4. No issuer, person,
// street or town in it exists.
type Letter struct {
	Kind    LetterKind
	Name    string   // as printed in the address
	Address []string // its lines
	Issued  time.Time
	Seed    int64 // layout and amounts
}

// SampleLetter invents a letter to somebody, up to two months old as of today.
func SampleLetter(paper LetterKind, seed int64, given, surname string, today time.Time) Letter {
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6c657474))
	l := Letter{Kind: paper, Seed: seed, Issued: midnight(today).AddDate(0, 0, -1-rnd.IntN(60)), Name: given + " " + surname}
	house := 1 + rnd.IntN(180)
	street := pick(rnd, "Almond Birch Copper Dover Ember Falcon Garnet Heron Ivory Juniper Kestrel Linden Maple Nettle Orchard Poplar") + " " +
		pick(rnd, "Street Road Avenue Lane Drive Close Terrace Gardens Crescent")
	town := pick(rnd, "Amaurot Brindlemouth Caldermoor Dunhollow Eastwick Farrowdale Glenharrow Highmere")
	switch paper {
	case BankStatement:
		l.Name = strings.ToUpper(l.Name)
		l.Address = []string{fmt.Sprintf("%d %s", 100+rnd.IntN(8000), street), fmt.Sprintf("%s, %s %05d", town, pick(rnd, "ME VT OR NM ND"), 10000+rnd.IntN(80000))}
		if rnd.IntN(2) == 0 {
			l.Address = []string{l.Address[0], fmt.Sprintf("Apt %d", 1+rnd.IntN(60)), l.Address[1]}
		}
	case TaxLetter:
		l.Name = pick(rnd, "Mr Ms Dr") + " " + string([]rune(given)[:1]) + ". " + surname
		l.Address = []string{pick(rnd, "Ahornstrasse Birkenweg Lindenstrasse Marktplatz Rosenweg Gartenstrasse") + fmt.Sprintf(" %d", house), fmt.Sprintf("%04d %s", 1000+rnd.IntN(8999), town), "Utopia"}
	case RussianUtilities:
		l.Address = []string{fmt.Sprintf("%06d, г. %s,", 400000+rnd.IntN(200000), pick(rnd, "Светлореченск Белозерье Заречный Лесогорск")),
			fmt.Sprintf("ул. %s, д. %d, кв. %d", pick(rnd, "Садовая Речная Лесная Озёрная Полевая Школьная"), house, 1+rnd.IntN(200))}
	case GermanUtilities, FrenchUtilities, SpanishStatement, ItalianPhone, RussianStatement:
		l.Address = paper.abroad(rnd, house)
	default:
		if rnd.IntN(3) == 0 {
			l.Address = append(l.Address, fmt.Sprintf("Flat %d", 1+rnd.IntN(40)))
		}
		l.Address = append(l.Address, fmt.Sprintf("%d %s", house, street), town, fmt.Sprintf("%c%c%d %d%c%c", 'A'+rnd.IntN(20), 'A'+rnd.IntN(20), 1+rnd.IntN(30), 1+rnd.IntN(9), 'A'+rnd.IntN(8), 'L'+rnd.IntN(8)))
	}
	return l
}

// letterDots is the resolution of a letter, 200 dots an inch.
const letterDots = 200 / 25.4

var (
	inkPaper = color.RGBA{252, 251, 248, 255}
	inkRule  = color.RGBA{150, 158, 170, 255}
)

// Render draws the first page, 1654 × 2339 pixels.
func (l Letter) Render() *image.RGBA {
	s := &sheet{img: image.NewRGBA(image.Rect(0, 0, 1654, 2339)), scale: letterDots, w: 210, h: 297, fonts: newSheet(1, 1).fonts}
	s.fill(0, 0, s.w, s.h, inkPaper)
	rnd := rand.New(rand.NewPCG(uint64(l.Seed), 0x64726177))
	switch l.Kind {
	case BankStatement:
		l.statement(s, rnd)
	case TaxLetter:
		l.tax(s, rnd)
	case PhoneBill:
		l.phone(s, rnd)
	case RussianUtilities:
		l.russian(s, rnd)
	case GermanUtilities:
		l.german(s, rnd)
	case FrenchUtilities:
		l.french(s, rnd)
	case SpanishStatement:
		l.spanish(s, rnd)
	case ItalianPhone:
		l.italian(s, rnd)
	case RussianStatement:
		l.russianStatement(s, rnd)
	default:
		l.utility(s, rnd)
	}
	return s.img
}

// stack writes lines below each other and gives the next baseline.
func (s *sheet) stack(x, y, step float64, t typeface, mm float64, lines ...string) float64 {
	for _, line := range lines {
		s.text(x, y, t, mm, inkText, line)
		y += step
	}
	return y
}

func money(rnd *rand.Rand, most int) string {
	return fmt.Sprintf("%d.%02d", 1+rnd.IntN(most), rnd.IntN(100))
}

func (l Letter) to() []string { return append([]string{l.Name}, l.Address...) }

// utility is a British energy bill: addressee in the window, issuer on the right.
func (l Letter) utility(s *sheet, rnd *rand.Rand) {
	issuer := pick(rnd, "Brightwell Northlight Ambervale") + " Energy"
	s.fill(0, 0, s.w, 22, color.RGBA{20, uint8(90 + rnd.IntN(60)), 120, 255})
	s.text(18, 15, bold, 8, color.White, issuer)
	s.stack(20, 50, 5, regular, 3.6, l.to()...)
	y := s.stack(130, 44, 5, regular, 3.2, issuer+" Ltd", "PO Box 88, Harbour Quay", "Portmere PM1 4XY", "www."+strings.ToLower(strings.Fields(issuer)[0])+".example")
	s.stack(130, y+4, 6, medium, 3.4, "Bill date: "+l.Issued.Format("2 January 2006"), fmt.Sprintf("Account number: %d", 10000000+rnd.IntN(80000000)))
	s.text(20, 96, bold, 6, inkText, "Your electricity and gas bill")
	s.stack(20, 106, 6, regular, 3.4, "Billing period: "+l.Issued.AddDate(0, -3, 0).Format("2 Jan 2006")+" to "+l.Issued.AddDate(0, 0, -2).Format("2 Jan 2006"),
		"Total to pay: £"+money(rnd, 300), "Please pay by "+l.Issued.AddDate(0, 0, 21).Format("2 January 2006"))
	s.fill(18, 128, 174, 0.4, inkRule)
	y = s.stack(20, 136, 7, regular, 3.4, "Meter number S04 L "+fmt.Sprint(100000+rnd.IntN(800000)), "Previous meter reading "+fmt.Sprint(10000+rnd.IntN(9000)), "Present meter reading "+fmt.Sprint(20000+rnd.IntN(9000)))
	for _, row := range []string{"Electricity used, kWh", "Standing charge, 90 days", "Natural gas used, kWh", "VAT at 5 %"} {
		s.text(20, y, regular, 3.4, inkText, row)
		s.text(165, y, regular, 3.4, inkText, "£"+money(rnd, 140))
		y += 7
	}
	s.stack(20, 270, 5, regular, 2.8, "Questions? Call 0800 555 0199, Monday to Friday 8 am to 6 pm.", issuer+" Ltd, registered office 1 Dock Street, Portmere PM1 4XZ")
}

// statement is an American bank statement: the bank's address above the holder's.
func (l Letter) statement(s *sheet, rnd *rand.Rand) {
	bank := pick(rnd, "Granite Prairie Lakeside") + " National Bank"
	s.text(16, 20, bold, 7, inkTitle, bank)
	s.stack(16, 27, 4.4, regular, 2.9, "P.O. Box 4400", "Ridgeport, OR 97009")
	s.stack(24, 58, 5, regular, 3.7, l.to()...)
	s.text(120, 22, bold, 5, inkText, "Statement of Account")
	y := 34.0
	for _, row := range [][2]string{{"Statement date", l.Issued.Format("January 2, 2006")}, {"Account number", fmt.Sprintf("XXXX-%04d", rnd.IntN(9999))}, {"Page", "1 of 3"}} {
		s.text(120, y, regular, 3.2, inkText, row[0])
		s.text(158, y, medium, 3.2, inkText, row[1])
		y += 6
	}
	s.text(16, 100, bold, 4.4, inkText, "Account summary")
	for i, row := range []string{"Opening balance", "Deposits and other credits", "Withdrawals and debits", "Closing balance"} {
		s.text(16, 110+float64(i)*6.5, regular, 3.3, inkText, row)
		s.text(150, 110+float64(i)*6.5, regular, 3.3, inkText, "$"+money(rnd, 9000))
	}
	s.fill(16, 142, 178, 6.5, color.RGBA{226, 230, 238, 255})
	for i, title := range []string{"Date", "Description", "Amount"} {
		s.text([]float64{18, 50, 150}[i], 147, medium, 3.2, inkText, title)
	}
	day := l.Issued.AddDate(0, -1, 0)
	for i := range 12 {
		y := 155 + float64(i)*7
		day = day.AddDate(0, 0, 1+rnd.IntN(3))
		s.text(18, y, regular, 3.1, inkText, day.Format("01/02/2006"))
		s.text(50, y, regular, 3.1, inkText, pick(rnd, "Grocery Fuel Payroll Transfer Pharmacy Cinema")+" "+code(rnd, "A00000", 6))
		s.text(150, y, regular, 3.1, inkText, money(rnd, 900))
	}
	s.text(16, 275, regular, 2.7, inkText, "Member deposits are insured by nobody; this bank exists on paper only.")
}

// tax is a continental letter: the addressee on the right, a date that stands alone.
func (l Letter) tax(s *sheet, rnd *rand.Rand) {
	s.text(20, 20, bold, 5, inkText, "Cantonal Tax Office")
	s.stack(20, 27, 4.6, regular, 3, "Income tax department", "Schlossplatz 1", "1000 Zenith", "Tel. 555 01 01")
	s.stack(118, 58, 5.4, regular, 3.8, l.to()...)
	s.text(118, 92, regular, 3.6, inkText, "Zenith, "+l.Issued.Format("2 January 2006"))
	s.text(20, 110, bold, 4.6, inkText, fmt.Sprintf("Final tax assessment for the tax year %d", l.Issued.Year()-1))
	y := s.stack(20, 122, 6, regular, 3.5, fmt.Sprintf("Taxpayer number: %d.%d.%d", 100+rnd.IntN(900), 100+rnd.IntN(900), 10+rnd.IntN(90)), "On the strength of your tax return the taxable income has been assessed as follows.")
	for _, row := range []string{"Income from employment", "Deductions", "Taxable income", "Income tax due"} {
		s.text(24, y+4, regular, 3.5, inkText, row)
		s.text(150, y+4, regular, 3.5, inkText, money(rnd, 90000))
		y += 7
	}
	s.stack(20, y+14, 6, regular, 3.5, "Payment is due within thirty days of this notice.", "An objection may be lodged in writing with the office named above.")
}

// phone is a bill whose address stands beside captions.
func (l Letter) phone(s *sheet, rnd *rand.Rand) {
	issuer := pick(rnd, "Hallo Ringo Larkcall") + " Telecom"
	s.text(18, 22, bold, 8, color.RGBA{120, 20, 110, 255}, issuer)
	s.text(18, 34, medium, 4.4, inkText, "Broadband and phone bill")
	s.fill(18, 40, 174, 0.5, inkRule)
	s.text(18, 50, medium, 3.4, inkText, "Account holder")
	s.text(62, 50, regular, 3.4, inkText, l.Name)
	s.text(18, 57, medium, 3.4, inkText, "Service address")
	s.stack(62, 57, 5, regular, 3.4, l.Address...)
	s.text(130, 50, medium, 3.4, inkText, "Invoice date")
	s.text(160, 50, regular, 3.4, inkText, l.Issued.Format("02/01/2006"))
	s.text(130, 57, medium, 3.4, inkText, "Due date")
	s.text(160, 57, regular, 3.4, inkText, l.Issued.AddDate(0, 0, 14).Format("02/01/2006"))
	s.text(18, 92, bold, 4.4, inkText, "What you pay this month")
	for i, row := range []string{"Line rental", "Fibre broadband 500", "Call charges, 42 minutes", "Mobile data usage, 6 GB", "Roaming"} {
		s.text(18, 102+float64(i)*7, regular, 3.4, inkText, row)
		s.text(160, 102+float64(i)*7, regular, 3.4, inkText, "€"+money(rnd, 60))
	}
	s.stack(18, 260, 5, regular, 2.9, issuer+" plc, 9 Mast Lane, Signal Hill SH2 7TT", "help@"+strings.ToLower(strings.Fields(issuer)[0])+".example")
}

// russian is a receipt for the utilities of a flat.
func (l Letter) russian(s *sheet, rnd *rand.Rand) {
	s.text(18, 20, bold, 5, inkText, "Квитанция на оплату коммунальных услуг")
	s.text(18, 29, regular, 3.4, inkText, "ООО «Управляющая компания Уют», ИНН "+fmt.Sprint(1000000000+rnd.Int64N(8000000000)))
	s.text(18, 42, medium, 3.6, inkText, "Плательщик: "+l.Name)
	y := 50.0
	for i, line := range l.Address {
		if i == 0 {
			line = "Адрес: " + line
		}
		s.text(18, y, regular, 3.6, inkText, line)
		y += 6
	}
	s.text(18, y+3, regular, 3.6, inkText, "Дата выставления: "+l.Issued.Format("02.01.2006"))
	s.text(18, y+10, regular, 3.6, inkText, "Оплатить до "+l.Issued.AddDate(0, 0, 20).Format("02.01.2006"))
	for i, row := range []string{"Отопление, Гкал", "Холодное водоснабжение", "Водоотведение", "Электроэнергия, кВт", "Содержание жилья", "Капитальный ремонт"} {
		s.text(18, y+26+float64(i)*7, regular, 3.4, inkText, row)
		s.text(150, y+26+float64(i)*7, regular, 3.4, inkText, strings.Replace(money(rnd, 4000), ".", ",", 1))
	}
	s.text(18, y+80, regular, 3.2, inkText, "Показания счетчиков передавайте до 25 числа.")
}
