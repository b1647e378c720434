package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/e2e/visitortest"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/observe"
	"github.com/openkyc/openkyc/internal/observe/observetest"
	"github.com/openkyc/openkyc/internal/specimen"
)

// outside is a running program with marked data in it, and everything that can
// be seen of it without a credential: its log at the finest level, its metrics,
// its traces, its error answers.
type outside struct {
	*platform
	metrics   string // address
	collector *observetest.Collector
	hooks     *receiver
	wire      *wire
	person    *visitortest.Person
	scenario  applied // all steps
	scrape    string  // of the metrics, once everything had happened

	mu     sync.Mutex
	faults strings.Builder   // bodies of error answers
	told   map[string]string // markers: text → what it is
}

// TestSeenFromOutside sends marked data through every door of a running program,
// then looks at what can be seen from outside: the figures and spans tell what
// happened, and none of the markers is in them (S33).
func TestSeenFromOutside(t *testing.T) {
	o := newOutside(t)
	for _, part := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"a person", o.visits}, {"pictures by API", o.processes}, {"questions", o.asks}, {"strangers", o.strangers},
		{"receivers", o.announces}, {"people", o.signsIn}, {"a part fails", o.breaks}, {"figures", o.figures},
	} {
		t.Run(part.name, part.run)
	}
	o.stop() // sends the last spans
	t.Run("spans", o.spans)
	t.Run("S33 nothing personal", o.silent)
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{platform: quickstart(t), metrics: "127.0.0.1:" + freePort(t), collector: observetest.StartCollector(t),
		person: visitortest.Draw(personSeed, time.Now()), told: map[string]string{}}
	o.hooks = receive(t, func(n notification, _ int, w http.ResponseWriter) {
		switch n.path {
		case "/refuses":
			w.Header().Set("X-Trace", o.marker("header of a receiver"))
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, o.marker("answer of a receiver"))
		case "/redirects":
			w.Header().Set("Location", "http://%zz/"+o.marker("redirect of a receiver"))
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = io.WriteString(w, o.marker("thanks of a receiver"))
		}
	})
	o.scenario = o.apply(map[string]any{"name": o.marker("name of a scenario"), "steps": steps(1, "document", "selfie", "liveness"), "callback": o.callback(o.hooks.URL + "/takes")})
	o.flags = []string{"--log-level", "debug", "--metrics", o.metrics, "--traces", o.collector.URL}
	o.serve()
	o.wire = o.platform.wire(t, o.quick.APIToken)
	o.wire.http.Transport = overhear{o.wire.http.Transport, o}
	for what, text := range map[string]string{"API token": o.quick.APIToken, "password": o.quick.Dashboard.Password, "e-mail": o.quick.Dashboard.Email,
		"scenario secret": o.scenario.ScenarioSecret, "webhook secret": o.scenario.WebhookSecret, "surname": o.person.Passport.Surname,
		"number": o.person.Passport.Number, "zone": o.person.Passport.MRZ()[1]} {
		o.tell(what, text)
	}
	return o
}

// marker is a value that must not be seen; the same for the same name.
func (o *outside) marker(what string) string {
	text := "Mk" + fmt.Sprintf("%x", what)
	if len(text) > kyc.MaxClientKey {
		text = "Mk" + text[len(text)-kyc.MaxClientKey+2:]
	}
	o.tell(what, text)
	return text
}

func (o *outside) tell(what, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told[text] = what
}

func (o *outside) callback(address string) map[string]any {
	return map[string]any{"url": address + "?shop=" + o.marker("query of a callback"), "mode": "plain", "appendClientKey": true}
}

// overhear keeps the bodies of error answers. Pages of the dashboard are none:
// they show a person their own words again, in a form to correct.
type overhear struct {
	http.RoundTripper
	o *outside
}

func (h overhear) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := h.RoundTripper.RoundTrip(r)
	if err != nil || answer.StatusCode < 400 || strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") && strings.HasPrefix(r.URL.Path, "/dashboard") {
		return answer, err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(strings.NewReader(string(text)))
	h.o.mu.Lock()
	defer h.o.mu.Unlock()
	fmt.Fprintf(&h.o.faults, "%d %v %s\n", answer.StatusCode, answer.Header, text)
	return answer, nil
}

// visits: a whole session by the widget's calls, and what can go wrong on the way.
func (o *outside) visits(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	v := &visitortest.Visitor{Person: o.person, Base: o.wire.base, HTTP: o.wire.http, File: o.marker("file name") + ".jpg"}
	token := o.key(t, "client key")
	visit, err := v.Begin(ctx, o.scenario.SchemaID, token, o.marker("client user"))
	if err != nil {
		t.Fatal(err)
	}
	o.tell("credential of a widget", visit.Credential)
	if err := visit.Walk(ctx); err != nil || visit.Status != kyc.Success {
		t.Fatalf("the visit ended %q: %v", visit.Status, err)
	}
	w, bearer := o.wire.as(""), []string{"Authorization", "Bearer " + visit.Credential}
	w.get("/capture/result", bearer...).is(200)
	w.get("/"+o.scenario.SchemaID+"/"+url.PathEscape(token), "Accept", "text/html").is(200)
	for _, body := range []any{fields{"schemaId": o.scenario.SchemaID, "clientKey": o.marker("key that does not open")}, `{"schemaId": "` + o.marker("broken JSON"),
		fields{"schemaId": o.marker("no scenario"), "clientKey": token}, map[string]any{"clientKey": map[string]any{o.marker("odd member"): 1}}} {
		if r := w.post("/capture/session", body); r.code < 400 || r.code >= 500 {
			t.Errorf("answered %d to %v", r.code, body)
		}
	}
	contentType, body := multipartOf(t, fields{"frames": o.marker("frames")}, []file{{name: o.marker("file name") + ".png", data: []byte(o.marker("contents"))}})
	if r := w.send(http.MethodPost, "/capture/evidence?step=0&try=1", contentType, body, bearer...); r.code < 400 {
		t.Errorf("a finished session took evidence: %d", r.code)
	}
	w.send(http.MethodPost, "/capture/look/face", "image/jpeg", strings.NewReader(o.marker("contents")), bearer...)
}

// key is the encrypted form of a marked client key; both forms are marked.
func (o *outside) key(t *testing.T, what string) string {
	t.Helper()
	token, err := client.EncryptKey(o.scenario.ScenarioSecret, o.marker(what))
	if err != nil {
		t.Fatal(err)
	}
	o.tell("encrypted "+what, token)
	return token
}

// processes: pictures by API, waiting and not, good and bad.
func (o *outside) processes(t *testing.T) {
	list := o.apply(map[string]any{"name": "list", "steps": steps(1, "selfie"), "callback": o.callback(o.hooks.URL + "/takes")})
	send := func(name string, texts fields, data []byte) reply {
		contentType, body := multipartOf(t, texts, []file{{name: o.marker(name) + ".jpg", data: data}})
		return o.wire.send(http.MethodPost, "/v1/kyc/process", contentType, body)
	}
	for _, mode := range []string{"sync", "async"} {
		send("file of a call", fields{"schemaId": list.SchemaID, "clientKey": o.marker("key of a call"), "clientUser": o.marker("user of a call"), "mode": mode}, []byte(o.marker("contents"))).is(200)
	}
	send("file of a call", fields{"schemaId": o.marker("no scenario"), "clientKey": o.marker("key of a call")}, bad())
	send("file of a call", fields{"schemaId": list.SchemaID, "clientKey": strings.Repeat(o.marker("key of a call"), 3)}, bad()).is(400)
	send("file of a call", fields{"sessionId": o.marker("no session"), o.marker("odd field"): "x", "mode": o.marker("mode")}, bad())
	o.wire.send(http.MethodPost, "/v1/kyc/process", "multipart/form-data; boundary="+o.marker("boundary"), strings.NewReader(o.marker("contents")))
}

// asks: status, lists, tables, pictures, right and wrong.
func (o *outside) asks(t *testing.T) {
	key, surname := o.marker("client key"), o.person.Passport.Surname
	s := o.wire.post("/kyc/session/status", fields{"clientKey": key}).is(200).session()
	o.wire.get("/kyc/session/status?clientKey=" + key).is(200)
	o.wire.get("/kyc/session/status?clientKey="+o.marker("nobody's key")).fault(404, "item with this id not found")
	o.wire.get("/kyc/session/status?sessionId=" + o.marker("no session")).is(400)
	o.wire.post("/kyc/sessions/filter", map[string]any{"filters": map[string]any{"clientKey": key, "ocr": map[string]any{"Surname": surname}}}).is(200)
	for _, xls := range []bool{false, true} {
		o.wire.post("/kyc/sessions/filter", map[string]any{"zip": true, "isXLS": xls, "filters": map[string]any{"clientUser": o.marker("client user")}}).is(200)
	}
	o.wire.post("/kyc/sessions/filter", map[string]any{"filters": map[string]any{"status": o.marker("status"), "range": map[string]any{"start": o.marker("day")}}}).is(400)
	o.wire.post("/kyc/sessions/filter", `{"filters": {"clientKey": "`+key).is(400)
	o.wire.post("/kyc/sessions/filter", map[string]any{"cursor": o.marker("cursor")})
	for _, result := range s.Results {
		var r struct{ Images []string }
		if err := json.Unmarshal(result, &r); err == nil && len(r.Images) > 0 {
			o.wire.get(r.Images[0]).is(200)
			var signed struct{ URLs []string }
			o.wire.post("/images/sign", map[string]any{"urls": r.Images}).into(&signed)
			o.wire.as("").get(r.Images[0] + "?signature=" + o.marker("signature")).is(401)
		}
	}
	o.wire.get("/images/kyc/" + o.marker("no owner") + "/" + s.SessionID + "/document_0/1_0.jpg")
}

// signsIn: people, their passwords, tokens and pages.
func (o *outside) signsIn(t *testing.T) {
	mail, pass := strings.ToLower(o.marker("e-mail of a person"))+"@shop.example", o.marker("password of a person")
	o.tell("e-mail of a person", mail)
	right := fields{"email": o.quick.Dashboard.Email, "password": o.quick.Dashboard.Password}
	o.tell("JWT", o.wire.as("").post("/user/login", right).is(200).text("token"))
	o.wire.as("").post("/user/login", fields{"email": mail, "password": pass}).is(403)
	o.wire.as("").post("/user/login", fields{"email": o.marker("no e-mail"), "passwort": pass}).is(400)
	var made struct {
		Token struct{ ID, Value string }
	}
	o.wire.post("/token/create", map[string]any{"expires": 3, "name": o.marker("name of a token")}).is(200).into(&made)
	o.tell("token that was made", made.Token.Value)
	o.wire.post("/token/delete", fields{"token_id": made.Token.ID}).is(200)
	o.wire.as(made.Token.Value).post("/tokens", fields{}).fault(401, "access denied")

	page := func(form url.Values, path string) reply {
		if form == nil {
			return o.wire.as("").get(path, "Accept", "text/html")
		}
		return o.wire.as("").send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	}
	page(url.Values{"email": {mail}, "password": {pass}, "next": {"/dashboard/" + o.marker("next")}}, "/dashboard/login")
	page(url.Values{"password": {pass}, "email": {mail}}, "/dashboard/welcome")
	r := page(url.Values{"email": {right["email"]}, "password": {right["password"]}}, "/dashboard/login").is(303)
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	_, value, _ := strings.Cut(cookie, "=")
	o.tell("cookie", value)
	signed := func(method, path string, form url.Values) reply {
		return o.wire.as("").send(method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "Cookie", cookie)
	}
	s := o.wire.post("/kyc/session/status", fields{"clientKey": o.marker("client key")}).session()
	for _, path := range []string{"/dashboard/sessions", "/dashboard/sessions/" + s.SessionID, "/dashboard/scenarios", "/dashboard/scenarios/" + o.scenario.SchemaID,
		"/dashboard/scenarios/" + o.scenario.SchemaID + "/export", "/dashboard/tokens", "/dashboard/account"} {
		signed(http.MethodGet, path, nil).is(200)
	}
	signed(http.MethodPost, "/dashboard/sessions", url.Values{"clientKey": {o.marker("client key")}, "ocr": {o.person.Passport.Surname}, "q": {o.marker("search")}})
	signed(http.MethodGet, "/dashboard/sessions?clientKey="+o.marker("client key"), nil)
	signed(http.MethodGet, "/dashboard/sessions/"+o.marker("no session"), nil).is(404)
	signed(http.MethodGet, "/dashboard/"+o.marker("no page"), nil).is(404)
	signed(http.MethodPost, "/dashboard/scenarios/"+o.scenario.SchemaID+"/reveal", url.Values{"which": {"scenario"}, "password": {right["password"]}})
	signed(http.MethodPost, "/dashboard/account", url.Values{"old": {pass}, "new": {o.marker("new password")}, "current": {pass}, "password": {o.marker("new password")}})
	signed(http.MethodPost, "/dashboard/scenarios/new", url.Values{"name": {o.marker("form")}, "callback": {"::" + o.marker("address")}, "callbackUrl": {"::" + o.marker("address")}})

	o.stopped(func(in *app.Installation) error { // an owner with a marked address, who then signs in
		owner, err := in.Auth.CreateOwner(t.Context(), auth.NewOwner{AccountName: o.marker("account"), Email: mail, Password: pass})
		if err == nil {
			_, _, err = in.Auth.CreateToken(t.Context(), owner, auth.NewToken{Name: "x"})
		}
		return err
	})
	o.wire.as("").post("/user/login", fields{"email": mail, "password": pass}).is(200)
}

// stopped works on the installation beside the running program, as commands do.
func (o *outside) stopped(work func(in *app.Installation) error) {
	o.platform.folder(func(_ context.Context, in *app.Installation) error { return work(in) })
}

// strangers: what anybody can send without a credential.
func (o *outside) strangers(t *testing.T) {
	w := o.wire.as(o.marker("token of a stranger"))
	w.post("/kyc/sessions/filter", fields{"token": o.marker("token of a stranger")}).fault(401, "access denied")
	w.as("").post("/tokens", fields{"token": o.marker("token of a stranger")}).fault(401, "access denied")
	w.get("/kyc/session/status?token="+o.marker("token of a stranger")+"&clientKey="+o.marker("client key"), "Authorization", "Bearer "+o.marker("token of a stranger")).is(401)
	w.get("/"+o.marker("path")+"?"+o.marker("query")+"="+o.marker("value"), "User-Agent", o.marker("browser"), "Referer", "http://x/"+o.marker("page before"),
		"traceparent", "00-"+strings.Repeat("a", 32)+"-"+strings.Repeat("b", 16)+"-01", "X-Forwarded-For", o.marker("address"), "X-Request-Id", o.marker("request id"))
	w.send(strings.ToUpper(o.marker("method")), "/v1/kyc/process", "", nil)
	for _, head := range []string{"GET /" + o.marker("path") + " HTTP/9.9\r\n\r\n", o.marker("no HTTP") + "\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n" + o.marker("header") + "\r\n\r\n",
		"POST /v1/kyc/process HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nContent-Length: " + o.marker("length") + "\r\n\r\n"} {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+o.port, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(conn, head)
		text, _ := io.ReadAll(io.LimitReader(conn, 64<<10))
		o.mu.Lock()
		fmt.Fprintf(&o.faults, "raw %s\n", text)
		o.mu.Unlock()
		_ = conn.Close()
	}
}

// announces: webhooks to receivers of all sorts.
func (o *outside) announces(t *testing.T) {
	garbled, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = garbled.Close() })
	go func() {
		for n := 0; ; n++ {
			conn, err := garbled.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			_, _ = conn.Read(make([]byte, 64<<10))
			text := o.marker("garbled answer")
			_, _ = io.WriteString(conn, []string{text + "\r\n\r\n", "HTTP/1.1 " + text + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + text + "\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + text + "\r\n\r\n"}[n%4])
			_ = conn.Close()
		}
	}()
	before := strings.Count(o.log.String(), `"webhook not sent"`)
	for _, address := range []string{o.hooks.URL + "/refuses", o.hooks.URL + "/redirects", "http://127.0.0.1:" + freePort(t) + "/nobody",
		"http://nobody.invalid/" + o.marker("path of a callback"), "http://" + garbled.Addr().String() + "/1", "http://" + garbled.Addr().String() + "/2",
		"http://" + garbled.Addr().String() + "/3", "http://" + garbled.Addr().String() + "/4"} {
		s := o.apply(map[string]any{"name": "receiver", "steps": steps(1, "selfie"), "callback": o.callback(address)})
		o.wire.process(fields{"schemaId": s.SchemaID, "clientKey": o.marker("key of a call")}, bad()).is(200)
	}
	o.hooks.await(t, "/refuses", 1, 20*time.Second)
	o.hooks.await(t, "/redirects", 1, 20*time.Second)
	o.until(t, "six attempts fail", func() bool { return strings.Count(o.log.String(), `"webhook not sent"`) >= before+6 })
}

func (o *outside) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not come about within 30 s that %s", what)
		}
	}
}

// breaks: the pictures' folder goes away under the running program. /ready says
// so and names the part, /health stays, callers get a 500 that tells nothing.
func (o *outside) breaks(t *testing.T) {
	ready := func() (int, string) {
		answer, err := http.Get("http://" + o.metrics + "/ready")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if code, text := ready(); code != 200 || !strings.Contains(text, `"database":"ok"`) {
		t.Fatalf("/ready answers %d %s", code, text)
	}
	s := o.wire.post("/kyc/session/status", fields{"clientKey": o.marker("client key")}).is(200).session()
	var r struct{ Images []string }
	if err := json.Unmarshal(s.Results[0], &r); err != nil || len(r.Images) == 0 {
		t.Fatalf("no picture: %v", err)
	}
	folder := filepath.Join(o.data, "blobs", "objects")
	if err := os.Rename(folder, folder+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.until(t, "/ready fails", func() bool {
		code, text := ready()
		return code == 503 && strings.Contains(text, `"blobs":"failed"`) && strings.Contains(text, `"database":"ok"`) && !strings.Contains(text, o.data)
	})
	o.wire.get("/health").is(200)
	o.wire.get(r.Images[0]).is(500)
	face, err := o.person.Frame(specimen.Face{})
	if err != nil {
		t.Fatal(err)
	}
	o.wire.process(fields{"schemaId": o.scenario.SchemaID, "clientKey": o.marker("key that is lost")}, face).is(500)
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(folder+".away", folder); err != nil {
		t.Fatal(err)
	}
	o.until(t, "/ready is well again", func() bool { code, _ := ready(); return code == 200 })
	if !strings.Contains(o.log.String(), `"part":"blobs"`) {
		t.Error("the log does not say which part failed")
	}
}

// figures: the catalogue is there, whole and bounded, and the figures fit what
// was done.
func (o *outside) figures(t *testing.T) {
	answer, err := http.Get("http://" + o.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	o.scrape = string(text)
	got, err := observetest.Parse(strings.NewReader(o.scrape))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range observe.Catalogue() {
		if !got.Has(m.Name) {
			t.Errorf("%s is not there", m.Name)
		}
	}
	for _, c := range []struct {
		name, label string
		least       float64
	}{
		{"openkyc_verdicts_total", "status=success", 1},
		{"openkyc_stage_duration_seconds", "stage=liveness", 1},
		{"openkyc_model_duration_seconds", "", 20},
		{"openkyc_models_loaded", "", 4},
		{"openkyc_errors_total", "kind=internal", 2},
		{"openkyc_stage_faults_total", "stage=blob_get", 1},
		{"openkyc_http_requests_total", "door=api", 20},
		{"openkyc_http_request_duration_seconds_sum", "door=capture", 0.1},
		{"openkyc_jobs_total", "kind=verify.check", 3},
		{"openkyc_webhook_attempts_total", "outcome=2xx", 2},
		{"openkyc_webhook_attempt_duration_seconds", "", 9},
		{"openkyc_webhook_deliveries_total", "outcome=delivered", 2},
		{"openkyc_webhook_pending", "", 1},
		{"openkyc_webhook_oldest_pending_seconds", "", 01},
		{"openkyc_ready", "part=blobs", 1},
		{"openkyc_database_connections", "", 1},
		{"go_goroutines", "", 10},
		{"process_resident_memory_bytes", "", 1e7},
		{"process_open_fds", "", 10},
	} {
		var labels []string
		if c.label != "" {
			labels = []string{c.label}
		}
		if have := got.Sum(c.name, labels...); have < c.least {
			t.Errorf("%s{%s} is %v, at least %v is right", c.name, c.label, have, c.least)
		}
	}
	if n := len(got); n > 2000 {
		t.Errorf("%d series of one node", n)
	}
}

// spans: a collector gets them, and a check hangs in the trace of the call that
// brought its pictures.
func (o *outside) spans(t *testing.T) {
	joined := slices.ContainsFunc(o.collector.Spans(), func(job *trace.Span) bool {
		return job.GetName() == "job verify.check" && slices.ContainsFunc(o.collector.Spans(), func(request *trace.Span) bool {
			return request.GetName() == "POST /capture/evidence" && bytes.Equal(request.GetTraceId(), job.GetTraceId()) && bytes.Equal(request.GetSpanId(), job.GetParentSpanId())
		})
	})
	if !joined {
		t.Error("no check hangs below the call that brought its pictures")
	}
	names := map[string]bool{}
	for _, span := range o.collector.Spans() {
		names[span.GetName()] = true
		if span.GetName() == "webhook attempt" && !slices.ContainsFunc(o.hooks.to(""), func(n notification) bool {
			return slices.ContainsFunc(span.GetAttributes(), func(a *common.KeyValue) bool { return a.GetValue().GetStringValue() == n.id() })
		}) && span.GetStatus().GetCode() != trace.Status_STATUS_CODE_ERROR {
			t.Errorf("an attempt that succeeded names none of the deliveries that came: %v", span.GetAttributes())
		}
	}
	for _, name := range []string{"document", "selfie", "liveness", "match", "decode", "webhook attempt", "POST /v1/kyc/process"} {
		if !names[name] {
			t.Errorf("there is no span %q among %v", name, names)
		}
	}
	if !strings.Contains(o.log.String(), `"traceId":"`) {
		t.Error("no line of the log names its trace")
	}
}

// silent: S33. Everything that was seen is searched for every marker, also in
// the shapes that addresses and JSON give it.
func (o *outside) silent(t *testing.T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen := map[string]string{"the log": o.log.String(), "error answers": o.faults.String(), "the traces": o.collector.Raw(), "the metrics": o.scrape}
	for where, text := range seen {
		if len(text) < 1000 {
			t.Errorf("%s: only %d bytes were seen", where, len(text))
		}
		lower := strings.ToLower(text)
		for marker, what := range o.told {
			for _, shape := range []string{marker, url.QueryEscape(marker), url.PathEscape(marker), base64.StdEncoding.EncodeToString([]byte(marker))} {
				if i := strings.Index(lower, strings.ToLower(shape)); i >= 0 {
					t.Errorf("S33: %s hold the %s: …%s…", where, what, text[max(0, i-200):min(len(text), i+len(shape)+60)])
					break
				}
			}
		}
	}
	if len(o.told) < 50 {
		t.Errorf("only %d markers were sent", len(o.told))
	}
	for line := range strings.Lines(o.log.String()) {
		var entry struct{ Time, Level, Msg string }
		if !strings.HasPrefix(line, "OpenKYC listens") && (json.Unmarshal([]byte(line), &entry) != nil || entry.Msg == "" || entry.Level == "") {
			t.Errorf("a line of the log that is no JSON: %s", line)
		}
	}
}
