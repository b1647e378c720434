package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Config names the mail server and the sender.
type Config struct {
	Server  *url.URL      // see ParseServer
	From    string        // an address, with or without a name
	Timeout time.Duration // of one call; 30 s when zero
	TLS     *tls.Config   // of tests; the system's roots when nil
}

const (
	defaultTimeout = 30 * time.Second
	submission     = 587 // RFC 6409
	submissionOver = 465 // TLS, RFC 8314
	relay          = 25
)

// ParseServer reads the address of a mail server:
//
//	smtps://name:password@host       TLS from the start, port 465
//	smtp://name:password@host        STARTTLS, which must succeed, port 587
//	smtp://host?tls=none             in the clear, to a relay on the same network, port 25; no password then
func ParseServer(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.Fragment != "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("a mail server's address has the form smtps://name:password@host:port or smtp://name:password@host:port")
	}
	if _, err := portOf(u); err != nil {
		return nil, err
	}
	for name, values := range u.Query() {
		if name != "tls" || len(values) != 1 || values[0] != "none" || u.Scheme != "smtp" {
			return nil, errors.New("behind a mail server's address only ?tls=none is known, and only with smtp://")
		}
	}
	if open(u) && u.User != nil {
		return nil, errors.New("a password is not sent to a mail server in the clear: take ?tls=none or the password out of its address")
	}
	return u, nil
}

// open tells that nothing is encrypted on the way.
func open(u *url.URL) bool { return u.Query().Get("tls") == "none" }

func portOf(u *url.URL) (int, error) {
	switch {
	case u.Port() != "":
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || n == 0 {
			return 0, errors.New("the port of a mail server is 1 to 65535")
		}
		return int(n), nil
	case u.Scheme == "smtps":
		return submissionOver, nil
	case open(u):
		return relay, nil
	}
	return submission, nil
}

// Sender sends messages. Safe for concurrent use: each is a connection of its own.
type Sender struct {
	host    string
	from    string
	timeout time.Duration
	options []gomail.Option
}

// New checks the configuration; nothing connects yet.
func New(c Config) (*Sender, error) {
	if _, err := netmail.ParseAddress(c.From); err != nil {
		return nil, errors.New("mail is sent from an address such as kyc@example.com")
	}
	port, err := portOf(c.Server)
	if err != nil {
		return nil, err
	}
	host := c.Server.Hostname()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	config.ServerName = host
	timeout := cmp.Or(c.Timeout, defaultTimeout)
	s := &Sender{host: host, from: c.From, timeout: timeout, options: []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(timeout), gomail.WithTLSConfig(config)}}
	switch {
	case c.Server.Scheme == "smtps":
		s.options = append(s.options, gomail.WithSSL())
	case open(c.Server):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if user := c.Server.User; user != nil {
		password, _ := user.Password()
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(user.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

// Send hands one message to the mail server for each address, so that nobody
// reads who else was written to. What was handed over before a failure is sent.
func (s *Sender) Send(ctx context.Context, to []string, subject, text string) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return errors.New("the mail server's settings are not usable")
	}
	messages := make([]*gomail.Msg, 0, len(to))
	for _, address := range to {
		m := gomail.NewMsg()
		if m.From(s.from) != nil || m.To(address) != nil {
			return errors.New("an address is none that mail can be sent to")
		}
		m.Subject(subject)
		m.SetBodyString(gomail.TypeTextPlain, text)
		m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers by machines
		messages = append(messages, m)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return explain(client.DialAndSendWithContext(ctx, messages...))
}

// Probe connects, agrees on TLS and signs in, and sends nothing.
func (s *Sender) Probe(ctx context.Context) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return errors.New("the mail server's settings are not usable")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return explain(err)
	}
	return explain(client.Close())
}

// explain says what failed without what the server said, which repeats addresses.
func explain(err error) error {
	var refused *gomail.SendError
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.ErrorCode() != 0:
		return fmt.Errorf("the mail server refused the message with code %d", refused.ErrorCode())
	case errors.As(err, &certificate):
		return errors.New("the mail server's certificate is not trusted")
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("the mail server did not answer in time")
	}
	return errors.New("the mail server could not be reached, did not agree on TLS, or refused the sign-in")
}
