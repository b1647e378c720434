package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// rooms is what stands behind the door in these tests: it remembers what it
// was asked and answers what the test put there.
type rooms struct {
	status  verify.StatusRequest
	filter  kyc.SessionFilter
	process verify.ProcessRequest
	tokens  []auth.NewToken
	viewed  []string
	view    kyc.SessionView
	err     error
}

const (
	goodToken = "okyc_good"
	weakToken = "okyc_weak"
	sessionID = "b5e2a0f4-c7b1-11f0-8de9-0242ac120002"
)

func (r *rooms) Status(_ context.Context, p *kyc.Principal, req verify.StatusRequest) (kyc.SessionView, error) {
	r.status = req
	return r.view.For(p), r.err
}
func (r *rooms) Filter(_ context.Context, _ *kyc.Principal, f kyc.SessionFilter) (verify.Page, error) {
	r.filter = f
	return verify.Page{Sessions: []kyc.SessionView{r.view}, Total: 41, Estimated: f.Page == 2, Next: "next"}, r.err
}
func (r *rooms) Process(_ context.Context, _ *kyc.Principal, req verify.ProcessRequest) (kyc.SessionView, error) {
	r.process = req
	return r.view, r.err
}
func (r *rooms) Image(_ context.Context, _ *kyc.Principal, req verify.ImageRequest) ([]byte, error) {
	return []byte(req.OwnerID + " " + req.SessionID + " " + req.Step + " " + req.Image), r.err
}
func (r *rooms) Thumb(_ context.Context, _ *kyc.Principal, owner, session, label string) ([]byte, error) {
	return []byte(owner + " " + session + " " + label), r.err
}
func (r *rooms) ViewedImage(_ context.Context, _ *kyc.Principal, _, what string) error {
	r.viewed = append(r.viewed, what)
	return nil
}
func (r *rooms) Authenticate(_ context.Context, credential string) (*kyc.Principal, error) {
	switch credential {
	case goodToken:
		return &kyc.Principal{AccountID: "a", Role: kyc.RoleSubordinate, Permissions: kyc.Permissions()}, nil
	case weakToken:
		return &kyc.Principal{AccountID: "a", Role: kyc.RoleSubordinate}, nil
	}
	return nil, kyc.ErrAccessDenied()
}
func (r *rooms) Login(_ context.Context, email, password string, _ int) (string, error) {
	if email != "a@b.example" || password != "right" {
		return "", kyc.Errorf(kyc.Forbidden, kyc.MessageBadLogin)
	}
	return "a.jwt.token", nil
}
func (r *rooms) CreateToken(_ context.Context, _ *kyc.Principal, n auth.NewToken) (*kyc.APIToken, string, error) {
	r.tokens = append(r.tokens, n)
	return &kyc.APIToken{ID: "t1", Name: n.Name, ExpiresAt: n.Expires}, "okyc_new", nil
}
func (r *rooms) ListTokens(context.Context, *kyc.Principal) ([]*kyc.APIToken, error) {
	return []*kyc.APIToken{{ID: "t1"}}, nil
}
func (r *rooms) UpdateToken(context.Context, *kyc.Principal, string, time.Time) error { return r.err }
func (r *rooms) DeleteToken(context.Context, *kyc.Principal, string) error            { return r.err }

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func door(t *testing.T) (*rooms, http.Handler) {
	t.Helper()
	r := &rooms{view: kyc.SessionView{Status: kyc.Success, SessionID: sessionID, Errors: []string{}, Results: []kyc.Result{
		{OCR: kyc.Guarded[kyc.OCR]{Value: kyc.OCR{Fields: []kyc.Field{{Value: "ERIKSSON"}}}}}}}}
	mux := http.NewServeMux()
	api.New(api.Deps{Sessions: r, Images: r, Credentials: r, Now: func() time.Time { return today }, Logger: slog.New(slog.DiscardHandler), Version: "test",
		Decode: func(_ context.Context, file []byte) kyc.Upload {
			if !bytes.HasPrefix(file, []byte("good")) {
				return kyc.Upload{Fault: kyc.BadImage}
			}
			return kyc.Upload{Picture: kyc.Picture{JPEG: file}}
		}}).Register(mux)
	return r, mux
}

// call posts JSON with the good token in a header.
func call(t *testing.T, h http.Handler, path, body string) (int, map[string]any) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("token", goodToken)
	return serve(t, h, req)
}

func serve(t *testing.T, h http.Handler, req *http.Request) (int, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	var out map[string]any
	if text := w.Body.Bytes(); len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return w.Code, out
}

// The contract, section 3: each place a token may stand, and their order.
func TestWhereATokenMayStand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header, bearer, body string
		want                 int
	}{
		"header": {goodToken, "", "", 200}, "authorization": {"", goodToken, "", 200}, "body": {"", "", goodToken, 200},
		"none": {"", "", "", 401}, "bad header": {"x", "", "", 401}, "bad bearer": {"", "x", "", 401}, "bad body": {"", "", "x", 401},
		"header before body": {"x", "", goodToken, 401}, "header before bearer": {goodToken, "x", "x", 200}, "bearer before body": {"", goodToken, "x", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/kyc/session/status", "/v1/kyc/session/status"} {
				_, h := door(t)
				body, _ := json.Marshal(map[string]string{"clientKey": "user", "token": c.body})
				req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
				if c.header != "" {
					req.Header.Set("token", c.header)
				}
				if c.bearer != "" {
					req.Header.Set("Authorization", "Bearer "+c.bearer)
				}
				code, out := serve(t, h, req)
				if code != c.want {
					t.Errorf("%s: %d %v", path, code, out)
				}
				if code == 401 && (out["status"] != "error" || out["message"] != "access denied") {
					t.Errorf("%v", out)
				}
			}
		})
	}
}

func TestTokenInAddressIsNotAccepted(t *testing.T) {
	t.Parallel()
	_, h := door(t)
	req := httptest.NewRequest(http.MethodGet, "/v1/kyc/session/status?clientKey=user&token="+goodToken, nil)
	if code, _ := serve(t, h, req); code != 401 {
		t.Errorf("a token in the address: %d", code)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	r, h := door(t)
	code, out := call(t, h, "/v1/kyc/session/status", `{"sessionId":"`+sessionID+`","clientKey":"клиент","unknown":{"a":1},"clientUser":null}`)
	if code != 200 || out["status"] != "success" || r.status.SessionID != sessionID || r.status.ClientKey != "клиент" {
		t.Fatalf("%d %v %+v", code, out, r.status)
	}
	get := httptest.NewRequest(http.MethodGet, "/kyc/session/status?clientKey=user_1", nil)
	get.Header.Set("token", goodToken)
	if code, _ := serve(t, h, get); code != 200 || r.status.ClientKey != "user_1" {
		t.Errorf("%d %+v", code, r.status)
	}
	r.err = kyc.ErrNotFound()
	if code, out := call(t, h, "/kyc/session/status", `{"clientKey":"x"}`); code != 404 || out["message"] != "item with this id not found" {
		t.Errorf("%d %v", code, out)
	}
	r.err = kyc.Wrap(kyc.Internal, os.ErrPermission, "the disk says no")
	if code, out := call(t, h, "/kyc/session/status", `{"clientKey":"x"}`); code != 500 || out["message"] != "internal error" {
		t.Errorf("%d %v", code, out)
	}
}

func TestInvalidBodies(t *testing.T) {
	t.Parallel()
	_, h := door(t)
	for path, bodies := range map[string][]string{
		"/kyc/session/status":  {`{`, `[]`, `"x"`, `{"sessionId":5}`, `{"clientKey":{}}`},
		"/kyc/sessions/filter": {`{"page":0}`, `{"pageSize":1001}`, `{"page":"one"}`, `{"filters":{"status":"nice"}}`, `{"filters":{"range":{"start":"yesterday"}}}`, `{"filters":{"range":{"start":"2026-02-01","end":"2026-01-01"}}}`, `{"filters":{"sessionId":"x"}}`, `{"filters":{"status":5}}`, `{"filters":[]}`},
		"/token/create":        {`{}`, `{"expires":"never"}`, `{"expires":-1}`, `{"expires":"2020-01-01"}`, `{"expires":true}`},
		"/token/update":        {`{}`, `{"token_id":"x"}`},
		"/token/delete":        {`{}`},
	} {
		for _, body := range bodies {
			code, out := call(t, h, path, body)
			details, _ := out["details"].([]any)
			if code != 400 || out["status"] != "error" || out["message"] != "invalid schema" || len(details) == 0 || out["code"] != "invalid" {
				t.Errorf("%s %s: %d %v", path, body, code, out)
			}
		}
	}
	if code, out := call(t, h, "/kyc/session/status", `{"clientKey":"`+strings.Repeat("x", 70<<10)+`"}`); code != 413 {
		t.Errorf("a huge body: %d %v", code, out)
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	r, h := door(t)
	code, out := call(t, h, "/kyc/sessions/filter", `{}`)
	if code != 200 || out["status"] != "ok" || out["total"] != 41.0 || out["page"] != 1.0 || out["pageSize"] != 20.0 || out["cursor"] != "next" || len(out["sessions"].([]any)) != 1 {
		t.Fatalf("%d %v", code, out)
	}
	if _, there := out["totalEstimated"]; there {
		t.Error("an exact total is said to be an estimate")
	}
	if _, out = call(t, h, "/kyc/sessions/filter", `{"page":2}`); out["totalEstimated"] != true || out["total"] != 41.0 {
		t.Errorf("an estimate reads as %v, %v", out["total"], out["totalEstimated"])
	}
	call(t, h, "/kyc/sessions/filter", `{"page":3,"pageSize":5,"filters":{"range":{"start":"2026-01-31T23:59:00Z","sortOrder":"ASC"},"status":["failed","expired"],"clientKey":"k","clientUser":"u","clientId":"c","scenarioId":"`+sessionID+`","ocr":{"Surname":"Eriksson"},"errors":"[general] bad image"}}`)
	f := r.filter
	if f.Page != 3 || f.PageSize != 5 || !f.Ascending || len(f.Statuses) != 2 || f.ClientKey != "k" || f.ClientUser != "u" || f.ClientID != "c" || f.ScenarioID != sessionID || f.OCR["Surname"] != "Eriksson" || len(f.Error) != 1 {
		t.Errorf("%+v", f)
	}
	if want := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC); !f.From.Equal(want) || !f.To.Equal(want.AddDate(0, 0, 1)) {
		t.Errorf("one bound alone means that day: %v to %v", f.From, f.To)
	}
	call(t, h, "/kyc/sessions/filter", `{"clientKey":"top","limit":7,"filters":{"ocr":"Berlin","status":"success","userId":"somebody"}}`) // as integrator B sends
	if f = r.filter; f.ClientKey != "top" || f.PageSize != 7 || f.OCR[""] != "Berlin" || f.Statuses[0] != kyc.Success || f.AccountID != "" {
		t.Errorf("%+v", f)
	}
	req := httptest.NewRequest(http.MethodPost, "/kyc/sessions/filter", strings.NewReader(`{}`))
	req.Header.Set("token", weakToken)
	if code, out := serve(t, h, req); code != 403 || out["message"] != "access denied" {
		t.Errorf("without logsKYC: %d %v", code, out)
	}
}

func TestHiddenValues(t *testing.T) {
	t.Parallel()
	_, h := door(t)
	req := httptest.NewRequest(http.MethodPost, "/kyc/session/status", strings.NewReader(`{"clientKey":"k","token":"`+weakToken+`"}`))
	_, out := serve(t, h, req)
	result := out["results"].([]any)[0].(map[string]any)
	if result["ocr"] != "Access denied" || result["checks"] != "Access denied" {
		t.Errorf("%v", result)
	}
}

func form(t *testing.T, fields map[string]string, files ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		part, err := w.CreateFormFile("images", "../../etc/passwd")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, "/v1/kyc/process", &b)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return req
}

func TestProcess(t *testing.T) {
	t.Parallel()
	r, h := door(t)
	code, out := serve(t, h, form(t, map[string]string{"schemaId": sessionID, "clientKey": "raw:1", "mode": "async", "ocr": "false", "captcha": "x", "token": goodToken}, "good1", "bad"))
	p := r.process
	if code != 200 || out["sessionId"] != sessionID || p.ScenarioID != sessionID || p.ClientKey != "raw:1" || !p.Async || !p.WithoutOCR || len(p.Uploads) != 2 || p.Uploads[1].Fault != kyc.BadImage || p.Uploads[0].Fault != "" {
		t.Fatalf("%d %v %+v", code, out, p)
	}
	if code, _ := serve(t, h, form(t, map[string]string{"schemaId": sessionID}, "good")); code != 401 {
		t.Errorf("without a token: %d", code)
	}
	if code, out := serve(t, h, form(t, map[string]string{"mode": "later", "token": goodToken}, "good")); code != 400 || out["message"] != "invalid schema" {
		t.Errorf("an unknown mode: %d %v", code, out)
	}
	if code, _ := serve(t, h, form(t, map[string]string{"token": goodToken}, "1", "2", "3", "4", "5", "6", "7")); code != 413 {
		t.Errorf("seven images: %d", code)
	}
	if code, _ := serve(t, h, form(t, map[string]string{"token": goodToken, "clientKey": strings.Repeat("x", 5000)}, "good")); code != 413 {
		t.Errorf("a huge field: %d", code)
	}
	huge := "good" + strings.Repeat("x", 15<<20)
	if code, _ := serve(t, h, form(t, map[string]string{"token": goodToken}, huge, "good")); code != 200 || r.process.Uploads[0].Fault != kyc.BadImage || r.process.Uploads[1].Fault != "" {
		t.Errorf("a file over the limit is a bad file: %d", code)
	}
	cut := form(t, map[string]string{"token": goodToken}, "good")
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(cut.Body)
	short := httptest.NewRequest(http.MethodPost, "/kyc/process", bytes.NewReader(body.Bytes()[:body.Len()-20]))
	short.Header = cut.Header
	if code, out := serve(t, h, short); code != 400 {
		t.Errorf("a cut body: %d %v", code, out)
	}
	plain := httptest.NewRequest(http.MethodPost, "/kyc/process", strings.NewReader(`{}`))
	plain.Header.Set("token", goodToken)
	if code, out := serve(t, h, plain); code != 400 {
		t.Errorf("JSON where a form is needed: %d %v", code, out)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	_, h := door(t)
	if code, out := call(t, h, "/user/login", `{"email":"a@b.example","password":"right","valid_days":2}`); code != 200 || out["status"] != "ok" || out["token"] != "a.jwt.token" {
		t.Errorf("%d %v", code, out)
	}
	if code, out := call(t, h, "/user/login", `{"email":"a@b.example","password":"wrong"}`); code != 403 || out["message"] != "invalid user credentials" {
		t.Errorf("%d %v", code, out)
	}
	if code, out := call(t, h, "/user/login", `{"email":"a@b.example"}`); code != 400 || out["message"] != "invalid schema" {
		t.Errorf("%d %v", code, out)
	}
	for range 30 { // whoever knows the password is never kept waiting
		if code, out := call(t, h, "/user/login", `{"email":"a@b.example","password":"right"}`); code != 200 {
			t.Fatalf("%d %v", code, out)
		}
	}
	blocked := 0
	for range 20 {
		if code, _ := call(t, h, "/v1/user/login", `{"email":"a@b.example","password":"wrong"}`); code == 429 {
			blocked++
		}
	}
	if blocked == 0 {
		t.Error("S44: twenty wrong passwords in a row are let through")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	r, h := door(t)
	for _, c := range []struct {
		expires string
		want    time.Time
	}{{`30`, today.AddDate(0, 0, 30)}, {`"30"`, today.AddDate(0, 0, 30)}, {`"2027-01-02T03:04:05Z"`, time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}} {
		code, out := call(t, h, "/token/create", `{"expires":`+c.expires+`,"name":"n","permissions":["logsKYC"]}`)
		token, _ := out["token"].(map[string]any)
		if code != 200 || out["message"] != "new token created" || token["id"] != "t1" || token["value"] != "okyc_new" {
			t.Errorf("%d %v", code, out)
		}
		if last := r.tokens[len(r.tokens)-1]; !last.Expires.Equal(c.want) || last.Permissions[0] != kyc.LogsKYC {
			t.Errorf("%+v", last)
		}
	}
	if code, out := call(t, h, "/token/update", `{"token_id":"t1","expires":5}`); code != 200 || out["status"] != "ok" {
		t.Errorf("%d %v", code, out)
	}
	if code, out := call(t, h, "/token/delete", `{"token_id":"t1"}`); code != 200 || out["status"] != "ok" {
		t.Errorf("%d %v", code, out)
	}
	req := httptest.NewRequest(http.MethodGet, "/tokens", nil)
	req.Header.Set("token", goodToken)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `[{"id":"t1","expires":`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	r, h := door(t)
	for path, want := range map[string]string{
		"/images/kyc/o/s/document_0/1_0.jpg":                             "o s document_0 1_0.jpg",
		"/v1/images/kycfull/o/2026/11/22/s/selfie_document_2_1_face.jpg": "o s selfie_document_2 1_face",
		"/images/kycthumb/o/s/liveness_0":                                "o s liveness_0",
	} {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != 401 {
			t.Errorf("%s is public: %d", path, w.Code)
		}
		req.Header.Set("token", goodToken)
		w = httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != 200 || w.Body.String() != want || w.Header().Get("Content-Type") != "image/jpeg" || w.Header().Get("Cache-Control") != "no-store" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %q %v", path, w.Code, w.Body, w.Header())
		}
	}
	if len(r.viewed) != 3 {
		t.Errorf("S8: every view of a picture is noted, got %v", r.viewed)
	}
}

// S8: a signed address works for a short time, for one picture, without a token.
func TestSignedImages(t *testing.T) {
	t.Parallel()
	now := today
	r := &rooms{}
	mux := http.NewServeMux()
	api.New(api.Deps{Sessions: r, Images: r, Credentials: r, SigningKey: []byte("key"), Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler)}).Register(mux)
	code, out := call(t, mux, "/v1/images/sign", `{"images":["/images/kyc/a/s/document_0/1_0.jpg"],"seconds":30}`)
	signed, _ := out["images"].([]any)
	if code != 200 || len(signed) != 1 {
		t.Fatalf("%d %v", code, out)
	}
	open := func(address string) int {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w.Code
	}
	address := signed[0].(string)
	if code := open(address); code != 200 {
		t.Errorf("a signed address: %d", code)
	}
	if code := open("/v1" + address); code != 200 {
		t.Errorf("the same under /v1: %d", code)
	}
	for name, forged := range map[string]string{"another picture": strings.Replace(address, "1_0", "1_1", 1), "a longer life": strings.Replace(address, "expires=", "expires=9", 1), "another signature": address + "x"} {
		if code := open(forged); code != 401 {
			t.Errorf("%s: %d", name, code)
		}
	}
	now = now.Add(31 * time.Second)
	if code := open(address); code != 401 {
		t.Errorf("too late: %d", code)
	}
	for _, foreign := range []string{"/images/kyc/b/s/document_0/1_0.jpg", "/tokens"} {
		body, _ := json.Marshal(map[string]any{"images": []string{foreign}})
		if code, _ := call(t, mux, "/images/sign", string(body)); code != 404 {
			t.Errorf("%s: %d", foreign, code)
		}
	}
}

// The committed document is what the code says today.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	now, err := api.New(api.Deps{}).Document()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../docs/integrator/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(now, committed) {
		t.Error("docs/integrator/openapi.json is not current; run `make generate`")
	}
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(now, &doc); err != nil || len(doc.Paths) != 36 {
		t.Errorf("%d paths, %v", len(doc.Paths), err)
	}
}

func TestReferencePage(t *testing.T) {
	t.Parallel()
	_, h := door(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/docs", nil))
	page := w.Body.String()
	for _, want := range []string{"/v1/kyc/session/status", "sessionId", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "//cdn") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("the reference must need no script and no outside asset")
	}
}
