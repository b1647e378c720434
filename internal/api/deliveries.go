package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/webhook"
)

// Deliveries is the log of notifications, which can be sent again (W25, W26).
type Deliveries interface {
	List(ctx context.Context, p *kyc.Principal, f kyc.DeliveryFilter) (kyc.DeliveryPage, error)
	Record(ctx context.Context, p *kyc.Principal, deliveryID string) (webhook.Record, error)
	Replay(ctx context.Context, p *kyc.Principal, id string) error
	ReplayFailed(ctx context.Context, p *kyc.Principal, endpointID string, since time.Time) (int, error)
	ReplayRange(ctx context.Context, p *kyc.Principal, endpointID string, from, to time.Time) (int, error)
}

// Webhooks is the room of notifications.
type Webhooks interface {
	Endpoints
	Turns
	Deliveries
}

type deliveryFilters struct {
	SessionID  string        `json:"sessionId,omitempty" doc:"exact"`
	ClientKey  string        `json:"clientKey,omitempty" doc:"exact, raw"`
	SchemaID   string        `json:"schemaId,omitempty" doc:"exact"`
	ScenarioID string        `json:"scenarioId,omitempty" doc:"the same as schemaId"`
	EndpointID string        `json:"endpointId,omitempty" doc:"exact"`
	Status     oneOrMany     `json:"status,omitempty" doc:"pending, delivered, exhausted; one or a list"`
	Event      kyc.EventType `json:"event,omitempty" enum:"session.started,session.step,session.final,endpoint.disabled"`
	From       moment        `json:"from,omitempty" doc:"created at this time or later: ISO 8601, or a day in UTC"`
	To         moment        `json:"to,omitempty" doc:"created before this time"`
	UserID     string        `json:"userId,omitempty" doc:"the owner's id; for an ADMIN only"`
}

type listDeliveriesRequest struct {
	Page     int             `json:"page,omitempty" minimum:"1" doc:"from 1"`
	PageSize int             `json:"pageSize,omitempty" minimum:"1" maximum:"1000" doc:"20 unless given"`
	Cursor   string          `json:"cursor,omitempty" doc:"continue where an earlier answer's cursor points; constant cost at any depth"`
	Filters  deliveryFilters `json:"filters,omitempty"`
	Token    string          `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type listDeliveriesAnswer struct {
	Status         string         `json:"status"`
	Deliveries     []deliveryView `json:"deliveries"`
	Total          int            `json:"total"`
	TotalEstimated bool           `json:"totalEstimated,omitempty" doc:"true: there are more than total says"`
	Page           int            `json:"page"`
	PageSize       int            `json:"pageSize"`
	Cursor         string         `json:"cursor,omitempty"`
}

// moment is a time, or the beginning of a day in UTC.
type moment string

func (m moment) time(name string) (time.Time, error) {
	if m == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05.999", time.DateTime} {
		if t, err := time.Parse(layout, string(m)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, kyc.ErrInvalid(name + ": must be a time such as 2026-01-31T12:00:00Z, or a day")
}

type deliveryView struct {
	DeliveryID string             `json:"deliveryId" doc:"its webhook-id"`
	EndpointID string             `json:"endpointId"`
	SchemaID   string             `json:"schemaId"`
	SessionID  string             `json:"sessionId" doc:"empty when it is not about a session"`
	Event      string             `json:"event"`
	Sequence   int64              `json:"sequence" doc:"of the session's events, from 1"`
	Version    int64              `json:"version" doc:"of the session's state that it tells of"`
	Test       bool               `json:"test"`
	Replayed   bool               `json:"replayed" doc:"sent again by hand"`
	Status     kyc.DeliveryStatus `json:"status" enum:"pending,delivered,exhausted"`
	Tries      int                `json:"tries" doc:"attempts so far"`
	NextAt     kyc.Stamp          `json:"nextAt,omitzero" doc:"of the next attempt, while it is pending"`
	LastCode   int                `json:"lastCode" doc:"HTTP status of the last answer; 0 when there was none"`
	LastError  string             `json:"lastError"`
	BodySHA256 string             `json:"bodySha256"`
	CreatedAt  kyc.Stamp          `json:"createdAt"`
	DoneAt     kyc.Stamp          `json:"doneAt,omitzero"`
}

func viewDelivery(v *kyc.Delivery) deliveryView {
	out := deliveryView{DeliveryID: v.ID, EndpointID: v.EndpointID, SchemaID: v.ScenarioID, SessionID: v.SessionID, Event: v.Event, Sequence: v.Sequence,
		Version: v.Version, Test: v.Test, Replayed: v.Replayed, Status: v.Status, Tries: v.Attempts, LastCode: v.LastCode, LastError: v.LastError,
		BodySHA256: hex.EncodeToString(v.Digest), CreatedAt: kyc.Stamp(v.CreatedAt), DoneAt: kyc.Stamp(v.DoneAt)}
	if v.Status == kyc.DeliveryPending {
		out.NextAt = kyc.Stamp(v.NextAt)
	}
	return out
}

func (d *Door) listDeliveries(ctx context.Context, p *kyc.Principal, in *listDeliveriesRequest) (listDeliveriesAnswer, error) {
	f, err := in.selection(p)
	if err != nil {
		return listDeliveriesAnswer{}, err
	}
	page, err := d.Webhooks.List(ctx, p, f)
	if err != nil {
		return listDeliveriesAnswer{}, err
	}
	out := listDeliveriesAnswer{Status: "ok", Total: page.Total, TotalEstimated: page.Estimated, Page: f.Page, PageSize: f.PageSize, Cursor: page.Next,
		Deliveries: make([]deliveryView, 0, len(page.Deliveries))}
	for _, v := range page.Deliveries {
		out.Deliveries = append(out.Deliveries, viewDelivery(v))
	}
	return out, nil
}

// selection turns the request into the language of the rooms.
func (in *listDeliveriesRequest) selection(p *kyc.Principal) (kyc.DeliveryFilter, error) {
	x := in.Filters
	f := kyc.DeliveryFilter{Page: max(in.Page, 1), PageSize: cmp.Or(in.PageSize, defaultPageSize), Cursor: in.Cursor, SessionID: x.SessionID,
		ClientKey: x.ClientKey, ScenarioID: cmp.Or(x.SchemaID, x.ScenarioID), EndpointID: x.EndpointID, Event: x.Event}
	if p.Role == kyc.RoleAdmin {
		f.AccountID = x.UserID
	}
	for _, s := range x.Status {
		switch status := kyc.DeliveryStatus(s); status {
		case kyc.DeliveryPending, kyc.DeliveryDelivered, kyc.DeliveryExhausted:
			f.Statuses = append(f.Statuses, status)
		default:
			return f, kyc.ErrInvalid("filters.status: must be among pending, delivered, exhausted")
		}
	}
	var err error
	if f.From, err = x.From.time("filters.from"); err != nil {
		return f, err
	}
	f.To, err = x.To.time("filters.to")
	return f, err
}

type deliveryRequest struct {
	DeliveryID string `json:"deliveryId"`
	Token      string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type deliveryAnswer struct {
	Status   string        `json:"status"`
	Delivery deliveryView  `json:"delivery"`
	Attempts []attemptView `json:"attempts" doc:"in order; a missing number is an attempt whose process died before it could be written down"`
}

type attemptView struct {
	Number  int               `json:"number"`
	At      kyc.Stamp         `json:"at"`
	Code    int               `json:"code" doc:"HTTP status; 0 when there was no answer"`
	Latency kyc.Seconds       `json:"latency" doc:"seconds"`
	Error   string            `json:"error"`
	Headers map[string]string `json:"headers" doc:"of the request, without signatures"`
	Answer  string            `json:"answer" doc:"the beginning of the receiver's answer; show it as text, never as HTML"`
}

func (d *Door) readDelivery(ctx context.Context, p *kyc.Principal, in *deliveryRequest) (deliveryAnswer, error) {
	record, err := d.Webhooks.Record(ctx, p, in.DeliveryID)
	if err != nil {
		return deliveryAnswer{}, err
	}
	out := deliveryAnswer{Status: "ok", Delivery: viewDelivery(&record.Delivery), Attempts: make([]attemptView, 0, len(record.Attempts))}
	for _, a := range record.Attempts {
		out.Attempts = append(out.Attempts, attemptView{Number: a.Number, At: kyc.Stamp(a.At), Code: a.Code, Latency: kyc.Seconds(a.Latency),
			Error: a.Error, Headers: a.Header, Answer: a.Answer})
	}
	return out, nil
}

func (d *Door) replayDelivery(ctx context.Context, p *kyc.Principal, in *deliveryRequest) (messageAnswer, error) {
	return messageAnswer{Status: "ok", Message: "1 delivery will be sent again"}, d.Webhooks.Replay(ctx, p, in.DeliveryID)
}

type replayRequest struct {
	EndpointID  string `json:"endpointId"`
	FailedSince moment `json:"failedSince,omitempty" doc:"send again what was given up and created at this time or later: ISO 8601, or a day in UTC"`
	From        moment `json:"from,omitempty" doc:"send everything again that was created at this time or later …"`
	To          moment `json:"to,omitempty" doc:"… and before this time"`
	Token       string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type replayAnswer struct {
	Status string `json:"status"`
	Count  int    `json:"count" doc:"deliveries that will be sent again"`
}

func (d *Door) replayMany(ctx context.Context, p *kyc.Principal, in *replayRequest) (replayAnswer, error) {
	since, err := in.FailedSince.time("failedSince")
	if err != nil {
		return replayAnswer{}, err
	}
	from, err := in.From.time("from")
	if err != nil {
		return replayAnswer{}, err
	}
	to, err := in.To.time("to")
	if err != nil {
		return replayAnswer{}, err
	}
	out := replayAnswer{Status: "ok"}
	switch {
	case !since.IsZero() && from.IsZero() && to.IsZero():
		out.Count, err = d.Webhooks.ReplayFailed(ctx, p, in.EndpointID, since)
	case since.IsZero() && !from.IsZero() && !to.IsZero():
		out.Count, err = d.Webhooks.ReplayRange(ctx, p, in.EndpointID, from, to)
	default:
		err = kyc.ErrInvalid("body: give failedSince, or from and to")
	}
	return out, err
}
