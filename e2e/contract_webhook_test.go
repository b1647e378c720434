package e2e

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signed holds what every delivery carries (W1, W2).
func signed(t *testing.T, n notification, secret string) {
	t.Helper()
	stamp, err := strconv.ParseInt(n.header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Unix(stamp, 0).Sub(n.at).Abs() > 10*time.Second || n.method != "POST" || n.header.Get("Content-Type") != "application/json" || n.id() == "" {
		t.Errorf("%s %s: headers %v", n.method, n.path, n.header)
	}
	if err := n.genuine(secret); err != nil {
		t.Errorf("%s: %v", n.path, err)
	}
}

// sameSession compares what a webhook brought with what status answers, but
// for the moment of the answer.
func (c *contract) sameSession(t *testing.T, body []byte) wireSession {
	t.Helper()
	if got := strings.Join(keysOf(t, body), " "); got != sessionKeys {
		t.Errorf("keys %s", got)
	}
	var s wireSession
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	ours, theirs := raw(t, c.api(t).post("/kyc/session/status", fields{"sessionId": s.SessionID}).is(200).body), raw(t, body)
	delete(ours, "responseTime")
	delete(theirs, "responseTime")
	if diff := cmp.Diff(ours, theirs); diff != "" {
		t.Errorf("status and webhook differ:\n%s", diff)
	}
	return s
}

// webhookEncrypted: {"encrypted": base64(iv || ciphertext)} under the webhook secret.
func (c *contract) webhookEncrypted(t *testing.T) {
	id := c.good.session().SessionID
	ivs, found := map[string]bool{}, false
	for _, n := range c.hooks.await(t, "/pair", 3, 10*time.Second) {
		signed(t, n, c.pair.WebhookSecret)
		var body struct{ Encrypted string }
		if err := json.Unmarshal(n.body, &body); err != nil || strings.Join(keysOf(t, n.body), " ") != "encrypted" || n.rawQuery != "" {
			t.Fatalf("%s?%s %s", n.path, n.rawQuery, n.body)
		}
		text, err := uncbc(c.pair.WebhookSecret, body.Encrypted)
		if err != nil {
			t.Fatal(err)
		}
		if s := c.sameSession(t, text); s.SessionID == id {
			found = s.ClientKey == personKey && s.Status == "success"
		}
		if _, err := uncbc(c.pair.ScenarioSecret, body.Encrypted); err == nil {
			t.Error("the scenario secret opens it: the two secrets must differ")
		}
		iv := body.Encrypted[:21] // 16 bytes
		if ivs[iv] {
			t.Error("an IV was used twice")
		}
		ivs[iv] = true
	}
	if !found {
		t.Error("the genuine person was not announced")
	}
}

// webhookPlain: the session object itself, and the raw key in the address.
func (c *contract) webhookPlain(t *testing.T) {
	const key = "key +&=?/я"
	for path, scenario := range map[string]applied{"/plain": c.plain, "/query": c.query} {
		s := c.api(t).process(fields{"schemaId": scenario.SchemaID, "clientKey": key}, bad()).is(200).session()
		var mine []notification
		deadline := time.Now().Add(10 * time.Second)
		for len(mine) == 0 && time.Now().Before(deadline) {
			for _, n := range c.hooks.to(path) {
				if bytes.Contains(n.body, []byte(s.SessionID)) {
					mine = append(mine, n)
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		if len(mine) != 1 {
			t.Fatalf("%s got %d notifications", path, len(mine))
		}
		signed(t, mine[0], scenario.WebhookSecret)
		if got := c.sameSession(t, mine[0].body); got.ClientKey != key || got.Status != "failed" {
			t.Errorf("%s: %s", path, mine[0].body)
		}
		want := map[string][]string{"clientKey": {key}}
		if path == "/query" {
			want["shop"] = []string{"1"}
		}
		if diff := cmp.Diff(want, map[string][]string(mine[0].query)); diff != "" || strings.Contains(mine[0].rawQuery, "?") {
			t.Errorf("%s?%s: %s", path, mine[0].rawQuery, diff)
		}
	}
}

// webhookRetries: anything but 2xx is sent again with the same body and id
// (W3, W12); a redirect is a failure and is not followed.
func (c *contract) webhookRetries(t *testing.T) {
	for _, scenario := range []applied{c.broken, c.moved} {
		c.api(t).process(fields{"schemaId": scenario.SchemaID, "clientKey": "again"}, bad()).is(200)
	}
	for path, secret := range map[string]string{"/broken": c.broken.WebhookSecret, "/moved": c.moved.WebhookSecret} {
		list := c.hooks.await(t, path, 2, 15*time.Second)
		first, second := list[0], list[1]
		signed(t, first, secret)
		signed(t, second, secret)
		if first.id() != second.id() || !bytes.Equal(first.body, second.body) {
			t.Errorf("%s: the second attempt is another: %q %q", path, first.id(), second.id())
		}
		wait := second.at.Sub(first.at)
		if wait < 3500*time.Millisecond || wait > 10*time.Second { // W13: 5 s ±20 %
			t.Errorf("%s: tried again after %v", path, wait)
		}
		t.Logf("%s: tried again after %.1f s", path, wait.Seconds())
	}
	if got := c.hooks.to("/stolen"); len(got) != 0 {
		t.Errorf("a redirect was followed, %d times", len(got))
	}
	time.Sleep(300 * time.Millisecond)
	if n := len(c.hooks.to("/broken")); n != 2 {
		t.Errorf("%d notifications came after a success", n)
	}
}

// silentLog: S33, nothing of the person, no key and no secret in the log.
func (c *contract) silentLog(t *testing.T) {
	log := c.log.String()
	zone := c.passport.MRZ()
	for what, text := range map[string]string{"client key": personKey, "key in ASCII": "second:1", "raw key": "user_123", "surname": c.passport.Surname, "number": c.passport.Number,
		"MRZ": zone[1], "API token": c.quick.APIToken, "scenario secret": c.pair.ScenarioSecret, "webhook secret": c.pair.WebhookSecret,
		"password": c.pass, "encrypted key": vectors()["user_123"], "key in an address": "key%20%2B", "foreign token": c.foreignToken} {
		if strings.Contains(log, text) {
			t.Errorf("S33: the log holds the %s", what)
		}
	}
	if strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("errors in the log:\n%s", tail(log))
	}
	if !strings.Contains(log, `"route":"POST /v1/kyc/process"`) && !strings.Contains(log, "kyc/process") {
		t.Error("the log says nothing of the calls: what was searched is not the log")
	}
}
