package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

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
			{Name: "blobs", Ask: func(ctx context.Context) error { return a.blobs.Ping(ctx) }},
			{Name: "models", Ask: func(context.Context) error { return a.runtime.Check() }},
			{Name: "queue", Ask: a.pingQueue},
			{Name: "persons", Ask: func(ctx context.Context) error { return a.Persons.Loaded(ctx) }},
		},
		Known: known(),
		Sources: observe.Sources{Queue: a.queueFigures, Endpoints: a.endpointFigures, Connections: func() observe.Connections {
			s := a.Store.Stats()
			return observe.Connections{Used: s.InUse, Idle: s.Idle}
		}},
	})
	return err
}

func (a *App) pingQueue(context.Context) error {
	if a.cfg.Role != RoleServe && !a.working.Load() {
		return errors.New("the queue does not run in this process")
	}
	return nil
}

func (a *App) queueFigures(ctx context.Context) (list []observe.QueueFigure, err error) {
	stats, err := a.queue.Stats(ctx)
	for kind, s := range stats {
		list = append(list, observe.QueueFigure{Kind: kind, Waiting: s.Waiting, Running: s.Running, Oldest: s.Oldest})
	}
	return list, err
}

func (a *App) endpointFigures(ctx context.Context) (list []observe.EndpointFigure, err error) {
	figures, err := a.Webhook.Figures(ctx)
	for _, e := range figures.Endpoints {
		list = append(list, observe.EndpointFigure{Endpoint: e.EndpointID, Delivered: e.Delivered, Failed: e.Failed, Exhausted: e.Exhausted,
			Pending: e.Pending, P50: e.P50, P95: e.P95, P99: e.P99, Oldest: e.Oldest})
	}
	return list, err
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
	go a.Persons.Run(ctx)
	sending := make(chan error, 1)
	go func() { sending <- a.Webhook.Run(ctx) }() // ends a few seconds after ctx
	<-ctx.Done()
	a.working.Store(false)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWork)
	defer cancel()
	return errors.Join(a.queue.Stop(stopping), <-sending)
}

// work works, or waits where that is others' role.
func (a *App) work(ctx context.Context) error {
	if a.cfg.Role != RoleServe {
		return a.Work(ctx)
	}
	a.Persons.Run(ctx)
	return nil
}

// Serve does what the node's role is until ctx ends. ready, if any, gets the
// address of the doors, "" for a worker, which has none. When ctx ends, /ready
// says so first; after Config.Drain the doors close, streams of events end, and
// running requests, checks and deliveries finish or are handed back. All of it
// is bounded.
func (a *App) Serve(ctx context.Context, ready func(address string)) error {
	var servers []served
	listen := func(address string, handler http.Handler) (string, error) {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			for _, s := range servers {
				_ = s.listener.Close()
			}
			return "", fmt.Errorf("listen on %s: %w", address, err)
		}
		servers = append(servers, served{a.server(handler), listener})
		return listener.Addr().String(), nil
	}
	doors := ""
	if a.cfg.Role != RoleWorker {
		var err error
		if doors, err = listen(a.cfg.Listen, a.handler); err != nil {
			return err
		}
	}
	if a.cfg.MetricsListen != "" {
		address, err := listen(a.cfg.MetricsListen, a.observer.Handler())
		if err != nil {
			return err
		}
		a.cfg.Logger.Info("metrics are served", "address", address)
	}
	return a.run(ctx, servers, func() {
		if ready != nil {
			ready(doors)
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
	go func() { failed <- a.work(working) }()
	for _, s := range servers {
		go func() { failed <- s.Serve(s.listener) }()
	}
	ready()
	debug.FreeOSMemory() // what the start needed; an idle process then waits long for its next collection
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
