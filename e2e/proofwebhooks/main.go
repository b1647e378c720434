// Command proofwebhooks demonstrates what is promised of webhooks: it announces
// many events of many sessions to a sink on loopback that fails a third of the
// time at random, while the sender is killed with SIGKILL every few seconds, and
// counts what arrived.
//
// In come sizes by flags; out go figures, and exit code 1 when an event was lost
// or came out of order within its session, or when the time ran out. The sender
// is a process of the real parts: store, keys, webhook room, guarded client.
// Only its waits are shortened, as the output says. `make proof-webhooks` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "proofwebhooks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if os.Getenv(senderEnv) != "" {
		return send(ctx)
	}
	p := proof{out: os.Stdout}
	flag.IntVar(&p.events, "events", 100_000, "events in all")
	flag.IntVar(&p.sessions, "sessions", 2_000, "sessions they are of")
	flag.DurationVar(&p.killEvery, "kill", 4*time.Second, "how often the sender is killed, give or take a half")
	flag.DurationVar(&p.limit, "limit", 30*time.Minute, "when to give up")
	flag.StringVar(&p.database, "database", "", "postgres://… of an empty database; a SQLite file when empty")
	flag.Parse()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	p.sender = func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, program) } //nolint:gosec // this very program
	folder, err := os.MkdirTemp("", "proofwebhooks")
	if err != nil {
		return err
	}
	p.folder = folder
	return errors.Join(p.run(ctx), os.RemoveAll(folder))
}
