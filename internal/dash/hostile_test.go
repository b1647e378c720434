package dash

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

func setHeader(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// pages that a signed-in owner can open.
func pages() []string {
	list := []string{"/dashboard/sessions", "/dashboard/scenarios", "/dashboard/scenarios/new", "/dashboard/scenarios/" + flowID, "/dashboard/tokens", "/dashboard/account",
		"/dashboard/webhooks", "/dashboard/webhooks/new?scenario=" + flowID, "/dashboard/webhooks/" + flowID, "/dashboard/webhooks/" + secondID, "/dashboard/webhooks/" + lostID,
		"/dashboard/deliveries", "/dashboard/deliveries/" + deliveryN(2), "/dashboard/deliveries/" + deliveryN(3),
		"/dashboard/lists", "/dashboard/lists/search", "/dashboard/lists/history", "/dashboard/lists/" + listID, "/dashboard/persons/" + personID}
	for i := range kyc.Statuses() {
		list = append(list, "/dashboard/sessions/"+sessionN(i))
	}
	return list
}

// corpus of texts that an applicant, a receiver or an operator may send.
func corpus() []string {
	return []string{
		`<img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `"><svg/onload=alert(1)>`, `' onmouseover='alert(1)`, `" autofocus onfocus="alert(1)`,
		`javascript:alert(1)`, `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `</pre></code><iframe srcdoc="x">`, `<a href="javascript:alert(1)">x</a>`,
		"<style>*{display:none}</style>", `{{.Secret}}`, "\u202e<b>gpj", "&lt;img src=x&gt;", `data:text/html,<script>alert(1)</script>`, "`><img src=x>", "<math><mtext></form>",
	}
}

// poison puts one text everywhere that a text can come in.
func poison(w *world, text string) {
	swap := func(s *string) { *s = text }
	swap(&w.listName)
	for i := range w.sessions {
		s := &w.sessions[i]
		swap(&s.ClientKey)
		swap(&s.ClientUser)
		swap(&s.ClientID)
		s.Errors = []string{text}
		for j := range s.Results {
			poisonResult(&s.Results[j], text)
		}
		for j := range w.events[s.SessionID] {
			w.events[s.SessionID][j].Detail = text
		}
		w.events[s.SessionID] = append(w.events[s.SessionID], kyc.Event{Kind: text, Actor: text, Detail: text})
		for j := range w.records[s.SessionID] {
			poisonRecord(&w.records[s.SessionID][j], text)
		}
	}
	f := w.scenarios[flowID]
	f.Name, f.Callback.URL, f.SuccessRedirect, f.Callback.Mode, f.Secret, f.WebhookSecret = text, text, text, kyc.CallbackMode(text), text, text
	f.Soft, f.AllowedOrigins, f.Steps[0].Type = kyc.SoftChecks{text}, []string{text}, kyc.StepType(text)
	for _, token := range w.tokens {
		token.Name, token.Permissions = text, []kyc.Permission{kyc.Permission(text)}
	}
	for _, e := range w.endpoints {
		e.Name, e.URL, e.Mode, e.Events = text, text, kyc.CallbackMode(text), []kyc.EventType{kyc.EventType(text)}
		e.Secrets = []kyc.EndpointSecret{{Tail: text}}
		if e.StateReason != "" {
			e.StateReason = text
		}
	}
	w.people["owner"].Name = text
}

func poisonResult(r *kyc.Result, text string) {
	r.DocName, r.CountryCode, r.Type = text, &text, kyc.StepType(text)
	r.Errors = append(r.Errors, kyc.Code(text))
	r.History = append(r.History, kyc.Past{Status: kyc.Status(text), Errors: []kyc.Code{kyc.Code(text)}})
	if r.Images != nil {
		r.Images.Value = append(r.Images.Value, text, "/images/kyc/x\" onerror=alert(1)", "//evil.example/x.jpg", "/images/kyc/../../evil")
		r.ImagesFull.Value = append(r.ImagesFull.Value, text, text)
	}
	if r.ImageObjects != nil {
		r.ImageObjects.Value = append(r.ImageObjects.Value, kyc.ImageObject{Type: text, Image: text}, kyc.ImageObject{Type: text, Image: r.ImageObjects.Value[0].Image})
	}
	for i := range r.Checks.Value {
		r.Checks.Value[i].Caption = text
		r.Checks.Value[i].Items = append(r.Checks.Value[i].Items, kyc.CheckItem{Status: kyc.Status(text), Caption: text + " & " + text, Value: text, Images: []string{text, text}})
	}
	for i := range r.OCR.Value.Fields {
		f := &r.OCR.Value.Fields[i]
		f.Value = text
		if i%2 == 0 {
			f.Title, f.Conf = text, kyc.Confidence(text)
		}
	}
}

func poisonRecord(r *webhook.Record, text string) {
	r.Delivery.URL, r.Delivery.Event, r.Delivery.LastError, r.Delivery.Status = text, text, text, kyc.DeliveryStatus(text)
	for i := range r.Attempts {
		r.Attempts[i].Error, r.Attempts[i].Answer, r.Attempts[i].Header = text, text, map[string]string{text: text}
	}
}

// answers are all pages of the poisoned world, those after a form included.
func answers(s *site, text string) map[string]string {
	found := map[string]string{}
	for _, address := range pages() {
		found[address] = s.ask("GET", address, "owner", nil).Body.String()
	}
	bad := goodForm()
	for _, field := range []string{"name", "callback.url", "callback.mode", "successRedirect", "thresholds.faceMatch", "secondsToLive", "unit", "requireKeyVersion", "allowedOrigins", "soft", "revision"} {
		bad.Set(field, text)
	}
	bad["steps.type"], bad["steps.attempts"] = []string{text}, []string{text}
	endpoint := url.Values{"scenario": {flowID}, "lock": {text}}
	for _, field := range []string{"name", "url", "mode", "rate", "concurrency", "timeout", "event"} {
		endpoint.Set(field, text)
	}
	wanted := url.Values{"scenario": {flowID}, "name": {text}, "url": {text}, "mode": {text}, "event": {"session.final"}}
	for address, form := range map[string]url.Values{
		"/dashboard/webhooks/new":                                       wanted,
		"/dashboard/webhooks/" + secondID:                               endpoint,
		"/dashboard/webhooks/" + secondID + "/rotate":                   {"overlap": {"24h"}},
		"/dashboard/webhooks/" + flowID + "/rotate":                     {"overlap": {"24h"}, "confirmed": {"yes"}},
		"/dashboard/webhooks/" + secondID + "/delete":                   {},
		"/dashboard/webhooks/" + secondID + "/disable":                  {},
		"/dashboard/webhooks/" + secondID + "/test":                     {"event": {text}},
		"/dashboard/webhooks/" + secondID + "/replay":                   {"what": {text}, "from": {text}, "to": {text}},
		"/dashboard/webhooks/" + lostID + "/replay":                     {"what": {"failed"}, "since": {"2026-03-01T00:00"}},
		"/dashboard/deliveries":                                         {"clientKey": {text}, "session": {text}, "endpoint": {text}, "status": {text}, "event": {text}, "from": {text}, "to": {text}, "cursor": {text}},
		"/dashboard/login":                                              {"email": {text}, "password": {text}, "next": {text}},
		"/dashboard/welcome":                                            {"secret": {text}, "email": {text}, "account": {text}, "password": {text}},
		"/dashboard/sessions":                                           {"clientKey": {text}, "status": {text}, "scenario": {text}, "from": {text}, "to": {text}, "cursor": {text}},
		"/dashboard/scenarios/new":                                      bad,
		"/dashboard/scenarios/" + flowID:                                bad,
		"/dashboard/scenarios/" + flowID + "/check":                     {"key": {text}},
		"/dashboard/scenarios/" + flowID + "/reveal":                    {"which": {"secret"}},
		"/dashboard/scenarios/" + flowID + "/rotate":                    {"which": {"secret"}},
		"/dashboard/tokens":                                             {"name": {text}, "days": {text}, "permission": {text}},
		"/dashboard/tokens/5e0f7a31-c5d1-11f0-9a01-010203040506/delete": {},
		"/dashboard/account":                                            {"old": {text}, "password": {text}},
	} {
		found["POST "+address] = s.ask("POST", address, "owner", form).Body.String()
	}
	found["query"] = s.ask("GET", "/dashboard/sessions?"+url.Values{"status": {text}, "scenario": {text}, "from": {text}, "cursor": {text}}.Encode(), "owner", nil).Body.String()
	found["log"] = s.ask("GET", "/dashboard/deliveries?"+url.Values{"session": {text}, "endpoint": {text}, "status": {text}, "event": {text}, "from": {text}, "cursor": {text}}.Encode(), "owner", nil).Body.String()
	found["next"] = s.ask("GET", "/dashboard/login?"+url.Values{"next": {text}}.Encode(), "", nil).Body.String()
	return found
}

// TestHostileTexts lets a real HTML parser say what became of each page (S42).
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for _, text := range corpus() {
		w := newWorld()
		poison(w, text)
		seen := false
		for address, body := range answers(newSite(t, w, ""), text) {
			root, err := html.Parse(strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range harm(root) {
				t.Errorf("%q on %s: %s", text, address, fault)
			}
			seen = seen || strings.Contains(content(root), text)
		}
		if !seen {
			t.Errorf("%q stands on no page: this test proves nothing", text)
		}
	}
}

// harm lists everything in a page that could run, load or lead elsewhere.
func harm(n *html.Node) (faults []string) {
	if n.Type == html.ElementNode {
		switch n.Data {
		case "script":
			if len(n.Attr) == 0 || n.FirstChild != nil {
				faults = append(faults, "an inline script")
			}
		case "style", "iframe", "object", "embed", "base", "math", "frame", "b":
			faults = append(faults, "an element <"+n.Data+">")
		case "img":
			if src := attribute(n, "src"); !strings.Contains(src, "/images/kyc") && !strings.HasPrefix(src, "/images/person/"+personID+"/") {
				faults = append(faults, "a picture from "+attribute(n, "src"))
			}
		}
		for _, a := range n.Attr {
			name := strings.ToLower(a.Key)
			local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || strings.HasPrefix(a.Val, "#")
			switch {
			case strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc":
				faults = append(faults, "an attribute "+name)
			case (name == "href" || name == "src" || name == "action" || name == "formaction" || name == "data-from" || name == "data-page") && !local:
				faults = append(faults, name+" leads to "+a.Val)
			}
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		faults = append(faults, harm(c)...)
	}
	return faults
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// content is a page's text with the values of its fields.
func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
		b.WriteString(attribute(d, "value"))
	}
	return b.String()
}

// TestNoPersonalDataInAddresses looks at every address on every page (S33).
func TestNoPersonalDataInAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	secrets := []string{"owner@shop.example", "the-scenario-secret", "SPECIMEN", "UTO4711023", "user_10"}
	for _, s := range w.sessions {
		secrets = append(secrets, s.ClientKey)
	}
	s := newSite(t, w, "")
	bodies := map[string]string{}
	for _, address := range pages() {
		bodies[address] = s.ask("GET", address, "owner", nil).Body.String()
	}
	bodies["search"] = s.ask("POST", "/dashboard/sessions", "owner", url.Values{"clientKey": {"user_1040"}}).Body.String()
	bodies["log"] = s.ask("POST", "/dashboard/deliveries", "owner", url.Values{"clientKey": {"user_1040"}, "status": {"delivered"}}).Body.String()
	for address, body := range bodies {
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			for _, name := range []string{"href", "src", "action", "formaction", "data-from", "data-page"} {
				value, err := url.PathUnescape(attribute(n, name))
				for _, secret := range secrets {
					if err == nil && strings.Contains(value, secret) {
						t.Errorf("%s: %s=%q tells %q", address, name, value, secret)
					}
				}
			}
			if n.Data == "form" && strings.EqualFold(attribute(n, "method"), "get") {
				for field := range n.Descendants() {
					if attribute(field, "name") == "clientKey" {
						t.Errorf("%s: a form would put the client key into an address", address)
					}
				}
			}
		}
	}
	if log := s.log.String(); strings.Contains(log, "user_1040") || strings.Contains(log, "owner@") {
		t.Error("the log holds personal data")
	}
}

// TestPagesAreWellFormed: ids are unique, labels point somewhere, buttons and
// pictures have names.
func TestPagesAreWellFormed(t *testing.T) {
	t.Parallel()
	for address, body := range answers(newSite(t, newWorld(), ""), "text") {
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		ids, wanted := map[string]int{}, []string{}
		for n := range root.Descendants() {
			if id := attribute(n, "id"); id != "" {
				ids[id]++
			}
			if id := attribute(n, "for"); id != "" {
				wanted = append(wanted, id)
			}
			if id := attribute(n, "aria-describedby"); id != "" {
				wanted = append(wanted, id)
			}
			switch {
			case n.Data == "button" && strings.TrimSpace(content(n)) == "" && attribute(n, "aria-label") == "":
				t.Errorf("%s: a button without a name", address)
			case n.Data == "img" && attribute(n, "alt") == "":
				t.Errorf("%s: a picture without a name", address)
			}
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: the id %s stands %d times", address, id, n)
			}
		}
		for _, id := range wanted {
			if ids[id] == 0 {
				t.Errorf("%s: nothing has the id %s", address, id)
			}
		}
		if strings.HasPrefix(body, "{") {
			if !json.Valid([]byte(body)) {
				t.Errorf("%s: broken JSON", address)
			}
			continue
		}
		if !strings.Contains(body, "<h1") {
			t.Errorf("%s has no headline", address)
		}
	}
}
