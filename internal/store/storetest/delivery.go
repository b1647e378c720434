package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

func (b *bench) delivery(v *kyc.Session, n int) *kyc.Delivery {
	return &kyc.Delivery{ID: id(b.t), AccountID: v.AccountID, SessionID: v.ID, ScenarioID: v.ScenarioID, EndpointID: v.ScenarioID, Sequence: int64(n), Version: 3, URL: "https://shop.example/hook?clientKey=client-1",
		Event: "session.final", Body: []byte(`{"encrypted":"…"}`), Status: kyc.DeliveryPending, NextAt: day(n), CreatedAt: day(n)}
}

func deliveries(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	second, first := b.delivery(v, 2), b.delivery(v, 1)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.CreateDelivery(ctx, tx, second), b.CreateDelivery(ctx, tx, first))
	})
	same(t, "data key", first.Key, v.Key)
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.CreateDelivery(ctx, tx, first) })
	due := func(at time.Time, limit int, want ...string) {
		t.Helper()
		b.view(func(ctx context.Context, tx kyc.Tx) error {
			got, err := b.ReadyEndpoints(ctx, tx, at, limit)
			var ids []string
			for _, r := range got {
				ids = append(ids, r.ID)
			}
			same(t, "due", ids, want)
			return err
		})
	}
	due(day(1).Add(-time.Second), 10)
	due(day(1), 10, b.scenario.ID)
	first.Status, first.Attempts, first.DoneAt, first.LastCode, first.LastError = kyc.DeliveryDelivered, 1, day(3), 200, ""
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateDelivery(ctx, tx, first, 0) })
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateDelivery(ctx, tx, first, 0) })
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		return b.UpdateDelivery(ctx, tx, &kyc.Delivery{ID: "nothing"}, 0)
	})
	due(day(1), 10)
	due(day(2), 10, b.scenario.ID)
	tries := []kyc.DeliveryAttempt{
		{DeliveryID: first.ID, Number: 1, At: day(2), Code: 500, Latency: 1500 * time.Microsecond, Error: "answered 500", Header: map[string]string{"webhook-id": "1"}, Answer: "oops, client-1"},
		{DeliveryID: first.ID, Number: 2, At: day(3), Code: 200, Latency: time.Millisecond},
	}
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return b.AddDeliveryAttempts(ctx, tx, tries...)
	})
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.AddDeliveryAttempts(ctx, tx, tries[0]) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Delivery(ctx, tx, first.ID)
		if err != nil {
			return err
		}
		same(t, "delivery", got, first)
		all, err := b.DeliveriesOf(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "deliveries", all, []*kyc.Delivery{first, second})
		sent, err := b.DeliveryAttempts(ctx, tx, first.ID)
		same(t, "tries", sent, tries)
		return err
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.DeliveryAttempts(ctx, tx, "nothing")
		return err
	})
}

func deliveryLists(t *testing.T, b *bench) {
	v, w := b.stored("client-1", day(1)), b.stored("client-2", day(1))
	var all []*kyc.Delivery
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for n := 1; n <= 5; n++ {
			owner := v
			if n == 5 {
				owner = w
			}
			d := b.delivery(owner, n)
			if n == 4 {
				d.Status = kyc.DeliveryExhausted
			}
			all = append([]*kyc.Delivery{d}, all...) // newest first
			if err := b.CreateDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	other, _ := b.tenant("Bank")
	for _, c := range []struct {
		name   string
		filter kyc.DeliveryFilter
		want   []*kyc.Delivery
		total  int
	}{
		{"all accounts", kyc.DeliveryFilter{}, all, 5},
		{"account", kyc.DeliveryFilter{AccountID: b.account.ID}, all, 5},
		{"other account", kyc.DeliveryFilter{AccountID: other.ID}, []*kyc.Delivery{}, 0},
		{"second page", kyc.DeliveryFilter{AccountID: b.account.ID, Page: 2, PageSize: 2}, all[2:4], 5},
		{"session", kyc.DeliveryFilter{AccountID: b.account.ID, SessionID: v.ID}, all[1:], 4},
		{"scenario and status", kyc.DeliveryFilter{ScenarioID: b.scenario.ID, Statuses: []kyc.DeliveryStatus{kyc.DeliveryExhausted, kyc.DeliveryDelivered}}, all[1:2], 1},
	} {
		b.view(func(ctx context.Context, tx kyc.Tx) error {
			got, err := b.ListDeliveries(ctx, tx, c.filter)
			if last := len(got.Deliveries) < max(1, c.filter.PageSize) || c.filter.PageSize == 0; last != (got.Next == "") {
				t.Errorf("%s: next page %q", c.name, got.Next)
			}
			got.Next = ""
			same(t, c.name, got, kyc.DeliveryPage{Deliveries: c.want, Total: c.total})
			return err
		})
	}
	b.refused(kyc.Invalid, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.ListDeliveries(ctx, tx, kyc.DeliveryFilter{PageSize: 1001})
		return err
	})
}

func endpointStandings(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	standing := func() (s kyc.EndpointStanding) {
		t.Helper()
		b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
			s, err = b.EndpointStanding(ctx, tx, b.scenario.ID)
			return err
		})
		return s
	}
	same(t, "of an endpoint that never got anything", standing(), kyc.EndpointStanding{})
	done, givenUp, failing, fresh, elsewhere := b.delivery(v, 1), b.delivery(v, 2), b.delivery(v, 3), b.delivery(v, 4), b.delivery(v, 5)
	done.Status, done.DoneAt, done.LastCode = kyc.DeliveryDelivered, day(7), 204
	givenUp.Status, givenUp.DoneAt, givenUp.LastError = kyc.DeliveryExhausted, day(8), "no answer in time"
	failing.LastCode, failing.LastError = 503, "the receiver answered 503"
	elsewhere.EndpointID, elsewhere.LastError = id(t), "another endpoint's"
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for _, d := range []*kyc.Delivery{done, givenUp, failing, fresh, elsewhere} {
			if err := b.CreateDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		return b.AddDeliveryAttempts(ctx, tx, kyc.DeliveryAttempt{DeliveryID: failing.ID, Number: 1, At: day(5)}, kyc.DeliveryAttempt{DeliveryID: failing.ID, Number: 2, At: day(6)})
	})
	same(t, "how it went", standing(), kyc.EndpointStanding{Waiting: 2, GivenUp: 1, DeliveredAt: day(7), FailedAt: day(6), LastCode: 503, LastError: "the receiver answered 503"})
}
