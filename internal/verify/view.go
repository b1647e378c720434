package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// View returns the whole session object of the contract, for the widget that
// holds the session's credential and for callers that hide by permission.
func (r *Room) View(ctx context.Context, sessionID string) (view kyc.SessionView, err error) {
	err = r.Store.Glance(ctx, func(tx kyc.Tx) error {
		l, err := r.glance(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		view, err = r.viewIn(ctx, tx, l)
		return err
	})
	return view, err
}

func (r *Room) viewIn(ctx context.Context, tx kyc.Tx, l *loaded) (kyc.SessionView, error) {
	evidence, err := r.Store.Evidence(ctx, tx, l.session.ID)
	if err != nil {
		return kyc.SessionView{}, err
	}
	return assemble(l, evidence, tx.Now()), nil
}

// assemble puts the session object together; it is pure.
func assemble(l *loaded, evidence []*kyc.Evidence, now time.Time) kyc.SessionView {
	s := l.session
	end := s.FinishedAt
	if end.IsZero() {
		end = now
	}
	view := kyc.SessionView{
		Status: s.Status, SessionID: s.ID, Errors: s.Errors, Version: s.Revision, SchemaID: s.ScenarioID, ClientID: s.ClientID,
		Spent: kyc.Seconds(max(0, end.Sub(s.CreatedAt))), CreatedAt: kyc.Stamp(s.CreatedAt), IsClientNew: l.fresh, ClientKey: s.ClientKey, ClientUser: s.ClientUser,
		SecondsToLive: secondsToLive(s, now), ResponseTime: kyc.Stamp(now), Results: []kyc.Result{},
	}
	if view.Errors == nil {
		view.Errors = []string{}
	}
	if !s.ErasedAt.IsZero() {
		at := kyc.Stamp(s.ErasedAt)
		view.ErasedAt, view.IsClientNew = &at, false // nobody knows any more
	}
	if s.ClientNew != nil { // somebody looked
		view.IsClientNew = *s.ClientNew
	}
	faces := map[string]string{} // template label → address of its picture
	for i := range l.scenario.Steps {
		a := l.ended(i)
		if a == nil {
			continue // a step that has not ended has no result
		}
		p := pages{session: s, attempt: a, evidence: evidence}
		view.Results = append(view.Results, result(l, a, p))
		for _, t := range a.Finding.Templates {
			faces[t.Label] = p.cut("face")
		}
	}
	if s.Faces != nil {
		view.Results = append(view.Results, facesResult(l, faces))
	}
	return view
}

func result(l *loaded, a *kyc.Attempt, p pages) kyc.Result {
	f := a.Finding
	r := kyc.Result{
		Status: reported(a.Status), Type: a.Type, Spent: kyc.Seconds(max(0, a.FinishedAt.Sub(a.StartedAt))), Errors: codes(f.Errors),
		History: history(l, a), StartedAt: kyc.Stamp(a.StartedAt), Tries: a.Try, DocName: f.DocName,
		Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: groups(f.Checks)}, OCR: kyc.Guarded[kyc.OCR]{Value: readable(f.OCR)},
	}
	switch a.Type {
	case kyc.StepDocument:
		r.IsBackSide, r.CountryCode = &f.IsBackSide, &f.CountryCode
		r.Images, r.ImagesFull = guard(p.uploads(false)), guard(p.uploads(true))
		r.ImageObjects = guard(p.objects())
	case kyc.StepAddressProof:
		r.Images, r.ImagesFull = guard(p.uploads(false)), guard(p.uploads(true))
	case kyc.StepSelfie, kyc.StepSelfieDocument:
		r.Images, r.ImagesFull = guard(p.uploads(false)), guard(p.uploads(true))
		r.WithDoc = guard([]string{})
		r.FaceSelfie, r.FaceDoc = guard(p.cut("face")), guard("")
	case kyc.StepLiveness:
		r.Faces = guard(p.cuts())
	default:
	}
	return r
}

// facesResult is the synthetic result that compares all faces of the session.
func facesResult(l *loaded, pictures map[string]string) kyc.Result {
	f := l.session.Faces
	checks := make([]kyc.CheckGroup, len(f.Checks))
	for i, g := range f.Checks {
		items := make([]kyc.CheckItem, len(g.Items))
		for j, item := range g.Items {
			item.Images = pairImages(item.Caption, pictures)
			items[j] = item
		}
		checks[i] = kyc.CheckGroup{Caption: g.Caption, Items: items}
	}
	return kyc.Result{
		Status: reported(f.Verdict(l.scenario.SoftFor())), Type: kyc.StepFaces, Errors: codes(f.Errors), History: []kyc.Past{},
		StartedAt: kyc.Stamp(l.session.FinishedAt), Tries: 1, OCR: kyc.Guarded[kyc.OCR]{Value: noOCR()},
		Checks: kyc.Guarded[[]kyc.CheckGroup]{Value: checks},
	}
}

// pairImages finds the two pictures of a pair by its caption, "document_0 & selfie".
func pairImages(caption string, pictures map[string]string) []string {
	images := []string{}
	for _, label := range splitPair(caption) {
		if address := pictures[label]; address != "" {
			images = append(images, address)
		}
	}
	return images
}

// reported is a step's status on the wire, where only success and failed exist.
func reported(s kyc.Status) kyc.Status {
	if s == kyc.Success {
		return kyc.Success
	}
	return kyc.Failed
}

func history(l *loaded, until *kyc.Attempt) []kyc.Past {
	past := []kyc.Past{}
	for _, a := range l.of(until.Step) {
		if a.Try < until.Try && a.Finding != nil {
			past = append(past, kyc.Past{Status: reported(a.Status), Errors: codes(a.Finding.Errors), StartedAt: kyc.Stamp(a.StartedAt),
				Spent: kyc.Seconds(max(0, a.FinishedAt.Sub(a.StartedAt)))})
		}
	}
	return past
}

func guard[T any](v T) *kyc.Guarded[T] { return &kyc.Guarded[T]{Value: v} }

func codes(c []kyc.Code) []kyc.Code {
	if c == nil {
		return []kyc.Code{}
	}
	return c
}

func groups(g []kyc.CheckGroup) []kyc.CheckGroup {
	if g == nil {
		return []kyc.CheckGroup{}
	}
	return g
}

func readable(o kyc.OCR) kyc.OCR {
	if o.Fields == nil {
		o.Fields = []kyc.Field{}
	}
	if o.Status == "" {
		o.Status = kyc.Failed
	}
	return o
}

// pages knows the addresses of one attempt's pictures.
type pages struct {
	session  *kyc.Session
	attempt  *kyc.Attempt
	evidence []*kyc.Evidence
}

func (p pages) each(derived bool) []*kyc.Evidence {
	var rows []*kyc.Evidence
	for _, e := range p.evidence {
		if e.Step == p.attempt.Step && e.Try == p.attempt.Try && e.Derived == derived {
			rows = append(rows, e)
		}
	}
	return rows
}

// address of a picture by the contract, section 4: small or full.
func (p pages) address(e *kyc.Evidence, full bool) string {
	image := fmt.Sprintf("%d_%s", e.Try, e.Name)
	if full {
		return fmt.Sprintf("/images/kycfull/%s/%s/%s/%s_%d_%s.jpg", p.session.AccountID, p.session.CreatedAt.UTC().Format("2006/01/02"),
			p.session.ID, p.attempt.Type, p.attempt.Step, image)
	}
	return fmt.Sprintf("/images/kyc/%s/%s/%s_%d/%s.jpg", p.session.AccountID, p.session.ID, p.attempt.Type, p.attempt.Step, image)
}

func (p pages) uploads(full bool) []string {
	addresses := []string{}
	for _, e := range p.each(false) {
		addresses = append(addresses, p.address(e, full))
	}
	return addresses
}

func (p pages) cuts() []string {
	addresses := []string{}
	for _, e := range p.each(true) {
		addresses = append(addresses, p.address(e, false))
	}
	return addresses
}

func (p pages) cut(name string) string {
	for _, e := range p.each(true) {
		if e.Name == name {
			return p.address(e, false)
		}
	}
	return ""
}

func (p pages) objects() []kyc.ImageObject {
	objects := []kyc.ImageObject{}
	for _, e := range p.each(true) {
		if strings.HasPrefix(e.Name, kyc.ProofPrefix) {
			continue // for operators only
		}
		objects = append(objects, kyc.ImageObject{Type: e.Name, Image: p.address(e, false)})
	}
	return objects
}
