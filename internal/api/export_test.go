package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/openkyc/openkyc/internal/api"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/report"
	"github.com/openkyc/openkyc/internal/verify"
)

// archive is a state machine with 450 sessions; it notes how it is read.
type archive struct {
	rooms
	mu    sync.Mutex
	asked []kyc.SessionFilter
	fail  int // refuse this call, from 1
	hold  chan struct{}
}

const kept = 450

func (a *archive) Filter(_ context.Context, p *kyc.Principal, f kyc.SessionFilter) (verify.Page, error) {
	a.mu.Lock()
	a.asked = append(a.asked, f)
	broken := len(a.asked) == a.fail
	a.mu.Unlock()
	if a.hold != nil {
		<-a.hold
	}
	if broken {
		return verify.Page{}, kyc.Errorf(kyc.Invalid, "the cursor is broken")
	}
	from, _ := strconv.Atoi(f.Cursor)
	page := verify.Page{Total: kept}
	for i := from; i < min(from+f.PageSize, kept); i++ {
		v := kyc.SessionView{SessionID: fmt.Sprint(i), ClientKey: "=cmd", Status: kyc.Success, Results: []kyc.Result{
			{Type: kyc.StepDocument, OCR: kyc.Guarded[kyc.OCR]{Value: kyc.OCR{Fields: []kyc.Field{{Title: "Noise", Value: fmt.Sprintf("%x", sha512.Sum512([]byte{byte(i), byte(i >> 8)}))}, {Title: "Surname", Value: "ERIKSSON"}}}}}}}
		page.Sessions = append(page.Sessions, v.For(p))
	}
	if from+f.PageSize < kept {
		page.Next = strconv.Itoa(from + f.PageSize)
	}
	return page, nil
}

func exporter(a *archive) http.Handler {
	mux := http.NewServeMux()
	now := func() time.Time { return today }
	api.New(api.Deps{Sessions: a, Images: a, Reports: report.New(now), Credentials: a, Now: now, Logger: slog.New(slog.DiscardHandler)}).Register(mux)
	return mux
}

func export(t *testing.T, h http.Handler, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/v1/kyc/sessions/filter", strings.NewReader(body))
	req.Header.Set("token", goodToken)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func only(t *testing.T, answer []byte) (string, io.ReadCloser) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(answer), int64(len(answer)))
	if err != nil || len(z.File) != 1 {
		t.Fatalf("not a ZIP with one file: %v", err)
	}
	file, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	return z.File[0].Name, file
}

// The contract, section 4: zip gives every session of the filter, whatever page was asked for.
func TestExportCSV(t *testing.T) {
	t.Parallel()
	a := &archive{}
	w := export(t, exporter(a), `{"zip":true,"page":7,"pageSize":3,"cursor":"400","filters":{"status":"success","range":{"start":"2026-11-22"}}}`)
	h := w.Header()
	if w.Code != 200 || h.Get("Content-Type") != "application/zip" || h.Get("Content-Disposition") != `attachment; filename="sessions-2026-11-22.zip"` || h.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", w.Code, h, w.Body)
	}
	name, file := only(t, w.Body.Bytes())
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := rows[len(rows)-1]
	if name != "sessions.csv" || len(rows) != kept+1 || last[0] != "449" || last[1] != "'=cmd" || last[len(last)-1] != "ERIKSSON" {
		t.Errorf("%s: %d rows, the last one is %v", name, len(rows), last)
	}
	if len(a.asked) != 6 {
		t.Errorf("450 sessions are three pages, read twice; the rooms were asked %d times", len(a.asked))
	}
	for _, f := range a.asked {
		if !f.To.Equal(today) || f.Statuses[0] != kyc.Success || f.Page != 1 || f.PageSize != 200 {
			t.Errorf("both readings must see the same sessions: %+v", f)
		}
	}
}

func TestExportXLSX(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"zip":true,"isXLS":true}`, `{"isXLS":true}`} { // either asks for a ZIP (contract, section 4)
		w := export(t, exporter(&archive{}), body)
		name, file := only(t, w.Body.Bytes())
		book, err := excelize.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := book.GetRows(book.GetSheetName(0))
		if err != nil || name != "sessions.xlsx" || len(rows) != kept+1 || rows[1][1] != "'=cmd" {
			t.Errorf("%s: %s: %v, %d rows", body, name, err, len(rows))
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestExportNeedsPermission(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]int{weakToken: 403, "nonsense": 401} {
		a := &archive{}
		req := httptest.NewRequest(http.MethodPost, "/kyc/sessions/filter", strings.NewReader(`{"zip":true,"token":"`+token+`"}`))
		if code, out := serve(t, exporter(a), req); code != want || out["message"] != "access denied" || len(a.asked) != 0 {
			t.Errorf("%d %v", code, out)
		}
	}
	if w := export(t, exporter(&archive{}), `{"zip":"yes"}`); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A fault during the first reading is an answer; one after the first byte cuts
// the connection, so that half a table is never taken for a whole one.
func TestExportThatBreaks(t *testing.T) {
	t.Parallel()
	w := export(t, exporter(&archive{fail: 2}), `{"zip":true}`)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "the cursor is broken") || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	server := httptest.NewServer(exporter(&archive{fail: 6}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/kyc/sessions/filter", strings.NewReader(`{"zip":true}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("token", goodToken)
	answer, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err == nil || answer.StatusCode != 200 {
		t.Errorf("a broken export ended as if it were whole: %d, %d bytes", answer.StatusCode, len(body))
	}
}

// Tables cost work: at most two are written at one time (S44).
func TestExportsAreFew(t *testing.T) {
	t.Parallel()
	a := &archive{hold: make(chan struct{})}
	busy, quick := exporter(a), make(chan int, 3)
	for range 3 {
		go func() { quick <- export(t, busy, `{"zip":true}`).Code }()
	}
	if code := <-quick; code != 429 {
		t.Errorf("the third export answers %d", code)
	}
	close(a.hold)
	for range 2 {
		if code := <-quick; code != 200 {
			t.Errorf("%d", code)
		}
	}
}
