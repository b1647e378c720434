package store_test

import (
	"context"
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
	return s.CreateEndpoint(ctx, tx, &endpoint)
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
	if got.URL != seedEndpoint.URL || len(got.Secrets) != 1 || got.Secrets[0].Value != "whsec_5678" || got.Rate != 2.5 || got.Timeout != 3*time.Second || len(endpoints) != 2 {
		t.Errorf("the endpoint is read as %+v among %d", got, len(endpoints))
	}
}
