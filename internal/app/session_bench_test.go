package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
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
// timed, nor is decoding what they send. The goal is 3 s on two cores.
//
// With one worker, one network runs at a time, and model-ms is what the pure
// networks took of the session's time: times-models is the one beside the other,
// with a goal of 1.1. The rest are the stages, each with its networks; of what no
// stage has, other-ms, most is the database, the pictures' seals and the queue.
//
//	go test -run '^$' -bench Session -benchtime 5x ./internal/app
func BenchmarkSession(b *testing.B) {
	b.Run("one", func(b *testing.B) { benchSession(b, 1) })
	b.Run("all", func(b *testing.B) { benchSession(b, 0) })
}

func benchSession(b *testing.B, workers int) {
	ctx, cancel := context.WithCancel(context.Background())
	a, err := app.Open(ctx, app.Config{Location: app.Location{Data: b.TempDir()}, Workers: workers})
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
	visit := func(key string) {
		token, err := client.EncryptKey(quick.ScenarioSecret, key+":"+rand.Text()[:8])
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
	visit("first") // loads the networks
	models := figures(b, a.Observed(), "openkyc_model_duration_seconds", "role")
	stages := figures(b, a.Observed(), "openkyc_stage_duration_seconds", "stage")
	b.StopTimer() // runs only while the platform works
	b.ResetTimer()
	for i := range b.N {
		visit(fmt.Sprintf("bench:%d", i))
	}
	since := func(now, before map[string]float64, names ...string) (ms float64) {
		for name, seconds := range now {
			if len(names) == 0 || slices.Contains(names, name) {
				ms += 1000 * (seconds - before[name]) / float64(b.N)
			}
		}
		return ms
	}
	pure := since(figures(b, a.Observed(), "openkyc_model_duration_seconds", "role"), models)
	after, wall := figures(b, a.Observed(), "openkyc_stage_duration_seconds", "stage"), float64(b.Elapsed().Microseconds())/1000/float64(b.N)
	b.ReportMetric(pure, "model-ms/op")
	b.ReportMetric(wall/pure, "times-models")
	checks := []string{"document", "selfie", "liveness", "match"}
	for _, stage := range checks {
		b.ReportMetric(since(after, stages, stage), stage+"-ms/op")
	}
	b.ReportMetric(wall-since(after, stages, checks...), "other-ms/op")
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
