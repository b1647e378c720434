package dash

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/privacy"
)

// Privacy erases.
type Privacy interface {
	Erase(ctx context.Context, p *kyc.Principal, req privacy.Request) (*privacy.Erased, error)
}

// eraseSession destroys what is known of a session's person, or face templates alone.
func (d *Door) eraseSession(v *visit) error {
	view, err := d.session(v)
	if err != nil {
		return err
	}
	req := privacy.Request{SessionID: view.SessionID, TemplatesOnly: v.form("what") == "templates", KeepPersons: v.form("keepPersons") != "", Reason: v.form("reason")}
	question, label, notice := v.t("session.erase.question"), v.t("session.erase"), "notice.session.erased"
	if req.TemplatesOnly {
		question, label, notice = v.t("session.erase.templates.question"), v.t("session.erase.templates"), "notice.session.templates"
	}
	address := sessionAddress(view.SessionID)
	if !asked(v) {
		return d.ask(v, "sessions", address, question, label, hidden("what", v.form("what")),
			g.If(req.KeepPersons, hidden("keepPersons", "1")), hidden("reason", req.Reason))
	}
	if _, err := d.Privacy.Erase(v.r.Context(), v.who, req); err != nil {
		return err
	}
	return d.done(v, address, notice)
}

// sessionTitle is whose session it is.
func sessionTitle(v *visit, s kyc.SessionView) string {
	if s.ErasedAt != nil {
		return v.t("session.erased")
	}
	return s.ClientKey
}

// eraseCard offers what may be destroyed of a session that has ended, or says
// when it was.
func eraseCard(v *visit, s kyc.SessionView) g.Node {
	if s.ErasedAt != nil {
		return card("", "", v.t("session.erased"), h.P(h.Class("quiet"), g.Text(v.t("session.erased.about")+" "), moment(time.Time(*s.ErasedAt), false)))
	}
	if !v.who.Can(kyc.EraseKYC) || !s.Status.Final() {
		return nil
	}
	button := func(what, key string, more ...g.Node) g.Node {
		return confirmed(v.t(key+".question"), v.t(key), h.Form(h.Method("post"), h.Action(sessionAddress(s.SessionID)+"/erase"), hidden("what", what), g.Group(more),
			h.Button(h.Type("submit"), h.Class("small danger-text"), icon("remove"), g.Text(v.t(key)))))
	}
	return card("", "erase", v.t("session.erase.title"), h.P(h.Class("quiet"), g.Text(v.t("session.erase.about"))),
		button("all", "session.erase",
			field{name: "reason", label: v.t("session.erase.reason")}.input("text", "", h.MaxLength("200"), h.AutoComplete("off")),
			tick("keepPersons", "1", false, v.t("session.erase.keep"), "")),
		button("templates", "session.erase.templates"))
}
