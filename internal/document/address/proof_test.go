package address

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/names"
)

func today() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// page sets texts on a page: one line a row, columns apart by "|" and 600 pixels,
// an empty row as a gap.
func page(text string) []Line {
	var out []Line
	for row, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		for column, piece := range strings.Split(line, "|") {
			if piece = strings.TrimSpace(piece); piece != "" {
				out = append(out, Line{Text: piece, Sure: 0.95, X: 50 + 600*float64(column), Y: 40 + 36*float64(row), W: 14 * float64(len([]rune(piece))), H: 24})
			}
		}
	}
	return out
}

func TestRead(t *testing.T) {
	t.Parallel()
	reader := NewReader()
	for _, c := range []struct {
		name, page string
		want       Proof
	}{
		{"british bill", `
Brightwell Energy
| Brightwell Energy Ltd
| 1 Dock Street
| Portmere PM1 4XZ

Ms Anna Hollowmere
Flat 3
12 Kestrel Gardens
Amaurot
QX7 4DL

| Bill date: 5 October 2026
Your electricity bill
Billing period: 1 July 2026 to 30 September 2026
Please pay by 26 October 2026
Meter reading 10442
`, Proof{Kind: kyc.UtilityBill, Address: []string{"Flat 3", "12 Kestrel Gardens", "Amaurot", "QX7 4DL"}, Names: []string{"Ms Anna Hollowmere"}, Issued: day(2026, 10, 5)}},
		{"american statement", `
Granite National Bank
P.O. Box 4400
Ridgeport, OR 97009


ANNA HOLLOWMERE | Statement date
4411 Linden Avenue | 11/03/2026
Apt 12
Highmere, VT 05401-2201

Opening balance | 12.00
Closing balance | 80.00
Date | Description
10/05/2026 | Grocery
10/09/2026 | Fuel
10/11/2026 | Fuel
10/12/2026 | Fuel
11/01/2026 | Fuel
`, Proof{Kind: kyc.BankStatement, Address: []string{"4411 Linden Avenue", "Apt 12", "Highmere, VT 05401-2201"}, Names: []string{"ANNA HOLLOWMERE"}, Issued: day(2026, 11, 3)}},
		{"american date in words", `
ANNA HOLLOWMERE
4411 Linden Avenue
Highmere, VT 05401

Statement date: November 6, 2026
Opening balance
Closing balance
`, Proof{Kind: kyc.BankStatement, Address: []string{"4411 Linden Avenue", "Highmere, VT 05401"}, Names: []string{"ANNA HOLLOWMERE"}, Issued: day(2026, 11, 6)}},
		{"letter with a date that stands alone", `
Cantonal Tax Office
Schlossplatz 1
1000 Zenith

| MsA.Hollowmere
| Lindenstrasse 14
| 4051 Amaurot
| Utopia

| Zenith, 12 November 2026
Final tax assessment for the tax year 2025
Taxable income
Deductions
Payment is due within thirty days.


An objection may be lodged in writing.
`, Proof{Kind: kyc.TaxLetter, Address: []string{"Lindenstrasse 14", "4051 Amaurot", "Utopia"}, Names: []string{"Ms A.Hollowmere"}, Issued: day(2026, 11, 12)}},
		{"captions", `
Larkcall Telecom
Broadband and phone bill
Account holder | Anna Hollowmere
Service address | 9 Falcon Close
| Eastwick
| FT2 1BN
Invoice date | 14/09/2026
Due date | 28/09/2026
`, Proof{Kind: kyc.PhoneBill, Address: []string{"9 Falcon Close", "Eastwick", "FT2 1BN"}, Names: []string{"Anna Hollowmere"}, Issued: day(2026, 9, 14)}},
		{"russian receipt", `
Квитанция на оплату коммунальных услуг
ООО «Управляющая компания Уют», ИНН 2404439845

Плательщик: Холлоумир Анна Петровна
Адрес: 468599, г. Лесогорск,
ул. Речная, д. 27, кв. 89
Дата выставления: 02.11.2026
Оплатить до 22.11.2026
Отопление
Водоотведение
`, Proof{Kind: kyc.UtilityBill, Address: []string{"468599, г. Лесогорск", "ул. Речная, д. 27, кв. 89"}, Names: []string{"Холлоумир Анна Петровна"}, Issued: day(2026, 11, 2)}},
		{"russian date in words, address in one line", `
Выписка по счету
Банк Рассвет, БИК 044525000
Клиент: Холлоумир Анна
Адрес: 468599, г. Лесогорск, ул. Речная, д. 27, кв. 89
от 3 ноября 2026 г.
Входящий остаток
`, Proof{Kind: kyc.BankStatement, Address: []string{"468599, г. Лесогорск, ул. Речная, д. 27, кв. 89"}, Names: []string{"Холлоумир Анна"}, Issued: day(2026, 11, 3)}},
		{"german bill, compounds and marks", `
Stadtwerke Immergrün GmbH
Postfach 12, 1000 Zenith

Frau
Anna Höllmoor
Gartenstra8e 14
04109 Amaurot

| Rechnungsdatum: 05.10.2026
| Kundennummer: 4411223
Ihre Stromrechnung
Abrechnungszeitraum: 01.07.2026 bis 30.09.2026
Zählernummer 22 110
Fällig am 26.10.2026
IBAN UT12 0000 1111
`, Proof{Kind: kyc.UtilityBill, Address: []string{"Gartenstraße 14", "04109 Amaurot"}, Names: []string{"Anna Höllmoor", "Frau"}, Issued: day(2026, 10, 5)}},
		{"german letter, the town before the date", `
Finanzamt Zenith
Schlossplatz 1

| Anna Höllmoor
| Birkenweg 3
| 04109 Amaurot

| Zenith, den 12. März 2026
Bescheid über Einkommensteuer





Einspruch ist schriftlich einzulegen.
`, Proof{Kind: kyc.TaxLetter, Address: []string{"Birkenweg 3", "04109 Amaurot"}, Names: []string{"Anna Höllmoor"}, Issued: day(2026, 3, 12)}},
		{"french bill", `
Lumière de France
Service client 09 70 00 00

| Mme Anna Hollowmere
| 12 bis rue des Peupliers
| 75012 Amaurot

| Facture du 5 août 2026
Facture d'électricité
Consommation du 01/06/2026 au 31/07/2026
Prélèvement le 26 août 2026
Point de livraison 100 22
`, Proof{Kind: kyc.UtilityBill, Address: []string{"12 bis rue des Peupliers", "75012 Amaurot"}, Names: []string{"Mme Anna Hollowmere"}, Issued: day(2026, 8, 5)}},
		{"spanish statement", `
Banco Amapola
Extracto de cuenta
Titular: Anna Hollowmere
Dirección: Calle Mayor 12, 28013 Amaurot
Fecha de emisión: 3 de noviembre de 2026
Periodo: del 01/10/2026 al 31/10/2026
Saldo anterior
Saldo final
`, Proof{Kind: kyc.BankStatement, Address: []string{"Calle Mayor 12, 28013 Amaurot"}, Names: []string{"Anna Hollowmere"}, Issued: day(2026, 11, 3)}},
		{"italian bill", `
Chiara Energia SpA

| Anna Hollowmere
| Via Garibaldi 12
| 20121 Amaurot

Bolletta per la fornitura di energia elettrica
Data di emissione: 7 settembre 2026
Scadenza: 27 settembre 2026
`, Proof{Kind: kyc.UtilityBill, Address: []string{"Via Garibaldi 12", "20121 Amaurot"}, Names: []string{"Anna Hollowmere"}, Issued: day(2026, 9, 7)}},
		{"no address, other dates only", `
Anna Hollowmere
Date of birth: 4 May 1980
Pay by 4 December 2026
Valid until 01/02/2027
Thank you for your order of 4 mugs
`, Proof{}},
		{"nothing", "", Proof{}},
	} {
		got := reader.Read(page(c.page), names.Person{Surname: "HOLLOWMERE", Given: "ANNA"}, today())
		got.Sure = 0
		if len(got.Names) == 0 {
			got.Names = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestDates(t *testing.T) {
	t.Parallel()
	reader := NewReader()
	for text, want := range map[string]string{
		"5 October 2026": "2026-10-05", "5October2026": "2026-10-05", "5th of October, 2026": "2026-10-05", "Oct. 5, 2026": "2026-10-05", "October5,2026": "2026-10-05", "05.10.2026": "2026-10-05",
		"5/10/26": "2026-10-05", "10/25/2026": "2026-10-25", "2026-10-05": "2026-10-05", "5 октября 2026 г.": "2026-10-05", "5 мая 2026": "2026-05-05", "31.02.2026": "", "12.13.14.15": "", "32/10/2026": "",
		"5 October 1926": "", "12. März 2026": "2026-03-12", "1er août 2026": "2026-08-01", "3 de noviembre de 2026": "2026-11-03", "7 settembre 2026": "2026-09-07", "5 Novernber 2026": "2026-11-05", "Sept. 5, 2026": "2026-09-05",
		"Marktplatz 14, 2000 Zenith": "", "Gartenweg 3 2026": "", "Call 0800 555 0199": "", "": "",
	} {
		got := ""
		if all := reader.datesIn(text); len(all) > 0 {
			got = all[0].day.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestSpaced(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12212Caldermoor": "12212 Caldermoor", "PiazzaUlivo 160": "Piazza Ulivo 160", "Gartenstrasse8": "Gartenstrasse 8", "Dunhollow,ME 54752": "Dunhollow, ME 54752", "Flat34": "Flat 34",
		"MacLeod Road": "MacLeod Road", "12b McArthur St": "12b McArthur St", "NK11 1EQ": "NK11 1EQ", "19a": "19a", "AMAUROT": "AMAUROT", "д. 57, кв. 33": "д. 57, кв. 33", "": "",
	} {
		if got := spaced(text); got != want {
			t.Errorf("%q is spaced as %q, want %q", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("Anna Hollowmere\n12 High Street\nQX7 4DL\nBill date: 5 October 2026", "HOLLOWMERE")
	f.Add("Адрес: ул. Ленина, д. 1\nот 3 ноября 2026 г. | 11/11/11", "ИВАНОВ")
	f.Add("address:\xff|\nDate|:", "")
	reader := NewReader()
	f.Fuzz(func(t *testing.T, text, surname string) {
		if len(text) > 4000 {
			return
		}
		p := reader.Read(page(text), names.Person{Surname: surname}, today())
		if p.Address != nil && (len(p.Address) == 0 || len(p.Address) > maxSpan+2) {
			t.Errorf("an address of %d lines", len(p.Address))
		}
		if !p.Issued.IsZero() && (p.Issued.Year() < 1990 || p.Issued.Year() > 2100) {
			t.Errorf("issued on %v", p.Issued)
		}
	})
}
