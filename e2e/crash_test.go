package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// crash is an installation that is killed again and again while ten sessions
// are in its pipeline.
type crash struct {
	*platform
	hooks  *receiver
	armed  atomic.Bool   // the next notification is held until the kill
	held   chan string   // its webhook-id
	killed chan struct{} // closed after the kill

	scenario applied
	want     map[string]string // session id → verdict that its specimen deserves
	cut      string            // the waiting caller's session, when the power went before its picture was committed
}

const crowd = 10

// TestKill: kill -9 at several moments while ten sessions are in the pipeline.
// After the restart all ten end, each with exactly one verdict and one
// webhook-id (W11). A session that nobody finishes expires, also exactly once.
func TestKill(t *testing.T) {
	c := newCrash(t)

	begun := time.Now()
	c.enqueue(t)
	c.kill()
	t.Logf("killed right after the last of %d calls, %.1f s after the first", crowd, time.Since(begun).Seconds())

	c.serve()
	c.sync(t)
	time.Sleep(400 * time.Millisecond) // a check takes longer
	c.kill()
	t.Logf("killed in the middle of checks; %d notifications had come", len(c.hooks.to("")))

	c.armed.Store(true)
	c.serve()
	var unanswered string
	select {
	case unanswered = <-c.held:
	case <-time.After(time.Minute):
		t.Fatalf("no notification came in a minute\n%s", tail(c.log.String()))
	}
	c.kill()
	close(c.killed)
	t.Logf("killed while the receiver had a notification but had not answered; %d had come", len(c.hooks.to("")))

	begun = time.Now()
	c.serve()
	c.verdicts(t)
	t.Logf("after the restart every check was done within %.1f s", time.Since(begun).Seconds())
	c.stop()
	c.timePasses(t)
	c.serve()
	c.verdicts(t)
	c.announced(t)
	c.repeated(t, unanswered)
	c.stop()
	c.once(t)
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	return newCrashOn(t, quickstart(t), "document")
}

func newCrashOn(t *testing.T, p *platform, step string) *crash {
	t.Helper()
	c := &crash{platform: p, held: make(chan string, 1), killed: make(chan struct{}), want: map[string]string{}}
	c.hooks = receive(t, func(n notification, _ int, w http.ResponseWriter) {
		if c.armed.CompareAndSwap(true, false) {
			c.held <- n.id()
			<-c.killed
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	c.scenario = c.apply(map[string]any{"name": "crash", "steps": steps(1, step), "callback": map[string]any{"url": c.hooks.URL + "/", "mode": "plain"}})
	c.serve()
	return c
}

// enqueue sends ten documents, three of them with a wrong check digit.
func (c *crash) enqueue(t *testing.T) {
	t.Helper()
	genuine := specimen.Sample(specimen.TD3, personSeed, time.Now())
	forged := genuine
	forged.Faults.WrongDigits = []specimen.Field{specimen.FieldNumber}
	photo := func(p specimen.Passport) []byte {
		return specimen.Scene{Difficulty: specimen.Easy, Seed: personSeed}.Photograph(p.Render()).JPEG()
	}
	good, wrong := photo(genuine), photo(forged)
	w := c.wire(t, c.quick.APIToken)
	for i := range crowd {
		page, verdict := good, "success"
		if i%4 == 1 {
			page, verdict = wrong, "failed"
		}
		s := w.process(fields{"schemaId": c.scenario.SchemaID, "clientKey": fmt.Sprintf("crowd:%d", i), "mode": "async"}, page).is(200).session()
		c.want[s.SessionID] = verdict
	}
}

// sync is a caller who waits for a verdict when the power goes.
func (c *crash) sync(t *testing.T) {
	page := specimen.Scene{Difficulty: specimen.Easy, Seed: 2}.Photograph(specimen.Sample(specimen.TD3, 2, time.Now()).Render()).JPEG()
	contentType, body := multipartOf(t, fields{"schemaId": c.scenario.SchemaID, "clientKey": "waiting"}, []file{{data: page}})
	url, token := c.url()+"/kyc/process", c.quick.APIToken
	go func() {
		req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body.Bytes()))
		if err != nil {
			return
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("token", token)
		if answer, err := http.DefaultClient.Do(req); err == nil {
			answer.Body.Close() // the kill came too late to cut it off, which is as good
		}
	}()
}

// timePasses stands for the minutes after which an attempt that was under way
// counts as lost, and makes a session that nobody will finish in its time.
func (c *crash) timePasses(t *testing.T) {
	t.Helper()
	var idle string
	c.folder(func(ctx context.Context, in *app.Installation) error {
		operator, err := in.Operator(ctx)
		if err != nil {
			return err
		}
		return in.Store.Do(ctx, func(tx kyc.Tx) error {
			if idle, err = kyc.NewID(tx.Now(), bytes.NewReader(bytes.Repeat([]byte{7}, 64))); err != nil {
				return err
			}
			err := in.Store.CreateSession(ctx, tx, &kyc.Session{ID: idle, AccountID: operator.AccountID, ScenarioID: c.scenario.SchemaID, Revision: 1,
				ClientKey: "nobody comes", Origin: kyc.OriginWidget, Status: kyc.Idle, CreatedAt: tx.Now().Add(-2 * time.Hour), ExpiresAt: tx.Now().Add(-time.Hour)})
			if err != nil {
				return err
			}
			if c.cut != "" {
				s, err := in.Store.Session(ctx, tx, c.cut)
				if err != nil {
					return err
				}
				s.ExpiresAt, c.want[c.cut] = tx.Now().Add(-time.Hour), "expired"
				if err := in.Store.UpdateSession(ctx, tx, s); err != nil {
					return err
				}
			}
			page, err := in.Store.ListDeliveries(ctx, tx, kyc.DeliveryFilter{AccountID: operator.AccountID, Statuses: []kyc.DeliveryStatus{kyc.DeliveryPending}, Page: 1, PageSize: 100})
			if err != nil {
				return err
			}
			for _, d := range page.Deliveries {
				d.NextAt = tx.Now().Add(-time.Minute)
				if err := in.Store.UpdateDelivery(ctx, tx, d, d.Attempts); err != nil {
					return err
				}
			}
			if len(page.Deliveries) == 0 {
				t.Error("no delivery was under way when the program was killed")
			}
			t.Logf("%d deliveries were under way when the program was killed", len(page.Deliveries))
			return nil
		})
	})
	c.want[idle] = "expired"
}

// verdicts waits for every verdict by REST.
func (c *crash) verdicts(t *testing.T) {
	t.Helper()
	w := c.wire(t, c.quick.APIToken)
	deadline := time.Now().Add(90 * time.Second)
	for id, verdict := range c.want {
		for {
			s := w.post("/kyc/session/status", fields{"sessionId": id}).is(200).session()
			if kyc.Status(s.Status).Final() {
				if s.Status != verdict {
					t.Errorf("a session ended %s instead of %s (%v)", s.Status, verdict, s.Errors)
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("a session is still %s\n%s", s.Status, tail(c.log.String()))
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	if r := w.post("/kyc/session/status", fields{"clientKey": "waiting"}); r.code == 200 { // what was committed before the kill also ends
		if s := r.session(); c.cut == "" && s.Status == string(kyc.Idle) { // nobody will send that picture again
			c.cut = s.SessionID
			return
		}
		for s := r.session(); !kyc.Status(s.Status).Final(); s = w.post("/kyc/session/status", fields{"clientKey": "waiting"}).is(200).session() {
			if time.Now().After(deadline) {
				t.Fatalf("the session of the waiting caller is still %s", s.Status)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if c.cut == "" {
			c.want[r.session().SessionID] = "success"
		}
	} else {
		r.fault(404, "item with this id not found")
	}
}

// announced waits until every session's notification has come.
func (c *crash) announced(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for len(c.ids(t)) < len(c.want) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d sessions were announced\n%s", len(c.ids(t)), len(c.want), tail(c.log.String()))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ids are the webhook-ids that came for each session.
func (c *crash) ids(t *testing.T) map[string]map[string]int {
	t.Helper()
	ids := map[string]map[string]int{}
	for _, n := range c.hooks.to("") {
		var s wireSession
		if err := json.Unmarshal(n.body, &s); err != nil {
			t.Fatalf("%v in %s", err, n.body)
		}
		if ids[s.SessionID] == nil {
			ids[s.SessionID] = map[string]int{}
		}
		ids[s.SessionID][n.id()]++
	}
	return ids
}

// repeated: what was not answered comes once more, with the same id and body (W3, W16).
func (c *crash) repeated(t *testing.T, id string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var bodies [][]byte
		for _, n := range c.hooks.to("") {
			if n.id() == id {
				bodies = append(bodies, n.body)
				if err := n.genuine(c.scenario.WebhookSecret); err != nil {
					t.Error(err)
				}
			}
		}
		if len(bodies) > 1 {
			if !bytes.Equal(bodies[0], bodies[1]) {
				t.Errorf("repeated with another body:\n%s\n%s", bodies[0], bodies[1])
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the notification that was not answered did not come again")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// once looks into the data folder: one verdict, one delivery, one result each.
func (c *crash) once(t *testing.T) {
	t.Helper()
	ids := c.ids(t)
	c.folder(func(ctx context.Context, in *app.Installation) error {
		return in.Store.View(ctx, func(tx kyc.Tx) error {
			for id, verdict := range c.want {
				events, err1 := in.Store.Events(ctx, tx, id)
				deliveries, err2 := in.Store.DeliveriesOf(ctx, tx, id)
				evidence, err3 := in.Store.Evidence(ctx, tx, id)
				if err := errors.Join(err1, err2, err3); err != nil {
					return err
				}
				kinds := map[string]int{}
				for _, e := range events {
					kinds[e.Kind]++
					if e.Kind == "session.final" && e.Detail != verdict {
						t.Errorf("the timeline says %s, the verdict is %s", e.Detail, verdict)
					}
				}
				checked := 1
				if verdict == "expired" {
					checked = 0
				}
				if kinds["session.final"] != 1 || kinds["step.checked"] != checked || kinds["webhook.delivered"] != 1 {
					t.Errorf("session %s (%s): %v", id, verdict, kinds)
				}
				if len(deliveries) != 1 || deliveries[0].Status != kyc.DeliveryDelivered {
					t.Errorf("session %s has %d deliveries", id, len(deliveries))
				} else if len(ids[id]) != 1 || ids[id][deliveries[0].ID] == 0 {
					t.Errorf("session %s was announced under %v, its delivery is %s", id, ids[id], deliveries[0].ID)
				}
				names := map[string]int{}
				for _, e := range evidence {
					if names[e.Name]++; names[e.Name] > 1 {
						t.Errorf("session %s has the picture %s twice", id, e.Name)
					}
				}
			}
			if len(ids) != len(c.want) {
				t.Errorf("%d sessions were announced, there are %d", len(ids), len(c.want))
			}
			return nil
		})
	})
}
