package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	defaultPoll = time.Second
	// fetchPause bounds how often one kind asks for work under load.
	fetchPause = 5 * time.Millisecond

	defaultWorkers     = 4
	defaultMaxAttempts = 5
	defaultTimeout     = time.Minute
	maxTimeout         = 30 * time.Minute

	keepDone   = time.Hour          // completed rows, for whoever looks
	keepBroken = 7 * 24 * time.Hour // rows of jobs that were given up

	stopGrace = 5 * time.Second // for handlers to notice that they were cancelled
)

// Database is what the queue needs of the store.
type Database interface {
	Units
	Connections
	News
	// Upgrade brings tables up to date when ready says no, one process at a time.
	Upgrade(ctx context.Context, what string, ready func(context.Context) (bool, error), up func(context.Context) error) error
}

// Units are the store's units of work.
type Units interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	SQL(tx kyc.Tx) *sql.Tx                             // the transaction of a unit of work
	Raw(tx kyc.Tx, f func(conn *pgx.Conn) error) error // its connection; PostgreSQL only
}

// Connections are the store's: River has work of its own to do.
type Connections interface {
	Writer() *sql.DB                        // SQLite: the one writing connection
	Pool() *pgxpool.Pool                    // PostgreSQL: the pool; nil on SQLite
	Own() (release func() error, err error) // SQLite: refuses while another process holds the database
}

// News are hints that travel between processes.
type News interface {
	Publish(ctx context.Context, tx kyc.Tx, topic, payload string) error
	Subscribe(topic string, f func(payload string)) (cancel func())
}

// Config of a queue. Store is required.
type Config struct {
	Store   Database
	Workers int              // how many jobs of one kind run at once; 4 when zero
	Poll    time.Duration    // how often to look for what nobody in this process tells of; 1 s when zero
	Logger  *slog.Logger     // silent when nil
	Now     func() time.Time // the rooms' clock, by which RunAt is meant; time.Now when nil
}

// Handler does the work of one kind. payload is what was inserted; attempt
// counts from 1; last says that there will be no other try, so that the room
// can end the matter. When last is true and attempt is beyond MaxAttempts, the
// process was killed during what should have been the last try: be careful
// with whatever may have killed it. ctx ends with the job's time limit, and
// when Stop loses patience.
type Handler func(ctx context.Context, payload []byte, attempt int, last bool) error

// Options of a kind. The zero value is usable.
type Options struct {
	Timeout     time.Duration                   // of one try: 1 minute when zero, 30 at most
	MaxAttempts int                             // 5 when zero
	Backoff     func(attempt int) time.Duration // pause after that attempt; 1 s doubling to 10 minutes when nil
	Workers     int                             // Config.Workers when zero
}

// Queue is the durable queue. Handle and Every come first, then Start; Insert
// may be called at any time after Handle. It is safe for concurrent use.
type Queue struct {
	db      Database
	engine  engine
	node    *node // nil on SQLite, which has one process
	bundle  *river.Workers
	waker   *waker
	logger  *slog.Logger
	now     func() time.Time
	workers int

	mu       sync.Mutex
	kinds    map[string]*kind
	running  map[string]*run // by kind and unique key: what is at work in this process
	started  bool
	stopping bool
	release  func(context.Context) error
	turns    turns
}

// Open brings the queue's own tables up to date. Nothing runs before Start.
func Open(ctx context.Context, config Config) (*Queue, error) {
	if config.Store == nil {
		return nil, errors.New("open the queue: a store is needed")
	}
	q := &Queue{db: config.Store, logger: config.Logger, now: config.Now, workers: config.Workers, waker: newWaker(),
		bundle: river.NewWorkers(), kinds: map[string]*kind{}, running: map[string]*run{}}
	if q.logger == nil {
		q.logger = slog.New(slog.DiscardHandler)
	}
	if q.now == nil {
		q.now = time.Now
	}
	if q.workers == 0 {
		q.workers = defaultWorkers
	}
	if config.Poll == 0 {
		config.Poll = defaultPoll
	}
	config.Logger = quiet(q.logger)
	settings := &river.Config{
		Workers:                     q.bundle,
		Queues:                      map[string]river.QueueConfig{periodicQueue: {MaxWorkers: 2}},
		FetchCooldown:               fetchPause,
		FetchPollInterval:           config.Poll, // what this process inserts wakes it at once
		JobTimeout:                  defaultTimeout,
		RescueStuckJobsAfter:        2 * maxTimeout,
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepBroken,
		DiscardedJobRetentionPeriod: keepBroken,
		Logger:                      config.Logger,
	}
	if q.db.Pool() == nil {
		settings.ReindexerIndexNames = []string{} // SQLite's trees do not bloat
	} else {
		q.node = newNode(q.db.Pool(), q.logger, q.wakeAll)
		settings.ID = q.node.id
	}
	var err error
	if q.engine, err = newEngine(ctx, q.db, q.waker, settings); err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return q, q.Every(tidyKind, tidyInterval, q.tidy)
}

// quiet keeps River's chatter out of the log; what matters of a job is logged here.
func quiet(logger *slog.Logger) *slog.Logger {
	return slog.New(&threshold{Handler: logger.Handler(), least: slog.LevelWarn})
}

// threshold drops records below a level.
type threshold struct {
	slog.Handler
	least slog.Level
}

func (t *threshold) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= t.least && t.Handler.Enabled(ctx, level)
}

func (t *threshold) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &threshold{t.Handler.WithAttrs(attrs), t.least}
}

func (t *threshold) WithGroup(name string) slog.Handler {
	return &threshold{t.Handler.WithGroup(name), t.least}
}

// Handle registers the handler of a kind, before Start. Every kind has workers
// of its own, so that slow ones do not hold up the others.
func (q *Queue) Handle(name string, options Options, handler Handler) error {
	k := &kind{name: name, handler: handler, Options: options}
	if k.Timeout == 0 {
		k.Timeout = defaultTimeout
	}
	if k.MaxAttempts == 0 {
		k.MaxAttempts = defaultMaxAttempts
	}
	if k.Backoff == nil {
		k.Backoff = doubling
	}
	if k.Workers == 0 {
		k.Workers = q.workers
	}
	if k.Timeout < 0 || k.Timeout > maxTimeout || k.MaxAttempts < 1 || k.Workers < 1 || handler == nil {
		return fmt.Errorf("handle %s: timeout, attempts, workers or handler cannot be used", name)
	}
	k.queue = strings.NewReplacer(".", "-").Replace(name)
	if err := q.register(k); err != nil {
		return fmt.Errorf("handle %s: %w", name, err)
	}
	if err := q.engine.add(k.queue, river.QueueConfig{MaxWorkers: k.Workers}); err != nil {
		return fmt.Errorf("handle %s: %w", name, err)
	}
	return nil
}

// register adds a kind once.
func (q *Queue) register(k *kind) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("the queue has started")
	}
	if q.kinds[k.name] != nil {
		return errors.New("it has a handler already")
	}
	q.kinds[k.name] = k
	// River asks the value for its kind, so the value carries it.
	river.AddWorkerArgs(q.bundle, envelope{kind: k.name}, &worker{queue: q, kind: k})
	return nil
}

// doubling is the default pause: 1 s, 2 s, 4 s … 10 minutes.
func doubling(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 20), 10*time.Minute)
}
