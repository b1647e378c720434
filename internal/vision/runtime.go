package vision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/openkyc/openkyc/models"
)

// Card describes a loaded model: source, licence, tensors, pre- and post-processing.
type Card = models.Card

// Tensor is a dense block of float32 in row-major order; len(Data) is the product of Shape.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// Config says what Open verifies and how it is run.
type Config struct {
	Dir         string       // folder of the built models; empty: Locate decides
	Override    string       // folder with operators' cards and files; empty or missing: none
	Roles       []string     // nil: every role of the manifest
	Concurrency int          // networks that run at the same time; 0: one a CPU
	Logger      *slog.Logger // nil: silent
	// Idle is how long a network stays in memory after its last use: 5 minutes when zero, for ever when negative.
	Idle  time.Duration
	Meter Meter // nil: nobody counts
}

// Meter counts what a Runtime does. Roles are few and no data of persons.
type Meter interface {
	ModelRan(role string, took time.Duration, err error)
	ModelLoaded(role string, took time.Duration)
	ModelReleased(role string)
}

// Runtime holds the verified models, and in memory those that are in use. All methods may be called from many goroutines;
// Close must be the last.
type Runtime struct {
	networks map[string]*network
	roles    []string // in the order asked for
	turns    turns    // bounds the networks that run at once, hence memory and CPU
	logger   *slog.Logger
	meter    Meter
	files    []file // as they were when they were verified

	mu     sync.RWMutex // held for reading while a network runs, so that Close waits
	closed bool
	rest   rest
}

// Open verifies the library and the models, and loads the library; a network follows when it is first needed. Every error is a
// sentence for whoever starts the program.
func Open(cfg Config) (*Runtime, error) {
	manifest, err := models.Load()
	if err != nil {
		return nil, err
	}
	return open(cfg, manifest)
}

func open(cfg Config, manifest models.Manifest) (*Runtime, error) {
	if cfg.Dir == "" {
		dir, err := Locate()
		if err != nil {
			return nil, err
		}
		cfg.Dir = dir
	}
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = goruntime.GOMAXPROCS(0)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Idle == 0 {
		cfg.Idle = defaultIdle
	}
	sources, err := resolve(cfg, manifest)
	if err != nil {
		return nil, err
	}
	library := filepath.Join(cfg.Dir, LibraryFile)
	r := &Runtime{networks: make(map[string]*network, len(sources)), turns: newTurns(cfg.Concurrency), logger: cfg.Logger,
		meter: cfg.Meter, rest: rest{idle: cfg.Idle}}
	networks, err := check(sources, func() error { return verifyLibrary(library, manifest.Runtime) })
	if err != nil {
		return nil, err
	}
	if err := process.join(library); err != nil {
		return nil, err
	}
	for i, s := range sources {
		if s.override {
			if err := s.try(); err != nil {
				return nil, errors.Join(err, r.Close())
			}
		}
		r.networks[s.card.Role], r.roles = networks[i], append(r.roles, s.card.Role)
		cfg.Logger.Info("model verified", "role", s.card.Role, "title", s.card.Title, "sha256", s.card.SHA256[:12], "override", s.override)
	}
	r.files = remember(library, sources)
	return r, nil
}

// Card returns the card of a loaded role.
func (r *Runtime) Card(role string) (Card, error) {
	m, err := r.model(role)
	if err != nil {
		return Card{}, err
	}
	return m.source.card, nil
}

// Asset returns a further file of a role by its name in the card, verified when the role was loaded.
func (r *Runtime) Asset(role, name string) ([]byte, error) {
	m, err := r.model(role)
	if err != nil {
		return nil, err
	}
	data, ok := m.assets[name]
	if !ok {
		return nil, fmt.Errorf("the card of model role %q names no asset %q", role, name)
	}
	return data, nil
}

// Versions maps every loaded role to the first 12 hexadecimal digits of its SHA-256; decisions store it (S52).
func (r *Runtime) Versions() map[string]string {
	versions := make(map[string]string, len(r.networks))
	for role, m := range r.networks {
		versions[role] = m.source.card.SHA256[:12]
	}
	return versions
}

// Run feeds the inputs, in the order of the card, to the role's network and returns its outputs in the order of the card.
// It waits for a free slot, and gives up when ctx ends, in the middle of the network too.
func (r *Runtime) Run(ctx context.Context, role string, inputs ...Tensor) ([]Tensor, error) {
	m, err := r.model(role)
	if err != nil {
		return nil, err
	}
	done, err := r.turns.take(ctx, m.source.threads())
	if err != nil {
		return nil, fmt.Errorf("waiting for a turn to run %s: %w", role, err)
	}
	defer done()
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, fmt.Errorf("run %s: the model runtime is closed", role)
	}
	session, err := r.borrow(m)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", role, err)
	}
	defer r.giveBack(m)
	begin := time.Now()
	out, err := m.run(ctx, session, inputs)
	if r.meter != nil {
		r.meter.ModelRan(role, time.Since(begin), err)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", role, err)
	}
	return out, nil
}

// Close waits for running networks and frees everything. A second Close does nothing.
func (r *Runtime) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	r.rest.stop()
	var errs []error
	for _, m := range r.networks {
		errs = append(errs, m.close())
	}
	return errors.Join(append(errs, process.leave())...)
}

func (r *Runtime) model(role string) (*network, error) {
	m, ok := r.networks[role]
	if !ok {
		return nil, fmt.Errorf("the model role %q was not asked for when the runtime was opened", role)
	}
	return m, nil
}
