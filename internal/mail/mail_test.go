package mail

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a mail server as far as RFC 5321 needs one, with STARTTLS and PLAIN.
type server struct {
	address string
	tls     *tls.Config
	roots   *x509.CertPool
	refuse  string // an address
	over    bool   // TLS from the start

	mu     sync.Mutex
	lines  []string // commands and texts, in clear or not
	secure []bool
}

func serve(t *testing.T, change func(*server)) *server {
	t.Helper()
	certificate := httptest.NewTLSServer(nil)
	certificate.Close()
	s := &server{tls: &tls.Config{Certificates: certificate.TLS.Certificates}, roots: x509.NewCertPool()}
	s.roots.AddCert(certificate.Certificate())
	if change != nil {
		change(s)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.address = listener.Addr().String(); s.over {
		listener = tls.NewListener(listener, s.tls)
	}
	var open sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); open.Wait() })
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.talk(conn, s.over) })
		}
	})
	return s
}

func (s *server) talk(conn net.Conn, secure bool) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	say := func(text string) { _, _ = fmt.Fprintf(conn, "%s\r\n", text) }
	say("220 test")
	text := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.mu.Lock()
		s.lines, s.secure = append(s.lines, line), append(s.secure, secure)
		s.mu.Unlock()
		if text {
			if line == "." {
				text = false
				say("250 taken")
			}
			continue
		}
		switch word, rest, _ := strings.Cut(line, " "); strings.ToUpper(word) {
		case "EHLO":
			if secure {
				say("250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN")
			} else {
				say("250-test\r\n250-8BITMIME\r\n250 STARTTLS")
			}
		case "STARTTLS":
			say("220 go")
			over := tls.Server(conn, s.tls)
			conn, in, secure = over, bufio.NewReader(over), true
		case "RCPT":
			if s.refuse != "" && strings.Contains(rest, s.refuse) {
				say("550 no such person: " + s.refuse)
			} else {
				say("250 ok")
			}
		case "AUTH":
			say("235 welcome")
		case "DATA":
			text = true
			say("354 go on")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func sender(t *testing.T, s *server, scheme, user, query string) *Sender {
	t.Helper()
	u, err := ParseServer(scheme + "://" + user + s.address + query)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(Config{Server: u, From: "OpenKYC <kyc@bank.example>", Timeout: time.Second, TLS: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scheme, user, query string
		over                bool
	}{
		"STARTTLS":           {"smtp", "anna:s3cret@", "", false},
		"TLS from the start": {"smtps", "anna:s3cret@", "", true},
		"relay":              {"smtp", "", "?tls=none", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(s *server) { s.over = c.over })
			m := sender(t, s, c.scheme, c.user, c.query)
			if err := m.Send(t.Context(), []string{"one@shop.example", "two@shop.example"}, "Обрыв", "отключён\n.\nend"); err != nil {
				t.Fatal(err)
			}
			said := s.said()
			for _, part := range []string{"MAIL FROM:<kyc@bank.example>", "RCPT TO:<one@shop.example>", "RCPT TO:<two@shop.example>", "Auto-Submitted: auto-generated", "Subject: =?UTF-8?"} {
				if !strings.Contains(said, part) {
					t.Errorf("%q is missing in\n%s", part, said)
				}
			}
			if strings.Count(said, "To: <one@shop.example>") != 1 || strings.Count(said, "To: <two@shop.example>") != 1 {
				t.Errorf("who else is written to shows:\n%s", said)
			}
			for i, line := range s.lines {
				if c.user != "" && !s.secure[i] && !strings.HasPrefix(line, "EHLO") && line != "STARTTLS" {
					t.Errorf("in the clear: %s", line)
				}
			}
			if err := m.Probe(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFaults: none repeats an address or what the server said.
func TestFaults(t *testing.T) {
	t.Parallel()
	refusing := serve(t, func(s *server) { s.refuse = "marker@shop.example" })
	stranger := serve(t, nil)
	stranger.roots = x509.NewCertPool()
	gone := &server{address: "127.0.0.1:1", roots: x509.NewCertPool()}
	for want, s := range map[string]*server{"code 550": refusing, "certificate is not trusted": stranger, "could not be reached": gone} {
		err := sender(t, s, "smtp", "anna:marker@", "").Send(t.Context(), []string{"marker@shop.example"}, "marker", "marker")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "marker") {
			t.Errorf("want %q: %v", want, err)
		}
		if strings.Contains(s.said(), "AUTH") && s == stranger {
			t.Error("a password went to a server that nobody trusts")
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	silent := sender(t, &server{address: listener.Addr().String()}, "smtp", "", "")
	if err := silent.Send(t.Context(), []string{"marker@shop.example"}, "s", "t"); err == nil || strings.Contains(err.Error(), "marker") {
		t.Errorf("a server that says nothing: %v", err)
	}
	if err := sender(t, refusing, "smtp", "", "").Send(t.Context(), []string{"marker\r\nRCPT TO:<x@y>"}, "s", "t"); err == nil {
		t.Error("an address with a line end was written to")
	}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for address, port := range map[string]int{"smtps://a:b@mail.example": 465, "smtp://mail.example/": 587, "smtp://mail.example:2525": 2525, "smtp://relay?tls=none": 25, "smtp://[::1]:26?tls=none": 26} {
		u, err := ParseServer(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if n, err := portOf(u); err != nil || n != port {
			t.Errorf("%s: port %d, %v", address, n, err)
		}
	}
	for _, address := range []string{"", "mail.example", "http://mail.example", "smtp://", "smtp://a:marker@mail.example?tls=none", "smtps://mail.example?tls=none", "smtp://mail.example?marker=1", "smtp://mail.example/marker", "smtp://mail.example:0", "smtp://mail.example:marker"} {
		if _, err := ParseServer(address); err == nil || strings.Contains(err.Error(), "marker") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New(Config{From: "nobody"}); err == nil {
		t.Error("mail is sent from nobody")
	}
}
