package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/capture"
	"github.com/openkyc/openkyc/internal/dash"
	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/mail"
	"github.com/openkyc/openkyc/internal/observe"
	"github.com/openkyc/openkyc/internal/persons"
	"github.com/openkyc/openkyc/internal/privacy"
	"github.com/openkyc/openkyc/internal/report"
	"github.com/openkyc/openkyc/internal/verify"
	"github.com/openkyc/openkyc/internal/vision"
	"github.com/openkyc/openkyc/internal/webhook"
	"github.com/openkyc/openkyc/sdk"
)

// Role is what a node does.
type Role string

// The roles. On SQLite one node does all.
const (
	RoleAll    Role = ""
	RoleServe  Role = "serve"  // the doors
	RoleWorker Role = "worker" // checks, webhooks and what happens from time to time
)

// Config of a node. Location is required.
type Config struct {
	Location
	Role          Role
	Listen        string // address of the listener; "" when the caller serves Handler itself
	PublicURL     string // what browsers and integrators reach this node by; "" is http:// and the listener's address
	Models        string // folder of models; "" is found beside the program
	DocumentTypes string // folder of an operator's own document types; "" for none
	Callbacks     Callbacks
	Workers       int // checks at one time; 0 is the number of processors
	Proxies       []netip.Prefix
	Logger        *slog.Logger
	Version       string
	MetricsListen string           // address of the listener for metrics and health; "" for none
	Traces        string           // address of an OpenTelemetry collector (OTLP over HTTP); "" for none
	Convert       []string         // what starts the process that opens PDF and HEIC (convert.Main); none: such files are refused
	ModelIdle     time.Duration    // how long a network stays in memory unused: 5 minutes when zero, for ever when negative
	Drain         time.Duration    // from the signal to stop until the doors close, for load balancers to notice
	Now           func() time.Time // tests
	Random        io.Reader        // tests
}

// Callbacks are the settings of sending webhooks.
type Callbacks struct {
	AllowPrivate bool            // development: they may go to private addresses and to http
	Allow        []netip.Prefix  // networks that they may go to although those are special
	Proxy        *url.URL        // forward proxy; nil for none
	Ladder       []time.Duration // waits before each attempt; the room's own when empty
	Late         time.Duration   // one that waits longer is warned of; the room's own when zero
	Mail         *mail.Config    // the mail server by which owners are told of trouble; nil for none
}

// mailer is nil without a mail server.
func (c Callbacks) mailer() (webhook.Mailer, error) {
	if c.Mail == nil {
		return nil, nil
	}
	return mail.New(*c.Mail)
}

// egress says where they may go.
func (c Callbacks) egress(private bool) egress.Config {
	return egress.Config{AllowPrivate: private, HTTPSOnly: !private, Allow: c.Allow, Proxy: c.Proxy}
}

func (cfg *Config) fill() {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0) // in a container, its share of the machine
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
}

// App is one node: doors, rooms, engines and queue.
type App struct {
	*Installation
	Verify   *verify.Room
	Webhook  *webhook.Room
	Faces    *face.Room
	Persons  *persons.Room
	Privacy  *privacy.Room
	cfg      Config
	observer *observe.Observer
	stopping chan struct{} // closed when the doors close
	working  atomic.Bool   // the queue runs
	pictures *pictures
	blobs    blob.Store
	runtime  *vision.Runtime
	queue    *jobs.Queue
	handler  http.Handler
}

// Open builds a node from its config; nothing runs yet.
func Open(ctx context.Context, cfg Config) (*App, error) {
	cfg.fill()
	installation, err := openInstallation(ctx, cfg.Location, cfg.Logger, cfg.Now, cfg.Random)
	if err != nil {
		return nil, err
	}
	if cfg.Role != RoleAll && !installation.shared() {
		return nil, errors.Join(errors.New("an installation on SQLite is served and worked on by one process: use `openkyc serve` alone, or PostgreSQL for many"), installation.Close())
	}
	a := &App{Installation: installation, cfg: cfg, stopping: make(chan struct{})}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) build(ctx context.Context) (err error) {
	cfg := a.cfg
	if err := a.observe(ctx); err != nil {
		return err
	}
	a.runtime, err = vision.Open(vision.Config{Dir: cfg.Models, Override: a.models(), Roles: slices.Concat(document.Roles(), face.Roles()),
		Concurrency: cfg.Workers, Logger: cfg.Logger, Idle: cfg.ModelIdle, Meter: a.observer})
	if err != nil {
		return err
	}
	a.Faces = face.New(face.Deps{Models: a.runtime, Logger: cfg.Logger, Parallel: cfg.Workers + 1}) // one opens the next frame while the networks run
	if err := a.calibrated(ctx); err != nil {
		return err
	}
	known, err := types.Open(cfg.DocumentTypes)
	if err != nil {
		return err
	}
	documents, err := document.New(document.Deps{Vision: a.runtime, Types: known, Portraits: a.Faces, Logger: cfg.Logger})
	if err != nil {
		return err
	}
	if a.blobs, err = blob.Open(ctx, a.Blobs, a.BlobKeys); err != nil {
		return err
	}
	if a.queue, err = jobs.Open(ctx, jobs.Config{Store: a.Store, Workers: cfg.Workers, Logger: cfg.Logger, Now: cfg.Now}); err != nil {
		return err
	}
	private, err := a.allowsPrivate(ctx)
	if err != nil {
		return err
	}
	private = private || cfg.Callbacks.AllowPrivate
	units, queue := measuredStore{a.Store, a.observer}, tracedQueue{a.queue, a.observer}
	mailer, err := cfg.Callbacks.mailer()
	if err != nil {
		return err
	}
	dashboard := ""
	if cfg.PublicURL != "" {
		dashboard = cfg.PublicURL + "/dashboard"
	}
	a.Webhook = webhook.New(webhook.Deps{Mailer: mailer, Dashboard: dashboard, Store: units, Queue: queue, Logger: cfg.Logger, Now: cfg.Now, Random: cfg.Random,
		Ladder: cfg.Callbacks.Ladder, LateAfter: cfg.Callbacks.Late, Sender: measuredSender{egress.New(cfg.Callbacks.egress(private)), a.observer}})
	a.pictures = newPictures(a.cfg)
	a.Persons = persons.New(persons.Deps{Store: units, Blobs: measuredBlobs{a.blobs, a.observer}, Sealer: a.Keys, Measurer: measurer{a.Faces},
		NewIndex: newFaceIndex, Now: cfg.Now, Random: cfg.Random, Logger: cfg.Logger})
	a.Verify = verify.New(verify.Deps{Store: units, Blobs: measuredBlobs{a.blobs, a.observer}, Sealer: a.Keys, Queue: queue,
		Documents: measuredDocuments{documents, a.observer}, Faces: measuredFaces{a.Faces, a.observer}, Persons: a.Persons,
		Announcer: countedVerdicts{a.Webhook, a.Store, a.observer}, Pictures: a.pictures, Draw: face.Draw, Now: cfg.Now, Random: cfg.Random, Logger: cfg.Logger,
		SigningKey: a.signing, Stopping: a.stopping})
	a.Privacy = privacy.New(privacy.Deps{Store: units, Persons: a.Persons, Blobs: measuredBlobs{a.blobs, a.observer}, List: keysOf(a.blobs), Queue: queue, Logger: cfg.Logger})
	if err := a.employ(queue); err != nil {
		return err
	}
	return a.openDoors(documents)
}

// checkTimeout bounds one run of one check; the engines take about a second.
const checkTimeout = 60 * time.Second

// employ tells the queue who does which job.
func (a *App) employ(queue tracedQueue) error {
	return errors.Join(
		queue.Handle(verify.JobCheck, jobs.Options{Timeout: checkTimeout, MaxAttempts: verify.CheckRuns, Backoff: verify.CheckPause}, a.Verify.Check),
		queue.Every(verify.JobExpire, 15*time.Second, a.Verify.Expire),
		queue.Every(verify.JobRescue, time.Minute, a.Verify.Rescue),
		queue.Handle(privacy.JobSweep, jobs.Options{Workers: 1}, a.Privacy.Sweep),
		queue.Handle(webhook.JobReplay, jobs.Options{Workers: 1}, a.Webhook.ReplayBatch),
		queue.Handle(webhook.JobLetter, jobs.Options{Workers: 1}, a.Webhook.Letter),
		queue.Every(webhook.JobWatch, 5*time.Minute, a.Webhook.Watch),
		queue.Every(jobPrune, time.Hour, a.prune),
	)
}

const (
	jobPrune   = "store.prune"
	pruneBatch = 10_000
)

// goneMemory is how long word of faces that went is kept: longer than the room
// of persons relies on.
const goneMemory = 48 * time.Hour

// prune forgets client key ids and sign-ins that ran out long ago, and faces
// that every node has forgotten by now.
func (a *App) prune(ctx context.Context) error {
	return a.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := a.Store.ForgetFacesGone(ctx, tx, tx.Now().Add(-goneMemory)); err != nil {
			return err
		}
		_, err := a.Store.Prune(ctx, tx, tx.Now(), pruneBatch)
		return err
	})
}

func (a *App) openDoors(documents *document.Room) error {
	assets, err := sdk.Files()
	if err != nil {
		return err
	}
	person, err := capture.New(capture.Config{Sessions: openings{a.Verify, a.warm}, Looker: looker{a.Faces, documents}, Open: a.open,
		Assets: assets, Now: a.cfg.Now, Logger: a.cfg.Logger, Stopping: a.stopping})
	if err != nil {
		return err
	}
	operator, err := dash.New(dash.Deps{Persons: a.Persons, Privacy: a.Privacy, Decode: a.decode, Auth: a.Auth, Scenarios: a.Scenarios, Sessions: a.Verify, Webhooks: a.Webhook, Changes: a.Store, Now: a.cfg.Now,
		Random: a.cfg.Random, Logger: a.cfg.Logger, PublicURL: a.cfg.PublicURL})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	api.New(api.Deps{Sessions: a.Verify, Images: a.Verify, Reports: report.New(a.cfg.Now), Webhooks: a.Webhook, Persons: a.Persons, Privacy: a.Privacy, FaceModel: a.Faces.Model(), Credentials: a.Auth, Cookies: operator, SigningKey: a.signing,
		Decode: a.decode, Now: a.cfg.Now, Logger: a.cfg.Logger, Version: a.cfg.Version}).Register(mux)
	operator.Register(mux)
	a.observer.Health(mux)
	a.handler = edge.Doorstep(edge.Config{Logger: a.cfg.Logger, Now: a.cfg.Now, Random: a.cfg.Random, Proxies: a.cfg.Proxies, MaxBody: maxRequest,
		HTTPS: strings.HasPrefix(a.cfg.PublicURL, "https://"), Observe: a.observer.Request, Stopping: a.stopping},
		person.Handle(mux))
	return nil
}

// maxRequest bounds any body; the doors set lower bounds of their own.
const maxRequest = 128 << 20

// Close frees what Open took; call it after Serve or Work has returned.
func (a *App) Close() error {
	var err error
	if a.runtime != nil {
		err = a.runtime.Close()
	}
	if a.observer != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
		defer cancel()
		err = errors.Join(err, a.observer.Close(ctx))
	}
	if a.blobs != nil {
		err = errors.Join(err, a.blobs.Close())
	}
	return errors.Join(err, a.Installation.Close())
}

// Decode is the way for picture files into the installation, for callers in
// this process such as the demo.
func (a *App) Decode(ctx context.Context, file []byte) kyc.Upload {
	return a.pictures.Decode(ctx, file)
}
