package app

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
)

// QuickstartRequest says what the first scenario should do.
type QuickstartRequest struct {
	BaseURL      string
	CallbackURL  string
	CallbackMode kyc.CallbackMode
	Redirect     string
	AllowPrivate bool // callbacks may go to private addresses and to http; remembered by the data folder
}

// Quickstart is all that an integrator needs to begin, in the wire form.
type Quickstart struct {
	BaseURL        string    `json:"baseUrl"`
	SchemaID       string    `json:"schemaId"`
	ScenarioSecret string    `json:"scenarioSecret"`
	WebhookSecret  string    `json:"webhookSecret"`
	APIToken       string    `json:"apiToken"`
	Dashboard      Dashboard `json:"dashboard"`
}

// Dashboard is how the owner gets in.
type Dashboard struct {
	URL      string `json:"url"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

const (
	settingQuickstart = "quickstart"
	settingPrivate    = "callbacks.allow-private"
)

// allowsPrivate tells whether quickstart was told to allow private callbacks.
func (in *Installation) allowsPrivate(ctx context.Context) (allowed bool, err error) {
	err = in.Store.View(ctx, func(tx kyc.Tx) error {
		value, err := in.Store.Setting(ctx, tx, settingPrivate)
		if err != nil && kyc.KindOf(err) != kyc.NotFound {
			return err
		}
		allowed = string(value) == "true"
		return nil
	})
	return allowed, err
}

// made is what quickstart made and would otherwise be unable to say again; it
// lies sealed under the installation's key.
type made struct {
	AccountID, UserID, SchemaID, Email, Password, APIToken string
}

// ownerEmail is the address that quickstart's owner signs in with. There is no
// default password: it is drawn.
const ownerEmail = "owner@openkyc.local"

// Quickstart fills a new data folder with an owner, a scenario and an API
// token. Called again it changes only what the request changes and says the
// same secrets, but for a password or token that somebody has replaced since:
// those are empty.
func (in *Installation) Quickstart(ctx context.Context, req QuickstartRequest) (*Quickstart, error) {
	m, err := in.madeOnce(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.AllowPrivate {
		err := in.Store.Do(ctx, func(tx kyc.Tx) error { return in.Store.PutSetting(ctx, tx, settingPrivate, []byte("true")) })
		if err != nil {
			return nil, err
		}
	}
	owner := &kyc.Principal{AccountID: m.AccountID, UserID: m.UserID, Name: m.Email, Role: kyc.RoleOwner}
	s, err := in.Scenarios.Get(ctx, owner, m.SchemaID)
	if err != nil {
		return nil, err
	}
	if d, changed := req.applied(s.Definition); changed {
		if s, err = in.Scenarios.Update(ctx, owner, s.ID, d); err != nil {
			return nil, err
		}
	}
	if err := in.forgetReplaced(ctx, m); err != nil {
		return nil, err
	}
	return &Quickstart{BaseURL: req.BaseURL, SchemaID: s.ID, ScenarioSecret: s.Secret, WebhookSecret: s.WebhookSecret, APIToken: m.APIToken,
		Dashboard: Dashboard{URL: req.BaseURL + "/dashboard", Email: m.Email, Password: m.Password}}, nil
}

// forgetReplaced empties what does not open anything any more.
func (in *Installation) forgetReplaced(ctx context.Context, m *made) error {
	same, err := in.Auth.CheckPassword(ctx, m.Email, m.Password)
	if err != nil {
		return err
	}
	if !same {
		m.Password = ""
	}
	_, err = in.Auth.Authenticate(ctx, m.APIToken)
	if err != nil && kyc.KindOf(err) == kyc.Unauthorised {
		m.APIToken, err = "", nil
	}
	return err
}

// applied changes a definition as far as the request says something.
func (req QuickstartRequest) applied(d kyc.Definition) (kyc.Definition, bool) {
	before := d.Callback
	redirect := d.SuccessRedirect
	if req.CallbackURL != "" {
		d.Callback.URL = req.CallbackURL
	}
	if req.CallbackMode != "" {
		d.Callback.Mode = req.CallbackMode
	}
	if req.Redirect != "" {
		d.SuccessRedirect = req.Redirect
	}
	return d, d.Callback != before || d.SuccessRedirect != redirect
}

// madeOnce reads what was made before, or makes it: all of it or nothing, and once
// however many processes ask at the same time.
func (in *Installation) madeOnce(ctx context.Context, req QuickstartRequest) (m *made, err error) {
	err = in.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := in.Store.Lock(ctx, tx, settingQuickstart); err != nil {
			return err
		}
		if m, err = in.madeBefore(ctx, tx); m != nil || err != nil {
			return err
		}
		m, err = in.makeFirst(ctx, tx, req)
		return err
	})
	return m, err
}

func (in *Installation) madeBefore(ctx context.Context, tx kyc.Tx) (*made, error) {
	sealed, err := in.Store.Setting(ctx, tx, settingQuickstart)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return nil, err
	}
	if len(sealed) == 0 {
		return nil, nil
	}
	text, err := in.Keys.Open(in.root, sealed, []byte(settingQuickstart))
	if err != nil {
		return nil, err
	}
	m := &made{}
	return m, json.Unmarshal(text, m)
}

func (in *Installation) makeFirst(ctx context.Context, tx kyc.Tx, req QuickstartRequest) (*made, error) {
	password, err := in.drawText(12)
	if err != nil {
		return nil, err
	}
	owner, err := in.Auth.CreateOwnerIn(ctx, tx, auth.NewOwner{AccountName: "My company", Email: ownerEmail, Password: password})
	if err != nil {
		return nil, fmt.Errorf("make the owner: %w", err)
	}
	d := FirstScenario()
	d, _ = req.applied(d)
	s, err := in.Scenarios.CreateIn(ctx, tx, owner, d)
	if err != nil {
		return nil, fmt.Errorf("make the scenario: %w", err)
	}
	_, token, err := in.Auth.CreateTokenIn(ctx, tx, owner, auth.NewToken{Name: "quickstart"})
	if err != nil {
		return nil, fmt.Errorf("make the API token: %w", err)
	}
	m := &made{AccountID: owner.AccountID, UserID: owner.UserID, SchemaID: s.ID, Email: ownerEmail, Password: password, APIToken: token}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	sealed, err := in.Keys.Seal(in.root, text, []byte(settingQuickstart))
	if err != nil {
		return nil, err
	}
	return m, errors.Join(in.Store.PutSetting(ctx, tx, settingQuickstart, sealed), in.Auth.CloseInviteIn(ctx, tx))
}

// FirstScenario is what a new installation begins with.
func FirstScenario() kyc.Definition {
	d := kyc.Definition{Name: "Passport, selfie, liveness",
		Steps: []kyc.Step{{Type: kyc.StepDocument, Attempts: 3}, {Type: kyc.StepSelfie, Attempts: 3}, {Type: kyc.StepLiveness, Attempts: 3}}}
	d.Normalise()
	return d
}

func (in *Installation) drawText(bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := io.ReadFull(in.random, b); err != nil {
		return "", fmt.Errorf("draw a password: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
