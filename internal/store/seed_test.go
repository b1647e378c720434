package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
)

// The rows that are kept of every version of the tables. They are made up.
var (
	seedDay = time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)

	seedAccount  = kyc.Account{ID: "account", Name: "Shop", CreatedAt: seedDay}
	seedUser     = kyc.User{ID: "user", AccountID: "account", Email: "ann@shop.example", Role: kyc.RoleOwner, PasswordHash: "$argon2id$", Permissions: []kyc.Permission{"editKYC"}, CreatedAt: seedDay}
	seedLogin    = kyc.Login{Hash: []byte("login"), UserID: "user", Address: "127.0.0.1", CreatedAt: seedDay, SeenAt: seedDay, ExpiresAt: seedDay.AddDate(50, 0, 0)}
	seedToken    = kyc.APIToken{ID: "token", AccountID: "account", Name: "till", Hash: []byte("token"), CreatedAt: seedDay}
	seedScenario = kyc.Scenario{ID: "scenario", AccountID: "account", Secret: "secret", WebhookSecret: "whsec_1234", CreatedAt: seedDay,
		Definition: kyc.Definition{Name: "Passport", Steps: []kyc.Step{{Type: kyc.StepDocument}, {Type: kyc.StepSelfie}}}}
	seedSession = kyc.Session{ID: "session", AccountID: "account", ScenarioID: "scenario", Revision: 1, ClientKey: "client-1", ClientUser: "anna", ClientID: "4711",
		Origin: kyc.OriginWidget, Status: kyc.Success, Step: 1, CreatedAt: seedDay, ExpiresAt: seedDay.Add(time.Hour), FinishedAt: seedDay.Add(time.Minute),
		Faces: &kyc.Finding{Measures: map[string]string{"similarity": "0.9"}, Templates: []kyc.Template{{Label: "selfie", Vector: []float32{0.25, -0.5}}}}}
	seedAttempt = kyc.Attempt{SessionID: "session", Step: 0, Try: 1, Type: kyc.StepDocument, Status: kyc.Success, StartedAt: seedDay,
		Finding: &kyc.Finding{Errors: []kyc.Code{kyc.LowLight}, OCR: kyc.OCR{Status: kyc.Success, Fields: []kyc.Field{{Title: "Surname", Value: "Muster"}}}}}
	seedEvidence = kyc.Evidence{ID: "picture", SessionID: "session", Try: 1, Name: "0", BlobKey: "b/1", Digest: []byte("digest"), Size: 7, Width: 3, Height: 2, CreatedAt: seedDay}
	seedEvent    = kyc.Event{SessionID: "session", At: seedDay, Kind: "session.created", Actor: "person"}
	seedDelivery = kyc.Delivery{ID: "delivery", AccountID: "account", SessionID: "session", ScenarioID: "scenario", EndpointID: "scenario", Sequence: 1, Event: "session.final",
		URL: "https://shop.example/hook", Body: []byte(`{"a":1}`), Status: kyc.DeliveryPending, Attempts: 1, NextAt: seedDay, CreatedAt: seedDay}
	seedSending = kyc.DeliveryAttempt{DeliveryID: "delivery", Number: 1, At: seedDay, Code: 500, Latency: time.Millisecond, Answer: "busy"}
)

// seed writes the rows with the code of today, for the version of today.
func seed(ctx context.Context, s *store.Store, tx kyc.Tx) error {
	account, user, scenario, session, attempt := seedAccount, seedUser, seedScenario, seedSession, seedAttempt
	picture, delivery, token, login := seedEvidence, seedDelivery, seedToken, seedLogin
	for _, step := range []func() error{
		func() error { return s.CreateAccount(ctx, tx, &account) },
		func() error { return s.CreateUser(ctx, tx, &user) },
		func() error { return s.CreateLogin(ctx, tx, &login) },
		func() error { return s.CreateToken(ctx, tx, &token) },
		func() error { return s.SaveScenario(ctx, tx, &scenario) },
		func() error { return s.CreateSession(ctx, tx, &session) },
		func() error { return s.PutAttempt(ctx, tx, &attempt) },
		func() error { return s.IndexOCR(ctx, tx, "session", "account", seedAttempt.Finding.OCR.Fields) },
		func() error { return s.AddEvidence(ctx, tx, &picture) },
		func() error { return s.AddEvent(ctx, tx, seedEvent) },
		func() error {
			_, err := s.ClaimKeyBlocks(ctx, tx, "scenario", [][2][]byte{{[]byte("block"), []byte("previous")}}, "session")
			return err
		},
		func() error {
			_, err := s.ClaimKeyID(ctx, tx, "scenario", "jti", seedDay.AddDate(50, 0, 0))
			return err
		},
		func() error { return s.CreateDelivery(ctx, tx, &delivery) },
		func() error { return s.AddDeliveryAttempts(ctx, tx, seedSending) },
		func() error { return s.PutSetting(ctx, tx, "setting", []byte("value")) },
		func() error { return seedLater(ctx, s, tx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// check reads the rows with the code of today.
func check(ctx context.Context, t *testing.T, s *store.Store, tx kyc.Tx) {
	t.Helper()
	equal := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	account, err := s.Account(ctx, tx, "account")
	must(err)
	equal("account", account.Name, seedAccount.Name)
	user, err := s.UserByEmail(ctx, tx, seedUser.Email)
	must(err)
	equal("user", *user, seedUser)
	login, err := s.LoginByHash(ctx, tx, seedLogin.Hash)
	must(err)
	equal("login", *login, seedLogin)
	token, err := s.TokenByHash(ctx, seedToken.Hash)
	must(err)
	equal("token", *token, seedToken)
	scenario, err := s.Scenario(ctx, tx, "scenario")
	must(err)
	equal("scenario", []any{scenario.Definition.Name, scenario.Secret, scenario.WebhookSecret, scenario.Revision, scenario.CreatedAt},
		[]any{"Passport", "secret", "whsec_1234", 1, seedDay})
	value, err := s.Setting(ctx, tx, "setting")
	must(err)
	equal("setting", string(value), "value")
	checkSession(ctx, t, s, tx, equal, must)
	delivery, err := s.Delivery(ctx, tx, "delivery")
	must(err)
	equal("delivery", []any{delivery.URL, string(delivery.Body), delivery.Status, delivery.EndpointID, delivery.Sequence, delivery.NextAt},
		[]any{seedDelivery.URL, string(seedDelivery.Body), seedDelivery.Status, "scenario", int64(1), seedDay})
	sendings, err := s.DeliveryAttempts(ctx, tx, "delivery")
	must(err)
	equal("tries at sending", []any{len(sendings), sendings[0].Answer, sendings[0].Latency}, []any{1, seedSending.Answer, seedSending.Latency})
	// What was used up stays used up.
	fresh, err := s.ClaimKeyID(ctx, tx, "scenario", "jti", seedDay.AddDate(50, 0, 0))
	must(err)
	equal("first use of an id", fresh, false)
	fits, err := s.ClaimKeyBlocks(ctx, tx, "scenario", [][2][]byte{{[]byte("block"), []byte("another")}}, "session")
	must(err)
	equal("a block behind another predecessor", fits, false)
}

func checkSession(ctx context.Context, t *testing.T, s *store.Store, tx kyc.Tx, equal func(string, any, any), must func(error)) {
	t.Helper()
	for name, filter := range map[string]kyc.SessionFilter{
		"account and day": {AccountID: "account", From: seedDay}, "client key": {ClientKey: "client-1"}, "client user": {ClientUser: "anna"}, "client id": {ClientID: "4711"},
		"code": {Error: []string{string(kyc.LowLight)}}, "words": {OCR: map[string]string{"Surname": "muster"}}, "status": {Statuses: []kyc.Status{kyc.Success}},
	} {
		page, err := s.FilterSessions(ctx, tx, filter)
		must(err)
		if len(page.Sessions) != 1 || page.Total != 1 || page.Sessions[0].ID != "session" {
			t.Errorf("filter by %s finds %d of %d sessions, want one", name, len(page.Sessions), page.Total)
		}
	}
	session, err := s.LatestOfScenario(ctx, tx, "account", "scenario", "client-1")
	must(err)
	want := seedSession
	want.Lock, want.Key = session.Lock, session.Key
	equal("session", *session, want)
	attempts, err := s.Attempts(ctx, tx, "session")
	must(err)
	equal("attempts", len(attempts), 1)
	equal("attempt", *attempts[0], seedAttempt)
	pictures, err := s.Evidence(ctx, tx, "session")
	must(err)
	equal("pictures", len(pictures), 1)
	equal("picture", *pictures[0], seedEvidence)
	events, err := s.Events(ctx, tx, "session")
	must(err)
	equal("events", events, []kyc.Event{seedEvent})
}
