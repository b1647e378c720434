// Package visitortest is a synthetic person who walks through the widget's calls
// as a browser would make them: over HTTP, with pictures of a drawn passport and
// a drawn head that follows the liveness challenge.
//
// In come the platform's address, a scenario and an encrypted client key; out
// comes how the session ended. Pictures are drawn once and kept, so that a crowd
// of visitors loads the platform and not itself. Tests of the running program
// and the load test use it.
package visitortest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// Person is what a visitor looks like and carries. It is safe for concurrent use.
type Person struct {
	Passport specimen.Passport
	Page     []byte // photograph of the passport's page

	mu     sync.Mutex
	frames map[specimen.Face][]byte // by how the head is held
}

// Draw makes a person.
func Draw(seed int64, now time.Time) *Person {
	p := &Person{Passport: specimen.Sample(specimen.TD3, seed, now), frames: map[specimen.Face][]byte{}}
	p.Page = specimen.Scene{Difficulty: specimen.Easy, Seed: seed}.Photograph(p.Passport.Render()).JPEG()
	return p
}

// Frame photographs the head, held so; whose it is does not matter.
func (p *Person) Frame(held specimen.Face) ([]byte, error) {
	held.Seed, held.Sex = p.Passport.Seed, p.Passport.Sex
	p.mu.Lock()
	defer p.mu.Unlock()
	if have := p.frames[held]; have != nil {
		return have, nil
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, held.Render(640, 480), &jpeg.Options{Quality: 92})
	p.frames[held] = b.Bytes()
	return b.Bytes(), err
}

// Visitor sends a person through sessions.
type Visitor struct {
	Person *Person
	Base   string // address of the platform
	HTTP   *http.Client
	File   string // what the person's device calls its pictures
}

// Visit is one session from outside.
type Visit struct {
	ID         string
	Credential string // of the widget
	Status     kyc.Status

	v *Visitor
}

// state is what the widget is told.
type state struct {
	Status    kyc.Status
	Steps     []struct{ Type kyc.StepType }
	Step, Try int
	Lock      int64
	Challenge struct{ Moves []kyc.Move }
}

// Begin opens a session, as the widget does when its page opens.
func (v *Visitor) Begin(ctx context.Context, schema, token, user string) (*Visit, error) {
	body, err := json.Marshal(map[string]string{"schemaId": schema, "clientKey": token, "clientUser": user})
	if err != nil {
		return nil, err
	}
	visit := &Visit{v: v}
	var opened struct{ Credential string }
	if err := visit.call(ctx, http.MethodPost, "/capture/session", "application/json", bytes.NewReader(body), &opened); err != nil {
		return nil, err
	}
	visit.Credential = opened.Credential
	visit.ID, _, _ = strings.Cut(opened.Credential, ".")
	return visit, nil
}

// Walk does what each step asks until the session is final.
func (t *Visit) Walk(ctx context.Context) error {
	for lock := int64(-1); ; {
		var now state
		if err := t.call(ctx, http.MethodGet, fmt.Sprintf("/capture/state?lock=%d", lock), "", nil, &now); err != nil {
			return err
		}
		lock = now.Lock
		switch {
		case now.Status.Final():
			t.Status = now.Status
			return nil
		case now.Status == kyc.Processing: // the next call waits for a change
		default:
			if err := t.step(ctx, now.Step); err != nil {
				return err
			}
			lock = -1
		}
	}
}

func (t *Visit) step(ctx context.Context, step int) error {
	var now state
	began := time.Now()
	begin := strings.NewReader(fmt.Sprintf(`{"step":%d}`, step))
	if err := t.call(ctx, http.MethodPost, "/capture/attempt", "application/json", begin, &now); err != nil || now.Status.Final() {
		return err
	}
	pictures, marks, err := t.pictures(now, step)
	if err != nil {
		return err
	}
	if len(marks) > 0 { // a head needs the time to turn, also when its pictures lie ready
		if err := until(ctx, began.Add(time.Duration(marks[len(marks)-1].AtMS+100)*time.Millisecond)); err != nil {
			return err
		}
	}
	contentType, body, err := form(t.v.File, pictures, marks)
	if err != nil {
		return err
	}
	return t.call(ctx, http.MethodPost, fmt.Sprintf("/capture/evidence?step=%d&try=%d", step, now.Try), contentType, body, nil)
}

func until(ctx context.Context, at time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(at)):
		return nil
	}
}

func (t *Visit) pictures(now state, step int) (pictures [][]byte, marks []kyc.FrameMark, err error) {
	switch kind := now.Steps[step].Type; kind {
	case kyc.StepDocument:
		return [][]byte{t.v.Person.Page}, nil, nil
	case kyc.StepSelfie:
		selfie, err := t.v.Person.Frame(specimen.Face{})
		return [][]byte{selfie}, nil, err
	case kyc.StepLiveness:
		return t.follow(now.Challenge.Moves)
	default:
		return nil, nil, fmt.Errorf("the synthetic visitor cannot do steps of type %s", kind)
	}
}

// How far the visitor goes when asked to.
const (
	turned = 28 // degrees
	nodded = 20

	armsLength   = 4.5  // half heights of a head
	atArmsLength = 0.56 // how large the head looks from there, as a share of the picture's height
	nearby       = 0.9  // and when the visitor has come closer
)

// goal is how the head is held when a move is done.
func goal(move kyc.Move) specimen.Face {
	held := specimen.Face{Size: atArmsLength}
	switch move {
	case kyc.MoveLeft:
		held.Yaw = turned
	case kyc.MoveRight:
		held.Yaw = -turned
	case kyc.MoveNod:
		held.Pitch = -nodded
	case kyc.MoveBlink:
		held.Blink = 1
	case kyc.MoveCloser:
		held.Size = nearby
	case kyc.MoveCentre, kyc.MoveLight:
	}
	return held
}

// follow does the moves of a challenge as a person would: a few frames on the
// way to each, none of them twice the same.
func (t *Visit) follow(moves []kyc.Move) (pictures [][]byte, marks []kyc.FrameMark, err error) {
	if len(moves) == 0 {
		return nil, nil, errors.New("a liveness step without a challenge")
	}
	const steps = 4
	at, now := int64(400), specimen.Face{Size: atArmsLength}
	for i, move := range moves {
		from, to := now, goal(move)
		for n := 1; n <= steps; n++ {
			mix := func(a, b float64) float64 { return a + (b-a)*float64(n)/steps }
			now.Yaw, now.Pitch = mix(from.Yaw, to.Yaw), mix(from.Pitch, to.Pitch)
			now.Blink, now.Size = mix(from.Blink, to.Blink), mix(from.Size, to.Size)
			now.Distance = armsLength * atArmsLength / now.Size
			sway, seen := .4*math.Sin(1.7*float64(len(pictures)+1)), now
			seen.Yaw, seen.Smile = now.Yaw+sway, .1+.1*sway
			frame, err := t.v.Person.Frame(seen)
			if err != nil {
				return nil, nil, err
			}
			pictures, marks = append(pictures, frame), append(marks, kyc.FrameMark{AtMS: at, Move: i})
			at += 250
		}
	}
	return pictures, marks, nil
}

// form puts pictures into a multipart body.
func form(name string, pictures [][]byte, marks []kyc.FrameMark) (contentType string, body io.Reader, err error) {
	if name == "" {
		name = "picture.jpg"
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, picture := range pictures {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"image/jpeg"}, "Content-Disposition": {fmt.Sprintf(`form-data; name="images"; filename="%s"`, name)}})
		if err != nil {
			return "", nil, err
		}
		if _, err := part.Write(picture); err != nil {
			return "", nil, err
		}
	}
	if marks != nil {
		text, err := json.Marshal(marks)
		if err != nil {
			return "", nil, err
		}
		if err := w.WriteField("frames", string(text)); err != nil {
			return "", nil, err
		}
	}
	return w.FormDataContentType(), &b, w.Close()
}

// Refused is an answer that is no success.
type Refused struct {
	Code int
	Body string
}

func (e *Refused) Error() string { return fmt.Sprintf("answered %d %.200s", e.Code, e.Body) }

// call makes one call of the widget; out may be nil.
func (t *Visit) call(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, t.v.Base+path, body)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if t.Credential != "" {
		req.Header.Set("Authorization", "Bearer "+t.Credential)
	}
	answer, err := t.v.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return &Refused{answer.StatusCode, string(text)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
