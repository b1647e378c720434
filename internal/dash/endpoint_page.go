package dash

import (
	"net/url"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

// endpointPage is the page of one endpoint: its settings, and beside them how it
// stands, its secrets, and what can be done with it.
func endpointPage(v *visit, x endpointSheet) page {
	crumb := h.P(h.Class("crumb"), h.A(h.Href(webhooksAddress), icon("back"), g.Text(v.t("nav.webhooks"))))
	if x.endpoint == nil {
		return page{title: v.t("endpoint.new"), nav: "webhooks", path: webhooksAddress, body: g.Group{crumb,
			head(g.Text(v.t("endpoint.new")), g.Text(x.scenario.Name)),
			h.Div(h.Class("slim"), h.Form(h.Class("editor"), h.Method("post"), h.Action(webhooksAddress+"/new"), h.AutoComplete("off"), hidden("scenario", x.scenario.ID),
				endpointFields(v, x.form, false), saveBar(v, webhooksAddress, v.t("endpoint.create"))))}}
	}
	e, address := x.endpoint, endpointAddress(x.endpoint.ID)
	log := deliveriesAddress + "?" + url.Values{"endpoint": {e.ID}}.Encode()
	return page{title: endpointName(v, e), nav: "webhooks", path: address, body: lively(v, "endpoint", e.ID, address, crumb,
		part("head", head(g.Group{g.Text(endpointName(v, e)), stateBadge(v, stateOf(e, x.now))},
			h.A(h.Href(scenarioAddress(x.scenario.ID)), g.Text(x.scenario.Name)),
			h.A(h.Class("button"), h.Href(log), icon("log"), g.Text(v.t("log.title"))))),
		g.Iff(x.secret != "", func() g.Node { return freshSecret(v, x) }),
		h.Div(h.Class("columns detail"),
			h.Div(h.Class("wide"), endpointEditor(v, x, address), g.If(v.can(kyc.EditKYC), replayCard(v, x, address))),
			h.Div(h.Class("narrow"), part("health", healthCard(v, x)), part("switch", switchCard(v, x, address)),
				g.Iff(v.can(kyc.EditKYC), func() g.Node {
					return g.Group{testCard(v, x, address), part("secrets", endpointSecrets(v, x)), rotateCard(v, x, address), removeCard(v, x, address)}
				}))))}
}

func saveBar(v *visit, back, label string) g.Node {
	return h.Div(h.Class("actions save"), h.A(h.Class("button"), h.Href(back), g.Text(v.t("script.cancel"))),
		h.Button(h.Type("submit"), h.Class("primary"), g.Text(label)))
}

// freshSecret shows a secret for the only time.
func freshSecret(v *visit, x endpointSheet) g.Node {
	return h.Section(h.Class("card fresh"), h.Role("status"), h.H2(g.Text(v.t("endpoint.fresh.title"))), h.P(g.Text(v.t("endpoint.fresh.text"))), copyable(v, x.secret))
}

func endpointEditor(v *visit, x endpointSheet, address string) g.Node {
	fields := endpointFields(v, x.form, x.endpoint.Primary())
	if !v.can(kyc.EditKYC) {
		return h.FieldSet(h.Class("locked"), h.Disabled(), notice("plain", v.t("scenario.locked")), fields)
	}
	return h.Form(h.Class("editor"), h.Method("post"), h.Action(address), h.AutoComplete("off"), hidden("lock", x.form.lock), fields,
		saveBar(v, webhooksAddress, v.t("scenario.save")))
}

func healthCard(v *visit, x endpointSheet) g.Node {
	e, s := x.endpoint, x.standing
	return card("", "health", v.t("endpoint.health"), h.Dl(h.Class("facts"),
		g.If(e.URL != "", fact(v.t("endpoint.url"), h.Span(h.Class("address"), g.Text(e.URL)))),
		fact(v.t("endpoint.delivered"), moment(s.DeliveredAt, true)),
		g.Iff(s.LastError != "", func() g.Node {
			return fact(v.t("endpoint.failed"), moment(s.FailedAt, true), h.P(h.Class("quiet"), g.Text(sendingSaid(v, s.LastError))))
		}),
		fact(v.t("endpoint.waiting"), counted(v, s.Waiting)),
		fact(v.t("endpoint.exhausted"), counted(v, s.GivenUp)),
		g.Iff(!e.FailingSince.IsZero(), func() g.Node {
			return fact(v.t("endpoint.failing.since"), moment(e.FailingSince, true), h.P(h.Class("quiet"), g.Text(v.n("endpoint.failures", e.Failures))))
		}),
		g.Iff(e.OpenUntil.After(x.now), func() g.Node {
			return fact(v.t("endpoint.open.until"), moment(e.OpenUntil, true), h.P(h.Class("quiet"), g.Text(v.t("endpoint.open.text"))))
		}),
		g.Iff(e.Throttle > 0, func() g.Node {
			return fact(v.t("endpoint.slowed"), g.Text(v.t("endpoint.throttled", "Times", 1<<e.Throttle)))
		}),
		fact("endpointId", copyable(v, e.ID))))
}

// switchCard turns the endpoint on and off, and says why it is off.
func switchCard(v *visit, x endpointSheet, address string) g.Node {
	e := x.endpoint
	if e.State == kyc.EndpointDisabled {
		return card("why failed off", "switch", v.t("endpoint.off"), h.P(disabledReason(v, e)), h.P(h.Class("quiet"), g.Text(v.t("endpoint.off.text"))),
			g.If(v.can(kyc.EditKYC), h.Form(h.Method("post"), h.Action(address+"/enable"), h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("endpoint.enable"))))))
	}
	if !v.can(kyc.EditKYC) {
		return nil
	}
	return card("", "switch", v.t("endpoint.on"), h.P(h.Class("quiet"), g.Text(v.t("endpoint.on.text"))),
		confirmed(v.t("endpoint.disable.question"), v.t("endpoint.disable"), h.Form(h.Method("post"), h.Action(address+"/disable"),
			h.Button(h.Type("submit"), h.Class("small danger-text"), g.Text(v.t("endpoint.disable"))))))
}

func testCard(v *visit, x endpointSheet, address string) g.Node {
	events := make([]option, len(kyc.EventTypes()))
	for i, event := range kyc.EventTypes() {
		events[i] = option{string(event), eventTypeName(v, event)}
	}
	return card("", "test", v.t("test.title"), h.P(h.Class("quiet"), g.Text(v.t("test.text"))), faultList(v, x.trouble["test"]),
		h.Form(h.Class("inline"), h.Method("post"), h.Action(address+"/test"),
			field{name: "event", label: v.t("test.event")}.choice(string(kyc.EventSessionFinal), events),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("test.submit")))))
}

// endpointSecrets lists the secrets that sign now, by their last characters (W4).
func endpointSecrets(v *visit, x endpointSheet) g.Node {
	return card("", "secrets", v.t("endpoint.secrets"), h.Ul(h.Class("signers"), g.Map(x.endpoint.Secrets, func(s kyc.EndpointSecret) g.Node {
		if !s.Valid(x.now) {
			return nil
		}
		until := g.Text(v.t("endpoint.secret.newest"))
		if !s.ExpiresAt.IsZero() {
			until = g.Group{g.Text(v.t("endpoint.secret.until") + " "), moment(s.ExpiresAt, false)}
		}
		return h.Li(icon("tokens"), h.Div(h.Code(g.Text("whsec_…"+s.Hint())), h.P(h.Class("quiet"), until)))
	})))
}

func rotateCard(v *visit, x endpointSheet, address string) g.Node {
	options := overlaps()
	for i := range options {
		options[i].label = v.t(options[i].label)
	}
	return card("", "rotate", v.t("endpoint.rotate.title"), h.P(h.Class("quiet"), g.Text(v.t("endpoint.rotate.text"))),
		g.If(x.endpoint.Primary(), h.P(h.Class("quiet"), g.Text(v.t("endpoint.rotate.primary")))),
		confirmed(v.t("endpoint.rotate.question"), v.t("endpoint.rotate"), h.Form(h.Class("inline"), h.Method("post"), h.Action(address+"/rotate"),
			field{name: "overlap", label: v.t("endpoint.overlap")}.choice("24h", options),
			h.Button(h.Type("submit"), h.Class("small danger-text"), icon("rotate"), g.Text(v.t("endpoint.rotate"))))))
}

func replayCard(v *visit, x endpointSheet, address string) g.Node {
	named := func(name string) field {
		return field{name: name, label: v.t("replay." + name), faults: x.trouble["replay"]}
	}
	return card("", "replay", v.t("replay.title"), h.P(h.Class("quiet"), g.Text(v.t("replay.text"))), faultList(v, orphans(x.trouble["replay"], "since", "from", "to")),
		h.Div(h.Class("twofold"),
			h.Form(h.Class("inline"), h.Method("post"), h.Action(address+"/replay#replay"), hidden("what", "failed"),
				named("since").input("datetime-local", x.replay.since, h.Required()),
				h.Button(h.Type("submit"), h.Class("small"), icon("replay"), g.Text(v.t("replay.failed")))),
			h.Form(h.Class("inline"), h.Method("post"), h.Action(address+"/replay#replay"), hidden("what", "range"),
				named("from").input("datetime-local", x.replay.from, h.Required()),
				named("to").input("datetime-local", x.replay.to, h.Required()),
				h.Button(h.Type("submit"), h.Class("small"), icon("replay"), g.Text(v.t("replay.range"))))))
}

func removeCard(v *visit, x endpointSheet, address string) g.Node {
	if x.endpoint.Primary() {
		return nil
	}
	return card("", "remove", v.t("endpoint.delete"), h.P(h.Class("quiet"), g.Text(v.t("endpoint.delete.text"))),
		confirmed(v.t("endpoint.delete.question", "Name", x.endpoint.Name), v.t("endpoint.delete"), h.Form(h.Method("post"), h.Action(address+"/delete"),
			h.Button(h.Type("submit"), h.Class("small danger-text"), icon("remove"), g.Text(v.t("endpoint.delete"))))))
}
