package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Carried lists the tables that make up an installation, each after those that
// it refers to. Backup and move carry all of their rows; the tables that are
// not in the list belong to the queue, whose jobs the rooms' sweeps make anew.
// Tables that later versions have dropped stay in the list, for backups from
// before. Whoever adds a table adds it here: a test compares the list with the schema.
func Carried() []string {
	return []string{
		"accounts", "users", "logins", "api_tokens", "scenarios", "scenario_revisions", "endpoints",
		"sessions", "session_errors", "session_terms", "session_words", "attempts", "evidence", "events", "frame_prints",
		"client_key_blocks", "client_key_ids", "deliveries", "delivery_attempts",
		"face_lists", "persons", "person_faces", "person_faces_gone", "person_pictures", "person_events", "face_searches",
		"settings", // last: a transfer that goes on writes them anew
	}
}

// CarriedTables lists those of them that this database has; one that is not up
// to date may lack the newest.
func (s *Store) CarriedTables(ctx context.Context, tx kyc.Tx) ([]string, error) {
	question := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if s.dialect == Postgres {
		question = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	rows, err := use(tx).QueryContext(ctx, question)
	there, err := collect(rows, err, scanText)
	return slices.DeleteFunc(Carried(), func(name string) bool { return !slices.Contains(there, name) }), err
}

// settingTransfer marks a database that is being filled by a move or a
// restoration. It is never carried itself.
const settingTransfer = "store.transfer"

// insertRows is how many rows one statement writes.
const insertRows = 100

// column of a table, the same on both databases.
type column struct {
	name string
	kind string // text, int, bool, float or bytes
	key  int64  // place in the primary key from 1, 0 for none
}

// columns reads a table's columns from the schema, by name.
func (s *Store) columns(ctx context.Context, tx kyc.Tx, table string) ([]column, error) {
	if !slices.Contains(Carried(), table) {
		return nil, fmt.Errorf("the table %q is not one that is carried", table)
	}
	question := `SELECT name, type, pk FROM pragma_table_info($1) ORDER BY name`
	if s.dialect == Postgres {
		question = `SELECT a.attname, format_type(a.atttypid, NULL), COALESCE(array_position(i.indkey::int2[], a.attnum), -1) + 1
			FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
			WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"`
	}
	rows, err := use(tx).QueryContext(ctx, question, table)
	all, err := collect(rows, err, func(r row) (c column, err error) {
		var kind string
		if err = r.Scan(&c.name, &kind, &c.key); err == nil {
			c.kind, err = kindOf(kind)
		}
		return c, err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("it does not exist")
	}
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", table, err)
	}
	return all, nil
}

func kindOf(kind string) (string, error) {
	switch strings.ToLower(kind) {
	case "text":
		return "text", nil
	case "bigint", "integer":
		return "int", nil
	case "blob", "bytea":
		return "bytes", nil
	case "boolean":
		return "bool", nil
	case "double precision", "double":
		return "float", nil
	}
	return "", fmt.Errorf("a column of type %s cannot be carried", kind)
}

// keys are the columns of the primary key, in its order.
func keys(columns []column) []column {
	all := slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(all, func(a, b column) int { return int(a.key - b.key) })
	return all
}

func names(columns []column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = `"` + c.name + `"`
	}
	return strings.Join(all, ", ")
}

// CarriedColumns describes a table's rows as "name kind", in the order in which
// they stand in a row of ReadRows.
func (s *Store) CarriedColumns(ctx context.Context, tx kyc.Tx, table string) ([]string, error) {
	columns, err := s.columns(ctx, tx, table)
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name + " " + c.kind
	}
	return all, err
}

// ReadRows reads up to limit rows behind the row after, or from the beginning
// when that is nil, in the order of the primary key, which is the same on every
// database. A row is a JSON array on one line; bytes are base64 in it. What is
// sealed stays sealed.
func (s *Store) ReadRows(ctx context.Context, tx kyc.Tx, table string, after []byte, limit int) ([][]byte, error) {
	columns, err := s.columns(ctx, tx, table)
	if err != nil {
		return nil, err
	}
	key := keys(columns)
	var a args
	where := without(table)
	if after != nil {
		values, err := parseRow(columns, after)
		if err != nil {
			return nil, err
		}
		marks := make([]string, len(key))
		for i, k := range key {
			marks[i] = a.add(values[slices.Index(columns, k)])
		}
		where += fmt.Sprintf(" AND (%s) > (%s)", names(key), strings.Join(marks, ", "))
	}
	question := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %s", names(columns), table, where, names(key), a.add(limit))
	rows, err := use(tx).QueryContext(ctx, question, a...) //nolint:gosec // the names are the schema's own
	return collect(rows, err, func(r row) ([]byte, error) { return formatRow(columns, r) })
}

// LastRow is the table's last row in the order of ReadRows, nil when it has none.
func (s *Store) LastRow(ctx context.Context, tx kyc.Tx, table string) ([]byte, error) {
	columns, err := s.columns(ctx, tx, table)
	if err != nil {
		return nil, err
	}
	key := keys(columns)
	order := make([]string, len(key))
	for i, k := range key {
		order[i] = names([]column{k}) + " DESC"
	}
	question := fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1", names(columns), table, without(table), strings.Join(order, ", "))
	line, err := formatRow(columns, use(tx).QueryRowContext(ctx, question)) //nolint:gosec // the names are the schema's own
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return line, err
}

// without leaves the mark of a transfer out of the settings.
func without(table string) string {
	if table == "settings" {
		return "key <> '" + settingTransfer + "'"
	}
	return "TRUE"
}

// WriteRows adds rows of ReadRows, from whichever database. The columns must be
// the same; see CarriedColumns.
func (s *Store) WriteRows(ctx context.Context, tx kyc.Tx, table string, rows [][]byte) error {
	columns, err := s.columns(ctx, tx, table)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(rows, insertRows) {
		var a args
		lines := make([]string, len(batch))
		for i, line := range batch {
			values, err := parseRow(columns, line)
			if err != nil {
				return fmt.Errorf("a row of %s: %w", table, err)
			}
			lines[i] = "(" + in(&a, values) + ")"
		}
		overriding := ""
		if s.dialect == Postgres { // numbers that the table would give itself
			overriding = "OVERRIDING SYSTEM VALUE "
		}
		statement := fmt.Sprintf("INSERT INTO %s (%s) %sVALUES %s", table, names(columns), overriding, strings.Join(lines, ", "))
		if _, err := use(tx).ExecContext(ctx, statement, a...); err != nil { //nolint:gosec // the names are the schema's own
			return taken(fmt.Errorf("write rows of %s: %w", table, err), "the database has rows of another installation, or this one's were changed while they were carried")
		}
	}
	return nil
}

// formatRow writes one row as a line.
func formatRow(columns []column, r row) ([]byte, error) {
	into := make([]any, len(columns))
	for i, c := range columns {
		switch c.kind {
		case "text":
			into[i] = new(sql.Null[string])
		case "int":
			into[i] = new(sql.Null[int64])
		case "bool":
			into[i] = new(sql.Null[bool])
		case "float":
			into[i] = new(sql.Null[float64])
		default:
			into[i] = new(any) // a []byte would not tell nothing from no bytes on SQLite
		}
	}
	if err := r.Scan(into...); err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for i, v := range into {
		values[i] = valueOf(v)
		if text, ok := values[i].(string); ok && !utf8.ValidString(text) {
			return nil, fmt.Errorf("column %s holds a text that is not UTF-8", columns[i].name)
		}
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line.Bytes(), []byte("\n")), nil
}

func valueOf(scanned any) any {
	switch v := scanned.(type) {
	case *sql.Null[string]:
		return orNull(v)
	case *sql.Null[int64]:
		return orNull(v)
	case *sql.Null[bool]:
		return orNull(v)
	case *sql.Null[float64]:
		return orNull(v)
	case *any:
		if bytes, ok := (*v).([]byte); ok {
			return append([]byte{}, bytes...) // never nil, which encoding/json writes as null
		}
	}
	return nil
}

func orNull[T any](v *sql.Null[T]) any {
	if !v.Valid {
		return nil
	}
	return v.V
}

// parseRow reverses formatRow.
func parseRow(columns []column, line []byte) ([]any, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(line, &parts); err != nil || len(parts) != len(columns) {
		return nil, fmt.Errorf("a row has %d columns, the table has %d", len(parts), len(columns))
	}
	values := make([]any, len(columns))
	for i, c := range columns {
		if string(parts[i]) == "null" {
			continue
		}
		var err error
		switch c.kind {
		case "text":
			values[i], err = parse[string](parts[i])
		case "int":
			values[i], err = parse[int64](parts[i])
		case "bool":
			values[i], err = parse[bool](parts[i])
		case "float":
			values[i], err = parse[float64](parts[i])
		default:
			values[i], err = parse[[]byte](parts[i])
		}
		if err != nil {
			return nil, fmt.Errorf("column %s cannot be read", c.name)
		}
	}
	return values, nil
}

func parse[T any](part []byte) (v T, err error) {
	err = json.Unmarshal(part, &v)
	return v, err
}
