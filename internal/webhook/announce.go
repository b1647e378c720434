package webhook

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// schemaVersion of the envelope (W29). Fields may be added under the same one.
const schemaVersion = 1

// Notification is the body of everything that the wire contract does not know: all
// events but the final one, and that one in mode thin. It holds ids and statuses
// only; whoever wants more asks for it.
type Notification struct {
	Type          kyc.EventType    `json:"type"`
	Timestamp     kyc.Stamp        `json:"timestamp"`
	Test          bool             `json:"test"`
	SchemaVersion int              `json:"schemaVersion" doc:"1; another when a field goes away or changes its meaning"`
	Data          NotificationData `json:"data"`
}

// NotificationData tells what happened, and to what.
type NotificationData struct {
	Session *SessionNews `json:"session,omitempty"`
	kyc.EventDetail
}

// SessionNews tells how a session stands.
type SessionNews struct {
	SessionID string     `json:"sessionId"`
	SchemaID  string     `json:"schemaId"`
	ClientKey string     `json:"clientKey"`
	Status    kyc.Status `json:"status"`
	Sequence  int64      `json:"sequence" doc:"of the session's events, strictly increasing from 1"`        // W8
	Version   int64      `json:"version" doc:"of the session's state that is told of, strictly increasing"` // W8
}

// Announce writes the notifications of a final session into the caller's unit of
// work (W11). body makes the session object's JSON and is asked only when an
// endpoint wants it. Bodies are encrypted here, once, so that every attempt and
// replay sends the same bytes.
func (r *Room) Announce(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, session *kyc.Session, body func() ([]byte, error)) error {
	return r.write(ctx, tx, notice{event: kyc.EventSessionFinal, scenario: scenario, session: session, body: body})
}

// Notify writes the notifications of another event of a session into the
// caller's unit of work (W11). After the final event there is nothing more to
// tell of a session, so it refuses (W10).
func (r *Room) Notify(ctx context.Context, tx kyc.Tx, event kyc.EventType, scenario *kyc.Scenario, session *kyc.Session, detail kyc.EventDetail) error {
	if session.Status.Final() {
		return kyc.Errorf(kyc.Internal, "event %s of session %s would follow its final one", event, session.ID)
	}
	return r.write(ctx, tx, notice{event: event, scenario: scenario, session: session, detail: detail})
}

// notice is one event on its way to the endpoints.
type notice struct {
	event    kyc.EventType
	scenario *kyc.Scenario
	session  *kyc.Session // nil when it is not about one
	detail   kyc.EventDetail
	body     func() ([]byte, error) // of the session object; nil when the envelope tells all
	test     bool
	sequence int64
	full     []byte // what body made
}

func (r *Room) write(ctx context.Context, tx kyc.Tx, n notice) error {
	endpoints, err := r.Store.EndpointsOf(ctx, tx, n.scenario.ID)
	if err != nil {
		return fmt.Errorf("read the endpoints of %s: %w", n.scenario.ID, err)
	}
	some := false
	for _, e := range endpoints {
		complete(e, n.scenario)
		if e.URL == "" || !e.Wants(n.event) {
			continue
		}
		if !some && n.session != nil {
			if n.sequence, err = r.Store.NextSequence(ctx, tx, n.session.ID); err != nil {
				return fmt.Errorf("count the events of %s: %w", n.session.ID, err)
			}
		}
		some = true
		if _, err := r.deliver(ctx, tx, e, &n); err != nil {
			return err
		}
	}
	if !some {
		return nil
	}
	return r.Store.Publish(ctx, tx, Topic, "")
}

// deliver writes the delivery of a notice to one endpoint.
func (r *Room) deliver(ctx context.Context, tx kyc.Tx, e *kyc.Endpoint, n *notice) (id string, err error) {
	wire, err := r.wire(tx, e, n)
	if err != nil {
		return "", err
	}
	if id, err = kyc.NewID(tx.Now(), r.Random); err != nil {
		return "", err
	}
	d := &kyc.Delivery{
		ID: id, AccountID: e.AccountID, ScenarioID: e.ScenarioID, EndpointID: e.ID, Event: string(n.event), Test: n.test, Sequence: n.sequence,
		URL: e.URL, Body: wire, Status: kyc.DeliveryPending, NextAt: tx.Now(), CreatedAt: tx.Now(),
	}
	if n.session != nil && !n.test {
		d.SessionID, d.Version = n.session.ID, n.session.Lock
	}
	if n.session != nil {
		d.URL = address(kyc.Callback{URL: e.URL, AppendClientKey: e.AppendClientKey}, n.session.ClientKey)
	}
	if err := r.Store.CreateDelivery(ctx, tx, d); err != nil {
		return "", fmt.Errorf("write a delivery to %s: %w", e.ID, err)
	}
	return id, nil
}

// wire makes the body that goes over the wire, in the endpoint's mode (W6).
func (r *Room) wire(tx kyc.Tx, e *kyc.Endpoint, n *notice) (wire []byte, err error) {
	if n.body != nil && e.Mode != kyc.CallbackThin {
		if n.full == nil {
			if n.full, err = n.body(); err != nil {
				return nil, fmt.Errorf("write the session object of %s: %w", n.session.ID, err)
			}
		}
		wire = n.full
	} else if wire, err = n.envelope(tx); err != nil {
		return nil, err
	}
	if e.Mode == kyc.CallbackPlain || e.Mode == kyc.CallbackThin { // whatever is not plainly plain is encrypted
		return wire, nil
	}
	if len(e.Secrets) == 0 || e.Secrets[0].Value == "" {
		return nil, kyc.Errorf(kyc.Internal, "endpoint %s has no secret to encrypt with", e.ID)
	}
	if wire, err = client.SealWebhook(e.Secrets[0].Value, wire); err != nil {
		return nil, fmt.Errorf("encrypt a notification to %s: %w", e.ID, err)
	}
	return wire, nil
}

func (n *notice) envelope(tx kyc.Tx) ([]byte, error) {
	v := Notification{Type: n.event, Timestamp: kyc.Stamp(tx.Now()), Test: n.test, SchemaVersion: schemaVersion, Data: NotificationData{EventDetail: n.detail}}
	if s := n.session; s != nil {
		v.Data.Session = &SessionNews{SessionID: s.ID, SchemaID: s.ScenarioID, ClientKey: s.ClientKey, Status: s.Status, Sequence: n.sequence, Version: s.Lock}
	}
	wire, err := kyc.JSON(v)
	if err == nil && len(wire) > maxEnvelope {
		err = kyc.Errorf(kyc.Internal, "the envelope of %s has %d bytes", n.event, len(wire))
	}
	return wire, err
}

// announceDisabled tells the scenario's other endpoints that one was disabled
// (W17), those that asked for such news.
func (r *Room) announceDisabled(ctx context.Context, tx kyc.Tx, disabled *kyc.Endpoint) error {
	scenario, err := r.Store.Scenario(ctx, tx, disabled.ScenarioID)
	if err != nil {
		return ignore(err, kyc.NotFound)
	}
	complete(disabled, scenario)
	endpoints, err := r.Store.EndpointsOf(ctx, tx, scenario.ID)
	if err != nil {
		return err
	}
	n := notice{event: kyc.EventEndpointDisabled, scenario: scenario, detail: kyc.EventDetail{Endpoint: &kyc.EndpointNews{
		ID: disabled.ID, Name: disabled.Name, Reason: disabled.StateReason, At: disabled.StateAt}}}
	for _, e := range endpoints {
		complete(e, scenario)
		if e.ID == disabled.ID || e.URL == "" || !e.Wants(n.event) {
			continue
		}
		if _, err := r.deliver(ctx, tx, e, &n); err != nil {
			return err
		}
	}
	return r.Store.Publish(ctx, tx, Topic, "")
}

// address adds ?clientKey=<raw>, or &clientKey=<raw> behind a query, when the
// scenario wants it. Spaces become %20, which every receiver reads alike. An
// address that cannot be read is sent to as it stands: the failure then shows in
// the log and does not hold up a verdict.
func address(callback kyc.Callback, clientKey string) string {
	if !callback.AppendClientKey {
		return callback.URL
	}
	u, err := url.Parse(callback.URL)
	if err != nil {
		return callback.URL
	}
	if u.RawQuery != "" {
		u.RawQuery = strings.TrimSuffix(u.RawQuery, "&") + "&"
	}
	u.RawQuery += "clientKey=" + strings.ReplaceAll(url.QueryEscape(clientKey), "+", "%20")
	return u.String()
}

// current is where a delivery goes now: an address that was corrected meanwhile
// holds for what waits, too. The client key is taken over from the address that
// was written; when the endpoint did not append it then, there is none.
func current(e *kyc.Endpoint, written string) string {
	if e == nil || e.URL == "" {
		return written
	}
	if !e.AppendClientKey {
		return e.URL
	}
	u, err := url.Parse(written)
	if err != nil || !u.Query().Has("clientKey") {
		return written
	}
	keys := u.Query()["clientKey"]
	return address(kyc.Callback{URL: e.URL, AppendClientKey: true}, keys[len(keys)-1])
}

// ignore drops an error of one kind.
func ignore(err error, kind kyc.Kind) error {
	if err != nil && kyc.KindOf(err) == kind {
		return nil
	}
	return err
}
