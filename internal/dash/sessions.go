package dash

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// pageSize of the list of sessions.
const pageSize = 25

// listForm is what the list can be narrowed by. Everything but the client key
// may stand in an address; the key comes by POST only.
type listForm struct {
	key, status, scenario, from, to, cursor string
	faults                                  []fault
}

func readListForm(v *visit) listForm {
	return listForm{key: v.form("clientKey"), status: v.r.Form.Get("status"), scenario: v.r.Form.Get("scenario"),
		from: v.r.Form.Get("from"), to: v.r.Form.Get("to"), cursor: v.r.Form.Get("cursor")}
}

func (f listForm) narrowed() bool {
	return f.key != "" || f.status != "" || f.scenario != "" || f.from != "" || f.to != ""
}

// query is the form without the client key, as an address.
func (f listForm) query() string {
	q := url.Values{}
	for name, value := range map[string]string{"status": f.status, "scenario": f.scenario, "from": f.from, "to": f.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return home
	}
	return home + "?" + q.Encode()
}

// filter turns the form into what the room understands. Days are those of UTC.
func (f *listForm) filter(v *visit) (kyc.SessionFilter, bool) {
	filter := kyc.SessionFilter{ClientKey: f.key, PageSize: pageSize, Cursor: f.cursor}
	wrong := func(field string) {
		f.faults = append(f.faults, fault{field: field, index: -1, text: v.t("list.fault." + field)})
	}
	if f.key != "" && !kyc.ValidClientKey(f.key) {
		wrong("clientKey")
	}
	if f.status != "" {
		if !kyc.Status(f.status).Valid() {
			wrong("status")
		}
		filter.Statuses = []kyc.Status{kyc.Status(f.status)}
	}
	if f.scenario != "" {
		if !kyc.ValidID(f.scenario) {
			wrong("scenario")
		}
		filter.ScenarioID = f.scenario
	}
	var err error
	if f.from != "" {
		if filter.From, err = time.Parse(time.DateOnly, f.from); err != nil {
			wrong("from")
		}
	}
	if f.to != "" {
		if filter.To, err = time.Parse(time.DateOnly, f.to); err != nil {
			wrong("to")
		}
		filter.To = filter.To.AddDate(0, 0, 1)
	}
	return filter, len(f.faults) == 0
}

func (d *Door) listSessions(v *visit) error {
	f := readListForm(v)
	if v.r.Method == http.MethodPost && f.key == "" {
		d.redirect(v, f.query()) // nothing personal in it: an address can be kept and shared
		return nil
	}
	scenarios, err := d.Scenarios.List(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	status, list := http.StatusOK, verify.Page{}
	if filter, ok := f.filter(v); ok {
		list, err = d.Sessions.Filter(v.r.Context(), v.who, filter)
		if err != nil && kyc.KindOf(err) != kyc.Invalid {
			return err
		}
		f.faults = append(f.faults, orNone(v, err)...)
	}
	if len(f.faults) > 0 {
		status = http.StatusBadRequest
	}
	today, err := d.today(v)
	if err != nil {
		return err
	}
	d.show(v, status, sessionsPage(v, f, list, scenarios, today))
	return nil
}

func orNone(v *visit, err error) []fault {
	if err == nil {
		return nil
	}
	return v.sentences(err)
}

// count is how many sessions of today have a status.
type count struct {
	status kyc.Status
	n      int
	about  bool // n is an estimate
}

// today counts the sessions created today by status; each question asks for
// one row and its total.
func (d *Door) today(v *visit) ([]count, error) {
	from := d.Now().UTC().Truncate(24 * time.Hour)
	var counts []count
	for _, s := range kyc.Statuses() {
		found, err := d.Sessions.Filter(v.r.Context(), v.who, kyc.SessionFilter{From: from, Statuses: []kyc.Status{s}, PageSize: 1})
		if err != nil {
			return nil, err
		}
		if found.Total > 0 {
			counts = append(counts, count{s, found.Total, found.Estimated})
		}
	}
	return counts, nil
}

func sessionsPage(v *visit, f listForm, list verify.Page, scenarios []*kyc.Scenario, today []count) page {
	names := map[string]string{}
	for _, s := range scenarios {
		names[s.ID] = s.Name
	}
	var content g.Node
	switch {
	case len(f.faults) > 0:
		content = faultList(v, f.faults)
	case len(list.Sessions) > 0:
		content = g.Group{sessionTable(v, list.Sessions, names), pager(v, f, list)}
	case f.narrowed():
		content = empty("search", v.t("list.none.title"), v.t("list.none.text"), h.A(h.Class("button"), h.Href(home), g.Text(v.t("list.reset"))))
	default:
		content = empty("sessions", v.t("list.empty.title"), v.t("list.empty.text"), h.A(h.Class("button primary"), h.Href("/dashboard/scenarios"), g.Text(v.t("list.empty.action"))))
	}
	return page{title: v.t("nav.sessions"), nav: "sessions", path: home, body: g.Group{
		part("head", head(g.Text(v.t("nav.sessions")), g.If(list.Total > 0, g.Text(total(v, list))))),
		part("today", todayStrip(v, today)),
		filterForm(v, f, scenarios),
		liveList(v, "sessions", f.page(), f.again(), content),
	}}
}

// total says how many there are, and what is an estimate as one.
func total(v *visit, list verify.Page) string {
	if list.Estimated {
		return v.n("list.about", rounded(list.Total, true))
	}
	return v.n("list.total", list.Total)
}

// rounded keeps two digits of an estimate: more would pretend to know.
func rounded(n int, estimate bool) int {
	unit := 1
	for estimate && n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}

func todayStrip(v *visit, today []count) g.Node {
	if len(today) == 0 {
		return nil
	}
	return h.Div(h.Class("today"), h.Span(h.Class("quiet"), g.Text(v.t("list.today"))), g.Map(today, func(c count) g.Node {
		return h.A(h.Class("chip "+string(c.status)), h.Href(listForm{status: string(c.status)}.query()), statusIcon(c.status),
			h.Strong(g.If(c.about, g.Text("≈\u2009")), g.Text(strconv.Itoa(rounded(c.n, c.about)))), h.Span(g.Text(v.t("status."+string(c.status)))))
	}))
}

func filterForm(v *visit, f listForm, scenarios []*kyc.Scenario) g.Node {
	statuses := []option{{"", v.t("list.any")}}
	for _, s := range kyc.Statuses() {
		statuses = append(statuses, option{string(s), v.t("status." + string(s))})
	}
	known := []option{{"", v.t("list.any")}}
	for _, s := range scenarios {
		known = append(known, option{s.ID, s.Name})
	}
	named := func(name string) field { return field{name: name, label: v.t("list." + name), faults: f.faults} }
	return g.El("search", h.Form(h.Class("filter card"), h.Method("post"), h.Action(home),
		named("clientKey").input("search", f.key, h.Placeholder(v.t("list.clientKey.example")), h.MaxLength("36"), h.AutoComplete("off"), g.Attr("spellcheck", "false")),
		named("status").choice(f.status, statuses),
		named("scenario").choice(f.scenario, known),
		named("from").input("date", f.from),
		named("to").input("date", f.to),
		h.Div(h.Class("actions"),
			h.Button(h.Type("submit"), h.Class("primary"), icon("search"), g.Text(v.t("list.submit"))),
			g.If(f.narrowed(), h.A(h.Class("button"), h.Href(home), g.Text(v.t("list.reset")))))))
}

func sessionTable(v *visit, sessions []kyc.SessionView, names map[string]string) g.Node {
	return h.Div(h.Class("card flush"), h.Table(h.Class("list"),
		headings(v.t("list.status"), v.t("list.clientKey"), v.t("list.scenario"), v.t("list.steps"), v.t("list.created"), v.t("list.spent")),
		h.TBody(g.Map(sessions, func(s kyc.SessionView) g.Node {
			name := names[s.SchemaID]
			if name == "" {
				name = s.SchemaID
			}
			return h.Tr(marked("session-"+s.SessionID,
				cell(v.t("list.status"), badge(v, s.Status)),
				cell(v.t("list.clientKey"), h.A(h.Class("row"), h.Href(sessionAddress(s.SessionID)), g.Text(sessionTitle(v, s)))),
				cell(v.t("list.scenario"), h.Span(h.Class("clip"), g.Text(name))),
				cell(v.t("list.steps"), stepMarks(v, s)),
				cell(v.t("list.created"), moment(time.Time(s.CreatedAt), true)),
				cell(v.t("list.spent"), h.Span(h.Class("number"), g.Text(v.spent(time.Duration(s.Spent))))),
			))
		}))))
}

// stepMarks shows at a glance which step went how.
func stepMarks(v *visit, s kyc.SessionView) g.Node {
	if len(s.Results) == 0 {
		return h.Span(h.Class("quiet"), g.Text("–"))
	}
	return h.Span(h.Class("marks"), g.Map(s.Results, func(r kyc.Result) g.Node {
		status := r.Status
		if status == kyc.Failed && s.Status == kyc.Suspicious {
			status = kyc.Suspicious // on the wire a step knows success and failed only
		}
		label := stepName(v, r.Type) + ": " + v.or("status."+string(status), string(status))
		return h.Span(h.Class("mark "+resultClass(status)), h.Role("img"), h.Aria("label", label), h.Title(label), stepIcon(r.Type))
	}))
}

// pager goes on by cursor: in the address when nothing personal is looked for.
func pager(v *visit, f listForm, list verify.Page) g.Node {
	if list.Next == "" && f.cursor == "" {
		return nil
	}
	method := "get"
	if f.key != "" {
		method = "post"
	}
	turn := func(cursor, label string, class string) g.Node {
		return h.Form(h.Method(method), h.Action(home), f.kept(), g.If(cursor != "", hidden("cursor", cursor)),
			h.Button(h.Type("submit"), h.Class(class), g.Text(label)))
	}
	return h.Nav(h.Class("pager"), h.Aria("label", v.t("list.pages")),
		g.If(f.cursor != "", turn("", v.t("list.first"), "")),
		g.If(list.Next != "", turn(list.Next, v.t("list.next"), "")))
}

// kept are the form's values as hidden fields.
func (f listForm) kept() g.Node {
	return g.Group{g.If(f.key != "", hidden("clientKey", f.key)), g.If(f.status != "", hidden("status", f.status)), g.If(f.scenario != "", hidden("scenario", f.scenario)),
		g.If(f.from != "", hidden("from", f.from)), g.If(f.to != "", hidden("to", f.to))}
}

// page is the address of this very page; again are the fields that must be
// posted to it, nil when the address is enough.
func (f listForm) page() string {
	if f.key != "" {
		return home
	}
	return withCursor(f.query(), f.cursor)
}

func (f listForm) again() g.Node {
	if f.key == "" {
		return nil
	}
	return g.Group{f.kept(), g.If(f.cursor != "", hidden("cursor", f.cursor))}
}

func sessionAddress(id string) string { return home + "/" + url.PathEscape(id) }

func stepName(v *visit, t kyc.StepType) string { return v.or("step."+string(t), string(t)) }

func stepIcon(t kyc.StepType) g.Node {
	switch t {
	case kyc.StepDocument, kyc.StepAddressProof:
		return icon("document")
	case kyc.StepSelfie, kyc.StepSelfieDocument:
		return icon("selfie")
	case kyc.StepLiveness:
		return icon("liveness")
	case kyc.StepFaces:
		return icon("faces")
	default:
		return icon("sessions")
	}
}

// resultClass is a status as a style, whatever a later engine may call it.
func resultClass(s kyc.Status) string {
	if s.Valid() {
		return string(s)
	}
	return "idle"
}
