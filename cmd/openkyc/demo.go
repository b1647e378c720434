package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/openkyc/openkyc/internal/demo"
)

type demoCommand struct {
	Data       string `default:"data/demo" env:"OPENKYC_DATA" help:"Data folder; made when missing."`
	Listen     string `default:"localhost:8080" help:"Address of the platform."`
	Integrator string `default:"127.0.0.1:8090" help:"Address of the demo integrator. To a browser it must be another origin than the platform."`
	Verbose    bool   `help:"Log to the terminal instead of the data folder's openkyc.log."`
}

func (c *demoCommand) Run(w *world) error {
	log, closeLog, err := c.log(w)
	if err != nil {
		return err
	}
	defer closeLog()
	return demo.Run(w.ctx, demo.Config{Data: c.Data, Platform: c.Listen, Integrator: c.Integrator, Out: w.stdout,
		Convert: convertProgram(), Logger: slog.New(slog.NewJSONHandler(log, nil)), Version: version()})
}

// log keeps the terminal free for what a person wants to read.
func (c *demoCommand) log(w *world) (io.Writer, func(), error) {
	if c.Verbose {
		return w.stderr, func() {}, nil
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(filepath.Join(c.Data, "openkyc.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}
