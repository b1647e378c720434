package verify

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// BeginRequest opens or resumes a session from a browser.
type BeginRequest struct {
	ScenarioID string
	Token      string // the encrypted client key
	ClientUser string
}

// Started is a session that a browser may work on. Credential is the only
// thing that lets it; it is stored hashed and replaced whenever the session is
// resumed, so that one widget at a time holds it.
type Started struct {
	Session    *kyc.Session
	Scenario   *kyc.Scenario
	Credential string
}

// Begin opens the encrypted client key and starts a session, or resumes the
// newest open one of the same scenario and key. Every fault of the key gives
// the one sentence of the contract and leaves nothing behind.
func (r *Room) Begin(ctx context.Context, req BeginRequest) (Started, error) {
	if !validClientUser(req.ClientUser) {
		return Started{}, kyc.ErrInvalid("clientUser: at most 36 characters")
	}
	scenario, err := r.Scenario(ctx, req.ScenarioID)
	if err != nil {
		return Started{}, err
	}
	key, err := r.openKey(scenario, req.Token)
	if err != nil {
		return Started{}, err
	}
	secret, digest, err := r.newCredential()
	if err != nil {
		return Started{}, err
	}
	var session *kyc.Session
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		session, err = r.resumable(ctx, tx, scenario, key.raw)
		if err != nil {
			return err
		}
		if session == nil {
			if session, err = r.create(ctx, tx, scenario, key.raw, req.ClientUser, kyc.OriginWidget, digest); err != nil {
				return err
			}
		} else {
			session.Capture = digest
			if err := r.Store.UpdateSession(ctx, tx, session); err != nil {
				return err
			}
			if err := r.event(ctx, tx, session.ID, "session.resumed", "person", ""); err != nil {
				return err
			}
		}
		return r.claim(ctx, tx, scenario.ID, session.ID, key)
	})
	if err != nil {
		return Started{}, err
	}
	if session.Revision != scenario.Revision {
		if scenario, err = r.scenarioOf(ctx, session); err != nil {
			return Started{}, err
		}
	}
	return Started{Session: session, Scenario: scenario, Credential: session.ID + "." + secret}, nil
}

// Scenario returns the newest revision of a scenario, for the door that has to
// know its public parts (steps, allowed origins) before a session exists.
func (r *Room) Scenario(ctx context.Context, id string) (scenario *kyc.Scenario, err error) {
	if !kyc.ValidID(id) {
		return nil, kyc.ErrNotFound()
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		scenario, err = r.Store.Scenario(ctx, tx, id)
		return err
	})
	return scenario, err
}

func (r *Room) scenarioOf(ctx context.Context, s *kyc.Session) (scenario *kyc.Scenario, err error) {
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		scenario, err = r.Store.ScenarioRevision(ctx, tx, s.ScenarioID, s.Revision)
		return err
	})
	return scenario, err
}

// openedKey is a decrypted client key with what the reuse rule needs.
type openedKey struct {
	raw     string
	blocks  [][2][]byte // version 1
	id      string      // version 2
	expires time.Time   // version 2
}

// openKey decrypts either version; the refusal says nothing about why.
func (r *Room) openKey(scenario *kyc.Scenario, token string) (openedKey, error) {
	refusal := kyc.Errorf(kyc.Invalid, kyc.MessageDecryption)
	if strings.HasPrefix(token, "v2.") {
		raw, id, expires, err := client.DecryptKeyV2(scenario.Secret, scenario.ID, token, r.Now())
		if err != nil || !kyc.ValidClientKey(raw) {
			return openedKey{}, refusal
		}
		return openedKey{raw: raw, id: id, expires: expires}, nil
	}
	raw, err := client.DecryptKey(scenario.Secret, token)
	if err != nil || !kyc.ValidClientKey(raw) || scenario.RequireKeyVersion > 1 {
		return openedKey{}, refusal
	}
	return openedKey{raw: raw, blocks: client.Blocks(token)}, nil
}

// claim applies the reuse rule inside the transaction that opens the session:
// a refused key leaves no session behind.
func (r *Room) claim(ctx context.Context, tx kyc.Tx, scenarioID, sessionID string, key openedKey) error {
	var ok bool
	var err error
	if key.id != "" {
		ok, err = r.Store.ClaimKeyID(ctx, tx, scenarioID, key.id, key.expires)
	} else {
		ok, err = r.Store.ClaimKeyBlocks(ctx, tx, scenarioID, key.blocks, sessionID)
	}
	if err != nil {
		return err
	}
	if !ok {
		return kyc.Errorf(kyc.Invalid, kyc.MessageDecryption)
	}
	return nil
}

// resumable finds the newest session of this scenario and key, if a widget
// opened it and it is still open; nil when there is none. Units that open the
// same key follow one another, or two browsers would get a session each; and
// the unit has its turn at the session that it gets.
func (r *Room) resumable(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, raw string) (*kyc.Session, error) {
	if err := r.Store.Lock(ctx, tx, "begin/"+scenario.ID+"/"+raw); err != nil {
		return nil, err
	}
	s, err := r.newestOpen(ctx, tx, scenario, raw)
	if s == nil || err != nil {
		return nil, err
	}
	if err := r.inTurn(ctx, tx, s.ID); err != nil {
		return nil, err
	}
	return r.newestOpen(ctx, tx, scenario, raw) // it may have moved on, or ended, before our turn came
}

func (r *Room) newestOpen(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, raw string) (*kyc.Session, error) {
	s, err := r.Store.LatestOfScenario(ctx, tx, scenario.AccountID, scenario.ID, raw)
	if kyc.KindOf(err) == kyc.NotFound {
		return nil, nil //nolint:nilerr // none is an answer
	}
	if err != nil {
		return nil, err
	}
	if s.Status.Final() || !tx.Now().Before(s.ExpiresAt) || s.Origin != kyc.OriginWidget {
		return nil, nil
	}
	return s, nil
}

func (r *Room) create(ctx context.Context, tx kyc.Tx, scenario *kyc.Scenario, raw, user string, origin kyc.Origin, capture []byte) (*kyc.Session, error) {
	id, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return nil, err
	}
	s := &kyc.Session{
		ID: id, AccountID: scenario.AccountID, ScenarioID: scenario.ID, Revision: scenario.Revision,
		ClientKey: raw, ClientUser: user, Origin: origin, Status: kyc.Idle, Capture: capture,
		CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(scenario.TimeToLive()),
	}
	if err := r.Store.CreateSession(ctx, tx, s); err != nil {
		return nil, err
	}
	if err := r.event(ctx, tx, s.ID, "session.created", actorOf(origin), fmt.Sprintf("scenario revision %d", scenario.Revision)); err != nil {
		return nil, err
	}
	return s, r.Announcer.Notify(ctx, tx, kyc.EventSessionStarted, scenario, s, kyc.EventDetail{})
}

func actorOf(origin kyc.Origin) string {
	if origin == kyc.OriginProcess {
		return "api"
	}
	return "person"
}

// newCredential draws the secret half of a capture credential; the session's id
// goes in front of it, so that it can be looked up without an index of its own.
func (r *Room) newCredential() (secret string, digest []byte, err error) {
	var random [32]byte
	if _, err := io.ReadFull(r.Random, random[:]); err != nil {
		return "", nil, fmt.Errorf("draw a capture credential: %w", err)
	}
	secret = base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:], nil
}

// Attach authenticates a widget by its credential. A session id alone opens
// nothing (S17).
func (r *Room) Attach(ctx context.Context, credential string) (session *kyc.Session, err error) {
	id, secret, _ := strings.Cut(credential, ".")
	if !kyc.ValidID(id) || secret == "" {
		return nil, kyc.ErrAccessDenied()
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		session, err = r.Store.Session(ctx, tx, id)
		return err
	})
	if err != nil {
		if kyc.KindOf(err) == kyc.NotFound {
			return nil, kyc.ErrAccessDenied()
		}
		return nil, err
	}
	sum := sha256.Sum256([]byte(secret))
	if len(session.Capture) == 0 || subtle.ConstantTimeCompare(sum[:], session.Capture) != 1 {
		return nil, kyc.ErrAccessDenied()
	}
	return session, nil
}

func validClientUser(s string) bool {
	return s == "" || utf8.ValidString(s) && utf8.RuneCountInString(s) <= kyc.MaxClientKey
}

func (r *Room) event(ctx context.Context, tx kyc.Tx, sessionID, kind, actor, detail string) error {
	return r.Store.AddEvent(ctx, tx, kyc.Event{SessionID: sessionID, At: tx.Now(), Kind: kind, Actor: actor, Detail: detail})
}
