package e2e

import (
	"bytes"
	"encoding/json"
	"image/jpeg"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

const personKey = "рыба:1/2+3=" // raw, as the integrator knows the person

// process: the pictures that a server has, checked while it waits.
func (c *contract) process(t *testing.T) {
	form := fields{"schemaId": c.pair.SchemaID, "clientKey": personKey, "clientUser": "user two", "captcha": "ignored", "mode": "sync"}
	c.good = c.api(t).process(form, c.page, c.selfie).is(200)
	s := c.good.session()
	if s.Status != "success" || s.ClientKey != personKey || s.ClientUser != "user two" || s.SchemaID != c.pair.SchemaID || len(s.Results) != 3 {
		t.Fatalf("the genuine person ended %s", c.good.body)
	}
	for i, kind := range []string{"document", "selfie"} { // process answers also carry the first items alone
		r := s.result(t, i)
		var images, full []string
		if json.Unmarshal(r.Images, &images) != nil || json.Unmarshal(r.ImagesFull, &full) != nil || len(images) != 1 || len(full) != 1 {
			t.Fatalf("%s: images %s, imagesFull %s", kind, r.Images, r.ImagesFull)
		}
		if r.Type != kind || string(r.Image) != `"`+images[0]+`"` || string(r.ImageFull) != `"`+full[0]+`"` {
			t.Errorf("%s: image %s, imageFull %s", kind, r.Image, r.ImageFull)
		}
	}
	status := c.api(t).post("/kyc/session/status", fields{"clientKey": personKey}).is(200).session()
	if r := status.result(t, 0); r.Image != nil || r.ImageFull != nil {
		t.Error("image and imageFull belong to process answers only")
	}

	begun := time.Now()
	r := c.api(t).process(fields{"scenarioId": c.list.SchemaID, "clientKey": "later", "mode": "async", "ocr": "false"}, c.page).is(200)
	later := r.session()
	if later.Status != "processing" || later.SessionID == "" || len(later.Results) != 0 || later.SecondsToLive == 0 {
		t.Errorf("async answered %s after %v", r.body, time.Since(begun))
	}
	done := c.untilFinal(t, later.SessionID)
	if done.Status != "success" {
		t.Errorf("async ended %s %s", done.Status, done.Results)
	}

	silent := c.api(t).process(fields{"schemaId": c.list.SchemaID, "clientKey": "silent", "ocr": "false"}, c.page).is(200)
	if got := silent.session().result(t, 0); string(got.OCR) != `{"status":"failed","fields":[]}` {
		t.Errorf("ocr=false answers %s", got.OCR)
	}
	if bytes.Contains(silent.body, []byte(c.passport.Number)) {
		t.Error("ocr=false lets the document number through")
	}
}

// untilFinal asks by REST until a session is final.
func (c *contract) untilFinal(t *testing.T, id string) wireSession {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	w := c.api(t)
	for {
		s := w.post("/kyc/session/status", fields{"sessionId": id}).is(200).session()
		if s.Status != "processing" && s.Status != "idle" {
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("session %s is still %s", id, s.Status)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// processFaults: a bad file is a result error, a bad form is a 400.
func (c *contract) processFaults(t *testing.T) {
	w := c.api(t)
	small := jpegOf(t, solid(299, 200))
	for name, call := range map[string]struct {
		file []byte
		code string
	}{"no picture": {bad(), "[general] bad image"}, "empty": {nil, "[general] bad image"}, "small": {small, "[general] too small image"}} {
		s := w.process(fields{"schemaId": c.plain.SchemaID, "clientKey": "faulty " + name}, call.file).is(200).session()
		r := s.result(t, 0)
		if s.Status != "failed" || r.Status != "failed" || cmp.Diff(r.Errors, []string{call.code}) != "" || cmp.Diff(s.Errors, []string{call.code}) != "" {
			t.Errorf("%s: %s %v, result %s %v", name, s.Status, s.Errors, r.Status, r.Errors)
		}
	}
	seven := make([][]byte, 7)
	for i := range seven {
		seven[i] = small
	}
	for name, call := range map[string]struct {
		form  fields
		files [][]byte
		code  int
	}{
		"no pictures":         {fields{"schemaId": c.plain.SchemaID, "clientKey": "x"}, nil, 400},
		"no client key":       {fields{"schemaId": c.plain.SchemaID}, [][]byte{small}, 400},
		"a long client key":   {fields{"schemaId": c.plain.SchemaID, "clientKey": strings.Repeat("я", 37)}, [][]byte{small}, 400},
		"no scenario":         {fields{"clientKey": "x"}, [][]byte{small}, 400},
		"a scenario of v4":    {fields{"schemaId": uuid.NewString(), "clientKey": "x"}, [][]byte{small}, 400},
		"a session of v4":     {fields{"sessionId": uuid.NewString()}, [][]byte{small}, 400},
		"an unknown mode":     {fields{"schemaId": c.plain.SchemaID, "clientKey": "x", "mode": "later"}, [][]byte{small}, 400},
		"a long client user":  {fields{"schemaId": c.plain.SchemaID, "clientKey": "x", "clientUser": strings.Repeat("u", 37)}, [][]byte{small}, 400},
		"an unknown scenario": {fields{"schemaId": uuid.Must(uuid.NewUUID()).String(), "clientKey": "x"}, [][]byte{small}, 404},
		"seven pictures":      {fields{"schemaId": c.plain.SchemaID, "clientKey": "x"}, seven, 413},
	} {
		r := w.process(call.form, call.files...)
		if r.code != call.code || r.text("status") != "error" || r.text("message") == "" || call.code == 400 && r.text("message") != "invalid schema" {
			t.Errorf("%s: %d %s", name, r.code, r.body)
		}
	}
	if r := w.post("/kyc/process", `{}`); r.code != 400 || r.text("message") != "invalid schema" {
		t.Errorf("JSON instead of a form: %d %s", r.code, r.body)
	}
}

// processAttach: with sessionId the pictures go to a session that is open.
func (c *contract) processAttach(t *testing.T) {
	o := c.wire(t, "").open(c.list.SchemaID, cbc(c.list.ScenarioSecret, nil, []byte("attached")))
	s := c.api(t).process(fields{"sessionId": o.id}, c.page).is(200).session()
	if s.SessionID != o.id || s.Status != "success" || s.ClientKey != "attached" {
		t.Fatalf("attached: %s %s %v", s.SessionID, s.Status, s.Results)
	}
	if state := o.settled(); state.Status != "success" {
		t.Errorf("the widget is told %q", state.Status)
	}
	r := c.api(t).process(fields{"sessionId": o.id}, c.page)
	if r.code != 410 && r.code != 409 || r.text("status") != "error" {
		t.Errorf("pictures for a session that has ended: %d %s", r.code, r.body)
	}
}

// status: by id, by key, by both; POST and GET; under /v1 and without.
func (c *contract) status(t *testing.T) {
	w, s := c.api(t), c.good.session()
	query := func(f fields) string {
		v := url.Values{}
		for name, value := range f {
			v.Set(name, value)
		}
		return "?" + v.Encode()
	}
	ask := func(f fields) []reply {
		return []reply{w.post("/kyc/session/status", f), w.post("/v1/kyc/session/status", f),
			w.get("/kyc/session/status" + query(f)), w.get("/v1/kyc/session/status" + query(f))}
	}
	listed := w.process(fields{"schemaId": c.list.SchemaID, "clientKey": "same key"}, bad()).is(200).session()
	newest := w.process(fields{"schemaId": c.list.SchemaID, "clientKey": "same key"}, bad()).is(200).session()
	for name, call := range map[string]struct {
		f    fields
		want string
	}{
		"by id":                       {fields{"sessionId": s.SessionID}, s.SessionID},
		"by key":                      {fields{"clientKey": personKey}, s.SessionID},
		"by key is the newest":        {fields{"clientKey": "same key"}, newest.SessionID},
		"by id an older one":          {fields{"sessionId": listed.SessionID}, listed.SessionID},
		"with both the key wins":      {fields{"sessionId": s.SessionID, "clientKey": "same key"}, newest.SessionID},
		"unknown fields are ignored":  {fields{"sessionId": s.SessionID, "unknown": "x"}, s.SessionID},
		"an empty key counts as none": {fields{"sessionId": s.SessionID, "clientKey": ""}, s.SessionID},
		"an empty id counts as none":  {fields{"sessionId": "", "clientKey": personKey}, s.SessionID},
	} {
		for _, r := range ask(call.f) {
			if r.code != 200 || r.session().SessionID != call.want {
				t.Errorf("%s: %d %.200s", name, r.code, r.body)
			}
		}
	}
	for name, f := range map[string]fields{
		"neither":      {},
		"both empty":   {"sessionId": "", "clientKey": ""},
		"version 4":    {"sessionId": uuid.NewString()},
		"no UUID":      {"sessionId": "x"},
		"37 letters":   {"clientKey": strings.Repeat("я", 37)},
		"an encrypted": {"clientKey": vectors()["user_123"]},
	} {
		for _, r := range ask(f) {
			if r.fault(400, "invalid schema"); t.Failed() {
				t.Fatal(name)
			}
		}
	}
	for _, r := range ask(fields{"clientKey": strings.Repeat("ж", 36)}) {
		r.fault(404, "item with this id not found")
	}
	if r := w.post("/kyc/session/status", `{"sessionId":null,"clientKey":"`+personKey+`"}`); r.code != 200 {
		t.Errorf("null counts as left out: %d %s", r.code, r.body)
	}
}

// pictureAddresses lists every address that the genuine person's results name.
func (c *contract) pictureAddresses(t *testing.T) (list []string) {
	t.Helper()
	for _, part := range strings.Split(string(c.good.body), `"`) {
		if strings.HasPrefix(part, "/images/") {
			list = append(list, part)
		}
	}
	id := c.good.session().SessionID
	for _, label := range []string{"document_0", "selfie"} {
		list = append(list, "/images/kycthumb/"+c.account+"/"+id+"/"+label)
	}
	if len(list) < 8 {
		t.Fatalf("few addresses: %q", list)
	}
	return list
}

// images: never public, for who may see them, in three forms of address.
func (c *contract) images(t *testing.T) {
	w, s := c.api(t), c.good.session()
	var mayNot struct{ Token struct{ Value string } }
	w.post("/token/create", map[string]any{"expires": 1, "permissions": []string{"logsKYC"}}).is(200).into(&mayNot)
	forms := map[string]int{}
	for _, address := range c.pictureAddresses(t) {
		form := strings.Split(address, "/")[2]
		forms[form]++
		for _, prefix := range []string{"", "/v1"} {
			r := w.get(prefix + address)
			h := r.header
			if r.code != 200 || h.Get("Content-Type") != "image/jpeg" || h.Get("Cache-Control") != "no-store" ||
				h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
				t.Errorf("S5 %s: %d %v", form, r.code, h)
				continue
			}
			config, err := jpeg.DecodeConfig(bytes.NewReader(r.body))
			long := max(config.Width, config.Height)
			if err != nil || form == "kycthumb" && long > 240 || form == "kyc" && long > 1280 {
				t.Errorf("%s: %d×%d %v", address, config.Width, config.Height, err)
			}
		}
		c.wire(t, "").get(address).fault(401, "access denied")
		c.wire(t, "").get(address+"?token="+c.quick.APIToken).fault(401, "access denied")
		if r := w.as(mayNot.Token.Value).get(address); r.code != 403 || r.text("message") != "Access denied" {
			t.Errorf("without viewKYCDocumentsImages: %d %s", r.code, r.body)
		}
	}
	if forms["kyc"] == 0 || forms["kycfull"] == 0 || forms["kycthumb"] == 0 {
		t.Errorf("not every form of address was seen: %v", forms)
	}
	day := time.Now().UTC().Format("2006/01/02")
	r0 := s.result(t, 0)
	if want := `"/images/kycfull/` + c.account + "/" + day + "/" + s.SessionID + `/document_0_1_0.jpg"`; string(r0.ImageFull) != want {
		t.Errorf("imageFull is %s, section 4 makes it %s", r0.ImageFull, want)
	}
	if want := `"/images/kyc/` + c.account + "/" + s.SessionID + `/document_0/1_0.jpg"`; string(r0.Image) != want {
		t.Errorf("image is %s, section 4 makes it %s", r0.Image, want)
	}
	for _, missing := range []string{"/document_0/1_9.jpg", "/document_7/1_0.jpg", "/selfie_0/1_0.jpg", "/document_0/..%2f..%2fmaster.key", "/document_0/1_"} {
		w.get("/images/kyc/"+c.account+"/"+s.SessionID+missing).fault(404, "item with this id not found")
	}
	w.get("/images/kycthumb/"+c.account+"/"+s.SessionID+"/liveness_0").fault(404, "item with this id not found")
}
