package dash

import (
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

func truth(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func hidden(name, value string) g.Node {
	return h.Input(h.Type("hidden"), h.Name(name), h.Value(value))
}

// head opens a page: its name, a line below, and what can be done here.
func head(title g.Node, below g.Node, actions ...g.Node) g.Node {
	return h.Header(h.Class("head"),
		h.Div(h.H1(title), g.If(below != nil, h.P(h.Class("quiet"), below))),
		g.If(len(actions) > 0, h.Div(h.Class("actions"), g.Group(actions))))
}

// card is one titled part of a page.
func card(class, id, title string, children ...g.Node) g.Node {
	return h.Section(h.Class("card "+class), g.If(id != "", h.ID(id)), h.Aria("label", title),
		h.H2(g.Text(title)), g.Group(children))
}

// badge shows a status by colour, shape and word.
func badge(v *visit, s kyc.Status) g.Node {
	class := "idle"
	if s.Valid() {
		class = string(s)
	}
	return h.Span(h.Class("badge "+class), statusIcon(s), h.Span(g.Text(v.or("status."+string(s), string(s)))))
}

// notice is a message over a page: good, bad or plain.
func notice(class, text string) g.Node {
	if text == "" {
		return nil
	}
	shape := map[string]string{"good": "success", "bad": "failed"}[class]
	if shape == "" {
		shape = "suspicious"
	}
	return h.Div(h.Class("notice "+class), h.Role("status"), icon(shape), h.P(g.Text(text)))
}

// faultList says what is wrong with a form as a whole.
func faultList(v *visit, faults []fault) g.Node {
	if len(faults) == 0 {
		return nil
	}
	return h.Div(h.Class("notice bad"), h.Role("alert"), icon("failed"), h.Div(
		g.Iff(len(faults) > 1, func() g.Node { return h.P(g.Text(v.n("form.faults", len(faults)))) }),
		h.Ul(g.Map(faults, func(f fault) g.Node { return h.Li(g.Text(f.text)) }))))
}

// moment is a time in UTC; the script turns it into the reader's own.
func moment(t time.Time, relative bool) g.Node {
	if t.IsZero() {
		return h.Span(h.Class("quiet"), g.Text("–"))
	}
	t = t.UTC()
	return g.El("dash-time", g.If(relative, g.Attr("relative")),
		h.Time(h.DateTime(t.Format("2006-01-02T15:04:05.000Z")), g.Text(t.Format("2006-01-02 15:04:05")+" UTC")))
}

// copyable is a text that a click copies; without script it can be selected.
func copyable(v *visit, text string) g.Node {
	if text == "" {
		return h.Span(h.Class("quiet"), g.Text("–"))
	}
	return g.El("dash-copy", h.Code(g.Text(text)), copyButton(v))
}

// copyButton works inside dash-copy and is shown only where script runs.
func copyButton(v *visit) g.Node {
	return h.Button(h.Type("button"), h.Class("mini"), h.Data("copy", ""), h.Hidden(""), h.Title(v.t("copy")), h.Aria("label", v.t("copy")), icon("copy"))
}

// fact is one line of a description list.
func fact(name string, value ...g.Node) g.Node {
	return h.Div(h.Dt(g.Text(name)), h.Dd(value...))
}

// cell is one cell of a table; on a phone, where rows become cards, it carries
// the name of its column.
func cell(name string, children ...g.Node) g.Node {
	return h.Td(h.Data("name", name), g.Group(children))
}

func headings(names ...string) g.Node {
	return h.THead(h.Tr(g.Map(names, func(n string) g.Node { return h.Th(h.Scope("col"), g.Text(n)) })))
}

// empty says that there is nothing, and what to do about it.
func empty(shape, title, text string, actions ...g.Node) g.Node {
	return h.Section(h.Class("empty"), icon(shape), h.H2(g.Text(title)), h.P(g.Text(text)), g.If(len(actions) > 0, h.P(g.Group(actions))))
}

// picture lets only addresses of our own pictures into a page, whatever a
// session object holds.
func picture(address string) (string, bool) {
	ok := strings.HasPrefix(address, "/images/kyc") && !strings.ContainsAny(address, "\\?#\"'<>: \r\n\t") && !strings.Contains(address, "..")
	return address, ok
}

// field is one labelled control of a form with its faults and a hint.
type field struct {
	name, label, hint string
	faults            []fault
}

func (f field) wrong() []fault {
	var mine []fault
	for _, x := range f.faults {
		if x.field == f.name {
			mine = append(mine, x)
		}
	}
	return mine
}

// with puts a control under its label and ties hint and faults to it for
// screen readers. The control is made by the caller from these attributes.
func (f field) with(control func(...g.Node) g.Node) g.Node {
	id, wrong := strings.ReplaceAll(f.name, ".", "-"), f.wrong()
	described := g.If(f.hint != "" || len(wrong) > 0, h.Aria("describedby", id+"-note"))
	return h.Div(h.Class("field"), h.Label(h.For(id), g.Text(f.label)),
		control(h.ID(id), h.Name(f.name), described, g.If(len(wrong) > 0, h.Aria("invalid", "true"))),
		g.If(f.hint != "" || len(wrong) > 0, h.Div(h.ID(id+"-note"),
			g.Map(wrong, func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
			g.If(f.hint != "", h.P(h.Class("hint"), g.Text(f.hint))))))
}

func (f field) input(kind, value string, more ...g.Node) g.Node {
	return f.with(func(own ...g.Node) g.Node { return h.Input(h.Type(kind), h.Value(value), g.Group(own), g.Group(more)) })
}

// option of a choice.
type option struct{ value, label string }

func (f field) choice(chosen string, options []option) g.Node {
	return f.with(func(own ...g.Node) g.Node {
		return h.Select(g.Group(own), g.Map(options, func(o option) g.Node {
			return h.Option(h.Value(o.value), g.If(o.value == chosen, h.Selected()), g.Text(o.label))
		}))
	})
}

// confirmed wraps a form that the script asks about before it is sent; without
// script the server asks.
func confirmed(question, label string, form g.Node) g.Node {
	return g.El("dash-confirm", h.Data("question", question), h.Data("label", label), form)
}

// asked tells that a dangerous form was confirmed.
func asked(v *visit) bool { return v.form("confirmed") == "yes" }

// ask is the page between a dangerous button and its effect, for browsers
// without script.
func (d *Door) ask(v *visit, nav, back, question, label string, keep ...g.Node) error {
	d.show(v, 200, page{title: label, nav: nav, path: back, body: h.Section(h.Class("card ask"), h.H1(g.Text(label)), h.P(g.Text(question)),
		h.Form(h.Method("post"), h.Action(v.r.URL.Path), hidden("confirmed", "yes"), g.Group(keep),
			h.Div(h.Class("actions"), h.A(h.Class("button"), h.Href(back), g.Text(v.t("script.cancel"))),
				h.Button(h.Type("submit"), h.Class("danger"), g.Text(label)))))})
	return nil
}
