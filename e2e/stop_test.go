package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// TestStop: SIGTERM while checks run and wait, a delivery is at its receiver, a
// person uploads slowly, and others wait for an answer. The process ends soon
// and well, what it had begun is finished, and what it had not is done by
// whoever comes next: the same node again, or another one that is there already.
func TestStop(t *testing.T) {
	t.Run("one node", func(t *testing.T) { stopUnderLoad(t, "") })
	t.Run("two nodes", func(t *testing.T) { stopUnderLoad(t, storetest.PostgresURL(t)) })
}

const (
	waiting    = 8                      // selfies that are brought before the signal; one at a time is looked at
	drainTime  = 300 * time.Millisecond // --drain
	stopWithin = 15 * time.Second       // a check that runs may finish; nothing that waits is waited for
)

func stopUnderLoad(t *testing.T, database string) {
	p := &platform{t: t, data: filepath.Join(t.TempDir(), "data"), port: freePort(t), database: database}
	p.flags = []string{"--workers", "1", "--drain", drainTime.String()}
	p.run()
	c := newCrashOn(t, p, "selfie")
	c.bring(t, "first")
	c.verdicts(t) // the networks are loaded

	slow, poll := c.slowUpload(t), c.poll(t)
	c.armed.Store(true)
	for i := range waiting {
		c.bring(t, fmt.Sprint("crowd:", i))
	}
	caller := c.waits(t)
	delivery := <-c.held

	begun := time.Now()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.drains(t, begun)
	close(c.killed) // the receiver answers now
	slow.finish(t)
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the process ended with %v\n%s", err, tail(c.log.String()))
		}
	case <-time.After(stopWithin):
		t.Fatalf("the process did not end within %v\n%s", stopWithin, tail(c.log.String()))
	}
	took := time.Since(begun)
	c.cmd = nil
	if body := <-poll; !strings.Contains(body, `"status":"`) {
		t.Errorf("a long poll was answered %q", body)
	}
	if body := <-caller; !strings.Contains(body, `"sessionId"`) {
		t.Errorf("a caller who waited for a verdict was answered %q", body)
	}
	before := len(c.hooks.to(""))
	next := c.serve
	if database != "" {
		next = c.second(t, p)
	}
	next()
	c.verdicts(t)
	t.Logf("ended within %.1f s; every verdict was there %.1f s after the signal, %d notifications before the next node worked", took.Seconds(), time.Since(begun).Seconds(), before)
	c.announced(t)
	for session, ids := range c.ids(t) {
		for id, times := range ids {
			if times != 1 || len(ids) != 1 {
				t.Errorf("session %s was announced %d times as %s (held at the signal: %v), under %d ids", session, times, id, id == delivery, len(ids))
			}
		}
	}
	for _, sign := range []string{"taken up", "failed and will be tried again", `"level":"ERROR"`} {
		if strings.Contains(c.log.String(), sign) {
			t.Errorf("the next node's log says %q: the work was not handed back\n%s", sign, tail(c.log.String()))
		}
	}
	c.stop()
	c.once(t)
	if !slow.kept {
		t.Error("the upload that was under way is lost")
	}
}

// bring sends a selfie and does not wait.
func (c *crash) bring(t *testing.T, key string) {
	t.Helper()
	s := c.wire(t, c.quick.APIToken).process(fields{"schemaId": c.scenario.SchemaID, "clientKey": key, "mode": "async"}, selfie()).is(200).session()
	c.want[s.SessionID] = "success"
}

// selfie is drawn once.
var selfie = sync.OnceValue(func() []byte {
	person := specimen.Sample(specimen.TD3, personSeed, time.Now())
	var b bytes.Buffer
	if err := jpeg.Encode(&b, specimen.Face{Seed: person.Seed, Sex: person.Sex}.Render(640, 480), nil); err != nil {
		panic(err) // a drawing can always be encoded
	}
	return b.Bytes()
})

// second starts another node of the same installation. It is there while the
// first one stops, as nodes of a cluster are.
func (c *crash) second(t *testing.T, first *platform) (serve func()) {
	t.Helper()
	c.platform = &platform{t: t, data: first.data, port: freePort(t), database: first.database, quick: first.quick, flags: first.flags}
	return c.serve
}

// drains holds that for a while /ready says what comes, and that the doors are
// open until then.
func (c *crash) drains(t *testing.T, since time.Time) {
	t.Helper()
	for {
		answer, err := http.Get(c.url() + "/ready")
		if err != nil {
			t.Fatalf("the doors were closed %v after the signal, before anybody was told: %v", time.Since(since), err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err == nil && answer.StatusCode == http.StatusServiceUnavailable && bytes.Contains(text, []byte("draining")) {
			break
		}
		if time.Since(since) > drainTime {
			t.Fatalf("/ready answers %d %s after the signal", answer.StatusCode, text)
		}
		time.Sleep(5 * time.Millisecond)
	}
	for id := range c.want {
		c.wire(t, c.quick.APIToken).post("/kyc/session/status", fields{"sessionId": id}).is(200)
		return
	}
}

// slowUpload is a person on a slow line: half of the picture has come.
type slowUpload struct {
	pipe   *io.PipeWriter
	rest   []byte
	answer chan string
	kept   bool
}

func (c *crash) slowUpload(t *testing.T) *slowUpload {
	t.Helper()
	session := c.wire(t, "").open(c.scenario.SchemaID, cbc(c.scenario.ScenarioSecret, nil, []byte("slow line")))
	state := session.try(0)
	contentType, body := multipartOf(t, nil, []file{{data: selfie()}})
	read, write := io.Pipe()
	req, err := http.NewRequest(http.MethodPost, fmt.Sprintf("%s/capture/evidence?step=0&try=%d", c.url(), state.Try), read)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+session.credential)
	s := &slowUpload{pipe: write, answer: make(chan string, 1)}
	go func() { s.answer <- asked(req) }()
	text := body.Bytes()
	if _, err := write.Write(text[:len(text)/2]); err != nil {
		t.Fatal(err)
	}
	s.rest = text[len(text)/2:]
	c.want[session.id] = "success"
	return s
}

// finish sends the rest once the doors are closed to others.
func (s *slowUpload) finish(t *testing.T) {
	t.Helper()
	time.Sleep(drainTime + 200*time.Millisecond)
	if _, err := s.pipe.Write(s.rest); err != nil {
		t.Fatal(err)
	}
	_ = s.pipe.Close()
	answer := <-s.answer
	if s.kept = strings.Contains(answer, `"status":"processing"`); !s.kept {
		t.Errorf("the upload that was under way was answered %q", answer)
	}
}

// poll is a widget that asks for its state and waits for a change.
func (c *crash) poll(t *testing.T) (answer chan string) {
	t.Helper()
	idle := c.wire(t, "").open(c.scenario.SchemaID, cbc(c.scenario.ScenarioSecret, nil, []byte("looks at the page")))
	var state widgetState
	idle.w.get("/capture/state", idle.bearer()...).is(200).into(&state)
	req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/capture/state?lock=%d", c.url(), state.Lock), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+idle.credential)
	answer = make(chan string, 1)
	go func() { answer <- asked(req) }()
	return answer
}

// waits is a server that waits for a verdict; many others come first.
func (c *crash) waits(t *testing.T) (answer chan string) {
	t.Helper()
	contentType, body := multipartOf(t, fields{"schemaId": c.scenario.SchemaID, "clientKey": "waiting"}, []file{{data: selfie()}})
	req, err := http.NewRequest(http.MethodPost, c.url()+"/kyc/process", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("token", c.quick.APIToken)
	answer = make(chan string, 1)
	go func() { answer <- asked(req) }()
	return answer
}

// asked makes a call and returns what it was answered.
func asked(req *http.Request) string {
	answer, err := http.DefaultClient.Do(req.WithContext(context.Background()))
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
