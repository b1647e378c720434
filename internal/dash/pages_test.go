package dash

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
)

func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func lacks(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(body, text) {
			t.Errorf("the page should not hold %q", text)
		}
	}
}

func TestListOfSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.ask("GET", home, "owner", nil).Body.String()
	wants(t, body, "7 sessions", "user_1040", "Иван-0917", `class="badge suspicious"`, `datetime="2026-03-02T10:26:00.000Z"`, "2026-03-02 10:26:00 UTC", "Passport and face",
		`aria-label="Document: Suspicious"`, `href="/dashboard/sessions?status=failed"`)
	for _, view := range s.sessions {
		wants(t, body, `href="/dashboard/sessions/`+view.SessionID+`"`)
	}
	many := newWorld()
	many.crowd = 1_234_567
	body = newSite(t, many, "").ask("GET", home, "owner", nil).Body.String()
	wants(t, body, "about 1200000 sessions", "<strong>≈\u20091200000</strong>") // what is an estimate says so
	empty := newWorld()
	empty.sessions = nil
	wants(t, newSite(t, empty, "").ask("GET", home, "owner", nil).Body.String(), "No sessions yet")
	wants(t, s.ask("GET", home+"?status=idle&from=2020-01-01&to=2020-01-02", "owner", nil).Body.String(), "Nothing fits")
}

// asked is the filter of the list itself, without the questions for today's counts.
func lastFilter(w *world) kyc.SessionFilter {
	for i := len(w.filters) - 1; i >= 0; i-- {
		if w.filters[i].PageSize == pageSize {
			return w.filters[i]
		}
	}
	return kyc.SessionFilter{}
}

func TestSearchByClientKey(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", home, "owner", url.Values{"clientKey": {" user_1040 "}, "status": {"success"}})
	if f := lastFilter(s.world); a.Code != 200 || f.ClientKey != "user_1040" || f.Statuses[0] != kyc.Success {
		t.Errorf("%d with the filter %+v", a.Code, f)
	}
	wants(t, a.Body.String(), "1 session", `value="user_1040"`)
	lacks(t, a.Body.String(), "Иван-0917")
	if s.ask("GET", home+"?clientKey=user_1040", "owner", nil); lastFilter(s.world).ClientKey != "" {
		t.Error("a client key in the query must not be looked for: addresses are logged")
	}
	if a := s.ask("POST", home, "owner", url.Values{"clientKey": {strings.Repeat("x", 37)}}); a.Code != 400 || !strings.Contains(a.Body.String(), "1 to 36 characters") {
		t.Errorf("a key that is too long: %d", a.Code)
	}
}

func TestFilterWithoutKeyBecomesAnAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", home, "owner", url.Values{"clientKey": {""}, "status": {"failed"}, "scenario": {flowID}, "from": {"2026-03-01"}, "to": {"2026-03-02"}})
	to := a.Header().Get("Location")
	if want := home + "?from=2026-03-01&scenario=" + flowID + "&status=failed&to=2026-03-02"; a.Code != 303 || to != want {
		t.Fatalf("%d to %q, want %q", a.Code, to, want)
	}
	a = s.ask("GET", to, "owner", nil)
	f := lastFilter(s.world)
	if a.Code != 200 || !f.From.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) || !f.To.Equal(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)) || f.ScenarioID != flowID {
		t.Errorf("the filter %+v: the last day should be inside", f)
	}
	for query, fault := range map[string]string{"?from=yesterday": "first day", "?to=1": "last day", "?status=perfect": "no such status", "?scenario=x": "no such scenario"} {
		if a := s.ask("GET", home+query, "owner", nil); a.Code != 400 || !strings.Contains(a.Body.String(), fault) {
			t.Errorf("%s: %d", query, a.Code)
		}
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for range 40 {
		w.sessions = append(w.sessions, sessionOf(2, kyc.Success, w.now))
	}
	s := newSite(t, w, "")
	wants(t, s.ask("GET", home, "owner", nil).Body.String(), `<form method="get"`, `name="cursor" value="next-page"`, "Next page")
	body := s.ask("POST", home, "owner", url.Values{"clientKey": {"user_1040"}}).Body.String()
	pager := body[strings.Index(body, `class="pager"`):]
	wants(t, pager, `<form method="post"`, `name="clientKey" value="user_1040"`, `name="cursor" value="next-page"`)
	s.ask("POST", home, "owner", url.Values{"clientKey": {"user_1040"}, "cursor": {"next-page"}})
	if lastFilter(w).Cursor != "next-page" {
		t.Error("the cursor is not handed on")
	}
}

func TestOneSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.ask("GET", "/dashboard/sessions/"+sessionN(3), "owner", nil).Body.String()
	wants(t, body, "Refused, because at least one check did not pass.", "Dates or names contradict each other", "surname differs from the page, expired",
		"Document ↔ Selfie: the faces are not alike enough.", "31% alike; 70% are needed", // why
		`href="/images/kycfull/`, `src="/images/kyc/`, "document_0/1_face.jpg", "liveness_2/1_left.jpg", // pictures
		"SPECIMEN", "contradicts", "4 fields of the machine-readable zone", // fields
		"98% sure", `class="check failed"`, `class="bar-value" width="31"`, // checks, pairs
		"Few doubts about the capture", "what an earlier session had", "Measured 0.28, from 0.50 on it fails", // risk and limit
		"Measures", `<dt title="capture.risk">Risk of how it was captured, 0 (none) to 1</dt><dd>0.28</dd>`, // what it was decided from
		"7 of 15 frames of this recording were in an earlier session. Of them, 2 came mirrored.", `href="/dashboard/sessions/`+sessionN(9)+`"`, // replayed
		"9 of 15 frames of this recording were sent to this installation before, in another account.",
		"This picture was in an earlier session. It came mirrored.", `href="/dashboard/sessions/`+sessionN(8)+`"`, // a selfie that came again
		"Earlier tries", "at least one character could not be read", // history
		"6 pictures looked at", "Document, try 2: Failed", // timeline
		"On its way", "HTTP 503", "upstream is asleep", "Next attempt:", "Send again", // deliveries
		"&#34;sessionId&#34;: &#34;"+sessionN(3), `data-from="/dashboard/live/session/`+sessionN(3)+`"`)
	body = s.ask("GET", "/dashboard/sessions/"+sessionN(4), "owner", nil).Body.String()
	wants(t, body, "Only soft checks did not pass", "Document (soft)", "What matters is cut off", `class="check suspicious"`)
	body = s.ask("GET", "/dashboard/sessions/"+sessionN(2), "owner", nil).Body.String()
	wants(t, body, "Every check of every step passed.", "Delivered")
	lacks(t, body, "did not pass", `class="check failed"`, `class="flag"`)
	body = s.ask("GET", "/dashboard/sessions/"+sessionN(5), "owner", nil).Body.String()
	wants(t, body, "Something broke on our side", "A check failed to run; see the log by the session id.")
	body = s.ask("GET", "/dashboard/sessions/"+sessionN(0), "owner", nil, setHeader("Accept-Language", "ru")).Body.String()
	wants(t, body, "Ожидаем действий человека.", "Ни один шаг ещё не завершён.", "45 мин 14 с", "Уведомления отправляются, когда сессия завершена.")
}

// TestDeliveriesInRussian: what the timeline and the attempts say is translated,
// down to the sentences of rooms that speak English.
func TestDeliveriesInRussian(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.ask("GET", "/dashboard/sessions/"+sessionN(3), "owner", nil, setHeader("Accept-Language", "ru")).Body.String()
	wants(t, body, "попытка 1, HTTP 503", "попытка 2, HTTP 204")
	lacks(t, body, "attempt 1", "the receiver answered")
	said := regexp.MustCompile(`(?:kyc\.(?:Wrap|Errorf)\([^"]*|fault = )"([^"]+)"`)
	v := &visit{words: s.door.texts.words("ru")}
	for _, file := range []string{"../egress/client.go", "../webhook/send.go"} {
		source, err := os.ReadFile(file)
		sentences := said.FindAllSubmatch(source, -1)
		if err != nil || len(sentences) == 0 {
			t.Fatalf("%s: no sentences found, %v", file, err)
		}
		for _, found := range sentences {
			sentence := string(found[1])
			if text := deliveryFault(v, kyc.DeliveryAttempt{Error: sentence}); text == sentence || text == "" {
				t.Errorf("%s says %q, which has no Russian", file, sentence)
			}
		}
	}
}

// TestThresholdOfAnOlderRevision: a scenario that has changed since says
// nothing about how a session was judged.
func TestThresholdOfAnOlderRevision(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.scenarios[flowID].Revision++
	s := newSite(t, w, "")
	lacks(t, s.ask("GET", "/dashboard/sessions/"+sessionN(3), "owner", nil).Body.String(), "70%", "(soft)")
	lacks(t, s.ask("GET", "/dashboard/sessions/"+sessionN(4), "owner", nil).Body.String(), "(soft)")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address, id := "/dashboard/sessions/"+sessionN(3)+"/replay", s.records[sessionN(3)][0].Delivery.ID
	if a := s.ask("POST", address, "reader", url.Values{"delivery": {id}}); a.Code != 403 {
		t.Errorf("without editKYC: %d", a.Code)
	}
	if a := s.ask("POST", address, "owner", url.Values{"delivery": {s.records[sessionN(2)][0].Delivery.ID}}); a.Code != 404 {
		t.Errorf("the delivery of another session: %d", a.Code)
	}
	if len(s.calls) > 0 {
		t.Fatalf("sent: %v", s.calls)
	}
	a := s.ask("POST", address, "owner", url.Values{"delivery": {id}})
	if a.Code != 303 || len(s.calls) != 1 || s.calls[0] != "replayed "+id {
		t.Errorf("%d, %v", a.Code, s.calls)
	}
	notice := a.Result().Cookies()[0]
	next := s.ask("GET", "/dashboard/sessions/"+sessionN(3), "owner", nil, func(r *http.Request) { r.AddCookie(notice) })
	wants(t, next.Body.String(), "The notification is on its way again.")
}

// What a face was estimated to be is shown with its stated error and the face.
func TestEstimatesStandWithTheirError(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.ask("GET", "/dashboard/sessions/"+sessionN(4), "owner", nil).Body.String()
	wants(t, body, "Face is of the document&#39;s age", "41", "31.4 years apart, up to 25.0 are tolerated", "errs by ±5.4 years on average", "female · 99% sure", "wrong about 3 % of faces", "1_face.jpg")
}

func TestScenarioFaultsKeepTheInput(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	form := goodForm()
	form.Set("name", "")
	form.Set("callback.url", "ftp://shop.example")
	form.Set("secondsToLive", "soon")
	form.Set("thresholds.faceMatch", "NaN")
	form.Set("thresholds.ageTolerance", "0")
	form.Set("thresholds.genderCertainty", "100")
	form["steps.attempts"] = []string{"3", "99"}
	a := s.ask("POST", "/dashboard/scenarios/"+flowID, "owner", form)
	if a.Code != 400 {
		t.Fatalf("%d", a.Code)
	}
	body := a.Body.String()
	wants(t, body, "Give the scenario a name", "Use an http or https address", "Give from 60 seconds to 30 days", "Use a number over 0", "Allow 1 to 10 tries", "Use 1 to 100 years", "Use more than 50 and less than 100",
		`value="ftp://shop.example"`, `value="soon"`, `value="NaN"`, `value="99"`, "https://a.example\r\n\r\nhttps://b.example")
	second := body[strings.Index(body, `value="99"`):]
	if !strings.Contains(second[:strings.Index(second, "</li>")], "Allow 1 to 10 tries") {
		t.Error("the fault of the second step does not stand beside it")
	}
	if n := strings.Count(body, `aria-invalid="true"`); n != 6 {
		t.Errorf("%d fields are marked, want 6", n)
	}
	if s.scenarios[flowID].Revision != 4 {
		t.Error("something was saved")
	}
}

func TestScenarioIsSavedAsTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", "/dashboard/scenarios/"+flowID, "owner", goodForm())
	if a.Code != 303 || a.Header().Get("Location") != "/dashboard/scenarios/"+flowID {
		t.Fatalf("%d to %q\n%s", a.Code, a.Header().Get("Location"), a.Body)
	}
	got, _ := json.Marshal(s.scenarios[flowID].Definition)
	want := `{"name":"Renamed","steps":[{"type":"document","attempts":3},{"type":"selfie","attempts":2}],"secondsToLive":1800,` +
		`"callback":{"url":"https://shop.example/hook","mode":"plain","appendClientKey":false},"successRedirect":"","thresholds":{"faceMatch":72.5},` +
		`"soft":["isCropped"],"allowedOrigins":["https://a.example","https://b.example"],"requireKeyVersion":2}`
	if string(got) != want {
		t.Errorf("saved\n%s, want\n%s", got, want)
	}
	if a := s.ask("POST", "/dashboard/scenarios/"+flowID, "owner", goodForm()); a.Code != 409 || !strings.Contains(a.Body.String(), `name="revision" value="5"`) {
		t.Errorf("a form made from revision 4 again: %d, want 409 and the new revision in the form", a.Code)
	}
}

// TestFormShowsWhatWasSaved: a definition survives its way through the form.
func TestFormShowsWhatWasSaved(t *testing.T) {
	t.Parallel()
	for _, seconds := range []int{60, 90, 3600, 5400, 86400, 2592000, 61} {
		d := newWorld().scenarios[flowID].Definition
		d.SecondsToLive, d.Soft, d.Callback.AppendClientKey = seconds, kyc.SoftChecks{"isCropped", "isMadeUp"}, true
		if seconds == 61 {
			d.Steps = append(d.Steps, kyc.Step{Type: kyc.StepAddressProof, Attempts: 2})
			d.AllowCorrection = true
			d.Thresholds.CaptureRisk = 0.35
			d.Thresholds.AgeTolerance, d.Thresholds.GenderCertainty = 27.5, 98
			d.AddressProof = kyc.AddressProof{Kinds: []kyc.ProofKind{kyc.TaxLetter, kyc.PhoneBill}, MaxAge: 45, Unit: kyc.Days, IgnoreName: true, NameMatch: 92.5}
		}
		got, want := formOf(d, 1).definition(), d
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("%s\nbecame\n%s", b, a)
		}
	}
}

func TestStepsCanBeRearrangedWithoutScript(t *testing.T) {
	t.Parallel()
	for do, want := range map[string]string{
		"add": "document selfie liveness document", "remove:1": "document liveness", "up:2": "document liveness selfie", "down:0": "selfie document liveness",
		"up:0": "document selfie liveness", "down:2": "document selfie liveness", "remove:9": "document selfie liveness", "up:x": "document selfie liveness",
	} {
		s := newSite(t, newWorld(), "")
		form := goodForm()
		form["steps.type"], form["steps.attempts"] = []string{"document", "selfie", "liveness"}, []string{"1", "2", "3"}
		form.Set("do", do)
		a := s.ask("POST", "/dashboard/scenarios/new", "owner", form)
		body := a.Body.String()
		body = body[:strings.Index(body, "<template>")]
		var got []string
		for _, m := range regexp.MustCompile(`<option value="(document|selfie|liveness)" selected>`).FindAllStringSubmatch(body, -1) {
			got = append(got, m[1])
		}
		if a.Code != 200 || strings.Join(got, " ") != want {
			t.Errorf("%s: %d %v, want %s", do, a.Code, got, want)
		}
		if len(s.scenarios) != 1 {
			t.Errorf("%s saved the scenario", do)
		}
	}
}

// TestSecretsAreShownOnRequestOnly (S10): not in the page, and asking is logged.
func TestSecretsAreShownOnRequestOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address := "/dashboard/scenarios/" + flowID
	lacks(t, s.ask("GET", address, "owner", nil).Body.String(), "the-scenario-secret", "whsec_dGhl")
	if s.log.String() != "" && strings.Contains(s.log.String(), "secret revealed") {
		t.Error("looking at the page is no revealing")
	}
	a := s.ask("POST", address+"/reveal", "owner", url.Values{"which": {"secret"}})
	wants(t, a.Body.String(), "the-scenario-secret")
	lacks(t, a.Body.String(), "whsec_dGhl")
	a = s.ask("POST", address+"/reveal", "owner", url.Values{"which": {"webhookSecret"}}, setHeader("Accept", "application/json"))
	if got := strings.TrimSpace(a.Body.String()); got != `{"value":"whsec_dGhlLXdlYmhvb2stc2VjcmV0"}` || a.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("for the script: %s", got)
	}
	log := s.log.String()
	if strings.Count(log, "secret revealed") != 2 || !strings.Contains(log, ownerID) || strings.Contains(log, "the-scenario-secret") || strings.Contains(log, "whsec_") {
		t.Errorf("the log should say who and which, and not the secret:\n%s", log)
	}
	if a := s.ask("POST", address+"/reveal", "owner", url.Values{"which": {"password"}}); a.Code != 400 {
		t.Errorf("an unknown secret: %d", a.Code)
	}
}

func TestDangerIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	rotate := "/dashboard/scenarios/" + flowID + "/rotate"
	a := s.ask("POST", rotate, "owner", url.Values{"which": {"webhookSecret"}})
	wants(t, a.Body.String(), "Replace the webhook secret?", `name="confirmed" value="yes"`, `name="which" value="webhookSecret"`, `action="`+rotate+`"`)
	remove := "/dashboard/tokens/" + s.tokens[0].ID + "/delete"
	wants(t, s.ask("POST", remove, "owner", url.Values{}).Body.String(), "Delete this token?", `name="confirmed" value="yes"`)
	if len(s.calls) > 0 || len(s.tokens) != 3 {
		t.Fatal("done without a confirmation")
	}
	s.ask("POST", rotate, "owner", url.Values{"which": {"webhookSecret"}, "confirmed": {"yes"}})
	if a := s.ask("POST", remove, "owner", url.Values{"confirmed": {"yes"}}); a.Code != 303 || len(s.calls) != 1 || s.calls[0] != "rotated "+string(scenario.WebhookSecret) || len(s.tokens) != 2 {
		t.Errorf("confirmed: %d %v, %d tokens", a.Code, s.calls, len(s.tokens))
	}
}

func TestCheckButton(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address := "/dashboard/scenarios/" + flowID + "/check"
	body := s.ask("POST", address, "owner", url.Values{"key": {"ключ 17"}}).Body.String()
	wants(t, body, "It decrypts to what went in.", "<code>ключ 17</code>", `value="ключ 17"`)
	a := s.ask("POST", address, "owner", url.Values{"key": {strings.Repeat("я", 37)}})
	if a.Code != 400 {
		t.Errorf("a key that is too long: %d", a.Code)
	}
	wants(t, a.Body.String(), "1 to 36 characters")
	lacks(t, a.Body.String(), "It decrypts to what went in.")
}

func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("GET", "/dashboard/scenarios/"+flowID+"/export", "reader", nil)
	code, err := scenario.ParseCode(a.Body.Bytes())
	if err != nil || code.ID != flowID || code.Name != "Passport and face" || !strings.HasPrefix(a.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%v %+v", err, code)
	}
	lacks(t, a.Body.String(), "the-scenario-secret", "whsec_")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", "/dashboard/tokens", "owner", url.Values{"name": {"shop"}, "days": {"30"}, "permission": {"logsKYC", "createKYC"}})
	wants(t, a.Body.String(), "okyc_shown-once", "shown this once")
	made := s.tokens[3]
	if !made.ExpiresAt.Equal(s.now.AddDate(0, 0, 30)) || len(made.Permissions) != 2 {
		t.Errorf("made %+v", made)
	}
	body := s.ask("GET", "/dashboard/tokens", "owner", nil).Body.String()
	lacks(t, body, "okyc_shown-once")
	wants(t, body, "shop backend", "2 permissions", "Expired", "never")
	for name, form := range map[string]url.Values{
		"no name":          {"name": {" "}, "days": {"30"}, "permission": {"logsKYC"}},
		"no permission":    {"name": {"x"}, "days": {"30"}},
		"a made-up life":   {"name": {"x"}, "days": {"-5"}, "permission": {"logsKYC"}},
		"more than I have": {"name": {"x"}, "days": {"30"}, "permission": {"viewAudit"}},
	} {
		who := "owner"
		if name == "more than I have" {
			s.people["keeper"] = &kyc.Principal{AccountID: ours, UserID: "k", Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.ManageTokens}}
			who = "keeper"
		}
		if a := s.ask("POST", "/dashboard/tokens", who, form); a.Code != 400 || len(s.tokens) != 4 {
			t.Errorf("%s: %d, %d tokens", name, a.Code, len(s.tokens))
		}
	}
	body = s.ask("GET", "/dashboard/tokens", "keeper", nil).Body.String()
	lacks(t, body, `value="viewAudit"`)
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", "/dashboard/preferences", "owner", url.Values{"lang": {"ru"}, "back": {"/dashboard/tokens"}})
	if c := a.Result().Cookies(); a.Header().Get("Location") != "/dashboard/tokens" || len(c) != 1 || c[0].Value != "ru" {
		t.Fatalf("%d %v", a.Code, c)
	}
	next := s.ask("GET", "/dashboard/tokens", "owner", nil, func(r *http.Request) { r.AddCookie(a.Result().Cookies()[0]) })
	wants(t, next.Body.String(), `<html lang="ru">`, "Токены API")
	a = s.ask("POST", "/dashboard/preferences", "", url.Values{"theme": {"dark"}, "back": {"https://evil.example"}}, setHeader("Accept", "application/json"))
	if a.Code != 204 || a.Result().Cookies()[0].Value != "dark" {
		t.Errorf("for the script: %d", a.Code)
	}
	next = s.ask("GET", "/dashboard/login", "", nil, func(r *http.Request) { r.AddCookie(a.Result().Cookies()[0]) })
	wants(t, next.Body.String(), `data-theme="dark"`)
	if a := s.ask("POST", "/dashboard/preferences", "", url.Values{"lang": {"xx"}, "back": {"//evil.example"}}); a.Header().Get("Location") != home || len(a.Result().Cookies()) != 0 {
		t.Errorf("nonsense: to %q, %v", a.Header().Get("Location"), a.Result().Cookies())
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("GET", "/dashboard/sessions/not-an-id", "owner", nil)
	if a.Code != 404 {
		t.Errorf("%d", a.Code)
	}
	wants(t, a.Body.String(), "There is nothing here")
	big := url.Values{"name": {strings.Repeat("x", maxForm)}}
	if a := s.ask("POST", "/dashboard/scenarios/new", "owner", big); a.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: %d", a.Code)
	}
	broken := newSite(t, newWorld(), "")
	broken.door.Sessions = failing{broken.world}
	a = broken.ask("GET", home, "owner", nil)
	if a.Code != 500 || strings.Contains(a.Body.String(), "disk") || !strings.Contains(broken.log.String(), "disk on fire") {
		t.Errorf("our own failure: %d; the cause belongs into the log and not into the page", a.Code)
	}
	wants(t, a.Body.String(), "Request number:", a.Header().Get("X-Request-Id"))
}
