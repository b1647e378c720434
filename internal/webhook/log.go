package webhook

import (
	"context"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Record is one delivery with its attempts in order. A missing number is an
// attempt whose process died before it could be written down. The body is left
// out, since it is the session itself; Delivery.Digest is its SHA-256.
type Record struct {
	Delivery kyc.Delivery
	Attempts []kyc.DeliveryAttempt
}

// Record returns one delivery with everything that was tried (W25).
func (r *Room) Record(ctx context.Context, p *kyc.Principal, deliveryID string) (record Record, err error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return Record{}, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		d, err := r.Store.Delivery(ctx, tx, deliveryID)
		if err != nil {
			return err
		}
		if !owns(p, d) {
			return kyc.ErrNotFound()
		}
		record.Delivery = bare(d)
		record.Attempts, err = r.Store.DeliveryAttempts(ctx, tx, d.ID)
		return err
	})
	if err != nil {
		return Record{}, fmt.Errorf("read delivery %s: %w", deliveryID, err)
	}
	return record, nil
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
