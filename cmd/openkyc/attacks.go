package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate/attacks"
	"github.com/openkyc/openkyc/sdk"
)

type attacksCommand struct {
	Record attacksRecordCommand `cmd:"" help:"Serve a page on this machine that records labelled attacks and honest sessions with its camera."`
}

type attacksRecordCommand struct {
	Dir  string `required:"" help:"Folder for the recordings; evaluate attacks --recordings measures them. It holds faces: keep it as you keep them."`
	Port int    `default:"8095" help:"Port of the page, on this machine only. 0 takes a free one."`
}

func (c *attacksRecordCommand) Run(w *world) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("the folder for the recordings: %w", err)
	}
	files, err := sdk.Files()
	if err != nil {
		return err
	}
	script, err := fs.ReadFile(files, "record.js")
	if err != nil {
		return fmt.Errorf("the page's script is not in this program: build it with `make build`: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(w.ctx, "tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(c.Port)))
	if err != nil {
		return err
	}
	recorder := &attacks.Recorder{Dir: c.Dir, Script: script, Now: time.Now}
	server := &http.Server{Handler: recorder.Handler(), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(w.ctx, func() { _ = server.Close() })()
	if _, err := fmt.Fprintf(w.stdout, "Record at http://%s/ and stop with Ctrl-C.\n", listener.Addr()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
