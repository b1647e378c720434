package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

func endpoints(t *testing.T, b *bench) {
	e := &kyc.Endpoint{ID: id(b.t), AccountID: b.account.ID, ScenarioID: b.scenario.ID, Name: "Second", URL: "https://other.example/hook", Mode: kyc.CallbackThin, AppendClientKey: true,
		Events: kyc.EventTypes(), Relaxed: true, Rate: 2.5, Concurrency: 3, Timeout: 4 * time.Second, State: kyc.EndpointEnabled, CreatedAt: day(2),
		Secrets: []kyc.EndpointSecret{{Value: "whsec_new", CreatedAt: day(2)}, {Value: "whsec_old", CreatedAt: day(1), ExpiresAt: day(3)}}}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateEndpoint(ctx, tx, e) })
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.CreateEndpoint(ctx, tx, e) })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Endpoint(ctx, tx, e.ID)
		same(t, "endpoint", got, e)
		all, errAll := b.EndpointsOf(ctx, tx, b.scenario.ID)
		if len(all) != 2 || !all[0].Primary() || all[1].ID != e.ID {
			t.Errorf("the scenario has %+v", all)
		}
		return errors.Join(err, errAll)
	})
	stale := *e
	e.Name, e.URL, e.Events, e.Rate = "Third", "https://third.example/", nil, 0
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.UpdateEndpoint(ctx, tx, e) })
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error { return b.UpdateEndpoint(ctx, tx, &stale) })
	e.Secrets = e.Secrets[:1]
	e.State, e.StateReason, e.StateAt, e.Failures, e.FailingSince = kyc.EndpointDisabled, "no answer", day(4), 7, day(3)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.PutEndpointSecrets(ctx, tx, e.ID, e.Secrets), b.UpdateEndpointHealth(ctx, tx, e))
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		kept, err := b.LockEndpoints(ctx, tx, []string{e.ID, "nothing"}, true)
		if len(kept) != 1 {
			t.Fatalf("%d rows kept", len(kept))
		}
		kept[0].Lock = e.Lock
		same(t, "kept", kept[0], e)
		off, errOff := b.DisabledEndpoints(ctx, tx, b.account.ID, 10)
		if len(off) != 1 || off[0].ID != e.ID {
			t.Errorf("disabled: %+v", off)
		}
		return errors.Join(err, errOff)
	})
	v := b.stored("client-1", day(1))
	d := b.delivery(v, 1)
	d.EndpointID = e.ID
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(b.CreateDelivery(ctx, tx, d), b.DeleteEndpoint(ctx, tx, e.ID, "gone"))
	})
	b.refused(kyc.NotFound, func(ctx context.Context, tx kyc.Tx) error { _, err := b.Endpoint(ctx, tx, e.ID); return err })
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Delivery(ctx, tx, d.ID)
		if err == nil && (got.Status != kyc.DeliveryExhausted || got.LastError != "gone") {
			t.Errorf("what waited for a deleted endpoint: %+v", got)
		}
		return err
	})
}

// primary is the endpoint that a scenario begins with.
func (b *bench) primary() (e *kyc.Endpoint) {
	b.t.Helper()
	b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		e, err = b.Endpoint(ctx, tx, b.scenario.ID)
		return err
	})
	return e
}

// take claims what is due, as one sender does; one that finds the endpoint
// taken comes away empty.
func (b *bench) take(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, limit int) (ids []string, err error) {
	kept, err := b.LockEndpoints(ctx, tx, []string{e.ID}, true)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	claimed, _, err := b.ClaimDeliveries(ctx, tx, e, tx.Now().Add(time.Minute), limit)
	for _, d := range claimed {
		if d.Attempts != 1 || d.ClaimedTo.IsZero() || d.URL == "" || d.Body == nil {
			b.t.Errorf("claimed as %+v", d)
		}
		ids = append(ids, d.ID)
	}
	slices.Sort(ids)
	return ids, err
}

func (b *bench) claim(e *kyc.Endpoint, limit int) (ids []string) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx kyc.Tx) (err error) {
		ids, err = b.take(ctx, tx, e, limit)
		return err
	})
	return ids
}

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }

// claims: of a session the earliest alone, and no delivery twice (W9).
func claims(t *testing.T, b *bench) {
	e := b.primary()
	var all []*kyc.Delivery
	for _, key := range []string{"client-1", "client-2"} {
		v := b.stored(key, day(1))
		b.do(func(ctx context.Context, tx kyc.Tx) error {
			for want := int64(1); want <= 3; want++ {
				n, err := b.NextSequence(ctx, tx, v.ID)
				if err != nil || n != want {
					t.Fatalf("event %d of a session has number %d, %v", want, n, err)
				}
				d := b.delivery(v, int(n))
				if err := b.CreateDelivery(ctx, tx, d); err != nil {
					return err
				}
				all = append(all, d)
			}
			return nil
		})
	}
	first := b.claim(e, 10)
	same(t, "the first of each session", first, sorted(all[0].ID, all[3].ID))
	same(t, "nothing more", len(b.claim(e, 10)), 0)

	settled := func(d *kyc.Delivery, status kyc.DeliveryStatus, followers time.Time) kyc.Settlement {
		done := *d
		done.Status, done.Attempts, done.LastCode, done.LastError, done.DoneAt, done.NextAt = status, 1, 204, "said so", day(5), day(5)
		return kyc.Settlement{Delivery: &done, FromAttempts: 1, Followers: followers}
	}
	later := time.Now().Add(time.Hour)
	done, waits := settled(all[0], kyc.DeliveryDelivered, day(5)), settled(all[3], kyc.DeliveryPending, later)
	waits.Delivery.NextAt = later
	late := settled(all[1], kyc.DeliveryDelivered, time.Time{}) // it was never claimed
	gone := settled(&kyc.Delivery{ID: id(b.t)}, kyc.DeliveryDelivered, day(5))
	b.refused(kyc.Conflict, func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.SettleDeliveries(ctx, tx, []kyc.Settlement{done, done})
		return err
	})
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		stood, err := b.SettleDeliveries(ctx, tx, []kyc.Settlement{late, done, gone, waits})
		same(t, "what stood", stood, []bool{false, true, false, true})
		return err
	})
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Delivery(ctx, tx, all[0].ID)
		done.Delivery.Key = got.Key
		same(t, "settled", got, done.Delivery)
		return err
	})
	same(t, "what follows a delivered one, and not what follows one that waits", b.claim(e, 10), []string{all[1].ID})
	e.Relaxed = true
	same(t, "when the order does not matter", b.claim(e, 10), sorted(all[2].ID))
}

// concurrentSenders: many senders take each delivery once, and all of them.
func concurrentSenders(t *testing.T, b *bench) {
	e, v := b.primary(), b.session("nobody", day(1))
	const n = 40
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		for i := range n {
			d := b.delivery(v, 1)
			d.SessionID, d.NextAt = "", day(1).Add(time.Duration(i))
			if err := b.CreateDelivery(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	times := map[string]int{}
	for range n {
		b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
			ids, err := b.take(ctx, tx, e, 3)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range ids {
				times[id]++
			}
			return err
		})
	}
	for id, k := range times {
		if k != 1 {
			t.Errorf("%s was taken %d times", id, k)
		}
	}
	same(t, "taken", len(times), n)
}
