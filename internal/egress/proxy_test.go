package egress

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// forward is a proxy that knows CONNECT alone.
type forward struct {
	address string
	mu      sync.Mutex
	asked   []*http.Request
	answer  string // instead of a tunnel, when not empty
}

func newForward(t *testing.T) *forward {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	f := &forward{address: "http://us:p%40ss@" + listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(conn)
		}
	}()
	return f
}

func (f *forward) serve(conn net.Conn) {
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	f.mu.Lock()
	f.asked = append(f.asked, r)
	answer := f.answer
	f.mu.Unlock()
	if answer == "hang" {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	if answer != "" {
		_, _ = io.WriteString(conn, answer)
		return
	}
	target, err := net.Dial("tcp", r.Host)
	if err != nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	defer target.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(target, conn); _ = target.Close() }()
	_, _ = io.Copy(conn, target)
}

func (f *forward) say(answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *forward) requests() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := ParseProxy(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func ours(err error) bool {
	var fault interface{ Ours() bool }
	return errors.As(err, &fault) && fault.Ours()
}

// TestForwardProxyW24: calls go through the proxy to the address that was judged
// here, with TLS from end to end.
func TestForwardProxyW24(t *testing.T) {
	t.Parallel()
	f := newForward(t)
	seen := make(chan http.Header, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver, _ := names(t, "127.0.0.1")
	c := New(Config{Allow: loopback(), HTTPSOnly: true, Roots: roots, Resolver: resolver, Proxy: parsed(t, f.address), Now: time.Now})
	if a, err := c.Post(t.Context(), "https://example.com:"+port+"/hook", http.Header{"X-A": {"b"}}, []byte("body")); err != nil || a.Code != 200 {
		t.Fatalf("got %+v, %v", a, err)
	}
	if header := <-seen; header.Get("X-A") != "b" || header.Get("Proxy-Authorization") != "" {
		t.Errorf("the receiver sees %v", header)
	}
	asked := f.requests()
	if len(asked) != 1 || asked[0].Method != http.MethodConnect || asked[0].Host != "127.0.0.1:"+port {
		t.Fatalf("the proxy was asked for %+v", asked)
	}
	if user, password, ok := (&http.Request{Header: http.Header{"Authorization": asked[0].Header["Proxy-Authorization"]}}).BasicAuth(); !ok || user != "us" || password != "p@ss" {
		t.Errorf("it was told %v", asked[0].Header)
	}
	if _, err := c.Post(t.Context(), "https://wrong.example:"+port+"/hook", nil, nil); kyc.SafeMessage(err) != "the receiver's certificate is not trusted" {
		t.Errorf("S27: %v", err)
	}
}

// TestProxyIsGuardedW21W24: what may not be called is not asked of the proxy.
func TestProxyIsGuardedW21W24(t *testing.T) {
	t.Parallel()
	f := newForward(t)
	for _, ip := range []string{"127.0.0.1", "169.254.169.254", "10.0.0.1", "0.0.0.0"} {
		resolver, _ := names(t, ip)
		c := New(Config{Resolver: resolver, Proxy: parsed(t, f.address), Now: time.Now})
		if _, err := c.Post(t.Context(), "http://shop.example:8080/", nil, nil); kyc.KindOf(err) != kyc.Forbidden || ours(err) {
			t.Errorf("%s: %v", ip, err)
		}
		if _, err := c.Post(t.Context(), "http://"+ip+":8080/", nil, nil); kyc.KindOf(err) != kyc.Forbidden {
			t.Errorf("%s as it is: %v", ip, err)
		}
	}
	if n := len(f.requests()); n != 0 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

// TestProxyFaultsW24: trouble with the proxy is told from trouble with the
// receiver.
func TestProxyFaultsW24(t *testing.T) {
	t.Parallel()
	f := newForward(t)
	s := receiver(t, func(http.ResponseWriter, *http.Request) {})
	c := New(Config{Allow: loopback(), Proxy: parsed(t, f.address), Timeout: 300 * time.Millisecond, Now: time.Now})
	for answer, want := range map[string]bool{
		"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n": true, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n": true, "nonsense\r\n\r\n": true, "\r\n": true,
		"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n": false, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n": false,
		"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n": false, "hang": false,
	} {
		f.say(answer)
		_, err := c.Post(t.Context(), s.URL+"/?clientKey=marker", nil, nil)
		if err == nil || ours(err) != want || strings.Contains(err.Error(), "marker") || strings.Contains(err.Error(), "ss@") {
			t.Errorf("%q: %v, ours %v", answer, err, ours(err))
		}
	}
	f.say("")
	if _, err := c.Post(t.Context(), s.URL, nil, nil); err != nil {
		t.Errorf("a good call: %v", err)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	down := New(Config{Allow: loopback(), Proxy: parsed(t, "http://"+closed.Addr().String()), Now: time.Now})
	if _, err := down.Post(t.Context(), s.URL, nil, nil); !ours(err) || kyc.SafeMessage(err) != "the forward proxy does not let the call through" {
		t.Errorf("a proxy that is down: %v", err)
	}
	lost := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
	if _, err := New(Config{Resolver: lost, Proxy: parsed(t, f.address), Now: time.Now}).Post(t.Context(), "http://nowhere.example", nil, nil); kyc.SafeMessage(err) != "the receiver's name could not be resolved" {
		t.Errorf("got %v", err)
	}
}

func TestParseProxyW24(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"http://proxy.example:3128": "proxy.example:3128", "https://u:p@proxy.example/": "proxy.example:443", "http://10.0.0.1": "10.0.0.1:80"} {
		if u, err := ParseProxy(address); err != nil || u.Host != want {
			t.Errorf("%s: %v, %v", address, u, err)
		}
	}
	for _, address := range []string{"", "proxy.example:3128", "socks5://proxy.example", "http://", "http://u:secret@proxy.example/path", "http://u:secret@proxy.example?x"} {
		if _, err := ParseProxy(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
