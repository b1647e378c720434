package dash

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/edge"
)

// The cookies of the door. Only the first is a credential.
const (
	loginCookie  = "openkyc_login"
	securePrefix = "__Host-" // a browser takes it only with Secure and Path=/
	langCookie   = "openkyc_lang"
	themeCookie  = "openkyc_theme"
	noticeCookie = "openkyc_notice"
	aYear        = 365 * 24 * 3600
)

// secure tells whether browsers reach this request by https.
func (d *Door) secure(r *http.Request) bool {
	return edge.Secure(r.Context()) || r.TLS != nil || strings.HasPrefix(d.PublicURL, "https://")
}

func (d *Door) cookieName(r *http.Request) string {
	if d.secure(r) {
		return securePrefix + loginCookie
	}
	return loginCookie
}

func (d *Door) cookieValue(r *http.Request) string {
	cookie, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// setLogin gives the browser its credential until it is closed; the room ends
// it earlier. Lax, not Strict: people follow links to a session from their own
// systems and should find themselves signed in. Nothing is changed by GET, and
// forms from other sites are refused by their origin.
func (d *Door) setLogin(v *visit, value string) {
	d.setCookie(v, d.cookieName(v.r), value, "/", 0)
}

func (d *Door) dropLogin(v *visit) {
	d.setCookie(v, d.cookieName(v.r), "", "/", -1)
}

// setCookie keeps one set of attributes for all of them. Secure goes with
// https: a browser would drop such a cookie on a trial over http.
func (d *Door) setCookie(v *visit, name, value, path string, age int) {
	http.SetCookie(v.w, &http.Cookie{Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, //nolint:gosec // see above
		Secure: d.secure(v.r), SameSite: http.SameSiteLaxMode})
}

// remember keeps a harmless choice of this browser; an empty value forgets it.
func (d *Door) remember(v *visit, name, value string) {
	age := aYear
	if value == "" {
		age = -1
	}
	d.setCookie(v, name, value, "/dashboard", age)
}

func themeOf(r *http.Request) string {
	if cookie, err := r.Cookie(themeCookie); err == nil && (cookie.Value == "light" || cookie.Value == "dark") {
		return cookie.Value
	}
	return ""
}

// leaveNotice hands a message over a redirect: the key of a text, or "key=3" for
// one that counts, nothing else.
func (d *Door) leaveNotice(v *visit, key string) {
	d.setCookie(v, noticeCookie, key, "/dashboard", 30)
}

func (d *Door) takeNotice(v *visit) string {
	cookie, err := v.r.Cookie(noticeCookie)
	if err != nil || v.r.Method != http.MethodGet || byItself(v.r) || !strings.HasPrefix(cookie.Value, "notice.") {
		return ""
	}
	d.setCookie(v, noticeCookie, "", "/dashboard", -1)
	key, count, counts := strings.Cut(cookie.Value, "=")
	if !counts {
		return v.or(key, "")
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return ""
	}
	return v.n(key, n)
}

// prefer is the switch of language and theme.
func (d *Door) prefer(v *visit) error {
	if lang := v.form("lang"); d.texts.localizers[lang] != nil {
		d.remember(v, langCookie, lang)
	}
	if len(v.posted("theme")) > 0 {
		theme := v.form("theme")
		if theme != "light" && theme != "dark" {
			theme = ""
		}
		d.remember(v, themeCookie, theme)
	}
	if wantsJSON(v.r) {
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	d.redirect(v, local(v.form("back")))
	return nil
}

// local lets only addresses of this dashboard through, so that a link can not
// send a person who signs in somewhere else.
func local(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/dashboard/") ||
		strings.ContainsAny(address, "\\\r\n\t") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "..") {
		return home
	}
	return u.EscapedPath()
}

// loginAddress sends a reader back to the page after signing in.
func loginAddress(r *http.Request) string {
	path := local(r.URL.Path)
	if r.Method != http.MethodGet || path == home || r.URL.Path == "/dashboard/" {
		return "/dashboard/login"
	}
	return "/dashboard/login?" + url.Values{"next": {path}}.Encode()
}
