package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"reflect"
	"time"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/report"
)

// Limits of an export.
const (
	exportPage = 200             // sessions read at once
	pageTime   = 2 * time.Minute // for a page to be read and to reach the receiver
)

// filterOperation serves the list as JSON, or as a ZIP with one table.
func (d *Door) filterOperation(op operation) operation {
	op.in, op.out, op.zip = reflect.TypeFor[filterRequest](), reflect.TypeFor[filterAnswer](), true
	schema := d.book.schema(op.in)
	op.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, in, err := asked[filterRequest](d, op, schema, w, r)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if in.Zip || in.IsXLS {
			d.export(w, r, principal, in)
			return
		}
		out, err := d.filter(r.Context(), principal, in)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		edge.WriteJSON(w, http.StatusOK, out)
	})
	return op
}

// export streams all sessions that the filter selects as a file. A fault before
// its first byte is an ordinary error; after it the connection is cut, so that
// nobody takes half a table for a whole one.
func (d *Door) export(w http.ResponseWriter, r *http.Request, p *kyc.Principal, in *filterRequest) {
	f, err := in.selection(p)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	select {
	case d.exports <- struct{}{}:
		defer func() { <-d.exports }()
	default:
		d.fail(w, r, kyc.Errorf(kyc.TooMany, "other tables are being written; try again in a minute"))
		return
	}
	format := report.CSV
	if in.IsXLS {
		format = report.XLSX
	}
	file := &download{w: w, name: fmt.Sprintf("sessions-%s.zip", d.Now().UTC().Format(time.DateOnly))}
	err = d.Reports.Write(r.Context(), file, format, d.pages(http.NewResponseController(w), p, f))
	switch {
	case err != nil && !file.begun:
		d.fail(w, r, err)
	case err != nil:
		d.Logger.WarnContext(r.Context(), "an export was broken off", "requestId", edge.RequestID(r.Context()), "error", err.Error())
		panic(http.ErrAbortHandler)
	}
}

// pages reads the selection from its beginning. Sessions that are opened from
// now on do not belong to it, so that both readings of a report find the same.
func (d *Door) pages(control *http.ResponseController, p *kyc.Principal, f kyc.SessionFilter) report.Source {
	if now := d.Now(); f.To.IsZero() || f.To.After(now) {
		f.To = now
	}
	f.Page, f.PageSize, f.Cursor = 1, exportPage, ""
	return func(ctx context.Context) iter.Seq2[[]kyc.SessionView, error] {
		return func(yield func([]kyc.SessionView, error) bool) {
			next := f
			for {
				// Each page gets its own time; the server's limit is for short answers.
				// A writer without deadlines, as in tests, has none to move.
				_ = control.SetWriteDeadline(time.Now().Add(pageTime))
				page, err := d.Sessions.Filter(ctx, p, next)
				if err != nil {
					yield(nil, err)
					return
				}
				if !yield(page.Sessions, nil) || page.Next == "" {
					return
				}
				next.Cursor = page.Next
			}
		}
	}
}

// download is a file on its way: its headers go out with its first byte.
type download struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

func (f *download) Write(b []byte) (int, error) {
	if !f.begun {
		f.begun = true
		h := f.w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
		h.Set("Cache-Control", "no-store")
	}
	return f.w.Write(b)
}
