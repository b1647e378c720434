package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

const userColumns = `id, account_id, email, role, password_hash, permissions, disabled, created_at`

const emailTaken = "a user with this email address exists already"

// CreateUser adds a person who works in the dashboard. The address is unique
// over all accounts and kept in lower case.
func (s *Store) CreateUser(ctx context.Context, tx kyc.Tx, p *kyc.User) error {
	u := use(tx)
	permissions, err := list(p.Permissions)
	if err != nil {
		return err
	}
	p.Email = strings.ToLower(p.Email)
	if p.CreatedAt.IsZero() {
		p.CreatedAt = u.now
	}
	_, err = u.ExecContext(ctx, `INSERT INTO users (`+userColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.ID, p.AccountID, p.Email, p.Role, p.PasswordHash, permissions, p.Disabled, micro(p.CreatedAt))
	return taken(err, emailTaken)
}

// UpdateUser writes everything but the id, the account and the creation time.
func (s *Store) UpdateUser(ctx context.Context, tx kyc.Tx, p *kyc.User) error {
	permissions, err := list(p.Permissions)
	if err != nil {
		return err
	}
	p.Email = strings.ToLower(p.Email)
	u := use(tx)
	err = one(u.ExecContext(ctx, `UPDATE users SET email = $2, role = $3, password_hash = $4, permissions = $5, disabled = $6 WHERE id = $1`,
		p.ID, p.Email, p.Role, p.PasswordHash, permissions, p.Disabled))
	if err != nil {
		return taken(err, emailTaken)
	}
	return s.changed(ctx, u, kyc.ChangedLogin, "", p.ID)
}

// User reads one user.
func (s *Store) User(ctx context.Context, tx kyc.Tx, id string) (*kyc.User, error) {
	p, err := scanUser(use(tx).QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id))
	return p, missing(err)
}

// UsersOf reads an account's people, oldest first.
func (s *Store) UsersOf(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.User, error) {
	rows, err := use(tx).QueryContext(ctx, `SELECT `+userColumns+` FROM users WHERE account_id = $1 ORDER BY created_at, id`, accountID)
	return collect(rows, err, scanUser)
}

// UserByEmail reads one user by address, in whatever case it is given.
func (s *Store) UserByEmail(ctx context.Context, tx kyc.Tx, email string) (*kyc.User, error) {
	p, err := scanUser(use(tx).QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE email = $1`, strings.ToLower(email)))
	return p, missing(err)
}

// Users reads an account's users, oldest first.
func (s *Store) Users(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.User, error) {
	rows, err := use(tx).QueryContext(ctx,
		`SELECT `+userColumns+` FROM users WHERE account_id = $1 ORDER BY created_at, id`, accountID)
	return collect(rows, err, scanUser)
}

func scanUser(r row) (*kyc.User, error) {
	p := &kyc.User{}
	return orNil(p, r.Scan(&p.ID, &p.AccountID, &p.Email, &p.Role, &p.PasswordHash, unlist{&p.Permissions}, &p.Disabled, clock{&p.CreatedAt}))
}

// CreateLogin adds a signed-in browser.
func (s *Store) CreateLogin(ctx context.Context, tx kyc.Tx, l *kyc.Login) error {
	_, err := use(tx).ExecContext(ctx,
		`INSERT INTO logins (hash, user_id, address, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		l.Hash, l.UserID, l.Address, micro(l.CreatedAt), micro(l.SeenAt), micro(l.ExpiresAt))
	return taken(err, "this login exists already")
}

// LoginByHash reads a login, whether it has expired or not.
func (s *Store) LoginByHash(ctx context.Context, tx kyc.Tx, hash []byte) (*kyc.Login, error) {
	l := &kyc.Login{}
	err := use(tx).QueryRowContext(ctx,
		`SELECT hash, user_id, address, created_at, seen_at, expires_at FROM logins WHERE hash = $1`, hash).
		Scan(&l.Hash, &l.UserID, &l.Address, clock{&l.CreatedAt}, clock{&l.SeenAt}, clock{&l.ExpiresAt})
	return orNil(l, missing(err))
}

// TouchLogin notes when the browser was seen last.
func (s *Store) TouchLogin(ctx context.Context, tx kyc.Tx, hash []byte, seen time.Time) error {
	return one(use(tx).ExecContext(ctx, `UPDATE logins SET seen_at = $2 WHERE hash = $1`, hash, micro(seen)))
}

// DeleteLogin signs a browser out. Signing out twice is no fault.
func (s *Store) DeleteLogin(ctx context.Context, tx kyc.Tx, hash []byte) error {
	u := use(tx)
	var userID string
	err := u.QueryRowContext(ctx, `DELETE FROM logins WHERE hash = $1 RETURNING user_id`, hash).Scan(&userID)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedLogin, "", userID)
}

// DeleteLoginsOf signs all browsers of a user out.
func (s *Store) DeleteLoginsOf(ctx context.Context, tx kyc.Tx, userID string) error {
	u := use(tx)
	if _, err := u.ExecContext(ctx, `DELETE FROM logins WHERE user_id = $1`, userID); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedLogin, "", userID)
}
