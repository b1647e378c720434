package blob_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/kyc"
)

// TestS3 runs the contract against a real server, each part in a bucket of its
// own; half of them below a prefix.
func TestS3(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	var number atomic.Int64
	blobtest.Run(t, func(t *testing.T) blob.Store {
		n := number.Add(1)
		address := server.Bucket(fmt.Sprintf("bucket-%d", n))
		if n%2 == 0 {
			address = strings.Replace(address, "?", "/below/here?", 1)
		}
		return open(t, address, server.Credentials)
	})
}

func open(t testing.TB, address string, secret blob.Credentials) blob.Store {
	t.Helper()
	s, err := blob.Open(context.Background(), address, secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestS3Sentences: whoever sets it up wrongly is told what is wrong, and never
// the secret.
func TestS3Sentences(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	address := server.Bucket("here")
	wrong := blob.Credentials{AccessKey: "testing", SecretKey: "wrong-secret"}
	for name, c := range map[string]struct {
		address string
		secret  blob.Credentials
		want    string
	}{
		"no bucket":       {strings.Replace(address, "here", "elsewhere", 1), server.Credentials, `there is no bucket "elsewhere"`},
		"bad credentials": {address, wrong, "refuses the credentials"},
		"no credentials":  {address, blob.Credentials{}, "secret key are needed"},
		"nobody there":    {"s3://here?insecure=true&endpoint=127.0.0.1:1", server.Credentials, "cannot be reached"},
		"no endpoint":     {"s3://here", server.Credentials, "the endpoint is missing"},
		"typing error":    {address + "&regoin=x", server.Credentials, `"regoin" is not a parameter`},
		"in the address":  {strings.Replace(address, "s3://", "s3://me:secret@", 1), server.Credentials, "credentials do not belong"},
		"bad prefix":      {strings.Replace(address, "?", "/..?", 1), server.Credentials, "the prefix has segments"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := blob.Open(ctx, c.address, c.secret)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "wrong-secret") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if text := fmt.Sprintf("%v %+v %s", wrong, wrong, wrong); strings.Contains(text, "wrong-secret") {
		t.Errorf("credentials print as %s", text)
	}
}

// TestS3Outage: while the server is away calls fail as ours, not as the
// caller's, and nothing is needed to go on when it is back.
func TestS3Outage(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	s := open(t, server.Bucket("outage"), server.Credentials)
	if err := s.Put(t.Context(), "before", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := s.Put(ctx, "during", []byte("x")); kyc.KindOf(err) != kyc.Internal || err == nil {
		t.Errorf("put without a server: %v", err)
	}
	if err := s.Ping(ctx); err == nil {
		t.Error("the server is gone, and it was reached")
	}
	server.Start()
	if got, err := s.Get(t.Context(), "before"); string(got) != "kept" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Put(t.Context(), "during", []byte("x")); err != nil {
		t.Errorf("put again: %v", err)
	}
}

// BenchmarkPut and its neighbour write and read pictures of 300 kB.
func BenchmarkBlob(b *testing.B) {
	server := blobtest.StartS3(b)
	data := make([]byte, 300<<10)
	for name, address := range map[string]string{"folder": b.TempDir(), "s3": server.Bucket("bench")} {
		s := open(b, address, server.Credentials)
		run := time.Now().UnixNano()
		b.Run(name+"/put", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for i := range b.N {
				if err := s.Put(b.Context(), fmt.Sprintf("s%d-%d/%d", run, b.N, i), data); err != nil {
					b.Fatal(err)
				}
			}
		})
		key := fmt.Sprintf("read%d", run)
		if err := s.Put(b.Context(), key, data); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/get", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := s.Get(b.Context(), key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
