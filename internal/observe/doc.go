// Package observe shows what a node is doing to whoever runs it: metrics for
// Prometheus, traces by OpenTelemetry, health, and log lines that carry the id
// of their trace.
//
// In come tellings of the rest of the node, through small interfaces that the
// packages declare themselves or through wrappers that app puts around them;
// out go GET /metrics, GET /health, GET /ready, and spans to a collector when an
// address was given. Nothing personal comes in: labels and attributes are names
// that the program's text fixes, ids of endpoints, and numbers. Nothing here
// fails a request: what cannot be counted is not counted, and says so in the
// log. Only app builds an Observer; there is no state outside of it.
package observe
