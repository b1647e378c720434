package dash

import (
	"net/http"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// shell is the frame around every page.
func (d *Door) shell(v *visit, p page) g.Node {
	title := "OpenKYC"
	if p.title != "" {
		title = p.title + " · OpenKYC"
	}
	kind := "app"
	if p.plain {
		kind = "plain"
	}
	if p.path == "" {
		p.path = home
	}
	return h.Doctype(h.HTML(h.Lang(v.lang), g.If(v.theme != "", h.Data("theme", v.theme)),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			h.Meta(h.Name("viewport"), h.Content("width=device-width, initial-scale=1")),
			h.Meta(h.Name("robots"), h.Content("noindex, nofollow")),
			h.Meta(h.Name("color-scheme"), h.Content("light dark")),
			h.TitleEl(g.Text(title)),
			h.Link(h.Rel("icon"), h.Type("image/svg+xml"), h.Href(d.assetURL("icon.svg"))),
			h.Link(h.Rel("stylesheet"), h.Href(d.assetURL("dash.css"))),
			h.Script(h.Src(d.assetURL("dash.js")), h.Defer()),
		),
		h.Body(h.Class(kind), scriptWords(v),
			h.A(h.Class("skip"), h.Href("#main"), g.Text(v.t("nav.skip"))),
			g.Iff(!p.plain, func() g.Node { return navigation(v, p) }),
			h.Main(h.ID("main"), h.TabIndex("-1"),
				g.Iff(!p.plain, func() g.Node { return part("banner", d.banner(v)) }),
				notice("good", v.notice),
				p.body),
			g.Iff(p.plain, func() g.Node { return h.Footer(h.Class("switches"), switches(v, p)) }),
		)))
}

// scriptWords hands the few texts that the script says to it.
func scriptWords(v *visit) g.Node {
	return g.Map([]string{"copied", "cancel", "close", "previous", "next"}, func(key string) g.Node {
		return h.Data("t-"+key, v.t("script."+key))
	})
}

func navigation(v *visit, p page) g.Node {
	type item struct{ key, address, icon string }
	var items []item
	if v.can(kyc.LogsKYC) {
		items = append(items, item{"sessions", "/dashboard/sessions", "sessions"})
	}
	items = append(items, item{"scenarios", "/dashboard/scenarios", "scenarios"})
	if v.can(kyc.LogsKYC) {
		items = append(items, item{"webhooks", webhooksAddress, "webhook"})
	}
	if v.can(kyc.ViewPersons) {
		items = append(items, item{"lists", listsAddress, "faces"})
	}
	if v.can(kyc.ManageTokens) {
		items = append(items, item{"tokens", "/dashboard/tokens", "tokens"})
	}
	return h.Div(h.Class("side"),
		h.Header(h.Class("brand"),
			h.A(h.Href(home), logo(), h.Span(g.Text("OpenKYC"))),
			h.Nav(h.Aria("label", v.t("nav.main")), h.Ul(g.Map(items, func(i item) g.Node {
				return h.Li(h.A(h.Href(i.address), g.If(p.nav == i.key, h.Aria("current", "page")), icon(i.icon), h.Span(g.Text(v.t("nav."+i.key)))))
			}))),
		),
		h.Div(h.Class("tools"),
			h.A(h.Class("tool"), h.Href("/docs"), icon("reference"), h.Span(g.Text(v.t("nav.reference")))),
			h.A(h.Class("tool who"), h.Href("/dashboard/account"), g.If(p.nav == "account", h.Aria("current", "page")),
				icon("account"), h.Span(g.Text(v.who.Name))),
			h.Form(h.Method("post"), h.Action("/dashboard/logout"),
				h.Button(h.Class("tool"), h.Type("submit"), icon("logout"), h.Span(g.Text(v.t("nav.logout"))))),
			h.Div(h.Class("switches"), switches(v, p)),
		),
	)
}

// switches of theme and language; plain forms that the script makes instant.
func switches(v *visit, p page) g.Node {
	theme := func(value, name string) g.Node {
		return h.Button(h.Type("submit"), h.Name("theme"), h.Value(value), h.Aria("pressed", truth(v.theme == value)),
			h.Title(v.t("theme."+name)), h.Aria("label", v.t("theme."+name)), icon(name))
	}
	return g.Group{
		g.El("dash-theme", h.Form(h.Class("switch"), h.Method("post"), h.Action("/dashboard/preferences"), h.Aria("label", v.t("theme.label")),
			hidden("back", p.path), theme("", "auto"), theme("light", "light"), theme("dark", "dark"))),
		h.Form(h.Class("switch"), h.Method("post"), h.Action("/dashboard/preferences"), h.Aria("label", v.t("language.label")), hidden("back", p.path),
			g.Map(languages(), func(lang string) g.Node {
				return h.Button(h.Type("submit"), h.Name("lang"), h.Value(lang), h.Lang(lang), h.Aria("pressed", truth(v.lang == lang)), g.Text(strings.ToUpper(lang)))
			})),
	}
}

// errorPage says what is wrong in the reader's language.
func errorPage(v *visit, status int, body edge.Envelope) page {
	key := "error." + string(body.Code)
	sentences := []string{}
	for _, detail := range body.Details {
		sentences = append(sentences, v.or("said."+slug(detail), detail))
	}
	return page{title: v.t(key + ".title"), plain: v.who == nil, body: h.Section(h.Class("empty"),
		icon("exception"),
		h.H1(g.Text(v.t(key+".title"))),
		h.P(g.Text(v.t(key+".text"))),
		g.Map(sentences, func(s string) g.Node { return h.P(h.Class("fault"), g.Text(s)) }),
		g.If(status == http.StatusInternalServerError && body.RequestID != "", h.P(h.Class("quiet"), g.Text(v.t("error.request")+" "), h.Code(g.Text(body.RequestID)))),
		h.P(h.A(h.Class("button"), h.Href(home), g.Text(v.t("error.home")))),
	)}
}
