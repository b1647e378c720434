package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/app"
)

// wire is a client that knows HTTP and the wire contract, and nothing of ours.
// Each one calls from a loopback address of its own, so that the limits by
// address meet one test and not its neighbours.
type wire struct {
	t     *testing.T
	base  string
	token string // sent as header token when not ""
	http  *http.Client
}

var addresses atomic.Int32

func (p *platform) wire(t *testing.T, token string) *wire {
	n := addresses.Add(1) + 1
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(n>>8), byte(n))}, Timeout: 5 * time.Second}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 4, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &wire{t: t, base: "http://127.0.0.1:" + p.port, token: token, http: &http.Client{Transport: transport, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is the same client with another token.
func (w *wire) as(token string) *wire {
	other := *w
	other.token = token
	return &other
}

// reply is an answer with its body read to the end.
type reply struct {
	t      *testing.T
	code   int
	header http.Header
	body   []byte
}

func (r reply) object() map[string]any {
	r.t.Helper()
	var out map[string]any
	if err := json.Unmarshal(r.body, &out); err != nil {
		r.t.Fatalf("%d: %v in %.300s", r.code, err, r.body)
	}
	return out
}

func (r reply) into(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("%d: %v in %.300s", r.code, err, r.body)
	}
}

// text is one string of the answer's object, "" when it is none.
func (r reply) text(name string) string {
	r.t.Helper()
	s, _ := r.object()[name].(string)
	return s
}

// is fails the test unless the answer has this status.
func (r reply) is(code int) reply {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("answered %d instead of %d: %.500s", r.code, code, r.body)
	}
	return r
}

// fault fails the test unless the answer is the error of the wire contract,
// section 3, with this status and message.
func (r reply) fault(code int, message string) reply {
	r.t.Helper()
	var e struct{ Status, Message, Code, RequestID string }
	r.into(&e)
	if r.code != code || e.Status != "error" || e.Message != message || e.Code == "" || e.RequestID == "" || e.RequestID != r.header.Get("X-Request-Id") {
		r.t.Errorf("answered %d %s instead of %d %q", r.code, r.body, code, message)
	}
	return r
}

func (w *wire) send(method, path, contentType string, body io.Reader, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequest(method, w.base+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if w.token != "" {
		req.Header.Set("token", w.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer, err := w.http.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{t: w.t, code: answer.StatusCode, header: answer.Header, body: text}
}

func (w *wire) get(path string, headers ...string) reply {
	w.t.Helper()
	return w.send(http.MethodGet, path, "", nil, headers...)
}

// post sends JSON; a string is sent as it stands.
func (w *wire) post(path string, in any, headers ...string) reply {
	w.t.Helper()
	text, ok := in.(string)
	if !ok {
		body, err := json.Marshal(in)
		if err != nil {
			w.t.Fatal(err)
		}
		text = string(body)
	}
	return w.send(http.MethodPost, path, "application/json", strings.NewReader(text), headers...)
}

// file is one part of a form.
type file struct {
	field, name string // "" are images and picture.jpg
	data        []byte
}

type fields map[string]string

func multipartOf(t *testing.T, texts fields, files []file) (contentType string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	for name, value := range texts {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		if f.field == "" {
			f.field = "images"
		}
		if f.name == "" {
			f.name = "picture.jpg"
		}
		header := textproto.MIMEHeader{"Content-Type": {"image/jpeg"},
			"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, f.field, f.name)}}
		part, err := form.CreatePart(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), body
}

// process sends pictures as an integrator's server does.
func (w *wire) process(texts fields, files ...[]byte) reply {
	w.t.Helper()
	parts := make([]file, len(files))
	for i, data := range files {
		parts[i].data = data
	}
	contentType, body := multipartOf(w.t, texts, parts)
	return w.send(http.MethodPost, "/v1/kyc/process", contentType, body)
}

// opened is the widget's side of a session.
type opened struct {
	w          *wire
	credential string
	id         string
}

// state is what the widget is told of its session.
type widgetState struct {
	Status    string
	Step, Try int
	Open      bool
	TriesLeft int
	Lock      int64
	Redirect  string
	Errors    []struct{ Code, Hint string }
	Steps     []struct{ Type, Status string }
}

// open opens a session as the widget does.
func (w *wire) open(schema, clientKey string) opened {
	w.t.Helper()
	var out struct{ Credential string }
	w.post("/capture/session", fields{"schemaId": schema, "clientKey": clientKey}).is(200).into(&out)
	id, _, _ := strings.Cut(out.Credential, ".")
	return opened{w: w, credential: out.Credential, id: id}
}

func (o opened) bearer() []string { return []string{"Authorization", "Bearer " + o.credential} }

// try opens the next try of a step.
func (o opened) try(step int) widgetState {
	o.w.t.Helper()
	var state widgetState
	o.w.as("").post("/capture/attempt", map[string]int{"step": step}, o.bearer()...).is(200).into(&state)
	return state
}

// evidence sends one file for a try.
func (o opened) evidence(step, try int, files ...file) reply {
	o.w.t.Helper()
	contentType, body := multipartOf(o.w.t, nil, files)
	return o.w.as("").send(http.MethodPost, fmt.Sprintf("/capture/evidence?step=%d&try=%d", step, try), contentType, body, o.bearer()...)
}

// settled waits by long polls until nothing is being checked.
func (o opened) settled() widgetState {
	o.w.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	var state widgetState
	for lock := int64(-1); time.Now().Before(deadline); lock = state.Lock {
		o.w.as("").get(fmt.Sprintf("/capture/state?lock=%d", lock), o.bearer()...).is(200).into(&state)
		if state.Status != "processing" {
			return state
		}
	}
	o.w.t.Fatalf("the session is still %q after two minutes", state.Status)
	return state
}

// applied is what `openkyc scenario apply --json` prints.
type applied struct{ SchemaID, ScenarioSecret, WebhookSecret string }

// apply makes or changes a scenario as code, also while the program runs.
func (p *platform) apply(code map[string]any) applied {
	p.t.Helper()
	text, err := json.Marshal(code)
	if err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(p.t.TempDir(), "scenario.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		p.t.Fatal(err)
	}
	var out applied
	if err := json.Unmarshal(openkyc(p.t, append([]string{"scenario", "apply", "-f", path, "--json"}, p.place()...)...), &out); err != nil {
		p.t.Fatal(err)
	}
	return out
}

func steps(attempts int, types ...string) []map[string]any {
	list := make([]map[string]any, len(types))
	for i, kind := range types {
		list[i] = map[string]any{"type": kind, "attempts": attempts}
	}
	return list
}

// folder opens the data folder for a look inside, while the program stands still.
func (p *platform) folder(look func(ctx context.Context, in *app.Installation) error) {
	p.t.Helper()
	in, err := app.OpenInstallation(p.t.Context(), app.Location{Data: p.data, Database: p.database}, slog.New(slog.DiscardHandler))
	if err != nil {
		p.t.Fatal(err)
	}
	err = look(p.t.Context(), in)
	if closing := in.Close(); err != nil || closing != nil {
		p.t.Fatal(err, closing)
	}
}
