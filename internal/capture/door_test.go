package capture_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"crypto/rand"

	"github.com/openkyc/openkyc/internal/capture"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// behind puts the door behind the doorstep as the app does and returns its log.
func behind(t *testing.T, d *capture.Door) (http.Handler, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) })
	return edge.Doorstep(edge.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Random: rand.Reader, MaxBody: 64 << 20}, d.Handle(next)), &log
}

func send(h http.Handler, method, target, credential string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, body)
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type answer struct {
	Status, Message, Credential string
	Code                        kyc.Kind
	State                       struct {
		Status kyc.Status
		Step   int
	}
	Try    int
	Open   bool
	Lock   int64
	Step   int
	Errors []struct{ Code, Hint string }
}

func read(t *testing.T, w *httptest.ResponseRecorder) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return a
}

func begin(t *testing.T, h http.Handler, key string) string {
	t.Helper()
	w := send(h, "POST", "/capture/session", "", strings.NewReader(fmt.Sprintf(`{"schemaId":%q,"clientKey":%q,"unknown":1}`, openSchema, key)))
	a := read(t, w)
	if w.Code != 200 || a.Credential == "" || w.Header().Get("Set-Cookie") != "" {
		t.Fatalf("open a session: %d %s", w.Code, w.Body)
	}
	return a.Credential
}

func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func form(t *testing.T, frames string, pictures ...[]byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if frames != "" {
		_ = m.WriteField("frames", frames)
	}
	for i, p := range pictures {
		part, err := m.CreateFormFile("images", fmt.Sprintf("../../%d.jpg", i))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(p)
	}
	_ = m.Close()
	return &b, m.FormDataContentType()
}

// The whole way of one step: credential, try, evidence, long poll, result.
func TestJourney(t *testing.T) {
	t.Parallel()
	r := newRoom(kyc.StepDocument)
	h, _ := behind(t, newDoor(t, config(r)))
	c := begin(t, h, "failfirst")
	if w := send(h, "GET", "/capture/result", c, nil); w.Code != 409 {
		t.Errorf("result of an open session: %d", w.Code)
	}
	for try := 1; try <= 2; try++ {
		a := read(t, send(h, "POST", "/capture/attempt", c, strings.NewReader(`{"step":0}`)))
		if !a.Open || a.Try != try {
			t.Fatalf("attempt: %+v", a)
		}
		body, kind := form(t, "", photo(t, 640, 480))
		a = read(t, send(h, "POST", fmt.Sprintf("/capture/evidence?step=0&try=%d", try), c, body, "Content-Type", kind))
		if a.Status != "processing" {
			t.Fatalf("evidence: %+v", a)
		}
		a = read(t, send(h, "GET", fmt.Sprintf("/capture/state?lang=ru&lock=%d", a.Lock), c, nil))
		if try == 1 && (a.Status != "idle" || len(a.Errors) != 2 || !strings.Contains(a.Errors[0].Hint, "строки")) {
			t.Fatalf("after the failed try: %+v", a)
		}
		if try == 2 && a.Status != "success" {
			t.Fatalf("after the good try: %+v", a)
		}
	}
	w := send(h, "GET", "/capture/result", c, nil)
	var view kyc.SessionView
	if err := json.Unmarshal(w.Body.Bytes(), &view); err != nil || view.Status != kyc.Success {
		t.Errorf("result: %d %s", w.Code, w.Body)
	}
}

// S17: nothing but the credential opens a session; scenario errors have their sentences.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRoom(kyc.StepDocument)
	h, _ := behind(t, newDoor(t, config(r)))
	c := begin(t, h, "good")
	session := func(body string) *httptest.ResponseRecorder {
		return send(h, "POST", "/capture/session", "", strings.NewReader(body))
	}
	cases := []struct {
		name    string
		w       *httptest.ResponseRecorder
		status  int
		message string
	}{
		{"no credential", send(h, "GET", "/capture/state", "", nil), 401, "access denied"},
		{"session id as credential", send(h, "GET", "/capture/state", c[:8], nil), 401, "access denied"},
		{"token header is not for the widget", send(h, "GET", "/capture/state", "", nil, "token", c), 401, "access denied"},
		{"very long credential", send(h, "GET", "/capture/state", strings.Repeat("a", 9000), nil), 401, "access denied"},
		{"raw key", session(`{"scenarioId":"` + openSchema + `","clientKey":"raw user"}`), 400, "Failed to perform asymmetric decryption!"},
		{"no key", session(`{"schemaId":"` + openSchema + `"}`), 400, "Failed to perform asymmetric decryption!"},
		{"unknown scenario", session(`{"schemaId":"` + unknown + `","clientKey":"x"}`), 404, "item with this id not found"},
		{"no scenario", session(`{"clientKey":"x"}`), 404, "item with this id not found"},
		{"not JSON", session(`schemaId=1`), 400, "invalid schema"},
		{"huge JSON", session(`{"schemaId":"` + strings.Repeat("a", 9000) + `"}`), 413, "the request is larger than 4096 bytes"},
		{"wrong step", send(h, "POST", "/capture/attempt", c, strings.NewReader(`{"step":4}`)), 409, "step 4 is not open"},
		{"try that is not open", send(h, "POST", "/capture/evidence?step=0&try=1", c, strings.NewReader("x")), 409, "try 1 of step 0 does not take pictures now"},
		{"no step", send(h, "POST", "/capture/evidence", c, strings.NewReader("x")), 400, "invalid schema"},
		{"unknown look", send(h, "POST", "/capture/look/iris", c, nil), 404, "item with this id not found"},
	}
	for _, k := range cases {
		if k.w.Code != k.status || read(t, k.w).Message != k.message {
			t.Errorf("%s: %d %s", k.name, k.w.Code, k.w.Body)
		}
	}
	if r.begun != 1 {
		t.Errorf("%d sessions were begun, want 1: refused keys must leave nothing", r.begun)
	}
}

// S1, S6: limits by step, before and while the body is read.
func TestEvidenceLimits(t *testing.T) {
	t.Parallel()
	r := newRoom(kyc.StepLiveness)
	h, _ := behind(t, newDoor(t, config(r)))
	c := begin(t, h, "good")
	send(h, "POST", "/capture/attempt", c, strings.NewReader(`{"step":0}`))
	small, big := photo(t, 32, 32), make([]byte, 601<<10)
	many := make([][]byte, 41)
	for i := range many {
		many[i] = small
	}
	post := func(frames string, pictures ...[]byte) *httptest.ResponseRecorder {
		body, kind := form(t, frames, pictures...)
		return send(h, "POST", "/capture/evidence?step=0&try=1", c, body, "Content-Type", kind)
	}
	cases := []struct {
		name   string
		w      *httptest.ResponseRecorder
		status int
		text   string
	}{
		{"frame too large", post("", big), 413, "600 kB"},
		{"too many frames", post("", many...), 413, "at most 40"},
		{"no marks", post("", small), 400, "one mark for each picture"},
		{"marks run backwards", post(`[{"atMs":5,"move":0},{"atMs":1,"move":0}]`, small, small), 400, "backwards"},
		{"marks are no list", post(`{}`, small), 400, "a list of"},
		{"a device with a person's name", post(`[{"atMs":5,"move":0,"device":{"camera":"Ann's phone"}},{"atMs":9,"move":0}]`, small, small), 400, "one short word"},
		{"a device later on", post(`[{"atMs":5,"move":0},{"atMs":9,"move":0,"device":{}}]`, small, small), 400, "the first mark alone"},
		{"fewer marks", post(`[{"atMs":5,"move":0}]`, small, small), 400, "one mark for each picture"},
		{"no pictures", post(`[{"atMs":5,"move":0}]`), 400, "at least one picture"},
		{"not multipart", send(h, "POST", "/capture/evidence?step=0&try=1", c, strings.NewReader("x"), "Content-Type", "image/jpeg"), 400, "multipart"},
		{"cut off", send(h, "POST", "/capture/evidence?step=0&try=1", c, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\nabc"), "Content-Type", "multipart/form-data; boundary=x"), 400, "broke off"},
	}
	for _, k := range cases {
		if k.w.Code != k.status || !strings.Contains(k.w.Body.String(), k.text) {
			t.Errorf("%s: %d %s", k.name, k.w.Code, k.w.Body)
		}
	}
	untouched := &countingReader{}
	announced := httptest.NewRequest("POST", "/capture/evidence?step=0&try=1", untouched)
	announced.Header.Set("Authorization", "Bearer "+c)
	announced.ContentLength = 17 << 20
	w := httptest.NewRecorder()
	h.ServeHTTP(w, announced)
	if w.Code != 413 || untouched.n != 0 {
		t.Errorf("announced 17 MB: %d after %d reads", w.Code, untouched.n)
	}
	if len(r.submitted) != 0 {
		t.Fatalf("%d refused uploads reached the room", len(r.submitted))
	}
	if w := post(`[{"atMs":5,"move":0},{"atMs":9,"move":1}]`, small, []byte("not a picture")); w.Code != 200 {
		t.Fatalf("good upload: %d %s", w.Code, w.Body)
	}
	got := r.submitted[0]
	if digest(got.Uploads[0].Picture.JPEG) != digest(small) || got.Uploads[1].Fault != kyc.BadImage || got.Frames[1].Move != 1 {
		t.Errorf("the room got %+v", got)
	}
}

// countingReader counts reads and gives nothing.
type countingReader struct{ n int }

func (c *countingReader) Read([]byte) (int, error) {
	c.n++
	return 0, io.ErrUnexpectedEOF
}

// Hints: bounded in size, pixels, rate and number at one time.
func TestLookLimits(t *testing.T) {
	t.Parallel()
	look := &looker{began: time.Now(), block: make(chan struct{})}
	r := newRoom(kyc.StepDocument)
	h, _ := behind(t, newDoor(t, config(r, func(c *capture.Config) {
		c.Looker, c.Limits.Lookers, c.Limits.Looks = look, 1, edge.Rate{Events: 1, Per: time.Hour, Burst: 6}
	})))
	c := begin(t, h, "good")
	post := func(b []byte) int {
		return send(h, "POST", "/capture/look/document", c, bytes.NewReader(b)).Code
	}
	if got := post(make([]byte, 201<<10)); got != 413 {
		t.Errorf("too many bytes: %d", got)
	}
	if got := post([]byte("no jpeg")); got != 400 {
		t.Errorf("no JPEG: %d", got)
	}
	if got := post(photo(t, 1300, 10)); got != 400 {
		t.Errorf("too many pixels: %d", got)
	}
	done := make(chan int)
	go func() { done <- post(photo(t, 64, 64)) }()
	for { // until the one place is taken
		look.mu.Lock()
		n := look.calls
		look.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if got := post(photo(t, 64, 64)); got != 429 {
		t.Errorf("second at one time: %d", got)
	}
	close(look.block)
	if got := <-done; got != 200 {
		t.Errorf("first: %d", got)
	}
	if got := post(photo(t, 64, 64)); got != 200 {
		t.Errorf("sixth: %d", got)
	}
	if got := post(photo(t, 64, 64)); got != 429 {
		t.Errorf("over the rate: %d", got)
	}
}

// Section 6 of the wire contract: the hosted page, percent-encoded or raw.
func TestHostedPath(t *testing.T) {
	t.Parallel()
	h, log := behind(t, newDoor(t, config(newRoom(kyc.StepDocument))))
	keys := map[string]string{ // path → key
		"AAEC%2FMARKER%2Bw%3D%3D": "AAEC/MARKER+w==",
		"AAEC/MARKER+w==":         "AAEC/MARKER+w==",
		"AA//EC/MARKER/":          "AA//EC/MARKER/",
		"v2.MARKER-_x":            "v2.MARKER-_x",
		"/MARKER":                 "/MARKER",
		"AA%20MARKER":             "AA+MARKER",
		"%22%3E%3Cscript%3E":      `&#34;&gt;&lt;script&gt;`,
	}
	for path, key := range keys {
		w := send(h, "GET", "/"+openSchema+"/"+path, "", nil)
		want := `data-key="` + strings.ReplaceAll(strings.ReplaceAll(key, "+", "&#43;"), "=", "=") + `"`
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), " hosted ") {
			t.Errorf("%s: %d, want %s in\n%s", path, w.Code, want, w.Body)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
	for _, path := range []string{"/" + openSchema, "/" + openSchema + "/", "/not-a-uuid/key", "/", "/v1/kyc"} {
		if w := send(h, "GET", path, "", nil); w.Code != http.StatusTeapot {
			t.Errorf("%s is not ours: %d", path, w.Code)
		}
	}
	if w := send(h, "POST", "/"+openSchema+"/key", "", nil); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
	if strings.Contains(log.String(), "MARKER") || !strings.Contains(log.String(), "/{schemaId}/{clientKey}") {
		t.Errorf("S33: the log must name the route and no key:\n%s", log)
	}
}

// S40, S42: who may embed the page, and what the page may do.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	h, _ := behind(t, newDoor(t, config(newRoom(kyc.StepDocument))))
	for path, ancestors := range map[string]string{
		"/widget/?schemaId=" + openSchema:     "frame-ancestors *;",
		"/widget/?scenarioId=" + closedSchema: "frame-ancestors https://shop.example;",
		"/" + closedSchema + "/key":           "frame-ancestors https://shop.example;",
		"/widget/?schemaId=" + unknown:        "frame-ancestors *;",
	} {
		w := send(h, "GET", path, "", nil)
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || !strings.Contains(policy, ancestors) {
			t.Errorf("%s: %d %s", path, w.Code, policy)
		}
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("%s: not strict: %s", path, policy)
		}
		if body := w.Body.String(); strings.Contains(body, "style=") || strings.Contains(body, "<script>") {
			t.Errorf("%s: inline code in the page:\n%s", path, body)
		}
		if w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
	}
}

// S40: other origins can neither call the API nor read its answers; the loader script is for all.
func TestOrigins(t *testing.T) {
	t.Parallel()
	h, _ := behind(t, newDoor(t, config(newRoom(kyc.StepDocument))))
	body := `{"schemaId":"` + openSchema + `","clientKey":"good"}`
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		if w := send(h, "POST", "/capture/session", "", strings.NewReader(body), headers...); w.Code != 403 || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v: %d %v", headers, w.Code, w.Header())
		}
	}
	if w := send(h, "POST", "/capture/session", "", strings.NewReader(body), "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("our own page: %d", w.Code)
	}
	w := send(h, "GET", "/lib/widget-lib.js", "", nil, "Origin", "https://shop.example", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(z); string(text) != "loader()" || w.Header().Get("Access-Control-Allow-Origin") != "*" ||
		w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") {
		t.Errorf("loader: %q %v", text, w.Header())
	}
	again := send(h, "GET", "/lib/widget-lib.js", "", nil, "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != 304 || again.Body.Len() != 0 || again.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("with its ETag: %d %v", again.Code, again.Header())
	}
	if w := send(h, "GET", "/widget/widget.js?v=other", "", nil); w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("another version is not immutable: %v", w.Header())
	}
	if w := send(h, "GET", "/widget/..%2fwidget-lib.js", "", nil); w.Code != 404 {
		t.Errorf("odd file name: %d", w.Code)
	}
}

// Section 2 of the wire contract: failing keys are limited by address.
func TestFaultyKeysAreLimited(t *testing.T) {
	t.Parallel()
	h, _ := behind(t, newDoor(t, config(newRoom(kyc.StepDocument), func(c *capture.Config) {
		c.Limits.Faults = edge.Rate{Events: 1, Per: time.Hour, Burst: 3}
	})))
	try := func(address string) int {
		r := httptest.NewRequest("POST", "/capture/session", strings.NewReader(`{"schemaId":"`+openSchema+`","clientKey":"raw"}`))
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i, want := range []int{400, 400, 400, 429, 429} {
		if got := try("198.51.100.7:1"); got != want {
			t.Errorf("try %d: %d, want %d", i+1, got, want)
		}
	}
	if got := try("198.51.100.8:1"); got != 400 {
		t.Errorf("another address: %d", got)
	}
}

func TestNotBuilt(t *testing.T) {
	t.Parallel()
	h, _ := behind(t, newDoor(t, config(newRoom(), func(c *capture.Config) { c.Assets = fstest.MapFS{".gitkeep": {}} })))
	for _, path := range []string{"/lib/widget-lib.js", "/widget/?schemaId=" + openSchema, "/" + openSchema + "/key"} {
		if w := send(h, "GET", path, "", nil); w.Code != 503 || !strings.Contains(w.Body.String(), "make build") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// A long poll ends at its limit and when the session changes.
func TestLongPoll(t *testing.T) {
	t.Parallel()
	r := newRoom(kyc.StepDocument)
	h, _ := behind(t, newDoor(t, config(r, func(c *capture.Config) { c.Limits.Poll = 50 * time.Millisecond })))
	c := begin(t, h, "good")
	began := time.Now()
	if a := read(t, send(h, "GET", "/capture/state?lock=1", c, nil)); a.Lock != 1 || time.Since(began) < 50*time.Millisecond {
		t.Errorf("nothing changed: %+v after %v", a, time.Since(began))
	}
	began = time.Now()
	if a := read(t, send(h, "GET", "/capture/state?lock=99", c, nil)); a.Lock != 1 || time.Since(began) > 40*time.Millisecond {
		t.Errorf("another lock must answer at once: %+v", a)
	}
}
