package e2e

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const decryptionFault = "Failed to perform asymmetric decryption!"

// vectors are those of the wire contract, section 2.
func vectors() map[string]string {
	return map[string]string{
		"user_123":                             "AAECAwQFBgcICQoLDA0OD7MGnRWfRuyp7eveer5mFJo=",
		"550e8400-e29b-41d4-a716-446655440000": "AAECAwQFBgcICQoLDA0OD/twUW64b0V9Rf/ahMkJZZNJyWl1N3R+5FUP8PFhk132bgxilTGypocC9JHHiYytSg==",
		"aaaaaaaaaaaaaaaa":                     "AAECAwQFBgcICQoLDA0OD3NNxNIbwTXD329c551jlPEJwvN8hHA37h9rkfuHmJjA",
	}
}

func (c *contract) clientKeys(t *testing.T) {
	w, api := c.wire(t, ""), c.api(t)
	for raw, token := range vectors() {
		o := w.open(c.keys.SchemaID, token)
		if id, err := uuid.Parse(o.id); err != nil || id.Version() != 1 {
			t.Errorf("section 1: session id %q is no UUID of version 1", o.id)
		}
		s := api.post("/kyc/session/status", fields{"clientKey": raw}).is(200).session()
		if s.SessionID != o.id || s.ClientKey != raw || s.Status != "idle" || s.SchemaID != c.keys.SchemaID {
			t.Errorf("%s opened %+v", raw, s)
		}
		if again := w.open(c.keys.SchemaID, token); again.id != o.id || again.credential == o.credential {
			t.Errorf("%s opened again: an open session is resumed under a new credential", raw)
		}
	}
	for _, raw := range []string{strings.Repeat("я", 36), "клиент:42", " spaced key ", `"<&'/+%`} {
		o := w.open(c.keys.SchemaID, cbc(vectorSecret, nil, []byte(raw)))
		if s := api.post("/kyc/session/status", fields{"clientKey": raw}).is(200).session(); s.SessionID != o.id || s.ClientKey != raw {
			t.Errorf("%q came back as %q", raw, s.ClientKey)
		}
	}
	for name, body := range map[string]fields{
		"scenarioId alone":        {"scenarioId": c.keys.SchemaID},
		"schemaId before the new": {"schemaId": c.keys.SchemaID, "scenarioId": uuid.NewString()},
	} {
		body["clientKey"] = cbc(vectorSecret, nil, []byte(name))
		if r := w.post("/capture/session", body); r.code != 200 {
			t.Errorf("%s: %d %s", name, r.code, r.body)
		}
	}
	w.post("/capture/session", fields{"schemaId": uuid.NewString(), "clientKey": "x"}).fault(404, "item with this id not found")
	w.post("/capture/session", fields{"clientKey": "x"}).fault(404, "item with this id not found")
}

// keyFailures: every failure gives one answer, leaves nothing behind, and an
// address that goes on failing is told to wait.
func (c *contract) keyFailures(t *testing.T) {
	api := c.api(t)
	total := func() float64 { return api.post("/kyc/sessions/filter", `{}`).is(200).object()["total"].(float64) }
	before := total()
	iv := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	good := vectors()["user_123"]
	flipped, _ := base64.StdEncoding.DecodeString(good)
	flipped[3] ^= 'r' ^ 'R' // another raw key, still sound to decrypt
	refused := map[string]string{
		"key hex-decoded to 16 bytes": "AAECAwQFBgcICQoLDA0OD8L1YGD1y7WPoHzKUdlJLI8=",
		"key is the raw digest":       "AAECAwQFBgcICQoLDA0OD2vZ+HAg+yLK6eoLaeTQNYM=",
		"not base64":                  "!" + good[1:],
		"base64 of other letters":     strings.ReplaceAll(vectors()["550e8400-e29b-41d4-a716-446655440000"], "/", "_"),
		"too short":                   base64.StdEncoding.EncodeToString(iv),
		"not whole blocks":            base64.StdEncoding.EncodeToString(append(iv[:16:16], make([]byte, 17)...)),
		"bad padding":                 cbcRaw(vectorSecret, iv, []byte("user_123\x08\x08\x08\x08\x08\x08\x08\x07")),
		"padding of nought":           cbcRaw(vectorSecret, iv, make([]byte, 16)),
		"not UTF-8":                   cbc(vectorSecret, nil, []byte{0xff, 0xfe, 'a'}),
		"empty raw key":               cbc(vectorSecret, nil, nil),
		"37 characters":               cbc(vectorSecret, nil, []byte(strings.Repeat("a", 37))),
		"wrong secret":                cbc("s3cret2", nil, []byte("user_123")),
		"a raw value by mistake":      "user_123",
		"a truncated copy":            good[:len(good)-4],
		"nothing":                     "",
		"control character":           cbc(vectorSecret, nil, []byte("user\n123")),
		"known blocks, other IV":      base64.StdEncoding.EncodeToString(flipped),
		"version 2 unreadable":        "v2.AAAA",
	}
	w := c.wire(t, "")
	for name, token := range refused {
		r := w.post("/capture/session", fields{"schemaId": c.keys.SchemaID, "clientKey": token}).fault(400, decryptionFault)
		if names := strings.Join(keysOf(t, r.body), " "); names != "status message code requestId" {
			t.Errorf("%s: the answer tells more than the others: %s", name, r.body)
		}
	}
	if after := total(); after != before {
		t.Errorf("refused keys left %v sessions behind", after-before)
	}
	var last reply
	for range 12 {
		last = w.post("/capture/session", fields{"schemaId": c.keys.SchemaID, "clientKey": "user_123"})
	}
	if last.code != 429 || last.header.Get("Retry-After") == "" || last.text("status") != "error" {
		t.Errorf("thirty failures in a row answer %d %s", last.code, last.body)
	}
	if r := w.post("/capture/session", fields{"schemaId": c.keys.SchemaID, "clientKey": good}); r.code != 429 {
		t.Errorf("the address is limited, a good key answers %d", r.code)
	}
	if r := c.wire(t, "").post("/capture/session", fields{"schemaId": c.keys.SchemaID, "clientKey": good}); r.code != 200 {
		t.Errorf("another address is not limited: %d %s", r.code, r.body)
	}
}

// key2 is version 2 of the client key as section 2 writes it down.
func key2(t *testing.T, secret, schema, raw string, expires time.Time, jti string) string {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "openkyc client key v2", 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"k": raw, "exp": expires.Unix(), "jti": jti})
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, 12)
	_, _ = rand.Read(nonce) // never fails
	return "v2." + base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, text, []byte(schema)))
}

func (c *contract) clientKeys2(t *testing.T) {
	w, soon := c.wire(t, ""), time.Now().Add(10*time.Minute)
	n := 0
	fresh := func(s applied, raw string) string {
		n++
		return key2(t, s.ScenarioSecret, s.SchemaID, raw, soon, fmt.Sprintf("jti-%d", n))
	}
	once := fresh(c.keysV2, "second:1")
	o := w.open(c.keysV2.SchemaID, once)
	if s := c.api(t).post("/kyc/session/status", fields{"clientKey": "second:1"}).is(200).session(); s.SessionID != o.id {
		t.Errorf("version 2 opened %q, status says %q", o.id, s.SessionID)
	}
	w.open(c.keys.SchemaID, fresh(c.keys, "second:2")) // both versions where the scenario does not insist
	tampered := []byte(fresh(c.keysV2, "second:3"))
	tampered[20] ^= 1
	for name, token := range map[string]string{
		"a second use":              once,
		"of another scenario":       key2(t, c.keysV2.ScenarioSecret, c.keys.SchemaID, "second:4", soon, "other-schema"),
		"expired":                   key2(t, c.keysV2.ScenarioSecret, c.keysV2.SchemaID, "second:5", time.Now().Add(-time.Second), "late"),
		"without an id":             key2(t, c.keysV2.ScenarioSecret, c.keysV2.SchemaID, "second:6", soon, ""),
		"wrong secret":              key2(t, "s3cret", c.keysV2.SchemaID, "second:7", soon, "wrong"),
		"tampered":                  string(tampered),
		"37 characters":             fresh(c.keysV2, strings.Repeat("a", 37)),
		"version 1 where 2 is must": cbc(c.keysV2.ScenarioSecret, nil, []byte("user_123")),
	} {
		r := w.post("/capture/session", fields{"schemaId": c.keysV2.SchemaID, "clientKey": token})
		if r.code != 400 || r.text("message") != decryptionFault {
			t.Errorf("S21 %s: %d %s", name, r.code, r.body)
		}
	}
}
