package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/openkyc/openkyc/internal/auth"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/scenario"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
)

// Installation is an opened database with its keys: what the command line needs
// without starting engines or doors.
type Installation struct {
	Location
	Keys      *seal.Keyring
	Store     *store.Store
	Auth      *auth.Room
	Scenarios *scenario.Room
	now       func() time.Time
	random    io.Reader
	logger    *slog.Logger
	root      kyc.KeyRef // the installation's own key
	signing   []byte     // signs temporary tokens and addresses of pictures
}

// OpenInstallation opens an installation, or makes a new one.
func OpenInstallation(ctx context.Context, l Location, logger *slog.Logger) (*Installation, error) {
	return openInstallation(ctx, l, logger, time.Now, rand.Reader)
}

func openInstallation(ctx context.Context, l Location, logger *slog.Logger, now func() time.Time, random io.Reader) (*Installation, error) {
	l, err := l.filled()
	if err != nil {
		return nil, err
	}
	if l.Data != "" {
		if err := os.MkdirAll(l.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder: %w", err)
		}
	}
	keys, err := l.keys(ctx)
	if err != nil {
		return nil, err
	}
	in := &Installation{Location: l, Keys: keys, now: now, random: random, logger: logger}
	in.Store, err = store.Open(ctx, store.Config{Address: l.Database, Keys: keys, Now: now, Logger: logger, Migrate: !l.Wait})
	if err != nil {
		return nil, err
	}
	if err := in.open(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func (in *Installation) open(ctx context.Context) error {
	var err error
	if in.signing, err = in.signingKey(ctx); err != nil {
		return err
	}
	in.Auth, err = auth.New(auth.Deps{Store: in.Store, SigningKey: in.signing, Now: in.now, Random: in.random, Logger: in.logger})
	if err != nil {
		return err
	}
	in.Scenarios = scenario.New(in.Store, in.random)
	return nil
}

// Settings of the installation.
const (
	settingRootKey = "installation.key"
	settingSigning = "auth.signing-key"
	rootID         = "installation"
)

// signingKey reads or makes the key that signs temporary tokens. It lies sealed
// in the database, so that every node has the same one.
func (in *Installation) signingKey(ctx context.Context) (key []byte, err error) {
	err = in.Store.Do(ctx, func(tx kyc.Tx) error {
		// Nodes that start at once on an empty database must end with the same keys.
		if err := in.Store.Lock(ctx, tx, settingRootKey); err != nil {
			return err
		}
		wrapped, err := in.setting(ctx, tx, settingRootKey, func() ([]byte, error) { return in.Keys.NewAccountKey(rootID) })
		if err != nil {
			return err
		}
		in.root = kyc.KeyRef{AccountID: rootID, AccountKey: wrapped}
		sealed, err := in.setting(ctx, tx, settingSigning, func() ([]byte, error) {
			fresh := make([]byte, 32)
			if _, err := io.ReadFull(in.random, fresh); err != nil {
				return nil, err
			}
			return in.Keys.Seal(in.root, fresh, []byte(settingSigning))
		})
		if err != nil {
			return err
		}
		key, err = in.Keys.Open(in.root, sealed, []byte(settingSigning))
		return err
	})
	if err != nil {
		return nil, in.strange(err)
	}
	return key, nil
}

// strange is the sentence for a database that does not open with the master key.
func (in *Installation) strange(err error) error {
	return fmt.Errorf("the keys of %s cannot be opened; if %s is not the one that the database was made with, put that one back: %w", in.Location, in.MasterKey, err)
}

// setting reads a setting, or makes it on first use.
func (in *Installation) setting(ctx context.Context, tx kyc.Tx, name string, make func() ([]byte, error)) ([]byte, error) {
	value, err := in.Store.Setting(ctx, tx, name)
	if err != nil && kyc.KindOf(err) != kyc.NotFound {
		return nil, err
	}
	if len(value) > 0 {
		return value, nil
	}
	if value, err = make(); err != nil {
		return nil, err
	}
	return value, in.Store.PutSetting(ctx, tx, name, value)
}

// Operator is who the command line acts as: whoever may read the data folder
// may do all in the account, which is the only one unless named.
func (in *Installation) Operator(ctx context.Context) (*kyc.Principal, error) {
	var accounts []*kyc.Account
	err := in.Store.View(ctx, func(tx kyc.Tx) (err error) {
		accounts, err = in.Store.Accounts(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(accounts) != 1 {
		return nil, fmt.Errorf("this installation has %d accounts, one is needed; `openkyc quickstart` makes the first", len(accounts))
	}
	return &kyc.Principal{AccountID: accounts[0].ID, Name: "command line", Role: kyc.RoleOwner}, nil
}

// Close closes the database.
func (in *Installation) Close() error { return in.Store.Close() }
