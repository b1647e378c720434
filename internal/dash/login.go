package dash

import (
	"crypto/sha256"
	"net/http"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// loginForm is what the sign-in page shows again after a failure. A password
// is never sent back.
type loginForm struct {
	email, next string
	faults      []fault
}

func (d *Door) showLogin(v *visit) error {
	next := local(v.r.URL.Query().Get("next"))
	if v.who != nil {
		d.redirect(v, next)
		return nil
	}
	d.show(v, http.StatusOK, loginPage(v, loginForm{next: next}))
	return nil
}

func (d *Door) login(v *visit) error {
	f := loginForm{email: v.form("email"), next: local(v.form("next"))}
	if err := d.admit(v, f.email); err != nil {
		f.faults = v.sentences(err)
		d.show(v, http.StatusTooManyRequests, loginPage(v, f))
		return nil
	}
	_, cookie, err := d.Auth.SignIn(v.r.Context(), f.email, v.typed("password"), edge.AddressKey(v.r))
	if err != nil {
		if !correctable(err) {
			return err
		}
		f.faults = v.sentences(err)
		d.show(v, edge.HTTPStatus(kyc.KindOf(err)), loginPage(v, f))
		return nil
	}
	d.setLogin(v, cookie)
	d.redirect(v, f.next)
	return nil
}

// admit limits tries to sign in, from one address and for one e-mail address;
// addresses of people are kept hashed even in memory.
func (d *Door) admit(v *visit, email string) error {
	ok, wait, left := d.addresses.Take(edge.AddressKey(v.r))
	if ok && email != "" {
		sum := sha256.Sum256([]byte(strings.ToLower(email)))
		ok, wait, left = d.accounts.Take(string(sum[:]))
	}
	if ok {
		return nil
	}
	d.addresses.Headers(v.w.Header(), wait, left)
	return kyc.Errorf(kyc.TooMany, "too many tries; wait a minute")
}

func loginPage(v *visit, f loginForm) page {
	return page{title: v.t("login.title"), plain: true, path: "/dashboard/login", body: gate(
		h.H1(g.Text(v.t("login.title"))),
		faultList(v, f.faults),
		h.Form(h.Method("post"), h.Action("/dashboard/login"), hidden("next", f.next),
			field{name: "email", label: v.t("login.email")}.input("email", f.email, h.AutoComplete("username"), h.Required(), h.AutoFocus(), g.Attr("autocapitalize", "none"), g.Attr("spellcheck", "false")),
			field{name: "password", label: v.t("login.password")}.input("password", "", h.AutoComplete("current-password"), h.Required()),
			h.Button(h.Type("submit"), h.Class("primary wide"), g.Text(v.t("login.submit"))),
		),
	)}
}

// gate is the quiet card in the middle of the pages before sign-in.
func gate(children ...g.Node) g.Node {
	return h.Div(h.Class("gate"), h.Div(h.Class("gate-brand"), logo(), h.Span(g.Text("OpenKYC"))), h.Section(h.Class("card"), g.Group(children)))
}

func (d *Door) logout(v *visit) error {
	if err := d.Auth.SignOut(v.r.Context(), d.cookieValue(v.r)); err != nil {
		return err
	}
	d.dropLogin(v)
	d.redirect(v, "/dashboard/login")
	return nil
}

// welcomeForm makes the first owner.
type welcomeForm struct {
	secret, account, email string
	faults                 []fault
}

func (d *Door) showWelcome(v *visit) error {
	d.show(v, http.StatusOK, welcomePage(v, welcomeForm{}))
	return nil
}

func (d *Door) welcome(v *visit) error {
	f := welcomeForm{secret: v.form("secret"), account: v.form("account"), email: v.form("email")}
	password := v.typed("password")
	err := d.admit(v, "")
	if err == nil {
		_, err = d.Auth.AcceptInvite(v.r.Context(), f.secret, auth.NewOwner{AccountName: f.account, Email: f.email, Password: password})
	}
	if err != nil {
		if !correctable(err) {
			return err
		}
		f.faults = v.sentences(err)
		d.show(v, edge.HTTPStatus(kyc.KindOf(err)), welcomePage(v, f))
		return nil
	}
	_, cookie, err := d.Auth.SignIn(v.r.Context(), f.email, password, edge.AddressKey(v.r))
	if err != nil {
		return err
	}
	d.setLogin(v, cookie)
	return d.done(v, "/dashboard/scenarios", "notice.welcome")
}

// welcomePage asks for the one-time secret too; it stands in the link's
// fragment, which never reaches a server or a log, and the script moves it in.
func welcomePage(v *visit, f welcomeForm) page {
	named := func(name, label, hint string) field {
		return field{name: name, label: label, hint: hint, faults: f.faults}
	}
	return page{title: v.t("welcome.title"), plain: true, path: "/dashboard/welcome", body: gate(
		h.H1(g.Text(v.t("welcome.title"))),
		h.P(h.Class("quiet"), g.Text(v.t("welcome.text"))),
		faultList(v, orphans(f.faults, "email", "password")),
		g.El("dash-welcome", h.Form(h.Method("post"), h.Action("/dashboard/welcome"),
			named("secret", v.t("welcome.secret"), v.t("welcome.secret.hint")).input("text", f.secret, h.Required(), h.AutoComplete("off"), g.Attr("spellcheck", "false")),
			named("account", v.t("welcome.account"), "").input("text", f.account, h.Required(), h.MaxLength("100"), h.AutoComplete("organization")),
			named("email", v.t("login.email"), "").input("email", f.email, h.Required(), h.AutoComplete("username")),
			named("password", v.t("login.password"), v.t("password.hint")).input("password", "", h.Required(), h.MinLength("8"), h.AutoComplete("new-password")),
			h.Button(h.Type("submit"), h.Class("primary wide"), g.Text(v.t("welcome.submit"))),
		)),
	)}
}

// orphans are the faults that no field of the form shows beside itself.
func orphans(faults []fault, fields ...string) []fault {
	var rest []fault
	for _, f := range faults {
		shown := false
		for _, name := range fields {
			shown = shown || f.field == name
		}
		if !shown {
			rest = append(rest, f)
		}
	}
	return rest
}
