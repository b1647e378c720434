package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// name is a person's in the scripts that break what counts characters as bytes.
const name = "Zoë Łukasz Žižek 李小龙 Ёлкина 👩‍👧 \u2028 \"</script>\\"

// verdict is what a published verifier says of one delivery: by which of the
// known secrets it is signed, and which altered copies it took.
type verdict struct {
	Path    string
	Genuine []bool
	Fooled  []string
	Body    json.RawMessage
}

// TestPublishedVerifiersW2: the verifiers that Standard Webhooks publishes for
// JavaScript and Go accept what the sender really sends, as it is, in each mode
// and while a secret is rotated, and refuse every altered copy.
func TestPublishedVerifiersW2(t *testing.T) {
	t.Parallel()
	s, room := running(t, t.TempDir(), 0)
	account, scenario := tenant(t, s, kyc.Callback{})
	owner := &kyc.Principal{AccountID: account.ID, UserID: "user", Role: kyc.RoleOwner}
	secrets := map[string][]string{}
	endpoints := map[string]*kyc.Endpoint{}
	for _, language := range []string{"/js", "/go"} {
		for _, mode := range []kyc.CallbackMode{kyc.CallbackPlain, kyc.CallbackThin, kyc.CallbackEncrypted} {
			path := language + "/" + string(mode)
			e := &kyc.Endpoint{ScenarioID: scenario.ID, Name: path, URL: "https://later.example", Mode: mode, Events: kyc.EventTypes()}
			first, err := room.CreateEndpoint(t.Context(), owner, e)
			if err != nil {
				t.Fatal(err)
			}
			secrets[path], endpoints[path] = []string{first}, e
			if mode == kyc.CallbackPlain {
				second, err := room.RotateEndpointSecret(t.Context(), owner, e.ID, time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				secrets[path] = []string{second, first}
			}
			secrets[path] = append(secrets[path], secret) // a stranger's
		}
	}
	verdicts := make(chan verdict, 64)
	for language, address := range map[string]string{"/js": javascript(t, secrets, verdicts), "/go": golang(t, secrets, verdicts)} {
		for path, e := range endpoints {
			if strings.HasPrefix(path, language) {
				e.URL, e.Lock = address+path, 0
				if err := room.UpdateEndpoint(t.Context(), owner, e); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	object, err := json.Marshal(map[string]string{"status": "success", "clientKey": name})
	if err != nil {
		t.Fatal(err)
	}
	session := begin(t, s, scenario, "Łukasz 李小龙 Ёлкина 👩‍👧")
	err = s.Do(t.Context(), func(tx kyc.Tx) error {
		started := room.Notify(t.Context(), tx, kyc.EventSessionStarted, scenario, session, kyc.EventDetail{})
		session.Status = kyc.Success
		return errors.Join(started, room.Announce(t.Context(), tx, scenario, session, func() ([]byte, error) { return object, nil }))
	})
	if err != nil {
		t.Fatal(err)
	}
	came := map[string]int{}
	for range 2 * len(endpoints) {
		select {
		case v := <-verdicts:
			came[v.Path]++
			last := len(v.Genuine) - 1
			for i, good := range v.Genuine {
				if good != (i < last) {
					t.Errorf("%s: secret %d of %d fits: %v", v.Path, i, last, good)
				}
			}
			if len(v.Fooled) > 0 {
				t.Errorf("%s: altered copies pass: %v", v.Path, v.Fooled)
			}
			if came[v.Path] == 2 {
				readable(t, v, secrets[v.Path][0])
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("only %v came", came)
		}
	}
}

// readable looks for the name in the second notification, the final one.
func readable(t *testing.T, v verdict, secret string) {
	t.Helper()
	body, err := client.OpenWebhook(secret, v.Body)
	if err != nil {
		t.Errorf("%s: %v", v.Path, err)
		return
	}
	var told struct{ ClientKey string }
	if err := json.Unmarshal(body, &told); err != nil || !strings.HasSuffix(v.Path, "/thin") && told.ClientKey != name {
		t.Errorf("%s: the name arrives as %q, %v", v.Path, told.ClientKey, err)
	}
}

// javascript starts the receiver with the npm package and returns its address.
func javascript(t *testing.T, secrets map[string][]string, verdicts chan<- verdict) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node.js on the path: install it (Debian: apt-get install nodejs) and run again")
	}
	known, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, node, "testdata/published.mjs")
	command.Env, command.Stderr = append(os.Environ(), "SECRETS="+string(known)), os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = command.Wait() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		t.Fatal("the receiver did not start: is the npm package standardwebhooks installed? npm ci --ignore-scripts")
	}
	address := "http://127.0.0.1:" + lines.Text()
	go func() {
		for lines.Scan() {
			var v verdict
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Errorf("the receiver printed %q: %v", lines.Text(), err)
			}
			verdicts <- v
		}
	}()
	return address
}

// golang is the same receiver with the Go module.
func golang(t *testing.T, secrets map[string][]string, verdicts chan<- verdict) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		takes := func(secret string, body []byte, header http.Header) bool {
			hook, err := standardwebhooks.NewWebhook(secret)
			return err == nil && hook.Verify(body, header) == nil
		}
		v := verdict{Path: r.URL.Path, Body: body}
		for _, secret := range secrets[v.Path] {
			v.Genuine = append(v.Genuine, takes(secret, body, r.Header))
		}
		for name, copied := range altered(body, r.Header) {
			if takes(secrets[v.Path][0], copied.body, copied.header) {
				v.Fooled = append(v.Fooled, name)
			}
		}
		verdicts <- v
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

type message struct {
	body   []byte
	header http.Header
}

func altered(body []byte, header http.Header) map[string]message {
	with := func(name, value string) http.Header {
		copied := maps.Clone(header)
		copied[http.CanonicalHeaderKey(name)] = []string{value}
		return copied
	}
	stamp, _ := strconv.Atoi(header.Get("webhook-timestamp"))
	var indented bytes.Buffer
	_ = json.Indent(&indented, body, "", " ")
	middle := len(body) / 2
	return map[string]message{
		"a byte less":     {append(bytes.Clone(body[:middle]), body[middle+1:]...), header},
		"a space more":    {append(bytes.Clone(body), ' '), header},
		"written anew":    {indented.Bytes(), header},
		"another id":      {body, with("webhook-id", header.Get("webhook-id")+"0")},
		"a second later":  {body, with("webhook-timestamp", strconv.Itoa(stamp+1))},
		"an hour ago":     {body, with("webhook-timestamp", strconv.Itoa(stamp-3600))},
		"no signature":    {body, with("webhook-signature", "")},
		"another version": {body, with("webhook-signature", strings.ReplaceAll(header.Get("webhook-signature"), "v1,", "v2,"))},
	}
}
