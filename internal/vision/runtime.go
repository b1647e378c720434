package vision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/openkyc/openkyc/models"
)

// Card describes a loaded model: source, licence, tensors, pre- and post-processing.
type Card = models.Card

// Tensor is a dense block of float32 in row-major order; len(Data) is the product of Shape.
type Tensor struct {
	Shape []int64
	Data  []float32
}

// Config says what Open loads.
type Config struct {
	Dir         string       // folder of the built models; empty: Locate decides
	Override    string       // folder with operators' cards and files; empty or missing: none
	Roles       []string     // nil: every role of the manifest
	Concurrency int          // networks that run at the same time; 0: one a CPU
	Logger      *slog.Logger // nil: silent
}

// Runtime holds one loaded session a role. All methods may be called from many goroutines; Close must be the last.
type Runtime struct {
	loaded map[string]*loaded
	slots  chan struct{} // bounds the networks that run at once, hence memory and CPU
	mu     sync.RWMutex  // held for reading while a network runs, so that Close waits
	closed bool
}

// loaded is a model in memory, with the further files of its card.
type loaded struct {
	card    Card
	session *ort.DynamicAdvancedSession
	assets  map[string][]byte
}

// Open verifies and loads the library and the models. Every error is a sentence for whoever starts the program.
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
	sources, err := resolve(cfg, manifest)
	if err != nil {
		return nil, err
	}
	library := filepath.Join(cfg.Dir, LibraryFile)
	if err := verifyLibrary(library, manifest.Runtime); err != nil {
		return nil, err
	}
	if err := process.join(library); err != nil {
		return nil, err
	}
	r := &Runtime{loaded: map[string]*loaded{}, slots: make(chan struct{}, cfg.Concurrency)}
	for _, s := range sources {
		m, err := s.load()
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		r.loaded[s.card.Role] = m
		cfg.Logger.Info("model loaded", "role", s.card.Role, "title", s.card.Title, "sha256", s.card.SHA256[:12], "override", s.override)
	}
	return r, nil
}

// Card returns the card of a loaded role.
func (r *Runtime) Card(role string) (Card, error) {
	m, err := r.model(role)
	if err != nil {
		return Card{}, err
	}
	return m.card, nil
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
	versions := make(map[string]string, len(r.loaded))
	for role, m := range r.loaded {
		versions[role] = m.card.SHA256[:12]
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
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn to run %s: %w", role, context.Cause(ctx))
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, fmt.Errorf("run %s: the model runtime is closed", role)
	}
	out, err := m.run(ctx, inputs)
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
	var errs []error
	for _, m := range r.loaded {
		errs = append(errs, m.session.Destroy())
	}
	return errors.Join(append(errs, process.leave())...)
}

func (r *Runtime) model(role string) (*loaded, error) {
	m, ok := r.loaded[role]
	if !ok {
		return nil, fmt.Errorf("the model role %q was not loaded", role)
	}
	return m, nil
}

// verifyLibrary compares the runtime library with the manifest's hash for this platform.
func verifyLibrary(path string, want models.Runtime) error {
	platform := goruntime.GOOS + "/" + goruntime.GOARCH
	build, ok := want.Platforms[platform]
	if !ok {
		return fmt.Errorf("there is no runtime library for %s", platform)
	}
	data, err := readVerified(path, build.SHA256)
	_ = data // dlopen reads the file itself; only the hash matters here
	return err
}

// readVerified reads a file and refuses any bytes but the recorded ones.
func readVerified(path, sum string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the file %s is missing: run `make models`", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the file %s cannot be read: %w", path, err)
	}
	got := sha256.Sum256(data)
	if hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("the file %s was altered: its SHA-256 is %x, recorded is %s: run `make models`", path, got, sum)
	}
	return data, nil
}
