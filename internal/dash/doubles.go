package dash

import (
	"math"
	"net/http"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

// doubles looks for a person's own faces among the others of the list. It is a
// search like any other, and is noted as one.
func (d *Door) doubles(v *visit) error {
	ctx := v.r.Context()
	person, err := d.Persons.Person(ctx, v.who, "", v.r.PathValue("id"), false)
	if err != nil {
		return err
	}
	others, err := d.Persons.Doubles(ctx, v.who, person.ID)
	if err != nil {
		return err
	}
	d.show(v, http.StatusOK, doublesPage(v, person, others))
	return nil
}

func doublesPage(v *visit, p *kyc.Person, others []persons.Hit) page {
	address := personAddress(p.ID)
	rows := empty("search", v.t("person.doubles.none"), v.t("person.doubles.none.text"))
	if len(others) > 0 {
		rows = h.Div(h.Class("card flush"), h.Table(h.Class("list people"), headings(v.t("person.face"), v.t("facesearch.likeness"), v.t("person.who"), v.t("person.merge.title")),
			h.TBody(g.Map(others, func(x persons.Hit) g.Node {
				return h.Tr(cell(v.t("person.face"), portrait(v, x.Person)),
					cell(v.t("facesearch.likeness"), h.Strong(h.Class("number"), g.Text(strconv.Itoa(int(math.Floor(x.Percent)))+"%"))),
					cell(v.t("person.who"), h.Div(h.A(h.Class("row"), h.Href(personAddress(x.Person.ID)), g.Text(personName(v, x.Person))), h.Span(h.Class("clip quiet under"), g.Text(fewFields(x.Person))))),
					cell(v.t("person.merge.title"), g.Iff(v.can(kyc.EditPersons), func() g.Node { return mergeButton(v, p, x.Person) })))
			}))))
	}
	return page{title: v.t("person.doubles"), nav: "lists", path: address, body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(address), icon("back"), g.Text(personName(v, p)))),
		head(g.Text(v.t("person.doubles")), g.Text(v.t("person.doubles.text"))), rows,
	}}
}

func mergeButton(v *visit, p, other *kyc.Person) g.Node {
	return confirmed(v.t("person.merge.question", "Name", personName(v, p)), v.t("person.merge"), h.Form(h.Method("post"), h.Action(personAddress(p.ID)+"/merge"), hidden("other", other.ID),
		h.Button(h.Type("submit"), h.Class("small danger-text"), icon("faces"), g.Text(v.t("person.merge")))))
}

// mergePerson makes one person of two: the one whose page it is stays.
func (d *Door) mergePerson(v *visit) error {
	person, err := d.Persons.Person(v.r.Context(), v.who, "", v.r.PathValue("id"), false)
	if err != nil {
		return err
	}
	address := personAddress(person.ID)
	if !asked(v) {
		return d.ask(v, "lists", address, v.t("person.merge.question", "Name", personName(v, person)), v.t("person.merge"), hidden("other", v.form("other")))
	}
	if _, err := d.Persons.Fuse(v.r.Context(), v.who, person.ListID, []string{person.ID, v.form("other")}); err != nil {
		return err
	}
	return d.done(v, address, "notice.person.merged")
}
