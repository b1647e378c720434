package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/egress"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/mail"
)

// blobs puts, reads and removes an object.
func (d *doctor) blobs(ctx context.Context) {
	const check = "blobs"
	if err := d.fault.objects; errors.Is(err, os.ErrNotExist) {
		if last, err := d.lastPicture(ctx); err == nil && last == 0 {
			d.say(check, Healthy, fmt.Sprintf("there are no pictures yet; the first start makes %s", d.Blobs), "")
			return
		}
		d.say(check, Fault, fmt.Sprintf("the folder for pictures %s is gone", d.Blobs), "mount it, name it with --blobs, or restore it from your backup")
		return
	} else if err != nil {
		advice := "give the user that runs the program access to the folder"
		if blob.IsS3(d.Blobs) {
			advice = "see that endpoint, bucket and both keys are right and that the server can be reached from here"
		}
		d.say(check, Fault, err.Error(), advice)
		return
	}
	if err := tryObject(ctx, d.objects); err != nil {
		d.say(check, Fault, "a probe object could not be put, read and deleted: "+err.Error(), "look for a full disk or quota, and for missing permission to put, get and delete")
		return
	}
	d.say(check, Healthy, fmt.Sprintf("a probe object was put into %s, read back and deleted", d.Blobs), "")
}

func tryObject(ctx context.Context, objects blob.Store) error {
	key, content := "doctor/"+rand.Text(), []byte("openkyc doctor")
	if err := objects.Put(ctx, key, content); err != nil {
		return err
	}
	have, err := objects.Get(ctx, key)
	if err = errors.Join(err, objects.Delete(ctx, key)); err != nil {
		return err
	}
	if !bytes.Equal(have, content) {
		return errors.New("it reads back otherwise than it was written")
	}
	if _, err := objects.Stat(ctx, key); kyc.KindOf(err) != kyc.NotFound {
		return errors.New("it is still there after it was deleted")
	}
	return nil
}

// mail signs in to the mail server and sends nothing.
func (d *doctor) mail(ctx context.Context) {
	const check = "mail"
	if d.Callbacks.Mail == nil {
		d.say(check, Healthy, "there is no mail server: owners hear of disabled endpoints in the dashboard alone", "")
		return
	}
	sender, err := mail.New(*d.Callbacks.Mail)
	if err == nil {
		err = sender.Probe(ctx)
	}
	if err != nil {
		d.say(check, Fault, err.Error(), "see that --mail-server names the right host, port, name and password, and that it can be reached from here")
		return
	}
	d.say(check, Healthy, "the mail server lets us in", "")
}

func (d *doctor) lastPicture(ctx context.Context) (last int64, err error) {
	if d.store == nil {
		return 0, d.fault.store
	}
	err = d.store.View(ctx, func(tx kyc.Tx) (err error) {
		last, err = d.store.LastPicture(ctx, tx)
		return err
	})
	return last, err
}

// Pictures that are looked for: all, or some from everywhere.
const (
	sampled    = 200
	atOnce     = 500 // keys that are read at one time
	namedAtAll = 5   // missing ones that are named
)

// pictures looks whether pictures are there that rows refer to.
func (d *doctor) pictures(ctx context.Context) {
	const check = "pictures"
	if last, err := d.lastPicture(ctx); err == nil && last == 0 {
		d.say(check, Healthy, "no row refers to a picture", "")
		return
	}
	if d.store == nil || d.objects == nil {
		d.say(check, Warning, "cannot be looked for", "see database and blobs")
		return
	}
	looked, missing, err := d.lookForPictures(ctx)
	switch {
	case err != nil:
		d.say(check, Fault, "the pictures cannot be looked for: "+err.Error(), "see database and blobs")
	case len(missing) > 0:
		named := strings.Join(missing[:min(len(missing), namedAtAll)], ", ")
		d.say(check, Fault, fmt.Sprintf("%d of %s that rows refer to are missing: %s", len(missing), count(looked, "picture"), named),
			"see that the place of the pictures is the right one and whole; restore what is missing from your backup (--deep looks for all)")
	case d.Deep:
		d.say(check, Healthy, fmt.Sprintf("all %d pictures that rows refer to are there", looked), "")
	default:
		d.say(check, Healthy, fmt.Sprintf("%d pictures that rows refer to were looked for and are there (--deep looks for all)", looked), "")
	}
}

func (d *doctor) lookForPictures(ctx context.Context) (looked int, missing []string, err error) {
	last, err := d.lastPicture(ctx)
	if err != nil {
		return 0, nil, err
	}
	read := func(after int64, limit int) (keys []string, place int64, err error) {
		err = d.store.View(ctx, func(tx kyc.Tx) error {
			keys, place, err = d.store.PictureKeys(ctx, tx, after, limit)
			return err
		})
		return keys, place, err
	}
	look := func(keys []string) error {
		looked += len(keys)
		gone, err := d.gone(ctx, keys)
		missing = append(missing, gone...)
		return err
	}
	if d.Deep || last <= sampled {
		for place := int64(0); ; {
			var keys []string
			if keys, place, err = read(place, atOnce); err != nil || len(keys) == 0 {
				return looked, missing, err
			}
			if err := look(keys); err != nil {
				return looked, missing, err
			}
		}
	}
	var keys []string
	for i := range int64(sampled) {
		one, _, err := read(i*last/sampled, 1)
		if err != nil {
			return 0, nil, err
		}
		keys = append(keys, one...)
	}
	return looked, missing, look(keys)
}

// gone names those keys that have no object although their row is there.
func (d *doctor) gone(ctx context.Context, keys []string) (missing []string, err error) {
	is := make([]bool, len(keys))
	faults := make([]error, len(keys))
	beside(len(keys), func(i int) {
		if _, err := d.objects.Stat(ctx, keys[i]); kyc.KindOf(err) != kyc.NotFound {
			faults[i] = err
			return
		}
		faults[i] = d.store.View(ctx, func(tx kyc.Tx) (err error) { // it may have been erased just now
			is[i], err = d.store.HasPicture(ctx, tx, keys[i])
			return err
		})
	})
	for i, key := range keys {
		if is[i] {
			missing = append(missing, key)
		}
	}
	return missing, errors.Join(faults...)
}

// beside does n things, some at one time.
func beside(n int, do func(i int)) {
	const hands = 8
	var all sync.WaitGroup
	places := make(chan struct{}, hands)
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
	all.Wait()
}

// Clocks that differ by more: leases, time limits and signatures go by them.
const (
	clockWarning = 5 * time.Second
	clockFault   = time.Minute
)

// clock compares our clock with the database's and the object store's.
func (d *doctor) clock(ctx context.Context) {
	const check, advice = "clock", "let all machines take their time from the same servers (NTP)"
	verdict, found := Healthy, []string{}
	compare := func(whose string, ahead time.Duration, err error) {
		off := ahead.Abs()
		switch {
		case err != nil:
			if verdict == Healthy {
				verdict = Warning
			}
			found = append(found, fmt.Sprintf("%s could not be asked: %v", whose, err))
			return
		case off >= clockFault:
			verdict = Fault
		case off >= clockWarning && verdict == Healthy:
			verdict = Warning
		}
		found = append(found, fmt.Sprintf("%s differs from ours by %.1f s", whose, off.Seconds()))
	}
	if d.shared() && d.store != nil {
		_, ahead, err := d.store.About(ctx)
		compare("the database's", ahead, err)
	}
	if ahead, ok, err := blob.Clock(ctx, d.Blobs, d.Now); ok || err != nil {
		compare("the object store's", ahead, err)
	}
	if len(found) == 0 {
		d.say(check, Healthy, "there is only ours to go by", "")
		return
	}
	if verdict == Healthy {
		d.say(check, verdict, strings.Join(found, "; "), "")
		return
	}
	d.say(check, verdict, strings.Join(found, "; "), advice)
}

// receiver is one endpoint with the address that it has now.
type receiver struct {
	*kyc.Endpoint
	address string
	err     error
}

// host is what of an address may be shown: its path may hold a secret.
func (r receiver) host() string {
	u, err := url.Parse(r.address)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Scheme + "://" + u.Host
}

// callbacks goes the way of a webhook to every receiver and hangs up before
// anything is sent.
func (d *doctor) callbacks(ctx context.Context) {
	const check = "callbacks"
	if d.store == nil || d.fault.keys != nil {
		d.say(check, Warning, "cannot be looked at", "see database and keys")
		return
	}
	if d.schema < 3 { // their table is younger
		d.say(check, Warning, "cannot be looked at before the tables are up to date", "see database")
		return
	}
	all, private, err := d.receivers(ctx)
	if err != nil {
		d.say(check, Fault, err.Error(), "see database and keys")
		return
	}
	if private = private || d.Callbacks.AllowPrivate; private {
		d.say(check, Warning, "webhooks may go to private addresses and by http, which is meant for development", "start without --allow-private-callbacks, on an installation that quickstart was not given it for")
	}
	client := egress.New(d.Callbacks.egress(private))
	beside(len(all), func(i int) { all[i].err = client.Probe(ctx, all[i].address) })
	good := 0
	for _, r := range all {
		switch {
		case r.err != nil:
			d.say(check, Fault, fmt.Sprintf("endpoint %s of scenario %s at %s: %v", r.ID, r.ScenarioID, r.host(), r.err), "correct the address, or help the receiver's people with name, certificate or firewall")
		case r.State != kyc.EndpointEnabled:
			d.say(check, Warning, fmt.Sprintf("endpoint %s of scenario %s at %s is disabled: %s", r.ID, r.ScenarioID, r.host(), r.StateReason), "its receiver can be reached: enable it in the dashboard")
		default:
			good++
		}
	}
	if len(all) == 0 {
		d.say(check, Healthy, "no scenario has a receiver", "")
	}
	if good == 0 {
		return
	}
	d.say(check, Healthy, fmt.Sprintf("%d of %s may be called, resolve, and take a connection, with https under a good certificate; nothing was sent", good, count(len(all), "receiver")), "")
}

// receivers lists all endpoints that have an address.
func (d *doctor) receivers(ctx context.Context) (all []receiver, private bool, err error) {
	err = d.store.View(ctx, func(tx kyc.Tx) error {
		value, err := d.store.Setting(ctx, tx, settingPrivate)
		if err != nil && kyc.KindOf(err) != kyc.NotFound {
			return err
		}
		private = string(value) == "true"
		scenarios, err := d.store.Scenarios(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, s := range scenarios {
			endpoints, err := d.store.EndpointsOf(ctx, tx, s.ID)
			if err != nil {
				return err
			}
			for _, e := range endpoints {
				address := e.URL
				if e.Primary() {
					address = s.Definition.Callback.URL
				}
				if address != "" {
					all = append(all, receiver{Endpoint: e, address: address})
				}
			}
		}
		return nil
	})
	return all, private, err
}
