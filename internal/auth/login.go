package auth

import (
	"context"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Life of a signed-in browser: at most loginLife in all and loginIdle unused.
const (
	loginLife = 12 * time.Hour
	loginIdle = 60 * time.Minute
	touchStep = time.Minute // how exactly "last seen" is kept
)

// password proves a person by e-mail and password. Unknown people cost as much
// time as known ones and give the same answer.
func (r *Room) password(ctx context.Context, email, password string) (*kyc.User, error) {
	refusal := kyc.Errorf(kyc.Forbidden, kyc.MessageBadLogin)
	email, _ = normaliseEmail(email)
	var user *kyc.User
	err := r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		user, err = r.Store.UserByEmail(ctx, tx, email)
		return err
	})
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return nil, err
	}
	phc := r.dummy
	if user != nil && err == nil {
		phc = user.PasswordHash
	}
	if len(password) > 4*maxPassword {
		password = password[:4*maxPassword] // wrong anyway; do not hash megabytes
	}
	if err := r.hashers.enter(ctx); err != nil {
		return nil, err
	}
	ok := samePassword(phc, password)
	r.hashers.leave()
	if err != nil || !ok || user.Disabled {
		return nil, refusal
	}
	return user, nil
}

// CheckPassword tells whether a password is a person's now.
func (r *Room) CheckPassword(ctx context.Context, email, password string) (bool, error) {
	_, err := r.password(ctx, email, password)
	if err != nil && kyc.KindOf(err) == kyc.Forbidden {
		return false, nil
	}
	return err == nil, err
}

// SignIn signs a browser in; the returned value goes into its cookie.
func (r *Room) SignIn(ctx context.Context, email, password, address string) (*kyc.Principal, string, error) {
	user, err := r.password(ctx, email, password)
	if err != nil {
		return nil, "", err
	}
	cookie, err := r.draw()
	if err != nil {
		return nil, "", err
	}
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		now, err := r.take(ctx, tx, user.ID)
		if err != nil {
			return err
		}
		if now.Disabled || now.PasswordHash != user.PasswordHash { // while the password was being hashed
			return kyc.Errorf(kyc.Forbidden, kyc.MessageBadLogin)
		}
		return r.Store.CreateLogin(ctx, tx, &kyc.Login{Hash: digest(cookie), UserID: user.ID, Address: address,
			CreatedAt: tx.Now(), SeenAt: tx.Now(), ExpiresAt: tx.Now().Add(loginLife)})
	})
	if err != nil {
		return nil, "", err
	}
	return principalOf(user), cookie, nil
}

// SignedIn tells whose browser a cookie belongs to, and notes that it was used.
func (r *Room) SignedIn(ctx context.Context, cookie string) (*kyc.Principal, error) {
	p, login, err := r.signedIn(ctx, cookie)
	if err != nil {
		return nil, err
	}
	if now := r.Now(); now.Sub(login.SeenAt) > touchStep {
		err = r.Store.Do(ctx, func(tx kyc.Tx) error { return r.Store.TouchLogin(ctx, tx, login.Hash, now) })
	}
	return p, err
}

// StillSignedIn is SignedIn for what a page asks by itself: an open page that
// nobody uses does not keep its reader signed in.
func (r *Room) StillSignedIn(ctx context.Context, cookie string) (*kyc.Principal, error) {
	p, _, err := r.signedIn(ctx, cookie)
	return p, err
}

func (r *Room) signedIn(ctx context.Context, cookie string) (p *kyc.Principal, login *kyc.Login, err error) {
	if cookie == "" {
		return nil, nil, kyc.ErrAccessDenied()
	}
	var user *kyc.User
	err = r.Store.View(ctx, func(tx kyc.Tx) (err error) {
		if login, err = r.Store.LoginByHash(ctx, tx, digest(cookie)); err != nil {
			return err
		}
		user, err = r.Store.User(ctx, tx, login.UserID)
		return err
	})
	if err != nil {
		return nil, nil, denied(err)
	}
	now := r.Now()
	if user.Disabled || !now.Before(login.ExpiresAt) || now.Sub(login.SeenAt) > loginIdle {
		return nil, nil, kyc.ErrAccessDenied()
	}
	return principalOf(user), login, nil
}

// SignOut forgets a browser.
func (r *Room) SignOut(ctx context.Context, cookie string) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error { return r.Store.DeleteLogin(ctx, tx, digest(cookie)) })
}

// ChangePassword asks for the old password and ends all other sign-ins.
func (r *Room) ChangePassword(ctx context.Context, p *kyc.Principal, old, password string) error {
	if _, err := r.password(ctx, p.Name, old); err != nil {
		return err
	}
	if fault := passwordFault(password, p.Name); fault != "" {
		return kyc.ErrInvalid(fault)
	}
	hash, err := r.hash(ctx, password)
	if err != nil {
		return err
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		user, err := r.take(ctx, tx, p.UserID)
		if err != nil {
			return err
		}
		user.PasswordHash = hash
		if err := r.Store.UpdateUser(ctx, tx, user); err != nil {
			return err
		}
		return r.Store.DeleteLoginsOf(ctx, tx, user.ID)
	})
}

// take reads a person to change what belongs to them: another change, on
// whatever node, waits until this unit of work has ended.
func (r *Room) take(ctx context.Context, tx kyc.Tx, userID string) (*kyc.User, error) {
	if err := r.Store.Lock(ctx, tx, "user/"+userID); err != nil {
		return nil, err
	}
	return r.Store.User(ctx, tx, userID)
}

// denied hides whether a credential is unknown or its owner is.
func denied(err error) error {
	if kyc.KindOf(err) == kyc.NotFound {
		return kyc.ErrAccessDenied()
	}
	return err
}
