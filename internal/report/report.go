package report

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Format of a table.
type Format string

// The formats of the wire contract, section 4.
const (
	CSV  Format = "csv"  // UTF-8 with byte order mark
	XLSX Format = "xlsx" // Office Open XML (ECMA-376)
)

// Source yields pages of session objects in the order of the rows, anew each
// time it is called. It ends at the first error.
type Source func(ctx context.Context) iter.Seq2[[]kyc.SessionView, error]

// maxColumns bounds what the first reading remembers. Titles come from our own
// engines, which know a few dozen.
const maxColumns = 1000

// Room writes reports. It is safe for concurrent use.
type Room struct{ now func() time.Time }

// New builds the room; now dates the file inside of the ZIP.
func New(now func() time.Time) *Room { return &Room{now: now} }

// table is one format: rows go in, the file's bytes come out.
type table interface {
	row(cells []string) error
	close() error
}

// Write writes a ZIP that holds one table, a row a session.
func (r *Room) Write(ctx context.Context, w io.Writer, format Format, source Source) error {
	columns, err := survey(ctx, format, source)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	table, err := r.open(archive, format)
	if err != nil {
		return err
	}
	if err := table.row(columns.header()); err != nil {
		return err
	}
	for page, err := range source(ctx) {
		if err != nil {
			return err
		}
		for i := range page {
			if err := table.row(columns.cells(&page[i])); err != nil {
				return fmt.Errorf("write a row: %w", err)
			}
		}
	}
	if err := table.close(); err != nil {
		return fmt.Errorf("end the table: %w", err)
	}
	return archive.Close()
}

// open begins the one file of the archive.
func (r *Room) open(archive *zip.Writer, format Format) (table, error) {
	header := &zip.FileHeader{Name: "sessions." + string(format), Method: zip.Deflate, Modified: r.now().UTC()}
	if format == XLSX {
		header.Method = zip.Store // a workbook is a ZIP itself
	}
	file, err := archive.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if format == XLSX {
		return newWorkbook(file)
	}
	return newCommas(file)
}

// survey is the first reading: which titles there are, and whether the table
// fits its format.
func survey(ctx context.Context, format Format, source Source) (columns, error) {
	if format != CSV && format != XLSX {
		return columns{}, kyc.Errorf(kyc.Invalid, "unknown format of a table")
	}
	seen := map[string]bool{}
	rows, hidden := 0, false
	for page, err := range source(ctx) {
		if err != nil {
			return columns{}, err
		}
		rows += len(page)
		for i := range page {
			for _, result := range page[i].Results {
				hidden = hidden || result.OCR.Hidden
				for _, field := range result.OCR.Value.Fields {
					seen[field.Title] = true
				}
			}
		}
		if len(seen) > maxColumns {
			return columns{}, kyc.Errorf(kyc.TooLarge, "these sessions have more than %d different fields; narrow the filter", maxColumns)
		}
		if format == XLSX && rows > maxSheetRows-1 {
			return columns{}, kyc.Errorf(kyc.TooLarge, "a spreadsheet takes at most %d rows; narrow the filter, or leave isXLS out for CSV", maxSheetRows-1)
		}
	}
	return newColumns(seen, hidden), nil
}
