package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bytes"
	"io/fs"

	"github.com/google/uuid"
)

// tokenPlaces: header token, Authorization, body or form field, in that order;
// the first one there counts.
func (c *contract) tokenPlaces(t *testing.T) {
	const wrong = "okyc_not-a-token"
	good, w := c.quick.APIToken, c.wire(t, "")
	w.open(c.keys.SchemaID, vectors()["user_123"])
	for _, place := range []struct {
		name, header, bearer, body string
		want                       int
	}{
		{"header", good, "", "", 200}, {"bearer", "", "Bearer " + good, "", 200}, {"body", "", "", good, 200},
		{"bearer in small letters", "", "bearer " + good, "", 200},
		{"nowhere", "", "", "", 401}, {"bad header", wrong, "", "", 401}, {"bad bearer", "", "Bearer " + wrong, "", 401},
		{"bad body", "", "", wrong, 401}, {"basic", "", "Basic " + good, "", 401}, {"a UUID", uuid.NewString(), "", "", 401},
		{"header before bearer", good, "Bearer " + wrong, wrong, 200}, {"bearer before body", "", "Bearer " + good, wrong, 200},
		{"bad header before bearer", wrong, "Bearer " + good, good, 401}, {"bad bearer before body", "", "Bearer " + wrong, good, 401},
	} {
		headers := []string{"token", place.header, "Authorization", place.bearer}
		if place.header == "" {
			headers = headers[2:]
		}
		body, form := fields{"clientKey": "user_123"}, fields{"schemaId": "not-a-schema"}
		if place.body != "" {
			body["token"], form["token"] = place.body, place.body
		}
		contentType, multi := multipartOf(t, form, []file{{data: bad()}})
		answers := map[string]reply{
			"/kyc/session/status":      w.post("/kyc/session/status", body, headers...),
			"/v1/kyc/sessions/filter":  w.post("/v1/kyc/sessions/filter", body, headers...),
			"/v1/kyc/process (a form)": w.send("POST", "/v1/kyc/process", contentType, multi, headers...),
		}
		for path, r := range answers {
			want := place.want
			if want == 200 && strings.Contains(path, "process") {
				want = 400 // the form itself is no good on purpose
			}
			if r.code != want {
				t.Errorf("%s, %s: %d %s", place.name, path, r.code, r.body)
			}
			if want == 401 {
				r.fault(401, "access denied")
			}
		}
	}
	w.get("/v1/kyc/session/status?clientKey=user_123&token="+good).fault(401, "access denied") // S33: never in an address
}

// errors: the envelope, and the contract's sentences for each status.
func (c *contract) errors(t *testing.T) {
	w := c.api(t)
	for _, call := range []struct {
		path string
		body any
	}{
		{"/kyc/session/status", `{`}, {"/kyc/session/status", `[]`}, {"/kyc/session/status", `{"clientKey":7}`},
		{"/kyc/sessions/filter", `{"page":0}`}, {"/kyc/sessions/filter", `{"page":"one"}`}, {"/kyc/sessions/filter", `{"filters":[]}`},
		{"/token/create", `{}`}, {"/token/create", `{"expires":"soon"}`}, {"/token/update", `{"token_id":"x"}`}, {"/token/delete", `{}`},
		{"/user/login", `{"email":"a@b.example"}`}, {"/user/login", `{"email":"a@b.example","password":"x","valid_days":0}`},
	} {
		for _, prefix := range []string{"", "/v1"} {
			r := w.post(prefix+call.path, call.body).fault(400, "invalid schema")
			if details, _ := r.object()["details"].([]any); len(details) == 0 {
				t.Errorf("%s %v: no details in %s", call.path, call.body, r.body)
			}
		}
	}
	w.post("/kyc/session/status", fields{"clientKey": "nobody"}).fault(404, "item with this id not found")
	w.post("/user/login", fields{"email": c.quick.Dashboard.Email, "password": "wrong"}).fault(403, "invalid user credentials")
	w.post("/user/login", fields{"email": "nobody@openkyc.example", "password": "wrong"}).fault(403, "invalid user credentials")
	huge := w.post("/kyc/session/status", fields{"clientKey": strings.Repeat("x", 70<<10)})
	if huge.code != 413 || huge.text("status") != "error" || huge.text("message") == "" {
		t.Errorf("a body of 70 kB: %d %s", huge.code, huge.body)
	}
	if r := w.get("/v1/no/such/path"); r.code != 404 {
		t.Errorf("an unknown path: %d", r.code)
	}
	if r := w.get("/v1/kyc/process"); r.code != 405 {
		t.Errorf("a wrong method: %d", r.code)
	}
}

func (c *contract) login(t *testing.T, email, password string) string {
	t.Helper()
	r := c.wire(t, "").post("/v1/user/login", map[string]any{"email": email, "password": password, "valid_days": 1}).is(200)
	if r.text("status") != "ok" || strings.Count(r.text("token"), ".") != 2 {
		t.Fatalf("login answers %s", r.body)
	}
	return r.text("token")
}

func (c *contract) tokens(t *testing.T) {
	w, owner := c.api(t), c.login(t, c.quick.Dashboard.Email, c.quick.Dashboard.Password)
	w.as(owner).post("/kyc/sessions/filter", `{}`).is(200) // a temporary token is a token
	in10Days := time.Now().AddDate(0, 0, 10).UTC()
	for _, expires := range []any{10, "10", in10Days.Format(time.RFC3339)} {
		r := w.post("/v1/token/create", map[string]any{"expires": expires, "name": "test"}).is(200)
		var out struct {
			Status, Message string
			Token           struct{ ID, Expires, Value string }
		}
		r.into(&out)
		end, err := time.Parse("2006-01-02T15:04:05.000Z", out.Token.Expires)
		if out.Status != "ok" || out.Message != "new token created" || err != nil || end.Sub(in10Days).Abs() > time.Minute {
			t.Errorf("expires %v: %s", expires, r.body)
		}
		if secret := strings.TrimPrefix(out.Token.Value, "okyc_"); len(secret) < 43 { // 256 bits in base64
			t.Errorf("S17: the token %q is short", out.Token.Value)
		}
		fresh := w.as(out.Token.Value)
		fresh.post("/kyc/sessions/filter", `{}`).is(200)
		c.neverStored(t, out.Token.Value)

		if r := w.post("/token/update", map[string]any{"token_id": out.Token.ID, "expires": 20}).is(200); r.text("status") != "ok" {
			t.Errorf("update: %s", r.body)
		}
		for _, list := range []reply{w.get("/tokens").is(200), w.post("/v1/tokens", `{}`).is(200)} {
			var tokens []struct {
				ID      string
				Expires time.Time
				Value   *string
			}
			list.into(&tokens)
			found := false
			for _, k := range tokens {
				found = found || k.ID == out.Token.ID && k.Expires.Sub(in10Days) > 9*24*time.Hour
				if k.Value != nil {
					t.Errorf("a list of tokens tells values: %s", list.body)
				}
			}
			if !found || !bytes.HasPrefix(list.body, []byte(`[{"id":"`)) {
				t.Errorf("the token is not in the list, or not with its new end: %s", list.body)
			}
		}
		w.post("/token/update", map[string]any{"token_id": out.Token.ID, "expires": "2020-01-01"}).fault(400, "invalid schema")
		if r := w.post("/token/delete", fields{"token_id": out.Token.ID}).is(200); r.text("status") != "ok" {
			t.Errorf("delete: %s", r.body)
		}
		fresh.post("/kyc/sessions/filter", `{}`).fault(401, "access denied")
		w.post("/token/delete", fields{"token_id": out.Token.ID}).fault(404, "item with this id not found")
	}
}

// neverStored: a token lies hashed in the data folder.
func (c *contract) neverStored(t *testing.T, value string) {
	t.Helper()
	err := filepath.WalkDir(c.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(value)) {
			t.Errorf("%s holds a token in clear", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// permissions: without one the whole value is replaced by the contract's words.
func (c *contract) permissions(t *testing.T) {
	owner := c.wire(t, c.login(t, c.quick.Dashboard.Email, c.quick.Dashboard.Password))
	id := c.good.session().SessionID
	limited := func(permissions ...string) *wire {
		r := owner.post("/token/create", map[string]any{"expires": 1, "permissions": permissions}).is(200)
		var out struct{ Token struct{ Value string } }
		r.into(&out)
		return owner.as(out.Token.Value)
	}
	pictures := []string{"images", "imagesFull", "imageObjects", "withDoc", "faceSelfie", "faceDoc", "faces"}
	for _, viewer := range []struct {
		name         string
		w            *wire
		hidden, open []string
	}{
		{"logs only", limited("logsKYC"), append([]string{"ocr", "checks"}, pictures...), nil},
		{"OCR", limited("logsKYC", "viewKYCDocumentsOCR"), append([]string{"checks"}, pictures...), []string{"ocr"}},
		{"checks", limited("logsKYC", "viewKYCDocumentsChecks"), append([]string{"ocr"}, pictures...), []string{"checks"}},
		{"images", limited("logsKYC", "viewKYCDocumentsImages"), []string{"ocr", "checks"}, pictures},
		{"an owner", owner, nil, append([]string{"ocr", "checks"}, pictures...)},
		{"an administrator", c.wire(t, c.login(t, c.adminMail, c.pass)), nil, append([]string{"ocr", "checks"}, pictures...)},
	} {
		var list struct{ Sessions []wireSession }
		viewer.w.post("/kyc/sessions/filter", map[string]any{"filters": fields{"sessionId": id}}).is(200).into(&list)
		views := append(list.Sessions, viewer.w.post("/kyc/session/status", fields{"sessionId": id}).is(200).session())
		if len(views) != 2 {
			t.Fatalf("%s: %d sessions", viewer.name, len(list.Sessions))
		}
		for _, view := range views {
			for _, text := range view.Results {
				var result map[string]json.RawMessage
				if err := json.Unmarshal(text, &result); err != nil {
					t.Fatal(err)
				}
				for _, name := range viewer.hidden {
					if v, there := result[name]; there && string(v) != `"Access denied"` {
						t.Errorf("%s sees %s: %.200s", viewer.name, name, v)
					}
				}
				for _, name := range viewer.open {
					if string(result[name]) == `"Access denied"` {
						t.Errorf("%s does not see %s", viewer.name, name)
					}
				}
			}
		}
	}
	none := limited("createKYC")
	none.post("/kyc/sessions/filter", `{}`).fault(403, "access denied") // logsKYC
	none.post("/tokens", `{}`).fault(403, "access denied")
	limited("logsKYC").process(fields{"schemaId": c.list.SchemaID, "clientKey": "x"}, bad()).fault(403, "access denied")
	managing := limited("manageTokens")
	if r := managing.post("/token/create", map[string]any{"expires": 1, "permissions": []string{"logsKYC"}}); r.code != 400 && r.code != 403 {
		t.Errorf("a token gives away what it has not: %d %s", r.code, r.body)
	}
}

// otherAccounts: S9, somebody else's ids answer as ids that do not exist.
func (c *contract) otherAccounts(t *testing.T) {
	w := c.wire(t, c.foreignToken)
	s := c.good.session()
	missing := uuid.Must(uuid.NewUUID()).String()
	same := func(theirs, none reply) {
		t.Helper()
		theirs.fault(404, "item with this id not found")
		none.fault(404, "item with this id not found")
	}
	same(w.post("/kyc/session/status", fields{"sessionId": s.SessionID}), w.post("/kyc/session/status", fields{"sessionId": missing}))
	same(w.get("/v1/kyc/session/status?sessionId="+s.SessionID), w.get("/v1/kyc/session/status?sessionId="+missing))
	w.post("/kyc/session/status", fields{"clientKey": s.ClientKey}).fault(404, "item with this id not found")
	same(w.process(fields{"schemaId": s.SchemaID, "clientKey": "x"}, bad()), w.process(fields{"schemaId": missing, "clientKey": "x"}, bad()))
	same(w.process(fields{"sessionId": s.SessionID}, bad()), w.process(fields{"sessionId": missing}, bad()))
	for _, address := range c.pictureAddresses(t) {
		same(w.get(address), w.get(strings.Replace(address, s.SessionID, missing, 1)))
		w.get(strings.Replace(address, c.account, c.otherAcct, 1)).fault(404, "item with this id not found")
	}
	var tokens []struct{ ID string }
	c.api(t).get("/tokens").is(200).into(&tokens)
	for _, token := range tokens {
		same(w.post("/token/delete", fields{"token_id": token.ID}), w.post("/token/delete", fields{"token_id": missing}))
		w.post("/token/update", map[string]any{"token_id": token.ID, "expires": 1}).fault(404, "item with this id not found")
	}
	for name, filter := range map[string]fields{"nothing": {}, "their id": {"sessionId": s.SessionID}, "their key": {"clientKey": s.ClientKey},
		"their scenario": {"schemaId": s.SchemaID}, "their account": {"userId": c.account}, "their document": {"ocr": c.passport.Number}} {
		if r := w.post("/kyc/sessions/filter", map[string]any{"filters": filter}).is(200).object(); r["total"] != 0.0 {
			t.Errorf("S9: filtering by %s finds %v sessions of another account", name, r["total"])
		}
	}
	c.api(t).post("/kyc/session/status", fields{"sessionId": s.SessionID}).is(200)
}
