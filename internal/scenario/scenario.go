// Package scenario keeps scenarios: what a session must go through, as code,
// in numbered revisions, with the two secrets that bind an integrator to it.
//
// In come definitions from the dashboard and the command line; out go scenarios
// for whoever may see them. A definition with faults is refused with one
// sentence a fault. Secrets are random, sealed at rest, and shown only to
// principals with editKYC.
package scenario

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Store keeps scenarios. SaveScenario writes the next revision and sets it.
type Store interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error // units that lock one name follow one another
	SaveScenario(ctx context.Context, tx kyc.Tx, s *kyc.Scenario) error
	Scenario(ctx context.Context, tx kyc.Tx, id string) (*kyc.Scenario, error)
	Scenarios(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.Scenario, error)
	UpdateSecrets(ctx context.Context, tx kyc.Tx, id, secret, webhookSecret string) error
	PutEndpointSecrets(ctx context.Context, tx kyc.Tx, id string, secrets []kyc.EndpointSecret) error
	FaceCalibration(ctx context.Context, tx kyc.Tx) (*kyc.FaceCalibration, error)
	FaceList(ctx context.Context, tx kyc.Tx, id string) (*kyc.FaceList, error)
}

// Room manages scenarios. It is safe for concurrent use.
type Room struct {
	store  Store
	random io.Reader
}

// New builds the room.
func New(store Store, random io.Reader) *Room { return &Room{store: store, random: random} }

// Create makes a scenario with fresh secrets.
func (r *Room) Create(ctx context.Context, p *kyc.Principal, d kyc.Definition) (*kyc.Scenario, error) {
	if err := admit(p, &d); err != nil {
		return nil, err
	}
	var s *kyc.Scenario
	err := r.store.Do(ctx, func(tx kyc.Tx) (err error) {
		s, err = r.create(ctx, tx, p, d)
		return err
	})
	return s, err
}

// CreateIn is Create in the caller's unit of work.
func (r *Room) CreateIn(ctx context.Context, tx kyc.Tx, p *kyc.Principal, d kyc.Definition) (*kyc.Scenario, error) {
	if err := admit(p, &d); err != nil {
		return nil, err
	}
	return r.create(ctx, tx, p, d)
}

func (r *Room) create(ctx context.Context, tx kyc.Tx, p *kyc.Principal, d kyc.Definition) (*kyc.Scenario, error) {
	if err := r.reachable(ctx, tx, p.AccountID, d); err != nil {
		return nil, err
	}
	id, err := kyc.NewID(tx.Now(), r.random)
	if err != nil {
		return nil, err
	}
	s := &kyc.Scenario{ID: id, AccountID: p.AccountID, CreatedAt: tx.Now(), RevisedAt: tx.Now(), Definition: d}
	if s.Secret, err = r.secret(); err != nil {
		return nil, err
	}
	if s.WebhookSecret, err = r.webhookSecret(); err != nil {
		return nil, err
	}
	return s, r.store.SaveScenario(ctx, tx, s)
}

// Update writes the next revision; sessions that have begun keep theirs. An
// unchanged definition makes no revision.
func (r *Room) Update(ctx context.Context, p *kyc.Principal, id string, d kyc.Definition) (*kyc.Scenario, error) {
	if err := admit(p, &d); err != nil {
		return nil, err
	}
	var s *kyc.Scenario
	err := r.store.Do(ctx, func(tx kyc.Tx) (err error) {
		if s, err = r.take(ctx, tx, p, id); err != nil {
			return err
		}
		return r.revise(ctx, tx, s, d)
	})
	return s, err
}

func (r *Room) revise(ctx context.Context, tx kyc.Tx, s *kyc.Scenario, d kyc.Definition) error {
	if same(s.Definition, d) {
		return nil
	}
	if err := r.reachable(ctx, tx, s.AccountID, d); err != nil {
		return err
	}
	s.Definition, s.RevisedAt = d, tx.Now()
	return r.store.SaveScenario(ctx, tx, s)
}

// reachable refuses a rate of false accepts that the installation cannot keep,
// and lists of faces that the account has not: its sessions would have no verdict.
func (r *Room) reachable(ctx context.Context, tx kyc.Tx, accountID string, d kyc.Definition) error {
	lists := d.FaceLists.Lists()
	if len(lists) > 0 {
		if err := r.store.Lock(ctx, tx, "lists/"+accountID); err != nil { // none is deleted meanwhile
			return err
		}
	}
	for _, id := range lists {
		l, err := r.store.FaceList(ctx, tx, id)
		if err != nil && kyc.KindOf(err) != kyc.NotFound {
			return err
		}
		if err != nil || l.AccountID != accountID {
			return kyc.ErrInvalid("faceLists: a list with this id is not there; create it first")
		}
	}
	c, err := r.store.FaceCalibration(ctx, tx)
	if err != nil {
		return err
	}
	if fault := c.Refuses(d.Thresholds.FaceFAR); fault != "" {
		return kyc.ErrInvalid("thresholds.faceFAR: " + fault)
	}
	return nil
}

func same(a, b kyc.Definition) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Get returns one scenario; its secrets are empty for who may not edit.
func (r *Room) Get(ctx context.Context, p *kyc.Principal, id string) (s *kyc.Scenario, err error) {
	err = r.store.View(ctx, func(tx kyc.Tx) error {
		s, err = r.get(ctx, tx, p, id)
		return err
	})
	return conceal(p, s), err
}

func (r *Room) get(ctx context.Context, tx kyc.Tx, p *kyc.Principal, id string) (*kyc.Scenario, error) {
	if p == nil {
		return nil, kyc.ErrAccessDenied()
	}
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	s, err := r.store.Scenario(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if s.AccountID != p.AccountID && p.Role != kyc.RoleAdmin {
		return nil, kyc.ErrNotFound()
	}
	return s, nil
}

// take gets a scenario to change it: another change of it, on whatever node,
// waits until this unit of work has ended.
func (r *Room) take(ctx context.Context, tx kyc.Tx, p *kyc.Principal, id string) (*kyc.Scenario, error) {
	if err := r.store.Lock(ctx, tx, "scenario/"+id); err != nil {
		return nil, err
	}
	return r.get(ctx, tx, p, id)
}

// List returns the account's scenarios by name, without secrets.
func (r *Room) List(ctx context.Context, p *kyc.Principal) (list []*kyc.Scenario, err error) {
	if p == nil {
		return nil, kyc.ErrAccessDenied()
	}
	err = r.store.View(ctx, func(tx kyc.Tx) error {
		list, err = r.store.Scenarios(ctx, tx, p.AccountID)
		return err
	})
	for _, s := range list {
		s.Secret, s.WebhookSecret = "", ""
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, err
}

func conceal(p *kyc.Principal, s *kyc.Scenario) *kyc.Scenario {
	if s != nil && !p.Can(kyc.EditKYC) {
		s.Secret, s.WebhookSecret = "", ""
	}
	return s
}

// Which of the two secrets to change.
type Which string

// The two secrets of a scenario.
const (
	ClientKeySecret Which = "secret"
	WebhookSecret   Which = "webhookSecret"
)

// Rotate replaces one secret: client keys encrypted with the old one are refused
// from now on; notifications are encrypted with the new webhook secret from now
// on, and for a day signed with both, so that the receiver has time (W4).
func (r *Room) Rotate(ctx context.Context, p *kyc.Principal, id string, which Which) (*kyc.Scenario, error) {
	if !p.Can(kyc.EditKYC) {
		return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	var s *kyc.Scenario
	err := r.store.Do(ctx, func(tx kyc.Tx) (err error) {
		if s, err = r.take(ctx, tx, p, id); err != nil {
			return err
		}
		switch which {
		case ClientKeySecret:
			s.Secret, err = r.secret()
		case WebhookSecret:
			old := kyc.EndpointSecret{Value: s.WebhookSecret, CreatedAt: s.CreatedAt}
			if s.WebhookSecret, err = r.webhookSecret(); err != nil {
				return err
			}
			err = r.store.PutEndpointSecrets(ctx, tx, id, kyc.Retire(old, tx.Now(), kyc.DefaultOverlap))
		default:
			err = kyc.ErrInvalid("secret: choose secret or webhookSecret")
		}
		if err != nil {
			return err
		}
		return r.store.UpdateSecrets(ctx, tx, id, s.Secret, s.WebhookSecret)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Trial is what the dashboard's Check button shows: a key encrypted as the
// integrator's server would, and what comes out when the widget opens it.
type Trial struct {
	Encrypted string
	Decrypted string
	OK        bool
}

// Check proves that a raw key survives the way through the browser.
func (r *Room) Check(ctx context.Context, p *kyc.Principal, id, raw string) (Trial, error) {
	if !p.Can(kyc.EditKYC) {
		return Trial{}, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	s, err := r.Get(ctx, p, id)
	if err != nil {
		return Trial{}, err
	}
	if !kyc.ValidClientKey(raw) {
		return Trial{}, kyc.ErrInvalid("clientKey: 1 to 36 characters without control characters")
	}
	encrypted, decrypted, err := roundTrip(s, raw)
	if err != nil {
		return Trial{}, kyc.Wrap(kyc.Internal, err, "the key could not be encrypted and opened again")
	}
	return Trial{Encrypted: encrypted, Decrypted: decrypted, OK: decrypted == raw}, nil
}

// roundTrip encrypts and opens a key in the version that the scenario insists on.
func roundTrip(s *kyc.Scenario, raw string) (encrypted, decrypted string, err error) {
	if s.RequireKeyVersion < 2 {
		if encrypted, err = client.EncryptKey(s.Secret, raw); err == nil {
			decrypted, err = client.DecryptKey(s.Secret, encrypted)
		}
		return encrypted, decrypted, err
	}
	if encrypted, err = client.EncryptKeyV2(s.Secret, s.ID, raw, 15*time.Minute); err == nil {
		decrypted, _, _, err = client.DecryptKeyV2(s.Secret, s.ID, encrypted, time.Now())
	}
	return encrypted, decrypted, err
}

// Code is a scenario as code: what `openkyc scenario export` writes and
// `apply` reads. Without an id, apply finds the scenario by its name.
type Code struct {
	ID string `json:"id,omitempty"`
	kyc.Definition
}

// ParseCode reads a scenario as code; an unknown field is a fault, since it is
// most likely a typing error that would otherwise be ignored in silence.
func ParseCode(text []byte) (Code, error) {
	var c Code
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return Code{}, kyc.ErrInvalid(fmt.Sprintf("the scenario is not valid JSON of the expected form: %v", err))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Code{}, kyc.ErrInvalid("the file holds something after the scenario; put one scenario into one file")
	}
	return c, nil
}

// Apply creates or revises a scenario so that it is as the code says.
// Applying the same code twice changes nothing.
func (r *Room) Apply(ctx context.Context, p *kyc.Principal, c Code) (s *kyc.Scenario, created bool, err error) {
	if err := admit(p, &c.Definition); err != nil {
		return nil, false, err
	}
	err = r.store.Do(ctx, func(tx kyc.Tx) error {
		if s, err = r.existing(ctx, tx, p, c); err != nil {
			return err
		}
		if s != nil {
			return r.revise(ctx, tx, s, c.Definition)
		}
		created = true
		s, err = r.create(ctx, tx, p, c.Definition)
		return err
	})
	return s, created, err
}

func (r *Room) existing(ctx context.Context, tx kyc.Tx, p *kyc.Principal, c Code) (*kyc.Scenario, error) {
	if c.ID != "" {
		return r.take(ctx, tx, p, c.ID)
	}
	if err := r.store.Lock(ctx, tx, "scenarios of "+p.AccountID); err != nil { // or two would find none of this name
		return nil, err
	}
	list, err := r.store.Scenarios(ctx, tx, p.AccountID)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if s.Name == c.Name {
			return r.take(ctx, tx, p, s.ID)
		}
	}
	return nil, nil
}

// Export returns a scenario as code.
func (r *Room) Export(ctx context.Context, p *kyc.Principal, id string) (Code, error) {
	s, err := r.Get(ctx, p, id)
	if err != nil {
		return Code{}, err
	}
	return Code{ID: s.ID, Definition: s.Definition}, nil
}

// admit checks permission and definition.
func admit(p *kyc.Principal, d *kyc.Definition) error {
	if !p.Can(kyc.EditKYC) {
		return kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
	}
	d.Normalise()
	if faults := d.Validate(); len(faults) > 0 {
		return kyc.ErrInvalid(faults...)
	}
	return nil
}

// secret draws a scenario secret: 256 bits, easy to copy.
func (r *Room) secret() (string, error) {
	b, err := r.draw()
	return base64.RawURLEncoding.EncodeToString(b), err
}

// webhookSecret draws a webhook secret in the Standard Webhooks form.
func (r *Room) webhookSecret() (string, error) {
	b, err := r.draw()
	return "whsec_" + base64.StdEncoding.EncodeToString(b), err
}

func (r *Room) draw() ([]byte, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(r.random, b); err != nil {
		return nil, fmt.Errorf("draw a secret: %w", err)
	}
	return b, nil
}
