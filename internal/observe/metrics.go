package observe

import (
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics holds a registry of its own and what is counted as it happens.
type metrics struct {
	registry *prometheus.Registry

	requests, errors, stageFaults, verdicts, modelFaults, jobs, attempts, scrapeFaults *prometheus.CounterVec
	requestTime, stageTime, modelTime, loadTime, jobTime, attemptTime                  *prometheus.HistogramVec
	loaded                                                                             *prometheus.GaugeVec
	traceFaults                                                                        *prometheus.CounterVec
}

// Times of what persons wait for, in seconds.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30} //nolint:gochecknoglobals // a constant in all but name

func newMetrics(version string, known Known, sources []prometheus.Collector) *metrics {
	m := &metrics{registry: prometheus.NewRegistry()}
	m.requests, m.errors = m.counter("openkyc_http_requests_total"), m.counter("openkyc_errors_total")
	m.stageFaults, m.verdicts = m.counter("openkyc_stage_faults_total"), m.counter("openkyc_verdicts_total")
	m.modelFaults, m.jobs = m.counter("openkyc_model_faults_total"), m.counter("openkyc_jobs_total")
	m.attempts, m.scrapeFaults = m.counter("openkyc_webhook_attempts_total"), m.counter("openkyc_scrape_faults_total")
	m.traceFaults = m.counter("openkyc_trace_faults_total")
	m.requestTime, m.stageTime = m.histogram("openkyc_http_request_duration_seconds"), m.histogram("openkyc_stage_duration_seconds")
	m.modelTime, m.loadTime = m.histogram("openkyc_model_duration_seconds"), m.histogram("openkyc_model_load_duration_seconds")
	m.jobTime, m.attemptTime = m.histogram("openkyc_job_duration_seconds"), m.histogram("openkyc_webhook_attempt_duration_seconds")
	m.loaded = m.gauge("openkyc_models_loaded")
	m.gauge("openkyc_build_info").WithLabelValues(version, runtime.Version()).Set(1)
	m.zero(known)
	living := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)} // what the last collection left: garbage says nothing about growth
	m.registry.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(living)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(sources...)
	return m
}

// What becomes of jobs, and of attempts without an answer.
const (
	jobDone      = "done"
	jobFailed    = "failed"
	jobGivenUp   = "given_up"
	jobBrokenOff = "broken_off"
	unreachable  = "unreachable"
)

// zero makes the series that are known before anything has happened.
func (m *metrics) zero(known Known) {
	m.traceFaults.WithLabelValues()
	m.attemptTime.WithLabelValues()
	each := func(v *prometheus.CounterVec, values ...string) {
		for _, value := range values {
			v.WithLabelValues(value)
		}
	}
	each(m.scrapeFaults, sourceQueue, sourceWebhooks)
	each(m.attempts, "2xx", "3xx", "4xx", "5xx", unreachable)
	each(m.errors, known.Kinds...)
	each(m.stageFaults, known.Stages...)
	each(m.modelFaults, known.Models...)
	for _, role := range known.Models {
		m.loaded.WithLabelValues(role)
	}
	for _, kind := range known.Jobs {
		each(m.jobs.MustCurryWith(prometheus.Labels{"kind": kind}), jobDone, jobFailed, jobGivenUp, jobBrokenOff)
	}
	for _, status := range known.Statuses {
		each(m.verdicts.MustCurryWith(prometheus.Labels{"status": status}), known.Origins...)
	}
}

// handler serves the registry. What a collector cannot tell is left out.
func (m *metrics) handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)})
}

func (m *metrics) counter(name string) *prometheus.CounterVec {
	d := described(name, "counter")
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.Labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) gauge(name string) *prometheus.GaugeVec {
	d := described(name, "gauge")
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: d.Name, Help: d.Help}, d.Labels)
	m.registry.MustRegister(v)
	return v
}

func (m *metrics) histogram(name string) *prometheus.HistogramVec {
	d := described(name, "histogram")
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: buckets}, d.Labels)
	m.registry.MustRegister(v)
	return v
}

// described finds a metric in the catalogue. A name that is not there is a
// fault in this package that no start survives.
func described(name, kind string) Metric {
	all := Catalogue()
	i := slices.IndexFunc(all, func(m Metric) bool { return m.Name == name && m.Type == kind })
	if i < 0 {
		panic(fmt.Sprintf("metric %s (%s) is not in the catalogue", name, kind))
	}
	return all[i]
}
