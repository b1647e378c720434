package store_test

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// writeRows writes the rows of the newest version, when they are not kept yet.
// Rows of earlier versions are never written again: nobody has that code any more.
var writeRows = flag.Bool("write-rows", false, "write testdata/schema-*.sql of the newest version of the tables")

func rowsFile(version int64) string {
	return filepath.Join("testdata", fmt.Sprintf("schema-%05d.sql", version))
}

// TestRowsOfEarlierVersions: rows that a program of each earlier version has
// written are read by today's code, on both databases.
func TestRowsOfEarlierVersions(t *testing.T) {
	t.Parallel()
	versions, err := store.Versions()
	if err != nil {
		t.Fatal(err)
	}
	newest := rowsFile(versions[len(versions)-1])
	if _, err := os.Stat(newest); *writeRows && os.IsNotExist(err) {
		if err := os.WriteFile(newest, []byte(dump(t)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, version := range versions {
		rows, err := os.ReadFile(rowsFile(version))
		if err != nil {
			t.Errorf("version %d of the tables has no rows: run \"go test ./internal/store -run TestRowsOfEarlierVersions -write-rows\" while it is the newest: %v", version, err)
			continue
		}
		for name, address := range map[string]func(testing.TB) string{
			"sqlite":   func(t testing.TB) string { return filepath.Join(t.TempDir(), "a.db") },
			"postgres": func(t testing.TB) string { return storetest.PostgresURL(t) },
		} {
			t.Run(fmt.Sprintf("%d on %s", version, name), func(t *testing.T) {
				t.Parallel()
				readEarlier(t, address(t), version, string(rows))
			})
		}
	}
}

func readEarlier(t *testing.T, address string, version int64, rows string) {
	t.Helper()
	ctx := t.Context()
	if err := store.MigrateTo(ctx, store.Config{Address: address}, version); err != nil {
		t.Fatal(err)
	}
	load(t, address, rows)
	s := storetest.OpenAddress(t, address, time.Now)
	if err := s.Do(ctx, func(tx kyc.Tx) error {
		check(ctx, t, s, tx)
		checkLater(ctx, t, s, tx, version)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// blob is how the rows files write bytes: as SQLite reads them.
var blob = regexp.MustCompile(`X'([0-9a-f]*)'`)

// load runs a rows file, one statement a line, on tables of an earlier version.
func load(t *testing.T, address, rows string) {
	t.Helper()
	db, err := store.OpenBare(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if store.DialectOf(address) == store.Postgres {
		rows = blob.ReplaceAllString(rows, `'\x$1'`)
	}
	for line := range strings.Lines(rows) {
		if strings.HasPrefix(line, "--") {
			continue
		}
		if _, err := db.ExecContext(t.Context(), line); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
}

// dump seeds a database and writes its rows down, tables in the order in which
// they refer to each other. Numbers that the database gives are left to it.
func dump(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	s := storetest.Open(t)
	if err := s.Do(ctx, func(tx kyc.Tx) error { return seed(ctx, s, tx) }); err != nil {
		t.Fatal(err)
	}
	tables := texts(t, s, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY rowid`)
	out := "-- Rows as a program of this version of the tables wrote them. Never change this file.\n"
	for _, table := range tables {
		columns := texts(t, s, `SELECT name FROM pragma_table_info('`+table+`') WHERE name <> 'seq' ORDER BY cid`)
		quoted := make([]string, len(columns))
		for i, column := range columns {
			quoted[i] = `quote(` + column + `)`
			if texts(t, s, `SELECT type FROM pragma_table_info('`+table+`') WHERE name = '`+column+`'`)[0] == "BOOLEAN" {
				quoted[i] = `CASE WHEN ` + column + ` THEN 'TRUE' ELSE 'FALSE' END`
			}
		}
		for _, row := range texts(t, s, `SELECT `+strings.Join(quoted, ` || ', ' || `)+` FROM `+table) {
			out += fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s);\n", table, strings.Join(columns, ", "), lower(row))
		}
	}
	return out
}

// lower writes bytes in lower case, as Go does.
func lower(row string) string {
	return regexp.MustCompile(`X'([0-9A-F]*)'`).ReplaceAllStringFunc(row, func(found string) string {
		bytes, err := hex.DecodeString(found[2 : len(found)-1])
		if err != nil {
			return found
		}
		return "X'" + hex.EncodeToString(bytes) + "'"
	})
}

func texts(t *testing.T, s *store.Store, query string) (all []string) {
	t.Helper()
	rows, err := s.Writer().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
