package dash

import (
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// rules shows what a scenario does with lists of faces.
func (f *scenarioForm) rules(r kyc.FaceRules) {
	f.addTo, f.duplicates, f.blacklists, f.faceHit = r.AddTo, string(r.Duplicates), r.Blacklists, strconv.FormatFloat(r.Threshold, 'f', -1, 64)
	if r.Threshold == 0 {
		f.faceHit = strconv.Itoa(kyc.DefaultFaceHit)
	}
}

func (f scenarioForm) faceRules() kyc.FaceRules {
	r := kyc.FaceRules{AddTo: f.addTo, Blacklists: f.blacklists[:min(len(f.blacklists), 2*maxRows)], Duplicates: kyc.DuplicateRule(f.duplicates)}
	if len(r.Blacklists) == 0 {
		r.Blacklists = nil
	}
	if r.Any() {
		r.Threshold = decimal(f.faceHit)
	}
	return r
}

// listFields are the settings of lists of faces; lists that the reader may not
// see are shown by their ids.
func listFields(v *visit, f scenarioForm, named func(name, hint string) field) g.Node {
	lists := slices.Clone(f.lists)
	for _, id := range append([]string{f.addTo}, f.blacklists...) {
		if id != "" && !slices.ContainsFunc(lists, func(l *kyc.FaceList) bool { return l.ID == id }) {
			lists = append(lists, &kyc.FaceList{ID: id, Name: id})
		}
	}
	if len(lists) == 0 {
		return h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.lists"))), h.P(h.Class("quiet"), g.Text(v.t("scenario.lists.none"))),
			g.If(v.can(kyc.EditPersons), h.P(h.A(h.Class("button"), h.Href(listsAddress), g.Text(v.t("nav.lists"))))))
	}
	choices := []option{{"", v.t("scenario.faceLists.addTo.none")}}
	for _, l := range lists {
		choices = append(choices, option{l.ID, l.Name})
	}
	duplicates := []option{{"", v.t("scenario.duplicates.ignore")}, {string(kyc.DuplicatesWarn), v.t("scenario.duplicates.warn")}, {string(kyc.DuplicatesRefuse), v.t("scenario.duplicates.refuse")}}
	return h.Section(h.Class("card"), h.H2(g.Text(v.t("scenario.part.lists"))),
		named("faceLists.addTo", "scenario.faceLists.addTo.hint").choice(f.addTo, choices),
		named("faceLists.duplicates", "").choice(f.duplicates, duplicates),
		h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("scenario.faceLists.blacklists"))), h.P(h.Class("hint"), g.Text(v.t("scenario.faceLists.blacklists.hint"))),
			h.Div(h.Class("ticks"), g.Map(lists, func(l *kyc.FaceList) g.Node {
				return tick("faceLists.blacklists", l.ID, slices.Contains(f.blacklists, l.ID), l.Name, "")
			})),
			g.Map(field{name: "faceLists.blacklists", faults: f.faults}.wrong(), func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) })),
		named("faceLists.threshold", "scenario.faceLists.threshold.hint").input("number", f.faceHit, h.Min("1"), h.Max("100"), h.Step("any"), g.Attr("inputmode", "decimal")))
}

// edit is editPage with the lists that the reader may see.
func (d *Door) edit(v *visit, x scenarioSheet) page {
	if v.can(kyc.ViewPersons) {
		if lists, err := d.Persons.Lists(v.r.Context(), v.who); err == nil {
			x.form.lists = lists
		}
	}
	return editPage(v, x)
}
