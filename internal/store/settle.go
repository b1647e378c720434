package store

import (
	"context"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// What came of attempts at sending is written for many deliveries at a time: a
// statement for all of them costs hardly more than one for each would.

// SettleDeliveries writes how notifications stand, each only over the row that
// had made FromAttempts tries. It tells of each whether it was written; one that
// was not has another sender, or is gone. The body stays as it was announced.
// Two outcomes of one delivery are kyc.ErrConflict: give them one by one.
func (s *Store) SettleDeliveries(ctx context.Context, tx kyc.Tx, all []kyc.Settlement) (stood []bool, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	u := use(tx)
	var a args
	rows, twice := make([][]any, len(all)), map[string]bool{}
	for i, v := range all {
		d := v.Delivery
		if twice[d.ID] {
			return nil, kyc.ErrConflict
		}
		twice[d.ID] = true
		rows[i] = []any{d.ID, v.FromAttempts, d.Status, d.Attempts, micro(d.NextAt), micro(d.DoneAt), d.LastCode, d.LastError, micro(d.ClaimedTo)}
	}
	written, err := u.QueryContext(ctx, `
		WITH v (id, made, status, attempts, next_at, done_at, last_code, last_error, claimed_to) AS (
			`+table(&a, rows, "TEXT", "BIGINT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "BIGINT")+`)
		UPDATE deliveries SET status = v.status, attempts = v.attempts, next_at = v.next_at, done_at = v.done_at, last_code = v.last_code,
			last_error = v.last_error, claimed_to = v.claimed_to
		FROM v WHERE deliveries.id = v.id AND deliveries.attempts = v.made RETURNING deliveries.id`, a...)
	ids, err := collect(written, err, scanText)
	if err != nil {
		return nil, err
	}
	mine := make(map[string]bool, len(ids))
	for _, id := range ids {
		mine[id] = true
	}
	stood = make([]bool, len(all))
	var leaders []kyc.Settlement
	for i, v := range all {
		if stood[i] = mine[v.Delivery.ID]; stood[i] {
			if err := s.deliveryChanged(ctx, u, v.Delivery); err != nil {
				return nil, err
			}
		}
		if stood[i] && !v.Followers.IsZero() && v.Delivery.SessionID != "" {
			leaders = append(leaders, v)
		}
	}
	return stood, s.freeFollowers(ctx, u, leaders)
}

// freeFollowers makes what waits behind deliveries due when each of them says:
// now, when it is done. It writes whether or not they are due already, so that a
// hold of the same moment, which compares, misses (W9).
func (s *Store) freeFollowers(ctx context.Context, u *unit, leaders []kyc.Settlement) error {
	if len(leaders) == 0 {
		return nil
	}
	var a args
	rows := make([][]any, len(leaders))
	for i, v := range leaders {
		rows[i] = []any{v.Delivery.SessionID, v.Delivery.EndpointID, v.Delivery.Sequence, micro(v.Followers)}
	}
	_, err := u.ExecContext(ctx, `
		WITH v (session, endpoint, number, at) AS (`+table(&a, rows, "TEXT", "TEXT", "BIGINT", "BIGINT")+`)
		UPDATE deliveries SET next_at = v.at FROM v WHERE session_id = v.session
			AND CASE WHEN endpoint_id = v.endpoint AND sequence > v.number AND claimed_to = 0 THEN 1 END = 1 AND `+waiting, a...)
	return err
}

// AddDeliveryAttempts adds tries at sending, the receivers' answers sealed.
func (s *Store) AddDeliveryAttempts(ctx context.Context, tx kyc.Tx, tries ...kyc.DeliveryAttempt) error {
	if len(tries) == 0 {
		return nil
	}
	u := use(tx)
	refs, err := s.keysOfDeliveries(ctx, u, tries)
	if err != nil {
		return err
	}
	var a args
	rows := make([]string, len(tries))
	for i, t := range tries {
		ref, ok := refs[t.DeliveryID]
		if !ok {
			return kyc.ErrNotFound()
		}
		answer, err := s.seal(ref, []byte(t.Answer), place("delivery_attempts", "answer", t.DeliveryID, t.Number))
		if err != nil {
			return err
		}
		header, err := list(t.Header)
		if err != nil {
			return err
		}
		if t.At.IsZero() {
			t.At = u.now
		}
		rows[i] = "(" + in(&a, []any{t.DeliveryID, t.Number, micro(t.At), t.Code, t.Latency.Microseconds(), t.Error, answer, header}) + ")"
	}
	_, err = u.ExecContext(ctx, `
		INSERT INTO delivery_attempts (delivery_id, number, at, code, latency, error, answer, header) VALUES `+strings.Join(rows, ", "), a...)
	return taken(err, "this try was recorded already")
}

// keysOfDeliveries reads the keys that stored deliveries are sealed under.
func (s *Store) keysOfDeliveries(ctx context.Context, u *unit, tries []kyc.DeliveryAttempt) (map[string]kyc.KeyRef, error) {
	ids := make([]string, len(tries))
	for i, t := range tries {
		ids[i] = t.DeliveryID
	}
	var a args
	rows, err := u.QueryContext(ctx, `SELECT id, account_id, session_id FROM deliveries WHERE id IN (`+in(&a, ids)+`)`, a...)
	found, err := collect(rows, err, func(r row) (*kyc.Delivery, error) {
		d := &kyc.Delivery{}
		return d, r.Scan(&d.ID, &d.AccountID, orEmpty{&d.SessionID})
	})
	if err != nil {
		return nil, err
	}
	var sessions []string
	for _, d := range found {
		if d.SessionID != "" {
			sessions = append(sessions, d.SessionID)
		}
	}
	if err := s.loadMissing(ctx, u, sessions); err != nil {
		return nil, err
	}
	refs := make(map[string]kyc.KeyRef, len(found))
	for _, d := range found {
		if refs[d.ID], err = s.deliveryKey(ctx, u, d); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// table writes rows of values for a WITH. The types are said once: a database
// that cannot guess them from a parameter takes them from the first row.
func table(a *args, rows [][]any, types ...string) string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		marks := make([]string, len(row))
		for j, v := range row {
			marks[j] = a.add(v)
			if i == 0 {
				marks[j] = "CAST(" + marks[j] + " AS " + types[j] + ")"
			}
		}
		lines[i] = "(" + strings.Join(marks, ", ") + ")"
	}
	return "VALUES " + strings.Join(lines, ", ")
}
