package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/report"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/verify"
)

// BenchmarkMillion reads lists of many sessions on both databases. Each case
// takes turns between four things: the page's statement alone, read without
// looking at what it brings (statement); the same, with the count where the total
// is exact and the page does not tell it, in a reading transaction such as every
// call has (bare); the store's call, which opens what is sealed (store); and the whole
// request over a connection to a real server, attempts and pictures of the
// sessions included (http). times-bare is the median of the third beside that of
// the second.
//
// Every session is sealed with keys of its own. The number is
// OPENKYC_BENCH_SESSIONS, 20,000 when that is not set:
//
//	OPENKYC_BENCH_SESSIONS=1000000 go test -run '^$' -bench Million -benchtime 1x -timeout 30m ./internal/store
func BenchmarkMillion(b *testing.B) {
	c := newCrowd(b, benchSize(b))
	for _, name := range []string{"sqlite", "postgres"} {
		d := newDoors(b, c, c.stores[name])
		for _, test := range c.cases(b, c.stores[name]) {
			b.Run(name+"/"+test.name, func(b *testing.B) { d.measure(b, test) })
		}
		for _, part := range []struct {
			name string
			of   int
		}{{"hundredth", 100}, {"tenth", 10}, {"all", 1}} {
			if part.of == 1 && name == "postgres" {
				break // the server's work is the smaller part; once is long enough
			}
			b.Run(name+"/export-"+part.name, func(b *testing.B) { d.export(b, c.size/part.of) })
		}
	}
}

func benchSize(tb testing.TB) int {
	tb.Helper()
	text := os.Getenv("OPENKYC_BENCH_SESSIONS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2000 {
		tb.Fatal("OPENKYC_BENCH_SESSIONS: a number from 2000 on")
	}
	return n
}

// listCase is one kind of question, asked in several ways.
type listCase struct {
	name string
	ask  func(k int) kyc.SessionFilter
}

// cases lists the questions. Numbers spread over the crowd, so that no cache
// has seen what is asked for.
func (c *crowd) cases(tb testing.TB, s *store.Store) []listCase {
	tb.Helper()
	some := func(k int) int { return k * 7919 % c.size }
	ask := func(name string, change func(f *kyc.SessionFilter, k int)) listCase {
		return listCase{name, func(k int) kyc.SessionFilter {
			f := kyc.SessionFilter{AccountID: c.account.ID, Page: 1, PageSize: 20}
			change(&f, k)
			return f
		}}
	}
	ocr := func(name string, term func(k int) (title, value string)) listCase {
		return ask(name, func(f *kyc.SessionFilter, k int) {
			title, value := term(k)
			f.OCR = map[string]string{title: value}
		})
	}
	deep := min(10_000, c.size/20)
	cursor := func(page int) string {
		var found kyc.SessionPage
		err := s.View(context.Background(), func(tx kyc.Tx) (err error) {
			found, err = s.FilterSessions(context.Background(), tx, kyc.SessionFilter{AccountID: c.account.ID, Page: page, PageSize: 20})
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
		return found.Next
	}
	second, deepest := cursor(1), cursor(c.size/20-2)
	return []listCase{
		ask("page-1", func(*kyc.SessionFilter, int) {}),
		ask("page-10000", func(f *kyc.SessionFilter, k int) { f.Page = deep - k%100 }),
		ask("cursor-2", func(f *kyc.SessionFilter, _ int) { f.Cursor = second }),
		ask("cursor-last", func(f *kyc.SessionFilter, _ int) { f.Cursor = deepest }),
		ask("ascending", func(f *kyc.SessionFilter, _ int) { f.Ascending = true }),
		ask("range", func(f *kyc.SessionFilter, k int) {
			f.From = c.first.AddDate(0, 0, k%300)
			f.To = f.From.AddDate(0, 0, 1)
		}),
		ask("status", func(f *kyc.SessionFilter, _ int) { f.Statuses = []kyc.Status{kyc.Failed} }),
		ask("status-rare", func(f *kyc.SessionFilter, _ int) { f.Statuses = []kyc.Status{kyc.Exception} }),
		ask("statuses", func(f *kyc.SessionFilter, _ int) { f.Statuses = []kyc.Status{kyc.Failed, kyc.Suspicious} }),
		ask("scenario", func(f *kyc.SessionFilter, k int) { f.ScenarioID = c.scenarios[k%3].ID }),
		ask("scenario-status", func(f *kyc.SessionFilter, _ int) {
			f.ScenarioID, f.Statuses = c.scenarios[2].ID, []kyc.Status{kyc.Failed}
		}),
		ask("client-key", func(f *kyc.SessionFilter, k int) { f.ClientKey = c.clientKey(some(k)) }),
		ask("client-user", func(f *kyc.SessionFilter, k int) { f.ClientUser = c.clientUser(some(k)) }),
		ask("client-id", func(f *kyc.SessionFilter, k int) { f.ClientID = c.clientID(some(k)) }),
		ask("session-id", func(f *kyc.SessionFilter, k int) { f.SessionID = c.id(some(k)) }),
		ask("errors", func(f *kyc.SessionFilter, k int) { f.Error = []string{string(c.code(k))} }),
		ask("errors-two", func(f *kyc.SessionFilter, _ int) { f.Error = []string{string(kyc.LowLight), string(kyc.NoMRZ)} }),
		ocr("ocr-name", func(k int) (string, string) { return "Surname", c.surname(some(k)) }),
		ocr("ocr-number", func(k int) (string, string) { return "", c.number(some(k)) }),
		ocr("ocr-beginning", func(k int) (string, string) { return "", c.surname(some(k))[:3] + "*" }),
		ocr("ocr-beginning-number", func(k int) (string, string) { return "Document number", c.number(some(k))[:6] + "*" }),
		ask("ocr-status-range", func(f *kyc.SessionFilter, k int) {
			f.OCR, f.Statuses = map[string]string{"Surname": "Iva*"}, []kyc.Status{kyc.Success}
			f.From = c.first.AddDate(0, 0, k%200)
			f.To = f.From.AddDate(0, 0, 30)
		}),
		ask("ocr-errors", func(f *kyc.SessionFilter, _ int) {
			f.OCR, f.Error = map[string]string{"Surname": "Mart*"}, []string{string(kyc.LowLight)}
		}),
	}
}

// doors is a store with a server in front.
type doors struct {
	*crowd
	store   *store.Store
	options *sql.TxOptions // of a reading unit
	url     string
	token   string
	client  *http.Client
}

func newDoors(tb testing.TB, c *crowd, s *store.Store) *doors {
	tb.Helper()
	ctx, quiet := context.Background(), slog.New(slog.DiscardHandler)
	people, err := auth.New(auth.Deps{Store: s, SigningKey: make([]byte, 32), Now: time.Now, Random: rand.Reader, Logger: quiet})
	if err != nil {
		tb.Fatal(err)
	}
	owner := &kyc.Principal{AccountID: c.account.ID, UserID: "owner", Role: kyc.RoleOwner}
	_, token, err := people.CreateToken(ctx, owner, auth.NewToken{Name: "bench"})
	if err != nil {
		tb.Fatal(err)
	}
	room := verify.New(verify.Deps{Store: s, Now: time.Now, Random: rand.Reader, Logger: quiet})
	mux := http.NewServeMux()
	api.New(api.Deps{Sessions: room, Images: room, Reports: report.New(time.Now), Credentials: people, Now: time.Now, Logger: quiet}).Register(mux)
	server := httptest.NewServer(edge.Doorstep(edge.Config{Logger: quiet, Now: time.Now, Random: rand.Reader, MaxBody: 1 << 20}, mux))
	tb.Cleanup(server.Close)
	options := &sql.TxOptions{}
	if s.Dialect() == store.Postgres {
		options.Isolation, options.ReadOnly = sql.LevelRepeatableRead, true
	}
	return &doors{crowd: c, store: s, options: options, url: server.URL + "/v1/kyc/sessions/filter", token: token, client: server.Client()}
}

// body is a filter as an integrator sends it.
func body(tb testing.TB, f kyc.SessionFilter) []byte {
	tb.Helper()
	filters := map[string]any{}
	put := func(name, value string) {
		if value != "" {
			filters[name] = value
		}
	}
	put("clientKey", f.ClientKey)
	put("clientUser", f.ClientUser)
	put("clientId", f.ClientID)
	put("sessionId", f.SessionID)
	put("schemaId", f.ScenarioID)
	if len(f.Statuses) > 0 {
		filters["status"] = f.Statuses
	}
	if len(f.Error) > 0 {
		filters["errors"] = f.Error
	}
	if len(f.OCR) > 0 {
		filters["ocr"] = f.OCR
	}
	days := map[string]any{}
	if !f.From.IsZero() {
		days["start"], days["end"] = f.From.Format(time.DateOnly), f.To.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if f.Ascending {
		days["sortOrder"] = "ASC"
	}
	if len(days) > 0 {
		filters["range"] = days
	}
	text, err := json.Marshal(map[string]any{"page": f.Page, "pageSize": f.PageSize, "cursor": f.Cursor, "filters": filters})
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func (d *doors) post(tb testing.TB, text []byte) io.ReadCloser {
	tb.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, d.url, bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("token", d.token)
	answer, err := d.client.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		tb.Fatalf("%d: %s", answer.StatusCode, text)
	}
	return answer.Body
}

const (
	leastTurns = 20
	mostTurns  = 400
	turnTime   = 2 * time.Second // for one case, unless a turn is slower
)

// measure takes turns until the time is over.
func (d *doors) measure(b *testing.B, test listCase) {
	ctx := context.Background()
	var alone, bare, call, whole []time.Duration
	found := 0
	for range b.N {
		begin := time.Now()
		for k := 0; k < mostTurns && (k < leastTurns || time.Since(begin) < turnTime); k++ {
			f := test.ask(k)
			page, count, err := d.store.BareFilter(ctx, f)
			if err != nil {
				b.Fatal(err)
			}
			var answer kyc.SessionPage
			ask := func() {
				call = append(call, timed(func() {
					err := d.store.View(ctx, func(tx kyc.Tx) (err error) {
						answer, err = d.store.FilterSessions(ctx, tx, f)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}))
			}
			counts := f.Cursor == "" && d.counts(b, f) // also when the bare statements come first
			plain := func() {
				bare = append(bare, timed(func() { d.plainly(b, page, count, f.PageSize, counts) }))
			}
			alone = append(alone, timed(func() { drain(b, d.store.Reader(), page) })) // finds the pages cold; the others take turns on warm ones
			if k%2 == 0 {
				ask()
				plain()
			} else {
				plain()
				ask()
			}
			found += len(answer.Sessions)
			text := body(b, f)
			whole = append(whole, timed(func() {
				answer := d.post(b, text)
				_, _ = io.Copy(io.Discard, answer)
				_ = answer.Close()
			}))
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, figure := range []struct {
		name string
		took []time.Duration
	}{{"statement", alone}, {"bare", bare}, {"store", call}, {"http", whole}} {
		slices.Sort(figure.took)
		b.ReportMetric(microseconds(figure.took[len(figure.took)/2]), figure.name+"-p50-µs")
		b.ReportMetric(microseconds(figure.took[len(figure.took)*99/100]), figure.name+"-p99-µs")
	}
	b.ReportMetric(microseconds(call[len(call)/2])/microseconds(bare[len(bare)/2]), "times-bare")
	b.ReportMetric(float64(found)/float64(len(call)), "rows")
}

// counts tells whether the store counts for a filter's first page, which it does
// not while it remembers an estimate.
func (d *doors) counts(b *testing.B, f kyc.SessionFilter) bool {
	b.Helper()
	var answer kyc.SessionPage
	err := d.store.View(context.Background(), func(tx kyc.Tx) (err error) {
		answer, err = d.store.FilterSessions(context.Background(), tx, f)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return !answer.Estimated
}

// plainly reads a page's statement in a reading unit, and the count's where the
// page does not tell it.
func (d *doors) plainly(b *testing.B, page, count store.Bare, size int, counts bool) {
	b.Helper()
	tx, err := d.store.Reader().BeginTx(context.Background(), d.options)
	if err != nil {
		b.Fatal(err)
	}
	if n := drain(b, tx, page); n > size && counts {
		drain(b, tx, count)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func timed(work func()) time.Duration {
	begin := time.Now()
	work()
	return time.Since(begin)
}

// drain reads all that a statement brings and looks at nothing.
func drain(tb testing.TB, db interface {
	QueryContext(ctx context.Context, query string, a ...any) (*sql.Rows, error)
}, bare store.Bare) (n int) {
	tb.Helper()
	rows, err := db.QueryContext(context.Background(), bare.Query, bare.Args...)
	if err != nil {
		tb.Fatalf("%v: %s", err, bare.Query)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	cells, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return n
}
