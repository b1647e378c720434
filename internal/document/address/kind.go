package address

import (
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// leastWords is how many different words of its kind a paper must have.
const leastWords = 2

// vocabulary are words and phrases that papers of one kind have, in English and
// Russian, separated by commas.
func vocabulary() map[kyc.ProofKind]string {
	return map[kyc.ProofKind]string{
		kyc.UtilityBill: "electricity, natural gas, gas bill, water bill, kwh, meter reading, meter number, energy, utility, utilities, sewerage, wastewater, supply address, standing charge, heating, " +
			"unit rate, electricity bill, water supply, электроэнергия, электроснабжение, водоснабжение, водоотведение, отопление, газоснабжение, коммунальные услуги, коммунальных услуг, жилищно-коммунальных, " +
			"квт, счетчик, показания, капитальный ремонт, квитанция, содержание жилья, гкал",
		kyc.PhoneBill: "broadband, mobile, telephone bill, phone bill, line rental, data usage, internet service, call charges, minutes, roaming, telecom, fibre, услуги связи, интернет, абонентская плата, " +
			"мобильная связь, оператор связи, домашний интернет, роуминг",
		kyc.BankStatement: "bank statement, statement of account, account statement, opening balance, closing balance, iban, sort code, bic, swift, balance brought forward, withdrawals, deposits, " +
			"money out, money in, current account, debit card, выписка по счету, выписка, входящий остаток, исходящий остаток, остаток на начало, остаток на конец, бик, расчетный счет, операции по счету, банк",
		kyc.TaxLetter: "tax assessment, tax year, income tax, council tax, tax notice, tax office, hm revenue, revenue service, tax return, tax code, taxpayer, taxable, property tax, налоговое уведомление, " +
			"налог, налога, налоговая, фнс, федеральная налоговая служба, земельный налог, налогоплательщик, инн",
		kyc.InsuranceLetter: "insurance, policy number, premium, insured, policyholder, sum insured, cover starts, страховой полис, страхование, страхователь, страховая премия, страховая сумма, полис",
		kyc.GovernmentLetter: "electoral, department of, ministry, municipality, social security, pension service, benefit, registry office, city council, residence certificate, министерство, пенсионный фонд, " +
			"администрация города, социальный фонд, справка о регистрации, мфц, свидетельство о регистрации",
	}
}

// kindOf is the kind that most words speak for, "" when too few do or two kinds
// have equally many. A phrase counts once, and more in large print.
func kindOf(lines []Line) kyc.ProofKind {
	usual := usualHeight(lines)
	var best kyc.ProofKind
	most, second := 0.0, 0.0
	for _, kind := range kyc.ProofKinds() {
		score, words := 0.0, 0
		for phrase := range strings.SplitSeq(vocabulary()[kind], ", ") {
			weight := 0.0
			for _, l := range lines {
				if says(l.Text, phrase) {
					weight = max(weight, min(l.H/usual, 2))
				}
			}
			if weight > 0 {
				score, words = score+weight, words+1
			}
		}
		if words < leastWords {
			continue
		}
		if score > most {
			best, most, second = kind, score, most
		} else {
			second = max(second, score)
		}
	}
	if most == second {
		return ""
	}
	return best
}

// ofKind tells whether a text has a phrase of any kind of paper.
func ofKind(text string) bool {
	for _, phrases := range vocabulary() {
		if saysAny(text, strings.Split(phrases, ", ")) {
			return true
		}
	}
	return false
}
