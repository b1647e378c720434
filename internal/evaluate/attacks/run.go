package attacks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Seeds. Limits are chosen on tuning seeds and figures told of measuring seeds;
// they are a million apart, so that neither more of the one nor the strangers of
// an attack (seed + 500,000) reach the other.
const (
	TuningSeeds    = 3_000_000
	MeasuringSeeds = 4_000_000
)

// Options say what is run.
type Options struct {
	First    int64    // the first seed
	Seeds    int      // worlds; each gives three honest sessions and one attack of each species
	Only     []string // species and honest labels; none means all. Without Genuine nothing is held against an earlier session
	Jobs     int      // worlds at one time; 0 is one
	Rules    kyc.LivenessRules
	Progress func(done, all int)
}

// matchPercent is the threshold at which a face counts as the claimed one:
// the standard of scenarios.
const matchPercent = 70

// Run plays the bench.
func Run(ctx context.Context, room Room, o Options) (*Report, error) {
	for _, name := range o.Only {
		if !honest(name) && named(name).Name == "" {
			return nil, fmt.Errorf("there is no attack %q", name)
		}
	}
	begun := time.Now()
	sessions, errs := make([][]Session, o.Seeds), make([]error, o.Seeds)
	if err := evaluate.Each(ctx, o.Seeds, o.Jobs, o.Progress, func(i int) {
		sessions[i], errs[i] = world(ctx, room, o.First+int64(i), o, i == 0)
	}); err != nil {
		return nil, fmt.Errorf("the bench was interrupted: %w", err)
	}
	r := &Report{About: fmt.Sprintf("drawn people, seeds %d to %d", o.First, o.First+int64(o.Seeds)-1), Took: time.Since(begun)}
	for i := range sessions {
		if errs[i] != nil {
			return nil, fmt.Errorf("seed %d: %w", o.First+int64(i), errs[i])
		}
		r.Sessions = append(r.Sessions, sessions[i]...)
	}
	return r, nil
}

// Session is one session that was played.
type Session struct {
	Species string            `json:"species"`
	Kind    Kind              `json:"kind,omitempty"`
	Name    string            `json:"name"` // the seed, or the recording's folder
	Codes   []kyc.Code        `json:"codes"`
	Passed  bool              `json:"passed"`
	Matches bool              `json:"matches"` // it passed, and its face is taken for the claimed person's
	Risk    float64           `json:"risk"`    // of how it was captured; docs/liveness.md
	Took    time.Duration     `json:"nanoseconds"`
	Asked   []kyc.Move        `json:"asked"`
	Found   map[string]string `json:"measures"`

	prints []kyc.FramePrint
	shown  []kyc.Picture // a few of its frames, of the first session of each species
}

// world plays one seed's honest session and its attacks; keep asks for frames
// to show.
func world(ctx context.Context, room Room, seed int64, o Options, keep bool) (out []Session, err error) {
	s, err := newStage(ctx, room, seed, o.Rules)
	if err != nil {
		return nil, err
	}
	s.keep = keep
	wanted := func(name string) bool { return len(o.Only) == 0 || slices.Contains(o.Only, name) }
	for _, own := range []struct {
		label string
		asked kyc.Challenge
		play  func() recording
	}{{Genuine, s.honest, s.earlier}, {Returning, s.asked, s.anotherDay}, {Again, s.honest, s.atOnce}} {
		if !wanted(own.label) {
			continue
		}
		one, err := s.judge(ctx, Species{Name: own.label}, own.asked, own.play())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", own.label, err)
		}
		if own.label == Genuine { // everybody else comes after that one
			s.known = memory{{Genuine, one.prints}}
		}
		out = append(out, one)
	}
	for _, species := range All() {
		if !wanted(species.Name) {
			continue
		}
		take, err := species.play(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", species.Name, err)
		}
		one, err := s.judge(ctx, species, s.asked, take)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", species.Name, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// judge films a recording, or posts it, and asks the room.
func (s *stage) judge(ctx context.Context, species Species, asked kyc.Challenge, take recording) (Session, error) {
	film := newCamera(rand.New(rand.NewPCG(s.rnd.Uint64(), s.rnd.Uint64()))) //nolint:gosec // not a secret
	if species.Kind == Injected {
		film.noise, film.gain = 0.6, [3]float64{1, 1, 1} // just enough that no frame repeats
	}
	film.adapts = len(asked.Light) > 0 && species.Kind != Injected
	frames := make([]kyc.Picture, len(take))
	for i := range take {
		var err error
		if frames[i], err = film.frame(take[i].img); err != nil {
			return Session{}, err
		}
	}
	in := input(asked, frames, take)
	if s.known != nil {
		in.Seen = s.known.seen
	}
	one, err := ask(ctx, s.room, in, s.claimed)
	one.Species, one.Kind, one.Name = species.Name, species.Kind, fmt.Sprint(s.seed)
	if s.keep {
		one.shown = few(frames)
	}
	return one, err
}

// fewFrames are shown of a session.
const fewFrames = 6

// few are some frames, evenly spread.
func few(frames []kyc.Picture) (out []kyc.Picture) {
	for i := range min(fewFrames, len(frames)) {
		out = append(out, frames[i*(len(frames)-1)/max(1, min(fewFrames, len(frames))-1)])
	}
	return out
}

// ask lets the room decide on a session; claimed may be nil.
func ask(ctx context.Context, room Room, in kyc.LivenessInput, claimed *kyc.Template) (Session, error) {
	begun := time.Now()
	finding, err := room.Liveness(ctx, in)
	if err != nil {
		return Session{}, err
	}
	one := Session{Codes: finding.Errors, Passed: finding.Verdict(nil) == kyc.Success, Took: time.Since(begun), Asked: in.Challenge.Moves, Found: finding.Measures, prints: finding.Prints}
	one.Risk, _ = strconv.ParseFloat(finding.Measures["capture.risk"], 64) // absent where nothing was looked at: no risk
	if !one.Passed || claimed == nil || len(finding.Templates) == 0 {
		return one, nil
	}
	match, err := room.Match(ctx, []kyc.Template{*claimed, finding.Templates[0]}, kyc.FaceLimit{Percent: matchPercent})
	if err != nil {
		return Session{}, err
	}
	one.Matches = match.Verdict(nil) == kyc.Success
	return one, nil
}
