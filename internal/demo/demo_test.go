package demo

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
)

const webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func shop(t *testing.T) http.Handler {
	t.Helper()
	i := &Integrator{Platform: "http://localhost:8080", SchemaID: "schema", ScenarioSecret: "s3cret", WebhookSecret: webhookSecret,
		Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	return i.Handler()
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func post(h http.Handler, path string, body []byte, header http.Header) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	for name, values := range header {
		req.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestKeyIsEncryptedOnTheServer(t *testing.T) {
	t.Parallel()
	h := shop(t)
	w := post(h, "/key", []byte(`{"customer":"user_7"}`), nil)
	var out map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if raw, err := client.DecryptKey("s3cret", out["clientKey"]); err != nil || raw != "user_7" || out["schemaId"] != "schema" {
		t.Errorf("%q %v %v", raw, err, out)
	}
	for _, bad := range []string{``, `{}`, `{"customer":"` + strings.Repeat("x", 37) + `"}`} {
		if w := post(h, "/key", []byte(bad), nil); w.Code != 400 {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

func TestWebhookIsShownOnceAndOnlyWhenGenuine(t *testing.T) {
	t.Parallel()
	h := shop(t)
	body, err := client.SealWebhook(webhookSecret, []byte(`{"status":"success","clientKey":"user_7","results":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	header := http.Header{}
	header.Set("webhook-id", "msg_1")
	header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("webhook-signature", client.SignWebhook(webhookSecret, "msg_1", now, body))
	if w := post(h, "/webhook", append([]byte(" "), body...), header); w.Code != 401 {
		t.Errorf("an altered body: %d", w.Code)
	}
	for range 2 { // delivery is at least once
		if w := post(h, "/webhook", body, header); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	var list []Received
	if err := json.Unmarshal(get(h, "/received").Body.Bytes(), &list); err != nil || len(list) != 1 || !strings.Contains(string(list[0].Session), "user_7") {
		t.Errorf("%v %v", list, err)
	}
}

func TestSpecimens(t *testing.T) {
	t.Parallel()
	h := shop(t)
	w := get(h, "/specimen/7.png")
	img, _, err := image.Decode(bytes.NewReader(w.Body.Bytes()))
	if err != nil || img.Bounds().Dx() < 1000 || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%v %v", err, w.Header())
	}
	if own := post(h, "/specimen", w.Body.Bytes(), nil); own.Code != 200 || bytes.Equal(own.Body.Bytes(), w.Body.Bytes()) {
		t.Errorf("a specimen with an own portrait: %d", own.Code)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "text": []byte("no picture"), "cut": w.Body.Bytes()[:2000]} {
		if out := post(h, "/specimen", bad, nil); out.Code != 400 {
			t.Errorf("%s: %d", name, out.Code)
		}
	}
	if out := get(h, "/specimen/x"); out.Code != 404 {
		t.Errorf("%d", out.Code)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := shop(t)
	for path, want := range map[string]string{"/": "Verify me", "/demo.js": "setupKYC", "/demo.css": "--accent"} {
		w := get(h, path)
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self' http://localhost:8080;") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}
