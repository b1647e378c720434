package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/vision"
)

// Verdict of one of the doctor's checks.
type Verdict string

// The verdicts.
const (
	Healthy Verdict = "ok"
	Warning Verdict = "warning"
	Fault   Verdict = "fault"
)

// Diagnosis is what one check has found, without personal data.
type Diagnosis struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Advice  string  `json:"advice,omitempty"` // what to do
}

// DoctorConfig says what to look at.
type DoctorConfig struct {
	Location
	Models    string    // as in Config
	Callbacks Callbacks // as in Config
	Deep      bool      // look for every picture and read the whole SQLite file
	Now       func() time.Time
}

// Examine looks at an installation, also at one that does not start, and
// changes nothing: what it writes to try something out it removes again. Nodes
// may be at work.
func Examine(ctx context.Context, cfg DoctorConfig) []Diagnosis {
	d := &doctor{DoctorConfig: cfg}
	if d.Now == nil {
		d.Now = time.Now
	}
	defer d.close()
	d.models()
	if !d.settings() {
		return d.all
	}
	d.openKeys()
	d.openDatabase(ctx)
	d.openObjects(ctx)
	d.masterKey(ctx)
	d.database(ctx)
	d.blobs(ctx)
	d.pictures(ctx)
	d.clock(ctx)
	d.callbacks(ctx)
	d.mail(ctx)
	return d.all
}

// doctor holds what could be opened; the rest is nil, and its error says why.
type doctor struct {
	DoctorConfig
	all     []Diagnosis
	keys    *seal.Keyring
	store   *store.Store
	schema  int64
	objects blob.Store
	fault   struct{ keys, store, objects error }
}

func (d *doctor) close() {
	if d.store != nil {
		_ = d.store.Close()
	}
	if d.objects != nil {
		_ = d.objects.Close()
	}
}

func (d *doctor) say(check string, verdict Verdict, found, advice string) {
	found = strings.Join(strings.Fields(found), " ") // one line, whatever a driver's error looks like
	d.all = append(d.all, Diagnosis{check, verdict, found, advice})
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// models verifies every file against its recorded hash and loads the library.
func (d *doctor) models() {
	const check = "models"
	folder := d.Models
	if folder == "" {
		var err error
		if folder, err = vision.Locate(); err != nil {
			d.say(check, Fault, err.Error(), "put the folder models beside the program, or name it with --models")
			return
		}
	}
	roles := slices.Concat(document.Roles(), face.Roles())
	runtime, err := vision.Open(vision.Config{Dir: folder, Override: d.Location.models(), Roles: roles})
	if err != nil {
		d.say(check, Fault, err.Error(), "replace program and models together, by those of one release")
		return
	}
	_ = runtime.Close()
	d.say(check, Healthy, fmt.Sprintf("%d models and their library are as recorded", len(roles)), "")
}

// settings tells whether it is said where everything is.
func (d *doctor) settings() bool {
	const check = "settings"
	l, err := d.filled()
	if err != nil {
		d.say(check, Fault, err.Error(), "name it as a flag or in the environment, see openkyc serve --help")
		return false
	}
	d.Location = l
	if l.Data == "" {
		d.say(check, Healthy, "database, pictures and master key are named one by one", "")
		return true
	}
	info, err := os.Stat(l.Data)
	switch {
	case errors.Is(err, os.ErrNotExist):
		d.say(check, Fault, fmt.Sprintf("there is no data folder %s", l.Data), "see that --data names the right one; openkyc quickstart makes a new one")
		return false
	case err != nil:
		d.say(check, Fault, err.Error(), "give the user that runs the program access to the data folder")
		return false
	case info.Mode().Perm()&0o077 != 0:
		d.say(check, Warning, fmt.Sprintf("others may look into the data folder %s (mode %04o)", l.Data, info.Mode().Perm()), "chmod 700 "+l.Data)
		return true
	}
	d.say(check, Healthy, "the data folder is "+l.Data, "")
	return true
}

func (d *doctor) openKeys() { d.keys, d.fault.keys = seal.Open(d.MasterKey) }

func (d *doctor) openDatabase(ctx context.Context) {
	there, err := d.made(ctx)
	if err == nil && !there {
		err = errNone(d.Location)
	}
	if err == nil {
		config := store.Config{Address: d.Location.Database, Now: d.Now, Name: "openkyc doctor"}
		if d.keys != nil {
			config.Keys = d.keys
		}
		d.store, d.schema, err = store.Look(ctx, config)
	}
	d.fault.store = err
}

// openObjects opens the place for pictures, but makes no folder.
func (d *doctor) openObjects(ctx context.Context) {
	if !blob.IsS3(d.Blobs) {
		if _, d.fault.objects = os.Stat(d.Blobs); d.fault.objects != nil {
			return
		}
	}
	d.objects, d.fault.objects = blob.Open(ctx, d.Blobs, d.BlobKeys)
}

// masterKey tells whether the master key opens what the database holds.
func (d *doctor) masterKey(ctx context.Context) {
	const check = "keys"
	if err := d.fault.keys; err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = d.keyless()
		}
		d.say(check, Fault, err.Error(), fmt.Sprintf("put the key that this installation was made with back to %s (mode 0600)", d.MasterKey))
		return
	}
	if d.store == nil {
		d.say(check, Warning, "the master key can be read; what it opens cannot be tried without the database", "see database")
		return
	}
	in := &looked{Installation: &Installation{Location: d.Location, Keys: d.keys, Store: d.store}}
	err := in.recognise(ctx)
	accounts := 0
	if err == nil {
		accounts, err = d.openAccounts(ctx)
	}
	if err != nil {
		d.fault.keys = err
		d.say(check, Fault, err.Error(), "put the key of this installation there, from your backup")
		return
	}
	d.say(check, Healthy, "the master key opens the keys of the installation and of "+count(accounts, "account"), "")
}

func (d *doctor) openAccounts(ctx context.Context) (n int, err error) {
	err = d.store.View(ctx, func(tx kyc.Tx) error {
		accounts, err := d.store.Accounts(ctx, tx)
		for _, a := range accounts {
			if _, err := d.keys.Index(kyc.KeyRef{AccountID: a.ID, AccountKey: a.Key}, "doctor", "doctor"); err != nil {
				return fmt.Errorf("account %s: %w", a.ID, err)
			}
		}
		n = len(accounts)
		return err
	})
	return n, err
}

// database tells whether it answers, is of this program's version, and can be written.
func (d *doctor) database(ctx context.Context) {
	const check = "database"
	if err := d.fault.store; err != nil {
		advice := "see that the file is the right one and that the user that runs the program may read and write it"
		if d.shared() {
			advice = "see that PostgreSQL runs and that address, user and password are right"
		}
		d.say(check, Fault, err.Error(), advice)
		return
	}
	name, _, err := d.store.About(ctx)
	if err == nil {
		err = d.store.Writable(ctx)
	}
	if err != nil {
		d.say(check, Fault, "it cannot be written: "+err.Error(), "look for a full disk, missing permission, or a server that only reads")
		return
	}
	if d.Deep {
		if err := d.store.Sound(ctx); err != nil {
			d.say(check, Fault, err.Error(), "stop the program and restore the latest backup into an empty folder")
			return
		}
	}
	if newest := store.Newest(); d.schema < newest {
		d.say(check, Warning, fmt.Sprintf("%s answers; its tables are of version %d, this program's are of version %d", name, d.schema, newest),
			"back up, stop the nodes of the older program, and start this one, which brings them up to date (or openkyc migrate up)")
		return
	}
	d.say(check, Healthy, fmt.Sprintf("%s answers and can be written; its tables are of version %d, as this program's", name, d.schema), "")
}
