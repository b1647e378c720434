package capture_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/jpeg"
	"image/png"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/openkyc/openkyc/internal/capture"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// The scenarios that the fake room knows.
const (
	openSchema   = "11111111-1111-11ee-8111-111111111111" // any page may embed it
	closedSchema = "22222222-2222-11ee-8222-222222222222" // only https://shop.example
	unknown      = "33333333-3333-11ee-8333-333333333333"
)

// room is a hand-written stand-in for verify. The client key's text chooses
// what happens: "raw…" is refused, "failfirst…" fails the first try, and
// "failed…", "suspicious…" and "exception…" end that way; "page…" asks for a
// document alone.
type room struct {
	mu        sync.Mutex
	sessions  map[string]*session
	submitted []verify.SubmitRequest
	asked     []int // moves of the challenge that each of them answers
	corrected []verify.CorrectRequest
	wakes     map[chan struct{}]bool // of those who wait
	delay     time.Duration          // how long a check takes
	steps     []kyc.StepType
	redirect  string
	begun     int
	excused   []int             // steps
	links     map[string]string // secrets of links, and whose session they open
	linkLife  time.Duration
}

type session struct {
	kyc.Session
	steps []verify.StepState
	state verify.State
	tries int
	taken bool // by a link
}

func newRoom(steps ...kyc.StepType) *room {
	return &room{sessions: map[string]*session{}, links: map[string]string{}, linkLife: 10 * time.Minute, wakes: map[chan struct{}]bool{}, steps: steps, delay: 20 * time.Millisecond}
}

func (r *room) Scenario(_ context.Context, id string) (*kyc.Scenario, error) {
	s := &kyc.Scenario{ID: id}
	switch id {
	case openSchema:
		s.AllowedOrigins = []string{}
	case closedSchema:
		s.AllowedOrigins = []string{"https://shop.example"}
	default:
		return nil, kyc.ErrNotFound()
	}
	return s, nil
}

func (r *room) Begin(ctx context.Context, req verify.BeginRequest) (verify.Started, error) {
	scenario, err := r.Scenario(ctx, req.ScenarioID)
	if err != nil {
		return verify.Started{}, err
	}
	if strings.HasPrefix(req.Token, "raw") {
		return verify.Started{}, kyc.Errorf(kyc.Invalid, kyc.MessageDecryption)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun++
	credential := rand.Text()
	for id, s := range r.sessions { // resume under the same client key
		if s.ClientKey == req.Token && !s.Status.Final() {
			delete(r.sessions, id)
			r.sessions[credential] = s
			return verify.Started{Session: &s.Session, Scenario: scenario, Credential: credential}, nil
		}
	}
	s := &session{Session: kyc.Session{ID: credential[:8], ClientKey: req.Token, ClientUser: req.ClientUser, Status: kyc.Idle}}
	steps := r.steps
	if strings.HasPrefix(req.Token, "failed") || strings.HasPrefix(req.Token, "suspicious") || strings.HasPrefix(req.Token, "exception") || strings.HasPrefix(req.Token, "page") {
		steps = []kyc.StepType{kyc.StepDocument}
	}
	if strings.HasPrefix(req.Token, "moves") || strings.HasPrefix(req.Token, "light") {
		steps = []kyc.StepType{kyc.StepLiveness}
	}
	if strings.HasPrefix(req.Token, "address") {
		steps = []kyc.StepType{kyc.StepAddressProof}
	}
	for _, t := range steps {
		s.steps = append(s.steps, verify.StepState{Type: t, Status: kyc.Idle, Attempts: 3})
		if strings.HasPrefix(req.Token, "light") {
			s.steps[0].Light = kyc.LightTry
		}
		if strings.HasPrefix(req.Token, "moves") {
			s.steps[0].Closer = true
		}
		if t == kyc.StepAddressProof {
			s.steps[len(s.steps)-1].Proof = &verify.Proof{Kinds: []kyc.ProofKind{kyc.UtilityBill, kyc.BankStatement}, MaxAge: 2, Unit: kyc.Months}
		}
	}
	s.state = verify.State{SessionID: s.ID, Status: kyc.Idle, SecondsToLive: 3600, TriesLeft: 3, Lock: 1}
	if strings.HasPrefix(req.Token, "short") {
		s.state.SecondsToLive = 2
	}
	r.sessions[credential] = s
	return verify.Started{Session: &s.Session, Scenario: scenario, Credential: credential}, nil
}

func (r *room) Attach(_ context.Context, credential string) (*kyc.Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[credential]
	if !ok {
		return nil, kyc.ErrAccessDenied()
	}
	c := s.Session
	return &c, nil
}

func (r *room) HandOff(_ context.Context, s *kyc.Session) (verify.Handoff, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	link := "l." + rand.Text()
	r.links[link], r.find(s.ID).taken = s.ID, false
	return verify.Handoff{Link: link, Watch: "w." + s.ID, Expires: time.Now().Add(r.linkLife)}, nil
}

// TakeOver moves the session to a fresh credential, once a link.
func (r *room) TakeOver(_ context.Context, link string) (verify.Started, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.links[link]
	if !ok {
		return verify.Started{}, kyc.Errorf(kyc.Gone, "used")
	}
	delete(r.links, link)
	credential := rand.Text()
	for old, s := range r.sessions {
		if s.ID == id {
			delete(r.sessions, old)
			s.taken = true
			s.state.Lock++
			r.sessions[credential] = s
			r.tell()
			return verify.Started{Session: &s.Session, Scenario: &kyc.Scenario{}, Credential: credential}, nil
		}
	}
	return verify.Started{}, kyc.Errorf(kyc.Gone, "gone")
}

func (r *room) Watch(_ context.Context, credential string) (*kyc.Session, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := strings.CutPrefix(credential, "w.")
	s := r.find(id)
	if !ok || s == nil {
		return nil, false, kyc.ErrAccessDenied()
	}
	c := s.Session
	return &c, s.taken, nil
}

func (r *room) find(id string) *session {
	for _, s := range r.sessions {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (r *room) State(_ context.Context, id string) (verify.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view(r.find(id)), nil
}

func (r *room) view(s *session) verify.State {
	state := s.state
	state.Steps = append([]verify.StepState{}, s.steps...)
	state.Retakable = len(state.Shown) > 0 && state.TriesLeft > 1
	state.Excusable = strings.HasPrefix(s.ClientKey, "cannot") && state.Step > 0 && !state.Status.Final()
	if strings.HasPrefix(s.ClientKey, "short") && s.Status == kyc.Idle {
		s.state.SecondsToLive = 0 // the next look finds it expired
	}
	return state
}

func (r *room) StartAttempt(_ context.Context, id string, step int) (verify.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(id)
	if step != s.state.Step {
		return verify.State{}, kyc.Errorf(kyc.Conflict, "step %d is not open", step)
	}
	if !s.state.Open {
		s.state.Try++
		s.steps[step].Tries++
		s.state.Open = true
		s.state.Lock++
	}
	if s.steps[step].Type == kyc.StepLiveness {
		s.state.Challenge = &kyc.Challenge{Moves: []kyc.Move{kyc.MoveCentre, kyc.MoveLeft, kyc.MoveRight}, Deadline: time.Now().Add(time.Minute)}
		if strings.HasPrefix(s.ClientKey, "light") {
			s.state.Challenge.Moves = []kyc.Move{kyc.MoveCentre, kyc.MoveLight, kyc.MoveLeft, kyc.MoveRight}
			s.state.Challenge.Light = []kyc.Colour{kyc.Red, kyc.Cyan, kyc.Blue, kyc.Yellow, kyc.Green, kyc.Magenta}
		}
		if strings.HasPrefix(s.ClientKey, "moves") {
			s.state.Challenge.Moves = []kyc.Move{kyc.MoveCentre, kyc.MoveNod, kyc.MoveLeft, kyc.MoveCentre, kyc.MoveBlink, kyc.MoveCloser, kyc.MoveCentre, kyc.MoveRight}
		}
	}
	return r.view(s), nil
}

// StartWithoutLight is StartAttempt with a challenge that has no light.
func (r *room) StartWithoutLight(ctx context.Context, id string, step int) (verify.State, error) {
	if _, err := r.StartAttempt(ctx, id, step); err != nil {
		return verify.State{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(id)
	s.steps[step].Light, s.state.Challenge.Light = kyc.LightOff, nil
	s.state.Challenge.Moves = []kyc.Move{kyc.MoveCentre, kyc.MoveLeft, kyc.MoveRight}
	return r.view(s), nil
}

func (r *room) Submit(_ context.Context, id string, req verify.SubmitRequest) (verify.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(id)
	moves := 0
	if s.state.Challenge != nil {
		moves = len(s.state.Challenge.Moves)
	}
	r.submitted, r.asked = append(r.submitted, req), append(r.asked, moves)
	s.state.Status, s.Status, s.state.Open, s.state.Challenge = kyc.Processing, kyc.Processing, false, nil
	s.state.Lock++
	s.tries++
	time.AfterFunc(r.delay, func() { r.settle(s) })
	return r.view(s), nil
}

func (r *room) Correct(_ context.Context, id string, req verify.CorrectRequest) (verify.State, error) {
	r.mu.Lock()
	s := r.find(id)
	r.corrected = append(r.corrected, req)
	if f := (kyc.Finding{OCR: kyc.OCR{Fields: s.state.Shown}}); len(f.Correct(req.Fields)) > 0 {
		r.mu.Unlock()
		return verify.State{}, kyc.ErrInvalid(f.Correct(req.Fields)...)
	}
	s.state.Shown = []kyc.Field{}
	r.mu.Unlock()
	r.settle(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view(s), nil
}

// Retake forgets what was read.
func (r *room) Retake(_ context.Context, id string, _ int) (verify.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(id)
	s.state.Shown, s.state.LastErrors = nil, []kyc.Code{kyc.PhotoRetaken}
	s.state.TriesLeft--
	s.state.Lock++
	return r.view(s), nil
}

// Excuse goes on as if the step had been passed.
func (r *room) Excuse(_ context.Context, id string, step int) (verify.State, error) {
	r.mu.Lock()
	s := r.find(id)
	r.excused = append(r.excused, step)
	r.mu.Unlock()
	r.settle(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.view(s), nil
}

// settle is the end of a check.
func (r *room) settle(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.state.Lock++
	s.state.Status, s.Status = kyc.Idle, kyc.Idle
	s.state.LastErrors, s.state.LastFailed = nil, nil
	key := s.ClientKey
	switch {
	case strings.HasPrefix(key, "failfirst") && s.tries == 1:
		s.state.LastErrors, s.state.LastFailed = []kyc.Code{kyc.NoMRZ, kyc.LowLight}, []string{"isCropped"}
		s.state.TriesLeft--
	case strings.HasPrefix(key, "correct") && s.state.Step == 0 && s.state.Shown == nil:
		s.state.Shown = []kyc.Field{{Title: "Surname", Value: "ERIKS5ON", Conf: kyc.Low}, {Title: "Given name(s)", Value: "ANNA MARIA", Conf: kyc.High}, {Title: "Date of birth", Value: "12.08.1974", Conf: kyc.High, ValueUTC: "1974-08-12T00:00:00Z"}}
	case strings.HasPrefix(key, "address") && s.tries == 1:
		s.state.LastErrors = []kyc.Code{kyc.OldProof, kyc.OtherName}
		s.state.TriesLeft--
	case s.state.Step < len(s.steps)-1:
		s.state.Step++
		s.state.Try, s.state.TriesLeft = 0, 3
	default:
		s.Status = kyc.Success
		for _, end := range []kyc.Status{kyc.Failed, kyc.Suspicious, kyc.Exception} {
			if strings.HasPrefix(key, string(end)) {
				s.Status = end
			}
		}
		s.state.Status, s.state.Step = s.Status, len(s.steps)
		if s.Status == kyc.Success {
			s.state.Redirect = r.redirect
		}
	}
	r.tell()
}

func (r *room) tell() {
	for wake := range r.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

func (r *room) Changed(string) (<-chan struct{}, func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wake := make(chan struct{}, 1)
	r.wakes[wake] = true
	return wake, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.wakes, wake)
	}
}

func (r *room) View(_ context.Context, id string) (kyc.SessionView, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.find(id)
	return kyc.SessionView{Status: s.Status, SessionID: id, ClientKey: s.ClientKey, Results: []kyc.Result{}}, nil
}

// looker sees whatever a test wants to be seen.
type looker struct {
	mu       sync.Mutex
	calls    int
	block    chan struct{} // when set, looks wait for it
	document kyc.DocumentLook
	began    time.Time
}

func (l *looker) LookDocument(ctx context.Context, _ []byte) (kyc.DocumentLook, error) {
	l.mu.Lock()
	l.calls++
	block := l.block
	l.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	return l.document, nil
}

// LookFace sees a head that swings from side to side, with closed eyes, the chin
// down and close by on the way, and straight ahead for long enough between for a selfie.
func (l *looker) LookFace(context.Context, []byte) (kyc.FaceLook, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	yaws := []float64{0, 0, 0, 0, 26, 26, 0, -26, -26}
	phase := int(time.Since(l.began)/(450*time.Millisecond)) % len(yaws)
	look := kyc.FaceLook{Faces: 1, Box: [4]float64{0.35, 0.3, 0.3, 0.4}, Yaw: yaws[phase], Luma: 120, Sharpness: 100, Eyes: [2]float64{0.3, 0.3}}
	if phase == 6 {
		look.Pitch, look.Eyes, look.Box = -20, [2]float64{0.05, 0.05}, [4]float64{0.27, 0.19, 0.46, 0.62}
	}
	return look, nil
}

// decode stands in for vision: it accepts what the standard decoders accept.
func decode(_ context.Context, file []byte) kyc.Upload {
	if c, err := jpeg.DecodeConfig(bytes.NewReader(file)); err == nil {
		return kyc.Upload{Picture: kyc.Picture{JPEG: file, Width: c.Width, Height: c.Height}}
	}
	if c, err := png.DecodeConfig(bytes.NewReader(file)); err == nil {
		return kyc.Upload{Picture: kyc.Picture{JPEG: file, Width: c.Width, Height: c.Height}}
	}
	return kyc.Upload{Fault: kyc.BadImage}
}

func builtFiles() fs.FS {
	return fstest.MapFS{"widget-lib.js": {Data: []byte("loader()")}, "widget.js": {Data: []byte("widget()")}, "widget.css": {Data: []byte("a{}")}}
}

func config(r *room, change ...func(*capture.Config)) capture.Config {
	cfg := capture.Config{
		Sessions: r, Looker: &looker{began: time.Now(), document: kyc.DocumentLook{Found: true, Quad: [4][2]float64{{0.15, 0.2}, {0.85, 0.2}, {0.85, 0.8}, {0.15, 0.8}}, Luma: 130, Sharpness: 90}},
		Open: open, Assets: builtFiles(), Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

func newDoor(t *testing.T, cfg capture.Config) *capture.Door {
	t.Helper()
	d, err := capture.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// open gives the pages of a PDF as its first line counts them.
func open(ctx context.Context, step kyc.StepType, file []byte) []kyc.Upload {
	var pages int
	if n, err := fmt.Sscanf(string(file[:min(len(file), 40)]), "%%PDF-1.4 %d", &pages); n == 1 && err == nil && step == kyc.StepAddressProof {
		return slices.Repeat([]kyc.Upload{{Picture: kyc.Picture{JPEG: []byte("page"), Width: 1654, Height: 2339}}}, pages)
	}
	return []kyc.Upload{decode(ctx, file)}
}
