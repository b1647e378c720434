package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
)

type loginRequest struct {
	Email     string `json:"email"`
	Password  string `json:"password"`
	ValidDays int    `json:"valid_days,omitempty" minimum:"1" maximum:"30" doc:"1 unless given"`
}

type loginAnswer struct {
	Status string `json:"status"`
	Token  string `json:"token" doc:"a JWT"`
}

func (d *Door) login(ctx context.Context, _ *kyc.Principal, in *loginRequest) (loginAnswer, error) {
	token, err := d.Credentials.Login(ctx, in.Email, in.Password, in.ValidDays)
	return loginAnswer{Status: "ok", Token: token}, err
}

// expiry is an ISO 8601 time or a number of days from now.
type expiry struct {
	at   time.Time
	days int
}

// Schema describes both forms.
func (expiry) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}}, Description: "ISO 8601 time, or days from now"}
}

// UnmarshalJSON reads both forms, also a number written as a text.
func (e *expiry) UnmarshalJSON(b []byte) error {
	text := string(b)
	var s string
	if json.Unmarshal(b, &s) == nil {
		text = s
	}
	if n, err := strconv.Atoi(text); err == nil {
		e.days = n
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05.999"} {
		if t, err := time.Parse(layout, text); err == nil {
			e.at = t.UTC()
			return nil
		}
	}
	return kyc.ErrInvalid("expires: must be an ISO 8601 time or a number of days")
}

// maxTokenDays is about a century: what lies beyond is a typing error.
const maxTokenDays = 36500

func (e expiry) time(now time.Time) (time.Time, error) {
	switch {
	case !e.at.IsZero():
		if !e.at.After(now) {
			return e.at, kyc.ErrInvalid("expires: must lie in the future")
		}
		return e.at, nil
	case e.days < 1 || e.days > maxTokenDays:
		return e.at, kyc.ErrInvalid("expires: must be an ISO 8601 time or 1 to 36500 days")
	}
	return now.AddDate(0, 0, e.days), nil
}

type createTokenRequest struct {
	Expires     expiry           `json:"expires"`
	Name        string           `json:"name,omitempty" maxLength:"200"`
	Permissions []kyc.Permission `json:"permissions,omitempty" doc:"all that you have unless given"`
	Token       string           `json:"token,omitempty"`
}

type tokenView struct {
	ID          string           `json:"id"`
	Expires     kyc.Stamp        `json:"expires"`
	Value       string           `json:"value,omitempty" doc:"shown this once"`
	Name        string           `json:"name,omitempty"`
	Permissions []kyc.Permission `json:"permissions,omitempty"`
	CreatedAt   kyc.Stamp        `json:"createdAt"`
	LastUsedAt  kyc.Stamp        `json:"lastUsedAt"`
}

func viewToken(t *kyc.APIToken, value string) tokenView {
	return tokenView{ID: t.ID, Expires: kyc.Stamp(t.ExpiresAt), Value: value, Name: t.Name, Permissions: t.Permissions,
		CreatedAt: kyc.Stamp(t.CreatedAt), LastUsedAt: kyc.Stamp(t.LastUsedAt)}
}

type createTokenAnswer struct {
	Status  string    `json:"status"`
	Message string    `json:"message"`
	Token   tokenView `json:"token"`
}

func (d *Door) createToken(ctx context.Context, p *kyc.Principal, in *createTokenRequest) (createTokenAnswer, error) {
	expires, err := in.Expires.time(d.Now())
	if err != nil {
		return createTokenAnswer{}, err
	}
	token, value, err := d.Credentials.CreateToken(ctx, p, auth.NewToken{Name: in.Name, Expires: expires, Permissions: in.Permissions})
	if err != nil {
		return createTokenAnswer{}, err
	}
	return createTokenAnswer{Status: "ok", Message: "new token created", Token: viewToken(token, value)}, nil
}

type messageAnswer struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

type updateTokenRequest struct {
	TokenID string `json:"token_id"`
	Expires expiry `json:"expires"`
	Token   string `json:"token,omitempty"`
}

func (d *Door) updateToken(ctx context.Context, p *kyc.Principal, in *updateTokenRequest) (messageAnswer, error) {
	expires, err := in.Expires.time(d.Now())
	if err != nil {
		return messageAnswer{}, err
	}
	return messageAnswer{Status: "ok", Message: "token updated"}, d.Credentials.UpdateToken(ctx, p, in.TokenID, expires)
}

type deleteTokenRequest struct {
	TokenID string `json:"token_id"`
	Token   string `json:"token,omitempty"`
}

func (d *Door) deleteToken(ctx context.Context, p *kyc.Principal, in *deleteTokenRequest) (messageAnswer, error) {
	return messageAnswer{Status: "ok", Message: "token deleted"}, d.Credentials.DeleteToken(ctx, p, in.TokenID)
}

type nothing struct {
	Token string `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) listTokens(ctx context.Context, p *kyc.Principal, _ *nothing) ([]tokenView, error) {
	tokens, err := d.Credentials.ListTokens(ctx, p)
	if err != nil {
		return nil, err
	}
	views := make([]tokenView, 0, len(tokens))
	for _, t := range tokens {
		views = append(views, viewToken(t, ""))
	}
	return views, nil
}
