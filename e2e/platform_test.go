package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
)

// program builds bin/openkyc's like once for all tests of the package.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "openkyc-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "openkyc")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/openkyc").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// quick is what `openkyc quickstart --json` prints.
type quick struct {
	BaseURL, SchemaID, ScenarioSecret, WebhookSecret, APIToken string
	Dashboard                                                  struct{ URL, Email, Password string }
}

// platform is the program as a user starts it.
type platform struct {
	t     *testing.T
	data  string
	port  string
	quick quick
	cmd   *exec.Cmd
	log   *lockedBuffer
	flags []string // more flags of serve

	database string           // address, when it is not a file in the data folder
	bucket   string           // address, when pictures are not in the data folder
	keys     blob.Credentials // of the bucket
}

// place are the flags that say where the installation is.
func (p *platform) place() []string {
	flags := []string{"--data", p.data}
	if p.database != "" {
		flags = append(flags, "--database", p.database)
	}
	if p.bucket != "" {
		flags = append(flags, "--blobs", p.bucket, "--s3-access-key", p.keys.AccessKey, "--s3-secret-key", p.keys.SecretKey)
	}
	return flags
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// freePort asks the system for a port nobody uses. Somebody could take it
// before we do; the start then fails loudly.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// quickstart prepares a data folder. The address of the callback is known only
// later: run adds it.
func quickstart(t *testing.T) *platform {
	t.Helper()
	p := &platform{t: t, data: filepath.Join(t.TempDir(), "data"), port: freePort(t)}
	p.run()
	return p
}

func (p *platform) url() string { return "http://localhost:" + p.port }

// run calls quickstart, which is idempotent.
func (p *platform) run(flags ...string) {
	p.t.Helper()
	flags = append([]string{"--json", "--base-url", p.url(), "--allow-private-callbacks"}, flags...)
	out := openkyc(p.t, slices.Concat([]string{"quickstart"}, p.place(), flags)...)
	if err := json.Unmarshal(out, &p.quick); err != nil {
		p.t.Fatalf("%v in %s", err, out)
	}
}

// openkyc runs one command of the program and returns what it printed.
func openkyc(t *testing.T, args ...string) []byte {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("openkyc %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

// oneAttempt changes the scenario as code, while the program runs: every step
// can be tried once from now on.
func (p *platform) oneAttempt() {
	p.t.Helper()
	var code map[string]any
	if err := json.Unmarshal(openkyc(p.t, "scenario", "export", "--data", p.data, p.quick.SchemaID), &code); err != nil {
		p.t.Fatal(err)
	}
	for _, step := range code["steps"].([]any) {
		step.(map[string]any)["attempts"] = 1
	}
	text, err := json.Marshal(code)
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(p.t.TempDir(), "scenario.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		p.t.Fatal(err)
	}
	openkyc(p.t, "scenario", "apply", "--data", p.data, "-f", file, "--json")
}

// serve starts the program and waits until it answers.
func (p *platform) serve() {
	p.t.Helper()
	path, err := program()
	if err != nil {
		p.t.Fatal(err)
	}
	p.log = &lockedBuffer{}
	p.cmd = exec.Command(path, slices.Concat([]string{"serve", "--listen", "localhost:" + p.port}, p.place(), p.flags)...)
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.stop)
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		if answer, err := http.Get(p.url() + "/health"); err == nil {
			answer.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the program does not answer\n%s", p.log)
}

// stop ends the program as an operator would.
func (p *platform) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	cmd := p.cmd
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			p.t.Errorf("the program ended with %v\n%s", err, tail(p.log.String()))
		}
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		p.t.Errorf("the program did not end within 30 s\n%s", tail(p.log.String()))
	}
	p.cmd = nil
}

// kill ends the program as a power cut would.
func (p *platform) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}

func tail(s string) string {
	const most = 4000
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// call posts JSON with the API token and decodes the answer.
func (p *platform) call(path string, in any) (int, map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.url()+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("token", p.quick.APIToken)
	return p.send(req)
}

func (p *platform) send(req *http.Request) (int, map[string]any) {
	p.t.Helper()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		p.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		p.t.Fatalf("%v in %s", err, text)
	}
	return answer.StatusCode, out
}

// integrator is the Node server of integrator.mjs.
type integrator struct {
	t    *testing.T
	port string
}

func (i *integrator) url() string { return "http://127.0.0.1:" + i.port }

func startIntegrator(t *testing.T, p *platform) *integrator {
	t.Helper()
	cmd := exec.Command("node", "integrator.mjs")
	cmd.Env = append(os.Environ(), "PLATFORM="+p.url(), "SCHEMA="+p.quick.SchemaID, "SECRET="+p.quick.ScenarioSecret, "WEBHOOK_SECRET="+p.quick.WebhookSecret)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("Node.js is needed, scripts/system-packages installs it: %v", err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ Port int }
	if err := json.Unmarshal(line, &said); err != nil {
		t.Fatal(err)
	}
	return &integrator{t: t, port: fmt.Sprint(said.Port)}
}

// received is what the integrator's server found in its webhooks.
type received struct {
	ID      string
	Signed  bool
	Session map[string]any
}

func (i *integrator) get(path string, out any) {
	i.t.Helper()
	answer, err := http.Get(i.url() + path)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
		i.t.Fatal(err)
	}
}

// webhooks waits until n have come.
func (i *integrator) webhooks(n int, patience time.Duration) []received {
	i.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var list []received
		i.get("/received", &list)
		if len(list) >= n || time.Now().After(deadline) {
			return list
		}
		time.Sleep(100 * time.Millisecond)
	}
}
