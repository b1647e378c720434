package egress

import (
	"net/netip"
	"slices"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard decides at dial time whether a resolved address may be connected to.
type guard struct {
	allow []netip.Prefix
	rest  *ssrf.Guardian
}

// private are the networks that AllowPrivate opens: the machine itself and the
// site's own. Link-local stays closed, since cloud machines serve their
// credentials there.
func private() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func newGuard(c Config) guard {
	g := guard{allow: slices.Clone(c.Allow)}
	if c.AllowPrivate {
		g.allow = append(g.allow, private()...)
	}
	// No odd ports in production (W20).
	ports := []uint16{443, 8443}
	if !c.HTTPSOnly {
		ports = append(ports, 80, 8080)
	}
	g.rest = ssrf.New(ssrf.WithPorts(ports...))
	return g
}

// control is the dialer's hook: it runs for each resolved address, after
// resolving and before connecting.
func (g guard) control(network, address string, raw syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err == nil && g.allowed(at.Addr()) {
		return nil
	}
	return g.rest.Safe(network, address, raw)
}

// allowed looks an address up in the list of the configuration, which opens all
// ports. An IPv4 address is the same in its IPv6 clothes.
func (g guard) allowed(ip netip.Addr) bool {
	ip = ip.Unmap()
	return slices.ContainsFunc(g.allow, func(p netip.Prefix) bool { return p.Contains(ip) })
}
