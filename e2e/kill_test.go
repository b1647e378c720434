package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/e2e/visitortest"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// longer is the environment variable that lets TestKillEachNode go on for a
// time of its own, such as 10m.
const longer = "OPENKYC_E2E_KILL"

// ordeal is a cluster whose nodes are killed in turn while people and an
// integrator's server use it.
type ordeal struct {
	*cluster
	hooks    *receiver
	scenario applied
	in       *app.Installation // for looks into the database
	pages    map[string][]byte // verdict → a photograph that deserves it

	mu   sync.Mutex
	want map[string]string // session → verdict
}

// TestKillEachNode: three nodes on one PostgreSQL and one bucket, one with doors
// and work, one with doors, one with work, are killed in turn by SIGKILL and
// started again, during load. At the end no session is stuck, each has one
// verdict and one webhook-id, every picture can be read, and neither jobs nor
// locks are left.
func TestKillEachNode(t *testing.T) {
	o := newOrdeal(t)
	sessions, until := 12, time.Now()
	if text := os.Getenv(longer); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		sessions, until = int(d.Seconds()/2), time.Now().Add(d)
	}
	var users sync.WaitGroup
	users.Go(func() { o.integrator(sessions - sessions/4) })
	users.Go(func() { o.people(sessions / 4) })
	kills := 0
	for round := 0; round == 0 || time.Now().Before(until); round++ {
		for _, n := range o.nodes {
			o.busy()
			n.kill()
			kills++
			time.Sleep(700 * time.Millisecond)
			n.start()
			n.await()
			time.Sleep(500 * time.Millisecond)
		}
	}
	users.Wait()
	o.decided()
	o.delivered()
	o.readable()
	repeated := o.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'verify.check' AND attempt > 1`)
	t.Logf("%d nodes were killed; %d sessions, %d checks were cut off and repeated", kills, len(o.want), repeated)
	if repeated == 0 {
		t.Error("no check was cut off: the run proved nothing")
	}
	for _, n := range o.nodes {
		n.stop()
	}
	o.once()
	o.nothingLeft()
}

func newOrdeal(t *testing.T) *ordeal {
	t.Helper()
	o := &ordeal{cluster: newCluster(t, "all", "serve", "worker"), want: map[string]string{}}
	o.hooks = receive(t, func(_ notification, _ int, w http.ResponseWriter) {
		time.Sleep(100 * time.Millisecond) // so that some are under way when their sender is killed
		w.WriteHeader(http.StatusNoContent)
	})
	o.scenario = o.apply(map[string]any{"name": "ordeal", "steps": steps(1, "document"), "callback": map[string]any{"url": o.hooks.URL + "/", "mode": "plain"}})
	genuine := specimen.Sample(specimen.TD3, personSeed, time.Now())
	forged := genuine
	forged.Faults.WrongDigits = []specimen.Field{specimen.FieldNumber}
	o.pages = map[string][]byte{"success": photograph(genuine), "failed": photograph(forged)}
	in, err := app.OpenInstallation(t.Context(), app.Location{Data: o.data, Database: o.database, Blobs: o.bucket, BlobKeys: o.keys}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	o.in = in
	return o
}

func photograph(p specimen.Passport) []byte {
	return specimen.Scene{Difficulty: specimen.Easy, Seed: personSeed}.Photograph(p.Render()).JPEG()
}

// count asks for one number.
func (o *ordeal) count(query string) (n int) {
	o.t.Helper()
	if err := o.in.Store.Writer().QueryRow(query).Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// busy waits, for a while, until both nodes that work have something to do.
func (o *ordeal) busy() {
	for end := time.Now().Add(4 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if o.count(`SELECT COUNT(*) FROM river_job WHERE kind = 'verify.check' AND state = 'running'`) >= 3 {
			return
		}
	}
}

func (o *ordeal) expect(id, verdict string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.want[id] = verdict
}

// integrator sends documents, and sends one again when it got no answer: then
// it does not know whether there is a session.
func (o *ordeal) integrator(n int) {
	for i := range n {
		verdict := "success"
		if i%4 == 1 {
			verdict = "failed"
		}
		contentType, body := multipartOf(o.t, fields{"schemaId": o.scenario.SchemaID, "clientKey": fmt.Sprintf("server:%d", i), "mode": "async"}, []file{{data: o.pages[verdict]}})
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
			id, err := o.process(contentType, body.Bytes())
			if err == nil {
				o.expect(id, verdict)
				break
			}
			if time.Now().After(end) {
				o.t.Errorf("process: %v", err)
				return
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
}

func (o *ordeal) process(contentType string, body []byte) (id string, err error) {
	req, err := http.NewRequest(http.MethodPost, o.url()+"/v1/kyc/process", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("token", o.quick.APIToken)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d %s %w", answer.StatusCode, text, err)
	}
	var s wireSession
	return s.SessionID, json.Unmarshal(text, &s)
}

// people come one after another by the widget's calls, and go on, as the widget
// does, after the network or the node behind it was away.
func (o *ordeal) people(n int) {
	v := &visitortest.Visitor{Person: &visitortest.Person{Page: o.pages["success"]}, Base: o.url(), HTTP: http.DefaultClient}
	for i := range n {
		broken := 0
		insist := func(do func() error) {
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
				err := do()
				if err == nil {
					return
				}
				if broken++; time.Now().After(end) {
					o.t.Errorf("a person is stuck: %v", err)
					return
				}
			}
		}
		var visit *visitortest.Visit
		token := cbc(o.scenario.ScenarioSecret, nil, fmt.Appendf(nil, "person:%d", i))
		insist(func() (err error) { visit, err = v.Begin(o.t.Context(), o.scenario.SchemaID, token, ""); return err })
		if visit == nil {
			return
		}
		insist(func() error { return visit.Walk(o.t.Context()) })
		o.t.Logf("a person got through, %d times after a fault", broken)
		o.expect(visit.ID, "success")
	}
}

// decided waits for all verdicts. A call that was cut off may have left a
// session without pictures, which nobody knows: it expires in its time, which
// is made to come now.
func (o *ordeal) decided() {
	o.t.Helper()
	begun := time.Now()
	open := `SELECT COUNT(*) FROM sessions WHERE finished_at = 0`
	nobodys := ` AND status = 'idle' AND NOT EXISTS (SELECT 1 FROM evidence e WHERE e.session_id = sessions.id)`
	for end := begun.Add(90 * time.Second); o.count(open) > o.count(open+nobodys); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("%d sessions are stuck", o.count(open))
		}
	}
	o.t.Logf("all verdicts were there %.1f s after the last kill; %d sessions are nobody's", time.Since(begun).Seconds(), o.count(open))
	if o.count(open) > 0 {
		if _, err := o.in.Store.Writer().Exec(`UPDATE sessions SET expires_at = 1 WHERE finished_at = 0`); err != nil {
			o.t.Fatal(err)
		}
	}
	for end := time.Now().Add(40 * time.Second); o.count(open) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("%d sessions do not expire", o.count(open))
		}
	}
}

// delivered waits for all notifications. What a killed node was sending goes
// out again two minutes later; in the short run those pass at once.
func (o *ordeal) delivered() {
	o.t.Helper()
	waiting := `SELECT COUNT(*) FROM deliveries WHERE status = 'pending'`
	patience := 3 * time.Second
	if os.Getenv(longer) != "" {
		patience = 3 * time.Minute
	}
	for end := time.Now().Add(patience); o.count(waiting) > 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	o.t.Logf("%d deliveries were under way when their node was killed", o.count(waiting))
	if _, err := o.in.Store.Writer().Exec(`UPDATE deliveries SET claimed_to = 0, next_at = 1 WHERE status = 'pending' AND claimed_to > 0`); err != nil {
		o.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); o.count(waiting) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			o.t.Fatalf("%d deliveries are stuck", o.count(waiting))
		}
	}
}

var pictureAddress = regexp.MustCompile(`"(/images/kyc[^"]+)"`)

// picturesIn finds the addresses of pictures in an answer.
func picturesIn(body []byte) (addresses []string) {
	for _, found := range pictureAddress.FindAllSubmatch(body, -1) {
		addresses = append(addresses, string(found[1]))
	}
	return addresses
}

// readable opens every picture by REST.
func (o *ordeal) readable() {
	o.t.Helper()
	w := o.wire(o.t, o.quick.APIToken)
	n := 0
	for id := range o.want {
		pictures := picturesIn(w.post("/kyc/session/status", fields{"sessionId": id}).is(200).body)
		if len(pictures) == 0 {
			o.t.Errorf("session %s shows no pictures", id)
		}
		for _, address := range pictures {
			n++
			if r := w.get(address).is(200); !bytes.HasPrefix(r.body, []byte{0xff, 0xd8}) {
				o.t.Errorf("%s is no picture", address)
			}
		}
	}
	o.t.Logf("%d pictures were read", n)
}

// once looks into the database: one verdict, one delivery, one id, one result each.
func (o *ordeal) once() {
	o.t.Helper()
	came := map[string]map[string]bool{} // session → ids
	for _, n := range o.hooks.to("/") {
		var s wireSession
		if err := json.Unmarshal(n.body, &s); err != nil {
			o.t.Fatal(err)
		}
		if came[s.SessionID] == nil {
			came[s.SessionID] = map[string]bool{}
		}
		came[s.SessionID][n.id()] = true
		if err := n.genuine(o.scenario.WebhookSecret); err != nil {
			o.t.Error(err)
		}
	}
	ctx := context.Background()
	all := o.all()
	for id := range o.want {
		if _, there := all[id]; !there {
			o.t.Errorf("session %s is lost", id)
		}
	}
	err := o.in.Store.View(ctx, func(tx kyc.Tx) error {
		for id, status := range all {
			if want, known := o.want[id]; known && want != status {
				o.t.Errorf("session %s ended as %s instead of %s", id, status, want)
			}
			events, err := o.in.Store.Events(ctx, tx, id)
			if err != nil {
				return err
			}
			kinds := map[string]int{}
			for _, e := range events {
				kinds[e.Kind]++
			}
			checked := 1
			if status == "expired" {
				checked = 0
			}
			if kinds["session.final"] != 1 || kinds["step.checked"] != checked || kinds["webhook.delivered"] != 1 || len(came[id]) != 1 {
				o.t.Errorf("session %s (%s) was announced under %d ids and has %v", id, status, len(came[id]), kinds)
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// all are the sessions with their verdicts, those that nobody knows included.
func (o *ordeal) all() map[string]string {
	o.t.Helper()
	rows, err := o.in.Store.Writer().Query(`SELECT id, status FROM sessions`)
	if err != nil {
		o.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var id, status string
		if err := rows.Scan(&id, &status); err != nil {
			o.t.Fatal(err)
		}
		all[id] = status
	}
	return all
}

// nothingLeft: all nodes have left, and nothing of theirs stays behind.
func (o *ordeal) nothingLeft() {
	o.t.Helper()
	for what, query := range map[string]string{
		"checks that are not done":        `SELECT COUNT(*) FROM river_job WHERE kind = 'verify.check' AND state <> 'completed'`,
		"jobs at work":                    `SELECT COUNT(*) FROM river_job WHERE state = 'running'`,
		"keys at work":                    `SELECT COUNT(*) FROM job_runs`,
		"nodes":                           `SELECT COUNT(*) FROM job_nodes`,
		"locks":                           `SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() AND l.locktype = 'advisory'`,
		"transactions":                    `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
		"attempts without a finding":      `SELECT COUNT(*) FROM attempts WHERE status = 'processing'`,
		"deliveries that are not settled": `SELECT COUNT(*) FROM deliveries WHERE status <> 'delivered' OR claimed_to > 0`,
	} {
		if n := o.count(query); n != 0 {
			o.t.Errorf("%d %s are left", n, what)
		}
	}
}
