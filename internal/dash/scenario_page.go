package dash

import (
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
)

// editPage is the page of one scenario: the form, and beside it what an
// integrator needs. Without editKYC the form is locked and secrets stay out.
func editPage(v *visit, x scenarioSheet) page {
	title, address, below := v.t("scenario.new"), scenariosAddress+"/new", g.Node(nil)
	var actions []g.Node
	if x.scenario != nil {
		title, address = x.scenario.Name, scenarioAddress(x.scenario.ID)
		below = g.Group{g.Text(v.t("scenario.revision", "N", x.scenario.Revision) + " · "), moment(x.scenario.RevisedAt, true)}
		actions = append(actions, h.A(h.Class("button"), h.Href(address+"/export"), h.Download(""), icon("download"), g.Text(v.t("scenario.export"))))
	}
	return page{title: title, nav: "scenarios", path: address, body: g.Group{
		h.P(h.Class("crumb"), h.A(h.Href(scenariosAddress), icon("back"), g.Text(v.t("nav.scenarios")))),
		head(g.Text(title), below, actions...),
		h.Div(h.Class("columns detail"),
			h.Div(h.Class("wide"), scenarioEditor(v, x, address)),
			g.Iff(x.scenario != nil, func() g.Node {
				return h.Div(h.Class("narrow"), identityCard(v, x), secretsCard(v, x), checkCard(v, x))
			})),
		g.Iff(x.scenario != nil, func() g.Node { return snippetCard(v, x.base, x.scenario) }),
	}}
}

func scenarioEditor(v *visit, x scenarioSheet, address string) g.Node {
	if !v.can(kyc.EditKYC) {
		return h.FieldSet(h.Class("locked"), h.Disabled(), notice("plain", v.t("scenario.locked")), scenarioFields(v, x.form))
	}
	return h.Form(h.Class("editor"), h.Method("post"), h.Action(address+"#steps"), h.AutoComplete("off"),
		// The first submit of a form is what the Enter key presses; it must save.
		h.Button(h.Type("submit"), h.Class("sr"), h.TabIndex("-1"), h.Aria("hidden", "true"), h.Name("do"), h.Value("save"), g.Text(v.t("scenario.save"))),
		hidden("revision", x.form.revision),
		scenarioFields(v, x.form),
		h.Div(h.Class("actions save"), h.A(h.Class("button"), h.Href(scenariosAddress), g.Text(v.t("script.cancel"))),
			h.Button(h.Type("submit"), h.Class("primary"), h.Name("do"), h.Value("save"), h.FormAction(address), g.Text(v.t("scenario.save")))))
}

func identityCard(v *visit, x scenarioSheet) g.Node {
	s := x.scenario
	return card("", "", v.t("scenario.identity"), h.Dl(h.Class("facts"),
		fact("schemaId", copyable(v, s.ID)),
		fact(v.t("scenario.hosted"), copyable(v, x.base+"/"+s.ID+"/{clientKey}")),
		fact(v.t("list.created"), moment(s.CreatedAt, false))))
}

func secretsCard(v *visit, x scenarioSheet) g.Node {
	if !v.can(kyc.EditKYC) {
		return card("", "secrets", v.t("secret.title"), denied(v, v.t("secret.title")))
	}
	return card("", "secrets", v.t("secret.title"), secretLine(v, x, scenario.ClientKeySecret), secretLine(v, x, scenario.WebhookSecret))
}

// secretLine shows a secret as dots until it is asked for.
func secretLine(v *visit, x scenarioSheet, w scenario.Which) g.Node {
	address, shown := scenarioAddress(x.scenario.ID), x.shown == w
	value := "••••••••••••••••"
	if shown {
		value = secretOf(x.scenario, w)
	}
	return h.Div(h.Class("secret"), h.H3(g.Text(v.t("secret."+string(w)))), h.P(h.Class("hint"), g.Text(v.t("secret."+string(w)+".hint"))),
		g.El("dash-reveal", g.If(shown, g.Attr("open")), g.El("dash-copy", h.Code(h.Data("secret", ""), g.Text(value)), g.If(shown, copyButton(v))),
			h.Div(h.Class("actions"),
				h.Form(h.Method("post"), h.Action(address+"/reveal#secrets"), hidden("which", string(w)),
					g.If(!shown, h.Button(h.Type("submit"), h.Class("small"), icon("eye"), g.Text(v.t("secret.reveal"))))),
				confirmed(v.t("secret.rotate.question."+string(w)), v.t("secret.rotate"),
					h.Form(h.Method("post"), h.Action(address+"/rotate"), hidden("which", string(w)),
						h.Button(h.Type("submit"), h.Class("small danger-text"), icon("rotate"), g.Text(v.t("secret.rotate"))))))))
}

func checkCard(v *visit, x scenarioSheet) g.Node {
	if !v.can(kyc.EditKYC) {
		return nil
	}
	return card("", "check", v.t("trial.title"), h.P(h.Class("quiet"), g.Text(v.t("trial.text"))),
		h.Form(h.Class("inline"), h.Method("post"), h.Action(scenarioAddress(x.scenario.ID)+"/check#check"),
			field{name: "key", label: v.t("trial.key")}.input("text", x.key, h.Required(), h.AutoComplete("off"), g.Attr("spellcheck", "false")),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("trial.submit")))),
		faultList(v, x.trouble),
		g.Iff(x.trial != nil, func() g.Node { return trial(v, *x.trial) }))
}

func trial(v *visit, t scenario.Trial) g.Node {
	class, text := "bad", v.t("trial.failed")
	if t.OK {
		class, text = "good", v.t("trial.ok")
	}
	return h.Div(h.Class("trial"), notice(class, text), h.Dl(h.Class("facts"),
		fact(v.t("trial.encrypted"), copyable(v, t.Encrypted)), fact(v.t("trial.decrypted"), copyable(v, t.Decrypted))))
}
