package blob

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// scheme of addresses that name a bucket.
const scheme = "s3://"

// Open opens the store at an address: a folder, or
//
//	s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION&insecure=true
//
// where prefix and region may be left out and insecure means plain http.
// Credentials never stand in an address, because addresses are shown.
func Open(ctx context.Context, address string, secret Credentials) (Store, error) {
	if !IsS3(address) {
		return orNil(OpenFolder(address))
	}
	config, err := ParseS3(address)
	if err != nil {
		return nil, err
	}
	config.Credentials = secret
	return orNil(OpenS3(ctx, config))
}

// orNil keeps a store that could not be opened from looking like one that is there.
func orNil[S Store](s S, err error) (Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// IsS3 tells whether an address names a bucket.
func IsS3(address string) bool { return strings.HasPrefix(address, scheme) }

// Clock tells by how much a bucket's server is ahead of our clock, to a second,
// which it says in its answers to anybody. A folder has no clock of its own: ok is false.
func Clock(ctx context.Context, address string, now func() time.Time) (ahead time.Duration, ok bool, err error) {
	if !IsS3(address) {
		return 0, false, nil
	}
	config, err := ParseS3(address)
	if err != nil {
		return 0, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	server := url.URL{Scheme: "https", Host: config.Endpoint, Path: "/"}
	if config.Insecure {
		server.Scheme = "http"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, server.String(), nil)
	if err != nil {
		return 0, false, err
	}
	transport := &http.Transport{DisableKeepAlives: true} // no proxy: as for the pictures themselves
	before := now()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return 0, false, fmt.Errorf("%s cannot be reached: %w", config.Endpoint, err)
	}
	_ = answer.Body.Close()
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return 0, false, fmt.Errorf("%s does not say what time it is", config.Endpoint)
	}
	took := now().Sub(before)
	return at.Sub(before.Add(took / 2)).Round(time.Second), true, nil
}

// ParseS3 reads an address that names a bucket. A parameter that it does not
// know is most likely a typing error and is refused.
func ParseS3(address string) (S3Config, error) {
	refuse := func(what string) (S3Config, error) {
		return S3Config{}, fmt.Errorf("the object store's address: %s; it looks like s3://BUCKET/PREFIX?endpoint=HOST:PORT&region=REGION", what)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" {
		return refuse("it cannot be read")
	}
	if u.User != nil {
		return refuse("credentials do not belong into it")
	}
	c := S3Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return refuse("its parameters cannot be read")
	}
	for name, values := range query {
		switch name {
		case "endpoint":
			c.Endpoint = values[0]
		case "region":
			c.Region = values[0]
		case "insecure":
			if c.Insecure, err = strconv.ParseBool(values[0]); err != nil {
				return refuse("insecure is true or false")
			}
		default:
			return refuse(fmt.Sprintf("%q is not a parameter", name))
		}
	}
	if c.Endpoint == "" {
		return refuse("the endpoint is missing")
	}
	return c, nil
}
