package observe

import (
	"fmt"
	"strings"
)

// Metric describes one of our metrics, for the registry and for the handbook.
type Metric struct {
	Name   string
	Type   string // counter, gauge or histogram
	Labels []string
	Help   string
	Advice string // when to wake somebody; PromQL where one line of it says more
}

// Catalogue lists all metrics that are ours. The registry is built from it, so
// that nothing can be measured that is not written down.
func Catalogue() []Metric {
	return []Metric{
		{"openkyc_build_info", "gauge", []string{"version", "go"}, "Always 1; the labels name the build.",
			"Nodes run different versions for longer than an upgrade takes: `count(count by (version) (openkyc_build_info)) > 1` for an hour."},
		{"openkyc_ready", "gauge", []string{"part"}, "Whether a part answers: 1 or 0. Parts are database, blobs, models and queue.",
			"`min by (part) (openkyc_ready) == 0` for a minute."},
		{"openkyc_scrape_faults_total", "counter", []string{"source"}, "How often figures could not be read for a scrape.",
			"`increase(openkyc_scrape_faults_total[10m]) > 3`: figures below are missing, not zero."},
		{"openkyc_http_requests_total", "counter", []string{"door", "method", "route", "code"}, "Requests answered. The route is the pattern, never the path.",
			"`sum(rate(openkyc_http_requests_total{code=~\"5..\"}[5m])) / sum(rate(openkyc_http_requests_total[5m])) > 0.01`."},
		{"openkyc_http_request_duration_seconds", "histogram", []string{"door", "route"}, "Time from a request's head to the end of its answer. Streams last as long as their page is open.",
			"The 99th percentile of `{door=\"api\"}` above 2 s for 10 minutes."},
		{"openkyc_errors_total", "counter", []string{"kind"}, "Error answers by kind; `internal` is our own fault.",
			"`increase(openkyc_errors_total{kind=\"internal\"}[5m]) > 0`."},
		{"openkyc_stage_duration_seconds", "histogram", []string{"stage"}, "Time of one stage of the work: decode, document, selfie, liveness, match, store_write, store_read, blob_put, blob_get, blob_delete.",
			"The 95th percentile of `document` or `liveness` above 5 s for 10 minutes: more workers are needed. Of `store_write` above 100 ms: look at the disk."},
		{"openkyc_stage_faults_total", "counter", []string{"stage"}, "Stages that failed by our own fault.",
			"`increase(openkyc_stage_faults_total[10m]) > 5`."},
		{"openkyc_verdicts_total", "counter", []string{"status", "origin"}, "Sessions that became final, by status and by how they were begun.",
			"`increase(openkyc_verdicts_total{status=\"exception\"}[10m]) > 0`; and a share of `success` that leaves its usual band, which tells of an attack or of a camera that changed."},
		{"openkyc_model_duration_seconds", "histogram", []string{"role"}, "Time of one run of a network, waiting not included.",
			"The median is twice that of last week: the machine is overbooked."},
		{"openkyc_model_faults_total", "counter", []string{"role"}, "Runs of a network that failed or were broken off.",
			"`increase(openkyc_model_faults_total[10m]) > 5`."},
		{"openkyc_models_loaded", "gauge", []string{"role"}, "Whether the network is in memory: 1 or 0.",
			"None: idle networks are released on purpose."},
		{"openkyc_model_load_duration_seconds", "histogram", []string{"role"}, "Time to verify a network's file again and to load it.",
			"More than a few an hour on a busy node: raise `--model-idle`."},
		{"openkyc_jobs_total", "counter", []string{"kind", "outcome"}, "Tries of jobs: done, failed (and tried again), given_up, broken_off (by a stop; handed back).",
			"`increase(openkyc_jobs_total{outcome=\"given_up\"}[10m]) > 0`."},
		{"openkyc_job_duration_seconds", "histogram", []string{"kind"}, "Time of one try of a job.",
			"Above half of a job's time limit (a minute for checks)."},
		{"openkyc_queue_jobs", "gauge", []string{"kind", "state"}, "Jobs in the database by kind: waiting (due now), running. The same on every node: take the maximum, not the sum.",
			"`max by (kind) (openkyc_queue_jobs{state=\"waiting\"}) > 100` for 5 minutes."},
		{"openkyc_queue_oldest_seconds", "gauge", []string{"kind"}, "How long the oldest due job has waited. The same on every node.",
			"`max by (kind) (openkyc_queue_oldest_seconds) > 60`: persons are waiting; start workers."},
		{"openkyc_webhook_attempts_total", "counter", []string{"outcome"}, "Attempts to deliver: 2xx, 3xx, 4xx, 5xx, unreachable.",
			"`sum(rate(openkyc_webhook_attempts_total{outcome!=\"2xx\"}[15m])) / sum(rate(openkyc_webhook_attempts_total[15m])) > 0.5`."},
		{"openkyc_webhook_attempt_duration_seconds", "histogram", nil, "Time of one attempt, from the connection to the end of the answer.",
			"The 95th percentile above 10 s: a receiver is slow; deliveries to it are spaced out."},
		{"openkyc_webhook_deliveries_total", "counter", []string{"endpoint", "outcome"}, "What came of deliveries on this node: delivered, failed (one attempt; another follows), exhausted (the last attempt failed). 100 endpoints are named, the oldest first; the others add up under `other`.",
			"`increase(openkyc_webhook_deliveries_total{outcome=\"exhausted\"}[1h]) > 0`: repair the receiver, then replay."},
		{"openkyc_webhook_pending", "gauge", []string{"endpoint"}, "Undelivered events by endpoint. The same on every node, as are the ages below. 100 endpoints are named, those with the oldest events first.",
			"`max by (endpoint) (openkyc_webhook_pending) > 1000` and rising."},
		{"openkyc_webhook_pending_age_seconds", "gauge", []string{"endpoint", "quantile"}, "Age of undelivered events by endpoint: quantiles 0.5, 0.95 and 0.99. For `other` the worst endpoint of the rest.",
			"The 0.95 quantile above 300 s for an endpoint that is up."},
		{"openkyc_webhook_oldest_pending_seconds", "gauge", []string{"endpoint"}, "Age of the oldest undelivered event of an endpoint (W30).",
			"`max(openkyc_webhook_oldest_pending_seconds) > 900`: an integrator does not hear of verdicts. Page somebody before the ladder of attempts ends at 76 hours."},
		{"openkyc_database_connections", "gauge", []string{"state"}, "Connections to the database from this node: used, idle.",
			"`used` at its limit for 5 minutes."},
		{"openkyc_trace_faults_total", "counter", nil, "Batches of spans that the collector did not take.",
			"Any, if you rely on traces; nothing else suffers."},
	}
}

// Reference is the page of the handbook that lists the metrics.
func Reference() string {
	var b strings.Builder
	b.WriteString("| Metric | Labels | What it tells | Alert when |\n|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`)
	for _, m := range Catalogue() {
		labels := "none"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s`<br>%s | %s | %s | %s |\n", m.Name, m.Type, labels, cell.Replace(m.Help), cell.Replace(m.Advice))
	}
	return b.String()
}
