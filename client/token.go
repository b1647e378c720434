package client

import (
	"context"
	"time"
)

// Login exchanges e-mail and password for a temporary token, good for validDays
// (0: the service's default). Use it with [Client.WithToken].
func (c *Client) Login(ctx context.Context, email, password string, validDays int) (token string, err error) {
	in := struct {
		Email     string `json:"email"`
		Password  string `json:"password"`
		ValidDays int    `json:"valid_days,omitempty"`
	}{email, password, validDays}
	var out struct {
		Token string `json:"token"`
	}
	err = c.post(ctx, "/user/login", in, &out)
	return out.Token, err
}

// Token is a permanent API token. Value is known only when it was just created.
type Token struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Expires     time.Time `json:"expires"` // zero: never
	Permissions []string  `json:"permissions"`
	Value       string    `json:"value"`
}

// NewToken says what token to create.
type NewToken struct {
	Name        string    `json:"name,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`
	Permissions []string  `json:"permissions,omitempty"` // empty: all
}

// CreateToken creates an API token; this is the only time its value is shown.
func (c *Client) CreateToken(ctx context.Context, token NewToken) (*Token, error) {
	out, err := ask[struct {
		Token Token `json:"token"`
	}](ctx, c, "/token/create", token)
	if err != nil {
		return nil, err
	}
	return &out.Token, nil
}

// UpdateToken changes when a token expires.
func (c *Client) UpdateToken(ctx context.Context, id string, expires time.Time) error {
	in := struct {
		ID      string    `json:"token_id"`
		Expires time.Time `json:"expires"`
	}{id, expires}
	return c.post(ctx, "/token/update", in, &struct{}{})
}

// DeleteToken ends a token at once.
func (c *Client) DeleteToken(ctx context.Context, id string) error {
	in := struct {
		ID string `json:"token_id"`
	}{id}
	return c.post(ctx, "/token/delete", in, &struct{}{})
}

// Tokens lists the account's API tokens without their values.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var out []Token
	err := c.post(ctx, "/tokens", struct{}{}, &out)
	return out, err
}
