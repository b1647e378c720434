package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Bulk writes many sessions at once, for benchmarks and for tests of totals:
// sealed one by one, as the store itself seals them, and then written past
// units of work, indexes and references being made afterwards. All stores get
// the same rows, so they must have the same accounts and keys.
type Bulk struct {
	Stores []*Store
	Ref    kyc.KeyRef // the account's key
	Size   int
	Make   func(i int) BulkSession // called by several goroutines
}

// BulkSession is one session with what belongs to it.
type BulkSession struct {
	Session  kyc.Session
	Attempts []kyc.Attempt
	Evidence []kyc.Evidence
	Fields   []kyc.Field // that it is found by
}

const bulkBatch = 1000

// bulkColumns are the tables in the order in which they refer to each other.
func bulkColumns() []struct{ table, columns string } {
	return []struct{ table, columns string }{
		{"sessions", "id account_id scenario_id revision origin status step errors lock created_at expires_at finished_at client client_key_index client_user_index client_id_index faces face_templates subject_key template_key"},
		{"session_errors", "session_id code account_id created_at"},
		{"attempts", "session_id step try type status started_at sent_at finished_at challenge frames finding templates"},
		{"evidence", "id session_id step try name derived blob_key digest size width height created_at"},
		{"session_terms", "created_at term titled session_id"},
	}
}

// bulkRows are rows by table, in the order of bulkColumns.
type bulkRows [5][][]any

// Write makes and writes all of them.
func (b Bulk) Write(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var faults []error
	var once sync.Mutex
	fail := func(err error) {
		if err != nil {
			once.Lock()
			faults = append(faults, err)
			once.Unlock()
			cancel()
		}
	}
	channels := make([]chan *bulkRows, len(b.Stores))
	var writers sync.WaitGroup
	for i, s := range b.Stores {
		channels[i] = make(chan *bulkRows, 4)
		writers.Go(func() { fail(s.writeBulk(ctx, channels[i])) })
	}
	starts := make(chan int)
	var makers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		makers.Go(func() {
			for start := range starts {
				rows, err := b.rows(start)
				fail(err)
				for _, c := range channels {
					select {
					case c <- rows:
					case <-ctx.Done():
					}
				}
			}
		})
	}
	for start := 0; start < b.Size && ctx.Err() == nil; start += bulkBatch {
		starts <- start
	}
	close(starts)
	makers.Wait()
	for _, c := range channels {
		close(c)
	}
	writers.Wait()
	return errors.Join(faults...)
}

// rows seals a batch.
func (b Bulk) rows(start int) (*bulkRows, error) {
	rows := &bulkRows{}
	s := b.Stores[0]
	for i := start; i < min(start+bulkBatch, b.Size); i++ {
		if err := s.bulkSession(rows, b.Ref, b.Make(i)); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (s *Store) bulkSession(rows *bulkRows, ref kyc.KeyRef, made BulkSession) error {
	v := &made.Session
	u := &unit{subjects: map[string]subject{}}
	k := subject{data: ref, templates: ref}
	k.data.SubjectID, k.templates.SubjectID = v.ID, templateSubject(v.ID)
	var err error
	if k.data.SubjectKey, err = s.keys.NewSubjectKey(k.data); err != nil {
		return err
	}
	if k.templates.SubjectKey, err = s.keys.NewSubjectKey(k.templates); err != nil {
		return err
	}
	u.subjects[v.ID] = k
	p, err := s.personal(k, v)
	if err != nil {
		return err
	}
	faults, err := list(v.Errors)
	if err != nil {
		return err
	}
	rows[0] = append(rows[0], []any{v.ID, v.AccountID, v.ScenarioID, v.Revision, string(v.Origin), string(v.Status), v.Step, faults, 1, micro(v.CreatedAt), micro(v.ExpiresAt),
		micro(v.FinishedAt), p.client, p.key, p.user, p.id, p.faces, p.templates, k.data.SubjectKey, k.templates.SubjectKey})
	codes := map[string]bool{}
	for _, code := range v.Errors {
		codes[code] = true
	}
	for i := range made.Attempts {
		a := &made.Attempts[i]
		c, err := s.attemptColumns(context.Background(), u, a)
		if err != nil {
			return err
		}
		rows[2] = append(rows[2], []any{a.SessionID, a.Step, a.Try, string(a.Type), string(a.Status), micro(a.StartedAt), micro(a.SentAt), micro(a.FinishedAt), c.challenge, c.frames, c.finding, c.templates})
		if a.Finding != nil {
			for _, code := range a.Finding.Errors {
				codes[string(code)] = true
			}
		}
	}
	for code := range codes {
		rows[1] = append(rows[1], []any{v.ID, code, v.AccountID, micro(v.CreatedAt)})
	}
	for _, e := range made.Evidence {
		rows[3] = append(rows[3], []any{e.ID, e.SessionID, e.Step, e.Try, e.Name, e.Derived, e.BlobKey, e.Digest, e.Size, e.Width, e.Height, micro(e.CreatedAt)})
	}
	known := map[[2]string]bool{}
	for _, f := range made.Fields {
		terms, err := s.terms(ref, f)
		if err != nil {
			return err
		}
		for _, t := range terms {
			if key := [2]string{string(t.anywhere), string(t.titled)}; !known[key] {
				known[key] = true
				rows[4] = append(rows[4], []any{micro(v.CreatedAt), t.anywhere, t.titled, v.ID})
			}
		}
	}
	return nil
}

func (s *Store) writeBulk(ctx context.Context, batches <-chan *bulkRows) error {
	if s.dialect == Postgres {
		return s.writeBulkPostgres(ctx, batches)
	}
	return s.writeBulkSQLite(ctx, batches)
}

func (s *Store) writeBulkPostgres(ctx context.Context, batches <-chan *bulkRows) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SET statement_timeout = 0; SET maintenance_work_mem = '512MB'; SET synchronous_commit = off`); err != nil {
		return err
	}
	again, err := withoutIndexes(ctx, conn.Conn())
	if err != nil {
		return err
	}
	for rows := range batches {
		for i, t := range bulkColumns() {
			if _, err := conn.Conn().CopyFrom(ctx, pgx.Identifier{t.table}, strings.Fields(t.columns), pgx.CopyFromRows(rows[i])); err != nil {
				return fmt.Errorf("%s: %w", t.table, err)
			}
		}
	}
	for _, statement := range again {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// withoutIndexes drops indexes and references of the tables and returns what
// makes them again, and what the server's own upkeep would do in time.
func withoutIndexes(ctx context.Context, conn *pgx.Conn) (again []string, err error) {
	var drop []string
	for _, t := range bulkColumns() {
		rows, err := conn.Query(ctx, `
			SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname), format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), CASE contype WHEN 'f' THEN 2 ELSE 0 END
			FROM pg_constraint WHERE conrelid = $1::regclass OR confrelid = $1::regclass
			UNION ALL SELECT format('DROP INDEX %I', indexname), indexdef, 1 FROM pg_indexes i
			WHERE tablename = $1::text AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)`, t.table)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) ([3]string, error) {
			var v [3]string
			var rank int
			err := r.Scan(&v[0], &v[1], &rank)
			v[2] = fmt.Sprint(rank)
			return v, err
		})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			if line := v[2] + v[1]; !slices.Contains(again, line) {
				drop, again = append(drop, v[0]), append(again, line)
			}
		}
	}
	slices.Sort(again) // keys, then indexes, then references
	for i := range again {
		again[i] = again[i][1:]
	}
	slices.SortStableFunc(drop, func(a, b string) int { // references first: they need the keys
		return strings.Compare(fmt.Sprint(!strings.Contains(a, "_fkey")), fmt.Sprint(!strings.Contains(b, "_fkey")))
	})
	for _, statement := range drop {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	for _, t := range bulkColumns() {
		again = append(again, "VACUUM ANALYZE "+t.table)
	}
	return again, nil
}

// bulkTerm is a row of session_terms that waits to be written in order: tens of
// millions in the order of their hashes would read and write every page anew.
type bulkTerm struct {
	term, titled uint64
	session      int32
}

func (s *Store) writeBulkSQLite(ctx context.Context, batches <-chan *bulkRows) (err error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	indexes, err := s.sqliteIndexes(ctx, conn)
	if err != nil {
		return err
	}
	run := func(statements ...string) error {
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	}
	if err := run("PRAGMA synchronous = OFF", "PRAGMA foreign_keys = OFF", "PRAGMA cache_size = -400000", "PRAGMA temp_store = MEMORY"); err != nil {
		return err
	}
	for _, x := range indexes {
		if err := run("DROP INDEX " + x[0]); err != nil {
			return err
		}
	}
	var terms []bulkTerm
	var ids []string
	var created []int64
	for rows := range batches {
		first := len(ids)
		places := make(map[string]int, len(rows[0]))
		for i, row := range rows[0] {
			ids, created = append(ids, row[0].(string)), append(created, row[9].(int64))
			places[row[0].(string)] = first + i
		}
		for _, row := range rows[4] {
			terms = append(terms, bulkTerm{binary.BigEndian.Uint64(row[1].([]byte)), binary.BigEndian.Uint64(row[2].([]byte)), int32(places[row[3].(string)])}) //nolint:gosec // millions
		}
		if err := insertBulk(ctx, conn, rows); err != nil {
			return err
		}
	}
	slices.SortFunc(terms, func(a, b bulkTerm) int {
		switch {
		case a.term != b.term:
			return compare(a.term, b.term)
		case created[a.session] != created[b.session]:
			return compare(created[a.session], created[b.session])
		case a.session != b.session:
			return strings.Compare(ids[a.session], ids[b.session])
		}
		return compare(a.titled, b.titled)
	})
	for chunk := range slices.Chunk(terms, 100*bulkBatch) {
		rows := &bulkRows{}
		for _, t := range chunk {
			rows[4] = append(rows[4], []any{created[t.session], binary.BigEndian.AppendUint64(nil, t.term), binary.BigEndian.AppendUint64(nil, t.titled), ids[t.session]})
		}
		if err := insertBulkTable(ctx, conn, 4, rows[4]); err != nil {
			return err
		}
	}
	for _, x := range indexes {
		if err := run(x[1]); err != nil {
			return err
		}
	}
	return run("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", "PRAGMA cache_size = -2000", "PRAGMA temp_store = DEFAULT")
}

func compare[T uint64 | int64](a, b T) int {
	if a < b {
		return -1
	}
	return 1
}

// sqliteIndexes lists the tables' own indexes by name and statement.
func (s *Store) sqliteIndexes(ctx context.Context, conn *sql.Conn) ([][2]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
		AND tbl_name IN ('sessions', 'session_errors', 'attempts', 'evidence', 'session_terms')`)
	return collect(rows, err, func(r row) (v [2]string, err error) { err = r.Scan(&v[0], &v[1]); return v, err })
}

func insertBulk(ctx context.Context, conn *sql.Conn, rows *bulkRows) error {
	for i := range 4 { // terms wait
		if err := insertBulkTable(ctx, conn, i, rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// insertBulkTable writes rows in one transaction, many a statement.
func insertBulkTable(ctx context.Context, conn *sql.Conn, i int, rows [][]any) error {
	t := bulkColumns()[i]
	columns := strings.Fields(t.columns)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	const together = 50
	line := "(?" + strings.Repeat(", ?", len(columns)-1) + ")" // without numbers, which the driver would look up one by one
	var many *sql.Stmt
	for chunk := range slices.Chunk(rows, together) {
		if many == nil || len(chunk) != together {
			if many, err = tx.PrepareContext(ctx, "INSERT INTO "+t.table+" ("+strings.Join(columns, ", ")+") VALUES "+line+strings.Repeat(", "+line, len(chunk)-1)); err != nil { //nolint:gosec // our own names
				return err
			}
		}
		if _, err := many.ExecContext(ctx, slices.Concat(chunk...)...); err != nil {
			return fmt.Errorf("%s: %w", t.table, err)
		}
	}
	return tx.Commit()
}
