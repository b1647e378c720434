package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/webhook"
)

// senderEnv holds the order of a sender as JSON.
const senderEnv = "OPENKYC_PROOF_SENDER"

// order is what a sender is told.
type order struct {
	Address string // of the database
	Keys    string // file of the master key
	Events  int    // of each session
}

// The waits that the proof shortens, so that it ends in minutes and not in days.
const (
	rungs      = 60 // a third of the attempts fails: this many in a row do not
	shortest   = 50 * time.Millisecond
	longest    = 500 * time.Millisecond
	claim      = 1500 * time.Millisecond // of an attempt whose sender was killed
	attemptEnd = time.Second
	producers  = 8
)

func ladder() []time.Duration {
	waits := make([]time.Duration, rungs)
	for i := range waits[1:] {
		waits[i+1] = min(shortest<<min(i, 10), longest)
	}
	return waits
}

// platform is the real parts.
type platform struct {
	*store.Store
	room *webhook.Room
}

func open(ctx context.Context, o order) (*platform, error) {
	keys, err := seal.Open(o.Keys)
	if errors.Is(err, os.ErrNotExist) {
		keys, err = seal.Create(o.Keys)
	}
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Config{Address: o.Address, Keys: keys, Migrate: true})
	if err != nil {
		return nil, err
	}
	queue, err := jobs.Open(ctx, jobs.Config{Store: s})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	room := webhook.New(webhook.Deps{Store: s, Queue: queue, Sender: egress.New(egress.Config{AllowPrivate: true}), Now: time.Now, Random: rand.Reader,
		Ladder: ladder(), Claim: claim, Breaker: webhook.Breaker{Failures: 1000}, Logger: slog.New(slog.DiscardHandler)})
	return &platform{Store: s, room: room}, nil
}

// send announces what is still to be announced and delivers until it is killed.
func send(ctx context.Context) error {
	var o order
	if err := json.Unmarshal([]byte(os.Getenv(senderEnv)), &o); err != nil {
		return err
	}
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.room.Run(ctx) })
	sessions, err := p.progress(ctx)
	if err != nil {
		return err
	}
	for n := range producers {
		group.Go(func() error {
			for event := range o.Events { // all sessions abreast
				for i, s := range sessions {
					if i%producers == n && s.done <= event {
						if err := p.announce(ctx, s.id, event, o.Events); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), p.Close())
}

// begun is a session and how many of its events are written.
type begun struct {
	id   string
	done int
}

func (p *platform) progress(ctx context.Context) (all []begun, err error) {
	err = p.View(ctx, func(tx kyc.Tx) error {
		rows, err := p.SQL(tx).QueryContext(ctx, `SELECT s.id, COUNT(d.id) FROM sessions s LEFT JOIN deliveries d ON d.session_id = s.id GROUP BY s.id ORDER BY s.id`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var b begun
			if err := rows.Scan(&b.id, &b.done); err != nil {
				return err
			}
			all = append(all, b)
		}
		return rows.Err()
	})
	return all, err
}

// announce changes a session and announces it, in one unit of work (W11).
func (p *platform) announce(ctx context.Context, id string, event, events int) error {
	err := p.Do(ctx, func(tx kyc.Tx) error {
		session, err := p.Session(ctx, tx, id)
		if err != nil {
			return err
		}
		scenario, err := p.Scenario(ctx, tx, session.ScenarioID)
		if err != nil {
			return err
		}
		if event == events-1 {
			session.Status, session.FinishedAt = kyc.Success, tx.Now()
		}
		if err := p.UpdateSession(ctx, tx, session); err != nil {
			return err
		}
		switch event {
		case events - 1:
			return p.room.Announce(ctx, tx, scenario, session, func() ([]byte, error) { return []byte(`{}`), nil })
		case 0:
			return p.room.Notify(ctx, tx, kyc.EventSessionStarted, scenario, session, kyc.EventDetail{})
		default:
			return p.room.Notify(ctx, tx, kyc.EventStepFinished, scenario, session, kyc.EventDetail{})
		}
	})
	if err != nil {
		return fmt.Errorf("announce event %d of %s: %w", event+1, id, err)
	}
	return nil
}

// prepare makes tenants with a scenario, an endpoint and sessions each, and
// returns the endpoints' secrets.
func prepare(ctx context.Context, folder string, o order, sink string, sessions int) (secrets []string, err error) {
	if err := os.MkdirAll(filepath.Clean(folder), 0o700); err != nil {
		return nil, err
	}
	p, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	const tenants = 4
	for n := range tenants {
		account, scenario := &kyc.Account{Name: fmt.Sprint("tenant ", n)}, &kyc.Scenario{Secret: "unused", WebhookSecret: "whsec_" + rand.Text()}
		scenario.Name, scenario.Steps = "proof", []kyc.Step{{Type: kyc.StepDocument}}
		scenario.Normalise()
		err := p.Do(ctx, func(tx kyc.Tx) (err error) {
			if account.ID, err = kyc.NewID(tx.Now(), rand.Reader); err != nil {
				return err
			}
			if scenario.ID, err = kyc.NewID(tx.Now(), rand.Reader); err != nil {
				return err
			}
			scenario.AccountID = account.ID
			return errors.Join(p.CreateAccount(ctx, tx, account), p.SaveScenario(ctx, tx, scenario))
		})
		if err != nil {
			return nil, err
		}
		owner := &kyc.Principal{AccountID: account.ID, Name: "proof", Role: kyc.RoleOwner}
		secret, err := p.room.CreateEndpoint(ctx, owner, &kyc.Endpoint{ScenarioID: scenario.ID, Name: "sink", URL: sink, Mode: kyc.CallbackThin,
			Events: kyc.EventTypes(), Rate: kyc.MaxEndpointRate, Concurrency: 64, Timeout: attemptEnd})
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
		if err := p.begin(ctx, scenario, sessions/tenants+min(1, max(0, sessions%tenants-n))); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (p *platform) begin(ctx context.Context, scenario *kyc.Scenario, sessions int) error {
	return p.Do(ctx, func(tx kyc.Tx) error {
		for i := range sessions {
			id, err := kyc.NewID(tx.Now(), rand.Reader)
			if err != nil {
				return err
			}
			s := &kyc.Session{ID: id, AccountID: scenario.AccountID, ScenarioID: scenario.ID, Revision: 1, ClientKey: fmt.Sprint("client:", i),
				Origin: kyc.OriginWidget, Status: kyc.Idle, ExpiresAt: tx.Now().Add(24 * time.Hour)}
			if err := p.CreateSession(ctx, tx, s); err != nil {
				return err
			}
		}
		return nil
	})
}
