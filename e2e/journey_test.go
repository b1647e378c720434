package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
)

// event is one line of visitor.mjs.
type event struct {
	Screen, Text, Move, Hints, Wrong string
	Over                             bool
	Seen                             struct {
		Success []map[string]any
		Close   int
		Error   []map[string]any
	}
	Odd  []string
	Left struct{ Local, Session int }
}

// visit lets a person in a real browser walk through the widget while scene
// sets the world for each thing that the widget shows. It returns everything
// that was seen.
func visit(t *testing.T, page string, w *world, config map[string]string, scene func(event)) (events []event) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "visitor.mjs")
	cmd.Env = append(os.Environ(), "PAGE="+page, "CAMERA="+w.file, "CONFIG="+string(text), "SHOTS="+os.Getenv("OPENKYC_SHOTS"))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(150*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		if e.Wrong != "" {
			t.Fatalf("the visitor is stuck: %s %v", e.Wrong, e.Odd)
		}
		t.Logf("%s%s%s %s", e.Screen, e.Move, e.Hints, strings.ReplaceAll(e.Text, "\n", " / "))
		scene(e)
		events = append(events, e)
		if _, err := fmt.Fprintln(stdin, "done"); err != nil && !e.Over {
			t.Fatal(err)
		}
	}
	_, _ = io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the visitor: %v", err)
	}
	if len(events) == 0 || !events[len(events)-1].Over {
		t.Fatal("the visitor ended too early")
	}
	return events
}

func still(img *image.RGBA) func() *image.RGBA { return func() *image.RGBA { return img } }

// direct shows the page for document steps and lets the person follow the rest.
func direct(w *world, page *specimen.Passport, p *person) func(event) {
	document := held(page.Render())
	return func(e event) {
		switch {
		case e.Screen == "document":
			w.show(still(document))
		case e.Screen == "selfie" || e.Screen == "liveness":
			p.turn(0)
			w.show(p.scene)
		case e.Move == "left":
			p.turn(turnedFar)
		case e.Move == "right":
			p.turn(-turnedFar)
		case e.Move == "centre":
			p.turn(0)
		}
	}
}

// stage is a platform with its integrator, ready for visitors.
func stage(t *testing.T) (*platform, *integrator) {
	t.Helper()
	p := quickstart(t)
	i := startIntegrator(t, p)
	p.run("--callback", i.url()+"/webhook")
	p.serve()
	return p, i
}

func (i *integrator) key(raw string) map[string]string {
	i.t.Helper()
	var config map[string]string
	i.get("/key?raw="+url.QueryEscape(raw), &config)
	return config
}

func passportOf(p *person, seed int64) *specimen.Passport {
	page := specimen.Sample(specimen.TD3, seed, time.Now())
	page.Portrait = p.portrait
	return &page
}

// The main job: a person with a passport and a face gets an honest verdict,
// and the integrator gets it under its own key by every way.
func TestJourney(t *testing.T) {
	p, i := stage(t)
	w := newWorld(t)
	one := meet(t, "sample6.jpg", .83, .275, 420)
	two := meet(t, "sample6.jpg", .393, .31, 420)

	t.Run("success", func(t *testing.T) {
		raw := "клиент:42"
		events := visit(t, i.url(), w, i.key(raw), direct(w, passportOf(one, 11), one))
		last := events[len(events)-1]
		if screen := events[len(events)-2].Screen; screen != "success" {
			t.Fatalf("the person ended at %q", screen)
		}
		if len(last.Seen.Success) != 1 || last.Seen.Success[0]["status"] != "success" || len(last.Seen.Error) != 0 {
			t.Fatalf("the page was told %+v", last.Seen)
		}
		if len(last.Odd) != 0 || last.Left.Local != 0 || last.Left.Session != 0 {
			t.Errorf("odd things in the console: %v; left in storage: %+v", last.Odd, last.Left)
		}
		id := last.Seen.Success[0]["sessionId"]
		hooks := i.webhooks(1, 10*time.Second)
		if len(hooks) != 1 || !hooks[0].Signed || hooks[0].Session["clientKey"] != raw || hooks[0].Session["sessionId"] != id || hooks[0].Session["status"] != "success" {
			t.Fatalf("the integrator received %+v", hooks)
		}
		if code, view := p.call("/v1/kyc/session/status", map[string]string{"clientKey": raw}); code != 200 || view["sessionId"] != id || view["status"] != "success" {
			t.Errorf("status: %d %v", code, view["sessionId"])
		}
		code, list := p.call("/v1/kyc/sessions/filter", map[string]any{"filters": map[string]any{"clientKey": raw}})
		if sessions, _ := list["sessions"].([]any); code != 200 || len(sessions) != 1 || sessions[0].(map[string]any)["sessionId"] != id || list["total"] != 1.0 {
			t.Errorf("filter: %d %v", code, list["total"])
		}
		if strings.Contains(p.log.String(), raw) || strings.Contains(p.log.String(), passportOf(one, 11).Surname) {
			t.Error("S33: the log holds personal data")
		}
	})

	t.Run("another person's face fails", func(t *testing.T) {
		raw := "impostor"
		events := visit(t, i.url(), w, i.key(raw), direct(w, passportOf(two, 12), one))
		if screen := events[len(events)-2].Screen; screen != "failed" {
			t.Fatalf("the impostor ended at %q", screen)
		}
		hooks := i.webhooks(2, 10*time.Second)
		if len(hooks) != 2 || hooks[1].Session["status"] != "failed" || hooks[1].Session["clientKey"] != raw || !hooks[1].Signed {
			t.Fatalf("the integrator received %+v", hooks)
		}
		results := hooks[1].Session["results"].([]any)
		if last := results[len(results)-1].(map[string]any); last["type"] != "faces" || last["status"] != "failed" {
			t.Errorf("the last result is %v", last)
		}
	})

	t.Run("a raw key is refused", func(t *testing.T) {
		config := i.key("x")
		config["clientKey"] = "user_123"
		events := visit(t, i.url(), w, config, func(event) {})
		shown := events[len(events)-2]
		if shown.Screen != "error" || !strings.Contains(shown.Text, "Failed to perform asymmetric decryption!") {
			t.Fatalf("the widget shows %q: %s", shown.Screen, shown.Text)
		}
		if code, out := p.call("/kyc/session/status", map[string]string{"clientKey": "user_123"}); code != 404 {
			t.Errorf("something was stored: %d %v", code, out)
		}
	})

	t.Run("a still picture fails", func(t *testing.T) {
		p.oneAttempt()
		events := visit(t, i.url(), w, i.key("still"), func(e event) {
			scene := direct(w, passportOf(one, 13), one)
			if e.Move == "" {
				scene(e) // the person never moves
			}
		})
		if screen := events[len(events)-2].Screen; screen != "failed" {
			t.Fatalf("a still picture ended at %q", screen)
		}
	})
}
