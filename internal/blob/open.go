package blob

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
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
	if !strings.HasPrefix(address, scheme) {
		return OpenFolder(address)
	}
	config, err := ParseS3(address)
	if err != nil {
		return nil, err
	}
	config.Credentials = secret
	return OpenS3(ctx, config)
}

// IsS3 tells whether an address names a bucket.
func IsS3(address string) bool { return strings.HasPrefix(address, scheme) }

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
