package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/kyc"
)

// What the benchmark of the status call asks for and how.
const (
	statusSessions = 2000
	statusCallers  = 16 // connections that each ask again as soon as they are answered
	statusRound    = 4 * time.Second
	statusRounds   = 3
)

// BenchmarkStatus asks for the status of random sessions, and a PocketBase of
// the same number of records, each holding the whole session object, for random
// records. Both are programs of their own on loopback with SQLite, both check a
// token and who owns what is asked for; the same callers take turns between the
// two. times-pocketbase is the one number of answers a second beside the other:
//
//	go test -run '^$' -bench Status -benchtime 1x ./internal/app
func BenchmarkStatus(b *testing.B) {
	dir := b.TempDir()
	data := filepath.Join(dir, "data")
	program, peer := filepath.Join(dir, "openkyc"), filepath.Join(dir, "pocketbase")
	build(b, "../..", program, "./cmd/openkyc")
	build(b, "../../e2e/peers/pocketbase", peer, ".")
	token, ids := seedStatus(b, data)

	ours := freeAddress(b)
	us := start(b, program, io.Discard, "serve", "--data", data, "--listen", ours, "--models", mustAbs(b, "../../bin/models"))
	await(b, "http://"+ours+"/ready")
	requests := make([][]byte, len(ids))
	for i, id := range ids {
		body := fmt.Sprintf(`{"sessionId":%q}`, id)
		requests[i] = fmt.Appendf(nil, "POST /v1/kyc/session/status HTTP/1.1\r\nHost: %s\r\ntoken: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", ours, token, len(body), body)
	}

	objects := filepath.Join(dir, "objects")
	writeObjects(b, objects, ours, requests)
	theirs, said := freeAddress(b), &firstLine{}
	them := start(b, peer, said, "--data", filepath.Join(dir, "pb"), "--objects", objects, "--listen", theirs)
	await(b, "http://"+theirs+"/api/health")
	peerToken := struct {
		Token string `json:"token"`
	}{}
	if err := json.Unmarshal(said.line(), &peerToken); err != nil {
		b.Fatal(err)
	}
	views := make([][]byte, len(ids))
	for i := range ids {
		views[i] = fmt.Appendf(nil, "GET /api/collections/sessions/records/r%014d HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n\r\n", i, theirs, peerToken.Token)
	}
	load(b, us, ours, requests, time.Second) // both have opened their files and keys
	load(b, them, theirs, views, time.Second)
	b.ResetTimer()
	var our, their []answered
	for range b.N {
		for range statusRounds {
			our, their = append(our, load(b, us, ours, requests, statusRound)), append(their, load(b, them, theirs, views, statusRound))
		}
	}
	b.ReportMetric(0, "ns/op")
	mine, peers := report(b, "openkyc", our), report(b, "pocketbase", their)
	b.ReportMetric(mine/peers, "times-pocketbase")
}

// answered is one round of load.
type answered struct {
	perSecond float64
	took      []time.Duration
	bytes     int64
	processor time.Duration // that the program had for the round
}

// report shows the median round.
func report(b *testing.B, name string, rounds []answered) float64 {
	b.Helper()
	slices.SortFunc(rounds, func(x, y answered) int { return int(x.perSecond - y.perSecond) })
	middle := rounds[len(rounds)/2]
	slices.Sort(middle.took)
	at := func(percent int) float64 { return float64(middle.took[len(middle.took)*percent/100].Microseconds()) }
	b.ReportMetric(middle.perSecond, name+"/s")
	b.ReportMetric(at(50), name+"-p50-µs")
	b.ReportMetric(at(99), name+"-p99-µs")
	b.ReportMetric(float64(middle.bytes)/float64(len(middle.took)), name+"-bytes")
	b.ReportMetric(float64(middle.processor.Microseconds())/float64(len(middle.took)), name+"-cpu-µs")
	return middle.perSecond
}

// processorTime is what a process has had of the processors so far.
func processorTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(words[11])
	system, _ := strconv.Atoi(words[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

// load keeps its connections busy for a while. It writes requests that are
// ready and reads answers to their end, so that most of the machine is left to
// who is asked.
func load(b *testing.B, pid int, address string, requests [][]byte, during time.Duration) answered {
	b.Helper()
	var mu sync.Mutex
	var all answered
	var callers sync.WaitGroup
	begin, had := time.Now(), processorTime(pid)
	for n := range statusCallers {
		callers.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 1)) //nolint:gosec // not a secret
			var mine answered
			err := call(address, func(ask func(request []byte) (int64, error)) error {
				for time.Since(begin) < during {
					sent := time.Now()
					size, err := ask(requests[random.IntN(len(requests))])
					if err != nil {
						return err
					}
					mine.took, mine.bytes = append(mine.took, time.Since(sent)), mine.bytes+size
				}
				return nil
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				b.Error(err)
			}
			all.took, all.bytes = append(all.took, mine.took...), all.bytes+mine.bytes
		})
	}
	callers.Wait()
	all.processor = processorTime(pid) - had
	all.perSecond = float64(len(all.took)) / time.Since(begin).Seconds()
	if b.Failed() || len(all.took) == 0 {
		b.FailNow()
	}
	return all
}

// call opens a connection on which work asks; an answer that is not 200 is an error.
func call(address string, work func(ask func(request []byte) (int64, error)) error) error {
	conn, err := net.Dial("tcp", address) //nolint:noctx // loopback
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReaderSize(conn, 32<<10)
	return work(func(request []byte) (int64, error) {
		if _, err := conn.Write(request); err != nil {
			return 0, err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return 0, err
		}
		size, err := io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answers %s", address, answer.Status)
		}
		return size, err
	})
}

// writeObjects asks for every session once and writes what comes, a line each.
func writeObjects(b *testing.B, path, address string, requests [][]byte) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	conn, err := net.Dial("tcp", address) //nolint:noctx // loopback
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for _, request := range requests {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			b.Fatal(err)
		}
		object, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Fatalf("%s %v %s", answer.Status, err, object)
		}
		if _, err := file.Write(append(bytes.TrimSpace(object), '\n')); err != nil {
			b.Fatal(err)
		}
	}
}

// seedStatus makes an installation with finished sessions: document, selfie and
// comparison, with pictures and face templates as the engines leave them.
func seedStatus(b *testing.B, data string) (token string, ids []string) {
	b.Helper()
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{Location: app.Location{Data: data}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	}()
	quick, err := a.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost"})
	if err != nil {
		b.Fatal(err)
	}
	err = a.Store.Do(ctx, func(tx kyc.Tx) error {
		scenario, err := a.Store.Scenario(ctx, tx, quick.SchemaID)
		if err != nil {
			return err
		}
		for i := range statusSessions {
			id, err := finished(ctx, a, tx, scenario, i)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return quick.APIToken, ids
}

func finished(ctx context.Context, a *app.App, tx kyc.Tx, scenario *kyc.Scenario, i int) (string, error) {
	at := tx.Now().Add(-time.Hour).Add(time.Duration(i) * time.Second)
	id, err := kyc.NewID(at, randomBytes{})
	if err != nil {
		return "", err
	}
	face := func(label string) []kyc.Template {
		vector := make([]float32, 1024)
		for j := range vector {
			vector[j] = rand.Float32() //nolint:gosec // not a secret
		}
		return []kyc.Template{{Label: label, Vector: vector, Model: "faceres", Quality: 0.9}}
	}
	group := func(captions ...string) []kyc.CheckGroup {
		g := kyc.CheckGroup{Caption: kyc.GroupFraud}
		for _, caption := range captions {
			g.Items = append(g.Items, kyc.Passed(caption, true))
		}
		return []kyc.CheckGroup{g}
	}
	session := &kyc.Session{ID: id, AccountID: scenario.AccountID, ScenarioID: scenario.ID, Revision: scenario.Revision, ClientKey: fmt.Sprintf("client-%d", i), Origin: kyc.OriginWidget,
		Status: kyc.Success, Step: len(scenario.Steps), CreatedAt: at, ExpiresAt: at.Add(time.Hour), FinishedAt: at.Add(time.Minute),
		Faces: &kyc.Finding{Checks: []kyc.CheckGroup{{Caption: kyc.GroupFaceMatching, Items: []kyc.CheckItem{{Status: kyc.Success, Caption: "document_0 & selfie", Value: "82%"}}}}}}
	var fields []kyc.Field
	for _, f := range [][2]string{{"Surname", "ERIKSSON"}, {"Given name(s)", "ANNA MARIA"}, {"Sex", "F"}, {"Date of birth", "12.08.1974"}, {"Document number", fmt.Sprintf("L%08d", i)}, {"DateOfExpiry", "15.04.2032"},
		{"IssuingStateCode", "UTO"}, {"NationalityCode", "UTO"}, {"MRZType", "ID-3"}} {
		fields = append(fields, kyc.Field{Title: f[0], Value: f[1], Conf: kyc.High, LCID: 1033})
	}
	document := &kyc.Attempt{SessionID: id, Step: 0, Try: 1, Type: kyc.StepDocument, Status: kyc.Success, StartedAt: at, SentAt: at, FinishedAt: at.Add(20 * time.Second),
		Finding: &kyc.Finding{CountryCode: "UTO", DocName: "Passport", OCR: kyc.OCR{Status: kyc.Success, Fields: fields}, Templates: face("document_0"),
			Checks: group("isMRZValid", "isPrinted", "isXerocopy", "isDisplay", "isCropped", "isLogicalMismatch")}}
	selfie := &kyc.Attempt{SessionID: id, Step: 1, Try: 1, Type: kyc.StepSelfie, Status: kyc.Success, StartedAt: at, SentAt: at, FinishedAt: at.Add(40 * time.Second),
		Finding: &kyc.Finding{OCR: kyc.OCR{Status: kyc.Failed, Fields: []kyc.Field{}}, Templates: face("selfie"), Checks: group("isAgeMismatch", "isCropped", "isDisplaySelfie", "isXerocopy")}}
	if err := a.Store.CreateSession(ctx, tx, session); err != nil {
		return "", err
	}
	for _, attempt := range []*kyc.Attempt{document, selfie} {
		if err := a.Store.PutAttempt(ctx, tx, attempt); err != nil {
			return "", err
		}
		for _, name := range []string{"0", "face"} {
			picture, err := kyc.NewID(at, randomBytes{})
			if err != nil {
				return "", err
			}
			if err := a.Store.AddEvidence(ctx, tx, &kyc.Evidence{ID: picture, SessionID: id, Step: attempt.Step, Try: 1, Name: name, Derived: name == "face", BlobKey: picture,
				Digest: make([]byte, 32), Size: 150_000, Width: 1600, Height: 1200}); err != nil {
				return "", err
			}
		}
	}
	return id, a.Store.IndexOCR(ctx, tx, id, scenario.AccountID, fields)
}

type randomBytes struct{}

func (randomBytes) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(rand.Uint32()) //nolint:gosec // not a secret
	}
	return len(p), nil
}

// build makes a program out of a package in a module's folder.
func build(tb testing.TB, module, program, pkg string) {
	tb.Helper()
	cmd := exec.Command("go", "build", "-o", program, pkg)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
}

// start runs a program until the benchmark ends.
func start(tb testing.TB, program string, out io.Writer, args ...string) (pid int) {
	tb.Helper()
	cmd := exec.Command(program, args...)
	var log strings.Builder
	cmd.Stdout = out
	if os.Getenv("OPENKYC_BENCH_LOG") != "" {
		cmd.Stderr = &log
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if tb.Failed() {
			tb.Log(log.String())
		}
	})
	return cmd.Process.Pid
}

func await(tb testing.TB, url string) {
	tb.Helper()
	for begin := time.Now(); !answers(url); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			tb.Fatalf("%s does not answer", url)
		}
	}
}

func mustAbs(tb testing.TB, path string) string {
	tb.Helper()
	absolute, err := filepath.Abs(path)
	if err != nil {
		tb.Fatal(err)
	}
	return absolute
}

// firstLine keeps the first line that a program says.
type firstLine struct {
	mu   sync.Mutex
	text []byte
}

func (f *firstLine) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text = append(f.text, p...)
	return len(p), nil
}

func (f *firstLine) line() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	line, _, _ := bytes.Cut(f.text, []byte("\n"))
	return line
}
