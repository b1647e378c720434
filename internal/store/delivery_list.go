package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// countedDeliveries is how many deliveries of a filter are counted; beyond that
// the total says only that there are more.
const countedDeliveries = 10_000

// ListDeliveries reads one page of notifications, newest first (W25). With a
// cursor it continues there at constant cost and repeats the total of the first
// page; a cursor that was changed or comes from another filter is kyc.Invalid.
func (s *Store) ListDeliveries(ctx context.Context, tx kyc.Tx, f kyc.DeliveryFilter) (kyc.DeliveryPage, error) {
	u := use(tx)
	limit, offset, err := window(f.Page, f.PageSize)
	if err != nil {
		return kyc.DeliveryPage{}, err
	}
	c, err := s.deliveryConditions(ctx, u, f)
	if err != nil {
		return kyc.DeliveryPage{}, err
	}
	var page kyc.DeliveryPage
	if f.Cursor != "" {
		at, err := s.readDeliveryCursor(f)
		if err != nil {
			return kyc.DeliveryPage{}, err
		}
		page.Total, page.Estimated, offset = at.Total, at.Estimated, 0
		c.add("(created_at, id) < (" + c.args.add(at.Created) + ", " + c.args.add(at.ID) + ")")
	} else if page.Total, page.Estimated, err = countDeliveries(ctx, u, c); err != nil {
		return kyc.DeliveryPage{}, err
	}
	// One row more than asked for tells whether there is a next page.
	rest := c.where() + ` ORDER BY created_at DESC, id DESC LIMIT ` + c.args.add(limit+1) + ` OFFSET ` + c.args.add(offset)
	if page.Deliveries, err = s.deliveries(ctx, u, rest, c.args...); err != nil {
		return kyc.DeliveryPage{}, err
	}
	if len(page.Deliveries) > limit {
		page.Deliveries = page.Deliveries[:limit]
		last := page.Deliveries[limit-1]
		page.Next, err = s.writeDeliveryCursor(f, deliveryPlace{micro(last.CreatedAt), last.ID, page.Total, page.Estimated})
	}
	return page, err
}

func countDeliveries(ctx context.Context, u *unit, c *conditions) (n int, more bool, err error) {
	a := append(args{}, c.args...)
	query := `SELECT COUNT(*) FROM (SELECT 1 FROM deliveries ` + c.where() + ` LIMIT ` + a.add(countedDeliveries+1) + `) counted`
	if err := u.QueryRowContext(ctx, query, a...).Scan(&n); err != nil {
		return 0, false, err
	}
	return min(n, countedDeliveries), n > countedDeliveries, nil
}

func (s *Store) deliveryConditions(ctx context.Context, u *unit, f kyc.DeliveryFilter) (*conditions, error) {
	c := &conditions{}
	c.equal("account_id", f.AccountID)
	c.equal("session_id", f.SessionID)
	c.equal("scenario_id", f.ScenarioID)
	c.equal("endpoint_id", f.EndpointID)
	c.equal("event", string(f.Event))
	if !f.From.IsZero() {
		c.add("created_at >= " + c.args.add(micro(f.From)))
	}
	if !f.To.IsZero() {
		c.add("created_at < " + c.args.add(micro(f.To)))
	}
	if len(f.Statuses) > maxTerms {
		return nil, kyc.ErrInvalid(fmt.Sprintf("filters: at most %d values of one kind", maxTerms))
	}
	if len(f.Statuses) > 0 {
		c.add("status IN (" + in(&c.args, f.Statuses) + ")")
	}
	if f.ClientKey == "" {
		return c, nil
	}
	refs, err := s.accountsToSearch(ctx, u, f.AccountID)
	if err != nil {
		return nil, err
	}
	indexes := make([][]byte, len(refs))
	for i, ref := range refs {
		if indexes[i], err = s.blind(ref, fieldClientKey, f.ClientKey); err != nil {
			return nil, err
		}
	}
	if len(indexes) == 0 {
		c.add("FALSE")
		return c, nil
	}
	c.add("client_key_index IN (" + in(&c.args, indexes) + ")")
	return c, nil
}

// deliveryPlace is where a list of deliveries continues.
type deliveryPlace struct {
	Created   int64  `json:"c"`
	ID        string `json:"i"`
	Total     int    `json:"t"`
	Estimated bool   `json:"e,omitempty"`
}

func (s *Store) writeDeliveryCursor(f kyc.DeliveryFilter, at deliveryPlace) (string, error) {
	body, err := json.Marshal(at)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(s.deliveryCode(f, body), body...)), nil
}

func (s *Store) readDeliveryCursor(f kyc.DeliveryFilter) (at deliveryPlace, err error) {
	refused := kyc.ErrInvalid("cursor: take it unchanged from the page before, with the same filters, or leave it out to start again")
	b, err := base64.RawURLEncoding.Strict().DecodeString(f.Cursor)
	if err != nil || len(b) <= codeSize || !hmac.Equal(b[:codeSize], s.deliveryCode(f, b[codeSize:])) || json.Unmarshal(b[codeSize:], &at) != nil {
		return at, refused
	}
	return at, nil
}

// deliveryCode authenticates a place within a filter; page and page size may
// change on the way.
func (s *Store) deliveryCode(f kyc.DeliveryFilter, body []byte) []byte {
	f.Page, f.PageSize, f.Cursor = 0, 0, ""
	filter, err := json.Marshal(struct { // whole microseconds, in whatever zone they were given
		kyc.DeliveryFilter
		From, To int64
	}{f, micro(f.From), micro(f.To)})
	if err != nil {
		panic("store: a filter is always JSON: " + err.Error())
	}
	mac := hmac.New(sha256.New, s.cursor)
	mac.Write([]byte("deliveries\x00"))
	mac.Write(filter)
	mac.Write([]byte{0})
	mac.Write(body)
	return mac.Sum(nil)[:codeSize]
}

func replayConditions(b kyc.ReplayBatch) *conditions {
	c := &conditions{}
	c.equal("endpoint_id", b.EndpointID)
	if b.Failed {
		c.add("status = 'exhausted'")
	} else {
		c.add("status <> 'pending'")
	}
	c.add("created_at >= " + c.args.add(micro(b.From)))
	c.add("created_at < " + c.args.add(micro(b.To)))
	return c
}

// CountReplays tells how many deliveries a replay would take, up to limit.
func (s *Store) CountReplays(ctx context.Context, tx kyc.Tx, b kyc.ReplayBatch) (n int, err error) {
	c := replayConditions(b)
	query := `SELECT COUNT(*) FROM (SELECT 1 FROM deliveries ` + c.where() + ` LIMIT ` + c.args.add(b.Limit) + `) counted`
	err = use(tx).QueryRowContext(ctx, query, c.args...).Scan(&n)
	return n, err
}

// Replays reads the next batch of deliveries to send again, oldest first,
// without opening what is sealed: addresses and bodies are empty.
func (s *Store) Replays(ctx context.Context, tx kyc.Tx, b kyc.ReplayBatch) ([]*kyc.Delivery, error) {
	c := replayConditions(b)
	if b.AfterID != "" {
		c.add("(created_at, id) > (" + c.args.add(micro(b.AfterCreated)) + ", " + c.args.add(b.AfterID) + ")")
	}
	rows, err := use(tx).QueryContext(ctx, `SELECT `+deliveryColumns+` FROM deliveries `+c.where()+` ORDER BY created_at, id LIMIT `+c.args.add(b.Limit), c.args...)
	sealed, err := collect(rows, err, scanDelivery)
	all := make([]*kyc.Delivery, len(sealed))
	for i, d := range sealed {
		all[i] = &d.Delivery
	}
	return all, err
}

// EndpointStanding tells how the newest deliveries of a receiver went.
func (s *Store) EndpointStanding(ctx context.Context, tx kyc.Tx, endpointID string) (v kyc.EndpointStanding, err error) {
	u := use(tx)
	const newest = `(SELECT id, status, done_at, created_at, last_code, last_error FROM deliveries
		WHERE endpoint_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2) newest`
	err = u.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE endpoint_id = $1 AND status = 'pending' LIMIT $2) waiting),
		(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE endpoint_id = $1 AND status = 'exhausted' LIMIT $2) given_up),
		(SELECT COALESCE(MAX(done_at), 0) FROM `+newest+` WHERE status = 'delivered')`, endpointID, kyc.StandingLimit).
		Scan(&v.Waiting, &v.GivenUp, clock{&v.DeliveredAt})
	if err != nil {
		return v, err
	}
	err = u.QueryRowContext(ctx, `SELECT last_code, last_error, (SELECT COALESCE(MAX(at), 0) FROM delivery_attempts a WHERE a.delivery_id = newest.id)
		FROM `+newest+` WHERE status <> 'delivered' AND last_error <> '' ORDER BY created_at DESC, id DESC LIMIT 1`, endpointID, kyc.StandingLimit).
		Scan(&v.LastCode, &v.LastError, clock{&v.FailedAt})
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return v, err
}
