package dash

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

func (s *site) body(address, cookie string, more ...func(*http.Request)) string {
	return s.ask("GET", address, cookie, nil, more...).Body.String()
}

// TestEndpointsAtAGlance: state and trouble of each endpoint, in both languages,
// and nothing to change for who may not.
func TestEndpointsAtAGlance(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.body("/dashboard/webhooks", "owner")
	wants(t, body, "Passport and face", "The scenario&#39;s callback", "https://shop.example/hooks/kyc", "Works", "All is well.",
		"data warehouse", "Session started, Verdict", "Resting", "17 in a row", "The receiver answered 503.", "4 times slower", "1000 or more", "3 given up.",
		"old CRM", "Disabled", "Nothing but failures since 2026-02-25 08:11 UTC, 48 in a row.", "214",
		`href="/dashboard/webhooks/new?scenario=`+flowID+`"`, `data-from="/dashboard/live/endpoints"`)
	lacks(t, s.body("/dashboard/webhooks", "reader"), "/webhooks/new")
	wants(t, s.body("/dashboard/webhooks", "owner", setHeader("Accept-Language", "ru")), "Пауза", "17 подряд", "Получатель ответил 503.", "Одни сбои с 2026-02-25 08:11 UTC, 48 подряд.")
	s.scenarios = map[string]*kyc.Scenario{}
	wants(t, s.body("/dashboard/webhooks", "owner"), "Webhooks belong to scenarios.")
}

func TestStateOfAnEndpoint(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for want, e := range map[endpointState]kyc.Endpoint{
		stateWorks:    {URL: "x"},
		stateNowhere:  {},
		stateFailing:  {URL: "x", Failures: 1, Throttle: 1, OpenUntil: now},
		stateResting:  {URL: "x", Failures: 10, OpenUntil: now.Add(time.Second)},
		stateSlowed:   {URL: "x", Throttle: 1},
		stateOff:      {URL: "x", State: kyc.EndpointDisabled, StateReason: webhook.ByHand, Failures: 3},
		stateDisabled: {State: kyc.EndpointDisabled, StateReason: "the receiver answered 410 Gone"},
	} {
		if got := stateOf(&e, now); got != want {
			t.Errorf("%+v is %s, want %s", e, got, want)
		}
	}
}

// TestBannerW17: every page says that the platform has disabled an endpoint, to
// everybody who may know of it, and of nothing that a person switched off.
func TestBannerW17(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	for _, address := range append(pages(), "/dashboard/nowhere") {
		wants(t, s.body(address, "owner"), `role="alert"`, "1 webhook endpoint was disabled and gets nothing.", `<a href="/dashboard/webhooks/`+lostID+`">old CRM</a>`)
	}
	wants(t, s.body("/dashboard/scenarios", "reader"), "old CRM")
	for address, cookie := range map[string]string{"/dashboard/scenarios": "nobody", "/dashboard/sessions": "stranger", "/dashboard/login": ""} {
		lacks(t, s.body(address, cookie), "old CRM", "was disabled")
	}
	s.endpoints[2].StateReason = webhook.ByHand
	lacks(t, s.body("/dashboard/sessions", "owner"), "was disabled")
	s.endpoints[0].State, s.endpoints[0].StateReason = kyc.EndpointDisabled, "the receiver answered 410 Gone"
	s.endpoints[1].State, s.endpoints[1].StateReason = kyc.EndpointDisabled, "the receiver answered 410 Gone"
	wants(t, s.body("/dashboard/sessions", "owner"), "2 webhook endpoints were disabled", "The scenario&#39;s callback</a>: The receiver answered 410.")
	s.door.Webhooks = broken{hooks{s.world}}
	wants(t, s.body("/dashboard/sessions", "owner"), "It could not be found out whether a webhook endpoint is disabled.")
}

// TestEndpointSettings writes what the form says, and says what is wrong beside
// each field.
func TestEndpointSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address := "/dashboard/webhooks/" + secondID
	wants(t, s.body(address, "owner"), `value="data warehouse"`, `value="20"`, `value="4"`, `value="5"`, `<option value="thin" selected>`, `value="session.started" checked`, `value="session.step">`, `name="relaxed" value="1" checked`)
	if a := s.ask("POST", address, "owner", goodEndpoint("")); a.Code != 303 || a.Header().Get("Location") != address {
		t.Fatalf("%d to %q\n%s", a.Code, a.Header().Get("Location"), a.Body)
	}
	e := s.endpoints[1]
	got := []any{e.Name, e.URL, e.Mode, e.Events, e.Rate, e.Concurrency, e.Timeout, e.Relaxed}
	if want := []any{"risk team", "https://risk.shop.example/in", kyc.CallbackThin, []kyc.EventType{kyc.EventStepFinished, kyc.EventSessionFinal}, 2.5, 3, 7 * time.Second, true}; !reflect.DeepEqual(sorted(got), sorted(want)) {
		t.Errorf("saved %v, want %v", got, want)
	}
	a := s.ask("POST", address, "owner", goodEndpoint("")) // made from an older row
	if a.Code != http.StatusConflict || !strings.Contains(a.Body.String(), `name="lock" value="4"`) || !strings.Contains(a.Body.String(), `value="risk team"`) {
		t.Errorf("an outdated form: %d\n%s", a.Code, a.Body)
	}
	bad := url.Values{"lock": {"4"}, "name": {""}, "url": {"ftp://x"}, "mode": {"loud"}, "event": {"session.final"}, "rate": {"lots"}, "concurrency": {"1000"}, "timeout": {"99"}}
	a = s.ask("POST", address, "owner", bad)
	if a.Code != http.StatusBadRequest {
		t.Errorf("bad settings: %d", a.Code)
	}
	wants(t, a.Body.String(), "Give the endpoint a name", "Use an http or https address", "Choose one of the offered forms.", "At most 10000 attempts", "from 1 to 256", "1 to 30 seconds", `value="lots"`, `value="1000"`, `aria-invalid="true"`)
	bad.Del("event")
	wants(t, s.ask("POST", address, "owner", bad).Body.String(), "Choose at least one event.")
	lacks(t, s.body("/dashboard/webhooks/"+flowID, "owner"), `name="url"`, `name="mode"`, "/delete")
	body := s.body(address, "reader")
	lacks(t, body, "/rotate", "/test", "/replay", "/delete", "/disable", "whsec_", `type="submit" class="primary"`)
	wants(t, body, `<fieldset class="locked" disabled>`)
}

// sorted lets the order of events not matter.
func sorted(list []any) []any {
	list = slices.Clone(list)
	for i, v := range list {
		if events, ok := v.([]kyc.EventType); ok {
			events = slices.Clone(events)
			slices.Sort(events)
			list[i] = events
		}
	}
	return list
}

// TestSecretIsShownOnceW5 at creation and rotation, with what is valid until when (W4).
func TestSecretIsShownOnceW5(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", "/dashboard/webhooks/new", "owner", goodEndpoint(flowID))
	if a.Code != 200 || a.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d\n%s", a.Code, a.Body)
	}
	wants(t, a.Body.String(), "whsec_shown-once", "shown this once", `data-page="/dashboard/webhooks/`+madeID+`"`)
	body := s.body("/dashboard/webhooks/"+madeID, "owner")
	lacks(t, body, "whsec_shown-once")
	wants(t, body, "whsec_…new=", "signs, until it is replaced")

	address := "/dashboard/webhooks/" + secondID + "/rotate"
	wants(t, s.ask("POST", address, "owner", url.Values{"overlap": {"1h"}}).Body.String(), "The old one goes on signing for the time you chose.", `value="1h"`)
	if len(s.calls) != 1 {
		t.Fatalf("a question changed something: %v", s.calls)
	}
	body = s.ask("POST", address, "owner", url.Values{"overlap": {"1h"}, "confirmed": {"yes"}}).Body.String()
	wants(t, body, "whsec_rotated", "whsec_…ated", "whsec_…fore", "signs beside the new one until", s.now.Add(time.Hour).Format("2006-01-02T15:04:05"))
	lacks(t, s.body("/dashboard/webhooks/"+secondID, "owner"), "whsec_rotated")
	s.ask("POST", address, "owner", url.Values{"overlap": {"0s"}, "confirmed": {"yes"}})
	for _, overlap := range []string{"", "9999h", "-1h", "x"} {
		if a := s.ask("POST", address, "owner", url.Values{"overlap": {overlap}, "confirmed": {"yes"}}); a.Code != 400 {
			t.Errorf("overlap %q: %d", overlap, a.Code)
		}
	}
	if want := []string{"created risk team", "rotated data warehouse 1h0m0s", "rotated data warehouse 0s"}; !slices.Equal(s.calls, want) {
		t.Errorf("changed %v, want %v", s.calls, want)
	}
	if log := s.log.String(); strings.Contains(log, "whsec_") || !strings.Contains(log, "endpoint secret rotated") {
		t.Error("the log should say that a secret was rotated, and not which")
	}
}

// TestTestEventW27 leads to where one sees how it went, or says why it cannot be sent.
func TestTestEventW27(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	a := s.ask("POST", "/dashboard/webhooks/"+secondID+"/test", "owner", url.Values{"event": {"session.step"}})
	if a.Code != 303 || a.Header().Get("Location") != "/dashboard/deliveries/"+deliveryN(99) {
		t.Fatalf("%d to %q", a.Code, a.Header().Get("Location"))
	}
	wants(t, s.body(a.Header().Get("Location"), "owner"), "Step finished", `<span class="tag">test</span>`, "On its way", "Nothing was tried yet.", `data-from="/dashboard/live/delivery/`+deliveryN(99)+`"`)
	a = s.ask("POST", "/dashboard/webhooks/"+lostID+"/test", "owner", url.Values{"event": {"session.final"}})
	if a.Code != http.StatusConflict || !strings.Contains(a.Body.String(), "The endpoint is disabled. Enable it first.") {
		t.Errorf("a disabled endpoint: %d", a.Code)
	}
	if a = s.ask("POST", "/dashboard/webhooks/"+secondID+"/test", "owner", url.Values{"event": {"dance"}}); a.Code != 400 {
		t.Errorf("an unknown event: %d", a.Code)
	}
}

// TestReplayOfManyW26 says how many before anything is sent, and after.
func TestReplayOfManyW26(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address := "/dashboard/webhooks/" + secondID + "/replay"
	failed := url.Values{"what": {"failed"}, "since": {"2026-03-01T00:00"}}
	wants(t, s.ask("POST", address, "owner", failed).Body.String(), "31 notifications will be sent again.", `name="since" value="2026-03-01T00:00"`)
	if len(s.calls) > 0 {
		t.Fatalf("a question sent something: %v", s.calls)
	}
	failed.Set("confirmed", "yes")
	a := s.ask("POST", address, "owner", failed)
	if a.Code != 303 || len(a.Result().Cookies()) != 1 || a.Result().Cookies()[0].Value != "notice.replay.many=31" {
		t.Errorf("%d with %v", a.Code, a.Result().Cookies())
	}
	all := url.Values{"what": {"range"}, "from": {"2026-03-01T00:00"}, "to": {"2026-03-01T06:30:15"}, "confirmed": {"yes"}}
	s.ask("POST", address, "owner", all)
	if want := []string{"replayed failed since 2026-03-01T00:00", "replayed 2026-03-01T00:00 to 2026-03-01T06:30"}; !slices.Equal(s.calls, want) {
		t.Errorf("sent %v, want %v", s.calls, want)
	}
	for _, wrong := range []struct {
		form url.Values
		code int
		want string
	}{
		{url.Values{"what": {"failed"}, "since": {"yesterday"}}, 400, "This must be a time."},
		{url.Values{"what": {"range"}, "from": {""}, "to": {"x"}}, 400, "This must be a time."},
		{url.Values{"what": {"range"}, "from": {"2026-03-02T00:00"}, "to": {"2026-03-01T00:00"}}, 400, "The end must be later than the beginning."},
		{url.Values{"what": {"failed"}, "since": {"1999-01-01T00:00"}}, 413, "Choose a shorter time."},
	} {
		if a := s.ask("POST", address, "owner", wrong.form); a.Code != wrong.code || !strings.Contains(a.Body.String(), wrong.want) {
			t.Errorf("%v: %d, want %d and %q", wrong.form, a.Code, wrong.code, wrong.want)
		}
	}
	if a := s.ask("POST", address, "owner", url.Values{"what": {"failed"}, "since": {"2099-01-01T00:00"}}); a.Code != 303 || a.Result().Cookies()[0].Value != "notice.replay.none" {
		t.Errorf("nothing to send: %d", a.Code)
	}
}

// TestDeliveryLogW25 filters by everything, keeps the client key out of
// addresses, and pages by cursor.
func TestDeliveryLogW25(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.body("/dashboard/deliveries", "owner")
	wants(t, body, "5 deliveries", "Verdict", "The scenario&#39;s callback", "The receiver answered 503.", "HTTP 204", `href="/dashboard/deliveries/`+deliveryN(2)+`"`, `data-part="delivery-`+deliveryN(2)+`"`, `data-from="/dashboard/live/deliveries"`)
	query := url.Values{"session": {sessionN(3)}, "endpoint": {flowID}, "status": {"pending"}, "event": {"session.final"}, "from": {"2026-03-01T00:00"}, "to": {"2026-03-03T00:00"}}
	a := s.ask("POST", "/dashboard/deliveries", "owner", query)
	if a.Code != 303 || a.Header().Get("Location") != "/dashboard/deliveries?"+query.Encode() {
		t.Errorf("without a client key: %d to %q, want an address that can be kept", a.Code, a.Header().Get("Location"))
	}
	wants(t, s.body(a.Header().Get("Location"), "owner"), "1 delivery", deliveryN(3), `value="`+sessionN(3)+`"`, `<option value="pending" selected>`)
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	want := kyc.DeliveryFilter{SessionID: sessionN(3), EndpointID: flowID, Event: kyc.EventSessionFinal, Statuses: []kyc.DeliveryStatus{kyc.DeliveryPending}, From: day(1), To: day(3), PageSize: pageSize}
	if got := s.searches[len(s.searches)-1]; !reflect.DeepEqual(got, want) {
		t.Errorf("asked for %+v, want %+v", got, want)
	}

	a = s.ask("POST", "/dashboard/deliveries", "owner", url.Values{"clientKey": {"user_1040"}, "status": {"delivered"}})
	if got := s.searches[len(s.searches)-1]; a.Code != 200 || got.ClientKey != "user_1040" {
		t.Errorf("by client key: %d, asked for %+v", a.Code, got)
	}
	wants(t, a.Body.String(), `<nav class="pager"`, `<form method="post" action="/dashboard/deliveries"><input type="hidden" name="clientKey" value="user_1040">`, `value="next-page"`, `data-again`)
	a = s.ask("POST", "/dashboard/deliveries", "owner", url.Values{"clientKey": {"user_1040"}, "cursor": {"next-page"}})
	if got := s.searches[len(s.searches)-1]; got.Cursor != "next-page" || !strings.Contains(a.Body.String(), "First page") {
		t.Errorf("the next page: %+v", got)
	}
	for name, value := range map[string]string{"session": "x", "endpoint": "x", "status": "x", "event": "x", "from": "x", "to": "x", "cursor": "forged"} {
		if a := s.ask("GET", "/dashboard/deliveries?"+url.Values{name: {value}}.Encode(), "owner", nil); a.Code != 400 || !strings.Contains(a.Body.String(), `role="alert"`) {
			t.Errorf("%s=%s: %d", name, value, a.Code)
		}
	}
	n := len(s.searches)
	if s.body("/dashboard/deliveries?clientKey=user_1040", "owner"); s.searches[n].ClientKey != "" {
		t.Error("a client key is read from an address")
	}
	wants(t, s.body("/dashboard/deliveries?endpoint="+madeID, "owner"), "Nothing fits", `<option value="`+madeID+`" selected>`)
	wants(t, s.body("/dashboard/deliveries", "stranger"), "Nothing was sent yet")
}

// TestOneDeliveryW25 shows what was sent and what came back, attempt by attempt.
func TestOneDeliveryW25(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	body := s.body("/dashboard/deliveries/"+deliveryN(2), "owner")
	wants(t, body, deliveryN(2), "session.final", "Delivered", "HTTP 503", "HTTP 204", "1240 ms", "87 ms", "upstream is asleep", "Request headers", "openkyc-sequence", "webhook-timestamp",
		"SHA-256 of the body", `href="/dashboard/sessions/`+sessionN(2)+`"`, `href="/dashboard/webhooks/`+flowID+`"`, "Send again")
	if newest, oldest := strings.Index(body, "try 2"), strings.Index(body, "try 1"); newest < 0 || newest > oldest {
		t.Error("the newest attempt should stand first")
	}
	wants(t, s.body("/dashboard/deliveries/"+deliveryN(3), "owner"), "On its way", "Next attempt")
	lacks(t, s.body("/dashboard/deliveries/"+deliveryN(2), "reader"), "Send again")
	if a := s.ask("POST", "/dashboard/deliveries/"+deliveryN(2)+"/replay", "owner", url.Values{}); a.Code != 303 || !slices.Equal(s.calls, []string{"replayed " + deliveryN(2)}) {
		t.Errorf("%d, %v", a.Code, s.calls)
	}
	s.endpoints = s.endpoints[1:]
	wants(t, s.body("/dashboard/deliveries/"+deliveryN(2), "owner"), "deleted endpoint")
}

// TestTurnedByHand: what cannot be undone is asked first.
func TestTurnedByHand(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	address, yes := "/dashboard/webhooks/"+secondID, url.Values{"confirmed": {"yes"}}
	wants(t, s.ask("POST", address+"/disable", "owner", url.Values{}).Body.String(), "Disable this endpoint?")
	wants(t, s.ask("POST", address+"/delete", "owner", url.Values{}).Body.String(), "Delete “data warehouse”?")
	if len(s.calls) > 0 {
		t.Fatalf("a question changed something: %v", s.calls)
	}
	s.ask("POST", address+"/disable", "owner", yes)
	wants(t, s.body(address, "owner"), "Switched off", "This endpoint gets nothing", "Disabled by hand.")
	s.ask("POST", address+"/enable", "owner", url.Values{})
	s.ask("POST", address+"/delete", "owner", yes)
	if want := []string{"disabled data warehouse", "enabled data warehouse", "deleted data warehouse"}; !slices.Equal(s.calls, want) {
		t.Errorf("changed %v, want %v", s.calls, want)
	}
	if a := s.ask("GET", address, "owner", nil); a.Code != 404 {
		t.Errorf("afterwards: %d", a.Code)
	}
}

// TestFaultsOfEndpointsAreTranslated breaks every rule of an endpoint.
func TestFaultsOfEndpointsAreTranslated(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	bad := kyc.Endpoint{ID: "a", ScenarioID: "b", URL: "ftp://x", Mode: "loud", Events: []kyc.EventType{"x", "x"}, Rate: -1, Concurrency: -1, Timeout: 1}
	slow := kyc.Endpoint{ID: "a", ScenarioID: "a", Mode: kyc.CallbackPlain, Rate: 0.001}
	sentences := append(bad.Validate(), slow.Validate()...)
	if len(sentences) < 9 {
		t.Fatalf("only %d rules are broken: %v", len(sentences), sentences)
	}
	for _, sentence := range sentences {
		f := s.door.texts.words("ru").sentences(kyc.ErrInvalid(sentence))[0]
		if !strings.ContainsFunc(f.text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Errorf("%q is not translated: %q", sentence, f.text)
		}
	}
}
