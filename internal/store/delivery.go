package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const deliveryColumns = `id, account_id, session_id, scenario_id, event, url, body, status, attempts,
	next_at, created_at, done_at, last_code, last_error, endpoint_id, sequence, version, test, replayed, spent, claimed_to, digest`

// CreateDelivery adds a notification, address and body sealed under the
// session's data key, or under the account's when it is not about a session,
// and sets Key and Digest.
func (s *Store) CreateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery) error {
	u := use(tx)
	ref, err := s.deliveryKey(ctx, u, d)
	if err != nil {
		return err
	}
	address, err := s.seal(ref, []byte(d.URL), place("deliveries", "url", d.ID))
	if err != nil {
		return err
	}
	body, err := s.seal(ref, d.Body, place("deliveries", "body", d.ID))
	if err != nil {
		return err
	}
	if d.CreatedAt.IsZero() {
		d.CreatedAt = u.now
	}
	digest := sha256.Sum256(d.Body)
	d.Key, d.Digest = ref, digest[:]
	_, err = u.ExecContext(ctx, `INSERT INTO deliveries (`+deliveryColumns+`, client_key_index)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
			(SELECT client_key_index FROM sessions WHERE id = $3))`,
		d.ID, d.AccountID, null(d.SessionID), d.ScenarioID, d.Event, address, body, d.Status, d.Attempts,
		micro(d.NextAt), micro(d.CreatedAt), micro(d.DoneAt), d.LastCode, d.LastError,
		d.EndpointID, d.Sequence, d.Version, d.Test, d.Replayed, d.Spent, micro(d.ClaimedTo), d.Digest)
	if err != nil {
		return taken(err, "a delivery with this id exists already")
	}
	return s.deliveryChanged(ctx, u, d)
}

// deliveryKey is the key that a delivery is sealed under.
func (s *Store) deliveryKey(ctx context.Context, u *unit, d *kyc.Delivery) (kyc.KeyRef, error) {
	if d.SessionID == "" {
		return s.account(ctx, u, d.AccountID)
	}
	k, err := s.subject(ctx, u, d.SessionID)
	return k.data, err
}

// null writes "" as NULL, for references.
func null(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// orEmpty scans a text that may be NULL.
type orEmpty struct{ s *string }

func (o orEmpty) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*o.s = ""
	case string:
		*o.s = v
	case []byte:
		*o.s = string(v)
	default:
		return fmt.Errorf("a text is stored as %T", value)
	}
	return nil
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
// had made fromAttempts tries, else kyc.ErrConflict. The body stays as it was
// announced.
func (s *Store) UpdateDelivery(ctx context.Context, tx kyc.Tx, d *kyc.Delivery, fromAttempts int) error {
	u := use(tx)
	n, err := affected(u.ExecContext(ctx, `
		UPDATE deliveries SET status = $3, attempts = $4, next_at = $5, done_at = $6, last_code = $7, last_error = $8, claimed_to = $9,
			replayed = $10, spent = $11
		WHERE id = $1 AND attempts = $2`,
		d.ID, fromAttempts, d.Status, d.Attempts, micro(d.NextAt), micro(d.DoneAt), d.LastCode, d.LastError, micro(d.ClaimedTo),
		d.Replayed, d.Spent))
	switch {
	case err != nil:
		return err
	case n == 1:
		return s.deliveryChanged(ctx, u, d)
	}
	if _, err := s.Delivery(ctx, tx, d.ID); err != nil {
		return err
	}
	return kyc.ErrConflict
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
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
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
	return orNil(d, r.Scan(&d.ID, &d.AccountID, orEmpty{&d.SessionID}, &d.ScenarioID, &d.Event, &d.address, &d.body, &d.Status, &d.Attempts,
		clock{&d.NextAt}, clock{&d.CreatedAt}, clock{&d.DoneAt}, &d.LastCode, &d.LastError,
		&d.EndpointID, &d.Sequence, &d.Version, &d.Test, &d.Replayed, &d.Spent, clock{&d.ClaimedTo}, &d.Digest))
}

func (s *Store) unsealDelivery(ctx context.Context, u *unit, d *sealedDelivery) (*kyc.Delivery, error) {
	ref, err := s.deliveryKey(ctx, u, &d.Delivery)
	if err != nil {
		return nil, err
	}
	address, err := s.unseal(ref, d.address, place("deliveries", "url", d.ID))
	if err != nil {
		return nil, fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	if d.Body, err = s.unseal(ref, d.body, place("deliveries", "body", d.ID)); err != nil {
		return nil, fmt.Errorf("delivery %s: %w", d.ID, err)
	}
	d.URL, d.Key = string(address), ref
	if len(d.Digest) == 0 { // a row that is older than the column
		digest := sha256.Sum256(d.Body)
		d.Digest = digest[:]
	}
	return &d.Delivery, nil
}

// DeliveryAttempts reads all tries at sending a notification, in order.
func (s *Store) DeliveryAttempts(ctx context.Context, tx kyc.Tx, deliveryID string) ([]kyc.DeliveryAttempt, error) {
	u := use(tx)
	ref, err := s.keyOfDelivery(ctx, u, deliveryID)
	if err != nil {
		return nil, err
	}
	rows, err := u.QueryContext(ctx, `
		SELECT delivery_id, number, at, code, latency, error, answer, header FROM delivery_attempts WHERE delivery_id = $1 ORDER BY number`, deliveryID)
	return collect(rows, err, func(r row) (t kyc.DeliveryAttempt, err error) {
		var latency int64
		var answer []byte
		if err := r.Scan(&t.DeliveryID, &t.Number, clock{&t.At}, &t.Code, &latency, &t.Error, &answer, unlist{&t.Header}); err != nil {
			return t, err
		}
		t.Latency = time.Duration(latency) * time.Microsecond
		clear, err := s.unseal(ref, answer, place("delivery_attempts", "answer", t.DeliveryID, t.Number))
		t.Answer = string(clear)
		return t, err
	})
}

// keyOfDelivery reads the key that a stored delivery is sealed under.
func (s *Store) keyOfDelivery(ctx context.Context, u *unit, deliveryID string) (kyc.KeyRef, error) {
	d := &kyc.Delivery{}
	err := u.QueryRowContext(ctx, `SELECT account_id, session_id FROM deliveries WHERE id = $1`, deliveryID).Scan(&d.AccountID, orEmpty{&d.SessionID})
	if err != nil {
		return kyc.KeyRef{}, missing(err)
	}
	return s.deliveryKey(ctx, u, d)
}
