package storetest

import (
	"testing"

	"github.com/openkyc/openkyc/internal/store"
)

// Run proves that a store keeps the contract. open gives an empty store, a new
// one for each call.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	for name, prove := range map[string]func(*testing.T, *bench){
		"units of work": units, "units of work and panics": panics, "snapshots": snapshots,
		"accounts": accounts, "users": users, "logins": logins, "tokens": tokens, "settings": settings,
		"scenarios": scenarios, "scenario secrets": scenarioSecrets,
		"sessions": sessions, "session updates": sessionUpdates, "latest sessions": latestSessions, "due sessions": dueSessions, "busy sessions": busySessions, "new clients": newClients, "shown sessions": shownSessions,
		"attempts": attempts, "evidence": evidence, "events": events,
		"client key blocks": keyBlocks, "client key ids": keyIDs,
		"deliveries": deliveries, "delivery lists": deliveryLists, "endpoint standings": endpointStandings, "endpoints": endpoints, "claims": claims, "concurrent senders": concurrentSenders,
		"changes": changes, "persons": persons, "face numbers": faceNumbers, "concurrent faces": concurrentFaces, "searches": searches,
		"erasure": eraseSessions, "erasure of templates": eraseSessionTemplates, "forgotten faces": forgottenFaces,
		"frame prints": framePrints, "mirrored frames": mirroredFrames, "single pictures": singlePictures, "frames elsewhere": framesElsewhere, "frames of many sessions": framesOfMany,
		"filter": filter, "filter by OCR": filterOCR, "filter by errors": filterErrors, "filter tenants": filterTenants, "filter pages": filterPages, "filter cursors": filterCursors, "filter refusals": filterRefusals,
		"concurrent session updates": concurrentSessions, "concurrent attempts": concurrentAttempts, "concurrent claims": concurrentClaims,
		"concurrent revisions": concurrentRevisions, "concurrent makers": concurrentMakers, "concurrent deliveries": concurrentDeliveries, "session model": sessionModel,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prove(t, newBench(t, open(t)))
		})
	}
}
