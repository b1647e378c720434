// Package observetest reads what a node shows of itself, as those do who watch
// it: figures by Prometheus' own parser, and spans by a collector that takes
// OTLP over HTTP.
//
// In come a scrape or the spans that a node sends; out come numbers by series
// and spans. Tests of the observer and of the running program use it, and so do
// the measured runs.
package observetest

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Figures are the series of one scrape, by name{label=value,…} with labels in
// order. A histogram is its count; its sum stands under name_sum{…}.
type Figures map[string]float64

// Parse reads the text format.
func Parse(text io.Reader) (Figures, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return nil, err
	}
	out := Figures{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			labels := make([]string, 0, len(m.GetLabel()))
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			series := "{" + strings.Join(labels, ",") + "}"
			out[name+series] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			if h := m.GetHistogram(); h != nil {
				out[name+"_sum"+series] = h.GetSampleSum()
			}
		}
	}
	return out, nil
}

// Scrape asks a node, as Prometheus does.
func Scrape(client *http.Client, address string) (Figures, error) {
	answer, err := client.Get("http://" + address + "/metrics") //nolint:noctx // the client has a time limit
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d", answer.StatusCode)
	}
	return Parse(answer.Body)
}

// Sum adds up all series of a name that have these labels, each as label=value.
func (f Figures) Sum(name string, labels ...string) (sum float64) {
	for series, value := range f {
		have, rest, _ := strings.Cut(series, "{")
		if have != name {
			continue
		}
		rest, fits := ","+strings.TrimSuffix(rest, "}")+",", true
		for _, l := range labels {
			fits = fits && strings.Contains(rest, ","+l+",")
		}
		if fits {
			sum += value
		}
	}
	return sum
}

// Has tells whether any series has the name.
func (f Figures) Has(name string) bool {
	for series := range f {
		if strings.HasPrefix(series, name+"{") {
			return true
		}
	}
	return false
}
