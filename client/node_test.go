package client

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestNode holds both halves of the scheme against Node's own crypto module: an
// integrator in another language, who shares no line with this package.
func TestNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node.js on the path: install it (Debian: apt-get install nodejs) and run again")
	}
	type exchange struct {
		Secret        string   `json:"secret"`
		SchemaID      string   `json:"schemaId"`
		WebhookSecret string   `json:"webhookSecret"`
		Exp           int64    `json:"exp"`
		Raws          []string `json:"raws"`
		Keys1         []string `json:"keys1"`
		Keys2         []string `json:"keys2"`
		Webhook       struct {
			ID        string `json:"id"`
			Timestamp int64  `json:"timestamp"`
			Signature string `json:"signature"`
			Body      string `json:"body"`
		} `json:"webhook"`
		Opened1       []string `json:"opened1,omitempty"`
		Opened2       []string `json:"opened2,omitempty"`
		OpenedWebhook string   `json:"openedWebhook,omitempty"`
	}
	now := time.Now()
	in := exchange{Secret: "пароль & co", SchemaID: "0f2d7c80-1b1e-11f0-8c2f-0242ac120002", WebhookSecret: readVectors(t).Webhook.Secret, Exp: now.Unix() + 60,
		Raws: []string{"a", "user:1", "<&>\"\\/", strings.Repeat("я", 36), strings.Repeat("😀", 36), "sixteen letters."}}
	for _, raw := range in.Raws {
		one, err1 := EncryptKey(in.Secret, raw)
		two, err2 := EncryptKeyV2(in.Secret, in.SchemaID, raw, time.Minute)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		in.Keys1, in.Keys2 = append(in.Keys1, one), append(in.Keys2, two)
	}
	plain := `{"clientKey":"from go ✓"}`
	sealed, err := SealWebhook(in.WebhookSecret, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	in.Webhook.ID, in.Webhook.Timestamp, in.Webhook.Body = "id-1", now.Unix(), string(sealed)
	in.Webhook.Signature = SignWebhook(in.WebhookSecret, "id-1", now, sealed)

	out := exchange{}
	text, _ := json.Marshal(in)
	command := exec.CommandContext(t.Context(), node, "testdata/vectors.mjs")
	command.Stdin = bytes.NewReader(text)
	var complaint strings.Builder
	command.Stderr = &complaint
	answer, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Raws, out.Opened1) + cmp.Diff(in.Raws, out.Opened2); diff != "" || out.OpenedWebhook != plain {
		t.Errorf("Node opened something else (%q): %s", out.OpenedWebhook, diff)
	}
	for i, raw := range in.Raws {
		if got, err := DecryptKey(in.Secret, out.Keys1[i]); got != raw || err != nil {
			t.Errorf("version 1 from Node: got %q, %v, want %q", got, err, raw)
		}
		if got, _, _, err := DecryptKeyV2(in.Secret, in.SchemaID, out.Keys2[i], now); got != raw || err != nil {
			t.Errorf("version 2 from Node: got %q, %v, want %q", got, err, raw)
		}
	}
	header := http.Header{}
	header.Set(HeaderWebhookID, out.Webhook.ID)
	header.Set(HeaderWebhookTimestamp, strconv.FormatInt(out.Webhook.Timestamp, 10))
	header.Set(HeaderWebhookSignature, out.Webhook.Signature)
	n, err := ReadWebhook(in.WebhookSecret, header, []byte(out.Webhook.Body), now)
	if err != nil || n.Session.ClientKey != "from node ✓" {
		t.Errorf("webhook from Node: %+v, %v", n, err)
	}
}
