package dash

import (
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// proof shows the settings of proofs of address; those of a scenario that asks
// for none are the ones that it would begin with.
func (f *scenarioForm) proof(p kyc.AddressProof) {
	f.proofAge, f.proofUnit, f.proofMatch, f.proofAnyName = strconv.Itoa(p.MaxAge), string(p.Unit), strconv.FormatFloat(p.NameMatch, 'f', -1, 64), p.IgnoreName
	if p.MaxAge == 0 {
		f.proofAge, f.proofUnit, f.proofMatch = strconv.Itoa(kyc.DefaultProofAge), string(kyc.Months), strconv.Itoa(kyc.DefaultNameMatch)
	}
	for _, k := range p.Kinds {
		f.proofKinds = append(f.proofKinds, string(k))
	}
}

func (f scenarioForm) asksForProof() bool {
	return slices.ContainsFunc(f.steps, func(s stepRow) bool { return s.kind == string(kyc.StepAddressProof) })
}

func (f scenarioForm) addressProof() kyc.AddressProof {
	p := kyc.AddressProof{MaxAge: number(f.proofAge), Unit: kyc.AgeUnit(f.proofUnit), NameMatch: decimal(f.proofMatch), IgnoreName: f.proofAnyName}
	for _, k := range f.proofKinds[:min(len(f.proofKinds), maxRows)] {
		p.Kinds = append(p.Kinds, kyc.ProofKind(k))
	}
	return p
}

// proofFields are the settings of proofs of address; the style sheet hides them
// while no step asks for one.
func proofFields(v *visit, f scenarioForm, named func(name, hint string) field) g.Node {
	return h.Section(h.Class("card proof-part"), h.H2(g.Text(v.t("scenario.part.proof"))),
		h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.addressProof.kinds"))), h.P(h.Class("hint"), g.Text(v.t("scenario.addressProof.kinds.hint"))),
			h.Div(h.Class("ticks"), g.Map(kyc.ProofKinds(), func(k kyc.ProofKind) g.Node {
				return tick("addressProof.kinds", string(k), slices.Contains(f.proofKinds, string(k)), v.t("proof."+string(k)), "")
			})),
			g.Map(field{name: "addressProof.kinds", faults: f.faults}.wrong(), func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) })),
		h.Div(h.Class("pairwise"),
			named("addressProof.maxAge", "").input("number", f.proofAge, h.Required(), h.Min("1"), g.Attr("inputmode", "numeric")),
			named("addressProof.unit", "").choice(f.proofUnit, []option{{string(kyc.Days), v.t("unit.days")}, {string(kyc.Months), v.t("unit.months")}})),
		named("addressProof.nameMatch", "scenario.addressProof.nameMatch.hint").input("number", f.proofMatch, h.Required(), h.Min("1"), h.Max("100"), h.Step("any"), g.Attr("inputmode", "decimal")),
		tick("addressProof.ignoreName", "1", f.proofAnyName, v.t("scenario.addressProof.ignoreName"), ""))
}
