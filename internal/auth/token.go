package auth

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// tokenPrefix makes our API tokens easy to find by secret scanners.
const tokenPrefix = "okyc_"

// Life of temporary tokens.
const (
	defaultJWTDays = 1
	maxJWTDays     = 30
)

const (
	jwtIssuer   = "openkyc"
	jwtAudience = "openkyc api"
)

// Login is the contract's POST /user/login: a temporary token for e-mail and password.
func (r *Room) Login(ctx context.Context, email, password string, validDays int) (string, error) {
	if validDays == 0 {
		validDays = defaultJWTDays
	}
	if validDays < 1 || validDays > maxJWTDays {
		return "", kyc.ErrInvalid("valid_days: must be 1 to 30")
	}
	user, err := r.password(ctx, email, password)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: r.SigningKey}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now := r.Now()
	claims := jwt.Claims{Issuer: jwtIssuer, Audience: jwt.Audience{jwtAudience}, Subject: user.ID, IssuedAt: jwt.NewNumericDate(now),
		Expiry: jwt.NewNumericDate(now.AddDate(0, 0, validDays)), ID: passwordMark(user)}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// passwordMark ties a temporary token to the password it was got with: after a
// change of password it is worth nothing.
func passwordMark(u *kyc.User) string { return hex.EncodeToString(digest(u.PasswordHash)[:8]) }

// Authenticate tells who holds a credential: an API token or a temporary one.
func (r *Room) Authenticate(ctx context.Context, credential string) (*kyc.Principal, error) {
	switch {
	case credential == "" || len(credential) > 4096:
		return nil, kyc.ErrAccessDenied()
	case strings.HasPrefix(credential, tokenPrefix):
		return r.apiToken(ctx, credential)
	default:
		return r.temporary(ctx, credential)
	}
}

func (r *Room) apiToken(ctx context.Context, value string) (*kyc.Principal, error) {
	token, err := r.Store.TokenByHash(ctx, digest(value))
	if err != nil {
		return nil, denied(err)
	}
	now := r.Now()
	if !token.ExpiresAt.IsZero() && !now.Before(token.ExpiresAt) {
		return nil, kyc.ErrAccessDenied()
	}
	if now.Sub(token.LastUsedAt) > touchStep {
		err := r.Store.Do(ctx, func(tx kyc.Tx) error { return r.Store.TouchToken(ctx, tx, token.ID, now) })
		if err != nil { // only a statistic: the call itself is good
			r.Logger.WarnContext(ctx, "the last use of a token was not recorded", "token", token.ID, "error", err)
		}
	}
	permissions := token.Permissions
	if len(permissions) == 0 {
		permissions = kyc.Permissions()
	}
	return &kyc.Principal{AccountID: token.AccountID, TokenID: token.ID, Name: token.Name, Role: kyc.RoleSubordinate, Permissions: permissions}, nil
}

func (r *Room) temporary(ctx context.Context, value string) (*kyc.Principal, error) {
	parsed, err := jwt.ParseSigned(value, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		return nil, kyc.ErrAccessDenied()
	}
	var claims jwt.Claims
	if err := parsed.Claims(r.SigningKey, &claims); err != nil {
		return nil, kyc.ErrAccessDenied()
	}
	expected := jwt.Expected{Issuer: jwtIssuer, AnyAudience: jwt.Audience{jwtAudience}, Time: r.Now()}
	if claims.Expiry == nil || claims.ValidateWithLeeway(expected, 0) != nil {
		return nil, kyc.ErrAccessDenied()
	}
	var user *kyc.User
	err = r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		user, err = r.Store.User(ctx, tx, claims.Subject)
		return err
	})
	if err != nil {
		return nil, denied(err)
	}
	if user.Disabled || claims.ID != passwordMark(user) {
		return nil, kyc.ErrAccessDenied()
	}
	return principalOf(user), nil
}

// NewToken asks for an API token. Permissions that the maker lacks are refused;
// none means all that the maker has.
type NewToken struct {
	Name        string
	Expires     time.Time // zero: never
	Permissions []kyc.Permission
}

// CreateToken makes an API token; its value is returned this once and never again.
func (r *Room) CreateToken(ctx context.Context, p *kyc.Principal, n NewToken) (*kyc.APIToken, string, error) {
	if !p.Can(kyc.ManageTokens) {
		return nil, "", kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if faults := r.tokenFaults(p, n); len(faults) > 0 {
		return nil, "", kyc.ErrInvalid(faults...)
	}
	var token *kyc.APIToken
	var value string
	err := r.Store.Do(ctx, func(tx kyc.Tx) (err error) {
		token, value, err = r.createToken(ctx, tx, p, n)
		return err
	})
	return token, value, err
}

// CreateTokenIn is CreateToken in the caller's unit of work.
func (r *Room) CreateTokenIn(ctx context.Context, tx kyc.Tx, p *kyc.Principal, n NewToken) (*kyc.APIToken, string, error) {
	if !p.Can(kyc.ManageTokens) {
		return nil, "", kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	if faults := r.tokenFaults(p, n); len(faults) > 0 {
		return nil, "", kyc.ErrInvalid(faults...)
	}
	return r.createToken(ctx, tx, p, n)
}

func (r *Room) createToken(ctx context.Context, tx kyc.Tx, p *kyc.Principal, n NewToken) (*kyc.APIToken, string, error) {
	secret, err := r.draw()
	if err != nil {
		return nil, "", err
	}
	value := tokenPrefix + secret
	granted := n.Permissions
	if len(granted) == 0 && p.Role == kyc.RoleSubordinate {
		granted = p.Permissions
	}
	id, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return nil, "", err
	}
	token := &kyc.APIToken{ID: id, AccountID: p.AccountID, Name: strings.TrimSpace(n.Name), Hash: digest(value), Permissions: granted,
		ExpiresAt: n.Expires, CreatedAt: tx.Now()}
	return token, value, r.Store.CreateToken(ctx, tx, token)
}

func (r *Room) tokenFaults(p *kyc.Principal, n NewToken) []string {
	var faults []string
	if len(n.Name) > 200 {
		faults = append(faults, "name: at most 200 bytes")
	}
	if !n.Expires.IsZero() && !n.Expires.After(r.Now()) {
		faults = append(faults, "expires: must lie in the future")
	}
	known := map[kyc.Permission]bool{}
	for _, permission := range kyc.Permissions() {
		known[permission] = true
	}
	for _, permission := range n.Permissions {
		switch {
		case !known[permission]:
			faults = append(faults, "permissions: "+string(permission)+" does not exist")
		case !p.Can(permission):
			faults = append(faults, "permissions: you do not have "+string(permission)+" yourself")
		}
	}
	return faults
}

// ListTokens lists the account's API tokens; values are not among what is known.
func (r *Room) ListTokens(ctx context.Context, p *kyc.Principal) (tokens []*kyc.APIToken, err error) {
	if !p.Can(kyc.ManageTokens) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		tokens, err = r.Store.Tokens(ctx, tx, p.AccountID)
		return err
	})
	return tokens, err
}

// UpdateToken changes when a token ends; the zero time means never.
func (r *Room) UpdateToken(ctx context.Context, p *kyc.Principal, id string, expires time.Time) error {
	if !p.Can(kyc.ManageTokens) {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error { return r.Store.UpdateToken(ctx, tx, p.AccountID, id, expires) })
}

// DeleteToken ends a token at once.
func (r *Room) DeleteToken(ctx context.Context, p *kyc.Principal, id string) error {
	if !p.Can(kyc.ManageTokens) {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error { return r.Store.DeleteToken(ctx, tx, p.AccountID, id) })
}
