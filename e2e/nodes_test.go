package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/e2e/visitortest"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// TestNodesInTurn: two nodes with doors and one that works, and every request
// goes to another node than the one before. A person gets a right session all
// the same, and the integrator and the operator a right picture of it: nothing
// that a request needs lies in the memory of the node that had the last one.
func TestNodesInTurn(t *testing.T) {
	c := newCluster(t, "serve", "serve", "worker")
	hooks := receive(t, func(_ notification, _ int, w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) })
	c.run("--callback", hooks.URL+"/", "--callback-mode", "plain")
	v := &visitortest.Visitor{Person: visitortest.Draw(personSeed, time.Now()), Base: c.url(), HTTP: http.DefaultClient}
	begun := time.Now()
	visit, err := v.Begin(t.Context(), c.quick.SchemaID, cbc(c.quick.ScenarioSecret, nil, []byte("in turn")), "")
	if err == nil {
		err = visit.Walk(t.Context())
	}
	if err != nil || visit.Status != kyc.Success {
		t.Fatalf("the session ended as %+v, %v", visit, err)
	}
	t.Logf("a session of document, selfie and liveness took %.1f s", time.Since(begun).Seconds())
	result := c.wire(t, "").get("/capture/result", "Authorization", "Bearer "+visit.Credential).is(200).session()
	if result.SessionID != visit.ID || result.Status != "success" {
		t.Errorf("the page is given %+v", result)
	}
	hooks.await(t, "/", 1, 20*time.Second)
	for _, n := range c.nodes { // a node with doors leaves the networks of the checks to those that work
		embeds := strings.Contains(n.figures(), `openkyc_models_loaded{role="face-embedder"} 1`)
		if embeds != (n.role == "worker") {
			t.Errorf("node %s holds the network that compares faces: %v", n.name, embeds)
		}
	}
	c.integratorInTurn(t, visit.ID)
	c.operatorInTurn(t, visit.ID)
	if a, b := c.nodes[0].requests.Load(), c.nodes[1].requests.Load(); a < 10 || a-b > 1 || b-a > 1 {
		t.Errorf("the requests were shared %d to %d", a, b)
	}
}

// integratorInTurn logs in at one node and uses the token at the other; what is
// made, changed or withdrawn at one holds at the other at once.
func (c *cluster) integratorInTurn(t *testing.T, id string) {
	t.Helper()
	w := c.wire(t, "")
	login := w.post("/user/login", fields{"email": c.quick.Dashboard.Email, "password": c.quick.Dashboard.Password}).is(200).text("token")
	w = w.as(login)
	for range 2 { // each is answered by another node
		s := w.post("/kyc/session/status", fields{"clientKey": "in turn"}).is(200).session()
		if s.SessionID != id || s.Status != "success" || len(s.Results) != 4 {
			t.Errorf("a node shows %+v", s)
		}
	}
	pictures := picturesIn(w.post("/kyc/session/status", fields{"sessionId": id}).is(200).body)
	if len(pictures) < 4 {
		t.Fatalf("only %d pictures: %v", len(pictures), pictures)
	}
	var signed struct{ Images []string }
	w.post("/images/sign", map[string]any{"images": pictures}).is(200).into(&signed)
	for i, address := range append(signed.Images, pictures...) {
		viewer := w
		if i < len(signed.Images) {
			viewer = w.as("")
		}
		if r := viewer.get(address).is(200); !bytes.HasPrefix(r.body, []byte{0xff, 0xd8}) {
			t.Errorf("%s is no picture", address)
		}
	}
	var made struct{ Token struct{ ID, Value string } }
	w.post("/token/create", map[string]any{"expires": 1}).is(200).into(&made)
	for range 2 {
		w.as(made.Token.Value).post("/kyc/session/status", fields{"sessionId": id}).is(200)
	}
	w.post("/token/delete", fields{"token_id": made.Token.ID}).is(200)
	for range 2 {
		w.as(made.Token.Value).post("/kyc/session/status", fields{"sessionId": id}).fault(401, "access denied")
	}
	page := photograph(specimen.Sample(specimen.TD3, personSeed, time.Now()))
	for i := range 2 { // the call waits at one node for what another one does, and hears of it
		s := w.process(fields{"schemaId": c.apply(map[string]any{"name": "one page", "steps": steps(1, "document")}).SchemaID, "clientKey": fmt.Sprint("sync ", i)}, page).is(200).session()
		if s.Status != "success" {
			t.Errorf("process answered %s %v", s.Status, s.Errors)
		}
	}
}

// operatorInTurn signs in at one node, reads at the other, and is signed out at both.
func (c *cluster) operatorInTurn(t *testing.T, id string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: time.Minute}
	answers := func(path string) string {
		t.Helper()
		answer, err := browser.Get(c.url() + path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.Request.URL.Path // after redirects
	}
	post := func(path string, form url.Values) {
		t.Helper()
		answer, err := browser.PostForm(c.url()+path, form)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", path, answer.StatusCode)
		}
	}
	post("/dashboard/login", url.Values{"email": {c.quick.Dashboard.Email}, "password": {c.quick.Dashboard.Password}})
	session := "/dashboard/sessions/" + id
	for range 2 {
		if got := answers(session); got != session {
			t.Errorf("a signed-in operator is sent to %s", got)
		}
	}
	post("/dashboard/logout", nil)
	for range 2 {
		if got := answers(session); !strings.HasPrefix(got, "/dashboard/login") {
			t.Errorf("after signing out %s is shown", got)
		}
	}
}
