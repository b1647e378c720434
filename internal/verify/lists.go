package verify

import (
	"context"
	"fmt"
	"maps"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Persons looks for a session's faces in lists, and adds verified clients to one.
type Persons interface {
	Ready(ctx context.Context) error // waits a while until faces can be looked for
	Recognise(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe) (*kyc.FacesSeen, error)
	Enrol(ctx context.Context, tx kyc.Tx, in kyc.Enrolment) (person string, err error)
}

// searchError tells that lists could not be searched. The run is tried again;
// the last one ends the session as an exception, never as passed (S46).
type searchError struct{ cause error }

func (e *searchError) Error() string { return "search lists of faces: " + e.cause.Error() }
func (e *searchError) Unwrap() error { return e.cause }

// awaitLists waits for the index of faces before a unit of work begins, in which
// nobody may wait.
func (r *Room) awaitLists(ctx context.Context, l *loaded) error {
	if !l.scenario.FaceLists.Any() {
		return nil
	}
	if err := r.Persons.Ready(ctx); err != nil {
		return &searchError{err}
	}
	return nil
}

// recognise looks for the session's faces by the scenario's rules, and adds what
// comes out to the faces result.
func (r *Room) recognise(ctx context.Context, tx kyc.Tx, l *loaded, templates []kyc.Template) (kyc.Status, error) {
	s, rules := l.session, l.scenario.FaceLists
	if s.Faces == nil {
		s.Faces = &kyc.Finding{OCR: noOCR()}
	}
	if l.unsearched || len(templates) == 0 {
		code, status := kyc.FacesNothing, kyc.Failed
		if l.unsearched {
			code, status = kyc.InternalCheckError, kyc.Exception
		}
		s.Faces.Errors = append(s.Faces.Errors, code)
		s.Errors = addErrors(s.Errors, s.Faces.Errors)
		return status, nil
	}
	seen, err := r.Persons.Recognise(ctx, tx, kyc.FaceProbe{AccountID: s.AccountID, ClientKey: s.ClientKey, Templates: templates, Rules: rules})
	if err != nil {
		return kyc.Exception, &searchError{err}
	}
	s.Faces.Checks = append(s.Faces.Checks, seen.Checks...)
	s.Faces.Errors = append(s.Faces.Errors, seen.Errors...)
	if s.Faces.Measures == nil {
		s.Faces.Measures = map[string]string{}
	}
	maps.Copy(s.Faces.Measures, seen.Measures)
	if rules.AddTo != "" {
		isNew := seen.Person == ""
		s.ClientID, s.ClientNew = seen.Person, &isNew
	}
	s.Errors = addErrors(s.Errors, seen.Errors)
	return s.Faces.Verdict(l.scenario.SoftFor()), r.event(ctx, tx, s.ID, "faces.searched", "system", outcome(seen))
}

// outcome says in one line what was found, of whom nothing.
func outcome(seen *kyc.FacesSeen) string {
	text := "not known"
	if seen.Person != "" {
		text = "recognised"
	}
	for _, g := range seen.Checks {
		for _, item := range g.Items {
			text += fmt.Sprintf(", %s: %s", item.Caption, item.Status)
		}
	}
	return text
}

// enrol adds a verified client to the scenario's list; from then on the session
// has a clientId.
func (r *Room) enrol(ctx context.Context, tx kyc.Tx, l *loaded, templates []kyc.Template) error {
	s := l.session
	best := kyc.BestTemplate(templates)
	in := kyc.Enrolment{AccountID: s.AccountID, ListID: l.scenario.FaceLists.AddTo, Person: s.ClientID, SessionID: s.ID, ClientKey: s.ClientKey,
		Fields: l.clientFields(), Template: best}
	evidence, err := r.Store.Evidence(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	if row := thumbOf(l, evidence, best.Label); row != nil {
		picture, err := r.picture(ctx, s, row)
		if err != nil {
			return err
		}
		in.Picture = &picture
	}
	if s.ClientID, err = r.Persons.Enrol(ctx, tx, in); err != nil {
		return fmt.Errorf("add a verified client to a list: %w", err)
	}
	return r.event(ctx, tx, s.ID, "client.enrolled", "system", "")
}

// clientFields is what a list of clients notes of a new one.
func (l *loaded) clientFields() []kyc.PersonField {
	fields := []kyc.PersonField{{Name: "clientKey", Value: l.session.ClientKey}}
	for i := range l.scenario.Steps {
		a := l.ended(i)
		if a == nil || a.Type != kyc.StepDocument || !passed(a.Status) {
			continue
		}
		for _, title := range []string{"Surname", "Given name(s)", "Father's name", "Date of birth"} {
			for _, f := range a.Finding.OCR.Fields {
				if f.Title == title && !f.IsUnreadable && f.Value != "" {
					fields = append(fields, kyc.PersonField{Name: title, Value: f.Value})
					break
				}
			}
		}
		return fields
	}
	return fields
}
