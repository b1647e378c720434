package api

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

type statusRequest struct {
	SessionID string `json:"sessionId,omitempty" doc:"UUID of version 1"`
	ClientKey string `json:"clientKey,omitempty" doc:"your own identifier, raw, 1 to 36 characters; wins over sessionId"`
	Token     string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) status(ctx context.Context, p *kyc.Principal, in *statusRequest) (kyc.SessionView, error) {
	return d.Sessions.Status(ctx, p, verify.StatusRequest{SessionID: in.SessionID, ClientKey: in.ClientKey})
}

// oneOrMany is a text or a list of texts.
type oneOrMany []string

// Schema describes both forms.
func (oneOrMany) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}}}}
}

// UnmarshalJSON reads both forms; an empty text selects nothing.
func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		if one != "" {
			*o = oneOrMany{one}
		}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}

// ocrFilter is a text that any field may have, or titles with their values.
type ocrFilter map[string]string

// Schema describes both forms.
func (ocrFilter) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString},
		{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}}}}
}

// UnmarshalJSON reads both forms.
func (o *ocrFilter) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		if text != "" {
			*o = ocrFilter{"": text}
		}
		return nil
	}
	return json.Unmarshal(b, (*map[string]string)(o))
}

type dayRange struct {
	Start     string `json:"start,omitempty" doc:"first day, UTC: 2026-01-31 or any ISO 8601 time of that day"`
	End       string `json:"end,omitempty" doc:"last day, included; one bound alone means that day"`
	SortOrder string `json:"sortOrder,omitempty" doc:"ASC or DESC by time of creation" enum:"ASC,DESC,asc,desc"`
}

type sessionFilters struct {
	Range      dayRange  `json:"range,omitempty"`
	Status     oneOrMany `json:"status,omitempty" doc:"one status or a list"`
	ClientKey  string    `json:"clientKey,omitempty" doc:"exact, raw"`
	ClientUser string    `json:"clientUser,omitempty" doc:"exact"`
	ClientID   string    `json:"clientId,omitempty" doc:"exact"`
	SessionID  string    `json:"sessionId,omitempty" doc:"exact"`
	SchemaID   string    `json:"schemaId,omitempty" doc:"exact"`
	ScenarioID string    `json:"scenarioId,omitempty" doc:"the same as schemaId"`
	UserID     string    `json:"userId,omitempty" doc:"the owner's id; for an ADMIN only"`
	OCR        ocrFilter `json:"ocr,omitempty" doc:"a value that some field has, or {title: value}; with an asterisk beginnings of words, of three letters at least: Anna Mar*"`
	Errors     oneOrMany `json:"errors,omitempty" doc:"an error code or a list"`
}

type filterRequest struct {
	Page      int            `json:"page,omitempty" minimum:"1" doc:"from 1"`
	PageSize  int            `json:"pageSize,omitempty" minimum:"1" maximum:"1000" doc:"20 unless given"`
	Limit     int            `json:"limit,omitempty" minimum:"1" maximum:"1000" doc:"the same as pageSize"`
	Cursor    string         `json:"cursor,omitempty" doc:"continue where an earlier answer's cursor points; constant cost at any depth"`
	ClientKey string         `json:"clientKey,omitempty" doc:"the same as filters.clientKey"`
	Filters   sessionFilters `json:"filters,omitempty"`
	Zip       bool           `json:"zip,omitempty" doc:"true: a ZIP with one CSV"`
	IsXLS     bool           `json:"isXLS,omitempty" doc:"true: a ZIP with one XLSX; with or without zip"`
	Token     string         `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

type filterAnswer struct {
	Status    string            `json:"status"`
	Sessions  []kyc.SessionView `json:"sessions"`
	Total     int               `json:"total" doc:"exact up to 10,000"`
	Estimated bool              `json:"totalEstimated,omitempty" doc:"true: total is an estimate; it is never less than what was read so far, and exact on the last page"`
	Page      int               `json:"page"`
	PageSize  int               `json:"pageSize"`
	Cursor    string            `json:"cursor,omitempty"`
}

const defaultPageSize = 20

func (d *Door) filter(ctx context.Context, p *kyc.Principal, in *filterRequest) (filterAnswer, error) {
	f, err := in.selection(p)
	if err != nil {
		return filterAnswer{}, err
	}
	page, err := d.Sessions.Filter(ctx, p, f)
	if err != nil {
		return filterAnswer{}, err
	}
	return filterAnswer{Status: "ok", Sessions: page.Sessions, Total: page.Total, Estimated: page.Estimated, Page: f.Page, PageSize: f.PageSize, Cursor: page.Next}, nil
}

// selection turns the request into the language of the rooms.
func (in *filterRequest) selection(p *kyc.Principal) (kyc.SessionFilter, error) {
	x := in.Filters
	f := kyc.SessionFilter{Page: max(in.Page, 1), PageSize: cmp.Or(in.PageSize, in.Limit, defaultPageSize), Cursor: in.Cursor,
		ClientKey: cmp.Or(x.ClientKey, in.ClientKey), ClientUser: x.ClientUser, ClientID: x.ClientID, SessionID: x.SessionID,
		ScenarioID: cmp.Or(x.SchemaID, x.ScenarioID), OCR: x.OCR, Error: x.Errors}
	if p.Role == kyc.RoleAdmin {
		f.AccountID = x.UserID
	}
	var faults []string
	for _, s := range x.Status {
		if !kyc.Status(s).Valid() {
			faults = append(faults, "filters.status: must be among idle, processing, success, failed, suspicious, exception, expired")
			break
		}
		f.Statuses = append(f.Statuses, kyc.Status(s))
	}
	for name, id := range map[string]string{"filters.sessionId": f.SessionID, "filters.schemaId": f.ScenarioID} {
		if id != "" && !kyc.ValidID(id) {
			faults = append(faults, name+": must be a UUID of version 1")
		}
	}
	f.Ascending = x.Range.SortOrder == "ASC" || x.Range.SortOrder == "asc"
	var err error
	if f.From, f.To, err = x.Range.days(); err != nil {
		faults = append(faults, err.Error())
	}
	if len(faults) > 0 {
		return f, kyc.ErrInvalid(faults...)
	}
	return f, nil
}

// days turns calendar days in UTC into a half open range of time.
func (r dayRange) days() (from, to time.Time, err error) {
	if r.Start == "" && r.End == "" {
		return from, to, nil
	}
	start, err := day(cmp.Or(r.Start, r.End))
	if err != nil {
		return from, to, kyc.Errorf(kyc.Invalid, "filters.range.start: must be a day such as 2026-01-31")
	}
	end, err := day(cmp.Or(r.End, r.Start))
	if err != nil {
		return from, to, kyc.Errorf(kyc.Invalid, "filters.range.end: must be a day such as 2026-01-31")
	}
	if end.Before(start) {
		return from, to, kyc.Errorf(kyc.Invalid, "filters.range: end lies before start")
	}
	return start, end.AddDate(0, 0, 1), nil
}

func day(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05.999", time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC()
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
		}
	}
	return time.Time{}, kyc.Errorf(kyc.Invalid, "not a day")
}
