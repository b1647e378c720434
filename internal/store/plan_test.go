package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// plainKeys lets the plans be asked for without sealing anything.
type plainKeys struct{ Keys }

func (plainKeys) NewAccountKey(string) ([]byte, error) { return []byte("key"), nil }
func (plainKeys) Index(_ kyc.KeyRef, field, value string) ([]byte, error) {
	sum := sha256.Sum256([]byte(field + value))
	return sum[:16], nil
}

func openPlain(t *testing.T) *Store {
	t.Helper()
	s, err := Open(context.Background(), Config{Path: filepath.Join(t.TempDir(), "a.db"), Keys: plainKeys{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestPlans: no filter reads the whole table of sessions, and none sorts what
// an index has in order already.
func TestPlans(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), openPlain(t)
	if err := s.Do(ctx, func(tx kyc.Tx) error { return s.CreateAccount(ctx, tx, &kyc.Account{ID: "a"}) }); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for name, c := range map[string]struct {
		filter kyc.SessionFilter
		index  string
		sorts  bool // the index finds few rows, which are then put in order
	}{
		"account":     {kyc.SessionFilter{AccountID: "a"}, "sessions_account", false},
		"range":       {kyc.SessionFilter{AccountID: "a", From: now, To: now}, "sessions_account", false},
		"everybody":   {kyc.SessionFilter{}, "sessions_created", false},
		"status":      {kyc.SessionFilter{AccountID: "a", Statuses: []kyc.Status{kyc.Failed}}, "sessions_status", false},
		"client key":  {kyc.SessionFilter{AccountID: "a", ClientKey: "k"}, "sessions_client_key", false},
		"client user": {kyc.SessionFilter{AccountID: "a", ClientUser: "k"}, "sessions_client_user", false},
		"client id":   {kyc.SessionFilter{AccountID: "a", ClientID: "k"}, "sessions_client_id", false},
		"session":     {kyc.SessionFilter{AccountID: "a", SessionID: "k"}, "sqlite_autoindex_sessions_1", true},
		"scenario":    {kyc.SessionFilter{AccountID: "a", ScenarioID: "k"}, "sessions_", false},
		"title":       {kyc.SessionFilter{AccountID: "a", OCR: map[string]string{"Surname": "x"}}, "SEARCH d USING PRIMARY KEY (term=?", false},
		"any title":   {kyc.SessionFilter{AccountID: "a", OCR: map[string]string{"": "x"}}, "SEARCH d USING PRIMARY KEY (term=?", false},
		"beginning":   {kyc.SessionFilter{AccountID: "a", OCR: map[string]string{"": "xyz*"}, Ascending: true}, "SEARCH d USING PRIMARY KEY (term=?", false},
		"words":       {kyc.SessionFilter{AccountID: "a", OCR: map[string]string{"": "abc* xyz*"}}, "SEARCH x USING COVERING INDEX session_terms_session (session_id=? AND term=? AND created_at=?)", false},
		"term, range": {kyc.SessionFilter{AccountID: "a", OCR: map[string]string{"": "x"}, From: now, To: now}, "(term=? AND created_at>? AND created_at<?)", false},
		"error":       {kyc.SessionFilter{AccountID: "a", Error: []string{"x"}}, "session_errors_code", false},
		"errors":      {kyc.SessionFilter{AccountID: "a", Error: []string{"x", "y"}}, "session_errors_code", true},
		"statuses":    {kyc.SessionFilter{AccountID: "a", Statuses: []kyc.Status{kyc.Failed, kyc.Success}}, "sessions_status (account_id=? AND status=?)", true},
	} {
		plan, err := s.plan(ctx, c.filter, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, c.index) || strings.Contains(plan, "SCAN s\n") {
			t.Errorf("%s: the index %s is not used:\n%s", name, c.index, plan)
		}
		if !c.sorts && strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") {
			t.Errorf("%s: sorts all it finds:\n%s", name, plan)
		}
	}
}

// TestPlanOfLaterPages: a page begins where the one before ended, also within a
// range. Begun at the range's end, a list of n pages would cost n times n.
func TestPlanOfLaterPages(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), openPlain(t)
	now := time.Now()
	for name, c := range map[string]struct {
		ascending bool
		index     string
	}{
		"newest first": {false, "(account_id=? AND created_at>? AND (created_at,id)<(?,?))"},
		"oldest first": {true, "(account_id=? AND (created_at,id)>(?,?) AND created_at<?)"},
	} {
		plan, err := s.plan(ctx, kyc.SessionFilter{AccountID: "a", From: now, To: now.Add(time.Hour), Ascending: c.ascending}, &position{created: micro(now), id: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, c.index) {
			t.Errorf("%s: does not begin behind the last page:\n%s", name, plan)
		}
	}
}

// TestPlanOfFrames: each band of a print is read from the index, the newest rows
// first, so that a frame which came a million times costs no more than one.
func TestPlanOfFrames(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), openPlain(t)
	query, a := framesQuery(kyc.Recording{SessionID: "x", SentAt: time.Now()}, []look{{bands: [][]byte{{1}, {2}}}, {bands: [][]byte{{3}}, elsewhere: true}}, 2)
	err := s.View(ctx, func(tx kyc.Tx) error {
		rows, err := use(tx).QueryContext(ctx, `EXPLAIN QUERY PLAN `+query, a...)
		lines, err := collect(rows, err, func(r row) (line string, err error) {
			var id, parent, unused int
			err = r.Scan(&id, &parent, &unused, &line)
			return line, err
		})
		plan := strings.Join(lines, "\n")
		if strings.Count(plan, "SEARCH frame_prints USING PRIMARY KEY (band=? AND created_at<?)") != 3 || strings.Contains(plan, "FOR ORDER BY") {
			t.Errorf("bands are not read in order from their index:\n%s", plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plan asks SQLite how it would read the places of a filter's page.
func (s *Store) plan(ctx context.Context, f kyc.SessionFilter, after *position) (plan string, err error) {
	err = s.View(ctx, func(tx kyc.Tx) error {
		u := use(tx)
		c, err := s.search(ctx, u, f)
		if err != nil {
			return err
		}
		c.after = after
		a := append(args{}, c.args...)
		query := c.keys(&a, 20, 0)
		query, a = used(query, a)
		rows, err := u.QueryContext(ctx, `EXPLAIN QUERY PLAN `+query, a...)
		lines, err := collect(rows, err, func(r row) (string, error) {
			var id, parent, unused int
			var line string
			err := r.Scan(&id, &parent, &unused, &line)
			return line, err
		})
		plan = strings.Join(lines, "\n") + "\n"
		return err
	})
	return plan, err
}

// TestReopen: what was written is there after a restart, cursors stay valid,
// and migrating again does nothing.
func TestReopen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "new folder", "a.db")
	var keys [][]byte
	for range 2 {
		s, err := Open(ctx, Config{Path: path, Keys: plainKeys{}})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, s.cursor)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys[0]) != 32 || string(keys[0]) != string(keys[1]) {
		t.Error("cursors do not survive a restart")
	}
}

// TestOwn: one owner at a time, and readers and writers on the side all the while.
func TestOwn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "a.db")
	open := func() *Store {
		s, err := Open(ctx, Config{Path: path, Keys: plainKeys{}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	first, second := open(), open()
	release, err := first.Own()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Own(); err == nil {
		t.Error("two owners")
	}
	if err := second.Do(ctx, func(tx kyc.Tx) error { return second.PutSetting(ctx, tx, "a", nil) }); err == nil {
		t.Error("a setting without a value was kept")
	}
	if err := second.Do(ctx, func(tx kyc.Tx) error { return second.PutSetting(ctx, tx, "a", []byte("1")) }); err != nil {
		t.Errorf("a command on the side cannot write: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = second.Own()
	if err = errors.Join(err, release()); err != nil {
		t.Error(err)
	}
}
