package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
)

// node are the flags that all roles share.
type node struct {
	place
	callbacks
	NoMigrate bool          `env:"OPENKYC_NO_MIGRATE" help:"Leave PostgreSQL's tables to openkyc migrate, and wait until they are up to date."`
	Models    string        `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
	Types     string        `name:"document-types" env:"OPENKYC_DOCUMENT_TYPES" help:"Folder of document types of your own, on top of those that the program knows. Default: none."`
	Workers   int           `env:"OPENKYC_WORKERS" help:"Checks at one time. Default: the number of processors."`
	Metrics   string        `env:"OPENKYC_METRICS" help:"Address of a listener of its own for /metrics, /health and /ready, for example localhost:9090. Keep it from the public. Default: none."`
	Traces    string        `env:"OPENKYC_TRACES,OTEL_EXPORTER_OTLP_ENDPOINT" help:"OpenTelemetry collector that takes OTLP over HTTP, for example http://localhost:4318. Default: none."`
	ModelIdle time.Duration `default:"5m" env:"OPENKYC_MODEL_IDLE" help:"How long networks stay in memory unused; below zero: for ever, and loaded at the start."`
	LogLevel  slog.Level    `default:"info" env:"OPENKYC_LOG_LEVEL" help:"The least that is logged: debug, info, warn or error."`
	Drain     time.Duration `default:"500ms" env:"OPENKYC_DRAIN" help:"How long /ready says that the process is ending before the doors close."`
}

func (n node) config(w *world, role app.Role) (app.Config, error) {
	w.level.Set(n.LogLevel)
	location, err := n.location()
	if err != nil {
		return app.Config{}, err
	}
	location.Wait = n.NoMigrate
	callbacks, err := n.callbacks.config()
	return app.Config{Location: location, Role: role, Convert: convertProgram(), Models: n.Models, DocumentTypes: n.Types, Callbacks: callbacks, Workers: n.Workers,
		MetricsListen: n.Metrics, Traces: n.Traces, ModelIdle: n.ModelIdle, Drain: n.Drain, Logger: w.logger, Version: version()}, err
}

type serveCommand struct {
	node
	Role         string         `enum:"all,serve" default:"all" env:"OPENKYC_ROLE" help:"all: doors and work; serve: doors only, beside openkyc worker."`
	Listen       string         `default:"localhost:8080" env:"OPENKYC_LISTEN" help:"Address to listen on."`
	PublicURL    string         `name:"public-url" env:"OPENKYC_PUBLIC_URL" help:"What browsers reach this server by. Default: http:// and the listener's address."`
	TrustedProxy []netip.Prefix `env:"OPENKYC_TRUSTED_PROXIES" help:"Networks of proxies whose X-Forwarded headers are believed, for example 10.0.0.0/8."`
}

func (c *serveCommand) Run(w *world) (err error) {
	role := app.RoleAll
	if c.Role == "serve" {
		role = app.RoleServe
	}
	config, err := c.config(w, role)
	if err != nil {
		return err
	}
	public := publicURL(c.PublicURL, c.Listen)
	config.Listen, config.PublicURL, config.Proxies = c.Listen, public, c.TrustedProxy
	a, err := app.Open(w.ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	invitation, err := a.Auth.InviteFirstOwner(w.ctx)
	if err != nil {
		return err
	}
	return a.Serve(w.ctx, func(address string) {
		fmt.Fprintf(w.stderr, "OpenKYC listens on http://%s\n", address)
		if invitation != "" {
			fmt.Fprintf(w.stderr, "No owner yet. Open this one-time link within %.0f hours to become it:\n  %s/dashboard/welcome#%s\n", auth.InviteLife.Hours(), public, invitation)
		}
	})
}

type workerCommand struct{ node }

func (c *workerCommand) Run(w *world) (err error) {
	config, err := c.config(w, app.RoleWorker)
	if err != nil {
		return err
	}
	a, err := app.Open(w.ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Serve(w.ctx, func(string) { fmt.Fprintln(w.stderr, "OpenKYC works") })
}

// publicURL is what browsers reach this server by; a listener on all addresses
// is reached from this machine as localhost.
func publicURL(given, listen string) string {
	if given != "" {
		return strings.TrimSuffix(given, "/")
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

type quickstartCommand struct {
	place
	JSON                  bool   `help:"Print one JSON object."`
	BaseURL               string `name:"base-url" default:"http://localhost:8080" help:"What browsers will reach the server by."`
	Callback              string `help:"Where final sessions are announced (webhook)."`
	CallbackMode          string `enum:"encrypted,plain," default:"" help:"Body of the webhook: encrypted (default) or plain."`
	SuccessRedirect       string `help:"Where phones go after success on the hosted page."`
	AllowPrivateCallbacks bool   `help:"For development: webhooks may go to private addresses and to http. The installation remembers it."`
}

func (c *quickstartCommand) Run(w *world) (err error) {
	location, err := c.location()
	if err != nil {
		return err
	}
	in, err := app.OpenInstallation(w.ctx, location, w.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	q, err := in.Quickstart(w.ctx, app.QuickstartRequest{BaseURL: strings.TrimSuffix(c.BaseURL, "/"), CallbackURL: c.Callback,
		CallbackMode: kyc.CallbackMode(c.CallbackMode), Redirect: c.SuccessRedirect, AllowPrivate: c.AllowPrivateCallbacks})
	if err != nil {
		return err
	}
	for what, value := range map[string]string{"password": q.Dashboard.Password, "API token": q.APIToken} {
		if value == "" {
			fmt.Fprintf(w.stderr, "The %s that quickstart made has been replaced since; it is left empty.\n", what)
		}
	}
	if strings.HasPrefix(c.Callback, "http://") && !c.AllowPrivateCallbacks {
		fmt.Fprintln(w.stderr, "The callback is not https: nothing is sent there unless --allow-private-callbacks is given, here or to serve.")
	}
	if c.JSON {
		return printJSON(w, q)
	}
	_, err = fmt.Fprintf(w.stdout, `Ready. Start it with:
  openkyc serve --data %s

Dashboard        %s
  e-mail         %s
  password       %s
API token        %s
Scenario         %s
  secret         %s
  webhook secret %s
`, c.Data, q.Dashboard.URL, q.Dashboard.Email, q.Dashboard.Password, q.APIToken, q.SchemaID, q.ScenarioSecret, q.WebhookSecret)
	return err
}

func printJSON(w *world, v any) error {
	encoder := json.NewEncoder(w.stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

type openapiCommand struct{}

func (openapiCommand) Run(w *world) (err error) {
	text, err := api.New(api.Deps{}).Document()
	if err != nil {
		return err
	}
	_, err = w.stdout.Write(text)
	return err
}
