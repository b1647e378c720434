// Command prooffraud measures the checks against fraud on the bench of synthetic
// exhibits, or sets their limits with -tune. In come numbers of seeds, out goes a
// table (or limits.json); it fails when its time is over.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/evaluate/forgery"
)

func main() {
	tune := flag.String("tune", "", "set limits on the tuning seeds and write them to this file")
	o := forgery.Options{Workers: runtime.NumCPU()}
	flag.IntVar(&o.Honest, "honest", 134, "seeds of honest pictures, three pictures each")
	flag.IntVar(&o.Forged, "forged", 30, "pictures of each trick")
	limit := flag.Duration("limit", 30*time.Minute, "end after this time at the latest")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	if err := run(ctx, *tune, o); err != nil {
		fmt.Fprintln(os.Stderr, "prooffraud:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tune string, o forgery.Options) error {
	if tune == "" {
		limits, err := fraud.Measured()
		if err != nil {
			return err
		}
		return forgery.Measure(ctx, o, limits, os.Stdout)
	}
	limits, err := forgery.Tune(ctx, o)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(limits, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(tune, append(text, '\n'), 0o644) //nolint:gosec // a file of the repository
}
