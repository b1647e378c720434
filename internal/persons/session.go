package persons

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Recognise tells by a scan what is to be said of a session that is about to
// end, within its unit of work, by the rules of its scenario: in blacklists all
// of its faces count, in the list of clients the one that was seen best. What
// was added since the scan is looked through here. Until the unit ends nobody
// else recognises or enrols in that list, so that one face never becomes two
// persons. Without the scan of this very probe it is kyc.ErrUnscanned; fewer
// templates than one are an error: nothing can be said.
func (r *Room) Recognise(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe, scan *kyc.FaceScan) (*kyc.FacesSeen, error) {
	if len(in.Templates) == 0 {
		return nil, kyc.Errorf(kyc.Internal, "a session without a face cannot be looked for in lists")
	}
	if err := r.RequireLists(ctx, tx, in.AccountID, in.Rules.Lists()); err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "a list of the scenario is not there any more")
	}
	calibration, err := r.Store.FaceCalibration(ctx, tx)
	if err != nil {
		return nil, err
	}
	if !scan.Answers(in, calibration.DistanceOf(in.Rules.Threshold)) {
		return nil, kyc.ErrUnscanned
	}
	if in.Rules.AddTo != "" {
		if err := r.Store.Lock(ctx, tx, "clients/"+in.Rules.AddTo); err != nil {
			return nil, err
		}
	}
	near, err := r.upToDate(ctx, tx, scan)
	if err != nil {
		return nil, err
	}
	return r.judge(ctx, tx, in, near, calibration)
}

// judge says what the faces near a session's mean by the rules.
func (r *Room) judge(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe, near [][]kyc.FaceHit, calibration *kyc.FaceCalibration) (*kyc.FacesSeen, error) {
	seen := &kyc.FacesSeen{Measures: map[string]string{"faceLists.threshold": fmt.Sprintf("%g%%", in.Rules.Threshold)}}
	group := kyc.CheckGroup{Caption: kyc.GroupFaceLists}
	if len(in.Rules.Blacklists) > 0 {
		item, err := r.blacklisted(ctx, tx, in, near[:len(in.Templates)], calibration, seen)
		if err != nil {
			return nil, err
		}
		group.Items = append(group.Items, item)
	}
	if in.Rules.AddTo != "" {
		items, err := r.known(ctx, tx, in, near[len(near)-1], calibration, seen)
		if err != nil {
			return nil, err
		}
		group.Items = append(group.Items, items...)
	}
	if len(group.Items) > 0 {
		seen.Checks = []kyc.CheckGroup{group}
	}
	return seen, nil
}

func (r *Room) blacklisted(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe, near [][]kyc.FaceHit, calibration *kyc.FaceCalibration, seen *kyc.FacesSeen) (kyc.CheckItem, error) {
	var best *Hit
	for i, t := range in.Templates {
		found, err := r.who(ctx, tx, near[i], calibration, 1)
		if err != nil {
			return kyc.CheckItem{}, err
		}
		for _, hit := range found {
			seen.Measures["faceLists.blacklisted "+t.Label] = describeHit(hit)
			if best == nil || hit.Distance < best.Distance {
				best = &hit
			}
		}
	}
	if best == nil {
		return kyc.Passed(kyc.CheckBlacklisted, true), nil
	}
	seen.Errors = append(seen.Errors, kyc.FacesBlacklisted)
	return hitItem(kyc.CheckBlacklisted, *best), nil
}

// known finds out who of the list of clients this is, and whether they are
// known by other client keys alone.
func (r *Room) known(ctx context.Context, tx kyc.Tx, in kyc.FaceProbe, near []kyc.FaceHit, calibration *kyc.FaceCalibration, seen *kyc.FacesSeen) ([]kyc.CheckItem, error) {
	found, err := r.who(ctx, tx, near, calibration, MostHits)
	if err != nil {
		return nil, err
	}
	var stranger *Hit // the most alike who has other client keys alone
	for _, hit := range found {
		if seen.Person == "" {
			seen.Person = hit.Person.ID
			seen.Measures["faceLists.client"] = describeHit(hit)
		}
		some, this, err := r.Store.ClientKeysKnown(ctx, tx, hit.Person, in.ClientKey)
		if err != nil {
			return nil, err
		}
		if some && !this && stranger == nil {
			stranger = &hit
		}
	}
	switch {
	case in.Rules.Duplicates == kyc.DuplicatesIgnored:
		return nil, nil
	case stranger == nil:
		return []kyc.CheckItem{kyc.Passed(kyc.CheckDuplicate, true)}, nil
	}
	seen.Errors = append(seen.Errors, kyc.FacesDuplicate)
	seen.Measures["faceLists.duplicate"] = describeHit(*stranger)
	return []kyc.CheckItem{hitItem(kyc.CheckDuplicate, *stranger)}, nil
}

func hitItem(caption string, hit Hit) kyc.CheckItem {
	item := kyc.Passed(caption, false)
	confidence := hit.Percent / 100
	item.Confidence, item.Value = &confidence, fmt.Sprintf("%.0f%%", math.Floor(hit.Percent))
	return item
}

// describeHit says for operators who it was, by ids alone.
func describeHit(hit Hit) string {
	return fmt.Sprintf("person %s of list %s: %.1f%%, distance %.4f", hit.Person.ID, hit.Person.ListID, hit.Percent, hit.Distance)
}

// mostOwn is how many faces verified sessions add to one person: another
// client key is noted by its face, so there is room left for those.
const mostOwn = 5

// Enrol adds a verified client, in the unit of work of the verdict, and returns
// who it is by now. Of somebody who is known already it keeps another face
// while there are few, or when this client key is new.
func (r *Room) Enrol(ctx context.Context, tx kyc.Tx, in kyc.Enrolment) (string, error) {
	actor := "session " + in.SessionID
	face := &kyc.PersonFace{Model: in.Template.Model, Vector: in.Template.Vector, SessionID: in.SessionID, ClientKey: in.ClientKey}
	if in.Person == "" {
		id, err := r.id()
		if err != nil {
			return "", err
		}
		person := &kyc.Person{ID: id, AccountID: in.AccountID, ListID: in.ListID, Fields: in.Fields}
		if err := r.Store.NewPersonKeys(ctx, tx, person); err != nil {
			return "", err
		}
		if err := r.Store.CreatePerson(ctx, tx, person); err != nil {
			return "", err
		}
		if err := r.enrol(ctx, tx, person, face, in); err != nil {
			return "", err
		}
		return id, r.note(ctx, tx, person, "person.created", actor, "")
	}
	if err := r.Store.Lock(ctx, tx, "person/"+in.Person); err != nil {
		return "", err
	}
	person, err := r.Store.Person(ctx, tx, in.Person)
	if err != nil {
		return "", err
	}
	_, this, err := r.Store.ClientKeysKnown(ctx, tx, person, in.ClientKey)
	if err != nil {
		return "", err
	}
	if n := len(person.Faces); n < mostOwn || !this && n < kyc.MaxPersonFaces {
		if err := r.enrol(ctx, tx, person, face, in); err != nil {
			return "", err
		}
	}
	return person.ID, r.note(ctx, tx, person, "person.recognised", actor, "")
}

func (r *Room) enrol(ctx context.Context, tx kyc.Tx, person *kyc.Person, face *kyc.PersonFace, in kyc.Enrolment) error {
	var row *kyc.PersonPicture
	if in.Picture != nil {
		var err error
		if row, err = r.seal(ctx, person, in.SessionID, in.Picture.JPEG, in.Picture.Width, in.Picture.Height); err != nil {
			return err
		}
	}
	return r.addFace(ctx, tx, person, face, row)
}

// Forget removes the faces and pictures that persons of its account have from a
// session, within the unit of work that erases it; who has no others left is
// deleted, and nobody keeps a note of its client key unless they are known by it
// otherwise. It tells how many persons that were, and gives the keys of the
// pictures, which are to be removed once the unit has committed.
func (r *Room) Forget(ctx context.Context, tx kyc.Tx, s *kyc.Session, actor string) (persons int, blobs []string, err error) {
	ids, err := r.Store.PersonsOfSession(ctx, tx, s.AccountID, s.ID)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range ids { // in their order, as whoever locks several does
		if err := r.Store.Lock(ctx, tx, "person/"+id); err != nil {
			return 0, nil, err
		}
	}
	people, err := r.Store.PersonsByID(ctx, tx, ids)
	if err != nil {
		return 0, nil, err
	}
	for _, p := range people {
		keys, err := r.forget(ctx, tx, p, s, actor)
		if err != nil {
			return 0, nil, err
		}
		blobs = append(blobs, keys...)
	}
	return len(people), blobs, nil
}

func (r *Room) forget(ctx context.Context, tx kyc.Tx, p *kyc.Person, s *kyc.Session, actor string) ([]string, error) {
	others := slices.ContainsFunc(p.Faces, func(f *kyc.PersonFace) bool { return f.SessionID != s.ID }) ||
		slices.ContainsFunc(p.Pictures, func(x *kyc.PersonPicture) bool { return x.SessionID != s.ID })
	if !others {
		if err := r.note(ctx, tx, p, "person.deleted", actor, "session "+s.ID+" was erased"); err != nil {
			return nil, err
		}
		return r.Store.DeletePersons(ctx, tx, []string{p.ID})
	}
	if err := r.note(ctx, tx, p, "person.faces.erased", actor, "session "+s.ID+" was erased"); err != nil {
		return nil, err
	}
	blobs, err := r.Store.ForgetSessionFaces(ctx, tx, p, s.ID)
	if err != nil {
		return nil, err
	}
	return blobs, r.forgetKey(ctx, tx, p, s.ClientKey)
}

// forgetKey drops what is noted of a client key that a person is not known by any more.
func (r *Room) forgetKey(ctx context.Context, tx kyc.Tx, p *kyc.Person, clientKey string) error {
	_, known, err := r.Store.ClientKeysKnown(ctx, tx, p, clientKey)
	if err != nil || known || clientKey == "" {
		return err
	}
	fields := slices.DeleteFunc(slices.Clone(p.Fields), func(f kyc.PersonField) bool { return f.Value == clientKey })
	if len(fields) == len(p.Fields) {
		return nil
	}
	p.Fields = fields
	return r.Store.UpdatePerson(ctx, tx, p)
}
