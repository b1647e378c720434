package edge

import (
	"io"
	"net/http"
	"time"
)

// How much of a body that nobody wants is read all the same, and for how long.
const (
	drainBytes = 64 << 20
	drainTime  = 10 * time.Second
	drainOwn   = 256 << 10 // net/http reads as much by itself
)

// drain lets clients have the answer that only listen once they have sent
// everything: where a handler answers before it has read a large body (413, 401,
// 429), net/http would close the connection half a second later, and such a client
// sees a reset instead of the sentence. The answer is sent first, then what is
// left of the body is read and thrown away, up to a bound.
func drain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody || r.ProtoMajor != 1 {
			next.ServeHTTP(w, r) // a stream of HTTP/2 is ended without its connection
			return
		}
		body := &counted{ReadCloser: r.Body}
		r.Body = body
		next.ServeHTTP(w, r)
		if body.ended || r.ContentLength >= 0 && r.ContentLength-body.read <= drainOwn {
			return
		}
		if r.Header.Get("Expect") != "" && body.read == 0 {
			return // this client sends nothing before it is told to
		}
		control := http.NewResponseController(w)
		if control.Flush() != nil || control.SetReadDeadline(time.Now().Add(drainTime)) != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, body.ReadCloser, drainBytes) // whoever sends more, or slower, is cut off
	})
}

// counted knows how much of a body was read.
type counted struct {
	io.ReadCloser
	read  int64
	ended bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.read += int64(n)
	c.ended = c.ended || err != nil
	return n, err
}
