package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of a call.
const (
	DefaultTimeout = 60 * time.Second // of a whole call; checks of a synchronous Process take seconds
	maxAnswer      = 64 << 20         // bytes of an answer, a page of 1,000 sessions included
)

// Client talks to the REST interface of one installation. It follows no
// redirects, so that the token goes nowhere else.
type Client struct {
	base  string
	token string
	http  http.Client
}

// New makes a client for an installation such as "https://kyc.example" with an
// API token; the token may be empty for a client that only calls Login. The
// default limit of time is [DefaultTimeout]; see [Client.WithHTTP].
func New(baseURL, token string) *Client {
	c := &Client{base: strings.TrimSuffix(strings.TrimRight(baseURL, "/"), "/v1"), token: token}
	return c.WithHTTP(http.Client{Timeout: DefaultTimeout})
}

// WithHTTP returns a copy that uses these settings: timeout, transport. Redirects
// stay off.
func (c *Client) WithHTTP(settings http.Client) *Client {
	copied := *c
	copied.http = settings
	copied.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// WithToken returns a copy that uses another token, for example one from Login.
func (c *Client) WithToken(token string) *Client {
	copied := *c
	copied.token = token
	return &copied
}

// Error is an answer other than success. Use [errors.As] to look at it.
type Error struct {
	StatusCode int      // of HTTP: 400 invalid, 401 no good token, 403 not permitted, 404 no such thing, 429 too often
	Message    string   // a sentence, such as "invalid schema"
	Code       string   // the kind of error for machines
	Details    []string // one sentence a fault of an invalid request
	RequestID  string   // names the request in the service's log
}

// Error gives status and message in one line.
func (e *Error) Error() string {
	text := fmt.Sprintf("openkyc: %d %s", e.StatusCode, e.Message)
	if len(e.Details) > 0 {
		text += ": " + strings.Join(e.Details, "; ")
	}
	return text
}

// Status asks for one session, by its id or by a raw client key: with a key it
// is the newest session of that key. Both may be given; then the key decides.
func (c *Client) Status(ctx context.Context, by StatusRequest) (*Session, error) {
	return ask[Session](ctx, c, "/kyc/session/status", by)
}

// StatusRequest names a session; at least one field is needed.
type StatusRequest struct {
	SessionID string `json:"sessionId,omitempty"`
	ClientKey string `json:"clientKey,omitempty"` // raw
}

// Filter lists sessions, newest first unless the range sorts otherwise. It needs
// the permission logsKYC.
func (c *Client) Filter(ctx context.Context, by FilterRequest) (*Page, error) {
	return ask[Page](ctx, c, "/kyc/sessions/filter", by)
}

// FilterRequest selects sessions and a page of them. For deep pages pass the
// Cursor of the page before instead of a number.
type FilterRequest struct {
	Page     int     `json:"page,omitempty"`     // from 1
	PageSize int     `json:"pageSize,omitempty"` // at most 1,000; 20 by default
	Cursor   string  `json:"cursor,omitempty"`
	Filters  Filters `json:"filters,omitzero"`
}

// Filters are conditions that must all hold.
type Filters struct {
	Range      Range             `json:"range,omitzero"`
	Status     []Status          `json:"status,omitempty"`
	ClientKey  string            `json:"clientKey,omitempty"`
	SessionID  string            `json:"sessionId,omitempty"`
	ClientUser string            `json:"clientUser,omitempty"`
	ClientID   string            `json:"clientId,omitempty"`
	SchemaID   string            `json:"schemaId,omitempty"`
	UserID     string            `json:"userId,omitempty"` // for administrators
	OCR        map[string]string `json:"ocr,omitempty"`    // title to value, "" for any title; "Mar*" is the beginning of a word
	Errors     []string          `json:"errors,omitempty"` // one of these codes
}

// Range of creation in calendar days of UTC, YYYY-MM-DD, both ends included.
type Range struct {
	Start     string `json:"start,omitempty"`
	End       string `json:"end,omitempty"`
	SortOrder string `json:"sortOrder,omitempty"` // ASC or DESC
}

// Page is one page of sessions.
type Page struct {
	Sessions  []Session `json:"sessions"`
	Total     int       `json:"total"`
	Estimated bool      `json:"totalEstimated"` // Total is an estimate, as it is beyond 10,000
	Page      int       `json:"page"`
	PageSize  int       `json:"pageSize"`
	Cursor    string    `json:"cursor"` // of the next page, "" at the end
}

// Image downloads a picture by an address out of a result. It needs the
// permission viewKYCDocumentsImages. Addresses of other hosts are refused.
func (c *Client) Image(ctx context.Context, address string) ([]byte, error) {
	base, err := url.Parse(c.base + "/")
	if err != nil {
		return nil, fmt.Errorf("openkyc: the base address: %w", err)
	}
	target, err := base.Parse(address)
	if err != nil || target.Host != base.Host || target.Scheme != base.Scheme {
		return nil, errors.New("openkyc: this is not an image address of this installation")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("openkyc: %w", err)
	}
	return c.do(request)
}

// ask posts JSON and returns the answer, or nil with an error.
func ask[T any](ctx context.Context, c *Client, path string, in any) (*T, error) {
	out := new(T)
	if err := c.post(ctx, path, in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// post sends JSON and reads JSON.
func (c *Client) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("openkyc: write the request: %w", err)
	}
	return c.send(ctx, path, "application/json", bytes.NewReader(body), out)
}

func (c *Client) send(ctx context.Context, path, contentType string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1"+path, body)
	if err != nil {
		return fmt.Errorf("openkyc: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := c.do(request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("openkyc: read the answer of %s: %w", path, err)
	}
	return nil
}

// do carries out a request and returns the body of a 200, or an error.
func (c *Client) do(request *http.Request) ([]byte, error) {
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("openkyc: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("openkyc: read the answer: %w", err)
	}
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("openkyc: the answer is larger than %d bytes", maxAnswer)
	}
	if response.StatusCode != http.StatusOK {
		return nil, readError(response.StatusCode, answer)
	}
	return answer, nil
}

// readError makes an Error of any answer, also of one that a proxy made.
func readError(code int, answer []byte) *Error {
	var body struct {
		Message   string `json:"message"`
		Code      string `json:"code"`
		RequestID string `json:"requestId"`
		Details   any    `json:"details"`
	}
	e := &Error{StatusCode: code}
	if json.Unmarshal(answer, &body) == nil {
		e.Message, e.Code, e.RequestID = body.Message, body.Code, body.RequestID
		details, _ := body.Details.([]any)
		for _, d := range details {
			e.Details = append(e.Details, fmt.Sprint(d))
		}
	}
	if e.Message == "" {
		e.Message = http.StatusText(code)
	}
	return e
}
