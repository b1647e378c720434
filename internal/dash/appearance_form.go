package dash

import (
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// appearance shows by how much faces are held against the document; "" for not at all.
func (f *scenarioForm) appearance(t kyc.Thresholds) {
	shown := func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	f.ageTolerance, f.genderCertainty = shown(t.AgeTolerance), shown(t.GenderCertainty)
}

// optional reads a number that may be left out.
func optional(s string) float64 {
	if strings.TrimSpace(s) == "" {
		return 0
	}
	return decimal(s)
}

// appearanceFields are the settings of the two estimates, with what they are worth.
func appearanceFields(v *visit, f scenarioForm, named func(name, hint string) field) g.Node {
	return h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.appearance"))),
		h.P(h.Class("hint"), g.Text(v.t("scenario.appearance.hint", "Years", kyc.AdvisedAgeTolerance, "Percent", kyc.AdvisedGenderCertainty))),
		h.Div(h.Class("pairwise"),
			named("thresholds.ageTolerance", "").input("number", f.ageTolerance, h.Min("1"), h.Max("100"), h.Step("any"), h.Placeholder(v.t("scenario.appearance.off")), g.Attr("inputmode", "decimal")),
			named("thresholds.genderCertainty", "").input("number", f.genderCertainty, h.Min("50"), h.Max("100"), h.Step("any"), h.Placeholder(v.t("scenario.appearance.off")), g.Attr("inputmode", "decimal"))))
}

// estimated says what an estimate of a face was decided from, with its stated
// error; nil for proofs of other kinds.
func estimated(v *visit, p verify.ProofView) g.Node {
	if p.Test != kyc.ProofAge && p.Test != kyc.ProofGender {
		return nil
	}
	score := strconv.FormatFloat(p.Score, 'f', 1, 64)
	return h.P(g.Text(v.t("proof.measured."+p.Test, "Score", score, "Limit", strconv.FormatFloat(p.Limit, 'f', 1, 64), "Error", p.Of)))
}
