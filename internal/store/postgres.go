package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of PostgreSQL's pool; an address that names them itself wins, for
// example with ?pool_max_conns=40&statement_timeout=120000.
const (
	poolSize       = 20
	connectTimeout = 10 * time.Second
	nodeName       = "openkyc" // of connections that may write at any time
)

// sessionLimits end what hangs: a statement, the wait for a row that somebody
// else has locked, and a transaction whose process forgot it.
func sessionLimits() map[string]string {
	return map[string]string{
		"timezone":                            "UTC",
		"statement_timeout":                   "60000",
		"lock_timeout":                        "10000",
		"idle_in_transaction_session_timeout": "60000",
	}
}

// poolConfig reads an address and fills in our limits where it is silent.
func poolConfig(address, name string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The driver's error quotes the address, and that holds a password.
		return nil, errors.New("the address of the database cannot be read: it looks like postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	if u, err := url.Parse(address); err != nil || !u.Query().Has("pool_max_conns") {
		config.MaxConns = poolSize
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	settings := sessionLimits()
	settings["application_name"] = name
	for name, value := range settings {
		if _, ok := config.ConnConfig.RuntimeParams[name]; !ok {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	config.MaxConnIdleTime = 5 * time.Minute
	return config, nil
}

func (s *Store) openPostgres(ctx context.Context) error {
	config, err := poolConfig(s.config.Address, s.config.Name)
	if err != nil {
		return err
	}
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	s.writer = stdlib.OpenDBFromPool(s.pool)
	s.reader = s.writer
	return s.Ping(ctx)
}

// Raw hands the queue the connection that a unit of work runs on, in the middle
// of its transaction. PostgreSQL only.
func (s *Store) Raw(tx kyc.Tx, f func(conn *pgx.Conn) error) error {
	return use(tx).conn.Raw(func(driver any) error {
		conn, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of PostgreSQL is needed, not %T", driver)
		}
		return f(conn.Conn())
	})
}
