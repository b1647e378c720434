package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
)

// looked is an installation that is read as it is: nothing in it is made,
// migrated or changed, and nodes may be at work on it.
type looked struct {
	*Installation
	schema int64  // version of its tables
	origin string // the same for this installation only
}

// look opens an installation to read it. name is what PostgreSQL shows of us.
func look(ctx context.Context, l Location, name string) (*looked, error) {
	l, err := l.existing(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := seal.Open(l.MasterKey)
	if errors.Is(err, os.ErrNotExist) {
		return nil, l.keyless()
	}
	if err != nil {
		return nil, err
	}
	in := &looked{Installation: &Installation{Location: l, Keys: keys}}
	if in.Store, in.schema, err = store.Look(ctx, store.Config{Address: l.Database, Keys: keys, Now: time.Now, Name: name}); err != nil {
		return nil, err
	}
	if err := in.recognise(ctx); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}

func errNone(l Location) error {
	return fmt.Errorf("there is no installation in %s; `openkyc quickstart` makes one", l)
}

// recognise opens the installation's own keys, which proves that database and
// master key belong together.
func (in *looked) recognise(ctx context.Context) error {
	var wrapped, sealed []byte
	err := in.Store.View(ctx, func(tx kyc.Tx) (err error) {
		if wrapped, err = in.Store.Setting(ctx, tx, settingRootKey); err == nil {
			sealed, err = in.Store.Setting(ctx, tx, settingSigning)
		}
		return err
	})
	if kyc.KindOf(err) == kyc.NotFound {
		return errNone(in.Location)
	}
	if err != nil {
		return err
	}
	in.root = kyc.KeyRef{AccountID: rootID, AccountKey: wrapped}
	if in.signing, err = in.Keys.Open(in.root, sealed, []byte(settingSigning)); err != nil {
		return in.strange(err)
	}
	sum := sha256.Sum256(in.signing)
	in.origin = "installation " + hex.EncodeToString(sum[:8])
	return nil
}
