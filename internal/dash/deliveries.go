package dash

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

const deliveriesAddress = "/dashboard/deliveries"

func deliveryAddress(id string) string { return deliveriesAddress + "/" + url.PathEscape(id) }

// logForm is what the log can be narrowed by. Everything but the client key may
// stand in an address; the key comes by POST only.
type logForm struct {
	key, session, endpoint, status, event, from, to, cursor string
	faults                                                  []fault
}

func readLogForm(v *visit) logForm {
	get := v.r.Form.Get
	return logForm{key: v.form("clientKey"), session: get("session"), endpoint: get("endpoint"), status: get("status"), event: get("event"),
		from: get("from"), to: get("to"), cursor: get("cursor")}
}

// fields of the form but for the client key and the cursor.
func (f logForm) fields() []option {
	var list []option
	for _, x := range []option{{"session", f.session}, {"endpoint", f.endpoint}, {"status", f.status}, {"event", f.event}, {"from", f.from}, {"to", f.to}} {
		if x.label != "" {
			list = append(list, x)
		}
	}
	return list
}

func (f logForm) narrowed() bool { return f.key != "" || len(f.fields()) > 0 }

// query is the form without the client key, as an address.
func (f logForm) query() string {
	q := url.Values{}
	for _, x := range f.fields() {
		q.Set(x.value, x.label)
	}
	if len(q) == 0 {
		return deliveriesAddress
	}
	return deliveriesAddress + "?" + q.Encode()
}

func deliveryStatuses() []kyc.DeliveryStatus {
	return []kyc.DeliveryStatus{kyc.DeliveryPending, kyc.DeliveryDelivered, kyc.DeliveryExhausted}
}

// filter turns the form into what the room understands. Times are in UTC.
func (f *logForm) filter(v *visit) (kyc.DeliveryFilter, bool) {
	filter := kyc.DeliveryFilter{ClientKey: f.key, SessionID: f.session, EndpointID: f.endpoint, Event: kyc.EventType(f.event), PageSize: pageSize, Cursor: f.cursor}
	wrong := func(is bool, field string) {
		if is {
			f.faults = append(f.faults, fault{field: field, index: -1, text: v.t("log.fault." + field)})
		}
	}
	wrong(f.key != "" && !kyc.ValidClientKey(f.key), "clientKey")
	wrong(f.session != "" && !kyc.ValidID(f.session), "session")
	wrong(f.endpoint != "" && !kyc.ValidID(f.endpoint), "endpoint")
	wrong(f.event != "" && !slices.Contains(kyc.EventTypes(), filter.Event), "event")
	if f.status != "" {
		filter.Statuses = []kyc.DeliveryStatus{kyc.DeliveryStatus(f.status)}
		wrong(!slices.Contains(deliveryStatuses(), filter.Statuses[0]), "status")
	}
	var err error
	if f.from != "" {
		filter.From, err = clockTime(f.from)
		wrong(err != nil, "from")
	}
	if f.to != "" {
		filter.To, err = clockTime(f.to)
		wrong(err != nil, "to")
	}
	return filter, len(f.faults) == 0
}

func (d *Door) listDeliveries(v *visit) error {
	f := readLogForm(v)
	if v.r.Method == http.MethodPost && f.key == "" {
		d.redirect(v, f.query()) // nothing personal in it: an address can be kept and shared
		return nil
	}
	all, err := d.receivers(v)
	if err != nil {
		return err
	}
	status, list := http.StatusOK, kyc.DeliveryPage{}
	if filter, ok := f.filter(v); ok {
		list, err = d.Webhooks.List(v.r.Context(), v.who, filter)
		if err != nil && kyc.KindOf(err) != kyc.Invalid {
			return err
		}
		f.faults = append(f.faults, orNone(v, err)...)
	}
	if len(f.faults) > 0 {
		status = http.StatusBadRequest
	}
	d.show(v, status, deliveriesPage(v, f, list, all))
	return nil
}

// receiverName is how the log calls an endpoint.
type receiverName struct{ name, scenario string }

func deliveriesPage(v *visit, f logForm, list kyc.DeliveryPage, all []receivers) page {
	names := map[string]receiverName{}
	for _, x := range all {
		for _, e := range x.endpoints {
			names[e.ID] = receiverName{endpointName(v, e), x.scenario.Name}
		}
	}
	var content g.Node
	switch {
	case len(f.faults) > 0:
		content = faultList(v, f.faults)
	case len(list.Deliveries) > 0:
		content = g.Group{deliveryTable(v, list.Deliveries, names), logPager(v, f, list)}
	case f.narrowed():
		content = empty("search", v.t("list.none.title"), v.t("log.none.text"), h.A(h.Class("button"), h.Href(deliveriesAddress), g.Text(v.t("list.reset"))))
	default:
		content = empty("webhook", v.t("log.empty.title"), v.t("log.empty.text"), h.A(h.Class("button primary"), h.Href(webhooksAddress), g.Text(v.t("nav.webhooks"))))
	}
	return page{title: v.t("log.title"), nav: "webhooks", path: deliveriesAddress, body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(webhooksAddress), icon("back"), g.Text(v.t("nav.webhooks")))),
		part("head", head(g.Text(v.t("log.title")), logTotal(v, list))),
		logFilter(v, f, all, names),
		liveList(v, "deliveries", f.page(), f.again(), content),
	}}
}

func logTotal(v *visit, list kyc.DeliveryPage) g.Node {
	switch {
	case list.Estimated:
		return g.Text(v.t("log.total.many", "N", v.number(list.Total)))
	case list.Total > 0:
		return g.Text(v.n("log.total", list.Total))
	}
	return nil
}

func logFilter(v *visit, f logForm, all []receivers, names map[string]receiverName) g.Node {
	endpoints := []option{{"", v.t("list.any")}}
	for _, x := range all {
		for _, e := range x.endpoints {
			endpoints = append(endpoints, option{e.ID, names[e.ID].name + " · " + names[e.ID].scenario})
		}
	}
	if f.endpoint != "" && names[f.endpoint].name == "" {
		endpoints = append(endpoints, option{f.endpoint, f.endpoint}) // it was deleted; what it got is still there
	}
	statuses := []option{{"", v.t("list.any")}}
	for _, s := range deliveryStatuses() {
		statuses = append(statuses, option{string(s), v.t("delivery." + string(s))})
	}
	events := []option{{"", v.t("list.any")}}
	for _, event := range kyc.EventTypes() {
		events = append(events, option{string(event), eventTypeName(v, event)})
	}
	named := func(name string) field { return field{name: name, label: v.t("log." + name), faults: f.faults} }
	return g.El("search", h.Form(h.Class("filter log card"), h.Method("post"), h.Action(deliveriesAddress),
		field{name: "clientKey", label: v.t("list.clientKey"), faults: f.faults}.input("search", f.key, h.Placeholder(v.t("list.clientKey.example")), h.MaxLength("36"), h.AutoComplete("off"), g.Attr("spellcheck", "false")),
		named("session").input("search", f.session, h.MaxLength("36"), h.AutoComplete("off"), g.Attr("spellcheck", "false")),
		named("endpoint").choice(f.endpoint, endpoints),
		named("status").choice(f.status, statuses),
		named("event").choice(f.event, events),
		named("from").input("datetime-local", f.from),
		named("to").input("datetime-local", f.to),
		h.Div(h.Class("actions"),
			h.Button(h.Type("submit"), h.Class("primary"), icon("search"), g.Text(v.t("list.submit"))),
			g.If(f.narrowed(), h.A(h.Class("button"), h.Href(deliveriesAddress), g.Text(v.t("list.reset")))))))
}

func deliveryTable(v *visit, list []*kyc.Delivery, names map[string]receiverName) g.Node {
	return h.Div(h.Class("card flush"), h.Table(h.Class("list"),
		headings(v.t("log.status"), v.t("log.event"), v.t("log.endpoint"), v.t("log.created"), v.t("log.attempts"), v.t("log.outcome")),
		h.TBody(g.Map(list, func(d *kyc.Delivery) g.Node {
			to, known := names[d.EndpointID]
			if !known {
				to.name = v.t("log.endpoint.gone")
			}
			return h.Tr(marked("delivery-"+d.ID,
				cell(v.t("log.status"), deliveryBadge(v, d.Status)),
				cell(v.t("log.event"), h.Div(h.A(h.Class("row"), h.Href(deliveryAddress(d.ID)), g.Text(eventTypeName(v, kyc.EventType(d.Event)))), deliveryTags(v, d))),
				cell(v.t("log.endpoint"), h.Div(h.Span(h.Class("clip"), g.Text(to.name)), h.Span(h.Class("clip quiet under"), g.Text(to.scenario)))),
				cell(v.t("log.created"), moment(d.CreatedAt, true)),
				cell(v.t("log.attempts"), h.Span(h.Class("number"), g.Text(strconv.Itoa(d.Attempts)))),
				cell(v.t("log.outcome"), h.Span(g.Text(outcome(v, d)))),
			))
		}))))
}

// deliveryTags mark tests and what was sent again by hand.
func deliveryTags(v *visit, d *kyc.Delivery) g.Node {
	return g.Group{
		g.If(d.Test, h.Span(h.Class("tag"), g.Text(v.t("delivery.test")))),
		g.If(d.Replayed, h.Span(h.Class("tag"), g.Text(v.t("delivery.replayed")))),
	}
}

func deliveryBadge(v *visit, s kyc.DeliveryStatus) g.Node {
	look := map[kyc.DeliveryStatus]kyc.Status{kyc.DeliveryPending: kyc.Processing, kyc.DeliveryDelivered: kyc.Success, kyc.DeliveryExhausted: kyc.Failed}[s]
	return h.Span(h.Class("badge still "+resultClass(look)), statusIcon(look), h.Span(g.Text(v.or("delivery."+string(s), string(s)))))
}

// outcome of the last attempt in one line.
func outcome(v *visit, d *kyc.Delivery) string {
	switch {
	case d.LastError != "":
		return sendingSaid(v, d.LastError)
	case d.LastCode != 0:
		return "HTTP " + strconv.Itoa(d.LastCode)
	}
	return "–"
}

// logPager goes on by cursor: in the address when nothing personal is looked for.
func logPager(v *visit, f logForm, list kyc.DeliveryPage) g.Node {
	if list.Next == "" && f.cursor == "" {
		return nil
	}
	turn := func(cursor, label string) g.Node {
		return h.Form(h.Method(f.method()), h.Action(deliveriesAddress), f.kept(), g.If(cursor != "", hidden("cursor", cursor)), h.Button(h.Type("submit"), g.Text(label)))
	}
	return h.Nav(h.Class("pager"), h.Aria("label", v.t("list.pages")),
		g.If(f.cursor != "", turn("", v.t("list.first"))),
		g.If(list.Next != "", turn(list.Next, v.t("list.next"))))
}

func (f logForm) method() string {
	if f.key != "" {
		return "post"
	}
	return "get"
}

// kept are the form's values as hidden fields.
func (f logForm) kept() g.Node {
	return g.Group{g.If(f.key != "", hidden("clientKey", f.key)), g.Map(f.fields(), func(x option) g.Node { return hidden(x.value, x.label) })}
}

// page is the address of this very page; again are the fields that must be
// posted to it, nil when the address is enough.
func (f logForm) page() string {
	if f.key != "" {
		return deliveriesAddress
	}
	return withCursor(f.query(), f.cursor)
}

func (f logForm) again() g.Node {
	if f.key == "" {
		return nil
	}
	return g.Group{f.kept(), g.If(f.cursor != "", hidden("cursor", f.cursor))}
}

// withCursor adds the place in a list to its address.
func withCursor(address, cursor string) string {
	if cursor == "" {
		return address
	}
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	return address + sign + url.Values{"cursor": {cursor}}.Encode()
}
