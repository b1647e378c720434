// Command deploycheck reads what deploy/ holds in the formats of others and
// prints it as JSON, for the tests of package deploy: the chart as Helm renders
// and lints it, and YAML files as they stand.
//
//	deploycheck lint CHART [VALUES]      one object: messages with severity and path
//	deploycheck render CHART [VALUES]    one list: the rendered objects
//	deploycheck yaml FILE                one list: the documents of the file
//	deploycheck promql                   one list: what each line of the input asks Prometheus for
//
// It is a module of its own, because Helm's libraries are needed by this check
// only and must not weigh on the program's list of modules.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "deploycheck:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 || len(args) < 2 && args[0] != "promql" {
		return errors.New("usage: deploycheck lint|render|yaml PATH [VALUES], or deploycheck promql")
	}
	var result any
	var err error
	switch command, at := args[0], args[len(args)-1]; command {
	case "promql":
		result, err = queries(in)
	case "yaml":
		var text []byte
		if text, err = os.ReadFile(at); err == nil {
			result, err = documents(at, text, yaml.Unmarshal) // merged maps may override
		}
	case "lint", "render":
		values := map[string]any{}
		if len(args) > 2 {
			at = args[1]
			if values, err = chartutil.ReadValuesFile(args[2]); err != nil {
				return err
			}
		}
		if command == "lint" {
			result = complaints(at, values)
		} else {
			result, err = render(at, values)
		}
	default:
		return fmt.Errorf("%q is not a command", command)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}

// complaint is one message of Helm's linter.
type complaint struct {
	Severity      int // 1 information, 2 warning, 3 error
	Path, Message string
}

func complaints(chart string, values map[string]any) []complaint {
	list := []complaint{}
	for _, m := range lint.All(chart, values, "kyc", true).Messages {
		list = append(list, complaint{m.Severity, m.Path, m.Err.Error()})
	}
	return list
}

// object is a rendered object and the template it came from.
type object struct {
	Template string
	Object   any
}

func render(folder string, values map[string]any) ([]object, error) {
	chart, err := loader.Load(folder)
	if err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "openkyc", Namespace: "kyc", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	list := []object{}
	for name, text := range files {
		if strings.HasPrefix(path.Base(name), "_") || strings.HasSuffix(name, ".txt") {
			continue
		}
		found, err := documents(name, []byte(text), yaml.UnmarshalStrict) // a key that stands twice is a fault
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			list = append(list, object{name, o})
		}
	}
	slices.SortStableFunc(list, func(a, b object) int { return strings.Compare(a.Template, b.Template) })
	return list, nil
}

// documents parses a YAML stream.
func documents(name string, text []byte, parse func([]byte, any, ...yaml.JSONOpt) error) ([]any, error) {
	list := []any{}
	for i, part := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		var value any
		if err := parse(part, &value); err != nil {
			return nil, fmt.Errorf("%s, document %d: %w", name, i+1, err)
		}
		if value != nil {
			list = append(list, value)
		}
	}
	return list, nil
}
