package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// call is what the server saw.
type call struct {
	Path, Token string
	Body        map[string]any
}

// serve answers every call with one status and body, and tells what came.
func serve(t *testing.T, code int, answer string) (*Client, *call) {
	t.Helper()
	seen := &call{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Path, seen.Token = r.Method+" "+r.URL.Path, r.Header.Get("Authorization")
		_ = json.NewDecoder(r.Body).Decode(&seen.Body)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return New(server.URL+"/", "tok"), seen
}

func TestCalls(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		answer string
		call   func(*Client) (any, error)
		path   string
		body   string
		want   any
	}{
		"status": {`{"status":"idle","sessionId":"s","spent":1.250,"createdAt":"2026-01-02T03:04:05.000Z","responseTime":null}`,
			func(c *Client) (any, error) { return c.Status(ctx, StatusRequest{ClientKey: "user_123"}) },
			"POST /v1/kyc/session/status", `{"clientKey":"user_123"}`,
			&Session{Status: Idle, SessionID: "s", Spent: 1.25, CreatedAt: day}},
		"filter": {`{"status":"ok","sessions":[{"status":"failed"}],"total":41,"page":3,"pageSize":20,"cursor":"next"}`,
			func(c *Client) (any, error) {
				return c.Filter(ctx, FilterRequest{Page: 3, Filters: Filters{Status: []Status{Failed, Expired}, Range: Range{Start: "2026-01-01", SortOrder: "ASC"}, OCR: map[string]string{"Surname": "A"}}})
			},
			"POST /v1/kyc/sessions/filter", `{"page":3,"filters":{"status":["failed","expired"],"range":{"start":"2026-01-01","sortOrder":"ASC"},"ocr":{"Surname":"A"}}}`,
			&Page{Sessions: []Session{{Status: Failed}}, Total: 41, Page: 3, PageSize: 20, Cursor: "next"}},
		"login": {`{"status":"ok","token":"jwt"}`,
			func(c *Client) (any, error) { return c.Login(ctx, "a@b.example", "pw", 2) },
			"POST /v1/user/login", `{"email":"a@b.example","password":"pw","valid_days":2}`, "jwt"},
		"create token": {`{"status":"ok","message":"new token created","token":{"id":"t","expires":"2026-01-02T03:04:05Z","value":"secret"}}`,
			func(c *Client) (any, error) { return c.CreateToken(ctx, NewToken{Name: "shop", Expires: day}) },
			"POST /v1/token/create", `{"name":"shop","expires":"2026-01-02T03:04:05Z"}`, &Token{ID: "t", Expires: day, Value: "secret"}},
		"update token": {`{"status":"ok"}`, func(c *Client) (any, error) { return nil, c.UpdateToken(ctx, "t", day) },
			"POST /v1/token/update", `{"token_id":"t","expires":"2026-01-02T03:04:05Z"}`, nil},
		"delete token": {`{"status":"ok"}`, func(c *Client) (any, error) { return nil, c.DeleteToken(ctx, "t") },
			"POST /v1/token/delete", `{"token_id":"t"}`, nil},
		"tokens": {`[{"id":"t","expires":null,"name":"n"}]`, func(c *Client) (any, error) { return c.Tokens(ctx) },
			"POST /v1/tokens", `{}`, []Token{{ID: "t", Name: "n"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, seen := serve(t, http.StatusOK, c.answer)
			got, err := c.call(client)
			if err != nil {
				t.Fatal(err)
			}
			var body map[string]any
			_ = json.Unmarshal([]byte(c.body), &body)
			if diff := cmp.Diff(call{c.path, "Bearer tok", body}, *seen) + cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProcess(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		got := map[string]string{}
		for name, values := range r.MultipartForm.Value {
			got[name] = strings.Join(values, ",")
		}
		for _, file := range r.MultipartForm.File["images"] {
			f, _ := file.Open()
			data, _ := io.ReadAll(f)
			got["images"] += file.Filename + "=" + string(data) + ";"
		}
		want := map[string]string{"schemaId": "s", "clientKey": "user_123", "mode": "async", "ocr": "true", "images": "a.jpg=one;1=two;"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		_, _ = io.WriteString(w, `{"status":"processing","results":[{"type":"document","image":"/i","images":["/i"],"checks":[],"ocr":"Access denied"}]}`)
	}))
	defer server.Close()
	s, err := New(server.URL+"/v1", "tok").Process(t.Context(), ProcessRequest{SchemaID: "s", ClientKey: "user_123", Async: true,
		Images: []Upload{{"a.jpg", strings.NewReader("one")}, {"", strings.NewReader("two")}}})
	if err != nil || s.Status != Processing || s.Results[0].Image.Value != "/i" || !s.Results[0].OCR.Denied {
		t.Errorf("got %+v, %v", s, err)
	}
	broken := ProcessRequest{SchemaID: "s", Images: []Upload{{"x", io.MultiReader(strings.NewReader("a"), failing{})}}}
	client, _ := serve(t, http.StatusOK, "{}")
	if _, err := client.Process(t.Context(), broken); !errors.Is(err, errFailing) {
		t.Errorf("a picture that cannot be read: got %v", err)
	}
}

var errFailing = errors.New("the disk is gone")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errFailing }

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   int
		answer string
		want   Error
	}{
		"invalid":      {400, `{"status":"error","message":"invalid schema","code":"invalid","requestId":"r1","details":["page: must be at least 1"]}`, Error{400, "invalid schema", "invalid", []string{"page: must be at least 1"}, "r1"}},
		"denied":       {401, `{"status":"error","message":"access denied"}`, Error{StatusCode: 401, Message: "access denied"}},
		"of a proxy":   {502, "<html>bad gateway</html>", Error{StatusCode: 502, Message: "Bad Gateway"}},
		"redirect":     {302, "", Error{StatusCode: 302, Message: "Found"}},
		"strange body": {500, `{"message":5}`, Error{StatusCode: 500, Message: "Internal Server Error"}},
	} {
		client, _ := serve(t, c.code, c.answer)
		s, err := client.Status(t.Context(), StatusRequest{SessionID: "x"})
		var got *Error
		if !errors.As(err, &got) || s != nil {
			t.Fatalf("%s: got %v, %v", name, s, err)
		}
		if diff := cmp.Diff(c.want, *got); diff != "" || !strings.Contains(got.Error(), c.want.Message) {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestNoRedirect: the token must not travel to wherever an answer points.
func TestNoRedirect(t *testing.T) {
	t.Parallel()
	followed := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { followed <- r.URL.Path }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	_, err := New(server.URL, "tok").Status(t.Context(), StatusRequest{SessionID: "x"})
	if err == nil || len(followed) != 0 {
		t.Errorf("followed; got %v", err)
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client left
		<-r.Context().Done()
	}))
	defer server.Close()
	client := New(server.URL, "tok").WithHTTP(http.Client{Timeout: 50 * time.Millisecond})
	if _, err := client.Status(t.Context(), StatusRequest{SessionID: "x"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	client, seen := serve(t, http.StatusOK, "JPEG")
	got, err := client.Image(t.Context(), "/images/kyc/o/s/document_0/0")
	if err != nil || string(got) != "JPEG" || seen.Path != "GET /images/kyc/o/s/document_0/0" {
		t.Errorf("got %q, %v, %+v", got, err, seen)
	}
	if _, err := client.Image(t.Context(), "https://elsewhere.example/x.jpg"); err == nil {
		t.Error("a token would have been sent to another host")
	}
}
