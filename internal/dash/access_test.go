package dash

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// routes are all addresses of the door that show or change something of an
// account. TestRoutesAreAllTested keeps the list whole.
func routes() []route {
	session, flow := sessionN(2), flowID
	return append(personRoutes(), []route{
		{method: "GET", address: "/dashboard/sessions", need: kyc.LogsKYC},
		{method: "POST", address: "/dashboard/sessions", need: kyc.LogsKYC, form: url.Values{"clientKey": {"user_1040"}}},
		{method: "GET", address: "/dashboard/sessions/" + session, need: kyc.LogsKYC, foreign: true},
		{method: "POST", address: "/dashboard/sessions/" + session + "/replay", need: kyc.EditKYC, foreign: true, form: url.Values{"delivery": {deliveryN(2)}}},
		{method: "POST", address: "/dashboard/sessions/" + session + "/erase", need: kyc.EraseKYC, foreign: true, form: url.Values{"confirmed": {"yes"}}},
		{method: "GET", address: "/dashboard/scenarios"},
		{method: "GET", address: "/dashboard/scenarios/new", need: kyc.EditKYC},
		{method: "POST", address: "/dashboard/scenarios/new", need: kyc.EditKYC, form: goodForm()},
		{method: "GET", address: "/dashboard/scenarios/" + flow, foreign: true},
		{method: "POST", address: "/dashboard/scenarios/" + flow, need: kyc.EditKYC, foreign: true, form: goodForm()},
		{method: "GET", address: "/dashboard/scenarios/" + flow + "/export", foreign: true},
		{method: "POST", address: "/dashboard/scenarios/" + flow + "/reveal", need: kyc.EditKYC, foreign: true, form: url.Values{"which": {"secret"}}},
		{method: "POST", address: "/dashboard/scenarios/" + flow + "/rotate", need: kyc.EditKYC, foreign: true, form: url.Values{"which": {"secret"}, "confirmed": {"yes"}}},
		{method: "POST", address: "/dashboard/scenarios/" + flow + "/check", need: kyc.EditKYC, foreign: true, form: url.Values{"key": {"user_123"}}},
		{method: "GET", address: "/dashboard/webhooks", need: kyc.LogsKYC},
		{method: "GET", address: "/dashboard/webhooks/new?scenario=" + flow, need: kyc.EditKYC, foreign: true},
		{method: "POST", address: "/dashboard/webhooks/new", need: kyc.EditKYC, foreign: true, form: goodEndpoint(flow)},
		{method: "GET", address: "/dashboard/webhooks/" + secondID, need: kyc.LogsKYC, foreign: true},
		{method: "POST", address: "/dashboard/webhooks/" + secondID, need: kyc.EditKYC, foreign: true, form: goodEndpoint("")},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/rotate", need: kyc.EditKYC, foreign: true, form: url.Values{"overlap": {"24h"}, "confirmed": {"yes"}}},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/enable", need: kyc.EditKYC, foreign: true, form: url.Values{}},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/disable", need: kyc.EditKYC, foreign: true, form: url.Values{"confirmed": {"yes"}}},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/delete", need: kyc.EditKYC, foreign: true, form: url.Values{"confirmed": {"yes"}}},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/test", need: kyc.EditKYC, foreign: true, form: url.Values{"event": {"session.final"}}},
		{method: "POST", address: "/dashboard/webhooks/" + secondID + "/replay", need: kyc.EditKYC, foreign: true, form: url.Values{"what": {"failed"}, "since": {"2026-03-01T00:00"}, "confirmed": {"yes"}}},
		{method: "GET", address: "/dashboard/deliveries", need: kyc.LogsKYC},
		{method: "POST", address: "/dashboard/deliveries", need: kyc.LogsKYC, form: url.Values{"clientKey": {"user_1040"}}},
		{method: "GET", address: "/dashboard/deliveries/" + deliveryN(2), need: kyc.LogsKYC, foreign: true},
		{method: "POST", address: "/dashboard/deliveries/" + deliveryN(2) + "/replay", need: kyc.EditKYC, foreign: true, form: url.Values{}},
		{method: "GET", address: "/dashboard/live/sessions", need: kyc.LogsKYC},
		{method: "GET", address: "/dashboard/live/session/" + session, need: kyc.LogsKYC, foreign: true},
		{method: "GET", address: "/dashboard/live/endpoint/" + secondID, need: kyc.LogsKYC, foreign: true},
		{method: "GET", address: "/dashboard/live/delivery/" + deliveryN(2), need: kyc.LogsKYC, foreign: true},
		{method: "GET", address: "/dashboard/tokens", need: kyc.ManageTokens},
		{method: "POST", address: "/dashboard/tokens", need: kyc.ManageTokens, form: url.Values{"name": {"n"}, "days": {"30"}, "permission": {"logsKYC"}}},
		{method: "POST", address: "/dashboard/tokens/5e0f7a31-c5d1-11f0-9a01-010203040506/delete", need: kyc.ManageTokens, foreign: true, form: url.Values{"confirmed": {"yes"}}},
		{method: "GET", address: "/dashboard/account"},
		{method: "POST", address: "/dashboard/account", form: url.Values{"old": {"correct horse"}, "password": {"battery staple"}}, own: true},
		{method: "POST", address: "/dashboard/logout", form: url.Values{}},
		{method: "GET", address: "/dashboard/"},
		{method: "GET", address: "/dashboard/nowhere", foreign: true, lost: true},
	}...)
}

type route struct {
	method, address string
	need            kyc.Permission
	form            url.Values
	foreign         bool // names something by its id
	own             bool // about the person, who must be the owner of the world here
	lost            bool // exists for nobody
}

func goodEndpoint(scenario string) url.Values {
	return url.Values{"scenario": {scenario}, "lock": {"3"}, "name": {"risk team"}, "url": {"https://risk.shop.example/in"}, "mode": {"thin"}, "event": {"session.final", "session.step"},
		"rate": {"2,5"}, "concurrency": {"3"}, "timeout": {"7"}, "relaxed": {"1"}}
}

func goodForm() url.Values {
	return url.Values{"name": {"Renamed"}, "steps.type": {"document", "selfie"}, "steps.attempts": {"3", "2"}, "secondsToLive": {"30"}, "unit": {"60"},
		"thresholds.faceMatch": {"72,5"}, "callback.mode": {"plain"}, "callback.url": {"https://shop.example/hook"}, "requireKeyVersion": {"2"}, "revision": {"4"}, "do": {"save"},
		"allowedOrigins": {"https://a.example\r\n\r\nhttps://b.example"}, "softCheck": {"isCropped"}}
}

// TestRoutesAreAllTested compares the list above with what Register mounts.
func TestRoutesAreAllTested(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	mux := http.NewServeMux()
	s.door.Register(mux)
	have := map[string]bool{}
	for _, r := range routes() {
		request, err := http.NewRequestWithContext(t.Context(), r.method, r.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(request)
		have[pattern] = true
	}
	open := []string{"GET /dashboard/assets/{file}", "GET /dashboard", "GET /dashboard/login", "POST /dashboard/login", "GET /dashboard/welcome", "POST /dashboard/welcome", "POST /dashboard/preferences"}
	for _, pattern := range append(open, patternsIn(t, "door.go")...) {
		if !have[pattern] && !contains(open, pattern) {
			t.Errorf("%s is mounted and stands in no access test", pattern)
		}
	}
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

// TestWhoMaySeeWhat walks every route as everybody (S9).
func TestWhoMaySeeWhat(t *testing.T) {
	t.Parallel()
	for _, r := range routes() {
		t.Run(r.method+" "+r.address, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, newWorld(), "")
			if a := s.ask(r.method, r.address, "", r.form); a.Code != http.StatusSeeOther || !strings.HasPrefix(a.Header().Get("Location"), "/dashboard/login") {
				t.Errorf("nobody: %d to %q, want the login page", a.Code, a.Header().Get("Location"))
			}
			if a := s.ask(r.method, r.address, "forged", r.form); a.Code != http.StatusSeeOther {
				t.Errorf("a forged cookie: %d, want the login page", a.Code)
			}
			if len(s.calls) > 0 {
				t.Errorf("without a sign-in something was changed: %v", s.calls)
			}
			if a := s.ask(r.method, r.address, "nobody", r.form); r.need != "" && a.Code != http.StatusForbidden {
				t.Errorf("without %s: %d, want 403", r.need, a.Code)
			}
			if a := s.ask(r.method, r.address, "stranger", r.form); r.foreign && (a.Code != http.StatusNotFound || !sameAsMissing(t, r, a.Body.String())) {
				t.Errorf("another account: %d, want the 404 of what does not exist", a.Code)
			}
			if len(s.calls) > 0 && r.need != "" {
				t.Errorf("somebody without the right changed something: %v", s.calls)
			}
			if a := s.ask(r.method, r.address, "owner", r.form); !r.lost && a.Code >= 400 {
				t.Errorf("the owner: %d\n%s", a.Code, a.Body)
			}
		})
	}
}

// sameAsMissing asks for an id that does not exist and compares the answers.
func sameAsMissing(t *testing.T, r route, got string) bool {
	t.Helper()
	missing := r.address
	for _, id := range []string{sessionN(2), flowID, secondID, deliveryN(2), listID, personID, "5e0f7a31-c5d1-11f0-9a01-010203040506"} {
		missing = strings.Replace(missing, id, "00000000-c5d1-11f0-9a01-010203040506", 1)
	}
	return newSite(t, newWorld(), "").ask(r.method, missing, "stranger", r.form).Body.String() == got
}

func TestForeignFormsAreRefused(t *testing.T) {
	t.Parallel()
	for _, r := range routes() {
		if r.method != http.MethodPost {
			continue
		}
		for name, change := range map[string]func(*http.Request){
			"Sec-Fetch-Site": func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") },
			"same-site":      func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "same-site") },
			"Origin":         func(q *http.Request) { q.Header.Del("Sec-Fetch-Site"); q.Header.Set("Origin", "https://evil.example") },
		} {
			s := newSite(t, newWorld(), "")
			if a := s.ask(r.method, r.address, "owner", r.form, change); a.Code != http.StatusForbidden || len(s.calls) > 0 || len(s.tokens) != 3 {
				t.Errorf("%s %s with a foreign %s: %d, changed %v", r.method, r.address, name, a.Code, s.calls)
			}
		}
	}
}

func TestHeadersOfEveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	for _, address := range append(pages(), "/dashboard/login", "/dashboard/welcome", "/dashboard/nowhere") {
		h := s.ask("GET", address, "owner", nil).Header()
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q lacks %q", address, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || strings.Contains(csp, "*") {
			t.Errorf("%s: the policy %q is open", address, csp)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", address, name, h.Get(name), want)
			}
		}
	}
}

func TestLoginCookie(t *testing.T) {
	t.Parallel()
	form := url.Values{"email": {"owner@shop.example"}, "password": {"correct horse"}}
	for name, x := range map[string]struct {
		public string
		change func(*http.Request)
		name   string
		secure bool
	}{
		"http":              {"", func(*http.Request) {}, "openkyc_login", false},
		"https by address":  {"https://kyc.example", func(*http.Request) {}, "__Host-openkyc_login", true},
		"https by listener": {"", func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, "__Host-openkyc_login", true},
	} {
		a := newSite(t, newWorld(), x.public).ask("POST", "/dashboard/login", "", form, x.change)
		cookies := a.Result().Cookies()
		if a.Code != http.StatusSeeOther || a.Header().Get("Location") != home || len(cookies) != 1 {
			t.Fatalf("%s: %d to %q with %v", name, a.Code, a.Header().Get("Location"), cookies)
		}
		c := cookies[0]
		if c.Name != x.name || c.Value != "owner" || !c.HttpOnly || c.Secure != x.secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
			t.Errorf("%s: cookie %+v", name, c)
		}
	}
}

func TestPrincipalForPictures(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	r, _ := http.NewRequestWithContext(t.Context(), "GET", "/images/kyc/x", nil)
	if _, err := s.door.Principal(r); kyc.KindOf(err) != kyc.Unauthorised {
		t.Errorf("without a cookie: %v", err)
	}
	r.AddCookie(&http.Cookie{Name: loginCookie, Value: "reader"})
	if p, err := s.door.Principal(r); err != nil || p.UserID != "reader" {
		t.Errorf("with a cookie: %v %v", p, err)
	}
}

func TestLoginFailures(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	wrong := url.Values{"email": {"owner@shop.example"}, "password": {"guess"}, "next": {"/dashboard/tokens"}}
	unknown := url.Values{"email": {"nemo@shop.example"}, "password": {"guess"}, "next": {"/dashboard/tokens"}}
	a, b := s.ask("POST", "/dashboard/login", "", wrong), s.ask("POST", "/dashboard/login", "", unknown)
	if a.Code != http.StatusForbidden || strings.ReplaceAll(a.Body.String(), "owner@", "nemo@") != b.Body.String() {
		t.Errorf("S15: a wrong password (%d) and an unknown person (%d) are told apart", a.Code, b.Code)
	}
	if body := a.Body.String(); !strings.Contains(body, `value="owner@shop.example"`) || strings.Contains(body, "guess") || !strings.Contains(body, "E-mail or password is wrong") {
		t.Error("the form should keep the address, forget the password, and say what is wrong")
	}
	for range 8 {
		s.ask("POST", "/dashboard/login", "", wrong)
	}
	wrong.Set("password", "correct horse")
	if a := s.ask("POST", "/dashboard/login", "", wrong); a.Code != http.StatusTooManyRequests || a.Header().Get("Retry-After") == "" {
		t.Errorf("the eleventh try: %d, want 429 even with the right password", a.Code)
	}
	s.now = s.now.Add(time.Minute)
	if a := s.ask("POST", "/dashboard/login", "", wrong); a.Header().Get("Location") != "/dashboard/tokens" {
		t.Errorf("a minute later: %d to %q", a.Code, a.Header().Get("Location"))
	}
	if log := s.log.String(); strings.Contains(log, "guess") || strings.Contains(log, "owner@") || strings.Contains(log, "correct") {
		t.Error("the log holds what was typed")
	}
}

func TestLoginLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"": home, "/dashboard/tokens": "/dashboard/tokens", "https://evil.example/dashboard/": home, "//evil.example/dashboard/": home, `/\evil.example`: home,
		"/dashboard/../docs": home, "javascript:alert(1)": home, "/docs": home, "/dashboard/sessions?clientKey=user_1": home, "/dashboard/%0d%0aX": "/dashboard/%0d%0aX",
	} {
		if got := local(next); got != want && !(next == "/dashboard/%0d%0aX" && !strings.ContainsAny(got, "\r\n")) {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
	s := newSite(t, newWorld(), "")
	if to := s.ask("GET", "/dashboard/tokens", "", nil).Header().Get("Location"); to != "/dashboard/login?next=%2Fdashboard%2Ftokens" {
		t.Errorf("a page without sign-in leads to %q", to)
	}
}

// TestWelcome makes the first owner by the one-time code (S12).
func TestWelcome(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	form := url.Values{"secret": {"one-time"}, "account": {"Shop"}, "email": {"new@shop.example"}, "password": {"short"}}
	if a := s.ask("POST", "/dashboard/welcome", "", form); a.Code != 400 || !strings.Contains(a.Body.String(), "At least 8 characters") || !strings.Contains(a.Body.String(), `value="one-time"`) {
		t.Errorf("a short password: %d\n%s", a.Code, a.Body)
	}
	form.Set("password", "long enough")
	form.Set("secret", "other")
	if a := s.ask("POST", "/dashboard/welcome", "", form); a.Code != 403 || !strings.Contains(a.Body.String(), "used up or too old") {
		t.Errorf("a wrong code: %d", a.Code)
	}
	form.Set("secret", "one-time")
	a := s.ask("POST", "/dashboard/welcome", "", form)
	if a.Code != http.StatusSeeOther || a.Result().Cookies()[0].Value != "fresh" {
		t.Errorf("the right code: %d %v", a.Code, a.Result().Cookies())
	}
}

func TestSignOutAndPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	form := url.Values{"old": {"wrong"}, "password": {"battery staple"}}
	if a := s.ask("POST", "/dashboard/account", "owner", form); a.Code != 403 || strings.Contains(a.Body.String(), "battery") {
		t.Errorf("a wrong present password: %d", a.Code)
	}
	form.Set("old", "correct horse")
	if a := s.ask("POST", "/dashboard/account", "owner", form); a.Code != 303 || a.Result().Cookies()[0].Value != "owner" {
		t.Errorf("the change: %d, and this browser should stay signed in", a.Code)
	}
	a := s.ask("POST", "/dashboard/logout", "owner", url.Values{})
	if c := a.Result().Cookies(); len(s.calls) != 1 || s.calls[0] != "signed out owner" || len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("sign out: %v, cookies %v", s.calls, c)
	}
}

// TestReaderSeesNoMore gives a person logsKYC alone (wire contract, section 3).
func TestReaderSeesNoMore(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.ask("GET", "/dashboard/sessions/"+sessionN(3), "reader", nil).Body.String()
	for _, secret := range []string{"SPECIMEN", "14.07.1990", "/images/kyc", "isLogicalMismatch", "surname differs", "31%", "Send again"} {
		if strings.Contains(body, secret) {
			t.Errorf("the page shows %q to somebody who may not see it", secret)
		}
	}
	if n := strings.Count(body, kyc.Denied); n < 5 {
		t.Errorf("the raw JSON says %q %d times", kyc.Denied, n)
	}
	if !strings.Contains(body, "Pictures: you do not have the permission") {
		t.Error("the page should say what is hidden")
	}
	body = s.ask("GET", "/dashboard/scenarios/"+flowID, "reader", nil).Body.String()
	for _, hidden := range []string{"the-scenario-secret", "whsec_", "/reveal", "/rotate", `value="save"`} {
		if strings.Contains(body, hidden) {
			t.Errorf("the scenario page shows %q to a reader", hidden)
		}
	}
	if !strings.Contains(body, "<fieldset class=\"locked\" disabled>") {
		t.Error("the form should be locked")
	}
	if body = s.ask("GET", "/dashboard/scenarios", "nobody", nil).Body.String(); strings.Contains(body, "/scenarios/new") || strings.Contains(body, `href="/dashboard/tokens"`) || strings.Contains(body, "<a href=\"/dashboard/sessions\"><svg class=\"icon\"") {
		t.Error("the navigation offers what the person may not do")
	}
}
