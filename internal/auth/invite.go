package auth

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// firstOwner is the setting that holds the one-time link's hash.
const firstOwner = "auth.first-owner"

// InviteLife is how long a secret for the first owner is good for at least; at
// most it is twice as long.
const InviteLife = 12 * time.Hour

type invite struct {
	Salt    []byte    `json:"salt,omitempty"` // the secret follows from it and the signing key
	Hash    []byte    `json:"hash"`
	Expires time.Time `json:"expires"`
}

// InviteFirstOwner makes the one-time secret by which the first owner of a new
// installation sets e-mail and password (S12: there is no default account). It
// answers "" once an owner exists. All nodes say the same secret, so that it
// does not matter which one's log somebody reads; in the last half of its life
// a new one replaces it.
func (r *Room) InviteFirstOwner(ctx context.Context) (secret string, err error) {
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.Store.Lock(ctx, tx, firstOwner); err != nil {
			return err
		}
		i, err := r.invite(ctx, tx)
		if err != nil || i != nil && len(i.Hash) == 0 {
			return err
		}
		if i == nil || len(i.Salt) == 0 || i.Expires.Sub(tx.Now()) < InviteLife {
			i = &invite{Salt: make([]byte, 32), Expires: tx.Now().Add(2 * InviteLife)}
			if _, err := io.ReadFull(r.Random, i.Salt); err != nil {
				return fmt.Errorf("draw an invitation: %w", err)
			}
		}
		key, err := hkdf.Key(sha256.New, r.SigningKey, i.Salt, firstOwner, 32)
		if err != nil {
			return err
		}
		secret = base64.RawURLEncoding.EncodeToString(key)
		i.Hash = digest(secret)
		return r.putInvite(ctx, tx, *i)
	})
	return secret, err
}

// invite reads the setting; a hash of no bytes says that an owner exists.
func (r *Room) invite(ctx context.Context, tx kyc.Tx) (*invite, error) {
	value, err := r.Store.Setting(ctx, tx, firstOwner)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return nil, err
	}
	if len(value) == 0 {
		return nil, nil
	}
	var i invite
	if err := json.Unmarshal(value, &i); err != nil {
		return nil, err
	}
	return &i, nil
}

func (r *Room) putInvite(ctx context.Context, tx kyc.Tx, i invite) error {
	value, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return r.Store.PutSetting(ctx, tx, firstOwner, value)
}

// AcceptInvite makes the first owner; the secret works once.
func (r *Room) AcceptInvite(ctx context.Context, secret string, n NewOwner) (*kyc.Principal, error) {
	email, hash, err := r.prepare(ctx, n)
	if err != nil {
		return nil, err
	}
	var user *kyc.User
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.Store.Lock(ctx, tx, firstOwner); err != nil { // or it would work once on each node
			return err
		}
		i, err := r.invite(ctx, tx)
		if err != nil {
			return err
		}
		if i == nil || len(i.Hash) == 0 || !tx.Now().Before(i.Expires) || !bytes.Equal(i.Hash, digest(secret)) {
			return kyc.Errorf(kyc.Forbidden, "this link is used up or too old; restart the program for a new one")
		}
		if user, err = r.createOwner(ctx, tx, n.AccountName, email, hash); err != nil {
			return err
		}
		return r.putInvite(ctx, tx, invite{})
	})
	if err != nil {
		return nil, err
	}
	return principalOf(user), nil
}

// CloseInviteIn records that the installation has an owner, made by other means,
// in the caller's unit of work.
func (r *Room) CloseInviteIn(ctx context.Context, tx kyc.Tx) error {
	if err := r.Store.Lock(ctx, tx, firstOwner); err != nil {
		return err
	}
	return r.putInvite(ctx, tx, invite{})
}
