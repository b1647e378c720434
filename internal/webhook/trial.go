package webhook

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// sample is a finished session with the specimen person of ICAO 9303.
//
//go:embed sample.json
var sample []byte

// TestEndpoint sends an event of a kind with sample data, marked as a test in
// body and header, and returns the delivery's id (W27). It is tried once, whether
// or not the endpoint asked for such events, and does not count for its health.
func (r *Room) TestEndpoint(ctx context.Context, p *kyc.Principal, id string, event kyc.EventType) (deliveryID string, err error) {
	if err := may(p, kyc.EditKYC); err != nil {
		return "", err
	}
	if !slices.Contains(kyc.EventTypes(), event) {
		return "", kyc.ErrInvalid(fmt.Sprintf("event: choose one of %v", kyc.EventTypes()))
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		e, scenario, err := r.endpoint(ctx, tx, p, id)
		if err != nil {
			return err
		}
		switch {
		case e.URL == "":
			return kyc.Errorf(kyc.Conflict, "the scenario has no callback address: give it one first")
		case e.State != kyc.EndpointEnabled:
			return kyc.Errorf(kyc.Conflict, "the endpoint is disabled: enable it first")
		}
		n, err := r.trial(tx, scenario, event)
		if err != nil {
			return err
		}
		if deliveryID, err = r.deliver(ctx, tx, e, n); err != nil {
			return err
		}
		return r.Store.Publish(ctx, tx, Topic, "")
	})
	return deliveryID, err
}

// trial makes a notice of an event that did not happen.
func (r *Room) trial(tx kyc.Tx, scenario *kyc.Scenario, event kyc.EventType) (*notice, error) {
	n := &notice{event: event, scenario: scenario, test: true}
	if event == kyc.EventEndpointDisabled {
		n.detail.Endpoint = &kyc.EndpointNews{ID: scenario.ID, Name: PrimaryName, Reason: "nothing but failures since " +
			tx.Now().Add(-5*24*time.Hour).Format("2006-01-02 15:04 UTC") + ", 48 in a row", At: tx.Now()}
		return n, nil
	}
	id, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return nil, err
	}
	n.session = &kyc.Session{ID: id, ScenarioID: scenario.ID, ClientKey: "user_123", Status: kyc.Idle, Lock: 1}
	n.sequence = 1
	switch event {
	case kyc.EventStepFinished:
		n.session.Status, n.session.Lock, n.sequence = kyc.Processing, 3, 2
		n.detail.Step = &kyc.StepNews{Index: 0, Type: kyc.StepDocument, Try: 1, Status: kyc.Success}
	case kyc.EventSessionFinal:
		n.session.Status, n.session.Lock, n.sequence = kyc.Success, 6, 4
		n.body = func() ([]byte, error) { return sampleSession(id, scenario.ID, tx.Now()) }
	default: // a session that has only begun
	}
	return n, nil
}

// sampleSession is the contract's session object with a mark that it is a test.
func sampleSession(id, scenarioID string, now time.Time) ([]byte, error) {
	var v struct {
		kyc.SessionView
		Test bool `json:"test"`
	}
	if err := json.Unmarshal(sample, &v); err != nil {
		return nil, fmt.Errorf("read the sample session: %w", err)
	}
	v.SessionID, v.SchemaID, v.Test = id, scenarioID, true
	v.CreatedAt, v.ResponseTime = kyc.Stamp(now.Add(-42*time.Second)), kyc.Stamp(now)
	for i := range v.Results {
		v.Results[i].StartedAt = kyc.Stamp(now.Add(-40 * time.Second))
	}
	return kyc.JSON(v)
}
