package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// cluster is several processes of the program on one PostgreSQL and one bucket,
// behind a proxy that hands every request to the next of those with doors. The
// data folder of the platform in it holds the master key alone.
type cluster struct {
	*platform
	nodes []*clusterNode
}

type clusterNode struct {
	t                   *testing.T
	name, role          string
	address, metrics    string
	args                []string
	cmd                 *exec.Cmd
	log                 *lockedBuffer
	requests, unreached atomic.Int32 // by the proxy
}

// newCluster prepares an installation and starts a node of each role.
func newCluster(t *testing.T, roles ...string) *cluster {
	t.Helper()
	s3 := blobtest.StartS3(t)
	c := &cluster{platform: &platform{t: t, data: t.TempDir(), database: storetest.PostgresURL(t), bucket: s3.Bucket("pictures"), keys: s3.Credentials}}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Transport: c, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetXForwarded()
		r.Out.URL.Scheme = "http"
	}, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }})
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.port = u.Port()
	c.run()
	for i, role := range roles {
		n := &clusterNode{t: t, name: fmt.Sprintf("%d (%s)", i, role), role: role, metrics: "127.0.0.1:" + freePort(t)}
		if role == "worker" {
			n.args = []string{"worker"}
		} else {
			n.address = "127.0.0.1:" + freePort(t)
			n.args = []string{"serve", "--role", role, "--listen", n.address, "--public-url", c.url(), "--trusted-proxy", "127.0.0.1/32"}
		}
		n.args = slices.Concat(n.args, c.place(), []string{"--metrics", n.metrics})
		c.nodes = append(c.nodes, n)
		n.start()
		t.Cleanup(n.stop)
	}
	for _, n := range c.nodes {
		n.await()
	}
	return c
}

// turn counts the requests of all clusters, which is as good as of each.
var turn atomic.Int32

// RoundTrip hands a request to the next node with doors. Like any proxy it asks
// another one when it cannot connect, and not when a connection breaks: the
// first may have done what it was asked.
func (c *cluster) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	var doors []*clusterNode
	for _, n := range c.nodes {
		if n.address != "" {
			doors = append(doors, n)
		}
	}
	first := int(turn.Add(1))
	var err error
	for i := range doors {
		n := doors[(first+i)%len(doors)]
		out := r.Clone(r.Context())
		out.URL.Host, out.Body = n.address, io.NopCloser(bytes.NewReader(body))
		n.requests.Add(1)
		var answer *http.Response
		if answer, err = http.DefaultTransport.RoundTrip(out); err == nil {
			return answer, nil
		}
		if !strings.Contains(err.Error(), "connection refused") {
			return nil, err
		}
		n.unreached.Add(1)
	}
	return nil, err
}

func (n *clusterNode) start() {
	n.t.Helper()
	path, err := program()
	if err != nil {
		n.t.Fatal(err)
	}
	n.log = &lockedBuffer{}
	n.cmd = exec.Command(path, n.args...)
	n.cmd.Stderr = n.log
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
}

// await waits until the node says that it is ready.
func (n *clusterNode) await() {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		if answer, err := http.Get("http://" + n.metrics + "/ready"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	n.t.Fatalf("node %s is not ready\n%s", n.name, tail(n.log.String()))
}

// figures is what the node tells a scraper.
func (n *clusterNode) figures() string {
	n.t.Helper()
	answer, err := http.Get("http://" + n.metrics + "/metrics")
	if err != nil {
		n.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return string(text)
}

// kill ends the node as a power cut would.
func (n *clusterNode) kill() {
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
}

// stop ends the node as an operator would; the second call does nothing.
func (n *clusterNode) stop() {
	if n.cmd == nil {
		return
	}
	cmd := n.cmd
	n.cmd = nil
	_ = cmd.Process.Signal(syscall.SIGTERM)
	stuck := time.AfterFunc(40*time.Second, func() {
		_ = cmd.Process.Kill()
		n.t.Errorf("node %s does not stop", n.name)
	})
	defer stuck.Stop()
	if err := cmd.Wait(); err != nil {
		n.t.Errorf("node %s ended with %v\n%s", n.name, err, tail(n.log.String()))
	}
}
