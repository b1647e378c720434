package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/openkyc/openkyc/internal/observe/observetest"
)

// alone is what one session costs while nothing else goes on. Sizing rests on it.
type alone struct {
	processor, writes, reads, pictures, requests float64
}

// sessionsAlone is how many are taken. Before them come warm ones: networks are
// loaded, and the person's pictures drawn, which can take longer than a challenge
// gives; so not every one of those must succeed.
const (
	sessionsAlone = 3
	sessionsWarm  = 5
)

// measureAlone takes sessions one after another and reads what they moved.
func (l *load) measureAlone(ctx context.Context) error {
	visit := l.session(99)
	err := visit(ctx)
	for n := 1; err != nil && n < sessionsWarm; n++ {
		err = visit(ctx)
	}
	if err != nil {
		return err
	}
	before, err := observetest.Scrape(http.DefaultClient, l.metrics)
	if err != nil {
		return err
	}
	for range sessionsAlone {
		if err := visit(ctx); err != nil {
			return err
		}
	}
	after, err := observetest.Scrape(http.DefaultClient, l.metrics)
	if err != nil {
		return err
	}
	moved := func(name string, labels ...string) float64 {
		return (after.Sum(name, labels...) - before.Sum(name, labels...)) / sessionsAlone
	}
	l.one = alone{processor: moved("process_cpu_seconds_total"), writes: moved("openkyc_stage_duration_seconds", "stage=store_write"),
		reads: moved("openkyc_stage_duration_seconds", "stage=store_read"), pictures: moved("openkyc_stage_duration_seconds", "stage=blob_put"),
		requests: moved("openkyc_http_requests_total", "door=capture")}
	return nil
}

func (a alone) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| One session alone | |\n|---|---:|\n| processor seconds, doors and work together | %.2f |\n| requests of the widget, without looks that guide | %.0f |\n"+
		"| pictures kept | %.0f |\n| units of work that write | %.0f |\n| units of work that read | %.0f |\n", a.processor, a.requests, a.pictures, a.writes, a.reads)
	return b.String()
}
