package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/mail"
)

// callbacks are the flags of sending webhooks, and of telling people when that fails.
type callbacks struct {
	AllowPrivateCallbacks bool            `env:"OPENKYC_ALLOW_PRIVATE_CALLBACKS" help:"For development: webhooks may go to private addresses and to http."`
	WebhookAllow          []netip.Prefix  `env:"OPENKYC_WEBHOOK_ALLOW" help:"Networks that webhooks may go to although they are private or reserved, for example 10.1.0.0/16; still https only."`
	WebhookProxy          string          `env:"OPENKYC_WEBHOOK_PROXY" help:"Forward proxy that webhooks go through: http://name:password@host:port. Default: none."`
	WebhookProxyFile      string          `env:"OPENKYC_WEBHOOK_PROXY_FILE" help:"File that holds the forward proxy's address."`
	WebhookWaits          []time.Duration `env:"OPENKYC_WEBHOOK_WAITS" help:"Waits between attempts at a webhook, each give or take a fifth. Default: 5s,5m,30m,2h,5h,10h,14h,20h,24h."`
	WebhookLate           time.Duration   `default:"1h" env:"OPENKYC_WEBHOOK_LATE" help:"How long a webhook may wait before the log warns of it."`
	MailServer            string          `env:"OPENKYC_MAIL_SERVER" help:"Mail server by which owners hear of disabled webhook endpoints: smtps://name:password@host, smtp://name:password@host, or smtp://host?tls=none for a relay on the same network. Default: none."`
	MailServerFile        string          `env:"OPENKYC_MAIL_SERVER_FILE" help:"File that holds the mail server's address."`
	MailFrom              string          `env:"OPENKYC_MAIL_FROM" help:"Address that mail is sent from."`
}

// Limits of the waits that somebody can ask for.
const (
	maxWaits = 30
	maxWait  = 7 * 24 * time.Hour
)

func (c callbacks) config() (app.Callbacks, error) {
	out := app.Callbacks{AllowPrivate: c.AllowPrivateCallbacks, Allow: c.WebhookAllow, Late: c.WebhookLate}
	if c.WebhookLate <= 0 {
		return out, errors.New("--webhook-late: must be longer than nothing, for example 1h")
	}
	for _, wait := range c.WebhookWaits {
		if len(c.WebhookWaits) > maxWaits || wait <= 0 || wait > maxWait {
			return out, fmt.Errorf("--webhook-waits: give at most %d waits of up to 7 days, such as 5s,5m,2h", maxWaits)
		}
	}
	if len(c.WebhookWaits) > 0 {
		out.Ladder = append([]time.Duration{0}, c.WebhookWaits...) // the first attempt is made at once
	}
	proxy, err := either("--webhook-proxy", c.WebhookProxy, c.WebhookProxyFile)
	if err != nil {
		return out, err
	}
	if proxy != "" {
		if out.Proxy, err = egress.ParseProxy(proxy); err != nil {
			return out, fmt.Errorf("--webhook-proxy: %w", err)
		}
	}
	out.Mail, err = c.mail()
	return out, err
}

// mail is nil without a mail server.
func (c callbacks) mail() (*mail.Config, error) {
	address, err := either("--mail-server", c.MailServer, c.MailServerFile)
	if err != nil {
		return nil, err
	}
	if address == "" {
		if c.MailFrom != "" {
			return nil, errors.New("--mail-from: give --mail-server too")
		}
		return nil, nil
	}
	server, err := mail.ParseServer(address)
	if err != nil {
		return nil, fmt.Errorf("--mail-server: %w", err)
	}
	out := &mail.Config{Server: server, From: c.MailFrom}
	if _, err := mail.New(*out); err != nil {
		return nil, fmt.Errorf("--mail-from: %w", err)
	}
	return out, nil
}

// either is a setting that is given itself or in a file, since command lines and
// environments are no place for secrets.
func either(flag, value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	if value != "" {
		return "", fmt.Errorf("%s and %s-file are both given: keep one", flag, flag)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s-file: %w", flag, err)
	}
	return strings.TrimSpace(string(text)), nil
}
