package specimen

import (
	"fmt"
	"image/color"
	"math/rand/v2"
	"strings"
)

// Letters in other languages than English. Issuers, streets and towns are
// invented, words and forms are those that such papers have.
const (
	GermanUtilities  LetterKind = "utility_bill_de"   // a bill for electricity, addressee in the window
	FrenchUtilities  LetterKind = "utility_bill_fr"   // addressee on the right, dates in words
	SpanishStatement LetterKind = "bank_statement_es" // captions before the addressee
	ItalianPhone     LetterKind = "phone_bill_it"
	RussianStatement LetterKind = "bank_statement_ru" // address in one line
)

// LettersAbroad lists them.
func LettersAbroad() []LetterKind {
	return []LetterKind{GermanUtilities, FrenchUtilities, SpanishStatement, ItalianPhone, RussianStatement}
}

// Cyrillic tells whether the addressee's name is printed in Cyrillic.
func (k LetterKind) Cyrillic() bool { return strings.HasSuffix(string(k), "_ru") }

// abroad gives the lines of an address, nil for kinds of SampleLetter's own.
func (k LetterKind) abroad(rnd *rand.Rand, house int) []string {
	town := pick(rnd, "Amaurot Brindelheim Caldermoor Dunhollow Eastwick Farrowdale")
	switch k {
	case GermanUtilities:
		return []string{fmt.Sprintf("%s %d%s", pick(rnd, "Ahornstraße Birkenweg Lindenallee Marktplatz Rosengasse Gartenstraße"), house, pick(rnd, "a b c")), fmt.Sprintf("%05d %s", 1000+rnd.IntN(98000), town)}
	case FrenchUtilities:
		return []string{fmt.Sprintf("%d %s %s", house, pick(rnd, "rue avenue boulevard chemin"), pick(rnd, "Lavande Tilleul Moulin Fontaine Verger")), fmt.Sprintf("%05d %s", 1000+rnd.IntN(94000), strings.ToUpper(town))}
	case SpanishStatement:
		return []string{fmt.Sprintf("%s %s %d", pick(rnd, "Calle Avenida Plaza Paseo"), pick(rnd, "Amapola Romero Olivo Naranjo Mayor"), house), fmt.Sprintf("%05d %s", 1000+rnd.IntN(51000), town)}
	case ItalianPhone:
		return []string{fmt.Sprintf("%s %s %d", pick(rnd, "Via Viale Corso Piazza"), pick(rnd, "Ginestra Mimosa Ulivo Castagno Aurora"), house), fmt.Sprintf("%05d %s", 10000+rnd.IntN(88000), town)}
	case RussianStatement:
		return []string{fmt.Sprintf("%06d, г. %s, пр-кт %s, д. %d, кв. %d", 400000+rnd.IntN(200000), pick(rnd, "Светлореченск Белозерье Заречный Лесогорск"), pick(rnd, "Северный Садовый Речной"), house, 1+rnd.IntN(200))}
	}
	return nil
}

// monthOf is the name of the letter's month in a list of twelve.
func (l Letter) monthOf(names string) string { return strings.Fields(names)[l.Issued.Month()-1] }

// rows writes amounts under each other.
func (s *sheet) rows(rnd *rand.Rand, y float64, sign string, rows ...string) {
	for _, row := range rows {
		s.text(20, y, regular, 3.4, inkText, row)
		s.text(160, y, regular, 3.4, inkText, strings.Replace(money(rnd, 400), ".", ",", 1)+sign)
		y += 7
	}
}

func (l Letter) german(s *sheet, rnd *rand.Rand) {
	issuer := "Stadtwerke " + pick(rnd, "Immergrün Nordlicht Silbersee") + " GmbH"
	s.text(20, 20, bold, 7, color.RGBA{0, 90, 60, 255}, issuer)
	s.stack(20, 45, 3.4, regular, 2.3, issuer+" · Postfach 12 34 · 10000 Zenith")
	s.stack(20, 52, 5.2, regular, 3.7, l.to()...)
	s.stack(130, 52, 6, regular, 3.4, "Kundennummer: "+fmt.Sprint(10000000+rnd.IntN(80000000)), "Rechnungsdatum: "+l.Issued.Format("02.01.2006"), "Zählernummer: "+fmt.Sprint(100000+rnd.IntN(800000)))
	s.text(20, 98, bold, 5.4, inkText, "Ihre Stromrechnung")
	s.stack(20, 108, 6, regular, 3.4, "Abrechnungszeitraum: "+l.Issued.AddDate(-1, 0, -20).Format("02.01.2006")+" bis "+l.Issued.AddDate(0, 0, -20).Format("02.01.2006"),
		"Der Betrag wird am "+l.Issued.AddDate(0, 0, 14).Format("02.01.2006")+" abgebucht.")
	s.rows(rnd, 130, " €", "Arbeitspreis, kWh", "Grundpreis", "Netzentgelt", "Umsatzsteuer 19 %")
	s.stack(20, 272, 4.5, regular, 2.7, "Kundenservice 0800 555 0199 · Geschäftsführer: E. Musterfrau · IBAN UT12 0000 1111 2222")
}

func (l Letter) french(s *sheet, rnd *rand.Rand) {
	s.text(18, 20, bold, 7, color.RGBA{20, 60, 150, 255}, pick(rnd, "Lumen Voltaire Aurore")+" Énergie SA")
	s.stack(18, 28, 4.6, regular, 3, "Service client 09 70 00 00 00", "TSA 20012", "41975 ZENITH CEDEX 9")
	s.stack(112, 58, 5.2, regular, 3.8, l.to()...)
	s.text(18, 60, medium, 3.6, inkText, "Facture du "+fmt.Sprint(l.Issued.Day())+" "+l.monthOf("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")+" "+l.Issued.Format("2006"))
	s.text(18, 67, regular, 3.4, inkText, "Numéro de client : "+fmt.Sprint(1000000+rnd.IntN(8000000)))
	s.text(18, 98, bold, 5, inkText, "Votre facture d'électricité")
	s.stack(18, 108, 6, regular, 3.4, "Consommation du "+l.Issued.AddDate(0, -2, 0).Format("02/01/2006")+" au "+l.Issued.AddDate(0, 0, -2).Format("02/01/2006"), "À payer avant le "+l.Issued.AddDate(0, 0, 15).Format("02/01/2006"))
	s.rows(rnd, 128, " €", "Abonnement", "Consommation heures creuses", "Acheminement", "TVA à 20 %")
	s.stack(18, 270, 4.5, regular, 2.7, "Point de livraison "+fmt.Sprint(10000000+rnd.IntN(80000000))+" · Siège social : 1 place du Port, 10000 Zenith")
}

func (l Letter) spanish(s *sheet, rnd *rand.Rand) {
	s.text(18, 20, bold, 7, color.RGBA{150, 30, 30, 255}, "Banco "+pick(rnd, "Amapola Sierra Faro"))
	s.text(18, 34, bold, 4.6, inkText, "Extracto de cuenta")
	s.stack(18, 46, 6, medium, 3.4, "Titular", "Domicilio")
	s.stack(52, 46, 6, regular, 3.4, l.to()...)
	s.stack(18, 70, 6, regular, 3.4, "Fecha de emisión: "+fmt.Sprint(l.Issued.Day())+" de "+l.monthOf("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre")+" de "+l.Issued.Format("2006"),
		"Periodo: del "+l.Issued.AddDate(0, -1, -1).Format("02/01/2006")+" al "+l.Issued.AddDate(0, 0, -1).Format("02/01/2006"))
	s.rows(rnd, 96, " €", "Saldo anterior", "Abonos", "Cargos", "Saldo final")
	day := l.Issued.AddDate(0, -1, 0)
	for i := range 8 {
		day = day.AddDate(0, 0, 1+rnd.IntN(3))
		s.text(18, 140+float64(i)*7, regular, 3.1, inkText, day.Format("02/01/2006"))
		s.text(52, 140+float64(i)*7, regular, 3.1, inkText, pick(rnd, "Supermercado Gasolinera Nómina Farmacia Cine"))
		s.text(160, 140+float64(i)*7, regular, 3.1, inkText, strings.Replace(money(rnd, 900), ".", ",", 1))
	}
}

func (l Letter) italian(s *sheet, rnd *rand.Rand) {
	s.text(18, 20, bold, 7, color.RGBA{0, 110, 130, 255}, pick(rnd, "Rondine Squillo Onda")+" Telefonia SpA")
	s.text(18, 32, medium, 4.2, inkText, "Fibra ottica e linea fissa")
	s.stack(116, 52, 5.2, regular, 3.7, l.to()...)
	s.stack(18, 52, 6, regular, 3.4, "Data fattura: "+l.Issued.Format("02/01/2006"), "Scadenza: "+l.Issued.AddDate(0, 0, 20).Format("02/01/2006"), "Codice cliente: "+fmt.Sprint(100000+rnd.IntN(800000)))
	s.text(18, 96, bold, 4.6, inkText, "Riepilogo della fattura")
	s.rows(rnd, 108, " €", "Canone mensile", "Chiamate", "Traffico dati", "IVA 22 %")
	s.stack(18, 272, 4.5, regular, 2.7, "Servizio clienti 800 555 019 · Partita IVA 00000000000 · Via del Porto 1, 10000 Zenith")
}

func (l Letter) russianStatement(s *sheet, rnd *rand.Rand) {
	s.text(18, 20, bold, 6, color.RGBA{20, 110, 60, 255}, "ПАО Банк «"+pick(rnd, "Рассвет Гавань Опора")+"»")
	s.text(18, 28, regular, 3.2, inkText, "БИК 044525000, ИНН "+fmt.Sprint(1000000000+rnd.Int64N(8000000000)))
	s.text(18, 42, bold, 4.8, inkText, "Выписка по счету")
	s.stack(18, 54, 6.5, regular, 3.5, "Клиент: "+l.Name, "Адрес: "+l.Address[0], "Дата формирования: "+l.Issued.Format("02.01.2006"),
		"За период с "+l.Issued.AddDate(0, -1, 0).Format("02.01.2006")+" по "+l.Issued.Format("02.01.2006"))
	s.rows(rnd, 92, " руб.", "Входящий остаток", "Поступления", "Списания", "Исходящий остаток")
}
