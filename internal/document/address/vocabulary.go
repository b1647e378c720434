package address

import (
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// phrase is a word or a few that papers say. A single short word must stand by
// itself; a longer phrase may have lost its spaces.
type phrase struct {
	text  string // squashed
	alone bool
}

// phrases of one meaning in all languages that are known.
type phrases []phrase

// phrasesOf takes lists in small letters without marks, separated by commas, one
// list a language.
func phrasesOf(languages ...string) (all phrases) {
	for _, list := range languages {
		for text := range strings.SplitSeq(list, ", ") {
			all = append(all, phrase{squash(text), len([]rune(text)) <= 5 && !strings.Contains(text, " ")})
		}
	}
	return all
}

// said is a text as phrases are looked for in it.
type said struct {
	squashed string
	words    []string
}

func hear(text string) said { return said{squash(text), split(text)} }

func (s said) says(p phrase) bool {
	if p.alone {
		return slices.Contains(s.words, p.text)
	}
	return strings.Contains(s.squashed, p.text)
}

// in tells whether a text has one of the phrases.
func (all phrases) in(text string) bool {
	s := hear(text)
	return slices.ContainsFunc(all, s.says)
}

// captions are what a text may begin with, small and without marks.
type captions []string

func captionsOf(languages ...string) captions {
	return strings.Split(strings.Join(languages, ", "), ", ")
}

// vocabulary holds the words of papers. Languages stand in one order: English,
// Russian, German, French, Spanish, Italian. Words that one language uses in
// another sense than its neighbour are left out.
type vocabulary struct {
	kinds map[kyc.ProofKind]phrases // papers of a kind have
	// before or above a date
	issue, period, foreign, date phrases
	street                       []string // words of the line with the street
	endings                      []string // of such words
	firms                        phrases  // in the lines of an issuer and not of a person
	ofAddress, ofName            captions // what follows is one
	titles                       phrases  // what stands above or left of an address
	months                       [12][]string
}

func newVocabulary() *vocabulary {
	v := &vocabulary{
		kinds: kinds(),
		issue: phrasesOf("bill date, invoice date, statement date, date of issue, issue date, issued on, date issued, letter date, date of bill, date of statement, date of letter, dated, billing date, notice date",
			"дата выставления, дата формирования, дата выписки, дата выдачи, дата документа, дата составления, сформирован, сформирована, дата счета, выписка от, уведомление от, квитанция от",
			"rechnungsdatum, ausstellungsdatum, auszugsdatum, bescheiddatum, erstellt am, ausgestellt am, rechnung vom, kontoauszug vom, bescheid vom, datum der rechnung",
			"date de facture, date de la facture, date d'emission, date du releve, date d'edition, facture du, emise le, emis le, edite le, etabli le",
			"fecha de factura, fecha factura, fecha de emision, fecha de expedicion, fecha del extracto, emitida el, expedida el",
			"data fattura, data della fattura, data di emissione, data emissione, data documento, emessa il, emesso il"),
		period: phrasesOf("period, from, to, billing period, between", "за период, период, по", "abrechnungszeitraum, lieferzeitraum, zeitraum, vom, bis", "periode, du, au", "periodo, desde, hasta, del", "dal, al"),
		foreign: phrasesOf("due, due date, pay by, payment, before, next, birth, born, expiry, expires, valid, until, renewal, reading, opened, since, starts, ends",
			"срок, оплатить, оплаты, до, рождения, следующий, действителен, показания, договор, договора, с",
			"fallig, zahlbar, zahlung, abbuchung, abgebucht, geboren, geburtsdatum, gultig, vertragsbeginn, ablesung, nachste, seit",
			"echeance, a payer, date limite, prelevement, preleve, ne le, nee le, naissance, prochaine, releve du compteur, valable",
			"vencimiento, fecha de cargo, cargo en cuenta, nacimiento, proxima, lectura, valido",
			"scadenza, pagare entro, entro il, nascita, lettura, prossima, addebito, valido"),
		date: phrasesOf("date", "дата, от", "datum", "le", "fecha", "data"),
		street: captionsOf("street, st, road, rd, avenue, ave, lane, ln, drive, dr, close, court, ct, square, sq, terrace, boulevard, blvd, way, place, crescent, gardens, grove, hill, row, walk, parade, "+
			"highway, quay, mews, flat, apt, apartment, unit, suite, floor",
			"улица, ул, проспект, пр, просп, пр-кт, переулок, пер, бульвар, шоссе, набережная, наб, проезд, площадь, пл, дом, кв, квартира, корп, город, обл, область, р-н, мкр",
			"strasse, straße, str, weg, platz, gasse, allee, ufer", "rue, chemin, impasse, quai, bd, residence", "calle, plaza, avenida, avda, paseo, carrer", "via, viale, corso, piazza, vicolo"),
		endings: strings.Fields("street road avenue lane drive strasse straße strase boulevard square terrace crescent gardens weg gasse platz allee"),
		firms: phrasesOf("ltd, limited, plc, llc, inc, gmbh, corp, company, bank, energy, water, power, insurance, telecom, council, office, department, revenue, po box, www, http, email, tel, phone, fax, "+
			"registered office, head office, customer service, help", "ооо, пао, оао, ао, зао, банк, инн, кпп, бик, огрн, телефон, тел, сайт, управляющая компания",
			"ag, kg, postfach, kundenservice, telefon, sparkasse, stadtwerke, finanzamt, versicherung, energie, geschaftsfuhrer, amtsgericht", "sarl, siege social, service client, banque, cedex, tresor public, assurance",
			"atencion al cliente, banco, electrica, cif, apartado", "spa, srl, servizio clienti, banca, partita iva, energia, assicurazioni"),
		ofAddress: captionsOf("service address, supply address, postal address, mailing address, home address, property address, customer address, address",
			"адрес регистрации, адрес плательщика, адрес проживания, адрес помещения, почтовый адрес, адрес",
			"lieferanschrift, rechnungsanschrift, lieferadresse, verbrauchsstelle, lieferstelle, anschrift, adresse", "adresse de facturation, adresse du logement, lieu de consommation, adresse",
			"direccion de suministro, direccion postal, direccion, domicilio", "indirizzo di fornitura, indirizzo di residenza, indirizzo"),
		ofName: captionsOf("account holder, account name, customer name, customer, name, bill to, policyholder, taxpayer, prepared for, account owner",
			"фио, ф.и.о, плательщик, абонент, владелец счета, клиент, получатель выписки, страхователь, налогоплательщик",
			"kontoinhaberin, kontoinhaber, vertragsinhaber, versicherungsnehmer, kundin, kunde", "titulaire du compte, titulaire du contrat, titulaire, client, nom", "titular del contrato, titular de la cuenta, titular, cliente, nombre",
			"intestatario del conto, intestatario, cliente, nome"),
		months: months(),
	}
	v.titles = phrasesOf(v.ofAddress...)
	return v
}

// months are their names in the order of languages, as dates write them.
func months() (all [12][]string) {
	for _, names := range []string{
		"january february march april may june july august september october november december",
		"января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
		"январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
		"januar februar marz april mai juni juli august september oktober november dezember",
		"janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
	} {
		for i, name := range strings.Fields(names) {
			all[i] = append(all[i], name)
		}
	}
	return all
}

// month of a word or its beginning, 0 when it is none. A letter or two may have
// been misread behind the third: "novernber".
func (v *vocabulary) month(word string) int {
	letters := []rune(word)
	if len(letters) < 3 {
		return 0
	}
	near := 0
	for i, names := range v.months {
		for _, name := range names {
			full := []rune(name)
			if strings.HasPrefix(name, word) {
				return i + 1
			}
			if len(full) > 4 && len(letters) >= len(full)-1 && len(letters) <= len(full)+1 && strings.HasPrefix(word, string(full[:3])) {
				near = i + 1
			}
		}
	}
	return near
}

func kinds() map[kyc.ProofKind]phrases {
	return map[kyc.ProofKind]phrases{
		kyc.UtilityBill: phrasesOf("electricity, natural gas, gas bill, water bill, kwh, meter reading, meter number, energy, utility, utilities, sewerage, wastewater, supply address, standing charge, heating, "+
			"unit rate, electricity bill, water supply",
			"электроэнергия, электроснабжение, водоснабжение, водоотведение, отопление, газоснабжение, коммунальные услуги, коммунальных услуг, жилищно-коммунальных, "+
				"квт, счетчик, показания, капитальный ремонт, квитанция, содержание жилья, гкал",
			"stromrechnung, stromverbrauch, stromlieferung, erdgas, gasrechnung, trinkwasser, abwasser, zahlerstand, zahlernummer, arbeitspreis, grundpreis, heizkosten, stadtwerke, energie, verbrauchsstelle, netzentgelt",
			"electricite, gaz naturel, compteur, consommation, eau potable, assainissement, acheminement, point de livraison, heures creuses",
			"electricidad, factura de la luz, potencia contratada, suministro, contador, consumo facturado, termino de energia, abastecimiento, alcantarillado",
			"energia elettrica, elettricita, bolletta, contatore, fornitura, acquedotto, potenza impegnata, materia energia, codice pod"),
		kyc.PhoneBill: phrasesOf("broadband, mobile, telephone bill, phone bill, line rental, data usage, internet service, call charges, minutes, roaming, telecom, fibre",
			"услуги связи, интернет, абонентская плата, мобильная связь, оператор связи, домашний интернет, роуминг",
			"mobilfunk, festnetz, telefonrechnung, telefonie, datenvolumen, internetanschluss, rufnummer, glasfaser", "forfait mobile, telephonie, appels, abonnement internet, facture telephone, fibre optique",
			"telefonia, llamadas, linea fija, linea movil, fibra optica, internet movil", "traffico dati, chiamate, linea fissa, fibra ottica, telefonia"),
		kyc.BankStatement: phrasesOf("bank statement, statement of account, account statement, opening balance, closing balance, iban, sort code, bic, swift, balance brought forward, withdrawals, deposits, "+
			"money out, money in, current account, debit card",
			"выписка по счету, выписка, входящий остаток, исходящий остаток, остаток на начало, остаток на конец, бик, расчетный счет, операции по счету, банк",
			"kontoauszug, kontostand, alter saldo, neuer saldo, girokonto, sparkasse, buchungstag, wertstellung", "releve de compte, ancien solde, nouveau solde, compte courant, compte cheques, date de valeur",
			"extracto de cuenta, saldo anterior, saldo final, cuenta corriente, fecha valor", "estratto conto, saldo iniziale, saldo finale, conto corrente, data valuta"),
		kyc.TaxLetter: phrasesOf("tax assessment, tax year, income tax, council tax, tax notice, tax office, hm revenue, revenue service, tax return, tax code, taxpayer, taxable, property tax",
			"налоговое уведомление, налог, налога, налоговая, фнс, федеральная налоговая служба, земельный налог, налогоплательщик, инн",
			"steuerbescheid, einkommensteuer, finanzamt, grundsteuer, solidaritatszuschlag, zu versteuerndes", "avis d'impot, impot sur le revenu, taxe fonciere, taxe d'habitation, finances publiques, numero fiscal",
			"agencia tributaria, impuesto sobre la renta, impuesto sobre bienes, liquidacion tributaria", "agenzia delle entrate, imposta sul reddito, cartella di pagamento, dichiarazione dei redditi"),
		kyc.InsuranceLetter: phrasesOf("insurance, policy number, premium, insured, policyholder, sum insured, cover starts", "страховой полис, страхование, страхователь, страховая премия, страховая сумма, полис",
			"versicherungsschein, versicherungsnehmer, versicherungsbeitrag, versicherungsnummer, haftpflicht", "assurance, contrat d'assurance, numero de contrat, cotisation, societaire, garanties",
			"poliza, asegurado, prima anual, seguro de hogar, aseguradora", "polizza, assicurato, premio annuo, contraente, assicurazione"),
		kyc.GovernmentLetter: phrasesOf("electoral, department of, ministry, municipality, social security, pension service, benefit, registry office, city council, residence certificate",
			"министерство, пенсионный фонд, администрация города, социальный фонд, справка о регистрации, мфц, свидетельство о регистрации",
			"meldebescheinigung, burgeramt, einwohnermeldeamt, rentenversicherung, stadtverwaltung, bundesagentur, standesamt", "mairie, prefecture, allocations familiales, securite sociale, republique francaise, attestation de residence",
			"ayuntamiento, empadronamiento, seguridad social, padron municipal", "comune di, certificato di residenza, anagrafe, ufficio anagrafe"),
	}
}
