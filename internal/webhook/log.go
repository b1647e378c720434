package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Record is one delivery with its attempts in order. A missing number is an
// attempt whose process died before it could be written down. The body is left
// out; it is the session itself.
type Record struct {
	Delivery kyc.Delivery
	Attempts []kyc.DeliveryAttempt
}

// Log returns the deliveries of a session, oldest first (W25).
func (r *Room) Log(ctx context.Context, p *kyc.Principal, sessionID string) ([]Record, error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return nil, err
	}
	var records []Record
	err := r.Store.View(ctx, func(tx kyc.Tx) error {
		found, err := r.Store.DeliveriesOf(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		for _, d := range found {
			if !owns(p, d) {
				continue
			}
			attempts, err := r.Store.DeliveryAttempts(ctx, tx, d.ID)
			if err != nil {
				return err
			}
			records = append(records, Record{Delivery: bare(d), Attempts: attempts})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the deliveries of %s: %w", sessionID, err)
	}
	return records, nil
}

// List returns one page of the account's deliveries, newest first, without
// bodies. Only an administrator of the installation may leave the account out.
func (r *Room) List(ctx context.Context, p *kyc.Principal, f kyc.DeliveryFilter) (kyc.DeliveryPage, error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return kyc.DeliveryPage{}, err
	}
	if p.Role != kyc.RoleAdmin {
		f.AccountID = p.AccountID
	}
	var page kyc.DeliveryPage
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		page, err = r.Store.ListDeliveries(ctx, tx, f)
		return err
	})
	if err != nil {
		return kyc.DeliveryPage{}, fmt.Errorf("list deliveries: %w", err)
	}
	for i, d := range page.Deliveries {
		clean := bare(d)
		page.Deliveries[i] = &clean
	}
	return page, nil
}

// Replay sends a delivery again at once, under the same id and with the same
// body (W3, W26). When it was exhausted this is one more attempt; when it was
// delivered or is waiting, the ladder goes on from where it stood.
func (r *Room) Replay(ctx context.Context, p *kyc.Principal, id string) error {
	if err := may(p, kyc.EditKYC); err != nil {
		return err
	}
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		d, err := r.Store.Delivery(ctx, tx, id)
		if err != nil {
			return err
		}
		if !owns(p, d) {
			return kyc.ErrNotFound()
		}
		d.Status, d.NextAt, d.DoneAt = kyc.DeliveryPending, tx.Now(), time.Time{}
		if err := r.Store.UpdateDelivery(ctx, tx, d, d.Attempts); err != nil {
			return err
		}
		event := kyc.Event{SessionID: d.SessionID, At: tx.Now(), Kind: EventReplayed, Actor: p.UserID}
		if event.Actor == "" {
			event.Actor = "api"
		}
		if err := r.Store.AddEvent(ctx, tx, event); err != nil {
			return err
		}
		return r.wake(ctx, tx, d, "/replay") // the job that waits for later may hold the plain key
	})
	if err != nil {
		return fmt.Errorf("replay delivery %s: %w", id, err)
	}
	return nil
}

func may(p *kyc.Principal, want kyc.Permission) error {
	if !p.Can(want) {
		return kyc.Errorf(kyc.Forbidden, "this needs the permission %s", want)
	}
	return nil
}

// owns tells whether the principal may know of the delivery at all (S9).
func owns(p *kyc.Principal, d *kyc.Delivery) bool {
	return p.Role == kyc.RoleAdmin || p.AccountID == d.AccountID
}

func bare(d *kyc.Delivery) kyc.Delivery {
	clean := *d
	clean.Body = nil
	return clean
}
