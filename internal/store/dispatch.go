package store

import (
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// keepRows is the one clause of the sender that the databases say differently:
// SQLite's writing units follow one another anyway.
func (s *Store) keepRows(table string, skip bool) string {
	if s.dialect == SQLite {
		return ""
	}
	if skip {
		return ` FOR NO KEY UPDATE OF ` + table + ` SKIP LOCKED`
	}
	return ` FOR NO KEY UPDATE OF ` + table
}

// NextSequence counts one more event of a session and returns its number, from
// 1. Two events of a session wait for each other's unit of work, so that a
// number that can be seen has all smaller ones before it (W8).
func (s *Store) NextSequence(ctx context.Context, tx kyc.Tx, sessionID string) (n int64, err error) {
	err = use(tx).QueryRowContext(ctx, `UPDATE sessions SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence`, sessionID).Scan(&n)
	return n, missing(err)
}

// ReadyEndpoints names enabled receivers that something is due for and that may
// get more now: rate, attempts under way and circuit breaker let it. The longest
// unserved comes first. The recursion leaps from one endpoint with something
// pending to the next, so that neither idle endpoints nor long queues cost anything.
func (s *Store) ReadyEndpoints(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]kyc.ReadyEndpoint, error) {
	rows, err := use(tx).QueryContext(ctx, `
		WITH RECURSIVE waiting (id) AS (
			SELECT MIN(endpoint_id) FROM deliveries WHERE status = 'pending'
			UNION ALL
			SELECT (SELECT MIN(d.endpoint_id) FROM deliveries d WHERE d.status = 'pending' AND d.endpoint_id > waiting.id) FROM waiting WHERE waiting.id IS NOT NULL)
		SELECT e.id, e.account_id FROM waiting JOIN endpoints e ON e.id = waiting.id
		WHERE e.state = 'enabled' AND e.open_until <= $1 AND e.paced_at <= $1
			AND EXISTS (SELECT 1 FROM deliveries d WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.next_at <= $1)
			AND (SELECT COUNT(*) FROM deliveries f WHERE f.endpoint_id = e.id AND f.claimed_to > 0 AND f.claimed_to > $1) <
				CASE WHEN e.open_until > 0 THEN 1 WHEN e.concurrency = 0 THEN $2 ELSE e.concurrency END
		ORDER BY e.paced_at, e.id LIMIT $3`, micro(now), kyc.DefaultEndpointConcurrency, limit)
	return collect(rows, err, func(r row) (v kyc.ReadyEndpoint, err error) { return v, r.Scan(&v.ID, &v.AccountID) })
}

// InFlight counts the attempts that are being made at a receiver, by all nodes.
func (s *Store) InFlight(ctx context.Context, tx kyc.Tx, endpointID string, now time.Time) (n int, err error) {
	err = use(tx).QueryRowContext(ctx,
		`SELECT COUNT(*) FROM deliveries WHERE endpoint_id = $1 AND claimed_to > 0 AND claimed_to > $2`, endpointID, micro(now)).Scan(&n)
	return n, err
}

// claimLook is how many due deliveries a claim looks at for each that it may take.
const claimLook = 4

// candidate is a due delivery that may have to wait for an earlier one.
type candidate struct {
	id         string
	next       int64
	waitsUntil int64 // of the earlier one of its session, 0 when there is none (W9)
}

// ClaimDeliveries takes due deliveries of a receiver, at most limit, longest due
// first: it counts their next attempt, which counts as lost at until. Unless the
// receiver is relaxed, a delivery whose session has an earlier one waiting is not
// taken but made to wait as long as that one, so that it is not looked at over
// and over (W9). more tells that there may be others to take. Call it in the unit
// that locked the receiver's row.
func (s *Store) ClaimDeliveries(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, until time.Time, limit int) (claimed []*kyc.Delivery, more bool, err error) {
	u := use(tx)
	earlier := `0`
	if !e.Relaxed {
		// The sum keeps PostgreSQL from walking the queue in order of next_at until it meets the session.
		earlier = `COALESCE((SELECT MIN(b.next_at + 0) FROM deliveries b WHERE b.session_id = d.session_id AND b.endpoint_id = d.endpoint_id
			AND b.status = 'pending' AND b.sequence < d.sequence), 0)`
	}
	look := claimLook * limit
	rows, err := u.QueryContext(ctx, `
		SELECT d.id, d.next_at, `+earlier+` FROM deliveries d WHERE d.endpoint_id = $1 AND d.status = 'pending' AND d.next_at <= $2
		ORDER BY d.next_at, d.sequence, d.id LIMIT $3`, e.ID, micro(u.now), look)
	due, err := collect(rows, err, func(r row) (c candidate, err error) { return c, r.Scan(&c.id, &c.next, &c.waitsUntil) })
	if err != nil {
		return nil, false, err
	}
	var free []string
	var held []candidate
	for _, c := range due {
		switch {
		case c.waitsUntil == 0 && len(free) < limit:
			free = append(free, c.id)
		case c.waitsUntil > c.next:
			held = append(held, c)
		}
	}
	if err := s.hold(ctx, u, held); err != nil {
		return nil, false, err
	}
	claimed, err = s.claim(ctx, u, free, until)
	return claimed, len(due) == look || len(free) == limit, err
}

// waiting is a condition on rows that are found by their key or session. Said
// plainly, PostgreSQL would take the index of what waits instead, which is short
// by its statistics and long when a receiver is down. Sums and cases around other
// columns keep it from the like.
const waiting = `CASE WHEN status = 'pending' THEN 1 END = 1`

// hold makes deliveries wait for those before them. It compares and passes over
// rows that another unit is writing, so that one that frees a delivery at the
// same moment wins: see freeFollowers.
func (s *Store) hold(ctx context.Context, u *unit, all []candidate) error {
	if len(all) == 0 {
		return nil
	}
	var a args
	rows := make([][]any, len(all))
	for i, c := range all {
		rows[i] = []any{c.id, c.next, c.waitsUntil}
	}
	_, err := u.ExecContext(ctx, `
		WITH v (id, next_at, until) AS (`+table(&a, rows, "TEXT", "BIGINT", "BIGINT")+`),
		mine AS (SELECT d.id, v.until FROM v JOIN deliveries d ON d.id = v.id WHERE d.next_at + 0 = v.next_at AND `+waiting+s.keepRows("d", true)+`)
		UPDATE deliveries SET next_at = mine.until FROM mine WHERE deliveries.id = mine.id`, a...)
	return err
}

func (s *Store) claim(ctx context.Context, u *unit, ids []string, until time.Time) ([]*kyc.Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	a := args{micro(u.now), micro(until)}
	rows, err := u.QueryContext(ctx, `
		UPDATE deliveries SET attempts = attempts + 1, claimed_to = $2, next_at = $2
		WHERE id IN (`+in(&a, ids)+`) AND next_at + 0 <= $1 AND `+waiting+` RETURNING id`, a...)
	mine, err := collect(rows, err, scanText)
	if err != nil || len(mine) == 0 {
		return nil, err
	}
	var b args
	return s.deliveries(ctx, u, `WHERE id IN (`+in(&b, mine)+`) ORDER BY sequence, id`, b...)
}

// PendingDeliveries reads what waits for receivers, at most limit, for figures (W30).
func (s *Store) PendingDeliveries(ctx context.Context, tx kyc.Tx, limit int) ([]kyc.PendingDelivery, error) {
	rows, err := use(tx).QueryContext(ctx, `
		SELECT endpoint_id, account_id, created_at FROM deliveries WHERE status = 'pending' LIMIT $1`, limit)
	return collect(rows, err, func(r row) (v kyc.PendingDelivery, err error) {
		return v, r.Scan(&v.EndpointID, &v.AccountID, clock{&v.CreatedAt})
	})
}
