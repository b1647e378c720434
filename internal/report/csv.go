package report

import (
	"encoding/csv"
	"io"
)

// byteOrderMark tells spreadsheets that the text is UTF-8.
const byteOrderMark = "\uFEFF"

// commas is a table as RFC 4180 describes it.
type commas struct{ w *csv.Writer }

func newCommas(w io.Writer) (*commas, error) {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return nil, err
	}
	table := &commas{csv.NewWriter(w)}
	table.w.UseCRLF = true
	return table, nil
}

func (t *commas) row(cells []string) error {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = harmless(cell)
	}
	return t.w.Write(safe)
}

func (t *commas) close() error {
	t.w.Flush()
	return t.w.Error()
}
