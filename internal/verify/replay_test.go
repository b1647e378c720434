package verify_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// TestS48FramesAreSeenAgain: a recording that comes again in a later session, of
// whichever client, is told with the session that had it. Trying again within one
// session is nothing; nor is a check that runs twice.
func TestS48FramesAreSeenAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(d *kyc.Definition) { d.Steps = []kyc.Step{{Type: kyc.StepLiveness, Attempts: 2}} })
	var earlier kyc.Sightings
	r.engines.film = func(ctx context.Context, in kyc.LivenessInput) (*kyc.Finding, error) {
		var looks []kyc.Glimpse
		var prints []kyc.FramePrint
		for i := range uint32(4) {
			one := kyc.FramePrint{Face: kyc.Print{i + 1}}
			looks, prints = append(looks, kyc.Glimpse{Plain: one, Mirrored: kyc.FramePrint{Face: kyc.Print{1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}}}), append(prints, one)
		}
		seen, err := in.Seen(ctx, looks)
		if err != nil {
			return nil, err
		}
		f, _ := good("liveness_0")()
		f.Errors = []kyc.Code{kyc.LivenessStill}
		if f.Prints, earlier = prints, seen; len(seen.Sessions) > 0 {
			f.Seen = &seen.Sessions[0]
		}
		return f, nil
	}
	play := func(id string) []kyc.Sighting {
		t.Helper()
		r.clock.pass(time.Minute)
		r.send(id, 0)
		return earlier.Sessions
	}
	first := r.begin("user_1").Session.ID
	if seen := slices.Concat(play(first), play(first)); len(seen) > 0 {
		t.Errorf("tries of one session are seen in %v", seen)
	}
	second := r.begin("user_2").Session.ID
	want := []kyc.Sighting{{SessionID: first, Sighted: kyc.Sighted{Frames: 4, Of: 4}}}
	if seen := play(second); !slices.Equal(seen, want) {
		t.Errorf("another client's replay is seen in %v, want %v", seen, want)
	}
	for permission, told := range map[kyc.Permission]bool{kyc.ViewChecks: true, kyc.ViewImages: false} {
		who := &kyc.Principal{AccountID: r.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC, permission}}
		all, err := r.Insights(t.Context(), who, second)
		if err != nil || len(all) != 1 || (all[0].Seen != nil) != told || told && *all[0].Seen != want[0] {
			t.Errorf("%s: %v %+v", permission, err, all)
		}
	}
}
