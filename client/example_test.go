package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/openkyc/openkyc/client"
)

// A page asks its server for an encrypted key and hands it to the widget.
func ExampleEncryptKeyV2() {
	const schemaID = "0f2d7c80-1b1e-11f0-8c2f-0242ac120002"
	token, err := client.EncryptKeyV2("scenario secret", schemaID, "user_123", 15*time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(token, "v2."))
	// Output: true
}

// The older form, for integrations that exist already.
func ExampleEncryptKey() {
	token, err := client.EncryptKey("s3cret", "user_123")
	if err != nil {
		log.Fatal(err)
	}
	raw, err := client.DecryptKey("s3cret", token)
	fmt.Println(raw, err)
	// Output: user_123 <nil>
}

func ExampleDecryptKey() {
	raw, err := client.DecryptKey("s3cret", "AAECAwQFBgcICQoLDA0OD7MGnRWfRuyp7eveer5mFJo=")
	fmt.Println(raw, err)
	_, err = client.DecryptKey("s3cret", "user_123")
	fmt.Println(err)
	// Output:
	// user_123 <nil>
	// Failed to perform asymmetric decryption!
}

// A receiver of notifications. It answers 2xx only when it has taken the
// notification over, and recognises repeats by the ID.
func ExampleReadWebhook() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		n, err := client.ReadWebhook(secret, r.Header, body, time.Now())
		if err != nil {
			http.Error(w, "refused", http.StatusUnauthorized)
			return
		}
		fmt.Println(n.ID, n.Session.ClientKey, n.Session.Status)
	})

	// What the service sends:
	body, _ := client.SealWebhook(secret, []byte(`{"status":"success","clientKey":"user_123"}`))
	now := time.Now()
	request := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(string(body)))
	request.Header.Set(client.HeaderWebhookID, "delivery-1")
	request.Header.Set(client.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	request.Header.Set(client.HeaderWebhookSignature, client.SignWebhook(secret, "delivery-1", now, body))
	receiver.ServeHTTP(httptest.NewRecorder(), request)
	// Output: delivery-1 user_123 success
}

// installation stands for a running OpenKYC in these examples.
func installation(answer string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
}

func ExampleClient_Status() {
	server := installation(`{"status":"success","sessionId":"0f2d7c80-1b1e-11f0-8c2f-0242ac120002","clientKey":"user_123"}`)
	defer server.Close()

	kyc := client.New(server.URL, "api token")
	session, err := kyc.Status(context.Background(), client.StatusRequest{ClientKey: "user_123"})
	var refused *client.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		fmt.Println("this person has not begun")
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status, session.Status.Final())
	// Output: success true
}

func ExampleClient_Filter() {
	server := installation(`{"status":"ok","sessions":[{"sessionId":"a","status":"failed"}],"total":1,"page":1,"pageSize":20}`)
	defer server.Close()

	page, err := client.New(server.URL, "api token").Filter(context.Background(), client.FilterRequest{
		Filters: client.Filters{Status: []client.Status{client.Failed}, Range: client.Range{Start: "2026-01-01", End: "2026-01-31"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range page.Sessions {
		fmt.Println(s.SessionID, s.Status)
	}
	// Output: a failed
}

func ExampleClient_Process() {
	server := installation(`{"status":"failed","results":[{"type":"document","status":"failed","errors":["[general] bad image"]}]}`)
	defer server.Close()

	passport, err := os.Open("testdata/vectors.json") // not a picture, as the answer says
	if err != nil {
		log.Fatal(err)
	}
	defer passport.Close()
	session, err := client.New(server.URL, "api token").Process(context.Background(), client.ProcessRequest{
		SchemaID: "0f2d7c80-1b1e-11f0-8c2f-0242ac120002", ClientKey: "user_123",
		Images: []client.Upload{{Name: "passport.jpg", Data: passport}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status, session.Results[0].Errors)
	// Output: failed [[general] bad image]
}
