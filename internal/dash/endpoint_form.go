package dash

import (
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// endpointForm holds the settings of an endpoint as they were typed.
type endpointForm struct {
	scenario, name, url, mode  string
	rate, concurrency, timeout string // "" is the default
	appendKey, relaxed         bool
	events                     []kyc.EventType
	lock                       string // of the row that the form was made from
	faults                     []fault
}

func newEndpointForm(scenarioID string) endpointForm {
	return endpointForm{scenario: scenarioID, mode: string(kyc.CallbackEncrypted), events: []kyc.EventType{kyc.EventSessionFinal}}
}

func endpointFormOf(e *kyc.Endpoint) endpointForm {
	f := endpointForm{scenario: e.ScenarioID, name: e.Name, url: e.URL, mode: string(e.Mode), appendKey: e.AppendClientKey, relaxed: e.Relaxed,
		lock: strconv.FormatInt(e.Lock, 10)}
	for _, event := range kyc.EventTypes() {
		if e.Wants(event) {
			f.events = append(f.events, event)
		}
	}
	if e.Rate != 0 {
		f.rate = strconv.FormatFloat(e.Rate, 'f', -1, 64)
	}
	if e.Concurrency != 0 {
		f.concurrency = strconv.Itoa(e.Concurrency)
	}
	if e.Timeout != 0 {
		f.timeout = strconv.FormatFloat(e.Timeout.Seconds(), 'f', -1, 64)
	}
	return f
}

func readEndpointForm(v *visit) endpointForm {
	f := endpointForm{scenario: v.form("scenario"), name: v.form("name"), url: v.form("url"), mode: v.form("mode"), rate: v.form("rate"),
		concurrency: v.form("concurrency"), timeout: v.form("timeout"), appendKey: v.form("appendClientKey") != "", relaxed: v.form("relaxed") != "",
		lock: v.form("lock")}
	for _, event := range v.posted("event") {
		if slices.Contains(kyc.EventTypes(), kyc.EventType(event)) && !slices.Contains(f.events, kyc.EventType(event)) {
			f.events = append(f.events, kyc.EventType(event))
		}
	}
	return f
}

// endpoint turns the form into settings. What is not a number becomes one that
// the room refuses; that an endpoint wants nothing at all only a form can say.
func (f *endpointForm) endpoint(v *visit) (*kyc.Endpoint, bool) {
	if len(f.events) == 0 {
		f.faults = []fault{{"events", -1, v.t("endpoint.fault.events")}}
		return nil, false
	}
	e := &kyc.Endpoint{ScenarioID: f.scenario, Name: f.name, URL: f.url, Mode: kyc.CallbackMode(f.mode), AppendClientKey: f.appendKey, Relaxed: f.relaxed, Events: f.events}
	if f.rate != "" {
		e.Rate = decimal(f.rate)
	}
	if f.concurrency != "" {
		e.Concurrency = number(f.concurrency)
	}
	if f.timeout != "" {
		e.Timeout = -1
		if seconds := decimal(f.timeout); seconds > 0 && seconds < 1e6 {
			e.Timeout = time.Duration(seconds * float64(time.Second))
		}
	}
	if lock, err := strconv.ParseInt(f.lock, 10, 64); err == nil {
		e.Lock = lock
	}
	return e, true
}

// endpointFields are the settings. Of a scenario's own callback, address and form
// are edited in the scenario.
func endpointFields(v *visit, f endpointForm, primary bool) g.Node {
	named := func(name string) field {
		return field{name: name, label: v.t("endpoint." + name), hint: v.t("endpoint." + name + ".hint"), faults: f.faults}
	}
	amount := func(name, value, standard string, more ...g.Node) g.Node {
		return named(name).input("text", value, h.Placeholder(standard), g.Attr("inputmode", "decimal"), h.AutoComplete("off"), g.Group(more))
	}
	modes := []option{{string(kyc.CallbackEncrypted), v.t("endpoint.mode.encrypted")}, {string(kyc.CallbackPlain), v.t("endpoint.mode.plain")}, {string(kyc.CallbackThin), v.t("endpoint.mode.thin")}}
	return g.Group{
		faultList(v, orphans(f.faults, "name", "url", "mode", "events", "rate", "concurrency", "timeout")),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("endpoint.part.where"))),
			named("name").input("text", f.name, g.If(!primary, h.Required()), h.MaxLength("100"), h.AutoComplete("off")),
			g.Iff(primary, func() g.Node {
				return h.P(h.Class("quiet"), g.Text(v.t("endpoint.primary.text")+" "), h.A(h.Href(scenarioAddress(f.scenario)), g.Text(v.t("endpoint.primary.link"))))
			}),
			g.Iff(!primary, func() g.Node {
				return g.Group{
					named("url").input("url", f.url, h.Required(), h.Placeholder("https://shop.example/kyc"), h.AutoComplete("off")),
					named("mode").choice(f.mode, modes),
					tick("appendClientKey", "1", f.appendKey, v.t("scenario.callback.appendClientKey"), ""),
				}
			})),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("endpoint.part.what"))), eventsField(v, f),
			tick("relaxed", "1", f.relaxed, v.t("endpoint.relaxed"), ""), h.P(h.Class("hint under-tick"), g.Text(v.t("endpoint.relaxed.hint")))),
		h.Section(h.Class("card"), h.H2(g.Text(v.t("endpoint.part.how"))),
			h.Div(h.Class("threefold"),
				amount("rate", f.rate, strconv.FormatFloat(kyc.DefaultEndpointRate, 'f', -1, 64)),
				amount("concurrency", f.concurrency, strconv.Itoa(kyc.DefaultEndpointConcurrency)),
				amount("timeout", f.timeout, strconv.FormatFloat(kyc.DefaultEndpointTimeout.Seconds(), 'f', -1, 64)))),
	}
}

func eventsField(v *visit, f endpointForm) g.Node {
	wrong := field{name: "events", faults: f.faults}.wrong()
	return h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("endpoint.events"))),
		g.Map(wrong, func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
		h.Div(h.Class("ticks events"), g.Map(kyc.EventTypes(), func(event kyc.EventType) g.Node {
			return tick("event", string(event), slices.Contains(f.events, event), eventTypeName(v, event)+" ("+string(event)+")", string(event))
		})))
}
