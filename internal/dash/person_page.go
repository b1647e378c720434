package dash

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

func listsPage(v *visit, lists []*kyc.FaceList, name string, faults []fault) page {
	rows := empty("faces", v.t("facelist.empty.title"), v.t("facelist.empty.text"))
	if len(lists) > 0 {
		rows = h.Div(h.Class("card flush"), h.Table(h.Class("list"), headings(v.t("facelist.name"), v.t("facelist.persons"), v.t("list.created")),
			h.TBody(g.Map(lists, func(l *kyc.FaceList) g.Node {
				return h.Tr(cell(v.t("facelist.name"), h.A(h.Class("row"), h.Href(listAddress(l.ID)), g.Text(l.Name))),
					cell(v.t("facelist.persons"), h.Span(h.Class("number"), g.Text(v.number(l.Persons)))),
					cell(v.t("list.created"), moment(l.CreatedAt, true)))
			}))))
	}
	return page{title: v.t("nav.lists"), nav: "lists", path: listsAddress, body: g.Group{
		head(g.Text(v.t("nav.lists")), g.Text(v.t("facelist.text")),
			h.A(h.Class("button"), h.Href(pastAddress), icon("log"), g.Text(v.t("facesearch.past"))),
			h.A(h.Class("button primary"), h.Href(searchAddress), icon("search"), g.Text(v.t("facesearch.title")))),
		rows,
		g.Iff(v.can(kyc.EditPersons), func() g.Node {
			return card("", "new", v.t("facelist.new"), faultList(v, orphans(faults, "name")),
				h.Form(h.Class("inline"), h.Method("post"), h.Action(listsAddress),
					field{name: "name", label: v.t("facelist.name"), faults: faults}.input("text", name, h.Required(), h.MaxLength("100"), h.AutoComplete("off")),
					h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("facelist.submit")))))
		}),
	}}
}

func listPage(v *visit, x listSheet) page {
	content := empty("faces", v.t("person.empty.title"), v.t("person.empty.text"))
	if len(x.people) > 0 {
		content = g.Group{personTable(v, x.people), cursorPager(v, listAddress(x.list.ID), x.cursor, x.next)}
	}
	return page{title: x.list.Name, nav: "lists", path: listAddress(x.list.ID), body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(listsAddress), icon("back"), g.Text(v.t("nav.lists")))),
		head(g.Text(x.list.Name), g.Text(v.n("facelist.count", x.list.Persons)), h.A(h.Class("button"), h.Href(searchAddress), icon("search"), g.Text(v.t("facesearch.title")))),
		g.If(x.stale > 0, notice("plain", v.n("facelist.stale", x.stale))),
		faultList(v, x.faults),
		content,
		g.Iff(v.can(kyc.EditPersons), func() g.Node { return g.Group{addPersonCard(v, x), listCard(v, x)} }),
	}}
}

func addPersonCard(v *visit, x listSheet) g.Node {
	return card("", "add", v.t("person.new"),
		h.Form(h.Method("post"), h.Action(listAddress(x.list.ID)+"/add"), h.EncType("multipart/form-data"),
			field{name: "images", label: v.t("person.images"), hint: v.t("person.images.hint")}.with(photoInput),
			fieldsControl(v, x.noted),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("person.submit")))))
}

func photoInput(own ...g.Node) g.Node {
	return h.Input(h.Type("file"), h.Accept("image/jpeg,image/png"), h.Multiple(), h.Required(), g.Group(own))
}

func fieldsControl(v *visit, text string) g.Node {
	return field{name: "fields", label: v.t("person.fields"), hint: v.t("person.fields.hint")}.with(func(own ...g.Node) g.Node {
		return h.Textarea(g.Group(own), h.Rows("4"), g.Attr("spellcheck", "false"), h.AutoComplete("off"), g.Text(text))
	})
}

func listCard(v *visit, x listSheet) g.Node {
	address := listAddress(x.list.ID)
	return card("", "settings", v.t("facelist.settings"),
		h.Dl(h.Class("facts"), fact("list_id", copyable(v, x.list.ID)), fact(v.t("list.created"), moment(x.list.CreatedAt, false))),
		h.Form(h.Class("inline"), h.Method("post"), h.Action(address),
			field{name: "name", label: v.t("facelist.name")}.input("text", x.list.Name, h.Required(), h.MaxLength("100"), h.AutoComplete("off")),
			h.Button(h.Type("submit"), g.Text(v.t("facelist.rename")))),
		g.Iff(x.list.Persons == 0, func() g.Node { return h.Div(h.Class("actions"), dangerous(v, "facelist.delete", address+"/delete")) }))
}

// dangerous is a button that is asked about before it acts.
func dangerous(v *visit, key, address string) g.Node {
	return confirmed(v.t(key+".question"), v.t(key), h.Form(h.Method("post"), h.Action(address),
		h.Button(h.Type("submit"), h.Class("small danger-text"), icon("remove"), g.Text(v.t(key)))))
}

func personTable(v *visit, people []*kyc.Person) g.Node {
	return h.Div(h.Class("card flush"), h.Table(h.Class("list people"), headings(v.t("person.face"), v.t("person.who"), v.t("person.faces"), v.t("list.created")),
		h.TBody(g.Map(people, func(p *kyc.Person) g.Node {
			return h.Tr(cell(v.t("person.face"), portrait(v, p)),
				cell(v.t("person.who"), h.Div(h.A(h.Class("row"), h.Href(personAddress(p.ID)), g.Text(personName(v, p))), h.Span(h.Class("clip quiet under"), g.Text(fewFields(p))))),
				cell(v.t("person.faces"), h.Span(h.Class("number"), g.Text(strconv.Itoa(len(p.Faces))))),
				cell(v.t("list.created"), moment(p.CreatedAt, true)))
		}))))
}

// personName is what a person is called by: their names, else their first field.
func personName(v *visit, p *kyc.Person) string {
	if name := strings.TrimSpace(p.Field("Given name(s)") + " " + p.Field("Surname")); name != "" {
		return name
	}
	if len(p.Fields) > 0 && p.Fields[0].Value != "" {
		return p.Fields[0].Value
	}
	return v.t("person.unnamed")
}

func fewFields(p *kyc.Person) string {
	var parts []string
	for _, f := range p.Fields {
		if f.Name != "Surname" && f.Name != "Given name(s)" && len(parts) < 3 {
			parts = append(parts, f.Name+": "+f.Value)
		}
	}
	return strings.Join(parts, " · ")
}

// portrait is the newest picture of a person's face.
func portrait(v *visit, p *kyc.Person) g.Node {
	if len(p.Pictures) == 0 {
		return h.Span(h.Class("quiet"), icon("faces"))
	}
	return faceImage(v, p, p.Pictures[len(p.Pictures)-1])
}

func faceImage(v *visit, p *kyc.Person, x *kyc.PersonPicture) g.Node {
	return h.Img(h.Class("face"), h.Src("/images/person/"+p.ID+"/"+x.ID), h.Alt(v.t("person.face.alt", "Name", personName(v, p))), h.Width("64"), h.Height("64"), g.Attr("loading", "lazy"))
}

// cursorPager goes on by an address, which holds nothing personal.
func cursorPager(v *visit, address, cursor, next string) g.Node {
	if cursor == "" && next == "" {
		return nil
	}
	return h.Nav(h.Class("pager"), h.Aria("label", v.t("list.pages")),
		g.If(cursor != "", h.A(h.Class("button"), h.Href(address), g.Text(v.t("list.first")))),
		g.If(next != "", h.A(h.Class("button"), h.Href(withCursor(address, next)), g.Text(v.t("list.next")))))
}

func personPage(v *visit, p *kyc.Person, lists []*kyc.FaceList, events []kyc.PersonEvent, faults []fault) page {
	return page{title: personName(v, p), nav: "lists", path: personAddress(p.ID), body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(listAddress(p.ListID)), icon("back"), g.Text(listName(lists, p.ListID)))),
		head(g.Text(personName(v, p)), moment(p.CreatedAt, true), g.Iff(len(p.Faces) > 0, func() g.Node {
			return h.Form(h.Method("post"), h.Action(personAddress(p.ID)+"/doubles"), h.Button(h.Type("submit"), icon("search"), g.Text(v.t("person.doubles"))))
		})),
		faultList(v, faults),
		card("", "pictures", v.t("person.pictures"),
			g.If(len(p.Faces) == 0, notice("plain", v.t("person.untraceable"))),
			g.If(len(p.Pictures) == 0, h.P(h.Class("quiet"), g.Text(v.t("person.pictures.none")))),
			h.Div(h.Class("portraits"), g.Map(p.Pictures, func(x *kyc.PersonPicture) g.Node { return faceImage(v, p, x) }))),
		personCard(v, p, lists),
		sessionsCard(v, p),
		card("", "events", v.t("person.events"), h.Ul(h.Class("plain"), g.Map(events, func(e kyc.PersonEvent) g.Node {
			return h.Li(moment(e.At, false), g.Text(" "+v.or("event."+e.Kind, e.Kind)+" · "), h.Span(h.Class("quiet"), changer(v, e.Actor), g.Text(eventPlace(v, lists, e.Detail))))
		}))),
	}}
}

// eventPlace says in words where a person came from or went to.
func eventPlace(v *visit, lists []*kyc.FaceList, detail string) string {
	if id, ok := strings.CutPrefix(detail, "from "); ok {
		return " · " + v.t("person.event.from", "List", listName(lists, id))
	}
	if id, ok := strings.CutPrefix(detail, "into "); ok {
		return " · " + v.t("person.event.into", "ID", id)
	}
	if detail == "" {
		return ""
	}
	return " · " + detail
}

func listName(lists []*kyc.FaceList, id string) string {
	for _, l := range lists {
		if l.ID == id {
			return l.Name
		}
	}
	return id
}

func personCard(v *visit, p *kyc.Person, lists []*kyc.FaceList) g.Node {
	facts := h.Dl(h.Class("facts"), fact("person_id", copyable(v, p.ID)), fact(v.t("facelist.name"), h.A(h.Href(listAddress(p.ListID)), g.Text(listName(lists, p.ListID)))))
	if !v.can(kyc.EditPersons) {
		return card("", "notes", v.t("person.fields"), facts, h.Dl(h.Class("facts"), g.Map(p.Fields, func(f kyc.PersonField) g.Node { return fact(f.Name, g.Text(f.Value)) })))
	}
	options := []option{}
	for _, l := range lists {
		options = append(options, option{l.ID, l.Name})
	}
	return card("", "notes", v.t("person.fields"), facts,
		h.Form(h.Method("post"), h.Action(personAddress(p.ID)), fieldsControl(v, fieldLines(p.Fields)),
			field{name: "list", label: v.t("facelist.name")}.choice(p.ListID, options),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("person.save")))),
		h.Div(h.Class("actions"), g.If(len(p.Faces) > 0, dangerous(v, "person.erase", personAddress(p.ID)+"/templates")), dangerous(v, "person.delete", personAddress(p.ID)+"/delete")))
}

// sessionsCard links the sessions that faces came from.
func sessionsCard(v *visit, p *kyc.Person) g.Node {
	var ids []string
	for _, f := range p.Faces {
		if f.SessionID != "" && !slices.Contains(ids, f.SessionID) {
			ids = append(ids, f.SessionID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return card("", "sessions", v.t("person.sessions"), h.Ul(h.Class("plain"), g.Map(ids, func(id string) g.Node {
		return h.Li(h.A(h.Href("/dashboard/sessions/"+id), h.Code(g.Text(id))))
	})))
}

func searchPage(v *visit, x searchSheet) page {
	return page{title: v.t("facesearch.title"), nav: "lists", path: searchAddress, body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(listsAddress), icon("back"), g.Text(v.t("nav.lists")))),
		head(g.Text(v.t("facesearch.title")), g.Text(v.t("facesearch.text")), h.A(h.Class("button"), h.Href(pastAddress), icon("log"), g.Text(v.t("facesearch.past")))),
		faultList(v, x.faults),
		g.Iff(x.done, func() g.Node {
			cards := make([]g.Node, len(x.found))
			for i, f := range x.found {
				cards[i] = hitCard(v, f, i+1, x)
			}
			return g.Group(cards)
		}),
		card("", "search", v.t("facesearch.new"), h.Form(h.Method("post"), h.Action(searchAddress+"#main"), h.EncType("multipart/form-data"),
			field{name: "images", label: v.t("person.images"), hint: v.t("facesearch.images.hint")}.with(photoInput),
			h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("facesearch.lists"))), h.P(h.Class("hint"), g.Text(v.t("facesearch.lists.hint"))),
				h.Div(h.Class("ticks"), g.Map(x.lists, func(l *kyc.FaceList) g.Node {
					return tick("list", l.ID, slices.Contains(x.chosen, l.ID), l.Name+" · "+v.n("facelist.count", l.Persons), "")
				}))),
			field{name: "threshold", label: v.t("facesearch.threshold"), hint: v.t("facesearch.threshold.hint")}.input("number", x.threshold, h.Required(), h.Min("1"), h.Max("100"), h.Step("any"), g.Attr("inputmode", "decimal")),
			h.Button(h.Type("submit"), h.Class("primary"), icon("search"), g.Text(v.t("facesearch.submit"))))),
	}}
}

// hitCard shows the face that was looked for beside those that were found. It is
// part of this page alone, which no cache keeps; nowhere else is it.
func hitCard(v *visit, f persons.Found, number int, x searchSheet) g.Node {
	label := v.t("picture.upload", "N", number)
	said := v.n("facesearch.found", len(f.Hits))
	if len(f.Hits) == 0 {
		said = v.t("facesearch.none.title") + ". " + v.t("facesearch.none.text")
	}
	return h.Section(h.Class("card hits"), h.Aria("label", label),
		h.Header(h.Class("sought"),
			g.If(len(f.Face) > 0, h.Img(h.Class("face"), h.Src("data:image/jpeg;base64,"+base64.StdEncoding.EncodeToString(f.Face)), h.Alt(v.t("facesearch.sought")), h.Width("112"), h.Height("112"))),
			h.Div(h.H2(g.Text(label)), h.P(g.Text(said)), h.P(h.Class("quiet"), g.Text(v.t("facesearch.limit", "Limit", x.threshold))))),
		g.Iff(len(f.Hits) > 0, func() g.Node { return hitTable(v, f, x.lists) }))
}

func hitTable(v *visit, f persons.Found, lists []*kyc.FaceList) g.Node {
	return h.Div(h.Table(h.Class("list people"), headings(v.t("person.face"), v.t("facesearch.likeness"), v.t("person.who"), v.t("facelist.name")),
		h.TBody(g.Map(f.Hits, func(x persons.Hit) g.Node {
			return h.Tr(cell(v.t("person.face"), portrait(v, x.Person)),
				cell(v.t("facesearch.likeness"), h.Strong(h.Class("number"), g.Text(strconv.Itoa(int(math.Floor(x.Percent)))+"%"))),
				cell(v.t("person.who"), h.Div(h.A(h.Class("row"), h.Href(personAddress(x.Person.ID)), g.Text(personName(v, x.Person))), h.Span(h.Class("clip quiet under"), g.Text(fewFields(x.Person))))),
				cell(v.t("facelist.name"), g.Text(listName(lists, x.Person.ListID))))
		}))))
}

func pastPage(v *visit, past []kyc.FaceSearch, lists []*kyc.FaceList, cursor, next string) page {
	rows := empty("log", v.t("facesearch.past.empty"), v.t("facesearch.past.text"))
	if len(past) > 0 {
		rows = g.Group{h.Div(h.Class("card flush"), h.Table(h.Class("list"), headings(v.t("facesearch.when"), v.t("facesearch.who"), v.t("facesearch.lists"), v.t("person.images"), v.t("facesearch.threshold"), v.t("facesearch.hits")),
			h.TBody(g.Map(past, func(s kyc.FaceSearch) g.Node {
				names := make([]string, len(s.Lists))
				for i, id := range s.Lists {
					names[i] = listName(lists, id)
				}
				return h.Tr(cell(v.t("facesearch.when"), moment(s.At, false)), cell(v.t("facesearch.who"), searcher(v, s.Actor)),
					cell(v.t("facesearch.lists"), h.Span(h.Class("clip"), g.Text(strings.Join(names, ", ")))),
					cell(v.t("person.images"), h.Span(h.Class("number"), g.Text(strconv.Itoa(s.Probes)))),
					cell(v.t("facesearch.threshold"), h.Span(h.Class("number"), g.Text(strconv.FormatFloat(s.Threshold, 'f', -1, 64)+"%"))),
					cell(v.t("facesearch.hits"), h.Span(h.Class("number"), g.Text(strconv.Itoa(s.Hits)))))
			})))), cursorPager(v, pastAddress, cursor, next)}
	}
	return page{title: v.t("facesearch.past"), nav: "lists", path: pastAddress, body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(listsAddress), icon("back"), g.Text(v.t("nav.lists")))),
		head(g.Text(v.t("facesearch.past")), g.Text(v.t("facesearch.past.text"))), rows,
	}}
}

// changer is who changed a person: whoever could have searched, or a session.
func changer(v *visit, actor string) g.Node {
	if id, ok := strings.CutPrefix(actor, "session "); ok {
		return h.A(h.Href("/dashboard/sessions/"+id), g.Text(v.t("actor.session")))
	}
	return searcher(v, actor)
}

// searcher is who looked: the reader, a colleague, or a token.
func searcher(v *visit, actor string) g.Node {
	switch {
	case v.who.UserID != "" && actor == v.who.UserID:
		return g.Text(v.t("actor.you"))
	case strings.HasPrefix(actor, "token "):
		return g.Text(v.t("actor.token"))
	}
	return h.Span(g.Text(v.t("actor.user")), g.Text(" "), h.Code(h.Class("clip"), g.Text(actor)))
}
