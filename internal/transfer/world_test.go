package transfer_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/seal"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
	"github.com/openkyc/openkyc/internal/transfer"
)

// place is a database with a place for pictures.
type place struct {
	t       *testing.T
	db      *store.Store
	objects blob.Store
	address string
	version int64
}

// embedded is a new place on SQLite and a folder.
func embedded(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	return open(t, filepath.Join(dir, "openkyc.db"), filepath.Join(dir, "blobs"), blob.Credentials{}, store.Newest())
}

// scaled is a new place on PostgreSQL and a bucket.
func scaled(t *testing.T) *place {
	t.Helper()
	server := blobtest.StartS3(t)
	return open(t, storetest.PostgresURL(t), server.Bucket("pictures"), server.Credentials, store.Newest())
}

// open opens a place in the way of a transfer.
func open(t *testing.T, address, objects string, secret blob.Credentials, version int64) *place {
	t.Helper()
	ctx := context.Background()
	p := &place{t: t, address: address, version: version}
	var err error
	if p.db, err = store.Open(ctx, store.Config{Address: address, Keys: storetest.Keys{}, Migrate: true, Fill: version, Name: "test"}); err != nil {
		t.Fatal(err)
	}
	if p.objects, err = blob.Open(ctx, objects, secret); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(p.db.Close(), p.objects.Close()) })
	return p
}

func (p *place) source() *transfer.Source {
	s := &transfer.Source{Database: p.db, Objects: p.objects, About: transfer.Head{Program: "test", Schema: p.version, Origin: p.address}}
	p.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (p *place) target() *transfer.Target {
	return &transfer.Target{Database: p.db, Objects: p.objects, Schema: p.version, Lock: "test", Empty: func(ctx context.Context) (bool, error) {
		for _, err := range p.objects.List(ctx, "") {
			return false, err
		}
		return true, nil
	}}
}

func (p *place) do(work func(ctx context.Context, tx kyc.Tx) error) {
	p.t.Helper()
	if err := p.db.Do(context.Background(), func(tx kyc.Tx) error { return work(context.Background(), tx) }); err != nil {
		p.t.Fatal(err)
	}
}

func quiet(transfer.Step) {}

// carry carries from one place to another and must succeed.
func carry(t *testing.T, from transfer.Reader, to transfer.Writer) transfer.Sums {
	t.Helper()
	sums, err := transfer.Carry(t.Context(), from, to, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 1000, time.UTC) }

func id(t testing.TB) string {
	t.Helper()
	made, err := kyc.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// tenant is what sessions need.
var (
	tenant = kyc.Account{ID: "account", Name: "Shöp"}
	offer  = kyc.Scenario{ID: "scenario", AccountID: "account", Secret: "secret", WebhookSecret: "whsec_1234",
		Definition: kyc.Definition{Name: "Passport \u2028 <&>", Steps: []kyc.Step{{Type: kyc.StepDocument}}}}
)

// seed fills every table, and sessions with all that belongs to them.
func (p *place) seed(sessions int) {
	p.t.Helper()
	account, scenario := tenant, offer
	p.do(func(ctx context.Context, tx kyc.Tx) error {
		return errors.Join(p.db.CreateAccount(ctx, tx, &account), p.db.SaveScenario(ctx, tx, &scenario),
			p.db.CreateUser(ctx, tx, &kyc.User{ID: "user", AccountID: "account", Email: "ann@shop.example", Role: kyc.RoleOwner, PasswordHash: "$argon2id$", Disabled: true}),
			p.db.CreateLogin(ctx, tx, &kyc.Login{Hash: []byte{0, 255, 1}, UserID: "user", Address: "127.0.0.1", ExpiresAt: day(30)}),
			p.db.CreateToken(ctx, tx, &kyc.APIToken{ID: "token", AccountID: "account", Name: "till", Hash: []byte("token")}),
			p.db.CreateEndpoint(ctx, tx, &kyc.Endpoint{ID: "endpoint", AccountID: "account", ScenarioID: "scenario", URL: "https://ledger.example/hook", Mode: kyc.CallbackThin, Rate: 2.1, State: kyc.EndpointEnabled}),
			p.db.CreateDelivery(ctx, tx, &kyc.Delivery{ID: "news", AccountID: "account", ScenarioID: "scenario", EndpointID: "endpoint", Event: "endpoint.test", URL: "https://ledger.example", Body: []byte("{}"), Status: kyc.DeliveryPending}),
			p.db.PutSetting(ctx, tx, "installation.key", []byte{1, 0, 2}), p.persons(ctx, tx))
	})
	p.do(func(ctx context.Context, tx kyc.Tx) error {
		_, err := p.db.ClaimKeyID(ctx, tx, "scenario", "jti", day(30))
		for i := range sessions {
			_, fault := p.add(ctx, tx, fmt.Sprintf("client-%d", i))
			err = errors.Join(err, fault)
		}
		return err
	})
}

// persons adds a person with a face and a picture, and leaves word of a face that went.
func (p *place) persons(ctx context.Context, tx kyc.Tx) error {
	person := &kyc.Person{ID: "person", AccountID: "account", ListID: "list", Fields: []kyc.PersonField{{Name: "Surname", Value: "Muster"}}}
	faults := []error{p.db.CreateFaceList(ctx, tx, &kyc.FaceList{ID: "list", AccountID: "account", Name: "Clients"}), p.db.NewPersonKeys(ctx, tx, person),
		p.db.CreatePerson(ctx, tx, person), p.db.AddPersonFace(ctx, tx, person, &kyc.PersonFace{ID: "gone", Model: "m", Vector: []float32{2}}), p.db.EraseTemplates(ctx, tx, person),
		p.db.AddPersonFace(ctx, tx, person, &kyc.PersonFace{ID: "face", PictureID: "portrait", Model: "m", Vector: []float32{1}}),
		p.objects.Put(ctx, "persons/person/portrait", []byte("sealed persons/person/portrait")),
		p.db.AddPersonPicture(ctx, tx, &kyc.PersonPicture{ID: "portrait", PersonID: "person", BlobKey: "persons/person/portrait", Digest: []byte("d")}),
		p.db.AddPersonEvent(ctx, tx, kyc.PersonEvent{AccountID: "account", ListID: "list", PersonID: "person", Kind: "person.created", Actor: "system"}),
		p.db.AddFaceSearch(ctx, tx, &kyc.FaceSearch{ID: "search", AccountID: "account", Actor: "user", Lists: []string{"list"}, Threshold: 90.5})}
	return errors.Join(faults...)
}

// session adds one session in a unit of work of its own.
func (p *place) session(client string) (session string) {
	p.t.Helper()
	p.do(func(ctx context.Context, tx kyc.Tx) (err error) {
		session, err = p.add(ctx, tx, client)
		return err
	})
	return session
}

// add adds one session with two pictures and a pending delivery, the pictures
// first, as the platform does.
func (p *place) add(ctx context.Context, tx kyc.Tx, client string) (string, error) {
	session := id(p.t)
	faults := []error{p.db.CreateSession(ctx, tx, &kyc.Session{ID: session, AccountID: "account", ScenarioID: "scenario", Revision: 1, ClientKey: client,
		Origin: kyc.OriginWidget, Status: kyc.Success, Errors: []string{"[scan] low light"}, CreatedAt: day(1), ExpiresAt: day(2), FinishedAt: day(1)})}
	for i := range 2 {
		key := fmt.Sprintf("%s/%d", session, i)
		faults = append(faults, p.objects.Put(ctx, key, []byte("sealed "+key)),
			p.db.AddEvidence(ctx, tx, &kyc.Evidence{ID: key, SessionID: session, Try: 1, Name: fmt.Sprint(i), BlobKey: key, Digest: []byte(key)}))
	}
	_, claimed := p.db.ClaimKeyBlocks(ctx, tx, "scenario", [][2][]byte{{[]byte(session), []byte("previous")}}, session)
	return session, errors.Join(append(faults, claimed,
		p.db.PutAttempt(ctx, tx, &kyc.Attempt{SessionID: session, Try: 1, Type: kyc.StepDocument, Status: kyc.Success}),
		p.db.IndexOCR(ctx, tx, session, "account", []kyc.Field{{Title: "Surname", Value: "Muster"}}),
		p.db.AddFramePrints(ctx, tx, kyc.Recording{AccountID: "account", SessionID: session, Step: 1, Try: 1, SentAt: day(1)}, []kyc.FramePrint{{Face: kyc.Print{1, 2, 3}}}),
		p.db.AddEvent(ctx, tx, kyc.Event{SessionID: session, At: day(1), Kind: "session.created", Actor: "person"}),
		p.db.CreateDelivery(ctx, tx, &kyc.Delivery{ID: "of " + session, AccountID: "account", SessionID: session, ScenarioID: "scenario", EndpointID: "scenario", Sequence: 1,
			Event: "session.final", URL: "https://shop.example/?clientKey=" + client, Body: []byte("body of " + client), Status: kyc.DeliveryPending}),
		p.db.AddDeliveryAttempts(ctx, tx, kyc.DeliveryAttempt{DeliveryID: "of " + session, Number: 1, Code: 500, Answer: "busy"}))...)
}

// check opens sessions with all that belongs to them, as a node would.
func (p *place) check(want int) {
	p.t.Helper()
	ctx := context.Background()
	err := p.db.View(ctx, func(tx kyc.Tx) error {
		page, err := p.db.FilterSessions(ctx, tx, kyc.SessionFilter{AccountID: "account", OCR: map[string]string{"Surname": "muster"}, PageSize: 1000})
		if err != nil {
			return err
		}
		if len(page.Sessions) != want {
			p.t.Errorf("%d sessions are found by a word, want %d", len(page.Sessions), want)
		}
		for _, s := range page.Sessions {
			if err := p.checkSession(ctx, tx, s); err != nil {
				return fmt.Errorf("session %s: %w", s.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Error(err)
	}
	p.checkPersons()
}

// checkPersons finds the person's face and picture, and numbers a face behind it.
func (p *place) checkPersons() {
	p.t.Helper()
	err := p.db.Do(context.Background(), func(tx kyc.Tx) error {
		ctx := context.Background()
		faces, err := p.db.FacesAfter(ctx, tx, "m", nil, 0, 10)
		if err != nil || len(faces) != 1 || len(faces[0].Vector) != 1 {
			return fmt.Errorf("%d faces: %w", len(faces), err)
		}
		person, err := p.db.Person(ctx, tx, "person")
		if err != nil {
			return err
		}
		if sealed, err := p.objects.Get(ctx, person.Pictures[0].BlobKey); err != nil || string(sealed) != "sealed persons/person/portrait" {
			p.t.Errorf("the person's picture is %q, %v", sealed, err)
		}
		another := &kyc.PersonFace{ID: id(p.t), Model: "another", Vector: []float32{3}}
		if err := p.db.AddPersonFace(ctx, tx, person, another); err != nil || another.Number <= faces[0].Number {
			p.t.Errorf("a new face has the number %d behind %d, %v", another.Number, faces[0].Number, err)
		}
		return errTakenBack
	})
	if !errors.Is(err, errTakenBack) {
		p.t.Error(err)
	}
}

var errTakenBack = errors.New("taken back")

func (p *place) checkSession(ctx context.Context, tx kyc.Tx, s *kyc.Session) error {
	pictures, err := p.db.Evidence(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	for _, e := range pictures {
		if sealed, err := p.objects.Get(ctx, e.BlobKey); err != nil || string(sealed) != "sealed "+e.BlobKey {
			return fmt.Errorf("the picture is %q: %w", sealed, err)
		}
	}
	delivery, err := p.db.Delivery(ctx, tx, "of "+s.ID)
	if err != nil {
		return err
	}
	events, err := p.db.Events(ctx, tx, s.ID)
	if len(pictures) != 2 || len(events) != 1 || string(delivery.Body) != "body of "+s.ClientKey || delivery.Status != kyc.DeliveryPending {
		return fmt.Errorf("it has %d pictures, %d events and the delivery %q: %w", len(pictures), len(events), delivery.Body, err)
	}
	return err
}

// master makes a master key.
func master(t *testing.T) *seal.Keyring {
	t.Helper()
	keys, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
