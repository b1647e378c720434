package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
)

const webhooks = "docs/integrator/webhooks.md"

// What follows each receiver of the handbook to make a program of it: it reads
// messages from a file and prints, for each, what became of it.
const (
	nodeTail = `
import { readFileSync } from 'node:fs';
const { secrets, messages, now } = JSON.parse(readFileSync(process.argv[2]));
for (const { headers, body, fails } of messages) {
  try {
    const done = await receive(secrets, headers, body, (message, event) => {
      if (fails) throw new Error('no');
      console.log(event, message.clientKey ?? message.data.session.clientKey);
    }, now);
    if (!done) console.log('repeat');
  } catch (fault) { console.log(fault.message === 'no' ? 'failed' : 'refused'); }
}
`
	pythonTail = `
import sys
given = json.load(open(sys.argv[1], encoding="utf-8"))
sys.stdout.reconfigure(encoding="utf-8")
for m in given["messages"]:
    def work(message, event):
        if m["fails"]:
            raise RuntimeError("no")
        print(event, message["clientKey"] if "clientKey" in message else message["data"]["session"]["clientKey"])
    try:
        if not receive(given["secrets"], m["headers"], m["body"].encode(), work, given["now"]):
            print("repeat")
    except ValueError:
        print("refused")
    except RuntimeError:
        print("failed")
`
	goTail = `package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/openkyc/openkyc/client"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var given struct {
		Secrets  []string
		Now      int64
		Messages []struct {
			Headers map[string]string
			Body    string
			Fails   bool
		}
	}
	if err := json.Unmarshal(text, &given); err != nil {
		panic(err)
	}
	r := &Receiver{Secrets: given.Secrets}
	for _, m := range given.Messages {
		header := http.Header{}
		for name, value := range m.Headers {
			header.Set(name, value)
		}
		r.Work = func(event string, message []byte) error {
			if m.Fails {
				return errors.New("no")
			}
			var v struct {
				ClientKey string
				Data      struct{ Session struct{ ClientKey string } }
			}
			if err := json.Unmarshal(message, &v); err != nil {
				return err
			}
			fmt.Println(event, v.ClientKey+v.Data.Session.ClientKey)
			return nil
		}
		switch repeat, err := r.Receive(header, []byte(m.Body), time.Unix(given.Now, 0)); {
		case errors.Is(err, client.ErrWebhook):
			fmt.Println("refused")
		case err != nil:
			fmt.Println("failed")
		case repeat:
			fmt.Println("repeat")
		}
	}
}
`
)

// given is one message to a receiver of the handbook.
type given struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Fails   bool              `json:"fails"` // the receiver's own work does
}

// TestReceiversW7: the receivers that the handbook offers refuse what is altered,
// signed with another secret, or off by more than 300 s either way; pass over
// repeats, also when a retry signs them anew; take again what their own work
// failed on; and read all modes, with either secret while one is rotated.
func TestReceiversW7(t *testing.T) {
	t.Parallel()
	const current, old, other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="
	const session, thin = `{"status":"success","clientKey":"юзер_1"}`, `{"type":"session.step","data":{"session":{"clientKey":"李"}}}`
	now := time.Unix(1_800_000_000, 0)
	seal := func(secret string) string {
		sealed, err := client.SealWebhook(secret, []byte(session))
		if err != nil {
			t.Fatal(err)
		}
		return string(sealed)
	}
	message := func(id, body string, off time.Duration, event string, secrets ...string) given {
		at := now.Add(off)
		signatures := []string{"v1,AAAA", "v2,AAAA"}
		for _, s := range secrets {
			signatures = append(signatures, client.SignWebhook(s, id, at, []byte(body)))
		}
		return given{Body: body, Headers: map[string]string{"webhook-id": id, "webhook-timestamp": strconv.FormatInt(at.Unix(), 10),
			"webhook-signature": strings.Join(signatures, " "), "openkyc-event": event}}
	}
	altered := message("4", session, 0, "session.final", current)
	altered.Body += " "
	renamed := message("5", session, 0, "session.final", current)
	renamed.Headers["webhook-id"] = "5b"
	failing := message("6", session, 0, "session.final", current)
	failing.Fails = true
	var messages []given
	var want []string
	for _, c := range []struct {
		m    given
		want string
	}{
		{message("1", session, 0, "session.final", current), "session.final юзер_1"}, {message("1", session, time.Second, "session.final", current), "repeat"},
		{message("2", seal(current), -300*time.Second, "session.final", current, old), "session.final юзер_1"},
		{message("3", seal(old), 300*time.Second, "session.final", current, old), "session.final юзер_1"},
		{altered, "refused"}, {renamed, "refused"}, {message("5", session, 0, "session.final", other), "refused"}, {message("5", session, 0, "session.final"), "refused"},
		{message("5", session, -301*time.Second, "session.final", current), "refused"}, {message("5", session, 301*time.Second, "session.final", current), "refused"},
		{message("5", seal(other), 0, "session.final", current), "refused"}, {failing, "failed"}, {message("6", session, 0, "session.final", current), "session.final юзер_1"},
		{message("7", thin, 0, "session.step", current), "session.step 李"}, {message("7", thin, 0, "session.step", current), "repeat"},
	} {
		messages, want = append(messages, c.m), append(want, c.want)
	}
	text, err := json.Marshal(map[string]any{"secrets": []string{current, old}, "messages": messages, "now": now.Unix()})
	if err != nil {
		t.Fatal(err)
	}
	file := scratch(t, "given.json", string(text))
	for _, c := range []struct {
		heading, language, constantTime string
		command                         func(t *testing.T, snippet string) []string
		lacks                           func() string
	}{
		{"### Node", "js", "timingSafeEqual(", func(t *testing.T, s string) []string { return []string{"node", scratch(t, "main.mjs", s+nodeTail)} }, nil},
		{"### Go", "go", "client.VerifyWebhook(", func(t *testing.T, s string) []string {
			receiver := scratch(t, "receiver.go", s)
			tail := filepath.Join(filepath.Dir(receiver), "main.go")
			if err := os.WriteFile(tail, []byte(goTail), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{"go", "run", receiver, tail}
		}, nil},
		{"### Python", "python", "hmac.compare_digest(", func(t *testing.T, s string) []string { return []string{"python3", scratch(t, "main.py", s+pythonTail)} },
			missing("python3", "-c", "import cryptography")},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			snippet := block(t, webhooks, c.heading, c.language)
			if !strings.Contains(snippet, c.constantTime) {
				t.Errorf("it does not compare by %s", c.constantTime)
			}
			if c.lacks != nil {
				if why := c.lacks(); why != "" {
					t.Skip(why)
				}
			}
			command := c.command(t, snippet)
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Fatalf("this test needs %s on the path; scripts/system-packages test installs it", command[0])
			}
			if got := strings.Split(run(t, nil, command[0], append(command[1:], file)...), "\n"); strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}
