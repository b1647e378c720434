package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func signed(id string, at time.Time, signatures ...string) http.Header {
	h := http.Header{}
	h.Set(HeaderWebhookID, id)
	h.Set(HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderWebhookSignature, strings.Join(signatures, " "))
	return h
}

// TestSignatureW1W2 holds the published vector of Standard Webhooks and asks its
// official library, an outside party, to verify what we sign.
func TestSignatureW1W2(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Webhook
	at := time.Unix(v.Timestamp, 0)
	if got := SignWebhook(v.Secret, v.ID, at, []byte(v.Body)); got != v.Signature {
		t.Fatalf("got %s, want %s", got, v.Signature)
	}
	official, err := standardwebhooks.NewWebhook(v.Secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, body := range []string{"", "{}", `{"encrypted":"AA=="}`, "\x00\xff", strings.Repeat("x", 100_000)} {
		header := signed("id.1", now, SignWebhook(v.Secret, "id.1", now, []byte(body)))
		if err := official.Verify([]byte(body), header); err != nil {
			t.Errorf("the official library refuses our signature over %d bytes: %v", len(body), err)
		}
		theirs, err := official.Sign("id.1", now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyWebhook(v.Secret, signed("id.1", now, theirs), []byte(body), now); err != nil {
			t.Errorf("we refuse the official library's signature: %v", err)
		}
	}
}

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	secret := readVectors(t).Webhook.Secret
	other := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 32)))
	now := time.Unix(1_800_000_000, 0)
	body := []byte(`{"a":1}`)
	good := SignWebhook(secret, "id", now, body)
	old := SignWebhook(other, "id", now, body)
	at := func(d time.Duration) http.Header {
		return signed("id", now.Add(d), SignWebhook(secret, "id", now.Add(d), body))
	}
	for name, c := range map[string]struct {
		header http.Header
		body   string
		ok     bool
	}{
		"good":                              {signed("id", now, good), string(body), true},
		"W4 two secrets, ours last":         {signed("id", now, old, good), string(body), true},
		"W4 two secrets, ours first":        {signed("id", now, good, old), string(body), true},
		"another version beside":            {signed("id", now, "v1a,AAAA", good), string(body), true},
		"W7 300 s old":                      {at(-300 * time.Second), string(body), true},
		"W7 300 s ahead":                    {at(300 * time.Second), string(body), true},
		"W7 301 s old":                      {at(-301 * time.Second), string(body), false},
		"W7 301 s ahead":                    {at(301 * time.Second), string(body), false},
		"another body":                      {signed("id", now, good), `{"a":2}`, false},
		"another id":                        {signed("ie", now, good), string(body), false},
		"another time":                      {signed("id", now.Add(time.Second), good), string(body), false},
		"another secret":                    {signed("id", now, old), string(body), false},
		"v1a tag on our signature":          {signed("id", now, "v1a"+good[2:]), string(body), false},
		"no tag":                            {signed("id", now, good[3:]), string(body), false},
		"half a signature":                  {signed("id", now, good[:20]), string(body), false},
		"empty signature":                   {signed("id", now, "v1,"), string(body), false},
		"no headers":                        {http.Header{}, string(body), false},
		"timestamp that wraps around int64": {http.Header{"Webhook-Id": {"id"}, "Webhook-Timestamp": {"-9223372036854775808"}, "Webhook-Signature": {good}}, string(body), false},
		"timestamp that is no number":       {http.Header{"Webhook-Id": {"id"}, "Webhook-Timestamp": {"now"}, "Webhook-Signature": {good}}, string(body), false},
	} {
		if err := VerifyWebhook(secret, c.header, []byte(c.body), now); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrWebhook) {
			t.Errorf("%s: got %v, want ok %v", name, err, c.ok)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_AAAA", "whsec_***", "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 65))} {
		if SignWebhook(bad, "id", now, body) != "" || VerifyWebhook(bad, signed("id", now, good), body, now) == nil {
			t.Errorf("W2: %q works as a secret", bad)
		}
	}
}

func TestWebhookBodies(t *testing.T) {
	t.Parallel()
	v := readVectors(t).Webhook
	session := `{"status":"success","sessionId":"s-1","clientKey":"user_123","results":[{"type":"document","status":"success","checks":"Access denied","ocr":{"status":"success","fields":[{"title":"Surname","value":"SPECIMEN"}]}}]}`
	one, err := SealWebhook(v.Secret, []byte(session))
	if err != nil {
		t.Fatal(err)
	}
	two, _ := SealWebhook(v.Secret, []byte(session))
	if string(one) == string(two) || strings.Contains(string(one), "user_123") {
		t.Error("the same JSON looks the same twice, or shows")
	}
	now := time.Now()
	for _, body := range [][]byte{one, []byte(session)} {
		n, err := ReadWebhook(v.Secret, signed("id", now, SignWebhook(v.Secret, "id", now, body)), body, now)
		if err != nil {
			t.Fatal(err)
		}
		field, found := n.Session.Results[0].OCR.Value.Field("Surname")
		if n.Session.Status != Success || n.Session.ClientKey != "user_123" || !n.Session.Results[0].Checks.Denied || !found || field.Value != "SPECIMEN" ||
			n.ID != "id" || n.SentAt.Unix() != now.Unix() || string(n.Raw) != session {
			t.Errorf("read as %+v", n)
		}
	}
	var sealed envelope
	_ = json.Unmarshal(one, &sealed)
	data, _ := base64.StdEncoding.DecodeString(sealed.Encrypted)
	for cut := range len(data) {
		body, _ := json.Marshal(envelope{base64.StdEncoding.EncodeToString(data[:cut])})
		if got, err := OpenWebhook(v.Secret, body); cut > 0 && !errors.Is(err, ErrWebhook) {
			t.Fatalf("%d bytes of it open as %q", cut, got)
		}
	}
	if _, err := OpenWebhook("another", one); !errors.Is(err, ErrWebhook) {
		t.Errorf("opens with another secret: %v", err)
	}
	if _, err := OpenWebhook(v.Secret, []byte("no JSON")); !errors.Is(err, ErrWebhook) {
		t.Errorf("got %v", err)
	}
}

func FuzzOpenWebhook(f *testing.F) {
	v := readVectors(f).Webhook
	f.Add(v.Secret, []byte(`{"encrypted":"`+v.Encrypted+`"}`))
	f.Fuzz(func(t *testing.T, secret string, body []byte) {
		if _, err := OpenWebhook(secret, body); err != nil && !errors.Is(err, ErrWebhook) {
			t.Errorf("got %v", err)
		}
	})
}
