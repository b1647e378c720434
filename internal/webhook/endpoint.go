package webhook

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Endpoints returns a scenario's endpoints, the primary one first. Secrets show
// their last four characters only.
func (r *Room) Endpoints(ctx context.Context, p *kyc.Principal, scenarioID string) (all []*kyc.Endpoint, err error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		scenario, err := r.scenario(ctx, tx, p, scenarioID)
		if err != nil {
			return err
		}
		all, err = r.Store.EndpointsOf(ctx, tx, scenarioID)
		for _, e := range all {
			complete(e, scenario)
			conceal(e)
		}
		return err
	})
	return all, err
}

// Endpoint returns one endpoint, its secrets concealed.
func (r *Room) Endpoint(ctx context.Context, p *kyc.Principal, id string) (e *kyc.Endpoint, err error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		e, _, err = r.endpoint(ctx, tx, p, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	conceal(e)
	return e, nil
}

// Disabled returns the account's endpoints that get nothing, longest disabled
// first: what the dashboard's banner tells of (W17).
func (r *Room) Disabled(ctx context.Context, p *kyc.Principal) (all []*kyc.Endpoint, err error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return nil, err
	}
	account := p.AccountID
	if p.Role == kyc.RoleAdmin {
		account = ""
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		all, err = r.Store.DisabledEndpoints(ctx, tx, account, 100)
		for _, e := range all {
			if scenario, err := r.Store.Scenario(ctx, tx, e.ScenarioID); err == nil {
				complete(e, scenario)
			}
			conceal(e)
		}
		return err
	})
	return all, err
}

// Standings tells how the newest deliveries of a scenario's endpoints went, by
// endpoint.
func (r *Room) Standings(ctx context.Context, p *kyc.Principal, scenarioID string) (map[string]kyc.EndpointStanding, error) {
	if err := may(p, kyc.LogsKYC); err != nil {
		return nil, err
	}
	standings := map[string]kyc.EndpointStanding{}
	err := r.Store.View(ctx, func(tx kyc.Tx) error {
		if _, err := r.scenario(ctx, tx, p, scenarioID); err != nil {
			return err
		}
		all, err := r.Store.EndpointsOf(ctx, tx, scenarioID)
		if err != nil {
			return err
		}
		for _, e := range all {
			if standings[e.ID], err = r.Store.EndpointStanding(ctx, tx, e.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return standings, err
}

// CreateEndpoint adds a receiver to a scenario and returns its secret, which is
// never shown again (W5). It sets the endpoint's id.
func (r *Room) CreateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) (secret string, err error) {
	if err := may(p, kyc.EditKYC); err != nil {
		return "", err
	}
	if secret, err = r.newSecret(); err != nil {
		return "", err
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		scenario, err := r.scenario(ctx, tx, p, e.ScenarioID)
		if err != nil {
			return err
		}
		known, err := r.Store.EndpointsOf(ctx, tx, scenario.ID)
		if err != nil {
			return err
		}
		if len(known) >= maxEndpoints {
			return kyc.Errorf(kyc.TooMany, "a scenario has at most %d endpoints: delete one first", maxEndpoints)
		}
		made := settings(e)
		if made.ID, err = kyc.NewID(tx.Now(), r.Random); err != nil {
			return err
		}
		made.AccountID, made.ScenarioID, made.CreatedAt = scenario.AccountID, scenario.ID, tx.Now()
		made.Secrets = []kyc.EndpointSecret{{Value: secret, CreatedAt: tx.Now()}}
		made.Normalise()
		if faults := made.Validate(); len(faults) > 0 {
			return kyc.ErrInvalid(faults...)
		}
		if err := r.Store.CreateEndpoint(ctx, tx, made); err != nil {
			return err
		}
		*e = *made
		conceal(e)
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// settings copies what an operator may choose.
func settings(e *kyc.Endpoint) *kyc.Endpoint {
	return &kyc.Endpoint{Name: e.Name, URL: e.URL, Mode: e.Mode, AppendClientKey: e.AppendClientKey, Events: e.Events, Relaxed: e.Relaxed,
		Rate: e.Rate, Concurrency: e.Concurrency, Timeout: e.Timeout}
}

// UpdateEndpoint writes an endpoint's settings. With a Lock that is not zero it
// writes only over what was read. Of the primary one, address, mode and appended
// key are the scenario's definition and are left alone.
func (r *Room) UpdateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) error {
	if err := may(p, kyc.EditKYC); err != nil {
		return err
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		stored, _, err := r.endpoint(ctx, tx, p, e.ID)
		if err != nil {
			return err
		}
		if e.Lock != 0 && e.Lock != stored.Lock {
			return kyc.ErrConflict
		}
		next := settings(e)
		next.ID, next.AccountID, next.ScenarioID, next.Lock = stored.ID, stored.AccountID, stored.ScenarioID, stored.Lock
		if next.Primary() {
			next.URL, next.Mode, next.AppendClientKey = stored.URL, stored.Mode, stored.AppendClientKey
		}
		next.Normalise()
		if faults := next.Validate(); len(faults) > 0 {
			return kyc.ErrInvalid(faults...)
		}
		if err := r.Store.UpdateEndpoint(ctx, tx, next); err != nil {
			return err
		}
		e.Lock = next.Lock
		return r.Store.Publish(ctx, tx, Topic, "")
	})
}

// DeleteEndpoint removes an endpoint; its deliveries stay in the log, and those
// that waited are given up. The primary one cannot be removed: take the callback
// out of the scenario instead.
func (r *Room) DeleteEndpoint(ctx context.Context, p *kyc.Principal, id string) error {
	if err := may(p, kyc.EditKYC); err != nil {
		return err
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		e, _, err := r.endpoint(ctx, tx, p, id)
		if err != nil {
			return err
		}
		if e.Primary() {
			return kyc.Errorf(kyc.Conflict, "the scenario's own callback cannot be deleted: take its address out of the scenario")
		}
		return r.Store.DeleteEndpoint(ctx, tx, id, "the endpoint was deleted")
	})
}

// RotateEndpointSecret makes a new secret and returns it once (W5). The old one
// goes on signing beside it until the overlap is over; 0 ends it at once (W4).
// The secret of the primary endpoint is the scenario's webhook secret, which also
// encrypts: deliveries that were written before stay encrypted with the old one.
func (r *Room) RotateEndpointSecret(ctx context.Context, p *kyc.Principal, id string, overlap time.Duration) (secret string, err error) {
	if err := may(p, kyc.EditKYC); err != nil {
		return "", err
	}
	if overlap < 0 || overlap > kyc.MaxOverlap {
		return "", kyc.ErrInvalid(fmt.Sprintf("overlap: must be 0 to %g days", kyc.MaxOverlap.Hours()/24))
	}
	if secret, err = r.newSecret(); err != nil {
		return "", err
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		e, scenario, err := r.endpoint(ctx, tx, p, id)
		if err != nil {
			return err
		}
		var secrets []kyc.EndpointSecret
		if e.Primary() {
			if err := r.Store.UpdateSecrets(ctx, tx, scenario.ID, scenario.Secret, secret); err != nil {
				return err
			}
		} else {
			secrets = []kyc.EndpointSecret{{Value: secret, CreatedAt: tx.Now()}}
		}
		if len(e.Secrets) > 0 {
			secrets = append(secrets, kyc.Retire(e.Secrets[0], tx.Now(), overlap)...)
		}
		return r.Store.PutEndpointSecrets(ctx, tx, id, secrets)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// EnableEndpoint lets an endpoint get its deliveries again, those that waited
// included, and forgets its failures.
func (r *Room) EnableEndpoint(ctx context.Context, p *kyc.Principal, id string) error {
	return r.turn(ctx, p, id, func(e *kyc.Endpoint, now time.Time) {
		succeeded(e)
		e.State, e.StateReason, e.StateAt = kyc.EndpointEnabled, "", now
	})
}

// ByHand is the reason of an endpoint that somebody disabled, not the platform.
const ByHand = "disabled by hand"

// DisableEndpoint makes an endpoint's deliveries wait until it is enabled.
func (r *Room) DisableEndpoint(ctx context.Context, p *kyc.Principal, id string) error {
	return r.turn(ctx, p, id, func(e *kyc.Endpoint, now time.Time) { disable(e, ByHand, now) })
}

func (r *Room) turn(ctx context.Context, p *kyc.Principal, id string, change func(e *kyc.Endpoint, now time.Time)) error {
	if err := may(p, kyc.EditKYC); err != nil {
		return err
	}
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		if _, _, err := r.endpoint(ctx, tx, p, id); err != nil {
			return err
		}
		kept, err := r.Store.LockEndpoints(ctx, tx, []string{id}, false)
		if err != nil || len(kept) == 0 {
			return firstError(err, kyc.ErrNotFound())
		}
		before := kept[0].State
		change(kept[0], tx.Now())
		if err := r.Store.UpdateEndpointHealth(ctx, tx, kept[0]); err != nil {
			return err
		}
		if before == kyc.EndpointEnabled && kept[0].State == kyc.EndpointDisabled {
			if err := r.announceDisabled(ctx, tx, kept[0]); err != nil {
				return err
			}
		}
		return r.Store.Publish(ctx, tx, Topic, "")
	})
	if err == nil {
		r.Logger.LogAttrs(ctx, slog.LevelInfo, "endpoint turned by hand", slog.String("endpoint", id), slog.String("user", p.UserID))
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// endpoint reads one endpoint with its scenario, completed, for who may know of it.
func (r *Room) endpoint(ctx context.Context, tx kyc.Tx, p *kyc.Principal, id string) (*kyc.Endpoint, *kyc.Scenario, error) {
	if !kyc.ValidID(id) {
		return nil, nil, kyc.ErrNotFound()
	}
	e, err := r.Store.Endpoint(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	if p.Role != kyc.RoleAdmin && p.AccountID != e.AccountID {
		return nil, nil, kyc.ErrNotFound()
	}
	scenario, err := r.Store.Scenario(ctx, tx, e.ScenarioID)
	if err != nil {
		return nil, nil, err
	}
	complete(e, scenario)
	return e, scenario, nil
}

func (r *Room) scenario(ctx context.Context, tx kyc.Tx, p *kyc.Principal, id string) (*kyc.Scenario, error) {
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	scenario, err := r.Store.Scenario(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if p.Role != kyc.RoleAdmin && p.AccountID != scenario.AccountID {
		return nil, kyc.ErrNotFound()
	}
	return scenario, nil
}

// PrimaryName is what the scenario's own callback is called while it has no
// other name.
const PrimaryName = "Callback"

// complete fills a primary endpoint with what the scenario keeps of it. Its
// secrets are then in the order that every endpoint's are: the newest first.
func complete(e *kyc.Endpoint, scenario *kyc.Scenario) {
	if !e.Primary() {
		return
	}
	if e.Name == "" {
		e.Name = PrimaryName
	}
	e.URL, e.Mode, e.AppendClientKey = scenario.Callback.URL, scenario.Callback.Mode, scenario.Callback.AppendClientKey
	e.Secrets = append([]kyc.EndpointSecret{{Value: scenario.WebhookSecret, CreatedAt: e.CreatedAt}}, e.Secrets...)
}

// conceal leaves of each secret what a list may show.
func conceal(e *kyc.Endpoint) {
	for i, s := range e.Secrets {
		e.Secrets[i].Tail, e.Secrets[i].Value = s.Hint(), ""
	}
}

// newSecret draws a secret of 32 bytes in the form of Standard Webhooks (W2).
func (r *Room) newSecret() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(r.Random, b[:]); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:]), nil
}
