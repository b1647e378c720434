package deploy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/observe"
)

// What the dashboard and the alerts ask Prometheus for exists: every metric is
// in the catalogue, which a test of the running program holds against /metrics,
// and every label is one of the metric's.
func TestDashboardAndAlerts(t *testing.T) {
	t.Parallel()
	catalogue := map[string][]string{}
	for _, m := range observe.Catalogue() {
		catalogue[m.Name] = m.Labels
		if m.Type == "histogram" {
			catalogue[m.Name+"_bucket"] = append([]string{"le"}, m.Labels...)
			catalogue[m.Name+"_count"], catalogue[m.Name+"_sum"] = m.Labels, m.Labels
		}
	}
	for _, standard := range []string{"process_resident_memory_bytes", "process_cpu_seconds_total", "go_goroutines"} {
		catalogue[standard] = nil
	}
	where, asked := expressions(t)
	var found []struct {
		Selectors []struct {
			Metric string
			Labels []string
		}
		By []string
	}
	check(t, &found, strings.Join(asked, "\n"), "promql")
	used := map[string]bool{}
	for i, q := range found {
		known := []string{"instance", "le"}
		for _, s := range q.Selectors {
			labels, ok := catalogue[s.Metric]
			if !ok {
				t.Errorf("%s: %q is no metric of ours, in %s", where[i], s.Metric, asked[i])
			}
			used[strings.TrimSuffix(strings.TrimSuffix(s.Metric, "_bucket"), "_count")] = true
			known = append(known, labels...)
			for _, l := range s.Labels {
				if !slices.Contains(labels, l) {
					t.Errorf("%s: %s has no label %q", where[i], s.Metric, l)
				}
			}
		}
		for _, l := range q.By {
			if !slices.Contains(known, l) {
				t.Errorf("%s groups by %q, which nothing has, in %s", where[i], l, asked[i])
			}
		}
	}
	for _, m := range observe.Catalogue() {
		if !used[m.Name] {
			t.Errorf("%s is on no dashboard and in no alert", m.Name)
		}
	}
}

var words = regexp.MustCompile(`\$labels\.([a-z_]+)`)

// expressions collects what is asked, one line each, and where.
func expressions(t *testing.T) (where, asked []string) {
	t.Helper()
	add := func(place, expression string) {
		where, asked = append(where, place), append(asked, strings.ReplaceAll(expression, "\n", " "))
	}
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/openkyc.json")), &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("the panel %d %q is no panel", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			add("panel "+p.Title, target.Expr)
		}
	}
	var alerts []any
	check(t, &alerts, "", "yaml", "prometheus/alerts.yaml")
	names := map[string]bool{}
	for _, group := range list(field(alerts[0], "groups")) {
		for _, rule := range list(field(group, "rules")) {
			name, expression := text(field(rule, "alert")), text(field(rule, "expr"))
			if name == "" || names[name] || !slices.Contains([]string{"page", "ticket"}, text(field(rule, "labels", "severity"))) ||
				text(field(rule, "annotations", "summary")) == "" || text(field(rule, "annotations", "description")) == "" || text(field(rule, "for")) == "" {
				t.Errorf("the alert %q is incomplete", name)
			}
			names[name] = true
			for _, m := range words.FindAllStringSubmatch(text(field(rule, "annotations", "summary")), -1) {
				if m[1] != "instance" && !strings.Contains(expression, m[1]) {
					t.Errorf("the alert %s speaks of the label %q, which its expression does not keep", name, m[1])
				}
			}
			add("alert "+name, expression)
		}
	}
	if len(names) < 10 || len(asked) < 30 {
		t.Errorf("%d alerts and %d expressions", len(names), len(asked))
	}
	return where, asked
}
