package store

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	countedSessions = 10_000 // of a filter are counted; beyond that the total is an estimate
	sampledSessions = 1_000  // are looked at for an estimate on SQLite
	totalMemory     = time.Minute
	totalsKnown     = 1_000
)

// total fills in how many sessions a filter finds, of which seen stand up to the
// end of this page. Counting is left out where the page itself tells.
func (s *Store) total(ctx context.Context, u *unit, c *search, f kyc.SessionFilter, page *kyc.SessionPage, seen int, more bool) error {
	first := f.Cursor == ""
	switch {
	case !more && (first && len(page.Sessions) > 0 || first && seen == 0 || page.Estimated):
		page.Total, page.Estimated = seen, false
		return nil
	case first:
		if err := s.firstTotal(ctx, u, c, f, page); err != nil {
			return err
		}
	}
	switch {
	case page.Estimated && more:
		page.Total = max(page.Total, seen+1)
	case page.Estimated: // a page behind the end
		page.Total = min(page.Total, seen)
	}
	return nil
}

// firstTotal counts, and estimates beyond the limit. An estimate is remembered
// for a short while: neither it nor the fact that there are so many would be
// another one on the next page.
func (s *Store) firstTotal(ctx context.Context, u *unit, c *search, f kyc.SessionFilter, page *kyc.SessionPage) (err error) {
	f.Ascending = false
	name := string(s.cursorCode(f, []byte("total")))
	if page.Total, page.Estimated = s.totals.find(name, u.now); page.Estimated {
		return nil
	}
	if page.Total, err = s.countUpTo(ctx, u, c, countedSessions+1); err != nil || page.Total <= countedSessions {
		return err
	}
	n, err := s.estimate(ctx, u, c)
	page.Total, page.Estimated = max(n, page.Total), true
	if err == nil && u.reading {
		s.totals.keep(name, page.Total, u.now)
	}
	return err
}

// totals remembers estimates by filter, whose name tells nothing about it.
type totals struct {
	mu    sync.Mutex
	known map[string]knownTotal
}

type knownTotal struct {
	n     int
	until time.Time
}

func (t *totals) find(name string, now time.Time) (n int, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found, ok := t.known[name]
	return found.n, ok && now.Before(found.until)
}

func (t *totals) keep(name string, n int, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= totalsKnown {
		t.known = map[string]knownTotal{}
	}
	t.known[name] = knownTotal{n, now.Add(totalMemory)}
}

// countUpTo counts what a search finds, at most limit of it.
func (s *Store) countUpTo(ctx context.Context, u *unit, c *search, limit int) (n int, err error) {
	query, a := c.counting(limit)
	err = u.QueryRowContext(ctx, query, a...).Scan(&n)
	return n, err
}

func (c *search) counting(limit int) (string, args) {
	a := append(args{}, c.args...)
	return used(c.countText(&a, limit), a)
}

func (c *search) countText(a *args, limit int) string {
	rest := " LIMIT " + a.add(limit)
	query := c.branch(a, c.leads[0].branches[0]) + rest
	if len(c.leads[0].branches) > 1 {
		query = "SELECT 1 FROM (" + c.union(a, rest) + ") u" + rest
	}
	return "SELECT COUNT(*) FROM (" + query + ") counted"
}

// estimate tells about how many sessions a search finds, at little cost.
func (s *Store) estimate(ctx context.Context, u *unit, c *search) (int, error) {
	if s.dialect == SQLite {
		return s.sample(ctx, u, c)
	}
	return s.planned(ctx, u, c)
}

// planned asks PostgreSQL's planner, which knows the tables' sizes of this
// moment and how values are spread.
func (s *Store) planned(ctx context.Context, u *unit, c *search) (int, error) {
	a := append(args{}, c.args...)
	var text []byte
	query, a := used("EXPLAIN (FORMAT JSON) "+c.union(&a, ""), a)
	if err := u.QueryRowContext(ctx, query, a...).Scan(&text); err != nil {
		return 0, err
	}
	var plan []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		} `json:"Plan"`
	}
	if err := json.Unmarshal(text, &plan); err != nil || len(plan) != 1 {
		return 0, err
	}
	return int(plan[0].Plan.Rows), nil
}

// sample looks at rows in equal steps through the table, for SQLite's planner
// knows nothing of the kind. The same rows answer the next page, too.
func (s *Store) sample(ctx context.Context, u *unit, c *search) (int, error) {
	var last int
	if err := u.QueryRowContext(ctx, `SELECT COALESCE(MAX(rowid), 0) FROM sessions`).Scan(&last); err != nil {
		return 0, err
	}
	step := max(last/sampledSessions, 1)
	a := append(args{}, c.args...)
	var hits int
	query := `WITH RECURSIVE pick (n) AS (SELECT ` + a.add(step) + ` UNION ALL SELECT n + ` + a.add(step) + ` FROM pick WHERE n + ` + a.add(step) + ` <= ` + a.add(last) + `)
		SELECT COUNT(*) FROM pick CROSS JOIN sessions s WHERE s.rowid = pick.n AND ` + strings.Join(append(c.everything(), "TRUE"), " AND ")
	query, a = used(query, a)
	if err := u.QueryRowContext(ctx, query, a...).Scan(&hits); err != nil {
		return 0, err
	}
	return hits * step, nil
}
