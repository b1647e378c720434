package store

import (
	"context"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// topicChange is what changes travel under.
const topicChange = "change"

// changed tells of a change once the unit has committed. It is called where the
// row is written, so that no room can forget it.
func (s *Store) changed(ctx context.Context, u *unit, kind kyc.ChangeKind, accountID, id string) error {
	return s.Publish(ctx, u, topicChange, string(kind)+" "+accountID+" "+id)
}

// OnChange calls f with every change of sessions, deliveries, endpoints and
// logins, in whichever process it was made, until cancel. What Subscribe asks of
// f holds here, too.
func (s *Store) OnChange(f func(kyc.Change)) (cancel func()) {
	return s.Subscribe(topicChange, func(payload string) {
		parts := strings.Split(payload, " ")
		if len(parts) != 3 {
			f(kyc.Change{})
			return
		}
		f(kyc.Change{Kind: kyc.ChangeKind(parts[0]), AccountID: parts[1], ID: parts[2]})
	})
}

// deliveryChanged names the session that a delivery is about, whose page shows it.
func (s *Store) deliveryChanged(ctx context.Context, u *unit, d *kyc.Delivery) error {
	id := d.SessionID
	if id == "" {
		id = d.ID
	}
	return s.changed(ctx, u, kyc.ChangedDelivery, d.AccountID, id)
}
