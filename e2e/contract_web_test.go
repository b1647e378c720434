package e2e

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/specimen"
)

// script: any page may load it with crossorigin="anonymous".
func (c *contract) script(t *testing.T) {
	w := c.wire(t, "")
	r := w.get("/lib/widget-lib.js", "Origin", "https://shop.example").is(200)
	h := r.header
	if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("the script is not for pages of other origins: %v", h)
	}
	if kind := h.Get("Content-Type"); kind != "text/javascript; charset=utf-8" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the script is sent as %q", kind)
	}
	for _, word := range []string{"KYCWidget", "setupKYC", "successCb", "closeCb", "scenarioId"} {
		if !strings.Contains(string(r.body), word) {
			t.Errorf("the script lacks %s", word)
		}
	}
	if same := w.get("/lib/widget-lib.js", "If-None-Match", h.Get("ETag")); same.code != 304 || h.Get("ETag") == "" {
		t.Errorf("asked again: %d, ETag %q", same.code, h.Get("ETag"))
	}
	packed := w.get("/lib/widget-lib.js", "Accept-Encoding", "gzip").is(200)
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(r.body) || packed.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("packed: %v", packed.header)
	}
	t.Logf("the script has %d bytes, packed %d", len(r.body), len(packed.body))
	asked := w.send("OPTIONS", "/lib/widget-lib.js", "", nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "GET")
	if asked.code != 204 || asked.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("preflight: %d %v", asked.code, asked.header)
	}
}

var element = regexp.MustCompile(`<openkyc-widget([^>]*) data-schema="([^"]*)" data-key="([^"]*)"`)

// hosted: /{schemaId}/{clientKey} with base64 as it stands and percent-encoded.
func (c *contract) hosted(t *testing.T) {
	w := c.wire(t, "")
	for _, key := range []string{"AAECAwQFBgcICQoLDA0OD/twUW64b0V9Rf/ahMkJZZNJyWl1N3R+5FUP8PFhk132bgxilTGypocC9JHHiYytSg==",
		"//8+/+//AAECAwQFBgcICQoLDA0ODw==", "AA//BB+/CC==", "v2.abc-_def"} {
		for form, path := range map[string]string{"raw": key, "percent-encoded": url.PathEscape(key), "with %2B only": strings.ReplaceAll(key, "+", "%2B"),
			"all of it": strings.NewReplacer("/", "%2F", "+", "%2B", "=", "%3D").Replace(key)} {
			r := w.get("/" + c.keys.SchemaID + "/" + path)
			m := element.FindSubmatch(r.body)
			if r.code != 200 || m == nil || string(m[2]) != c.keys.SchemaID || html.UnescapeString(string(m[3])) != key || !strings.Contains(string(m[1]), "hosted") {
				t.Errorf("%s %s: %d %s", key, form, r.code, r.body)
				continue
			}
			h := r.header
			if !strings.HasPrefix(h.Get("Content-Type"), "text/html") || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" ||
				!strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self'") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
				t.Errorf("the page's headers: %v", h)
			}
		}
	}
	attack := w.get("/" + c.keys.SchemaID + "/" + url.PathEscape(`"><script>alert(1)</script>`)).is(200)
	if strings.Contains(string(attack.body), "<script>alert") {
		t.Errorf("the key is put into the page as it stands: %s", attack.body)
	}
}

// widgetCalls: the widget's own way from the key to the result. A session id
// opens nothing.
func (c *contract) widgetCalls(t *testing.T) {
	w := c.wire(t, "")
	o := w.open(c.pair.SchemaID, cbc(c.pair.ScenarioSecret, nil, []byte("widget")))
	if _, secret, ok := strings.Cut(o.credential, "."); !ok || len(secret) < 43 {
		t.Errorf("S17: the credential %q is short", o.credential)
	}
	for name, credential := range map[string]string{"none": "", "the session id": o.id, "id and nothing": o.id + ".", "id and a guess": o.id + "." + strings.Repeat("A", 43), "an API token": c.quick.APIToken} {
		for _, path := range []string{"/capture/state", "/capture/result"} {
			if w.get(path, "Authorization", "Bearer "+credential).fault(401, "access denied"); t.Failed() {
				t.Fatalf("%s opens %s", name, path)
			}
		}
		w.post("/capture/attempt", `{"step":0}`, "Authorization", "Bearer "+credential).fault(401, "access denied")
	}
	if r := w.get("/capture/result", o.bearer()...); r.code != 409 {
		t.Errorf("the result of an open session: %d %s", r.code, r.body)
	}
	if r := w.post("/capture/session", fields{"schemaId": c.pair.SchemaID, "clientKey": "x"}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); r.code != 403 {
		t.Errorf("a page of another origin calls the widget's API: %d %s", r.code, r.body)
	}
	o.try(0)
	for name, r := range map[string]reply{
		"another step":   o.evidence(1, 1, file{data: c.page}),
		"another try":    o.evidence(0, 2, file{data: c.page}),
		"no pictures":    o.evidence(0, 1),
		"five pictures":  o.evidence(0, 1, file{data: bad()}, file{data: bad()}, file{data: bad()}, file{data: bad()}, file{data: bad()}),
		"13 MB":          o.evidence(0, 1, file{data: make([]byte, 13<<20)}),
		"liveness marks": o.evidence(0, 1, file{data: c.page}, file{field: "frames", data: []byte(`[{"atMs":1,"move":0}]`)}),
	} {
		if r.code < 400 || r.code > 499 || r.text("status") != "error" || r.text("message") == "" {
			t.Errorf("%s: %d %s", name, r.code, r.body)
		}
	}
	o.evidence(0, 1, file{data: c.page}).is(200)
	if state := o.settled(); state.Step != 1 {
		t.Fatalf("after the document: %+v", state)
	}
	state := o.try(1)
	stranger := specimen.Face{Seed: c.passport.Seed + 1, Sex: otherSex(c.passport.Sex)}
	o.evidence(1, state.Try, file{data: jpegOf(t, stranger.Render(640, 480))}).is(200)
	if state = o.settled(); state.Status != "failed" {
		t.Errorf("a stranger's selfie ended %+v", state)
	}
	result := w.get("/capture/result", o.bearer()...).is(200)
	s := result.session()
	if got := strings.Join(keysOf(t, result.body), " "); got != sessionKeys || s.SessionID != o.id || s.Status != "failed" {
		t.Errorf("the widget's result: %.300s", result.body)
	}
	if faces := s.result(t, len(s.Results)-1); faces.Type != "faces" || faces.Status != "failed" {
		t.Errorf("the faces of two people: %s %s %s", faces.Type, faces.Status, faces.Checks)
	}
	if r := o.evidence(1, state.Try, file{data: bad()}); r.code != 409 && r.code != 410 {
		t.Errorf("pictures after the end: %d %s", r.code, r.body)
	}
}

func otherSex(sex string) string {
	if sex == "M" {
		return "F"
	}
	return "M"
}
