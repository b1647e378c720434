package dash

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

const tokensAddress = "/dashboard/tokens"

// tokenForm is a token to be made, as it was typed.
type tokenForm struct {
	name, days  string
	permissions []kyc.Permission
	faults      []fault
}

// lives are the lengths of life that the form offers, in days; "0" is for good.
func lives() []string { return []string{"30", "90", "365", "0"} }

// made is a token whose value is shown this once.
type made struct {
	name, value string
}

func (d *Door) listTokens(v *visit) error {
	return d.showTokens(v, http.StatusOK, tokenForm{days: "90", permissions: grantable(v)}, nil)
}

func grantable(v *visit) []kyc.Permission {
	return slices.DeleteFunc(kyc.Permissions(), func(p kyc.Permission) bool { return !v.can(p) })
}

func (d *Door) showTokens(v *visit, status int, f tokenForm, fresh *made) error {
	list, err := d.Auth.ListTokens(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	d.show(v, status, tokensPage(v, list, f, fresh, d.Now()))
	return nil
}

// createToken shows the value in the answer to the form itself: it is never
// stored, so no later page could.
func (d *Door) createToken(v *visit) error {
	f := tokenForm{name: v.form("name"), days: v.form("days")}
	for _, p := range v.posted("permission") {
		f.permissions = append(f.permissions, kyc.Permission(p))
	}
	refuse := func(faults []fault) error {
		f.faults = faults
		return d.showTokens(v, http.StatusBadRequest, f, nil)
	}
	if f.name == "" {
		return refuse([]fault{{"name", -1, v.t("token.fault.name")}})
	}
	if len(f.permissions) == 0 {
		return refuse([]fault{{"permissions", -1, v.t("token.fault.permissions")}}) // none would mean all
	}
	if !slices.Contains(lives(), f.days) {
		return refuse([]fault{{"expires", -1, v.t("token.fault.days")}})
	}
	n := auth.NewToken{Name: f.name, Permissions: f.permissions}
	if days, err := strconv.Atoi(f.days); err == nil && days > 0 {
		n.Expires = d.Now().AddDate(0, 0, days)
	}
	token, value, err := d.Auth.CreateToken(v.r.Context(), v.who, n)
	if kyc.KindOf(err) == kyc.Invalid && err != nil {
		return refuse(v.sentences(err))
	}
	if err != nil {
		return err
	}
	d.Logger.InfoContext(v.r.Context(), "token created", "requestId", edge.RequestID(v.r.Context()), "token", token.ID, "user", v.who.UserID)
	return d.showTokens(v, http.StatusOK, tokenForm{days: "90", permissions: grantable(v)}, &made{name: token.Name, value: value})
}

func (d *Door) deleteToken(v *visit) error {
	id := v.r.PathValue("id")
	if !kyc.ValidID(id) {
		return kyc.ErrNotFound()
	}
	if !asked(v) {
		return d.ask(v, "tokens", tokensAddress, v.t("token.delete.question"), v.t("token.delete"))
	}
	if err := d.Auth.DeleteToken(v.r.Context(), v.who, id); err != nil {
		return err
	}
	d.Logger.InfoContext(v.r.Context(), "token deleted", "requestId", edge.RequestID(v.r.Context()), "token", id, "user", v.who.UserID)
	return d.done(v, tokensAddress, "notice.token.deleted")
}

func tokensPage(v *visit, list []*kyc.APIToken, f tokenForm, fresh *made, now time.Time) page {
	rows := empty("tokens", v.t("token.empty.title"), v.t("token.empty.text"))
	if len(list) > 0 {
		rows = tokenTable(v, list, now)
	}
	return page{title: v.t("nav.tokens"), nav: "tokens", path: tokensAddress, body: g.Group{
		head(g.Text(v.t("nav.tokens")), g.Text(v.t("token.text"))),
		g.Iff(fresh != nil, func() g.Node {
			return h.Section(h.Class("card fresh"), h.Role("status"), h.H2(g.Text(v.t("token.fresh.title", "Name", fresh.name))), h.P(g.Text(v.t("token.fresh.text"))), copyable(v, fresh.value))
		}),
		rows,
		tokenEditor(v, f),
	}}
}

func tokenTable(v *visit, list []*kyc.APIToken, now time.Time) g.Node {
	return h.Div(h.Class("card flush"), h.Table(h.Class("list"),
		headings(v.t("token.name"), v.t("token.permissions"), v.t("token.created"), v.t("token.used"), v.t("token.expires"), v.t("token.action")),
		h.TBody(g.Map(list, func(t *kyc.APIToken) g.Node {
			return h.Tr(
				cell(v.t("token.name"), h.Strong(h.Class("clip"), g.Text(t.Name))),
				cell(v.t("token.permissions"), permissionSummary(v, t.Permissions)),
				cell(v.t("token.created"), moment(t.CreatedAt, true)),
				cell(v.t("token.used"), moment(t.LastUsedAt, true)),
				cell(v.t("token.expires"), expiry(v, t.ExpiresAt, now)),
				cell(v.t("token.action"), confirmed(v.t("token.delete.question"), v.t("token.delete"),
					h.Form(h.Method("post"), h.Action(tokensAddress+"/"+t.ID+"/delete"),
						h.Button(h.Type("submit"), h.Class("small danger-text"), icon("remove"), g.Text(v.t("token.delete")))))),
			)
		}))))
}

func permissionSummary(v *visit, list []kyc.Permission) g.Node {
	if len(list) == 0 || len(list) == len(kyc.Permissions()) {
		return g.Text(v.t("token.permissions.all"))
	}
	return h.Details(h.Class("inline-details"), h.Summary(g.Text(v.n("token.permissions.some", len(list)))),
		h.Ul(g.Map(list, func(p kyc.Permission) g.Node { return h.Li(g.Text(v.or("permission."+string(p), string(p)))) })))
}

func expiry(v *visit, at, now time.Time) g.Node {
	switch {
	case at.IsZero():
		return g.Text(v.t("token.life.0"))
	case !now.Before(at):
		return h.Span(h.Class("badge expired"), statusIcon(kyc.Expired), h.Span(g.Text(v.t("token.expired"))))
	}
	return moment(at, true)
}

func tokenEditor(v *visit, f tokenForm) g.Node {
	options := make([]option, len(lives()))
	for i, days := range lives() {
		options[i] = option{days, v.t("token.life." + days)}
	}
	wrong := field{name: "permissions", faults: f.faults}.wrong()
	return card("", "new", v.t("token.new"),
		faultList(v, orphans(f.faults, "name", "permissions")),
		h.Form(h.Method("post"), h.Action(tokensAddress+"#main"),
			h.Div(h.Class("pairwise"),
				field{name: "name", label: v.t("token.name"), hint: v.t("token.name.hint"), faults: f.faults}.input("text", f.name, h.Required(), h.MaxLength("100"), h.AutoComplete("off")),
				field{name: "days", label: v.t("token.expires")}.choice(f.days, options)),
			h.FieldSet(h.Class("field"), h.Legend(g.Text(v.t("token.permissions"))),
				g.Map(wrong, func(x fault) g.Node { return h.P(h.Class("fault"), g.Text(x.text)) }),
				h.Div(h.Class("ticks"), g.Map(grantable(v), func(p kyc.Permission) g.Node {
					return tick("permission", string(p), slices.Contains(f.permissions, p), v.t("permission."+string(p)), string(p))
				}))),
			h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("token.submit")))))
}
