package api

import (
	"cmp"
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Endpoints manages the receivers of scenarios (W28).
type Endpoints interface {
	Endpoints(ctx context.Context, p *kyc.Principal, scenarioID string) ([]*kyc.Endpoint, error)
	Endpoint(ctx context.Context, p *kyc.Principal, id string) (*kyc.Endpoint, error)
	CreateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) (secret string, err error)
	UpdateEndpoint(ctx context.Context, p *kyc.Principal, e *kyc.Endpoint) error
	DeleteEndpoint(ctx context.Context, p *kyc.Principal, id string) error
}

// Turns does to one endpoint what is not a setting.
type Turns interface {
	RotateEndpointSecret(ctx context.Context, p *kyc.Principal, id string, overlap time.Duration) (secret string, err error)
	EnableEndpoint(ctx context.Context, p *kyc.Principal, id string) error
	DisableEndpoint(ctx context.Context, p *kyc.Principal, id string) error
	TestEndpoint(ctx context.Context, p *kyc.Principal, id string, event kyc.EventType) (deliveryID string, err error)
}

// EndpointSettings are what an integrator may choose of an endpoint; what is
// left out of a change stays as it is.
type EndpointSettings struct {
	Name            *string           `json:"name,omitempty" maxLength:"100"`
	URL             *string           `json:"url,omitempty" doc:"where notifications go; of the scenario's own callback it is set in the scenario, as are mode and appendClientKey"`
	Mode            *kyc.CallbackMode `json:"mode,omitempty" enum:"encrypted,plain,thin" doc:"encrypted unless given"`
	AppendClientKey *bool             `json:"appendClientKey,omitempty" doc:"add ?clientKey=<raw> to the address"`
	Events          []kyc.EventType   `json:"events,omitempty" enum:"session.started,session.step,session.final,endpoint.disabled" doc:"session.final alone unless given"`
	Ordered         *bool             `json:"ordered,omitempty" doc:"events of one session wait for each other; true unless given"`
	Rate            *float64          `json:"rate,omitempty" minimum:"0" maximum:"10000" doc:"attempts a second; 0 is the default of 1000"`
	Concurrency     *int              `json:"concurrency,omitempty" minimum:"0" maximum:"256" doc:"attempts at one time; 0 is the default of 32"`
	Timeout         *float64          `json:"timeout,omitempty" minimum:"0" maximum:"30" doc:"seconds of one attempt, 1 to 30; 0 is the default of 15"`
}

// apply writes what was given over an endpoint.
func (s *EndpointSettings) apply(e *kyc.Endpoint) {
	put(&e.Name, s.Name)
	put(&e.URL, s.URL)
	put(&e.Mode, s.Mode)
	put(&e.AppendClientKey, s.AppendClientKey)
	put(&e.Rate, s.Rate)
	put(&e.Concurrency, s.Concurrency)
	if s.Events != nil {
		e.Events = s.Events
	}
	if s.Ordered != nil {
		e.Relaxed = !*s.Ordered
	}
	if s.Timeout != nil {
		e.Timeout = time.Duration(*s.Timeout * float64(time.Second))
	}
}

func put[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

type endpointView struct {
	EndpointID      string           `json:"endpointId" doc:"the scenario's own id for the callback of its definition"`
	SchemaID        string           `json:"schemaId"`
	Name            string           `json:"name"`
	URL             string           `json:"url"`
	Mode            kyc.CallbackMode `json:"mode"`
	AppendClientKey bool             `json:"appendClientKey"`
	Events          []kyc.EventType  `json:"events"`
	Ordered         bool             `json:"ordered"`
	Rate            float64          `json:"rate"`
	Concurrency     int              `json:"concurrency"`
	Timeout         float64          `json:"timeout" doc:"seconds"`
	Secrets         []secretView     `json:"secrets" doc:"those that sign, the newest first"`
	State           string           `json:"state" enum:"enabled,disabled"`
	StateReason     string           `json:"stateReason" doc:"why it is disabled"`
	StateAt         kyc.Stamp        `json:"stateAt,omitzero" doc:"when the state changed last"`
	Failures        int              `json:"failures" doc:"in a row, until now"`
	FailingSince    kyc.Stamp        `json:"failingSince,omitzero"`
	RestingUntil    kyc.Stamp        `json:"restingUntil,omitzero" doc:"after failures in a row nothing is sent until then"`
	CreatedAt       kyc.Stamp        `json:"createdAt"`
	Version         int64            `json:"version" doc:"give it back with a change, to be refused when somebody else was faster"`
}

type secretView struct {
	Hint      string    `json:"hint" doc:"the last four characters"`
	CreatedAt kyc.Stamp `json:"createdAt"`
	ExpiresAt kyc.Stamp `json:"expiresAt,omitzero" doc:"after a rotation the old one signs until then"`
}

func viewEndpoint(e *kyc.Endpoint) endpointView {
	v := endpointView{EndpointID: e.ID, SchemaID: e.ScenarioID, Name: e.Name, URL: e.URL, Mode: e.Mode, AppendClientKey: e.AppendClientKey,
		Events: e.Events, Ordered: !e.Relaxed, Rate: cmp.Or(e.Rate, kyc.DefaultEndpointRate), Concurrency: cmp.Or(e.Concurrency, kyc.DefaultEndpointConcurrency),
		Timeout: cmp.Or(e.Timeout, kyc.DefaultEndpointTimeout).Seconds(), State: string(e.State), StateReason: e.StateReason, StateAt: kyc.Stamp(e.StateAt),
		Failures: e.Failures, FailingSince: kyc.Stamp(e.FailingSince), RestingUntil: kyc.Stamp(e.OpenUntil), CreatedAt: kyc.Stamp(e.CreatedAt), Version: e.Lock,
		Secrets: make([]secretView, 0, len(e.Secrets))}
	if len(v.Events) == 0 {
		v.Events = []kyc.EventType{kyc.EventSessionFinal}
	}
	for _, s := range e.Secrets {
		v.Secrets = append(v.Secrets, secretView{Hint: s.Hint(), CreatedAt: kyc.Stamp(s.CreatedAt), ExpiresAt: kyc.Stamp(s.ExpiresAt)})
	}
	return v
}

type endpointAnswer struct {
	Status   string       `json:"status"`
	Endpoint endpointView `json:"endpoint"`
	Secret   string       `json:"secret,omitempty" doc:"shown this once"`
}

type listEndpointsRequest struct {
	SchemaID   string `json:"schemaId,omitempty"`
	ScenarioID string `json:"scenarioId,omitempty" doc:"the same as schemaId"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type listEndpointsAnswer struct {
	Status    string         `json:"status"`
	Endpoints []endpointView `json:"endpoints"`
}

func (d *Door) listEndpoints(ctx context.Context, p *kyc.Principal, in *listEndpointsRequest) (listEndpointsAnswer, error) {
	all, err := d.Webhooks.Endpoints(ctx, p, cmp.Or(in.SchemaID, in.ScenarioID))
	out := listEndpointsAnswer{Status: "ok", Endpoints: make([]endpointView, 0, len(all))}
	for _, e := range all {
		out.Endpoints = append(out.Endpoints, viewEndpoint(e))
	}
	return out, err
}

type endpointRequest struct {
	EndpointID string `json:"endpointId"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) readEndpoint(ctx context.Context, p *kyc.Principal, in *endpointRequest) (endpointAnswer, error) {
	e, err := d.Webhooks.Endpoint(ctx, p, in.EndpointID)
	if err != nil {
		return endpointAnswer{}, err
	}
	return endpointAnswer{Status: "ok", Endpoint: viewEndpoint(e)}, nil
}

type createEndpointRequest struct {
	SchemaID   string `json:"schemaId,omitempty"`
	ScenarioID string `json:"scenarioId,omitempty" doc:"the same as schemaId"`
	EndpointSettings
	Token string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) createEndpoint(ctx context.Context, p *kyc.Principal, in *createEndpointRequest) (endpointAnswer, error) {
	e := &kyc.Endpoint{ScenarioID: cmp.Or(in.SchemaID, in.ScenarioID)}
	in.apply(e)
	secret, err := d.Webhooks.CreateEndpoint(ctx, p, e)
	if err != nil {
		return endpointAnswer{}, err
	}
	return endpointAnswer{Status: "ok", Endpoint: viewEndpoint(e), Secret: secret}, nil
}

type updateEndpointRequest struct {
	EndpointID string `json:"endpointId"`
	Version    int64  `json:"version,omitempty" doc:"as it was read: 409 when somebody else was faster"`
	EndpointSettings
	Token string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) updateEndpoint(ctx context.Context, p *kyc.Principal, in *updateEndpointRequest) (endpointAnswer, error) {
	e, err := d.Webhooks.Endpoint(ctx, p, in.EndpointID)
	if err != nil {
		return endpointAnswer{}, err
	}
	if e.Primary() && (in.URL != nil || in.Mode != nil || in.AppendClientKey != nil) {
		return endpointAnswer{}, kyc.ErrInvalid("url, mode, appendClientKey: of the scenario's own callback these are set in the scenario")
	}
	in.apply(e)
	e.Lock = cmp.Or(in.Version, e.Lock)
	if err := d.Webhooks.UpdateEndpoint(ctx, p, e); err != nil {
		return endpointAnswer{}, err
	}
	return d.readEndpoint(ctx, p, &endpointRequest{EndpointID: e.ID})
}

func (d *Door) deleteEndpoint(ctx context.Context, p *kyc.Principal, in *endpointRequest) (messageAnswer, error) {
	return messageAnswer{Status: "ok", Message: "endpoint deleted"}, d.Webhooks.DeleteEndpoint(ctx, p, in.EndpointID)
}

type rotateRequest struct {
	EndpointID string `json:"endpointId"`
	Overlap    *int   `json:"overlap,omitempty" minimum:"0" maximum:"2592000" doc:"seconds for which the old secret signs beside the new one; a day unless given, 0 ends it at once"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) rotateEndpoint(ctx context.Context, p *kyc.Principal, in *rotateRequest) (endpointAnswer, error) {
	overlap := kyc.DefaultOverlap
	if in.Overlap != nil {
		overlap = time.Duration(*in.Overlap) * time.Second
	}
	secret, err := d.Webhooks.RotateEndpointSecret(ctx, p, in.EndpointID, overlap)
	if err != nil {
		return endpointAnswer{}, err
	}
	out, err := d.readEndpoint(ctx, p, &endpointRequest{EndpointID: in.EndpointID})
	out.Secret = secret
	return out, err
}

func (d *Door) enableEndpoint(ctx context.Context, p *kyc.Principal, in *endpointRequest) (endpointAnswer, error) {
	if err := d.Webhooks.EnableEndpoint(ctx, p, in.EndpointID); err != nil {
		return endpointAnswer{}, err
	}
	return d.readEndpoint(ctx, p, in)
}

func (d *Door) disableEndpoint(ctx context.Context, p *kyc.Principal, in *endpointRequest) (endpointAnswer, error) {
	if err := d.Webhooks.DisableEndpoint(ctx, p, in.EndpointID); err != nil {
		return endpointAnswer{}, err
	}
	return d.readEndpoint(ctx, p, in)
}

type testEndpointRequest struct {
	EndpointID string        `json:"endpointId"`
	Event      kyc.EventType `json:"event,omitempty" enum:"session.started,session.step,session.final,endpoint.disabled" doc:"session.final unless given"`
	Token      string        `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type testEndpointAnswer struct {
	Status     string `json:"status"`
	DeliveryID string `json:"deliveryId" doc:"it is also the test's webhook-id; /webhook/delivery tells what came of it"`
}

func (d *Door) testEndpoint(ctx context.Context, p *kyc.Principal, in *testEndpointRequest) (testEndpointAnswer, error) {
	id, err := d.Webhooks.TestEndpoint(ctx, p, in.EndpointID, cmp.Or(in.Event, kyc.EventSessionFinal))
	return testEndpointAnswer{Status: "ok", DeliveryID: id}, err
}
