package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/observe"
)

// commands is the command line; kong makes help and parsing from it.
type commands struct {
	Demo        demoCommand        `cmd:"" help:"Start the platform and a tiny integrator to try it with. One command, nothing to edit."`
	Serve       serveCommand       `cmd:"" help:"Serve the platform: widget, API, dashboard, and the checks behind them."`
	Worker      workerCommand      `cmd:"" help:"Work without doors: checks, webhooks and what happens from time to time. Needs PostgreSQL."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database's tables up to date, or tell how they stand."`
	Backup      backupCommand      `cmd:"" help:"Write an installation into one sealed archive, while it runs."`
	Restore     restoreCommand     `cmd:"" help:"Put what is in an archive into an empty place."`
	Move        moveCommand        `cmd:"" help:"Carry an installation to another database and place for pictures."`
	Doctor      doctorCommand      `cmd:"" help:"Look at settings, models, database, keys, pictures, clock and callbacks, and say what to fix."`
	Quickstart  quickstartCommand  `cmd:"" help:"Prepare a data folder with an owner, a scenario and an API token, and print them."`
	Clientkey   clientkeyCommand   `cmd:"" help:"Encrypt or decrypt client keys."`
	Scenario    scenarioCommand    `cmd:"" help:"Scenarios as code."`
	Evaluate    evaluateCommand    `cmd:"" help:"Measure the engines on pictures of yours."`
	Attacks     attacksCommand     `cmd:"" help:"Record attacks on liveness with cameras of yours."`
	Calibration calibrationCommand `cmd:"" help:"What distances between faces mean here: show it, apply what was measured, go back."`
	Document    documentCommand    `cmd:"" help:"Kinds of documents: list them, try a type file on pictures."`
	Specimen    specimenCommand    `cmd:"" help:"Draw synthetic documents, photographed, with the truth beside them."`
	Masterkey   masterkeyCommand   `cmd:"" help:"Make a master key file for an installation whose key is kept outside of its data folder."`
	Openapi     openapiCommand     `cmd:"" help:"Print the OpenAPI document of the REST API."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
	Convert     convertCommand     `cmd:"" hidden:"" help:"Open one PDF or HEIC file of standard input under limits; the program starts this by itself."`
}

// world is what commands act on, so that tests own it.
type world struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	logger         *slog.Logger
	level          *slog.LevelVar // of logger
}

// run executes one command line and returns the exit code: 0 done, 1 failed,
// 2 not understood.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("openkyc"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("A KYC platform that you run yourself. Nothing is sent out."), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(stderr, "openkyc:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	switch {
	case exit >= 0: // help was asked for and printed
		return exit
	case err != nil:
		fmt.Fprintf(stderr, "openkyc: %v\nTry `openkyc --help`.\n", err)
		return 2
	}
	level := new(slog.LevelVar)
	w := &world{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr, level: level,
		logger: slog.New(observe.Logs(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: level})))}
	if err := parsed.Run(w); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "openkyc:", explain(err))
		return 1
	}
	return 0
}

// explain is an error for whoever sits at the terminal of the installation:
// unlike at the doors, the cause helps and may be shown.
func explain(err error) string {
	var known *kyc.Error
	if errors.As(err, &known) && len(known.Details) > 0 {
		return known.Message + "\n  " + strings.Join(known.Details, "\n  ")
	}
	return err.Error()
}

type masterkeyCommand struct {
	File string `arg:"" help:"The file to make; one that exists is left alone."`
}

func (c *masterkeyCommand) Run(w *world) error {
	if err := app.NewMasterKey(c.File); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w.stdout, "%s is made. Back it up at once, elsewhere: without it nothing that is sealed with it can be read again.\n", c.File)
	return err
}

type versionCommand struct{}

func (versionCommand) Run(w *world) error {
	_, err := fmt.Fprintln(w.stdout, "openkyc", version())
	return err
}

// version is what the module system stamped into the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
