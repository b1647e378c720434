package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Persons looks for a session's faces in lists, and adds verified clients to
// one. Scan takes long; Recognise wants its answer and is quick.
type Persons interface {
	Scan(ctx context.Context, in kyc.FaceProbe) (*kyc.FaceScan, error)
	Recognise(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe, scan *kyc.FaceScan) (*kyc.FacesSeen, error)
	Enrol(ctx context.Context, tx kyc.Tx, in kyc.Enrolment) (person string, err error)
}

// searchError tells that lists could not be searched. The run is tried again;
// the last one ends the session as an exception, never as passed (S46).
type searchError struct{ cause error }

func (e *searchError) Error() string { return "search lists of faces: " + e.cause.Error() }
func (e *searchError) Unwrap() error { return e.cause }

// unscanned tells that a unit of work came to the point where a session's faces
// are to be known, and had no scan of them.
type unscanned struct{ probe kyc.FaceProbe }

func (*unscanned) Error() string { return kyc.ErrUnscanned.Error() }
func (*unscanned) Unwrap() error { return kyc.ErrUnscanned } // nobody's fault, also for whoever counts faults

// mostScans is how often a session's end may be found to need another scan:
// faces and threshold change hardly ever between two.
const mostScans = 3

// moving runs a unit of work in which a session may end. Only in its middle is
// it known whether faces are to be looked for, and which; but a scan of all
// lists would keep everybody else from writing. So the unit is given up there
// and leaves no trace, the scan is made with no unit open, and the work is done
// again with its answer.
func (r *Room) moving(ctx context.Context, work func(tx kyc.Tx, scan *kyc.FaceScan) error) error {
	var scan *kyc.FaceScan
	for range mostScans {
		err := r.Store.Do(ctx, func(tx kyc.Tx) error { return work(tx, scan) })
		need := (*unscanned)(nil)
		if !errors.As(err, &need) {
			return err
		}
		if scan, err = r.Persons.Scan(ctx, need.probe); err != nil {
			return &searchError{err}
		}
	}
	return &searchError{kyc.ErrConflict}
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
	probe := kyc.FaceProbe{AccountID: s.AccountID, ClientKey: s.ClientKey, Templates: templates, Rules: rules}
	seen, err := r.Persons.Recognise(ctx, tx, probe, l.scan)
	switch {
	case errors.Is(err, kyc.ErrUnscanned):
		return "", &unscanned{probe}
	case err != nil:
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
