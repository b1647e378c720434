package e2e

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is an integrator's server as far as webhooks go: it keeps what came
// and answers what the test wants.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	came   []notification
	answer func(n notification, before int, w http.ResponseWriter) // before: how often the id came before
}

// notification is one delivery as it arrived.
type notification struct {
	method, path string
	query        url.Values
	rawQuery     string
	header       http.Header
	body         []byte
	at           time.Time
}

func (n notification) id() string { return n.header.Get("webhook-id") }

func receive(t *testing.T, answer func(n notification, before int, w http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		return // cut off on the way: nothing was received
	}
	n := notification{method: req.Method, path: req.URL.Path, query: req.URL.Query(), rawQuery: req.URL.RawQuery, header: req.Header, body: body, at: time.Now()}
	r.mu.Lock()
	before := 0
	for _, other := range r.came {
		if other.id() == n.id() {
			before++
		}
	}
	r.came = append(r.came, n)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, before, w)
	}
}

// to lists what came to a path.
func (r *receiver) to(path string) []notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []notification
	for _, n := range r.came {
		if path == "" || n.path == path {
			list = append(list, n)
		}
	}
	return list
}

// await waits until so many have come to a path.
func (r *receiver) await(t *testing.T, path string, count int, patience time.Duration) []notification {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		if list := r.to(path); len(list) >= count {
			return list
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d notifications came to %s within %v", len(r.to(path)), count, path, patience)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// The functions below are the wire contract, sections 2 and 7, written down a
// second time, so that the program is not compared with itself.

func cbcKey(secret string) cipher.Block {
	sum := sha256.Sum256([]byte(secret))
	block, err := aes.NewCipher([]byte(hex.EncodeToString(sum[:])[:32]))
	if err != nil {
		panic(err) // 32 bytes always fit
	}
	return block
}

// cbc encrypts as an integrator does; a nil iv is drawn.
func cbc(secret string, iv, text []byte) string {
	pad := 16 - len(text)%16
	for range pad {
		text = append(text[:len(text):len(text)], byte(pad))
	}
	return cbcRaw(secret, iv, text)
}

// cbcRaw encrypts whole blocks without padding them.
func cbcRaw(secret string, iv, blocks []byte) string {
	if iv == nil {
		iv = make([]byte, 16)
		_, _ = rand.Read(iv) // never fails
	}
	out := make([]byte, len(blocks))
	cipher.NewCBCEncrypter(cbcKey(secret), iv).CryptBlocks(out, blocks)
	return base64.StdEncoding.EncodeToString(append(iv[:16:16], out...))
}

// uncbc decrypts what we send.
func uncbc(secret, token string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(raw) < 32 || len(raw)%16 != 0 {
		return nil, fmt.Errorf("not iv and whole blocks in base64: %d bytes, %w", len(raw), err)
	}
	text := raw[16:]
	cipher.NewCBCDecrypter(cbcKey(secret), raw[:16]).CryptBlocks(text, text)
	pad := int(text[len(text)-1])
	if pad < 1 || pad > 16 || strings.Count(string(text[len(text)-pad:]), string(rune(pad))) != pad {
		return nil, fmt.Errorf("bad padding %d", pad)
	}
	return text[:len(text)-pad], nil
}

// genuine checks the Standard Webhooks signature.
func (n notification) genuine(secret string) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	stamp := n.header.Get("webhook-timestamp")
	fmt.Fprintf(mac, "%s.%s.%s", n.id(), stamp, n.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, s := range strings.Split(n.header.Get("webhook-signature"), " ") {
		if s == want {
			return nil
		}
	}
	return fmt.Errorf("signature %q is not %q", n.header.Get("webhook-signature"), want)
}
