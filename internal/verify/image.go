package verify

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Sizes of pictures by their larger side, in pixels.
const (
	smallSide = 1280
	thumbSide = 240
)

// ImageRequest names one stored picture as the addresses of the contract do.
type ImageRequest struct {
	OwnerID   string
	SessionID string
	Step      string // "document_0": type and index
	Image     string // "1_0" or "1_0.jpg": try and name
	Full      bool
}

// Image opens one picture for somebody who may see it. Somebody else's and a
// missing one give the same answer.
func (r *Room) Image(ctx context.Context, p *kyc.Principal, req ImageRequest) ([]byte, error) {
	l, evidence, err := r.evidenceOf(ctx, p, req.OwnerID, req.SessionID)
	if err != nil {
		return nil, err
	}
	kind, index, ok := cutLast(req.Step, "_")
	step, convErr := strconv.Atoi(index)
	try, name, ok2 := strings.Cut(strings.TrimSuffix(req.Image, ".jpg"), "_")
	if !ok || !ok2 || convErr != nil || step < 0 || step >= len(l.scenario.Steps) || string(l.scenario.Steps[step].Type) != kind {
		return nil, kyc.ErrNotFound()
	}
	for _, e := range evidence {
		if e.Step == step && strconv.Itoa(e.Try) == try && e.Name == name {
			picture, err := r.picture(ctx, l.session, e)
			if err != nil || req.Full {
				return picture.JPEG, err
			}
			return r.Pictures.Shrink(picture.JPEG, smallSide)
		}
	}
	return nil, kyc.ErrNotFound()
}

// Thumb opens a small picture of a face by its name in face pairs
// (document_0, selfie, liveness_0).
func (r *Room) Thumb(ctx context.Context, p *kyc.Principal, ownerID, sessionID, label string) ([]byte, error) {
	l, evidence, err := r.evidenceOf(ctx, p, ownerID, sessionID)
	if err != nil {
		return nil, err
	}
	found := thumbOf(l, evidence, label)
	if found == nil {
		return nil, kyc.ErrNotFound()
	}
	picture, err := r.picture(ctx, l.session, found)
	if err != nil {
		return nil, err
	}
	return r.Pictures.Shrink(picture.JPEG, thumbSide)
}

// thumbOf finds the face that a label stands for in the tries that count.
func thumbOf(l *loaded, evidence []*kyc.Evidence, label string) *kyc.Evidence {
	for i := range l.scenario.Steps {
		a := l.ended(i)
		if a == nil {
			continue
		}
		for _, t := range a.Finding.Templates {
			if t.Label != label {
				continue
			}
			for _, e := range evidence {
				if e.Step == i && e.Try == a.Try && e.Derived && e.Name == "face" {
					return e
				}
			}
		}
	}
	return nil
}

// evidenceOf loads a session and its evidence for somebody who may see pictures
// and whose account owns it.
func (r *Room) evidenceOf(ctx context.Context, p *kyc.Principal, ownerID, sessionID string) (l *loaded, evidence []*kyc.Evidence, err error) {
	if !p.Can(kyc.ViewImages) {
		return nil, nil, kyc.Errorf(kyc.Forbidden, kyc.Denied)
	}
	if !kyc.ValidID(sessionID) {
		return nil, nil, kyc.ErrNotFound()
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		session, fresh, err := r.Store.ShownSession(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		if session.AccountID != ownerID || !sees(p, session) {
			return kyc.ErrNotFound()
		}
		if l, err = r.gather(ctx, tx, session, fresh); err != nil {
			return err
		}
		evidence, err = r.Store.Evidence(ctx, tx, sessionID)
		return err
	})
	return l, evidence, err
}

// ViewedImage records on the timeline that somebody looked at a picture (S8).
func (r *Room) ViewedImage(ctx context.Context, p *kyc.Principal, sessionID, what string) error {
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		return r.event(ctx, tx, sessionID, "image.viewed", actor(p), what)
	})
}

func actor(p *kyc.Principal) string {
	if p.UserID != "" {
		return p.UserID
	}
	return fmt.Sprintf("token %s", p.TokenID)
}

// sees tells whether a session belongs to the principal's account.
func sees(p *kyc.Principal, s *kyc.Session) bool {
	return p != nil && (p.Role == kyc.RoleAdmin || p.AccountID == s.AccountID)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// splitPair splits the caption of a face pair.
func splitPair(caption string) []string { return strings.Split(caption, " & ") }
