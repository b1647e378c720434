package dash

import (
	"net/http"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

func (d *Door) showAccount(v *visit) error {
	d.show(v, http.StatusOK, accountPage(v, nil))
	return nil
}

// changePassword ends all sign-ins of the person and signs this browser in
// again, so that only the others have to.
func (d *Door) changePassword(v *visit) error {
	password := v.typed("password")
	err := d.admit(v, v.who.Name)
	if err == nil {
		err = d.Auth.ChangePassword(v.r.Context(), v.who, v.typed("old"), password)
	}
	if err != nil {
		if !correctable(err) {
			return err
		}
		d.show(v, edge.HTTPStatus(kyc.KindOf(err)), accountPage(v, v.sentences(err)))
		return nil
	}
	_, cookie, err := d.Auth.SignIn(v.r.Context(), v.who.Name, password, edge.AddressKey(v.r))
	if err != nil {
		return err
	}
	d.setLogin(v, cookie)
	return d.done(v, "/dashboard/account", "notice.password")
}

func accountPage(v *visit, faults []fault) page {
	return page{title: v.t("account.title"), nav: "account", path: "/dashboard/account", body: g.Group{
		head(g.Text(v.t("account.title")), g.Text(v.who.Name)),
		h.Div(h.Class("columns"),
			card("", "", v.t("account.password"),
				faultList(v, orphans(faults, "password")),
				h.Form(h.Method("post"), h.Action("/dashboard/account"),
					// Password managers want the name that belongs to the passwords.
					h.Input(h.Type("text"), h.Name("username"), h.Value(v.who.Name), h.AutoComplete("username"), h.Hidden("")),
					field{name: "old", label: v.t("account.old")}.input("password", "", h.Required(), h.AutoComplete("current-password")),
					field{name: "password", label: v.t("account.new"), hint: v.t("password.hint"), faults: faults}.
						input("password", "", h.Required(), h.MinLength("8"), h.AutoComplete("new-password")),
					h.Button(h.Type("submit"), h.Class("primary"), g.Text(v.t("account.submit"))))),
			card("", "", v.t("account.rights"),
				h.Dl(h.Class("facts"),
					fact(v.t("account.role"), g.Text(v.or("role."+string(v.who.Role), string(v.who.Role)))),
				),
				h.Ul(h.Class("rights"), g.Map(kyc.Permissions(), func(p kyc.Permission) g.Node {
					s := kyc.Failed
					if v.can(p) {
						s = kyc.Success
					}
					return h.Li(h.Class("right "+string(s)), statusIcon(s), h.Span(g.Text(v.t("permission."+string(p)))),
						h.Span(h.Class("aside"), g.Text(v.t("right."+string(s)))))
				})))),
	}}
}
