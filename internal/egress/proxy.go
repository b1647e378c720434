package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// tunnel dials through a forward proxy (W24), so that all calls come from its
// address. Names are still resolved and judged here, and the proxy is told the
// address that was judged: it could otherwise be led where we would not go (W21).
type tunnel struct {
	proxy    *url.URL
	dialer   net.Dialer // to the proxy itself, which the administrator chose
	resolver *net.Resolver
	guard    guard
}

// proxyFault is trouble with the proxy; the receiver is not to blame.
type proxyFault struct{ cause error }

func (f proxyFault) Error() string { return "forward proxy: " + f.cause.Error() }
func (f proxyFault) Unwrap() error { return f.cause }

// Ours tells whoever keeps count of a receiver's failures that this is none.
func (proxyFault) Ours() bool { return true }

// errUnreached is the proxy's word that the receiver does not answer it.
var errUnreached = errors.New("the proxy cannot reach the receiver")

// ParseProxy reads a proxy's address: http or https, with a name and a password
// if need be.
func ParseProxy(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		// The address may hold a password, so it is not repeated.
		return nil, kyc.Errorf(kyc.Invalid, "a forward proxy's address has the form http://name:password@host:port")
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return u, nil
}

func (t *tunnel) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := t.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	for _, ip := range found {
		var conn net.Conn
		if conn, err = t.reach(ctx, ip.Unmap(), port); err == nil {
			return conn, nil
		}
		var fault proxyFault
		if errors.As(err, &fault) || ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// reach judges one resolved address and has the proxy connect to that very one.
func (t *tunnel) reach(ctx context.Context, ip netip.Addr, port string) (net.Conn, error) {
	network := "tcp6"
	if ip.Is4() {
		network = "tcp4"
	}
	target := net.JoinHostPort(ip.String(), port)
	if err := t.guard.control(network, target, nil); err != nil {
		return nil, err
	}
	conn, err := t.dialer.DialContext(ctx, "tcp", t.proxy.Host)
	if err != nil {
		return nil, proxyFault{err}
	}
	if t.proxy.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.proxy.Hostname()})
	}
	if err := t.connect(ctx, conn, target); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// connect asks for a tunnel on a fresh connection.
func (t *tunnel) connect(ctx context.Context, conn net.Conn, target string) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	defer stop()
	request := "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"
	if user := t.proxy.User; user != nil {
		password, _ := user.Password()
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
	}
	if _, err := conn.Write([]byte(request + "\r\n")); err != nil {
		return t.broken(ctx, err)
	}
	reader := bufio.NewReaderSize(conn, 4<<10)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return t.broken(ctx, err)
	}
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusOK && reader.Buffered() == 0:
		return nil
	case answer.StatusCode == http.StatusBadGateway, answer.StatusCode == http.StatusServiceUnavailable, answer.StatusCode == http.StatusGatewayTimeout:
		return errUnreached
	}
	return proxyFault{fmt.Errorf("it answers %d to CONNECT", answer.StatusCode)}
}

// broken tells a proxy that breaks off from one that was still trying to reach
// the receiver when the time was up: proxies answer when they know.
func (t *tunnel) broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return proxyFault{err}
}
