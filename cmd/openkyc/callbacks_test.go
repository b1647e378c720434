package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// TestCallbackFlagsW13W22W24W30: the ladder, the allowed networks, the forward
// proxy and the alert come from flags, and a wrong one is named.
func TestCallbackFlagsW13W22W24W30(t *testing.T) {
	t.Parallel()
	parse := func(args ...string) (c callbacks, err error) {
		parser, err := kong.New(&c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parser.Parse(args)
		return c, err
	}
	file := filepath.Join(t.TempDir(), "proxy")
	if err := os.WriteFile(file, []byte("http://name:s3cret@proxy.example:3128\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := parse("--webhook-waits", "5s,1m,1h", "--webhook-allow", "10.1.0.0/16,fd00::/8", "--webhook-proxy-file", file, "--webhook-late", "15m")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.config()
	if err != nil || !slices.Equal(got.Ladder, []time.Duration{0, 5 * time.Second, time.Minute, time.Hour}) || len(got.Allow) != 2 || got.Allow[0].String() != "10.1.0.0/16" ||
		got.Late != 15*time.Minute || got.Proxy.Host != "proxy.example:3128" || got.AllowPrivate {
		t.Errorf("%+v, %v", got, err)
	}
	if c, err = parse(); err != nil {
		t.Fatal(err)
	}
	if got, err := c.config(); err != nil || got.Ladder != nil || got.Proxy != nil || got.Late != time.Hour {
		t.Errorf("without flags: %+v, %v", got, err)
	}
	for _, args := range [][]string{{"--webhook-waits", "0s"}, {"--webhook-waits", "5s,200h"}, {"--webhook-waits", strings.Repeat("1s,", 30) + "1s"}, {"--webhook-proxy", "socks5://x"},
		{"--webhook-proxy", "http://x", "--webhook-proxy-file", file}, {"--webhook-proxy-file", file + "x"}, {"--webhook-late", "0s"}} {
		c, err := parse(args...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.config(); err == nil || !strings.Contains(err.Error(), args[0]) {
			t.Errorf("%v: %v", args, err)
		}
	}
}
