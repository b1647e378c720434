package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// selector is one choice of series in an expression.
type selector struct {
	Metric string
	Labels []string // that it compares
}

// query is what an expression asks for.
type query struct {
	Selectors []selector
	By        []string // labels that it groups or joins by
}

// queries parses one expression a line.
func queries(in io.Reader) ([]query, error) {
	list, promql := []query{}, parser.NewParser(parser.Options{})
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		expression, err := promql.ParseExpr(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", lines.Text(), err)
		}
		q := query{Selectors: []selector{}, By: []string{}}
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			switch n := node.(type) {
			case *parser.VectorSelector:
				s := selector{Metric: n.Name, Labels: []string{}}
				for _, m := range n.LabelMatchers {
					if m.Name != labels.MetricName {
						s.Labels = append(s.Labels, m.Name)
					}
				}
				q.Selectors = append(q.Selectors, s)
			case *parser.AggregateExpr:
				q.By = append(q.By, n.Grouping...)
			}
			return nil
		})
		list = append(list, q)
	}
	return list, lines.Err()
}
