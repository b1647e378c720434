package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/store/storetest"
)

// TestMain is the sender when the proof starts it as one.
func TestMain(m *testing.M) {
	if os.Getenv(senderEnv) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		if err := send(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			stop()
			os.Exit(1)
		}
		stop()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestProof is the small form of make proof-webhooks, on both databases (W3,
// W8, W9, W11, W16).
func TestProof(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(t *testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return storetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			p := proof{events: 600, sessions: 30, killEvery: 2 * time.Second, limit: 3 * time.Minute, database: address(t), folder: t.TempDir(), out: &out,
				sender: func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, os.Args[0]) }} //nolint:gosec // this very program
			err := p.run(t.Context())
			t.Log(out.String())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(out.String(), "killed        0 times") {
				t.Error("no sender was killed: the run proved nothing")
			}
		})
	}
}
