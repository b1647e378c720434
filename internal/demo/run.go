package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Config of a demo. The two addresses must be different origins for a browser,
// as localhost and 127.0.0.1 are.
type Config struct {
	Data       string
	Platform   string // host:port
	Integrator string // host:port
	Out        io.Writer
	Logger     *slog.Logger
	Convert    []string // as app.Config has it
	Version    string
}

// demoSeed draws a visitor whose portrait and selfie the engines accept.
const demoSeed = 7

// Run prepares the data folder, starts the platform and the integrator, and
// runs until ctx ends.
func Run(ctx context.Context, cfg Config) (err error) {
	platform, integrator := "http://"+cfg.Platform, "http://"+cfg.Integrator
	quick, err := prepare(ctx, cfg, platform, integrator)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Config{Location: app.Location{Data: cfg.Data}, Listen: cfg.Platform, PublicURL: platform, Convert: cfg.Convert, Logger: cfg.Logger, Version: cfg.Version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	shop := &Integrator{Platform: platform, SchemaID: quick.SchemaID, ScenarioSecret: quick.ScenarioSecret, WebhookSecret: quick.WebhookSecret,
		Logger: cfg.Logger, Now: time.Now}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Integrator)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Integrator, err)
	}
	server := &http.Server{Handler: shop.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			cfg.Logger.Error("the demo integrator stopped", "error", err)
		}
	}()
	defer server.Close()
	return a.Serve(ctx, func(string) {
		fmt.Fprintf(cfg.Out, welcome, integrator, quick.Dashboard.URL, quick.Dashboard.Email, quick.Dashboard.Password, platform, quick.APIToken, quick.SchemaID)
		go finish(ctx, a, quick, cfg)
	})
}

const welcome = `
OpenKYC is running.

  Try it as a person    %s
  Look as an operator   %s
      e-mail            %s
      password          %s
  API reference         %s/docs
  API token             %s
  Scenario              %s

Stop with Ctrl-C. Everything is kept in the data folder.
`

func prepare(ctx context.Context, cfg Config, platform, integrator string) (*app.Quickstart, error) {
	in, err := app.OpenInstallation(ctx, app.Location{Data: cfg.Data}, cfg.Logger)
	if err != nil {
		return nil, err
	}
	quick, err := in.Quickstart(ctx, app.QuickstartRequest{BaseURL: platform, CallbackURL: integrator + "/webhook",
		CallbackMode: kyc.CallbackEncrypted, AllowPrivate: true})
	return quick, errors.Join(err, in.Close())
}

// finish makes the finished session in the background; the demo is usable
// without it.
func finish(ctx context.Context, a *app.App, quick *app.Quickstart, cfg Config) {
	operator, err := a.Operator(ctx)
	if err == nil {
		visitor := &Visitor{Sessions: a.Verify, Decode: a.Decode, Seed: demoSeed, Now: time.Now}
		err = visitor.Finish(ctx, operator, quick.SchemaID, quick.ScenarioSecret)
	}
	if err != nil && ctx.Err() == nil {
		cfg.Logger.Warn("the demo's finished session could not be made", "error", err)
	}
}

func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 92})
	return b.Bytes(), err
}
