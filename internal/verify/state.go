package verify

import (
	"context"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// StepState is one step as the person sees it.
type StepState struct {
	Type     kyc.StepType `json:"type"`
	Status   kyc.Status   `json:"status"` // idle, processing, success, failed, suspicious
	Tries    int          `json:"tries"`
	Attempts int          `json:"attempts"`
	Proof    *Proof       `json:"proof,omitempty"` // of a proof of address

	// Light is set where the next liveness try would light the face, so that people
	// are told before: with try they may do without it.
	Light kyc.LightRule `json:"light,omitempty"`
	// Closer is set where that try would ask the person to come closer, so that
	// they begin with room for it.
	Closer bool `json:"closer,omitempty"`
}

// Proof says which paper a person may use.
type Proof struct {
	Kinds  []kyc.ProofKind `json:"kinds"` // none: any
	MaxAge int             `json:"maxAge"`
	Unit   kyc.AgeUnit     `json:"unit"`
}

// State is all that a widget needs to know about its session.
type State struct {
	SessionID     string
	Status        kyc.Status
	Steps         []StepState
	Step          int            // index of the open step; len(Steps) when all are through
	Try           int            // the try that is open or was last; 0 before the first
	TriesLeft     int            // of the open step
	Open          bool           // the try takes evidence now
	Challenge     *kyc.Challenge // of an open liveness try
	Shown         []kyc.Field    // what was read off a document, where the person is to look it over
	Retakable     bool           // the person may take the photo again instead
	Excusable     bool           // the person may say that they cannot do the open step
	LastErrors    []kyc.Code     // why the step's last try failed
	LastFailed    []string       // captions of the checks that failed in it
	SecondsToLive int
	Redirect      string // where to go after success, if anywhere
	Lock          int64  // grows with every change
}

// State tells where a session stands.
func (r *Room) State(ctx context.Context, sessionID string) (state State, err error) {
	err = r.Store.Glance(ctx, func(tx kyc.Tx) error {
		l, err := r.glance(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		state = l.state(tx.Now())
		return nil
	})
	return state, err
}

// inTurn begins a unit of work that moves a session. Such units follow one
// another, on whatever nodes they are: each sees what the one before has done,
// and none finds out only when it writes that it was late.
func (r *Room) inTurn(ctx context.Context, tx kyc.Tx, sessionID string) error {
	return r.Store.Lock(ctx, tx, "session/"+sessionID)
}

// loaded is a session with what belongs to it, read in one unit of work.
type loaded struct {
	session  *kyc.Session
	fresh    bool // its client key had not been seen before; known of what is shown
	scenario *kyc.Scenario
	attempts []*kyc.Attempt

	scan       *kyc.FaceScan // of the session's faces, once it was made
	unsearched bool          // lists of faces could not be searched, and nobody tries again
}

// load reads all of it, to work on.
func (r *Room) load(ctx context.Context, tx kyc.Tx, sessionID string) (*loaded, error) {
	s, err := r.Store.Session(ctx, tx, sessionID)
	if err != nil {
		return nil, err
	}
	scenario, err := r.Store.ScenarioRevision(ctx, tx, s.ScenarioID, s.Revision)
	if err != nil {
		return nil, err
	}
	attempts, err := r.Store.Attempts(ctx, tx, s.ID)
	if err != nil {
		return nil, err
	}
	return &loaded{session: s, scenario: scenario, attempts: attempts}, nil
}

// glance reads what is shown of a session: no secrets, no face templates.
func (r *Room) glance(ctx context.Context, tx kyc.Tx, sessionID string) (*loaded, error) {
	s, fresh, err := r.Store.ShownSession(ctx, tx, sessionID)
	if err != nil {
		return nil, err
	}
	return r.gather(ctx, tx, s, fresh)
}

// gather is glance for a session that was read already.
func (r *Room) gather(ctx context.Context, tx kyc.Tx, s *kyc.Session, fresh bool) (*loaded, error) {
	scenario, err := r.Store.ShownScenario(ctx, tx, s.ScenarioID, s.Revision)
	if err != nil {
		return nil, err
	}
	attempts, err := r.Store.AttemptsOf(ctx, tx, []string{s.ID})
	if err != nil {
		return nil, err
	}
	return &loaded{session: s, fresh: fresh, scenario: scenario, attempts: attempts[s.ID]}, nil
}

// of returns the tries at one step, oldest first.
func (l *loaded) of(step int) []*kyc.Attempt {
	var tries []*kyc.Attempt
	for _, a := range l.attempts {
		if a.Step == step {
			tries = append(tries, a)
		}
	}
	return tries
}

// last returns the newest try at a step, nil when there is none.
func (l *loaded) last(step int) *kyc.Attempt {
	tries := l.of(step)
	if len(tries) == 0 {
		return nil
	}
	return tries[len(tries)-1]
}

// ended returns the newest try at a step that has a finding, nil when there is none.
func (l *loaded) ended(step int) *kyc.Attempt {
	tries := l.of(step)
	for i := len(tries) - 1; i >= 0; i-- {
		if tries[i].Status.Final() {
			return tries[i]
		}
	}
	return nil
}

// triesLeft of a step, not counting a try that is open.
func (l *loaded) triesLeft(step int) int {
	left := l.scenario.Steps[step].Attempts
	for _, a := range l.of(step) {
		if a.Status != kyc.Idle {
			left--
		}
	}
	return max(left, 0)
}

func (l *loaded) state(now time.Time) State {
	s := l.session
	state := State{SessionID: s.ID, Status: s.Status, Step: s.Step, SecondsToLive: secondsToLive(s, now), Lock: s.Lock}
	for i, step := range l.scenario.Steps {
		view := StepState{Type: step.Type, Status: kyc.Idle, Tries: len(l.of(i)), Attempts: step.Attempts}
		if rules := l.scenario.AddressProof; step.Type == kyc.StepAddressProof {
			view.Proof = &Proof{Kinds: rules.Kinds, MaxAge: rules.MaxAge, Unit: rules.Unit}
		}
		if step.Type == kyc.StepLiveness {
			rules := l.livenessRules(i)
			view.Light, view.Closer = rules.Light, slices.Contains(rules.Moves, kyc.MoveCloser)
		}
		if a := l.last(i); a != nil {
			view.Status = a.Status
		}
		state.Steps = append(state.Steps, view)
	}
	if s.Status == kyc.Success {
		state.Redirect = l.scenario.SuccessRedirect
	}
	if s.Step >= len(l.scenario.Steps) {
		return state
	}
	state.TriesLeft = l.triesLeft(s.Step)
	state.Excusable = l.excusable()
	if a := l.last(s.Step); a != nil {
		state.Try = a.Try
		state.Open = a.Status == kyc.Idle && a.SentAt.IsZero()
		if shown(a) {
			state.Shown, state.Retakable = a.Finding.Correctable(), l.retakable(a)
		}
		if state.Open {
			state.Challenge = a.Challenge
		}
	}
	if a := l.ended(s.Step); a != nil && a.Finding != nil && a.Status != kyc.Success {
		state.LastErrors = a.Finding.Errors
		state.LastFailed = failedChecks(a.Finding, l.scenario.Soft)
	}
	return state
}

// failedChecks lists captions of hard checks that failed; where a code tells of
// it, the code's hint says more.
func failedChecks(f *kyc.Finding, soft kyc.SoftChecks) []string {
	var captions []string
	for _, g := range f.Checks {
		for _, item := range g.Items {
			if item.Status != kyc.Success && !soft.Has(item.Caption) && kyc.CodeOf(item.Caption) == "" {
				captions = append(captions, item.Caption)
			}
		}
	}
	return captions
}

func secondsToLive(s *kyc.Session, now time.Time) int {
	if s.Status.Final() || !now.Before(s.ExpiresAt) {
		return 0
	}
	return int(s.ExpiresAt.Sub(now) / time.Second)
}
