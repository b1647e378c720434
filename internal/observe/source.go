package observe

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// QueueFigure is how one kind of job stands, over all nodes.
type QueueFigure struct {
	Kind             string
	Waiting, Running int
	Oldest           time.Duration // how long the oldest due job has waited
}

// EndpointFigure is how the deliveries to one endpoint stand: counts are of this
// process since it started, what is pending of all nodes.
type EndpointFigure struct {
	Endpoint                     string // id
	Delivered, Failed, Exhausted int64
	Pending                      int
	P50, P95, P99, Oldest        time.Duration // ages of what is pending
}

// Connections is a pool of database connections.
type Connections struct{ Used, Idle int }

// Sources are asked when somebody scrapes, each for at most sourcePatience.
// Nil ones have no figures.
type Sources struct {
	Queue       func(ctx context.Context) ([]QueueFigure, error)
	Endpoints   func(ctx context.Context) ([]EndpointFigure, error)
	Connections func() Connections
}

const (
	sourceQueue    = "queue"
	sourceWebhooks = "webhooks"

	sourcePatience = 3 * time.Second
	sourceKept     = 5 * time.Second // several scrapers ask the database once
	maxEndpoints   = 100             // W30: a label for each is too many when integrators make thousands
)

// gauges reads the sources for each scrape.
type gauges struct {
	sources Sources
	ready   func(ctx context.Context) []Part
	logger  *slog.Logger
	now     func() time.Time
	faults  func(source string)

	part, jobs, oldestJob, deliveries, pending, ages, oldest, connections *prometheus.Desc

	mu        sync.Mutex
	readAt    time.Time
	queue     []QueueFigure
	endpoints []EndpointFigure
}

func newGauges(sources Sources, ready func(context.Context) []Part, logger *slog.Logger, now func() time.Time) *gauges {
	describe := func(name string) *prometheus.Desc {
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		d := described(name, kind)
		return prometheus.NewDesc(d.Name, d.Help, d.Labels, nil)
	}
	return &gauges{sources: sources, ready: ready, logger: logger, now: now,
		part: describe("openkyc_ready"), jobs: describe("openkyc_queue_jobs"), oldestJob: describe("openkyc_queue_oldest_seconds"),
		deliveries: describe("openkyc_webhook_deliveries_total"), pending: describe("openkyc_webhook_pending"), ages: describe("openkyc_webhook_pending_age_seconds"),
		oldest: describe("openkyc_webhook_oldest_pending_seconds"), connections: describe("openkyc_database_connections")}
}

// Describe names what Collect may send.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.part, g.jobs, g.oldestJob, g.deliveries, g.pending, g.ages, g.oldest, g.connections} {
		to <- d
	}
}

// Collect reads all sources. One that fails is left out and counted.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), sourcePatience)
	defer cancel()
	for _, p := range g.ready(ctx) {
		send(g.part, flag(p.Fault == nil), p.Name)
	}
	if g.sources.Connections != nil {
		c := g.sources.Connections()
		send(g.connections, float64(c.Used), "used")
		send(g.connections, float64(c.Idle), "idle")
	}
	queue, endpoints := g.read(ctx)
	for _, q := range queue {
		send(g.jobs, float64(q.Waiting), q.Kind, "waiting")
		send(g.jobs, float64(q.Running), q.Kind, "running")
		send(g.oldestJob, q.Oldest.Seconds(), q.Kind)
	}
	for _, e := range bounded(endpoints, byID) {
		count := func(value int64, outcome string) {
			to <- prometheus.MustNewConstMetric(g.deliveries, prometheus.CounterValue, float64(value), e.Endpoint, outcome)
		}
		count(e.Delivered, "delivered")
		count(e.Failed, "failed")
		count(e.Exhausted, "exhausted")
	}
	for _, e := range bounded(endpoints, byAge) {
		send(g.pending, float64(e.Pending), e.Endpoint)
		send(g.ages, e.P50.Seconds(), e.Endpoint, "0.5")
		send(g.ages, e.P95.Seconds(), e.Endpoint, "0.95")
		send(g.ages, e.P99.Seconds(), e.Endpoint, "0.99")
		send(g.oldest, e.Oldest.Seconds(), e.Endpoint)
	}
}

// read asks the database, or remembers what it said a moment ago.
func (g *gauges) read(ctx context.Context) ([]QueueFigure, []EndpointFigure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.readAt.IsZero() || now.Sub(g.readAt) >= sourceKept {
		g.readAt = now
		g.queue, g.endpoints = nil, nil
		if g.sources.Queue != nil {
			g.queue = ask(ctx, g, sourceQueue, g.sources.Queue)
		}
		if g.sources.Endpoints != nil {
			g.endpoints = ask(ctx, g, sourceWebhooks, g.sources.Endpoints)
		}
	}
	return g.queue, g.endpoints
}

func ask[T any](ctx context.Context, g *gauges, name string, source func(context.Context) ([]T, error)) []T {
	list, err := source(ctx)
	if err != nil {
		g.faults(name)
		g.logger.WarnContext(ctx, "figures not read", "source", name, "error", err)
		return nil
	}
	return list
}

// byID names the same endpoints from scrape to scrape, as counters need; byAge
// those that need looking at.
func byID(a, b EndpointFigure) int { return cmp.Compare(a.Endpoint, b.Endpoint) }

func byAge(a, b EndpointFigure) int { return cmp.Or(cmp.Compare(b.Oldest, a.Oldest), byID(a, b)) }

// bounded keeps the first endpoints of an order and adds up the others. Of ages,
// which cannot be added, the others keep their worst.
func bounded(list []EndpointFigure, order func(a, b EndpointFigure) int) []EndpointFigure {
	if len(list) <= maxEndpoints {
		return list
	}
	list = slices.SortedFunc(slices.Values(list), order)
	other := EndpointFigure{Endpoint: "other"}
	for _, e := range list[maxEndpoints:] {
		other.Delivered += e.Delivered
		other.Failed += e.Failed
		other.Exhausted += e.Exhausted
		other.Pending += e.Pending
		other.P50, other.P95, other.P99 = max(other.P50, e.P50), max(other.P95, e.P95), max(other.P99, e.P99)
		other.Oldest = max(other.Oldest, e.Oldest)
	}
	return append(list[:maxEndpoints:maxEndpoints], other)
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
