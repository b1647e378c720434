package edge

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Who sends everything before it listens still hears why the request was refused:
// by its announced length, while it was read, and before anybody looked at it.
func TestRefusalArrives(t *testing.T) {
	t.Parallel()
	h, _ := doorstep(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error = kyc.ErrAccessDenied()
		if r.URL.Path == "/read" {
			_, err = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 100))
		}
		WriteError(w, r, slog.New(slog.DiscardHandler), err)
	}), func(c *Config) { c.MaxBody = 20 << 20 })
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	content := bytes.Repeat([]byte("x"), 12<<20)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(content), content)
	for name, c := range map[string]struct {
		path, length, body string
		status             int
	}{
		"announced":      {"/read", fmt.Sprintf("Content-Length: %d", 2*len(content)), string(content) + string(content), 413},
		"while read":     {"/read", fmt.Sprintf("Content-Length: %d", len(content)), string(content), 413},
		"in chunks":      {"/read", "Transfer-Encoding: chunked", chunked, 413},
		"not looked at":  {"/denied", fmt.Sprintf("Content-Length: %d", len(content)), string(content), 401},
		"waits for word": {"/denied", fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d", len(content)), "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, server.Listener.Addr().String(), c.path, c.length, c.body, c.status)
		})
	}
}

// refused sends all of a request, at a phone's pace, before it reads the answer:
// over half a second, which is how long net/http waits with a refused body.
func refused(t *testing.T, address, path, length, content string, status int) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", path, length); err != nil {
		t.Fatal(err)
	}
	for rest := content; rest != ""; time.Sleep(250 * time.Millisecond) {
		n := min(len(rest), len(content)/4+1)
		if _, err := io.WriteString(conn, rest[:n]); err != nil {
			t.Fatalf("cut off after %d bytes: %v", len(content)-len(rest), err)
		}
		rest = rest[n:]
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status || !bytes.Contains(body, []byte(`"status":"error"`)) {
		t.Errorf("%d %s %v", answer.StatusCode, body, err)
	}
}
