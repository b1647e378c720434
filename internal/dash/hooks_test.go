package dash

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// hooks is the room of notifications.
type hooks struct{ *world }

// deliveryN names the deliveries of the world.
func deliveryN(n int) string { return fmt.Sprintf("5e0f7c%02d-c5d1-11f0-9a01-010203040506", n) }

const (
	secondID = "5e0f7d01-c5d1-11f0-9a01-010203040506" // an endpoint that fails
	lostID   = "5e0f7d02-c5d1-11f0-9a01-010203040506" // one that the platform disabled
	madeID   = "5e0f7d03-c5d1-11f0-9a01-010203040506" // one that a test makes
)

// endpointsOf the world: the scenario's own callback, one in trouble, one given up.
func endpointsOf(now time.Time) []*kyc.Endpoint {
	secret := func(tail string, at time.Time) kyc.EndpointSecret {
		return kyc.EndpointSecret{Tail: tail, CreatedAt: at}
	}
	old := secret("Zk1=", now.AddDate(0, -2, 0))
	old.ExpiresAt = now.Add(20 * time.Hour)
	return []*kyc.Endpoint{
		{ID: flowID, AccountID: ours, ScenarioID: flowID, Name: webhook.PrimaryName, URL: "https://shop.example/hooks/kyc", Mode: kyc.CallbackEncrypted,
			Secrets: []kyc.EndpointSecret{secret("V0c=", now.AddDate(0, -1, 0))}, State: kyc.EndpointEnabled, Lock: 1},
		{ID: secondID, AccountID: ours, ScenarioID: flowID, Name: "data warehouse", URL: "https://warehouse.shop.example/in", Mode: kyc.CallbackThin,
			Events: []kyc.EventType{kyc.EventSessionStarted, kyc.EventSessionFinal}, Rate: 20, Concurrency: 4, Timeout: 5 * time.Second, Relaxed: true,
			Secrets: []kyc.EndpointSecret{secret("Qm8=", now.Add(-4*time.Hour)), old}, State: kyc.EndpointEnabled,
			FailingSince: now.Add(-50 * time.Minute), Failures: 17, Opens: 2, OpenUntil: now.Add(3 * time.Minute), Throttle: 2, ThrottledAt: now, Lock: 3},
		{ID: lostID, AccountID: ours, ScenarioID: flowID, Name: "old CRM", URL: "https://crm.shop.example/hook", Mode: kyc.CallbackPlain,
			Secrets: []kyc.EndpointSecret{secret("aa4=", now.AddDate(0, -3, 0))}, State: kyc.EndpointDisabled,
			StateReason: "nothing but failures since 2026-02-25 08:11 UTC, 48 in a row", StateAt: now.Add(-26 * time.Hour),
			FailingSince: now.AddDate(0, 0, -5), Failures: 48, Lock: 2},
	}
}

func (w hooks) find(p *kyc.Principal, id string) (*kyc.Endpoint, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	for _, e := range w.endpoints {
		if e.ID == id && e.AccountID == p.AccountID {
			return e, nil
		}
	}
	return nil, kyc.ErrNotFound()
}

func (w hooks) Endpoints(_ context.Context, p *kyc.Principal, scenarioID string) (all []*kyc.Endpoint, _ error) {
	for _, e := range w.endpoints {
		if e.ScenarioID == scenarioID && e.AccountID == p.AccountID {
			all = append(all, e)
		}
	}
	return all, nil
}

func (w hooks) Endpoint(_ context.Context, p *kyc.Principal, id string) (*kyc.Endpoint, error) {
	return w.find(p, id)
}

func (w hooks) Disabled(_ context.Context, p *kyc.Principal) (all []*kyc.Endpoint, _ error) {
	for _, e := range w.endpoints {
		if e.State == kyc.EndpointDisabled && e.AccountID == p.AccountID {
			all = append(all, e)
		}
	}
	return all, nil
}

func (w hooks) Standings(context.Context, *kyc.Principal, string) (map[string]kyc.EndpointStanding, error) {
	return map[string]kyc.EndpointStanding{
		flowID:   {Waiting: 2, DeliveredAt: w.now.Add(-2 * time.Minute)},
		secondID: {Waiting: kyc.StandingLimit, GivenUp: 3, DeliveredAt: w.now.Add(-52 * time.Minute), FailedAt: w.now.Add(-time.Minute), LastCode: 503, LastError: "the receiver answered 503"},
		lostID:   {Waiting: 214, GivenUp: 31, FailedAt: w.now.Add(-26 * time.Hour), LastError: "the receiver refused the connection"},
	}, nil
}

func (w hooks) CreateEndpoint(_ context.Context, p *kyc.Principal, e *kyc.Endpoint) (string, error) {
	e.Normalise()
	if faults := e.Validate(); len(faults) > 0 {
		return "", kyc.ErrInvalid(faults...)
	}
	e.ID, e.AccountID, e.Secrets, e.Lock = madeID, p.AccountID, []kyc.EndpointSecret{{Tail: "new=", CreatedAt: w.now}}, 1
	w.endpoints = append(w.endpoints, e)
	w.did("created " + e.Name)
	return "whsec_shown-once", nil
}

func (w hooks) UpdateEndpoint(_ context.Context, p *kyc.Principal, e *kyc.Endpoint) error {
	stored, err := w.find(p, e.ID)
	if err != nil {
		return err
	}
	if e.Lock != stored.Lock {
		return kyc.ErrConflict
	}
	e.AccountID, e.ScenarioID = stored.AccountID, stored.ScenarioID
	e.Normalise()
	if faults := e.Validate(); len(faults) > 0 {
		return kyc.ErrInvalid(faults...)
	}
	stored.Name, stored.URL, stored.Mode, stored.Events, stored.Rate, stored.Timeout = e.Name, e.URL, e.Mode, e.Events, e.Rate, e.Timeout
	stored.Concurrency, stored.Relaxed, stored.AppendClientKey = e.Concurrency, e.Relaxed, e.AppendClientKey
	stored.Lock++
	return nil
}

func (w hooks) DeleteEndpoint(_ context.Context, p *kyc.Principal, id string) error {
	e, err := w.find(p, id)
	if err != nil {
		return err
	}
	w.did("deleted " + e.Name)
	w.endpoints = slices.DeleteFunc(slices.Clone(w.endpoints), func(x *kyc.Endpoint) bool { return x == e })
	return nil
}

func (w hooks) RotateEndpointSecret(_ context.Context, p *kyc.Principal, id string, overlap time.Duration) (string, error) {
	e, err := w.find(p, id)
	if err != nil {
		return "", err
	}
	e.Secrets = append([]kyc.EndpointSecret{{Tail: "ated", CreatedAt: w.now}}, kyc.Retire(kyc.EndpointSecret{Value: "whsec_before", CreatedAt: w.now}, w.now, overlap)...)
	w.did("rotated " + e.Name + " " + overlap.String())
	return "whsec_rotated", nil
}

func (w hooks) turn(p *kyc.Principal, id string, state kyc.EndpointState, reason string) error {
	e, err := w.find(p, id)
	if err != nil {
		return err
	}
	w.mu.Lock()
	e.State, e.StateReason, e.StateAt = state, reason, w.now
	w.mu.Unlock()
	w.did(string(state) + " " + e.Name)
	w.change(kyc.ChangedEndpoint, id)
	return nil
}

func (w hooks) EnableEndpoint(_ context.Context, p *kyc.Principal, id string) error {
	return w.turn(p, id, kyc.EndpointEnabled, "")
}

func (w hooks) DisableEndpoint(_ context.Context, p *kyc.Principal, id string) error {
	return w.turn(p, id, kyc.EndpointDisabled, webhook.ByHand)
}

func (w hooks) TestEndpoint(_ context.Context, p *kyc.Principal, id string, event kyc.EventType) (string, error) {
	e, err := w.find(p, id)
	if err != nil {
		return "", err
	}
	if !slices.Contains(kyc.EventTypes(), event) {
		return "", kyc.ErrInvalid("event: choose one of them")
	}
	if e.State != kyc.EndpointEnabled {
		return "", kyc.Errorf(kyc.Conflict, "the endpoint is disabled: enable it first")
	}
	w.did("tested " + e.Name + " " + string(event))
	d := kyc.Delivery{ID: deliveryN(99), AccountID: ours, ScenarioID: flowID, EndpointID: id, Event: string(event), Test: true, URL: e.URL, Status: kyc.DeliveryPending, CreatedAt: w.now}
	w.records[""] = append(w.records[""], webhook.Record{Delivery: d})
	return d.ID, nil
}

// all records, newest first.
func (w hooks) all() (list []webhook.Record) {
	for _, records := range w.records {
		list = append(list, records...)
	}
	slices.SortFunc(list, func(a, b webhook.Record) int { return b.Delivery.CreatedAt.Compare(a.Delivery.CreatedAt) })
	return list
}

func (w hooks) List(_ context.Context, p *kyc.Principal, f kyc.DeliveryFilter) (page kyc.DeliveryPage, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.searches = append(w.searches, f)
	if f.Cursor != "" && f.Cursor != "next-page" {
		return page, kyc.ErrInvalid("cursor: take it unchanged from the page before")
	}
	for _, r := range w.all() {
		d := r.Delivery
		if p.AccountID == w.account && (f.SessionID == "" || f.SessionID == d.SessionID) && (f.EndpointID == "" || f.EndpointID == d.EndpointID) &&
			(len(f.Statuses) == 0 || f.Statuses[0] == d.Status) && (f.Event == "" || string(f.Event) == d.Event) && !d.CreatedAt.Before(f.From) && (f.To.IsZero() || d.CreatedAt.Before(f.To)) {
			page.Deliveries = append(page.Deliveries, &d)
		}
	}
	page.Total = len(page.Deliveries)
	if f.ClientKey != "" {
		page.Next = "next-page"
	}
	return page, nil
}

func (w hooks) Record(_ context.Context, p *kyc.Principal, id string) (webhook.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	for _, r := range w.all() {
		if r.Delivery.ID == id && p.AccountID == w.account {
			return r, nil
		}
	}
	return webhook.Record{}, kyc.ErrNotFound()
}

func (w hooks) Log(_ context.Context, _ *kyc.Principal, id string) ([]webhook.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.records[id]), nil
}

func (w hooks) Replay(_ context.Context, p *kyc.Principal, id string) error {
	if !p.Can(kyc.EditKYC) {
		return kyc.Errorf(kyc.Forbidden, "this needs the permission editKYC")
	}
	w.did("replayed " + id)
	return nil
}

func (w hooks) Replayable(_ context.Context, p *kyc.Principal, b kyc.ReplayBatch) (int, error) {
	if _, err := w.find(p, b.EndpointID); err != nil {
		return 0, err
	}
	if b.From.Year() < 2000 {
		return 0, kyc.Errorf(kyc.TooLarge, "more than 100000 deliveries would be sent again: choose a shorter time")
	}
	if b.From.After(w.now.AddDate(1, 0, 0)) {
		return 0, nil
	}
	return 31, nil
}

func (w hooks) ReplayFailed(ctx context.Context, p *kyc.Principal, id string, since time.Time) (int, error) {
	w.did("replayed failed since " + since.Format(clockForm))
	return w.Replayable(ctx, p, kyc.ReplayBatch{EndpointID: id, From: since})
}

func (w hooks) ReplayRange(ctx context.Context, p *kyc.Principal, id string, from, to time.Time) (int, error) {
	w.did("replayed " + from.Format(clockForm) + " to " + to.Format(clockForm))
	return w.Replayable(ctx, p, kyc.ReplayBatch{EndpointID: id, From: from})
}

// broken is a room that cannot find out what is disabled.
type broken struct{ hooks }

func (broken) Disabled(context.Context, *kyc.Principal) ([]*kyc.Endpoint, error) {
	return nil, kyc.Errorf(kyc.Internal, "the database is away")
}
