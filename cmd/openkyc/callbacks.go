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
)

// callbacks are the flags of sending webhooks.
type callbacks struct {
	AllowPrivateCallbacks bool            `env:"OPENKYC_ALLOW_PRIVATE_CALLBACKS" help:"For development: webhooks may go to private addresses and to http."`
	WebhookAllow          []netip.Prefix  `env:"OPENKYC_WEBHOOK_ALLOW" help:"Networks that webhooks may go to although they are private or reserved, for example 10.1.0.0/16; still https only."`
	WebhookProxy          string          `env:"OPENKYC_WEBHOOK_PROXY" help:"Forward proxy that webhooks go through: http://name:password@host:port. Default: none."`
	WebhookProxyFile      string          `env:"OPENKYC_WEBHOOK_PROXY_FILE" help:"File that holds the forward proxy's address."`
	WebhookWaits          []time.Duration `env:"OPENKYC_WEBHOOK_WAITS" help:"Waits between attempts at a webhook, each give or take a fifth. Default: 5s,5m,30m,2h,5h,10h,14h,20h,24h."`
	WebhookLate           time.Duration   `default:"1h" env:"OPENKYC_WEBHOOK_LATE" help:"How long a webhook may wait before the log warns of it."`
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
	address := c.WebhookProxy
	if c.WebhookProxyFile != "" {
		if address != "" {
			return out, errors.New("--webhook-proxy and --webhook-proxy-file are both given: keep one")
		}
		text, err := os.ReadFile(c.WebhookProxyFile)
		if err != nil {
			return out, fmt.Errorf("--webhook-proxy-file: %w", err)
		}
		address = strings.TrimSpace(string(text))
	}
	if address == "" {
		return out, nil
	}
	var err error
	if out.Proxy, err = egress.ParseProxy(address); err != nil {
		return out, fmt.Errorf("--webhook-proxy: %w", err)
	}
	return out, nil
}
