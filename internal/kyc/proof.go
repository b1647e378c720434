package kyc

import (
	"fmt"
	"slices"
	"time"
)

// ProofKind is a kind of paper that shows where somebody lives.
type ProofKind string

// The kinds that can be told apart.
const (
	UtilityBill      ProofKind = "utility_bill"
	PhoneBill        ProofKind = "phone_bill"
	BankStatement    ProofKind = "bank_statement"
	TaxLetter        ProofKind = "tax_letter"
	InsuranceLetter  ProofKind = "insurance_letter"
	GovernmentLetter ProofKind = "government_letter"
)

// ProofKinds lists them.
func ProofKinds() []ProofKind {
	return []ProofKind{UtilityBill, PhoneBill, BankStatement, TaxLetter, InsuranceLetter, GovernmentLetter}
}

// Title is the kind as a document's name; a kind that is not known is only a proof.
func (k ProofKind) Title() string {
	switch k {
	case UtilityBill:
		return "Utility bill"
	case PhoneBill:
		return "Phone bill"
	case BankStatement:
		return "Bank statement"
	case TaxLetter:
		return "Tax letter"
	case InsuranceLetter:
		return "Insurance letter"
	case GovernmentLetter:
		return "Government letter"
	}
	return "Proof of address"
}

// AgeUnit is what the age of a proof is counted in.
type AgeUnit string

// The units.
const (
	Days   AgeUnit = "days"
	Months AgeUnit = "months"
)

// AddressProof says which proofs of address a scenario accepts.
type AddressProof struct {
	Kinds      []ProofKind `json:"kinds"`      // none: any
	MaxAge     int         `json:"maxAge"`     // how old its date may be, in units
	Unit       AgeUnit     `json:"unit"`       // days or months
	IgnoreName bool        `json:"ignoreName"` // do not compare its name with the document's
	NameMatch  float64     `json:"nameMatch"`  // least likeness of the names, in percent
}

// Defaults and bounds of an accepted proof.
const (
	DefaultProofAge  = 3 // months
	DefaultNameMatch = 85
	maxProofDays     = 3660
)

// normal fills what was left out; a scenario without such a step has no settings of it.
func (p AddressProof) normal(asked bool) AddressProof {
	if !asked {
		return AddressProof{}
	}
	if p.MaxAge == 0 {
		p.MaxAge = DefaultProofAge
	}
	if p.Unit == "" {
		p.Unit = Months
	}
	if p.NameMatch == 0 {
		p.NameMatch = DefaultNameMatch
	}
	if p.Kinds == nil {
		p.Kinds = []ProofKind{}
	}
	return p
}

func (p AddressProof) faults() []string {
	var faults []string
	for i, k := range p.Kinds {
		if !slices.Contains(ProofKinds(), k) {
			faults = append(faults, fmt.Sprintf("addressProof.kinds[%d]: %q is not a kind of proof; use %v", i, k, ProofKinds()))
		}
	}
	days := map[AgeUnit]int{Days: 1, Months: 30}[p.Unit]
	if days == 0 {
		faults = append(faults, "addressProof.unit: must be days or months")
	} else if p.MaxAge < 1 || p.MaxAge > maxProofDays/days {
		faults = append(faults, fmt.Sprintf("addressProof.maxAge: must be 1 to %d %s", maxProofDays/days, p.Unit))
	}
	if p.NameMatch <= 0 || p.NameMatch > 100 {
		faults = append(faults, "addressProof.nameMatch: must be more than 0 and at most 100")
	}
	return faults
}

// Accepts tells whether a kind will do; "" is one that was not recognised.
func (p AddressProof) Accepts(k ProofKind) bool {
	return len(p.Kinds) == 0 || slices.Contains(p.Kinds, k)
}

// Oldest is the earliest day of issue that is accepted on the day of now.
func (p AddressProof) Oldest(now time.Time) time.Time {
	y, m, d := now.UTC().Date()
	if p.Unit == Days {
		return time.Date(y, m, d-p.MaxAge, 0, 0, 0, 0, time.UTC)
	}
	first := time.Date(y, m-time.Month(p.MaxAge), 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, min(d, first.AddDate(0, 1, -1).Day())-1) // three months before 31 May is the last of February
}

// AddressInput is one attempt at a proof of address: its pages in order.
type AddressInput struct {
	Pictures []Picture
	Now      time.Time    // what its age is measured against
	Rules    AddressProof // of the scenario
	Holder   Holder       // of the document before it; empty when there was none
}

// Holder is a person's name as a document gave it.
type Holder struct {
	Surname    string
	GivenNames string // a father's name too
}
