package store

import (
	"context"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const endpointColumns = `e.id, e.account_id, e.scenario_id, e.name, e.url, e.mode, e.append_client_key, e.events, e.relaxed, e.rate,
	e.concurrency, e.timeout, e.secrets, e.state, e.state_reason, e.state_at, e.failing_since, e.failures, e.opens, e.open_until,
	e.throttle, e.throttled_at, e.paced_at, e.created_at, e.lock, a.key`

const endpointQuery = `SELECT ` + endpointColumns + ` FROM endpoints e JOIN accounts a ON a.id = e.account_id `

// storedSecret is how a secret lies in the sealed column.
type storedSecret struct {
	Value   string `json:"value"`
	Created int64  `json:"created"`
	Expires int64  `json:"expires,omitempty"`
}

// CreateEndpoint adds a receiver, its address and secrets sealed under the
// account's key. The address of a primary endpoint is in the scenario's
// definition and is not kept here.
func (s *Store) CreateEndpoint(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error {
	u := use(tx)
	p, err := s.endpointSealed(ctx, u, e)
	if err != nil {
		return err
	}
	if e.CreatedAt.IsZero() {
		e.CreatedAt = u.now
	}
	e.Lock = 1
	_, err = u.ExecContext(ctx, `
		INSERT INTO endpoints (id, account_id, scenario_id, name, url, mode, append_client_key, events, relaxed, rate, concurrency, timeout,
			secrets, state, state_reason, state_at, failing_since, failures, opens, open_until, throttle, throttled_at, paced_at, created_at, lock)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 1)`,
		e.ID, e.AccountID, e.ScenarioID, e.Name, p.url, e.Mode, e.AppendClientKey, p.events, e.Relaxed, e.Rate, e.Concurrency, e.Timeout.Microseconds(),
		p.secrets, e.State, e.StateReason, micro(e.StateAt), micro(e.FailingSince), e.Failures, e.Opens, micro(e.OpenUntil),
		e.Throttle, micro(e.ThrottledAt), micro(e.PacedAt), micro(e.CreatedAt))
	if err != nil {
		return taken(err, "an endpoint with this id exists already")
	}
	return s.changed(ctx, u, kyc.ChangedEndpoint, e.AccountID, e.ID)
}

// sealedEndpoint is what of an endpoint is sealed or encoded.
type sealedEndpoint struct {
	url, secrets []byte
	events       string
}

func (s *Store) endpointSealed(ctx context.Context, u *unit, e *kyc.Endpoint) (p sealedEndpoint, err error) {
	ref, err := s.account(ctx, u, e.AccountID)
	if err != nil {
		return p, err
	}
	p.url = []byte{}
	if !e.Primary() {
		if p.url, err = s.seal(ref, []byte(e.URL), place("endpoints", "url", e.ID)); err != nil {
			return p, err
		}
	}
	if p.events, err = list(e.Events); err != nil {
		return p, err
	}
	p.secrets, err = s.sealSecretList(ref, e.ID, e.Secrets)
	return p, err
}

func (s *Store) sealSecretList(ref kyc.KeyRef, id string, secrets []kyc.EndpointSecret) ([]byte, error) {
	if len(secrets) == 0 {
		return []byte{}, nil
	}
	stored := make([]storedSecret, len(secrets))
	for i, v := range secrets {
		stored[i] = storedSecret{v.Value, micro(v.CreatedAt), micro(v.ExpiresAt)}
	}
	return s.sealJSON(ref, stored, place("endpoints", "secrets", id))
}

// Endpoint reads one receiver. A primary one comes without address, mode and
// newest secret: those are the scenario's.
func (s *Store) Endpoint(ctx context.Context, tx kyc.Tx, id string) (*kyc.Endpoint, error) {
	e, err := s.scanEndpoint(use(tx).QueryRowContext(ctx, endpointQuery+`WHERE e.id = $1`, id))
	return e, missing(err)
}

// EndpointsOf reads a scenario's receivers, the primary one first, then oldest first.
func (s *Store) EndpointsOf(ctx context.Context, tx kyc.Tx, scenarioID string) ([]*kyc.Endpoint, error) {
	rows, err := use(tx).QueryContext(ctx, endpointQuery+`
		WHERE e.scenario_id = $1 ORDER BY CASE WHEN e.id = e.scenario_id THEN 0 ELSE 1 END, e.created_at, e.id`, scenarioID)
	return collect(rows, err, s.scanEndpoint)
}

// DisabledEndpoints reads an account's receivers that get nothing, longest
// disabled first; "" reads those of all accounts.
func (s *Store) DisabledEndpoints(ctx context.Context, tx kyc.Tx, accountID string, limit int) ([]*kyc.Endpoint, error) {
	rows, err := use(tx).QueryContext(ctx, endpointQuery+`
		WHERE e.state = 'disabled' AND ($1 = '' OR e.account_id = $1) ORDER BY e.state_at, e.id LIMIT $2`, accountID, limit)
	return collect(rows, err, s.scanEndpoint)
}

// UpdateEndpoint writes a receiver's settings over the row that was read: when
// Lock has moved on it writes nothing and returns kyc.ErrConflict. State,
// secrets and everything that the sender notes stay.
func (s *Store) UpdateEndpoint(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error {
	u := use(tx)
	p, err := s.endpointSealed(ctx, u, e)
	if err != nil {
		return err
	}
	n, err := affected(u.ExecContext(ctx, `
		UPDATE endpoints SET name = $3, url = $4, mode = $5, append_client_key = $6, events = $7, relaxed = $8, rate = $9,
			concurrency = $10, timeout = $11, lock = lock + 1
		WHERE id = $1 AND lock = $2`,
		e.ID, e.Lock, e.Name, p.url, e.Mode, e.AppendClientKey, p.events, e.Relaxed, e.Rate, e.Concurrency, e.Timeout.Microseconds()))
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := s.Endpoint(ctx, tx, e.ID); err != nil {
			return err
		}
		return kyc.ErrConflict
	}
	e.Lock++
	return s.changed(ctx, u, kyc.ChangedEndpoint, e.AccountID, e.ID)
}

// PutEndpointSecrets replaces a receiver's secrets.
func (s *Store) PutEndpointSecrets(ctx context.Context, tx kyc.Tx, id string, secrets []kyc.EndpointSecret) error {
	u := use(tx)
	var ref kyc.KeyRef
	err := u.QueryRowContext(ctx, `SELECT a.id, a.key FROM endpoints e JOIN accounts a ON a.id = e.account_id WHERE e.id = $1`, id).
		Scan(&ref.AccountID, &ref.AccountKey)
	if err != nil {
		return missing(err)
	}
	sealed, err := s.sealSecretList(ref, id, secrets)
	if err != nil {
		return err
	}
	if err := one(u.ExecContext(ctx, `UPDATE endpoints SET secrets = $2, lock = lock + 1 WHERE id = $1`, id, sealed)); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedEndpoint, ref.AccountID, id)
}

// UpdateEndpointHealth writes what the sender notes of a receiver, and its
// state. Call it in the unit that locked the row.
func (s *Store) UpdateEndpointHealth(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint) error {
	u := use(tx)
	err := one(u.ExecContext(ctx, `
		UPDATE endpoints SET state = $2, state_reason = $3, state_at = $4, failing_since = $5, failures = $6, opens = $7, open_until = $8,
			throttle = $9, throttled_at = $10, paced_at = $11
		WHERE id = $1`,
		e.ID, e.State, e.StateReason, micro(e.StateAt), micro(e.FailingSince), e.Failures, e.Opens, micro(e.OpenUntil),
		e.Throttle, micro(e.ThrottledAt), micro(e.PacedAt)))
	if err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedEndpoint, e.AccountID, e.ID)
}

// DeleteEndpoint removes a receiver; its deliveries stay for the log, and those
// that still waited end with the sentence.
func (s *Store) DeleteEndpoint(ctx context.Context, tx kyc.Tx, id, sentence string) error {
	u := use(tx)
	var accountID string
	err := u.QueryRowContext(ctx, `DELETE FROM endpoints WHERE id = $1 RETURNING account_id`, id).Scan(&accountID)
	if err != nil {
		return missing(err)
	}
	_, err = u.ExecContext(ctx, `
		UPDATE deliveries SET status = 'exhausted', done_at = $2, last_error = $3, claimed_to = 0 WHERE endpoint_id = $1 AND status = 'pending'`,
		id, micro(u.now), sentence)
	if err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedEndpoint, accountID, id)
}

// LockEndpoints reads receivers and keeps their rows until the unit ends, so
// that what follows from them is decided by one unit at a time. With skip, those
// that another unit keeps are left out; without, it waits for them.
func (s *Store) LockEndpoints(ctx context.Context, tx kyc.Tx, ids []string, skip bool) ([]*kyc.Endpoint, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var a args
	rows, err := use(tx).QueryContext(ctx, endpointQuery+`WHERE e.id IN (`+in(&a, ids)+`) ORDER BY e.id`+s.keepRows("e", skip), a...)
	return collect(rows, err, s.scanEndpoint)
}

func (s *Store) scanEndpoint(r row) (*kyc.Endpoint, error) {
	e := &kyc.Endpoint{}
	var ref kyc.KeyRef
	var address, secrets []byte
	var timeout int64
	if err := r.Scan(&e.ID, &e.AccountID, &e.ScenarioID, &e.Name, &address, &e.Mode, &e.AppendClientKey, unlist{&e.Events}, &e.Relaxed, &e.Rate,
		&e.Concurrency, &timeout, &secrets, &e.State, &e.StateReason, clock{&e.StateAt}, clock{&e.FailingSince}, &e.Failures, &e.Opens,
		clock{&e.OpenUntil}, &e.Throttle, clock{&e.ThrottledAt}, clock{&e.PacedAt}, clock{&e.CreatedAt}, &e.Lock, &ref.AccountKey); err != nil {
		return nil, err
	}
	ref.AccountID, e.Timeout = e.AccountID, time.Duration(timeout)*time.Microsecond
	if len(address) > 0 {
		clear, err := s.unseal(ref, address, place("endpoints", "url", e.ID))
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", e.ID, err)
		}
		e.URL = string(clear)
	}
	if len(secrets) == 0 {
		return e, nil
	}
	var stored []storedSecret
	if err := s.unsealJSON(ref, secrets, &stored, place("endpoints", "secrets", e.ID)); err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", e.ID, err)
	}
	for _, v := range stored {
		e.Secrets = append(e.Secrets, kyc.EndpointSecret{Value: v.Value, CreatedAt: timeOf(v.Created), ExpiresAt: timeOf(v.Expires)})
	}
	return e, nil
}

// timeOf reverses micro.
func timeOf(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
