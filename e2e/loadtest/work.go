package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/e2e/visitortest"
	"github.com/openkyc/openkyc/internal/kyc"
)

// work is one kind of call, made again and again.
type work struct {
	name  string
	pause time.Duration // from one to the next
	later bool          // asks for a session that is finished, once there is one
	do    func(ctx context.Context) error
}

// works are what goes on beside the persons.
func (l *load) works() []work {
	api := from(2)
	post := func(path string, in func() map[string]any) func(context.Context) error {
		return func(ctx context.Context) error {
			body, err := json.Marshal(in())
			if err != nil {
				return err
			}
			return l.call(ctx, api, http.MethodPost, path, "application/json", bytes.NewReader(body), http.StatusOK, "token", l.quick.APIToken)
		}
	}
	page := func(path func() string) func(context.Context) error {
		return func(ctx context.Context) error {
			return l.call(ctx, api, http.MethodGet, path(), "", nil, http.StatusOK, "Cookie", l.cookie)
		}
	}
	status := func() map[string]any { return map[string]any{"sessionId": l.finished()} }
	return []work{
		{"status", 20 * time.Millisecond, true, post("/kyc/session/status", status)},
		{"filter", 200 * time.Millisecond, false, post("/kyc/sessions/filter", func() map[string]any { return map[string]any{"filters": map[string]any{"status": "success"}} })},
		{"table", 5 * time.Second, false, post("/kyc/sessions/filter", func() map[string]any { return map[string]any{"zip": true} })},
		{"page of sessions", 500 * time.Millisecond, false, page(func() string { return "/dashboard/sessions" })},
		{"page of a session", 500 * time.Millisecond, true, page(func() string { return "/dashboard/sessions/" + l.finished() })},
		{"widget's page", 200 * time.Millisecond, false, page(func() string { return "/widget/" })},
		{"process", 3 * time.Second, false, l.pictures(api)},
		{"process, a bad file", time.Second, false, l.upload(api, func() []byte { return []byte("GIF89a this is no JPEG") })},
	}
}

// finished is a session that is finished, "" before there is one.
func (l *load) finished() string {
	id, _ := l.known.Load().(string)
	return id
}

// await waits until there is a session to ask for.
func (l *load) await(ctx context.Context) {
	for l.finished() == "" && ctx.Err() == nil {
		time.Sleep(100 * time.Millisecond)
	}
}

// session is a person who walks through the widget; each from another address.
func (l *load) session(visitor int) func(ctx context.Context) error {
	var number atomic.Int64
	return func(ctx context.Context) error {
		phone := from(int64(1000*(visitor+1)) + number.Add(1))
		defer phone.CloseIdleConnections()
		token, err := client.EncryptKey(l.quick.ScenarioSecret, "load:"+rand.Text())
		if err != nil {
			return err
		}
		v := &visitortest.Visitor{Person: l.person, Base: l.base, HTTP: phone}
		visit, err := v.Begin(ctx, l.quick.SchemaID, token, "")
		if err != nil {
			return err
		}
		if err := visit.Walk(ctx); err != nil {
			return err
		}
		if visit.Status != kyc.Success {
			return fmt.Errorf("the session ended as %s", visit.Status)
		}
		l.known.Store(visit.ID)
		return nil
	}
}

// pictures sends a passport's page by API; the session waits for the rest.
func (l *load) pictures(api *http.Client) func(ctx context.Context) error {
	return l.upload(api, func() []byte { return l.person.Page })
}

func (l *load) upload(api *http.Client, file func() []byte) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("images", "page.jpg")
		if err != nil {
			return err
		}
		if _, err := part.Write(file()); err != nil {
			return err
		}
		for name, value := range map[string]string{"schemaId": l.quick.SchemaID, "clientKey": "process:" + rand.Text()} {
			if err := form.WriteField(name, value); err != nil {
				return err
			}
		}
		if err := form.Close(); err != nil {
			return err
		}
		return l.call(ctx, api, http.MethodPost, "/v1/kyc/process", form.FormDataContentType(), &body, http.StatusOK, "token", l.quick.APIToken)
	}
}

// call makes one call and holds that it is answered as it should be.
func (l *load) call(ctx context.Context, from *http.Client, method, path, contentType string, body io.Reader, want int, headers ...string) error {
	req, err := http.NewRequestWithContext(ctx, method, l.base+path, body)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer, err := from.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != want {
		err = fmt.Errorf("%s %s answered %d %.200s", method, path, answer.StatusCode, text)
	}
	return err
}
