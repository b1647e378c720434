package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// columns knows the order of a table's cells.
type columns struct {
	titles []string // of OCR fields, sorted
	hidden bool     // some fields may not be seen: one column says so
}

func newColumns(seen map[string]bool, hidden bool) columns {
	c := columns{hidden: hidden}
	for title := range seen {
		c.titles = append(c.titles, title)
	}
	slices.Sort(c.titles)
	return c
}

// fixed are the columns that every table has, named as in the session object
// where it has them.
func fixed() []string {
	return []string{"sessionId", "clientKey", "clientUser", "status", "errors", "schemaId", "version", "createdAt", "spent", "checksFailed", "faceMatch"}
}

// hiddenColumn stands in for the fields that may not be seen.
const hiddenColumn = "ocr"

func (c columns) header() []string {
	header := fixed()
	if c.hidden {
		header = append(header, hiddenColumn)
	}
	return append(header, c.titles...)
}

// cells is one session as a row. A field whose title came up only after the
// first reading has no column; the next report has it.
func (c columns) cells(v *kyc.SessionView) []string {
	values, hidden := fields(v)
	cells := []string{
		v.SessionID, v.ClientKey, v.ClientUser, string(v.Status), strings.Join(v.Errors, "; "), v.SchemaID, strconv.Itoa(v.Version),
		time.Time(v.CreatedAt).UTC().Format("2006-01-02T15:04:05.000Z"), strconv.FormatFloat(time.Duration(v.Spent).Seconds(), 'f', 3, 64),
		failedChecks(v), faceMatches(v),
	}
	if c.hidden {
		cells = append(cells, hidden)
	}
	for _, title := range c.titles {
		cells = append(cells, values[title])
	}
	return cells
}

// fields collects values by title; what several documents of a session say
// differently stands side by side.
func fields(v *kyc.SessionView) (values map[string]string, hidden string) {
	all := map[string][]string{}
	for _, result := range v.Results {
		if result.OCR.Hidden {
			hidden = kyc.Denied
		}
		for _, field := range result.OCR.Value.Fields {
			if !slices.Contains(all[field.Title], field.Value) {
				all[field.Title] = append(all[field.Title], field.Value)
			}
		}
	}
	values = make(map[string]string, len(all))
	for title, several := range all {
		values[title] = strings.Join(several, " | ")
	}
	return values, hidden
}

// failedChecks names what did not pass, step by step, pairs of faces included.
func failedChecks(v *kyc.SessionView) string {
	var failed []string
	for _, result := range v.Results {
		if result.Checks.Hidden {
			return kyc.Denied
		}
		for _, group := range result.Checks.Value {
			for _, item := range group.Items {
				if item.Status != kyc.Success {
					failed = append(failed, string(result.Type)+": "+item.Caption)
				}
			}
		}
	}
	return strings.Join(failed, "; ")
}

func faceMatches(v *kyc.SessionView) string {
	var pairs []string
	for _, result := range v.Results {
		if result.Type != kyc.StepFaces {
			continue
		}
		if result.Checks.Hidden {
			return kyc.Denied
		}
		for _, group := range result.Checks.Value {
			for _, item := range group.Items {
				pairs = append(pairs, strings.TrimSpace(item.Caption+" "+item.Value))
			}
		}
	}
	return strings.Join(pairs, "; ")
}
