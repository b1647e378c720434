package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of an S3 store.
const (
	callTimeout    = 2 * time.Minute // of one call with all its retries
	answerTimeout  = 30 * time.Second
	retries        = 4
	maxConnections = 64
	putTries       = 20 // of a put that others are in the way of
)

// S3Config says where objects lie.
type S3Config struct {
	Endpoint string // host or host:port
	Bucket   string // must exist
	Region   string // may be empty
	Prefix   string // before every key; "" or a valid key, without a slash at its end
	Insecure bool   // plain http, for a server on the same machine or network
	Credentials
}

// Credentials of an S3 store. They appear in no error and no log line.
type Credentials struct{ AccessKey, SecretKey string }

// String keeps the secret out of logs and errors, whatever way it gets there.
func (Credentials) String() string { return "(credentials)" }

// S3 is a Store in a bucket of any server that speaks S3 and honours
// If-None-Match on a put: that is what makes a put never overwrite.
type S3 struct {
	config    S3Config
	client    *minio.Client
	transport *http.Transport
}

// OpenS3 opens a bucket and makes sure that it is there and may be read.
func OpenS3(ctx context.Context, config S3Config) (*S3, error) {
	if config.Endpoint == "" || config.Bucket == "" || config.AccessKey == "" || config.SecretKey == "" {
		return nil, errors.New("open the object store: endpoint, bucket, access key and secret key are needed")
	}
	if config.Prefix != "" && !ValidKey(config.Prefix) {
		return nil, errors.New("open the object store: the prefix has segments of letters, digits, '-', '_' and '.' between slashes")
	}
	transport, err := minio.DefaultTransport(!config.Insecure)
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	transport.Proxy = nil // the way to the pictures is set here, not by the environment
	transport.ResponseHeaderTimeout = answerTimeout
	transport.MaxConnsPerHost = maxConnections
	client, err := minio.New(config.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(config.AccessKey, config.SecretKey, ""),
		Secure: !config.Insecure, Region: config.Region, Transport: transport, MaxRetries: retries})
	if err != nil {
		return nil, fmt.Errorf("open the object store: %w", err)
	}
	s := &S3{config: config, client: client, transport: transport}
	if err := s.Ping(ctx); err != nil {
		return nil, fmt.Errorf("open the object store: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// Ping asks whether the bucket can be reached.
func (s *S3) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := s.client.BucketExists(ctx, s.config.Bucket)
	switch {
	case err != nil && (minio.ToErrorResponse(err).StatusCode == http.StatusForbidden || minio.ToErrorResponse(err).StatusCode == http.StatusUnauthorized):
		return fmt.Errorf("%s refuses the credentials, or they may not use the bucket %q", s.config.Endpoint, s.config.Bucket)
	case err != nil:
		return fmt.Errorf("%s cannot be reached or does not speak S3: %w", s.config.Endpoint, err)
	case !found:
		return fmt.Errorf("there is no bucket %q at %s; make it first", s.config.Bucket, s.config.Endpoint)
	}
	return nil
}

// Close lets go of idle connections.
func (s *S3) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// metaPut marks an object with the put that made it. A put whose answer got
// lost is sent again and then meets its own object.
const metaPut = "Put"

// Put writes an object unless there is one. A server that refuses because of
// others who put and delete right now (409, or 412 for an object that is gone
// again) is asked again.
func (s *S3) Put(ctx context.Context, key string, data []byte) error {
	if !ValidKey(key) {
		return errKey()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	mark := rand.Text()
	options := minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true, UserMetadata: map[string]string{metaPut: mark}}
	options.SetMatchETagExcept("*")
	for try := 1; ; try++ {
		_, err := s.client.PutObject(ctx, s.config.Bucket, s.name(key), bytes.NewReader(data), int64(len(data)), options)
		if err == nil {
			return nil
		}
		if answer := minio.ToErrorResponse(err); answer.StatusCode != http.StatusPreconditionFailed && answer.StatusCode != http.StatusConflict {
			return kyc.Wrap(kyc.Internal, err, "write an object")
		}
		info, look := s.client.StatObject(ctx, s.config.Bucket, s.name(key), minio.StatObjectOptions{})
		switch {
		case look == nil && info.UserMetadata[metaPut] == mark:
			return nil
		case look == nil:
			return kyc.Wrap(kyc.Conflict, err, "an object with this key exists")
		case try == putTries:
			return kyc.Wrap(kyc.Internal, errors.Join(err, look), "write an object")
		}
	}
}

// Get reads a whole object.
func (s *S3) Get(ctx context.Context, key string) ([]byte, error) {
	if !ValidKey(key) {
		return nil, errKey()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	object, err := s.client.GetObject(ctx, s.config.Bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, missing(err, "read an object")
	}
	defer func() { _ = object.Close() }()
	var data bytes.Buffer
	if info, err := object.Stat(); err == nil { // a known size saves growing
		data.Grow(int(info.Size) + bytes.MinRead)
	}
	if _, err := io.Copy(&data, object); err != nil {
		return nil, missing(err, "read an object")
	}
	return data.Bytes(), nil
}

// Stat looks at an object.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	if !ValidKey(key) {
		return Info{}, errKey()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := s.client.StatObject(ctx, s.config.Bucket, s.name(key), minio.StatObjectOptions{})
	if err != nil {
		return Info{}, missing(err, "look at an object")
	}
	return Info{Key: key, Size: info.Size, ModTime: info.LastModified}, nil
}

// missing tells an object that is not there from a store that fails.
func missing(err error, doing string) error {
	if answer := minio.ToErrorResponse(err); answer.StatusCode == http.StatusNotFound || answer.Code == minio.NoSuchKey {
		return kyc.ErrNotFound()
	}
	return kyc.Wrap(kyc.Internal, err, "%s", doing)
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, key string) error {
	if !ValidKey(key) {
		return errKey()
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := s.client.RemoveObject(ctx, s.config.Bucket, s.name(key), minio.RemoveObjectOptions{})
	if err == nil {
		return nil
	}
	if err = missing(err, "delete an object"); kyc.KindOf(err) == kyc.NotFound {
		return nil
	}
	return err
}

// List walks objects page by page.
func (s *S3) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // ends the listing when the caller stops early
		for object := range s.client.ListObjectsIter(ctx, s.config.Bucket, minio.ListObjectsOptions{Prefix: s.prefix() + prefix, Recursive: true}) {
			if object.Err != nil {
				yield(Info{}, kyc.Wrap(kyc.Internal, object.Err, "list objects"))
				return
			}
			key := strings.TrimPrefix(object.Key, s.prefix())
			if !ValidKey(key) {
				continue // a folder's marker, or somebody else's
			}
			if !yield(Info{Key: key, Size: object.Size, ModTime: object.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Info{}, err)
		}
	}
}

func (s *S3) name(key string) string { return s.prefix() + key }

func (s *S3) prefix() string {
	if s.config.Prefix == "" {
		return ""
	}
	return s.config.Prefix + "/"
}
