package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
)

var seedEndpoint = kyc.Endpoint{ID: "endpoint", AccountID: "account", ScenarioID: "scenario", Name: "ledger", URL: "https://ledger.example/hook", Mode: kyc.CallbackThin,
	Events: []kyc.EventType{kyc.EventSessionStarted}, Rate: 2.5, Timeout: 3 * time.Second, State: kyc.EndpointEnabled, CreatedAt: seedDay,
	Secrets: []kyc.EndpointSecret{{Value: "whsec_5678", CreatedAt: seedDay}}}

// seedLater writes what versions after the first have added. Whoever adds a
// version adds here, and then writes the rows down (see writeRows).
func seedLater(ctx context.Context, s *store.Store, tx kyc.Tx) error {
	endpoint := seedEndpoint // version 3
	if err := s.CreateEndpoint(ctx, tx, &endpoint); err != nil {
		return err
	}
	if err := seedPersons(ctx, s, tx); err != nil { // version 5
		return err
	}
	if err := s.AddFramePrints(ctx, tx, seedFilm, seedPrints); err != nil { // version 6
		return err
	}
	erased := kyc.Session{ID: "erased", AccountID: "account", ScenarioID: "scenario", Revision: 1, ClientKey: "client-9", Origin: kyc.OriginWidget, Status: kyc.Failed,
		CreatedAt: seedDay.AddDate(0, 0, -1), ExpiresAt: seedDay, FinishedAt: seedDay} // version 7
	if err := s.CreateSession(ctx, tx, &erased); err != nil {
		return err
	}
	_, err := s.EraseSession(ctx, tx, &erased)
	return err
}

var (
	seedFilm   = kyc.Recording{AccountID: "account", SessionID: "session", Step: 1, Try: 1, SentAt: seedDay}
	seedPrints = []kyc.FramePrint{{Face: kyc.Print{1, 2, 3, 4, 5, 6, 7, 8}}, {Face: kyc.Print{9, 10, 11, 12, 13, 14, 15, 16}}}
)

var (
	seedList   = kyc.FaceList{ID: "list", AccountID: "account", Name: "Clients", CreatedAt: seedDay}
	seedPerson = kyc.Person{ID: "person", AccountID: "account", ListID: "list", Fields: []kyc.PersonField{{Name: "Surname", Value: "Muster"}}, CreatedAt: seedDay}
	seedFace   = kyc.PersonFace{ID: "face", PictureID: "portrait", Model: "model-1", Vector: []float32{0.25, -0.5}, SessionID: "session", ClientKey: "client-1", CreatedAt: seedDay}
	seedChip   = kyc.PersonPicture{ID: "portrait", PersonID: "person", SessionID: "session", BlobKey: "b/2", Digest: []byte("digest"), Size: 7, Width: 3, Height: 2, CreatedAt: seedDay}
	seedSearch = kyc.FaceSearch{ID: "search", AccountID: "account", At: seedDay, Actor: "user", Lists: []string{"list"}, Probes: 1, Threshold: 90.5, Hits: 1}
	seedHappen = kyc.PersonEvent{AccountID: "account", ListID: "list", PersonID: "person", At: seedDay, Kind: "person.created", Actor: "system"}
)

func seedPersons(ctx context.Context, s *store.Store, tx kyc.Tx) error {
	list, person, face, chip, search, gone := seedList, seedPerson, seedFace, seedChip, seedSearch, seedPerson
	gone.ID = "gone"
	lost := kyc.PersonFace{ID: "lost", Model: "model-1", Vector: []float32{1}}
	err := errors.Join(s.CreateFaceList(ctx, tx, &list), s.NewPersonKeys(ctx, tx, &person), s.NewPersonKeys(ctx, tx, &gone))
	err = errors.Join(err, s.CreatePerson(ctx, tx, &person), s.AddPersonFace(ctx, tx, &person, &face), s.AddPersonPicture(ctx, tx, &chip))
	err = errors.Join(err, s.CreatePerson(ctx, tx, &gone), s.AddPersonFace(ctx, tx, &gone, &lost))
	_, deleted := s.DeletePersons(ctx, tx, []string{"gone"})
	return errors.Join(err, deleted, s.AddFaceSearch(ctx, tx, &search), s.AddPersonEvent(ctx, tx, seedHappen))
}

func checkPersons(ctx context.Context, t *testing.T, s *store.Store, tx kyc.Tx) {
	t.Helper()
	list, err := s.FaceList(ctx, tx, "list")
	if err == nil {
		err = s.CountPersons(ctx, tx, list)
	}
	if err != nil || list.Name != "Clients" || list.Persons != 1 {
		t.Fatalf("the list is read as %+v, %v", list, err)
	}
	person, err := s.Person(ctx, tx, "person")
	if err != nil || person.Field("Surname") != "Muster" || len(person.Faces) != 1 || len(person.Pictures) != 1 || person.Pictures[0].BlobKey != "b/2" {
		t.Fatalf("the person is read as %+v, %v", person, err)
	}
	faces, err := s.FacesAfter(ctx, tx, "model-1", nil, 0, 10)
	if err != nil || len(faces) != 1 || faces[0].ID != "face" || len(faces[0].Vector) != 2 || faces[0].Vector[1] != -0.5 {
		t.Fatalf("the faces are read as %+v, %v", faces, err)
	}
	some, this, err := s.ClientKeysKnown(ctx, tx, person, "client-1")
	if err != nil || !some || !this {
		t.Errorf("the client key is known: %v, among some: %v, %v", this, some, err)
	}
	gone, err := s.FacesGone(ctx, tx, 0, 10)
	if err != nil || len(gone) != 1 || gone[0].ListID != "list" {
		t.Errorf("gone is read as %+v, %v", gone, err)
	}
	searches, _, err := s.FaceSearches(ctx, tx, "account", "", 10)
	if err != nil || len(searches) != 1 || searches[0].Threshold != 90.5 || searches[0].Lists[0] != "list" {
		t.Errorf("the search is read as %+v, %v", searches, err)
	}
	events, err := s.PersonEvents(ctx, tx, "person")
	if err != nil || len(events) != 1 || events[0] != seedHappen {
		t.Errorf("what happened is read as %+v, %v", events, err)
	}
}

// checkLater reads it, from rows of versions that have it; rows of versions
// that have it not must have got what stands for it.
func checkLater(ctx context.Context, t *testing.T, s *store.Store, tx kyc.Tx, version int64) {
	t.Helper()
	endpoints, err := s.EndpointsOf(ctx, tx, "scenario")
	if err != nil {
		t.Fatal(err)
	}
	if len(endpoints) == 0 || !endpoints[0].Primary() {
		t.Fatalf("%d endpoints, or the first is not the primary one", len(endpoints))
	}
	if version < 3 {
		return
	}
	got, err := s.Endpoint(ctx, tx, "endpoint")
	if err != nil {
		t.Fatal(err)
	}
	if version >= 5 {
		checkPersons(ctx, t, s, tx)
	}
	if version >= 6 {
		replay := seedFilm
		replay.SessionID, replay.SentAt = "another", seedDay.Add(time.Hour)
		seen, err := s.FramesSeen(ctx, tx, replay, []kyc.Glimpse{{Plain: seedPrints[0]}, {Mirrored: seedPrints[1]}})
		if err != nil || len(seen.Sessions) != 1 || seen.Sessions[0] != (kyc.Sighting{SessionID: "session", Sighted: kyc.Sighted{Frames: 2, Mirrored: 1, Of: 2}}) {
			t.Errorf("the recording is seen again as %+v, %v", seen, err)
		}
	}
	if version >= 7 {
		erased, err := s.Session(ctx, tx, "erased")
		if err != nil || erased.ErasedAt.IsZero() || erased.ClientKey != "" || erased.Status != kyc.Failed {
			t.Errorf("the erased session is read as %+v, %v", erased, err)
		}
	}
	if got.URL != seedEndpoint.URL || len(got.Secrets) != 1 || got.Secrets[0].Value != "whsec_5678" || got.Rate != 2.5 || got.Timeout != 3*time.Second || len(endpoints) != 2 {
		t.Errorf("the endpoint is read as %+v among %d", got, len(endpoints))
	}
}
