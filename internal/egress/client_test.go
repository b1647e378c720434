package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/openkyc/openkyc/internal/kyc"
)

func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

func receiver(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s
}

func TestPost(t *testing.T) {
	t.Parallel()
	s := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || string(body) != "body" || r.Header.Get("X-A") != "b" || r.UserAgent() != "OpenKYC" || r.URL.RawQuery != "clientKey=a" ||
			r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("got %s %s %q %v", r.Method, r.URL, body, r.Header)
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
	})
	c := New(Config{Allow: loopback(), UserAgent: "OpenKYC", Now: time.Now})
	header := http.Header{"X-A": {"b"}}
	a, err := c.Post(t.Context(), s.URL+"/hook?clientKey=a", header, []byte("body"))
	if err != nil || a.Code != 503 || a.RetryAfter != 7*time.Second || a.Latency <= 0 {
		t.Errorf("got %+v, %v", a, err)
	}
	if len(a.Body) != 16<<10 {
		t.Errorf("W23: %d bytes of the answer were kept", len(a.Body))
	}
	if len(header) != 1 {
		t.Errorf("the caller's header was changed: %v", header)
	}
}

func TestRedirectIsAnAnswerW12(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	target := receiver(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, code := range []int{301, 302, 303, 307, 308} {
		s := receiver(t, http.RedirectHandler(target.URL, code).ServeHTTP)
		a, err := New(Config{Allow: loopback(), Now: time.Now}).Post(t.Context(), s.URL, nil, nil)
		if err != nil || a.Code != code || followed.Load() {
			t.Errorf("%d: got %+v, %v, followed %v", code, a, err, followed.Load())
		}
	}
}

// TestDeadlinesW15W23: silence before the headers is an error; a status followed
// by a body that drips is that status, in time.
func TestDeadlinesW15W23(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	s := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/drip" {
			for range 1000 {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}
		<-stop
	})
	defer close(stop)
	c := New(Config{Allow: loopback(), Timeout: 200 * time.Millisecond, Now: time.Now})
	begin := time.Now()
	if _, err := c.Post(t.Context(), s.URL+"/silent", nil, nil); kyc.SafeMessage(err) != "the receiver did not answer in time" {
		t.Errorf("silent: %v", err)
	}
	if a, err := c.Post(t.Context(), s.URL+"/drip", nil, nil); err != nil || a.Code != 200 || len(a.Body) == 0 {
		t.Errorf("drip: %+v, %v", a, err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if c := New(Config{Timeout: time.Hour, Now: time.Now}); c.config.Timeout != 30*time.Second {
		t.Errorf("the limit of time is %v", c.config.Timeout)
	}
}

func TestEndlessHeaderIsCut(t *testing.T) {
	t.Parallel()
	s := receiver(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("x", 1<<20)) })
	if _, err := New(Config{Allow: loopback(), Now: time.Now}).Post(t.Context(), s.URL, nil, nil); err == nil {
		t.Error("a header of a megabyte was read")
	}
}

// TestAddressesW20 refuses by form, and no refusal repeats the address.
func TestAddressesW20(t *testing.T) {
	t.Parallel()
	resolver, _ := names(t, "127.0.0.1")
	c := New(Config{HTTPSOnly: true, Resolver: resolver, Now: time.Now})
	for _, address := range []string{"http://shop.example/?clientKey=marker", "https://user:marker@shop.example/", "https://shop.example/#marker", "ftp://shop.example/marker", "file:///marker",
		"//shop.example/marker", "marker", "", "https:///marker", "https://shop.example/" + strings.Repeat("marker", 1000), "https://[::1/marker", "https://127.0.0.1/marker", "https://[::ffff:127.0.0.1]/marker",
		"https://0x7f000001/marker", "https://2130706433/marker", "https://127.1/marker", "https://[64:ff9b::7f00:1]/?marker"} {
		_, err := c.Post(t.Context(), address, nil, nil)
		if err == nil || strings.Contains(err.Error(), "marker") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestProxyIsIgnored: a proxy of the environment would dial for us, unguarded.
func TestProxyIsIgnored(t *testing.T) {
	var asked atomic.Bool
	proxy := receiver(t, func(http.ResponseWriter, *http.Request) { asked.Store(true) })
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	s := receiver(t, func(http.ResponseWriter, *http.Request) {})
	resolver, _ := names(t, "127.0.0.1")
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	a, err := New(Config{Allow: loopback(), Resolver: resolver, Now: time.Now}).Post(t.Context(), "http://shop.example:"+port, nil, nil)
	if err != nil || a.Code != 200 || asked.Load() {
		t.Errorf("got %+v, %v; the proxy was asked: %v", a, err, asked.Load())
	}
	if transport := New(Config{Now: time.Now}).http.Transport.(*http.Transport); transport.Proxy != nil {
		t.Error("the transport has a proxy")
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	if _, err := New(Config{Allow: loopback(), HTTPSOnly: true, Now: time.Now}).Post(t.Context(), s.URL, nil, nil); kyc.SafeMessage(err) != "the receiver's certificate is not trusted" {
		t.Errorf("S27: got %v", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	if a, err := New(Config{Allow: loopback(), HTTPSOnly: true, Roots: roots, Now: time.Now}).Post(t.Context(), s.URL, nil, nil); err != nil || a.Code != 200 {
		t.Errorf("got %+v, %v", a, err)
	}
	plain := receiver(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := New(Config{Allow: loopback(), Now: time.Now}).Post(t.Context(), strings.Replace(plain.URL, "http", "https", 1), nil, nil); kyc.SafeMessage(err) != "no secure connection to the receiver could be agreed on" {
		t.Errorf("got %v", err)
	}
}

// names is a DNS server on loopback that answers the n-th question for an IPv4
// address with the n-th address, and the last one from then on.
func names(t *testing.T, answers ...string) (*net.Resolver, *atomic.Int32) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	asked := new(atomic.Int32)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}, Questions: m.Questions}
			if q.Type == dnsmessage.TypeA {
				at := min(int(asked.Add(1)), len(answers)) - 1
				reply.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 0},
					Body:   &dnsmessage.AResource{A: netip.MustParseAddr(answers[at]).As4()},
				}}
			}
			packed, _ := reply.Pack()
			_, _ = server.WriteTo(packed, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}, asked
}

// TestRebindingW21: a name that was good a moment ago is judged anew, on the
// address that is dialled.
func TestRebindingW21(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	s := receiver(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	resolver, asked := names(t, "127.0.0.1", "127.0.0.2", "169.254.169.254", "127.0.0.1")
	c := New(Config{Allow: loopback(), Resolver: resolver, ConnectTimeout: time.Second, Now: time.Now})
	for i, good := range []bool{true, false, false, true} {
		_, err := c.Post(t.Context(), "http://shop.example:"+port+"/", nil, nil)
		if (err == nil) != good || err != nil && kyc.KindOf(err) != kyc.Forbidden {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if hits.Load() != 2 || asked.Load() != 4 {
		t.Errorf("%d calls arrived, %d names were resolved", hits.Load(), asked.Load())
	}
	strict, _ := names(t, "127.0.0.1")
	if _, err := New(Config{Resolver: strict, Now: time.Now}).Post(t.Context(), "http://shop.example:8080/", nil, nil); kyc.KindOf(err) != kyc.Forbidden {
		t.Errorf("without an allow-list: %v", err)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	c := New(Config{Allow: loopback(), Now: time.Now})
	if _, err := c.Post(t.Context(), "http://"+closed.Addr().String(), nil, nil); kyc.SafeMessage(err) != "the receiver refused the connection" {
		t.Errorf("got %v", err)
	}
	lost := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }}
	if _, err := New(Config{Resolver: lost, Now: time.Now}).Post(t.Context(), "http://nowhere.example", nil, nil); kyc.SafeMessage(err) != "the receiver's name could not be resolved" {
		t.Errorf("got %v", err)
	}
}

// What a receiver answers may hold anything; an error goes to the log and must
// not quote it (S33).
func TestGarbledAnswersAreNotQuotedS33(t *testing.T) {
	t.Parallel()
	const marker = "Anna-Schmidt"
	for _, answer := range []string{marker + "\r\n\r\n", "HTTP/1.1 " + marker + "\r\n\r\n", "HTTP/1.1 200 OK\r\n" + marker + "\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://%zz/" + marker + "\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: " + marker + "\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + marker + "\r\n\r\n", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat(marker, 10_000) + "\r\n\r\n"} {
		s := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, answer)
			_ = conn.Close()
		})
		_, err := New(Config{Allow: loopback(), Now: time.Now}).Post(t.Context(), s.URL+"/?clientKey="+marker, nil, nil)
		if err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%.40q: %v", answer, err)
		}
	}
}

func TestRetryAfterW14(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "99999999999999999999": 0, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:00:00 GMT": 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}

// TestProbe goes as far as a secure connection and sends nothing; what Post
// would be refused for, it is refused for too.
func TestProbe(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	handle := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) })
	plain := receiver(t, handle)
	secure := httptest.NewTLSServer(handle)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	for name, c := range map[string]struct {
		config   Config
		address  string
		sentence string
	}{
		"http":            {Config{Allow: loopback()}, plain.URL, ""},
		"https":           {Config{Allow: loopback(), Roots: roots, HTTPSOnly: true}, secure.URL + "/hook?clientKey=a", ""},
		"https only":      {Config{Allow: loopback(), HTTPSOnly: true}, plain.URL, "must begin with https://"},
		"private":         {Config{Roots: roots}, "https://127.0.0.1", "private or reserved network"},
		"certificate":     {Config{Allow: loopback()}, secure.URL, "certificate is not trusted"},
		"not https":       {Config{Allow: loopback()}, strings.Replace(plain.URL, "http:", "https:", 1), "no secure connection"},
		"standard port":   {Config{Allow: loopback(), ConnectTimeout: time.Second}, "https://127.0.0.1/", "refused the connection"},
		"no such address": {Config{}, "ftp://shop.example", "absolute http or https address"},
	} {
		err := New(c.config).Probe(t.Context(), c.address)
		if (err == nil) != (c.sentence == "") || err != nil && !strings.Contains(err.Error(), c.sentence) {
			t.Errorf("%s: %v, want %q", name, err, c.sentence)
		}
		if err != nil && strings.Contains(err.Error(), "clientKey") {
			t.Errorf("%s: the error holds the address: %v", name, err)
		}
	}
	if asked.Load() {
		t.Error("a request was sent")
	}
}
