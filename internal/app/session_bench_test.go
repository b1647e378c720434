package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/demo"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// BenchmarkSession takes synthetic people through a whole session: document,
// selfie, liveness, comparison, verdict, webhook row. Drawing them is not
// timed. The goal is 3 s on two cores:
//
//	go test -run '^$' -bench Session -benchtime 5x ./internal/app
func BenchmarkSession(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.Open(ctx, app.Config{Data: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	quick, err := a.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost"})
	if err != nil {
		b.Fatal(err)
	}
	worked := make(chan error, 1)
	go func() { worked <- a.Work(ctx) }()
	defer func() {
		cancel()
		if err := <-worked; err != nil {
			b.Error(err)
		}
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	}()
	visitor := &demo.Visitor{Sessions: timed{a.Verify, b}, Decode: a.Decode, Seed: 7, Now: time.Now}
	b.ResetTimer()
	b.StopTimer() // runs only while the platform works
	for i := range b.N {
		token, err := client.EncryptKey(quick.ScenarioSecret, fmt.Sprintf("bench:%d:%s", i, rand.Text()[:8]))
		if err != nil {
			b.Fatal(err)
		}
		status, err := visitor.Visit(ctx, quick.SchemaID, token)
		if err != nil {
			b.Fatal(err)
		}
		if status != kyc.Success {
			b.Fatalf("the session ended as %s", status)
		}
	}
}

// timed starts the clock when evidence is handed in and stops it when the
// platform has nothing more to do for the session.
type timed struct {
	*verify.Room
	b *testing.B
}

func (t timed) Submit(ctx context.Context, id string, req verify.SubmitRequest) (verify.State, error) {
	t.b.StartTimer()
	defer t.b.StopTimer()
	wake, cancel := t.Changed(id)
	defer cancel()
	state, err := t.Room.Submit(ctx, id, req)
	for err == nil && state.Status == kyc.Processing {
		select {
		case <-wake:
		case <-time.After(time.Second):
		}
		state, err = t.State(ctx, id)
	}
	return state, err
}
