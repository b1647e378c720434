package egress

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits and defaults of a call (W15, W23).
const (
	DefaultTimeout        = 15 * time.Second
	DefaultConnectTimeout = 5 * time.Second
	maxTimeout            = 30 * time.Second
	maxAnswer             = 16 << 10
	maxHeader             = 32 << 10
	maxAddress            = 4 << 10
)

// Config of a client. The zero value is the strict choice, but for HTTPSOnly.
type Config struct {
	AllowPrivate   bool             // loopback and private networks, for development
	Allow          []netip.Prefix   // networks of receivers that would be refused otherwise
	HTTPSOnly      bool             // refuse http addresses (W20)
	ConnectTimeout time.Duration    // DefaultConnectTimeout when 0
	Timeout        time.Duration    // of a whole call, at most 30 s; DefaultTimeout when 0
	UserAgent      string           // sent with every call when not empty
	Proxy          *url.URL         // forward proxy that all calls go through (W24), from ParseProxy; nil: none
	Resolver       *net.Resolver    // nil: the system's
	Roots          *x509.CertPool   // nil: the system's. Checking certificates cannot be switched off (S27)
	Now            func() time.Time // time.Now when nil
}

// Client sends. It is safe for concurrent use.
type Client struct {
	config Config
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	tls    *tls.Config
	http   http.Client
}

// New makes a client.
func New(c Config) *Client {
	if c.ConnectTimeout <= 0 {
		c.ConnectTimeout = DefaultConnectTimeout
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Timeout = min(c.Timeout, maxTimeout)
	secure := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots}
	dial := (&net.Dialer{Timeout: c.ConnectTimeout, Control: newGuard(c).control, Resolver: c.Resolver}).DialContext
	if c.Proxy != nil {
		dial = (&tunnel{proxy: c.Proxy, dialer: net.Dialer{Timeout: c.ConnectTimeout}, resolver: cmp.Or(c.Resolver, net.DefaultResolver), guard: newGuard(c)}).dial
	}
	return &Client{config: c, dial: dial, tls: secure, http: http.Client{
		Transport: &http.Transport{ // Proxy stays nil: the environment has no say, and ours is a matter of dialling
			DialContext:            dial,
			TLSClientConfig:        secure,
			TLSHandshakeTimeout:    c.ConnectTimeout,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true, // each call is judged and connected anew
			DisableCompression:     true, // no answer grows in our hands
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Post sends a body. An answer of any status is no error; its body
// is kept up to 16 kB.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (kyc.Answer, error) {
	if err := c.check(address); err != nil {
		return kyc.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return kyc.Answer{}, errAddress()
	}
	if header != nil {
		request.Header = header.Clone()
	}
	if c.config.UserAgent != "" {
		request.Header.Set("User-Agent", c.config.UserAgent)
	}
	begin := c.config.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return kyc.Answer{Latency: c.config.Now().Sub(begin)}, explain(err)
	}
	defer response.Body.Close()
	// The status is the answer. A body that stalls or breaks changes nothing
	// about it and ends at the deadline.
	start, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	now := c.config.Now()
	return kyc.Answer{
		Code: response.StatusCode, Body: start, Latency: now.Sub(begin),
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), now),
	}, nil
}

// Probe goes the way of Post up to the point where something would be sent: the
// address is judged, its name resolved, a connection made, and with https a
// secure one agreed on. Then it hangs up.
func (c *Client) Probe(ctx context.Context, address string) error {
	if err := c.check(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return errAddress()
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return explain(err)
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme != "https" {
		return nil
	}
	secure := c.tls.Clone()
	secure.ServerName = u.Hostname()
	if err := tls.Client(conn, secure).HandshakeContext(ctx); err != nil {
		return explain(err)
	}
	return nil
}

// check refuses addresses by their form; the network is judged at dial time.
func (c *Client) check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(address) > maxAddress {
		return errAddress()
	}
	switch u.Scheme {
	case "https":
	case "http":
		if c.config.HTTPSOnly {
			return kyc.Errorf(kyc.Forbidden, "the receiver's address must begin with https://")
		}
	default:
		return errAddress()
	}
	return nil
}

func errAddress() error {
	return kyc.Errorf(kyc.Invalid, "the receiver's address must be an absolute http or https address without user name and fragment")
}

// retryAfter reads seconds or a date; anything else, and the past, is 0.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// explain finds the sentence for a failed call. The cause is taken out of the
// url.Error around it, which would carry the whole address into logs.
func explain(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var (
		network     *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		timeout     net.Error
		proxy       proxyFault
	)
	switch {
	case errors.As(err, &proxy):
		return kyc.Wrap(kyc.Invalid, err, "the forward proxy does not let the call through")
	case errors.Is(err, errUnreached):
		return kyc.Wrap(kyc.Invalid, err, "the receiver cannot be reached through the forward proxy")
	case errors.Is(err, ssrf.ErrProhibitedPort):
		return kyc.Wrap(kyc.Forbidden, err, "the receiver's port may not be called")
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return kyc.Wrap(kyc.Forbidden, err, "the receiver's name leads to a private or reserved network, which must be allowed explicitly")
	case errors.As(err, &dns):
		return kyc.Wrap(kyc.Invalid, err, "the receiver's name could not be resolved")
	case errors.As(err, &certificate):
		return kyc.Wrap(kyc.Invalid, err, "the receiver's certificate is not trusted")
	case errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return kyc.Wrap(kyc.Invalid, err, "no secure connection to the receiver could be agreed on")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return kyc.Wrap(kyc.Invalid, err, "the receiver did not answer in time")
	case errors.Is(err, syscall.ECONNREFUSED):
		return kyc.Wrap(kyc.Invalid, err, "the receiver refused the connection")
	}
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return kyc.Wrap(kyc.Invalid, err, "the connection to the receiver failed")
	}
	// What is left quotes the answer, which may hold anything (S33): it is no cause for a log.
	return kyc.Errorf(kyc.Invalid, "the connection to the receiver failed, or its answer is not valid HTTP")
}
