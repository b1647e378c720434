package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/observe"
)

const (
	lastWork  = 20 * time.Second // for running requests and jobs, once the doors are closed
	lastSpans = 3 * time.Second  // for the collector of traces
)

// observe builds the observer. It asks the parts only when somebody asks it, so
// they may come into being after it.
func (a *App) observe(ctx context.Context) (err error) {
	a.observer, err = observe.New(ctx, observe.Config{Version: a.cfg.Version, Traces: a.cfg.Traces, Logger: a.cfg.Logger, Now: time.Now,
		Probes: []observe.Probe{
			{Name: "database", Ask: a.Store.Ping},
			{Name: "blobs", Ask: a.pingBlobs},
			{Name: "models", Ask: func(context.Context) error { return a.runtime.Check() }},
			{Name: "queue", Ask: a.pingQueue},
		},
		Sources: observe.Sources{Connections: func() observe.Connections {
			s := a.Store.Stats()
			return observe.Connections{Used: s.InUse, Idle: s.Idle}
		}},
	})
	return err
}

// pingBlobs looks for an object that never is: the answer tells that the store works.
func (a *App) pingBlobs(ctx context.Context) error {
	if _, err := a.blobs.Stat(ctx, "ready"); err != nil && kyc.KindOf(err) != kyc.NotFound {
		return err
	}
	return nil
}

func (a *App) pingQueue(context.Context) error {
	if !a.working.Load() {
		return errors.New("the queue does not run in this process")
	}
	return nil
}

// Handler serves all doors; Serve serves it, and so may a test.
func (a *App) Handler() http.Handler { return a.handler }

// Observed serves metrics and health, for a listener that the public cannot reach.
func (a *App) Observed() http.Handler { return a.observer.Handler() }

// Work starts the queue and runs it until ctx ends; running checks finish or
// are handed back.
func (a *App) Work(ctx context.Context) error {
	if err := a.queue.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	a.working.Store(true)
	if a.cfg.ModelIdle < 0 {
		a.runtime.Warm()
	}
	sending := make(chan error, 1)
	go func() { sending <- a.Webhook.Run(ctx) }() // ends a few seconds after ctx
	<-ctx.Done()
	a.working.Store(false)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWork)
	defer cancel()
	return errors.Join(a.queue.Stop(stopping), <-sending)
}

// Serve listens and works until ctx ends. ready, if any, gets the address. When
// ctx ends, /ready says so first; after Config.Drain the doors close, streams of
// events end, and running requests, checks and deliveries finish or are handed
// back. All of it is bounded.
func (a *App) Serve(ctx context.Context, ready func(address string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.cfg.Listen, err)
	}
	servers := []served{{a.server(a.handler), listener}}
	if a.cfg.MetricsListen != "" {
		observed, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.MetricsListen)
		if err != nil {
			return errors.Join(fmt.Errorf("listen for metrics on %s: %w", a.cfg.MetricsListen, err), listener.Close())
		}
		servers = append(servers, served{a.server(a.observer.Handler()), observed})
		a.cfg.Logger.Info("metrics are served", "address", observed.Addr().String())
	}
	return a.run(ctx, servers, func() {
		if ready != nil {
			ready(listener.Addr().String())
		}
	})
}

// served is a server with its listener.
type served struct {
	*http.Server
	listener net.Listener
}

func (a *App) server(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(a.cfg.Logger.Handler(), slog.LevelDebug)}
}

// run lets everything work until ctx ends or one part fails, then stops it in order.
func (a *App) run(ctx context.Context, servers []served, ready func()) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, len(servers)+1)
	go func() { failed <- a.Work(working) }()
	for _, s := range servers {
		go func() { failed <- s.Serve(s.listener) }()
	}
	ready()
	var err error
	running := cap(failed)
	select {
	case <-ctx.Done():
		a.observer.Drain()
		time.Sleep(a.cfg.Drain)
	case err = <-failed:
		running--
	}
	close(a.stopping)
	stop()
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), lastWork)
	defer done()
	for _, s := range servers { // the doors first, the metrics last
		err = errors.Join(err, s.Shutdown(closing))
	}
	for range running {
		if e := <-failed; e != nil && !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}
