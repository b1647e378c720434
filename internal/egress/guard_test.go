package egress

import (
	"net/netip"
	"strings"
	"testing"
)

// dial asks the guard as the dialer would.
func dial(g guard, ip string, port string) error {
	if strings.Contains(ip, ":") {
		return g.control("tcp6", "["+ip+"]:"+port, nil)
	}
	return g.control("tcp4", ip+":"+port, nil)
}

// special are first, last and some inner addresses of every range of W22.
func special() map[string][]string {
	return map[string][]string{
		"this network": {"0.0.0.0", "0.255.255.255"}, "private": {"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.0", "192.168.255.255"},
		"CGNAT": {"100.64.0.0", "100.127.255.255"}, "loopback": {"127.0.0.1", "127.255.255.254"}, "link-local and metadata": {"169.254.0.1", "169.254.169.254"},
		"protocol assignments": {"192.0.0.1", "192.0.0.170"}, "documentation": {"192.0.2.1", "198.51.100.1", "203.0.113.255"}, "6to4 relay": {"192.88.99.1"},
		"benchmarking": {"198.18.0.0", "198.19.255.255"}, "multicast": {"224.0.0.1", "239.255.255.255"}, "reserved": {"240.0.0.0", "255.255.255.254"}, "broadcast": {"255.255.255.255"},
		"v6 unspecified": {"::"}, "v6 loopback": {"::1"}, "v4 mapped": {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:100.64.0.1"}, "v4 compatible": {"::127.0.0.1", "::a00:1"},
		"NAT64": {"64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1"}, "discard": {"100::1"}, "Teredo": {"2001::1", "2001:0:ffff::1"}, "ORCHID": {"2001:10::1", "2001:20::1"}, "benchmarking v6": {"2001:2::1"},
		"documentation v6": {"2001:db8::1", "3fff::1"}, "6to4": {"2002:7f00:1::1", "2002:a00:1::", "2002:808:808::1"}, "ULA": {"fc00::1", "fd00:ec2::254"}, "v6 link-local": {"fe80::1", "febf::1", "fe80::1%eth0"},
		"site-local": {"fec0::1"}, "v6 multicast": {"ff02::1", "ff0e::1"}, "segment routing": {"5f00::1"},
	}
}

func TestSpecialNetworksAreRefusedW22(t *testing.T) {
	t.Parallel()
	strict := newGuard(Config{})
	for name, ips := range special() {
		for _, ip := range ips {
			if err := dial(strict, ip, "443"); err == nil {
				t.Errorf("%s: %s may be called", name, ip)
			}
		}
	}
	for _, ip := range []string{"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "11.0.0.1", "100.63.255.255", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"} {
		if err := dial(strict, ip, "443"); err != nil {
			t.Errorf("%s may not be called: %v", ip, err)
		}
	}
}

// TestAllowPrivate opens the site's own networks and nothing else.
func TestAllowPrivate(t *testing.T) {
	t.Parallel()
	g := newGuard(Config{AllowPrivate: true})
	open := map[string]bool{}
	for _, ip := range []string{"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.0", "192.168.255.255", "127.0.0.1", "127.255.255.254", "::1",
		"fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:10.0.0.1"} {
		open[ip] = true
	}
	for name, ips := range special() {
		for _, ip := range ips {
			if err := dial(g, ip, "1234"); (err == nil) != open[ip] {
				t.Errorf("%s: %s: got %v, want open %v", name, ip, err, open[ip])
			}
		}
	}
}

func TestAllowListW22(t *testing.T) {
	t.Parallel()
	g := newGuard(Config{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("fd00:1::/64")}})
	for ip, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "10.1.3.3": false, "fd00:1::5": true, "fd00:2::5": false, "127.0.0.1": false} {
		if err := dial(g, ip, "9999"); (err == nil) != want {
			t.Errorf("%s: got %v, want open %v", ip, err, want)
		}
	}
}

func TestPortsW20(t *testing.T) {
	t.Parallel()
	for port, want := range map[string][2]bool{"443": {true, true}, "8443": {true, true}, "80": {true, false}, "8080": {true, false}, "22": {}, "25": {}, "6379": {}, "0": {}} {
		for i, httpsOnly := range []bool{false, true} {
			if err := dial(newGuard(Config{HTTPSOnly: httpsOnly}), "8.8.8.8", port); (err == nil) != want[i] {
				t.Errorf("port %s, https only %v: %v", port, httpsOnly, err)
			}
		}
	}
	if newGuard(Config{}).control("udp4", "8.8.8.8:443", nil) == nil || newGuard(Config{}).control("tcp4", "nonsense", nil) == nil {
		t.Error("another protocol, or an address that is none, may be called")
	}
}
