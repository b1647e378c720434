package capture

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

const (
	maxRequest   = 4 << 10 // JSON bodies
	answerTime   = 15 * time.Second
	languageBase = "en"
)

// openRequest is the body of POST /capture/session; scenarioId is the new name
// of schemaId.
type openRequest struct {
	SchemaID   string `json:"schemaId"`
	ScenarioID string `json:"scenarioId"`
	ClientKey  string `json:"clientKey"`
	ClientUser string `json:"clientUser"`
}

// opened answers it.
type opened struct {
	Status         string    `json:"status"`
	Credential     string    `json:"credential"`
	AllowedOrigins []string  `json:"allowedOrigins"` // pages that may get messages; empty: any
	State          stateBody `json:"state"`
}

// stateBody is the state of a session as the widget sees it.
type stateBody struct {
	Status        kyc.Status         `json:"status"`
	Steps         []verify.StepState `json:"steps"`
	Step          int                `json:"step"`
	Try           int                `json:"try"`
	TriesLeft     int                `json:"triesLeft"`
	Open          bool               `json:"open"`
	Challenge     *challengeBody     `json:"challenge,omitempty"`
	Errors        []errorBody        `json:"errors"`
	FailedChecks  []string           `json:"failedChecks"`
	Fields        []fieldBody        `json:"fields,omitempty"` // what was read, for the person to look over
	Retakable     bool               `json:"retakable"`        // that photo may be taken again instead
	Excusable     bool               `json:"excusable"`
	SecondsToLive int                `json:"secondsToLive"`
	Redirect      string             `json:"redirect"`
	Lock          int64              `json:"lock"`
}

// challengeBody leaves out wall-clock times: the person's clock may be wrong.
type challengeBody struct {
	Moves       []kyc.Move   `json:"moves"`
	Light       []kyc.Colour `json:"light,omitempty"`
	SecondsLeft float64      `json:"secondsLeft"`
}

// fieldBody is one field that was read. Doubtful ones should be looked at first.
type fieldBody struct {
	Title    string `json:"title"`
	Value    string `json:"value"`
	Doubtful bool   `json:"doubtful"`
}

type errorBody struct {
	Code kyc.Code `json:"code"`
	Hint string   `json:"hint"`
}

// openSession opens or resumes a session. Faults of the client key are counted
// by address, since version 1 of the key can be tampered with.
func (d *Door) openSession(w http.ResponseWriter, r *http.Request) error {
	address := edge.AddressKey(r)
	if blocked, wait := d.faults.Blocked(address); blocked {
		d.faults.Headers(w.Header(), wait, 0)
		return kyc.Errorf(kyc.TooMany, "too many client keys that do not open, try again later")
	}
	if ok, wait, left := d.opens.Take(address); !ok {
		d.opens.Headers(w.Header(), wait, left)
		return kyc.Errorf(kyc.TooMany, "too many sessions from this address, try again later")
	}
	var req openRequest
	if err := edge.ReadJSON(w, r, maxRequest, &req); err != nil {
		return err
	}
	if req.SchemaID == "" {
		req.SchemaID = req.ScenarioID
	}
	if !kyc.ValidID(req.SchemaID) {
		return kyc.ErrNotFound()
	}
	if req.ClientKey == "" {
		d.faults.Take(address)
		return kyc.Errorf(kyc.Invalid, kyc.MessageDecryption)
	}
	started, err := d.Sessions.Begin(r.Context(), verify.BeginRequest{ScenarioID: req.SchemaID, Token: req.ClientKey, ClientUser: req.ClientUser})
	if err != nil {
		if kyc.SafeMessage(err) == kyc.MessageDecryption {
			d.faults.Take(address)
		}
		return err
	}
	return d.enter(w, r, started)
}

// enter answers whoever holds a session from now on.
func (d *Door) enter(w http.ResponseWriter, r *http.Request, started verify.Started) error {
	state, err := d.Sessions.State(r.Context(), started.Session.ID)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, opened{Status: "ok", Credential: started.Credential,
		AllowedOrigins: started.Scenario.AllowedOrigins, State: d.body(state, r)})
	return nil
}

// state answers at once, or with ?lock=N as soon as the session's lock is no
// longer N, at the latest after the poll's limit.
func (d *Door) state(w http.ResponseWriter, r *http.Request) error {
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	state, err := d.follow(w, r, session.ID)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, d.body(state, r))
	return nil
}

func (d *Door) follow(w http.ResponseWriter, r *http.Request, id string) (verify.State, error) {
	wake, cancel := d.Sessions.Changed(id) // before the first look, or a change could slip through
	defer cancel()
	state, err := d.Sessions.State(r.Context(), id)
	if err != nil {
		return state, err
	}
	known, err := strconv.ParseInt(r.URL.Query().Get("lock"), 10, 64)
	if err != nil || known != state.Lock || state.Status.Final() {
		return state, nil
	}
	return d.await(w, r, id, state, wake)
}

func (d *Door) await(w http.ResponseWriter, r *http.Request, id string, state verify.State, wake <-chan struct{}) (verify.State, error) {
	select {
	case d.polls <- struct{}{}:
		defer func() { <-d.polls }()
	default:
		return state, nil // all places taken: the widget asks again by itself
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d.Limits.Poll + answerTime)) // the server's own may be shorter
	// When that ends the widget asks again, which finds what no hint told of.
	end := time.NewTimer(d.Limits.Poll)
	defer end.Stop()
	for {
		select {
		case <-r.Context().Done():
			return state, r.Context().Err()
		case <-end.C:
			return state, nil
		case <-d.Stopping:
			return state, nil
		case <-wake:
		}
		next, err := d.Sessions.State(r.Context(), id)
		if err != nil || next.Lock != state.Lock || next.Status != state.Status {
			return next, err
		}
	}
}

func (d *Door) startAttempt(w http.ResponseWriter, r *http.Request) error {
	return d.atStep(w, r, d.Sessions.StartAttempt)
}

// startWithoutLight is startAttempt for people who cannot bear changing colours.
func (d *Door) startWithoutLight(w http.ResponseWriter, r *http.Request) error {
	return d.atStep(w, r, d.Sessions.StartWithoutLight)
}

// excuse takes the person's word that they cannot do the open step.
func (d *Door) excuse(w http.ResponseWriter, r *http.Request) error {
	return d.atStep(w, r, d.Sessions.Excuse)
}

// retake gives up what was read, for another photo.
func (d *Door) retake(w http.ResponseWriter, r *http.Request) error {
	return d.atStep(w, r, d.Sessions.Retake)
}

// atStep does something with the step that the body names.
func (d *Door) atStep(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, sessionID string, step int) (verify.State, error)) error {
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	var req struct {
		Step int `json:"step"`
	}
	if err := edge.ReadJSON(w, r, maxRequest, &req); err != nil {
		return err
	}
	state, err := do(r.Context(), session.ID, req.Step)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, d.body(state, r))
	return nil
}

const maxCorrection = 16 << 10

// correct takes what the person makes of the fields that were read.
func (d *Door) correct(w http.ResponseWriter, r *http.Request) error {
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	var req struct {
		Step   int              `json:"step"`
		Try    int              `json:"try"`
		Fields []kyc.FieldValue `json:"fields"`
	}
	if err := edge.ReadJSON(w, r, maxCorrection, &req); err != nil {
		return err
	}
	state, err := d.Sessions.Correct(r.Context(), session.ID, verify.CorrectRequest{Step: req.Step, Try: req.Try, Fields: req.Fields})
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, d.body(state, r))
	return nil
}

// result is the session object for the page's success callback. It is for show:
// servers confirm over REST or the webhook (S41).
func (d *Door) result(w http.ResponseWriter, r *http.Request) error {
	session, err := d.attach(r)
	if kyc.KindOf(err) == kyc.Unauthorised { // or it ended on another device
		session, _, err = d.Sessions.Watch(r.Context(), edge.Bearer(r))
	}
	if err != nil {
		return err
	}
	if !session.Status.Final() {
		return kyc.Errorf(kyc.Conflict, "this session has not ended yet")
	}
	view, err := d.Sessions.View(r.Context(), session.ID)
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, view)
	return nil
}

func (d *Door) body(s verify.State, r *http.Request) stateBody {
	lang := r.URL.Query().Get("lang")
	body := stateBody{Status: s.Status, Steps: s.Steps, Step: s.Step, Try: s.Try, TriesLeft: s.TriesLeft, Open: s.Open,
		Excusable: s.Excusable, Retakable: s.Retakable,
		Errors: []errorBody{}, FailedChecks: s.LastFailed, SecondsToLive: s.SecondsToLive, Redirect: s.Redirect, Lock: s.Lock}
	if body.FailedChecks == nil {
		body.FailedChecks = []string{}
	}
	for _, f := range s.Shown {
		body.Fields = append(body.Fields, fieldBody{Title: f.Title, Value: f.Value, Doubtful: f.Conf == kyc.Low || f.IsUnreadable || f.IsMismatch})
	}
	for _, code := range s.LastErrors {
		hints := kyc.Explain(code).Hint
		hint, ok := hints[lang]
		if !ok {
			hint = hints[languageBase]
		}
		body.Errors = append(body.Errors, errorBody{Code: code, Hint: hint})
	}
	if c := s.Challenge; c != nil {
		body.Challenge = &challengeBody{Moves: c.Moves, Light: c.Light, SecondsLeft: max(0, c.Deadline.Sub(d.Now()).Seconds())}
	}
	return body
}
