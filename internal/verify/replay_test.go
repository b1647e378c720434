package verify_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
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

// TestS48SelfiesAreSeenAgain: a selfie that comes again in the session of another
// client is told with the session that had it. At another account of the installation
// it is told, too, but not whose it was; what the finding holds names no session.
func TestS48SelfiesAreSeenAgain(t *testing.T) {
	t.Parallel()
	only := func(d *kyc.Definition) { d.Steps, d.Thresholds.CaptureRisk = []kyc.Step{{Type: kyc.StepSelfie}}, 0.3 }
	r := newRig(t, only)
	other := rigOn(t, r.store, r.clock, only)
	var limit float64
	picture := kyc.FramePrint{Face: kyc.Print{1, 2, 3}, Whole: &kyc.Print{4, 5, 6}}
	mirrored := kyc.FramePrint{Face: kyc.Print{11, 12, 13, 14, 15, 16, 17, 18}, Whole: &kyc.Print{21, 22, 23, 24, 25, 26, 27, 28}}
	snap := func(ctx context.Context, in kyc.SelfieInput) (*kyc.Finding, error) {
		seen, err := in.Seen(ctx, []kyc.Glimpse{{Plain: picture, Mirrored: mirrored}})
		if err != nil {
			return nil, err
		}
		f, _ := good("selfie")()
		f.Prints, limit = []kyc.FramePrint{picture}, in.RiskLimit
		if len(seen.Sessions) > 0 {
			f.Seen = &seen.Sessions[0]
		}
		if seen.Elsewhere.Frames > 0 {
			f.Elsewhere = &seen.Elsewhere
		}
		return f, nil
	}
	r.engines.snap, other.engines.snap = snap, snap
	play := func(r *rig, client string) (string, verify.Insight) {
		t.Helper()
		r.clock.pass(time.Minute)
		id := r.begin(client).Session.ID
		r.send(id, 0)
		all, err := r.Insights(t.Context(), r.owner, id)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v %+v", err, all)
		}
		return id, all[0]
	}
	first, in := play(r, "user_1")
	if in.Seen != nil || in.Elsewhere != nil || limit != 0.3 {
		t.Errorf("the first one: %+v, held against %g", in, limit)
	}
	one := kyc.Sighted{Frames: 1, Of: 1}
	if _, in = play(r, "user_2"); in.Seen == nil || *in.Seen != (kyc.Sighting{SessionID: first, Sighted: one}) || in.Elsewhere != nil {
		t.Errorf("another client's: %+v", in)
	}
	if _, in = play(other, "user_3"); in.Seen != nil || in.Elsewhere == nil || *in.Elsewhere != one {
		t.Errorf("at another account: %+v", in)
	}
	blind := &kyc.Principal{AccountID: other.owner.AccountID, Role: kyc.RoleSubordinate, Permissions: []kyc.Permission{kyc.LogsKYC, kyc.ViewImages}}
	id, _ := play(other, "user_4")
	if all, err := other.Insights(t.Context(), blind, id); err != nil || all[0].Seen != nil || all[0].Elsewhere != nil {
		t.Errorf("who may not see checks is told: %v %+v", err, all)
	}
}
