package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/jobs"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
)

// Location says where an installation keeps what it keeps. With a data folder
// the rest may be left out; without one, all of the rest is needed.
type Location struct {
	Data      string           // folder; "" on nodes that keep nothing themselves
	Database  string           // a file or postgres://…; "" is openkyc.db in the data folder
	Blobs     string           // a folder or s3://…; "" is blobs in the data folder
	BlobKeys  blob.Credentials // of a bucket
	MasterKey string           // file; "" is master.key in the data folder
	Wait      bool             // let another process bring PostgreSQL's tables up to date, and wait for it
}

// Names inside of a data folder.
const (
	databaseFile   = "openkyc.db"
	masterFile     = "master.key"
	blobFolder     = "blobs"
	compiledFolder = "compiled"
	modelFolder    = "models" // an operator's own models
)

// filled names everything, or says what is missing.
func (l Location) filled() (Location, error) {
	for _, part := range []struct {
		place     *string
		file, say string
	}{
		{&l.Database, databaseFile, "a database (--database)"},
		{&l.Blobs, blobFolder, "a place for pictures (--blobs)"},
		{&l.MasterKey, masterFile, "a master key (--master-key)"},
	} {
		if *part.place != "" {
			continue
		}
		if l.Data == "" {
			return l, fmt.Errorf("without a data folder (--data) %s is needed", part.say)
		}
		*part.place = filepath.Join(l.Data, part.file)
	}
	return l, nil
}

// shared tells whether many nodes may work on the installation at once.
func (l Location) shared() bool { return store.DialectOf(l.Database) == store.Postgres }

// models is the folder of the operator's own models, if there can be one.
func (l Location) models() string {
	if l.Data == "" {
		return ""
	}
	return filepath.Join(l.Data, modelFolder)
}

// compiled is the folder for compiled code: a folder of the data, else one of the
// user who runs this. Nothing in it is missed when it is lost.
func (l Location) compiled() string {
	if l.Data != "" {
		return filepath.Join(l.Data, compiledFolder)
	}
	if home, err := os.UserCacheDir(); err == nil {
		return filepath.Join(home, "openkyc", compiledFolder)
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("openkyc-%s-%d", compiledFolder, os.Geteuid()))
}

// String is for sentences: addresses of databases may hold passwords.
func (l Location) String() string {
	if l.shared() {
		return "the PostgreSQL database"
	}
	return l.Database
}

// made tells whether there is an installation already.
func (l Location) made(ctx context.Context) (bool, error) {
	if !l.shared() {
		_, err := os.Stat(l.Database)
		if errors.Is(err, os.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	steps, err := store.Migrations(ctx, store.Config{Address: l.Database})
	for _, s := range steps {
		if !s.AppliedAt.IsZero() {
			return true, nil
		}
	}
	return false, err
}

// keys opens the master key, and makes one only where there is no installation
// yet: a fresh key beside old data would make all of it unreadable in silence.
func (l Location) keys(ctx context.Context) (*seal.Keyring, error) {
	keys, err := seal.Open(l.MasterKey)
	if !errors.Is(err, os.ErrNotExist) {
		return keys, err
	}
	there, err := l.made(ctx)
	if err != nil {
		return nil, err
	}
	if there {
		if keys, err := seal.Open(l.MasterKey); err == nil { // another process has just made both
			return keys, nil
		}
		return nil, l.keyless()
	}
	if err := os.MkdirAll(filepath.Dir(l.MasterKey), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the master key: %w", err)
	}
	if keys, err = seal.Create(l.MasterKey); errors.Is(err, os.ErrExist) { // another process was faster
		return seal.Open(l.MasterKey)
	}
	return keys, err
}

// keyless is the sentence for an installation whose master key is not there.
func (l Location) keyless() error {
	return fmt.Errorf("the master key %s is missing, and without it nothing in %s can be read; put the key back from your backup", l.MasterKey, l)
}

// NewMasterKey makes a master key file where there is none, for installations
// whose key comes to the nodes from elsewhere.
func NewMasterKey(file string) error {
	_, err := seal.Create(file)
	return err
}

// existing names everything of an installation that is there, or says that none is.
func (l Location) existing(ctx context.Context) (Location, error) {
	l, err := l.filled()
	if err != nil {
		return l, err
	}
	there, err := l.made(ctx)
	if err == nil && !there {
		err = errNone(l)
	}
	return l, err
}

// OpenExisting opens an installation that was made before: commands that only
// look must not answer a typing error with a new installation.
func OpenExisting(ctx context.Context, l Location, logger *slog.Logger) (*Installation, error) {
	l, err := l.existing(ctx)
	if err != nil {
		return nil, err
	}
	return OpenInstallation(ctx, l, logger)
}

// Migrate brings the tables of an installation up to date, those of the queue
// included, and tells which steps it took.
func Migrate(ctx context.Context, l Location, logger *slog.Logger) ([]store.Migration, error) {
	l, err := l.filled()
	if err != nil {
		return nil, err
	}
	taken, err := store.Migrate(ctx, store.Config{Address: l.Database, Logger: logger})
	if err != nil {
		return nil, err
	}
	in, err := OpenInstallation(ctx, l, logger)
	if err != nil {
		return nil, err
	}
	_, err = jobs.Open(ctx, jobs.Config{Store: in.Store, Logger: logger})
	return taken, errors.Join(err, in.Close())
}

// Migrations tells which steps the tables have taken and which not.
func Migrations(ctx context.Context, l Location) ([]store.Migration, error) {
	l, err := l.filled()
	if err != nil {
		return nil, err
	}
	return store.Migrations(ctx, store.Config{Address: l.Database})
}
