package store

import (
	"context"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const deliveryColumns = `id, account_id, session_id, scenario_id, event, url, body, status, attempts,
	next_at, created_at, done_at, last_code, last_error`

// CreateDelivery adds a notification, address and body sealed under the
// session's data key, and sets Key.
func (s *Store) CreateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery) error {
	u := use(tx)
	k, err := s.subject(ctx, u, d.SessionID)
	if err != nil {
		return err
	}
	address, err := s.seal(k.data, []byte(d.URL), place("deliveries", "url", d.ID))
	if err != nil {
		return err
	}
	body, err := s.seal(k.data, d.Body, place("deliveries", "body", d.ID))
	if err != nil {
		return err
	}
	if d.CreatedAt.IsZero() {
		d.CreatedAt = u.now
	}
	d.Key = k.data
	_, err = u.ExecContext(ctx, `INSERT INTO deliveries (`+deliveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		d.ID, d.AccountID, d.SessionID, d.ScenarioID, d.Event, address, body, d.Status, d.Attempts,
		micro(d.NextAt), micro(d.CreatedAt), micro(d.DoneAt), d.LastCode, d.LastError)
	return taken(err, "a delivery with this id exists already")
}

// Delivery reads one notification.
func (s *Store) Delivery(ctx context.Context, tx kyc.Tx, id string) (*kyc.Delivery, error) {
	u := use(tx)
	d, err := scanDelivery(u.QueryRowContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`, id))
	if err != nil {
		return nil, missing(err)
	}
	return s.unsealDelivery(ctx, u, d)
}

// DeliveriesOf reads a session's notifications, oldest first.
func (s *Store) DeliveriesOf(ctx context.Context, tx kyc.Tx, sessionID string) ([]*kyc.Delivery, error) {
	return s.deliveries(ctx, use(tx), `WHERE session_id = $1 ORDER BY created_at, id`, sessionID)
}

// UpdateDelivery writes how a notification stands, but only over the row that
// had made fromAttempts tries, else kyc.ErrConflict. Address and body stay as
// they were announced.
func (s *Store) UpdateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, fromAttempts int) error {
	u := use(tx)
	n, err := affected(u.ExecContext(ctx, `
		UPDATE deliveries SET status = $3, attempts = $4, next_at = $5, done_at = $6, last_code = $7, last_error = $8
		WHERE id = $1 AND attempts = $2`,
		d.ID, fromAttempts, d.Status, d.Attempts, micro(d.NextAt), micro(d.DoneAt), d.LastCode, d.LastError))
	if err != nil || n == 1 {
		return err
	}
	if _, err := s.Delivery(ctx, tx, d.ID); err != nil {
		return err
	}
	return kyc.ErrConflict
}

// DueDeliveries names pending notifications whose next try is due, longest due first.
func (s *Store) DueDeliveries(ctx context.Context, tx kyc.Tx, now time.Time, limit int) ([]string, error) {
	rows, err := use(tx).QueryContext(ctx, `
		SELECT id FROM deliveries WHERE status = 'pending' AND next_at <= $1 ORDER BY next_at, id LIMIT $2`, micro(now), limit)
	return collect(rows, err, scanText)
}

// ListDeliveries reads one page of notifications, newest first.
func (s *Store) ListDeliveries(ctx context.Context, tx kyc.Tx, f kyc.DeliveryFilter) (kyc.DeliveryPage, error) {
	u := use(tx)
	limit, offset, err := window(f.Page, f.PageSize)
	if err != nil {
		return kyc.DeliveryPage{}, err
	}
	c := &conditions{}
	c.equal("account_id", f.AccountID)
	c.equal("session_id", f.SessionID)
	c.equal("scenario_id", f.ScenarioID)
	if len(f.Statuses) > 0 {
		c.add("status IN (" + in(&c.args, f.Statuses) + ")")
	}
	var page kyc.DeliveryPage
	if err := u.QueryRowContext(ctx, `SELECT COUNT(*) FROM deliveries `+c.where(), c.args...).Scan(&page.Total); err != nil {
		return kyc.DeliveryPage{}, err
	}
	rest := c.where() + ` ORDER BY created_at DESC, id DESC LIMIT ` + c.args.add(limit) + ` OFFSET ` + c.args.add(offset)
	page.Deliveries, err = s.deliveries(ctx, u, rest, c.args...)
	return page, err
}

func (s *Store) deliveries(ctx context.Context, u *unit, rest string, a ...any) ([]*kyc.Delivery, error) {
	rows, err := u.QueryContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries `+rest, a...)
	sealed, err := collect(rows, err, scanDelivery)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(sealed))
	for i, d := range sealed {
		ids[i] = d.SessionID
	}
	if err := s.loadMissing(ctx, u, ids); err != nil {
		return nil, err
	}
	all := make([]*kyc.Delivery, len(sealed))
	for i, d := range sealed {
		if all[i], err = s.unsealDelivery(ctx, u, d); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// sealedDelivery is a row before its sealed columns are opened.
type sealedDelivery struct {
	kyc.Delivery
	address, body []byte
}

func scanDelivery(r row) (*sealedDelivery, error) {
	d := &sealedDelivery{}
	return orNil(d, r.Scan(&d.ID, &d.AccountID, &d.SessionID, &d.ScenarioID, &d.Event, &d.address, &d.body, &d.Status, &d.Attempts,
		clock{&d.NextAt}, clock{&d.CreatedAt}, clock{&d.DoneAt}, &d.LastCode, &d.LastError))
}

func (s *Store) unsealDelivery(ctx context.Context, u *unit, d *sealedDelivery) (*kyc.Delivery, error) {
	k, err := s.subject(ctx, u, d.SessionID)
	if err != nil {
		return nil, err
	}
	address, err := s.unseal(k.data, d.address, place("deliveries", "url", d.ID))
	if err != nil {
		return nil, fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	if d.Body, err = s.unseal(k.data, d.body, place("deliveries", "body", d.ID)); err != nil {
		return nil, fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	d.URL, d.Key = string(address), k.data
	return &d.Delivery, nil
}

// AddDeliveryAttempt adds one try at sending, the receiver's answer sealed.
func (s *Store) AddDeliveryAttempt(ctx context.Context, tx kyc.Tx, t kyc.DeliveryAttempt) error {
	u := use(tx)
	k, err := s.deliverySubject(ctx, u, t.DeliveryID)
	if err != nil {
		return err
	}
	answer, err := s.seal(k.data, []byte(t.Answer), place("delivery_attempts", "answer", t.DeliveryID, t.Number))
	if err != nil {
		return err
	}
	if t.At.IsZero() {
		t.At = u.now
	}
	_, err = u.ExecContext(ctx, `
		INSERT INTO delivery_attempts (delivery_id, number, at, code, latency, error, answer) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.DeliveryID, t.Number, micro(t.At), t.Code, t.Latency.Microseconds(), t.Error, answer)
	return taken(err, "this try was recorded already")
}

// DeliveryAttempts reads all tries at sending a notification, in order.
func (s *Store) DeliveryAttempts(ctx context.Context, tx kyc.Tx, deliveryID string) ([]kyc.DeliveryAttempt, error) {
	u := use(tx)
	k, err := s.deliverySubject(ctx, u, deliveryID)
	if err != nil {
		return nil, err
	}
	rows, err := u.QueryContext(ctx, `
		SELECT delivery_id, number, at, code, latency, error, answer FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number`, deliveryID)
	return collect(rows, err, func(r row) (t kyc.DeliveryAttempt, err error) {
		var latency int64
		var answer []byte
		if err := r.Scan(&t.DeliveryID, &t.Number, clock{&t.At}, &t.Code, &latency, &t.Error, &answer); err != nil {
			return t, err
		}
		t.Latency = time.Duration(latency) * time.Microsecond
		clear, err := s.unseal(k.data, answer, place("delivery_attempts", "answer", t.DeliveryID, t.Number))
		t.Answer = string(clear)
		return t, err
	})
}

func (s *Store) deliverySubject(ctx context.Context, u *unit, deliveryID string) (subject, error) {
	var sessionID string
	err := u.QueryRowContext(ctx, `SELECT session_id FROM deliveries WHERE id = $1`, deliveryID).Scan(&sessionID)
	if err != nil {
		return subject{}, missing(err)
	}
	return s.subject(ctx, u, sessionID)
}
