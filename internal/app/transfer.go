package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/transfer"
)

// TransferOptions are what backup, restore and move have in common.
type TransferOptions struct {
	SkipMissing bool // go on without pictures that should be there
	Version     string
	Tell        func(transfer.Step) // called often; nil: nobody wants to know
}

func (o *TransferOptions) fill() {
	if o.Tell == nil {
		o.Tell = func(transfer.Step) {}
	}
}

// Transferred is what a transfer has done, in the wire form.
type Transferred struct {
	transfer.Sums
	From    string  `json:"from"`
	To      string  `json:"to"`
	Rows    int64   `json:"rows"`
	Missing int64   `json:"missing"` // pictures that were left out
	Erased  int64   `json:"erased"`  // pictures that were erased while it ran
	Seconds float64 `json:"seconds"`
}

// name is how a place is called in sentences, without secrets.
func (l Location) name() string { return l.String() + " and " + l.Blobs }

// Backup writes an installation into an archive while nodes may work on it:
// rows of one moment, and the pictures that belong to them.
func Backup(ctx context.Context, l Location, archive string, o TransferOptions) (*Transferred, error) {
	o.fill()
	from, err := openSource(ctx, l, "openkyc backup", o)
	if err != nil {
		return nil, err
	}
	defer from.close()
	to, err := transfer.CreateArchive(archive, from.Keys, time.Now())
	if err != nil {
		return nil, err
	}
	done, err := from.carry(ctx, to, archive, o)
	return done, errors.Join(err, to.Close())
}

// Move carries an installation to another place. No node may work on either.
// One that was interrupted goes on when it is called again.
func Move(ctx context.Context, from, to Location, o TransferOptions) (*Transferred, error) {
	o.fill()
	const name = "openkyc move"
	source, err := openSource(ctx, from, name, o)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	defer source.close()
	release, err := source.Store.Alone(ctx)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	defer func() { _ = release() }()
	if to, err = to.filled(); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	if err := giveKey(source.MasterKey, to); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	target, err := openTarget(ctx, to, name, source.schema, source.Blobs)
	if err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	done, err := source.carry(ctx, target.Target, to.name(), o)
	if err = errors.Join(err, target.close()); err != nil {
		return nil, err
	}
	return done, settle(ctx, to)
}

// Restore puts what is in an archive into an empty place, whose master key must
// be there. One that was interrupted goes on when it is called again.
func Restore(ctx context.Context, archive string, l Location, o TransferOptions) (done *Transferred, err error) {
	o.fill()
	begin := time.Now()
	if l, err = l.filled(); err != nil {
		return nil, err
	}
	keys, err := seal.Open(l.MasterKey)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the master key %s is missing: put the one there that the backup was made with (mode 0600), or name it with --master-key", l.MasterKey)
	}
	if err != nil {
		return nil, err
	}
	from, err := transfer.OpenArchive(archive, keys, o.Tell)
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	head, err := from.Head(ctx)
	if err != nil {
		return nil, err
	}
	if newest := store.Newest(); head.Schema > newest {
		return nil, fmt.Errorf("the archive's tables are of version %d, this program knows %d: use the program that wrote it (%s) or a newer one", head.Schema, newest, head.Program)
	}
	target, err := openTarget(ctx, l, "openkyc restore", head.Schema, "")
	if err != nil {
		return nil, err
	}
	sums, err := transfer.Carry(ctx, from, target.Target, o.Tell)
	if err = errors.Join(err, target.close()); err != nil {
		return nil, err
	}
	return &Transferred{Sums: sums, From: archive, To: l.name(), Rows: sums.Rows(), Seconds: time.Since(begin).Seconds()}, settle(ctx, l)
}

// source is an installation that is read.
type source struct {
	*looked
	*transfer.Source
	blobs blob.Store
	begin time.Time
}

func openSource(ctx context.Context, l Location, name string, o TransferOptions) (*source, error) {
	in, err := look(ctx, l, name)
	if err != nil {
		return nil, err
	}
	s := &source{looked: in, begin: time.Now()}
	if s.blobs, err = blob.Open(ctx, in.Blobs, in.BlobKeys); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	s.Source = &transfer.Source{Database: in.Store, Objects: s.blobs, SkipMissing: o.SkipMissing,
		About: transfer.Head{Program: o.Version, MadeAt: s.begin.UTC().Format(time.RFC3339), Schema: in.schema, Origin: in.origin}}
	return s, nil
}

func (s *source) close() { _ = errors.Join(s.Source.Close(), s.blobs.Close(), s.looked.Close()) }

func (s *source) carry(ctx context.Context, to transfer.Writer, name string, o TransferOptions) (*Transferred, error) {
	sums, err := transfer.Carry(ctx, s.Source, to, o.Tell)
	if err != nil {
		return nil, err
	}
	return &Transferred{Sums: sums, From: s.name(), To: name, Rows: sums.Rows(), Missing: s.Missing.Load(), Erased: s.Erased.Load(),
		Seconds: time.Since(s.begin).Seconds()}, nil
}

// target is a place that is filled.
type target struct {
	*transfer.Target
	store   *store.Store
	blobs   blob.Store
	release func() error
}

// openTarget opens an empty place, or one that the same transfer has begun to
// fill. Pictures that are there already stay when they come from the same place.
func openTarget(ctx context.Context, l Location, name string, schema int64, samePictures string) (*target, error) {
	keys, err := seal.Open(l.MasterKey)
	if err != nil {
		return nil, err
	}
	t := &target{release: func() error { return nil }}
	if t.store, err = store.Open(ctx, store.Config{Address: l.Database, Keys: keys, Migrate: true, Fill: schema, Name: name}); err != nil {
		return nil, err
	}
	if release, err := t.store.Alone(ctx); err == nil {
		t.release = release
	} else {
		return nil, errors.Join(err, t.close())
	}
	if t.blobs, err = blob.Open(ctx, l.Blobs, l.BlobKeys); err != nil {
		return nil, errors.Join(err, t.close())
	}
	t.Target = &transfer.Target{Database: t.store, Objects: t.blobs, Schema: schema, Lock: settingRootKey, Empty: func(ctx context.Context) (bool, error) {
		for _, err := range t.blobs.List(ctx, "") {
			return samePlace(l.Blobs, samePictures), err
		}
		return true, nil
	}}
	return t, nil
}

func samePlace(a, b string) bool {
	if blob.IsS3(a) || blob.IsS3(b) || b == "" {
		return a == b
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

func (t *target) close() error {
	err := errors.Join(t.release(), t.store.Close())
	if t.blobs != nil {
		err = errors.Join(err, t.blobs.Close())
	}
	return err
}

// giveKey puts the master key where the new installation will look for it.
func giveKey(from string, to Location) error {
	if err := os.MkdirAll(filepath.Dir(to.MasterKey), 0o700); err != nil {
		return fmt.Errorf("make the folder of the master key: %w", err)
	}
	return seal.Copy(from, to.MasterKey)
}

// settle brings tables that came from an older program up to date, and opens
// the installation once as a proof.
func settle(ctx context.Context, l Location) error {
	if _, err := store.Migrate(ctx, store.Config{Address: l.Database}); err != nil {
		return err
	}
	in, err := look(ctx, l, "openkyc")
	if err != nil {
		return err
	}
	return in.Close()
}
