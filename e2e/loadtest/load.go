package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/openkyc/openkyc/e2e/visitortest"
	"github.com/openkyc/openkyc/internal/observe/observetest"
)

// load is one run.
type load struct {
	length, every time.Duration
	visitors      int
	program       string
	folder        string
	out           io.Writer

	quick   quick
	base    string // address of the doors
	metrics string
	cookie  string
	sink    *httptest.Server
	hooks   atomic.Int64
	process *exec.Cmd
	log     bytes.Buffer
	person  *visitortest.Person
	known   atomic.Value // id of a session that is finished

	one     alone
	begun   time.Time
	samples []sample
	mu      sync.Mutex
	done    map[string]*tally
	last    observetest.Figures
}

// quick is what quickstart prints.
type quick struct {
	SchemaID, ScenarioSecret, APIToken string
	Dashboard                          struct{ Email, Password string }
}

// ending is how long what is under way may take at the end.
const ending = 90 * time.Second

func (l *load) run(ctx context.Context) error {
	if l.length < 10*l.every {
		return errors.New("that is too short for ten looks: raise -for or lower -every")
	}
	ctx, cancel := context.WithTimeout(ctx, l.length+5*time.Minute)
	defer cancel()
	l.done = map[string]*tally{}
	l.sink = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		l.hooks.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer l.sink.Close()
	l.person = visitortest.Draw(7, time.Now())
	if err := l.start(ctx); err != nil {
		return err
	}
	err := l.hold(ctx)
	return errors.Join(err, l.stop())
}

// start prepares a data folder and starts the program on it.
func (l *load) start(ctx context.Context) error {
	doors, metrics := free(), free()
	l.base, l.metrics = "http://"+doors, metrics
	data := filepath.Join(l.folder, "data")
	out, err := exec.CommandContext(ctx, l.program, "quickstart", "--data", data, "--json", "--allow-private-callbacks", //nolint:gosec // the program that is looked at
		"--callback", l.sink.URL+"/hook").Output()
	if err != nil {
		return fmt.Errorf("quickstart: %w", err)
	}
	if err := json.Unmarshal(out, &l.quick); err != nil {
		return err
	}
	l.process = exec.Command(l.program, "serve", "--data", data, "--listen", doors, "--metrics", metrics) //nolint:gosec,noctx // ended by stop
	l.process.Stderr = &l.log
	l.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.process.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if answer, err := http.Get(l.base + "/ready"); err == nil { //nolint:noctx // loopback
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(end) {
			return errors.Join(errors.New("the program is not ready within a minute"), l.stop())
		}
	}
}

// stop ends the program as an operator would.
func (l *load) stop() error {
	if err := l.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- l.process.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("the program ended with %w: %s", err, l.log.String()[max(0, l.log.Len()-2000):])
		}
		return nil
	case <-time.After(40 * time.Second):
		_ = l.process.Process.Kill()
		return errors.New("the program does not end")
	}
}

// hold keeps the load up and looks at the program meanwhile.
func (l *load) hold(ctx context.Context) error {
	if err := l.signIn(ctx); err != nil {
		return err
	}
	if err := l.measureAlone(ctx); err != nil {
		return err
	}
	fmt.Fprintf(l.out, "%s of mixed load: %d persons, calls, lists, pages, notifications.\n", l.length, l.visitors)
	working, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for i := range l.visitors {
		all.Go(func() { l.repeat(working, "session", 0, l.session(i)) })
	}
	for _, w := range l.works() {
		all.Go(func() {
			if w.later {
				l.await(working)
			}
			l.repeat(working, w.name, w.pause, w.do)
		})
	}
	l.begun = time.Now()
	err := l.look(ctx, l.length)
	stop()
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(ending):
		return errors.Join(err, errors.New("calls do not come back"))
	}
	return errors.Join(err, l.settle(ctx))
}

// settle waits until everything has been announced.
func (l *load) settle(ctx context.Context) error {
	for end := time.Now().Add(ending); ; time.Sleep(200 * time.Millisecond) {
		figures, err := observetest.Scrape(http.DefaultClient, l.metrics)
		if err != nil {
			return err
		}
		l.last = figures
		if figures.Sum("openkyc_queue_jobs", "kind=verify.check") == 0 && figures.Sum("openkyc_webhook_pending") == 0 && figures.Sum("openkyc_verdicts_total") <= float64(l.hooks.Load()) {
			return nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return fmt.Errorf("%.0f verdicts, %d notifications: something is lost or stuck", figures.Sum("openkyc_verdicts_total"), l.hooks.Load())
		}
	}
}

// free takes a port of loopback that nobody uses.
func free() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		return "127.0.0.1:0" // the program then says what is wrong
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// tally counts one kind of work.
type tally struct {
	times  []time.Duration
	faults int
	first  string // fault
}

// repeat does a work again and again until ctx ends.
func (l *load) repeat(ctx context.Context, name string, pause time.Duration, do func(ctx context.Context) error) {
	for ctx.Err() == nil {
		begun := time.Now()
		err := do(context.WithoutCancel(ctx)) // what is begun is finished
		took := time.Since(begun)
		l.mu.Lock()
		t := l.done[name]
		if t == nil {
			t = &tally{}
			l.done[name] = t
		}
		t.times = append(t.times, took)
		if err != nil {
			if t.faults++; t.first == "" {
				t.first = err.Error()
			}
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(max(pause-took, 0)):
		}
	}
}

// from is a client that calls from a loopback address of its own, as persons do:
// the limits by address are not what is measured.
func from(n int64) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16&63), byte(n>>8), byte(n))}, Timeout: 5 * time.Second}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: 10 * time.Second}, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signIn gets the dashboard's cookie.
func (l *load) signIn(ctx context.Context) error {
	form := strings.NewReader("email=" + l.quick.Dashboard.Email + "&password=" + l.quick.Dashboard.Password)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.base+"/dashboard/login", form)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := from(1).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if l.cookie, _, _ = strings.Cut(answer.Header.Get("Set-Cookie"), ";"); answer.StatusCode != http.StatusSeeOther || l.cookie == "" {
		return fmt.Errorf("sign in: answered %d", answer.StatusCode)
	}
	return nil
}

// sizes tells what lies in the data folder, in bytes.
func (l *load) sizes() (database, pictures int64) {
	_ = filepath.WalkDir(filepath.Join(l.folder, "data"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file that has just gone has no size
		}
		info, err := d.Info()
		if err != nil {
			return nil //nolint:nilerr // the same
		}
		if strings.Contains(path, "openkyc.db") {
			database += info.Size()
		} else {
			pictures += info.Size()
		}
		return nil
	})
	return database, pictures
}
