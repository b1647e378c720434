package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// firstOwner is the setting that holds the one-time link's hash.
const firstOwner = "auth.first-owner"

const inviteLife = 24 * time.Hour

type invite struct {
	Hash    []byte    `json:"hash"`
	Expires time.Time `json:"expires"`
}

// InviteFirstOwner makes the one-time secret by which the first owner of a new
// installation sets e-mail and password (S12: there is no default account). It
// answers "" once an owner exists. A new secret replaces an unused one.
func (r *Room) InviteFirstOwner(ctx context.Context) (secret string, err error) {
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		current, err := r.invite(ctx, tx)
		if err != nil || current != nil && len(current.Hash) == 0 {
			return err
		}
		if secret, err = r.draw(); err != nil {
			return err
		}
		return r.putInvite(ctx, tx, invite{Hash: digest(secret), Expires: tx.Now().Add(inviteLife)})
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

// CloseInvite records that the installation has an owner, made by other means.
func (r *Room) CloseInvite(ctx context.Context) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error { return r.putInvite(ctx, tx, invite{}) })
}
