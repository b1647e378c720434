package blobtest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/openkyc/openkyc/internal/blob"
)

// Server is a real S3 server on loopback, in a folder of the test's own.
type Server struct {
	Endpoint    string // host:port
	Credentials blob.Credentials

	t      testing.TB
	folder string
	run    *exec.Cmd
}

// StartS3 starts a server that ends with the test, and with the test's process
// however that ends.
func StartS3(t testing.TB) *Server {
	t.Helper()
	s := &Server{Endpoint: freePort(t), Credentials: blob.Credentials{AccessKey: "testing", SecretKey: "testing-secret"}, t: t, folder: t.TempDir()}
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// Start starts it, or starts it again over the same objects.
func (s *Server) Start() {
	s.t.Helper()
	s.run = exec.Command(program(s.t), "--port", s.Endpoint, "--quiet", "posix", s.folder) //nolint:gosec // a tool that make installs
	s.run.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s.Credentials.AccessKey, "ROOT_SECRET_KEY="+s.Credentials.SecretKey)
	s.run.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes when the thread dies that started the child.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		started <- s.run.Start()
		_ = s.run.Wait()
	}()
	if err := <-started; err != nil {
		s.t.Fatal(err)
	}
	s.await()
}

func (s *Server) await() {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+s.Endpoint, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if answer, err := http.DefaultTransport.RoundTrip(request); err == nil {
			_ = answer.Body.Close()
			return
		}
	}
	s.t.Fatal("the S3 server does not answer")
}

// Kill ends it as a loss of power would.
func (s *Server) Kill() { _ = s.run.Process.Kill() }

// Bucket makes an empty bucket and returns its address for blob.Open.
func (s *Server) Bucket(name string) string {
	s.t.Helper()
	client, err := minio.New(s.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.Credentials.AccessKey, s.Credentials.SecretKey, "")})
	if err == nil {
		err = client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return "s3://" + name + "?insecure=true&endpoint=" + s.Endpoint
}

// program finds the server that make installs.
func program(t testing.TB) string {
	t.Helper()
	for dir, err := os.Getwd(); err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "bin", "tools", "versitygw")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("the S3 server is missing: `make bin/tools/versitygw` installs it, and so does `make test`")
	return ""
}

// freePort takes a port of loopback that nobody uses.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := errors.Join(listener.Close()); err != nil {
		t.Fatal(err)
	}
	return address
}
