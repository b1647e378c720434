package demo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/verify"
)

// Sessions is the part of the state machine that the finished session walks
// through: the same way that a person takes.
type Sessions interface {
	Begin(ctx context.Context, req verify.BeginRequest) (verify.Started, error)
	State(ctx context.Context, sessionID string) (verify.State, error)
	StartAttempt(ctx context.Context, sessionID string, step int) (verify.State, error)
	Submit(ctx context.Context, sessionID string, req verify.SubmitRequest) (verify.State, error)
	Status(ctx context.Context, p *kyc.Principal, req verify.StatusRequest) (kyc.SessionView, error)
}

// Visitor is a synthetic person who walks through a scenario.
type Visitor struct {
	Sessions Sessions
	Decode   func(ctx context.Context, file []byte) kyc.Upload
	Seed     int64
	Now      func() time.Time
}

// finishedKey is the client key of the session that a new demo begins with.
const finishedKey = "demo:finished"

// Finish makes one finished session, unless there is one already.
func (v *Visitor) Finish(ctx context.Context, p *kyc.Principal, schemaID, secret string) error {
	if _, err := v.Sessions.Status(ctx, p, verify.StatusRequest{ClientKey: finishedKey}); err == nil {
		return nil
	}
	token, err := client.EncryptKey(secret, finishedKey)
	if err != nil {
		return err
	}
	_, err = v.Visit(ctx, schemaID, token)
	return err
}

// Visit walks through one session and tells how it ended.
func (v *Visitor) Visit(ctx context.Context, schemaID, token string) (kyc.Status, error) {
	started, err := v.Sessions.Begin(ctx, verify.BeginRequest{ScenarioID: schemaID, Token: token})
	if err != nil {
		return "", err
	}
	return v.walk(ctx, started.Session.ID)
}

// walk does what each step asks until the session is final.
func (v *Visitor) walk(ctx context.Context, id string) (kyc.Status, error) {
	for {
		state, err := v.Sessions.State(ctx, id)
		if err != nil {
			return "", err
		}
		switch {
		case state.Status.Final():
			return state.Status, nil
		case state.Status == kyc.Processing:
			if err := pause(ctx); err != nil {
				return "", err
			}
		default:
			if err := v.step(ctx, id, state.Step); err != nil {
				return "", err
			}
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(100 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *Visitor) step(ctx context.Context, id string, step int) error {
	state, err := v.Sessions.StartAttempt(ctx, id, step)
	if err != nil {
		return err
	}
	if state.Status.Final() {
		return nil
	}
	req := verify.SubmitRequest{Step: step, Try: state.Try}
	switch kind := state.Steps[step].Type; kind {
	case kyc.StepDocument:
		passport := specimen.Sample(specimen.TD3, v.Seed, v.Now())
		page := specimen.Scene{Difficulty: specimen.Easy, Seed: v.Seed}.Photograph(passport.Render())
		req.Uploads = []kyc.Upload{v.Decode(ctx, page.JPEG())}
	case kyc.StepSelfie:
		req.Uploads = []kyc.Upload{v.frame(ctx, 0, 0)}
	case kyc.StepLiveness:
		if state.Challenge == nil {
			return errors.New("a liveness step without a challenge")
		}
		req.Uploads, req.Frames = v.follow(ctx, state.Challenge.Moves)
	default:
		return fmt.Errorf("the synthetic visitor cannot do steps of type %s", kind)
	}
	_, err = v.Sessions.Submit(ctx, id, req)
	return err
}

// frame photographs the visitor's head, turned by yaw degrees to its own left.
func (v *Visitor) frame(ctx context.Context, yaw, smile float64) kyc.Upload {
	passport := specimen.Sample(specimen.TD3, v.Seed, v.Now())
	face := specimen.Face{Seed: passport.Seed, Sex: passport.Sex, Yaw: yaw, Smile: smile}
	jpeg, err := encode(face.Render(640, 480))
	if err != nil {
		return kyc.Upload{Fault: kyc.BadImage}
	}
	return v.Decode(ctx, jpeg)
}

// turned is how far the head turns when it is asked to, in degrees.
const turned = 28

// follow does the moves of a challenge as a person would: from where the head
// is to where it should be, a few frames on the way, then a moment of rest.
func (v *Visitor) follow(ctx context.Context, moves []kyc.Move) (uploads []kyc.Upload, marks []kyc.FrameMark) {
	const steps = 4
	at, yaw := int64(400), 0.0
	for i, move := range moves {
		goal := 0.0
		switch move {
		case kyc.MoveLeft:
			goal = turned
		case kyc.MoveRight:
			goal = -turned
		case kyc.MoveCentre, kyc.MoveNod, kyc.MoveBlink, kyc.MoveCloser, kyc.MoveLight: // turns are all that the demo asks for
		}
		from := yaw
		for n := 1; n <= steps; n++ {
			yaw = from + (goal-from)*float64(n)/steps
			// Nobody holds quite still, and no two frames of a camera are the same.
			sway := .4 * math.Sin(1.7*float64(len(uploads)+1))
			uploads = append(uploads, v.frame(ctx, yaw+sway, .1+.1*sway))
			marks = append(marks, kyc.FrameMark{AtMS: at, Move: i})
			at += 250
		}
	}
	return uploads, marks
}
