package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// proof is one run.
type proof struct {
	events, sessions int
	killEvery, limit time.Duration
	database, folder string
	sender           func(ctx context.Context) *exec.Cmd
	out              io.Writer
}

// settle is how long the last sender may go on once everything has arrived: it
// still has outcomes to write down.
const settle = 10 * time.Second

func (p proof) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	if p.events%p.sessions != 0 {
		return errors.New("the events must divide evenly between the sessions")
	}
	o := order{Address: p.database, Keys: filepath.Join(p.folder, "master.key"), Events: p.events / p.sessions}
	if o.Address == "" {
		o.Address = filepath.Join(p.folder, "openkyc.db")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	secrets, err := prepare(ctx, p.folder, o, "http://"+listener.Addr().String()+"/hook", p.sessions)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	s := newSink(secrets)
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	fmt.Fprintf(p.out, "%d events of %d sessions to a sink that fails a third of the time; the sender is killed about every %s.\n"+
		"Shortened for this run: waits between attempts %s to %s instead of up to 24 h, claims %s instead of 2 min.\n",
		p.events, p.sessions, p.killEvery, shortest, longest, claim)
	begun := time.Now()
	kills, err := p.torment(ctx, o, s)
	if err != nil {
		return fmt.Errorf("%w (so far: %s)", err, s.progress())
	}
	return p.verdict(context.WithoutCancel(ctx), o, s, kills, time.Since(begun))
}

// torment runs senders and kills them until everything has arrived.
func (p proof) torment(ctx context.Context, o order, s *sink) (kills int, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	for said := time.Now(); ; {
		var complaint bytes.Buffer
		sender := p.sender(context.WithoutCancel(ctx))
		sender.Env, sender.Stderr = append(os.Environ(), senderEnv+"="+string(text)), &complaint
		if err := sender.Start(); err != nil {
			return kills, err
		}
		ended := make(chan error, 1)
		go func() { ended <- sender.Wait() }()
		until := time.After(p.killEvery/2 + rand.N(p.killEvery)) //nolint:gosec // chance is all it takes
		for waiting := true; waiting; {
			select {
			case err := <-ended:
				return kills, fmt.Errorf("the sender ended by itself: %w %s", err, complaint.String())
			case <-until:
				waiting = false
			case <-ctx.Done():
				waiting = false
			case <-time.After(50 * time.Millisecond):
				if time.Since(said) > 10*time.Second {
					said = time.Now()
					fmt.Fprintln(p.out, s.progress())
				}
				if s.taken() >= p.events {
					return kills, finish(sender, ended)
				}
			}
		}
		_ = sender.Process.Kill() // SIGKILL
		if <-ended == nil {
			return kills, errors.New("the sender ended by itself")
		}
		kills++
		if ctx.Err() != nil {
			return kills, errors.New("the time ran out")
		}
	}
}

// finish lets the last sender write down what it knows and ends it politely.
func finish(sender *exec.Cmd, ended chan error) error {
	time.Sleep(settle / 5)
	if err := sender.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(settle):
		_ = sender.Process.Kill()
		return errors.New("the sender does not stop")
	}
}

// verdict counts what the database knows against what the sink took.
func (p proof) verdict(ctx context.Context, o order, s *sink, kills int, took time.Duration) error {
	db, err := open(ctx, o)
	if err != nil {
		return err
	}
	var written, lost, unsettled int
	err = db.View(ctx, func(tx kyc.Tx) error {
		rows, err := db.SQL(tx).QueryContext(ctx, `SELECT id, status FROM deliveries`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, status string
			if err := rows.Scan(&id, &status); err != nil {
				return err
			}
			written++
			if !s.ids[id] {
				lost++
			}
			if status != string(kyc.DeliveryDelivered) {
				unsettled++
			}
		}
		return rows.Err()
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "announced     %d\ndelivered     %d\nlost          %d\nout of order  %d\nduplicates    %d (requests that came again with an id that had arrived)\n"+
		"refused       %d of %d requests\nkilled        %d times\nlongest wait  %s\ntook          %s, %.0f events/s\n",
		written, len(s.ids), lost, s.disorder, s.duplicates, s.refused, s.requests, kills, s.longest.Round(time.Millisecond), took.Round(time.Second), float64(written)/took.Seconds())
	if written != p.events || lost > 0 || s.disorder > 0 || s.broken > 0 || unsettled > 0 {
		return fmt.Errorf("the promise is broken: %d of %d announced, %d lost, %d out of order, %d unreadable, %d not settled",
			written, p.events, lost, s.disorder, s.broken, unsettled)
	}
	return nil
}
