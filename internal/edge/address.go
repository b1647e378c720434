package edge

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds the work on a forged X-Forwarded-For.
const maxHops = 20

// clientAddress walks X-Forwarded-For from the right for as long as the hop
// that wrote an entry is a configured proxy (S45).
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	address := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := 0; i < maxHops && len(hops) > 0 && trusted(address, proxies); i++ {
		last := strings.TrimSpace(hops[len(hops)-1])
		hops = hops[:len(hops)-1]
		next, err := netip.ParseAddr(strings.Trim(last, "[]"))
		if err != nil {
			break
		}
		address = next.Unmap().WithZone("")
	}
	return address
}

func secure(r *http.Request, proxies []netip.Prefix) bool {
	if r.TLS != nil {
		return true
	}
	return trusted(peer(r), proxies) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// peer is the other end of the connection.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func trusted(a netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// network is the address without its last part (a /24 or a /48): enough for
// operators to see patterns, not enough to name a person.
func network(a netip.Addr) string {
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.Masked().String()
}
