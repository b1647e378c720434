package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// People keeps accounts and users.
type People interface {
	CreateAccount(ctx context.Context, tx kyc.Tx, a *kyc.Account) error
	CreateUser(ctx context.Context, tx kyc.Tx, u *kyc.User) error
	UpdateUser(ctx context.Context, tx kyc.Tx, u *kyc.User) error
	User(ctx context.Context, tx kyc.Tx, id string) (*kyc.User, error)
	UserByEmail(ctx context.Context, tx kyc.Tx, email string) (*kyc.User, error)
}

// Logins keeps signed-in browsers by the hash of their cookie.
type Logins interface {
	CreateLogin(ctx context.Context, tx kyc.Tx, l *kyc.Login) error
	LoginByHash(ctx context.Context, tx kyc.Tx, hash []byte) (*kyc.Login, error)
	TouchLogin(ctx context.Context, tx kyc.Tx, hash []byte, seen time.Time) error
	DeleteLogin(ctx context.Context, tx kyc.Tx, hash []byte) error
	DeleteLoginsOf(ctx context.Context, tx kyc.Tx, userID string) error
}

// Tokens keeps API tokens by their hash.
type Tokens interface {
	CreateToken(ctx context.Context, tx kyc.Tx, t *kyc.APIToken) error
	TokenByHash(ctx context.Context, hash []byte) (*kyc.APIToken, error)
	Tokens(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.APIToken, error)
	UpdateToken(ctx context.Context, tx kyc.Tx, accountID, id string, expires time.Time) error
	DeleteToken(ctx context.Context, tx kyc.Tx, accountID, id string) error
}

// Marks keeps small installation-wide values and last-used times.
type Marks interface {
	TouchToken(ctx context.Context, tx kyc.Tx, id string, at time.Time) error
	Setting(ctx context.Context, tx kyc.Tx, key string) ([]byte, error)
	PutSetting(ctx context.Context, tx kyc.Tx, key string, value []byte) error
}

// Store is everything auth keeps.
type Store interface {
	Do(ctx context.Context, work func(tx kyc.Tx) error) error
	View(ctx context.Context, work func(tx kyc.Tx) error) error
	Lock(ctx context.Context, tx kyc.Tx, name string) error // units that lock one name follow one another
	People
	Logins
	Tokens
	Marks
}

// Deps is what the room is built from. SigningKey, 32 bytes, signs temporary
// tokens and image addresses and is the same on every node.
type Deps struct {
	Store      Store
	SigningKey []byte
	Now        func() time.Time
	Random     io.Reader
	Logger     *slog.Logger
}

// Room is safe for concurrent use.
type Room struct {
	Deps
	hashers hashers
	dummy   string // a hash that no password fits, for people who do not exist
}

// concurrentHashes bounds memory at about 4 × 19 MiB.
const concurrentHashes = 4

// New builds the room.
func New(deps Deps) (*Room, error) {
	if len(deps.SigningKey) < 32 {
		return nil, fmt.Errorf("auth: the signing key has %d bytes, 32 are needed", len(deps.SigningKey))
	}
	dummy, err := hashPassword(deps.Random, "nobody's password")
	if err != nil {
		return nil, err
	}
	return &Room{Deps: deps, hashers: make(hashers, concurrentHashes), dummy: dummy}, nil
}

// NewOwner is an account with its first person.
type NewOwner struct {
	AccountName string
	Email       string
	Password    string
}

// CreateOwner makes an account and its owner.
func (r *Room) CreateOwner(ctx context.Context, n NewOwner) (*kyc.Principal, error) {
	email, hash, err := r.prepare(ctx, n)
	if err != nil {
		return nil, err
	}
	var user *kyc.User
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		user, err = r.createOwner(ctx, tx, n.AccountName, email, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	return principalOf(user), nil
}

// CreateOwnerIn is CreateOwner in the caller's unit of work.
func (r *Room) CreateOwnerIn(ctx context.Context, tx kyc.Tx, n NewOwner) (*kyc.Principal, error) {
	email, hash, err := r.prepare(ctx, n)
	if err != nil {
		return nil, err
	}
	user, err := r.createOwner(ctx, tx, n.AccountName, email, hash)
	if err != nil {
		return nil, err
	}
	return principalOf(user), nil
}

// prepare checks the details of a new owner and hashes the password, which is
// better done before a unit of work is opened.
func (r *Room) prepare(ctx context.Context, n NewOwner) (email, hash string, err error) {
	email, faults := normaliseEmail(n.Email)
	if fault := passwordFault(n.Password, email); fault != "" {
		faults = append(faults, fault)
	}
	if len(faults) > 0 {
		return "", "", kyc.ErrInvalid(faults...)
	}
	hash, err = r.hash(ctx, n.Password)
	return email, hash, err
}

func (r *Room) createOwner(ctx context.Context, tx kyc.Tx, name, email, hash string) (*kyc.User, error) {
	if _, err := r.Store.UserByEmail(ctx, tx, email); err == nil {
		return nil, kyc.Errorf(kyc.Conflict, "somebody with this e-mail address exists already")
	} else if kyc.KindOf(err) != kyc.NotFound {
		return nil, err
	}
	accountID, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return nil, err
	}
	userID, err := kyc.NewID(tx.Now(), r.Random)
	if err != nil {
		return nil, err
	}
	if err := r.Store.CreateAccount(ctx, tx, &kyc.Account{ID: accountID, Name: name, CreatedAt: tx.Now()}); err != nil {
		return nil, err
	}
	user := &kyc.User{ID: userID, AccountID: accountID, Email: email, Role: kyc.RoleOwner, PasswordHash: hash, CreatedAt: tx.Now()}
	return user, r.Store.CreateUser(ctx, tx, user)
}

func normaliseEmail(s string) (email string, faults []string) {
	email = strings.ToLower(strings.TrimSpace(s))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > 254 {
		return email, []string{"email: must be an e-mail address such as name@company.example"}
	}
	return email, nil
}

func (r *Room) hash(ctx context.Context, password string) (string, error) {
	if err := r.hashers.enter(ctx); err != nil {
		return "", err
	}
	defer r.hashers.leave()
	return hashPassword(r.Random, password)
}

func principalOf(u *kyc.User) *kyc.Principal {
	return &kyc.Principal{AccountID: u.AccountID, UserID: u.ID, Name: u.Email, Role: u.Role, Permissions: u.Permissions}
}

// draw returns 32 random bytes as text.
func (r *Room) draw() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(r.Random, b); err != nil {
		return "", fmt.Errorf("draw a credential: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func digest(credential string) []byte {
	sum := sha256.Sum256([]byte(credential))
	return sum[:]
}
