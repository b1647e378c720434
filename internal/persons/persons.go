package persons

import (
	"context"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// NewPerson is somebody to be added to a list, with pictures, vectors, or both.
type NewPerson struct {
	ListID  string
	Fields  []kyc.PersonField
	Uploads []kyc.Upload
	Vectors [][]float32
}

// Create adds a person. Every picture must show one face; what is wrong with
// them is kyc.Invalid, a sentence each.
func (r *Room) Create(ctx context.Context, p *kyc.Principal, n NewPerson) (*kyc.Person, error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	faults := kyc.FieldFaults(n.Fields)
	switch faces := len(n.Uploads) + len(n.Vectors); {
	case faces == 0:
		faults = append(faults, "images: send at least one picture, or an embedding")
	case faces > kyc.MaxPersonFaces:
		faults = append(faults, "images: a person has at most 10 faces")
	}
	if len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	person := &kyc.Person{Fields: n.Fields}
	var err error
	if person.ID, err = r.id(); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error { // before anything is computed
		l, err := r.list(ctx, tx, p, n.ListID)
		if err != nil {
			return err
		}
		person.AccountID, person.ListID = l.AccountID, l.ID
		return r.Store.NewPersonKeys(ctx, tx, person)
	})
	if err != nil {
		return nil, err
	}
	faces, err := r.measure(ctx, n.Uploads)
	if err != nil {
		return nil, err
	}
	vectors, err := r.given(n.Vectors)
	if err != nil {
		return nil, err
	}
	return person, r.keep(ctx, person, append(faces, vectors...), actor(p))
}

// keep writes a new person whose faces were measured.
func (r *Room) keep(ctx context.Context, person *kyc.Person, faces []measured, actor string) error {
	rows := make([]*kyc.PersonPicture, len(faces))
	var blobs []string
	for i, f := range faces {
		if f.chip == nil {
			continue
		}
		row, err := r.seal(ctx, person, "", f.chip.JPEG, f.chip.Width, f.chip.Height)
		if err != nil {
			r.discard(ctx, blobs)
			return err
		}
		rows[i], blobs = row, append(blobs, row.BlobKey)
	}
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		person.Faces, person.Pictures = nil, nil
		if err := r.Store.CreatePerson(ctx, tx, person); err != nil {
			return err
		}
		for i, f := range faces {
			if err := r.addFace(ctx, tx, person, &kyc.PersonFace{Model: f.template.Model, Vector: f.template.Vector}, rows[i]); err != nil {
				return err
			}
		}
		return r.note(ctx, tx, person, "person.created", actor, "")
	})
	if err != nil {
		r.discard(ctx, blobs)
	}
	return err
}

// addFace writes a face with the row of its picture, if it has one.
func (r *Room) addFace(ctx context.Context, tx kyc.Tx, person *kyc.Person, f *kyc.PersonFace, x *kyc.PersonPicture) (err error) {
	if f.ID, err = inner(); err != nil {
		return err
	}
	if x != nil {
		f.PictureID = x.ID
		if err := r.Store.AddPersonPicture(ctx, tx, x); err != nil {
			return err
		}
		person.Pictures = append(person.Pictures, x)
	}
	if err := r.Store.AddPersonFace(ctx, tx, person, f); err != nil {
		return err
	}
	person.Faces = append(person.Faces, f)
	return nil
}

// MostPersons is the largest page of a list.
const MostPersons = 100

// Persons reads a page of a list, the newest first, and the cursor of the next.
func (r *Room) Persons(ctx context.Context, p *kyc.Principal, listID, cursor string, limit int, vectors bool) (l *kyc.FaceList, page []*kyc.Person, next string, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, nil, "", err
	}
	if limit < 1 || limit > MostPersons {
		return nil, nil, "", kyc.ErrInvalid("limit: must be 1 to 100")
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if l, err = r.list(ctx, tx, p, listID); err != nil {
			return err
		}
		if err := r.Store.CountPersons(ctx, tx, l); err != nil {
			return err
		}
		if page, next, err = r.Store.Persons(ctx, tx, listID, cursor, limit); err != nil || !vectors {
			return err
		}
		return r.Store.Vectors(ctx, tx, page)
	})
	return l, page, next, err
}

// Person reads one person, of one list, or of any when that is "".
func (r *Room) Person(ctx context.Context, p *kyc.Principal, listID, id string, vectors bool) (person *kyc.Person, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if person, err = r.person(ctx, tx, p, listID, id); err != nil || !vectors {
			return err
		}
		return r.Store.Vectors(ctx, tx, []*kyc.Person{person})
	})
	return person, err
}

// Events reads what happened to a person.
func (r *Room) Events(ctx context.Context, p *kyc.Principal, id string) (events []kyc.PersonEvent, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if _, err := r.person(ctx, tx, p, "", id); err != nil {
			return err
		}
		events, err = r.Store.PersonEvents(ctx, tx, id)
		return err
	})
	return events, err
}

// PersonChange says what becomes of a person.
type PersonChange struct {
	Fields  []kyc.PersonField // nil: as they are
	NewList string            // "": where they are
}

// change runs work on one person that nobody else changes meanwhile.
func (r *Room) change(ctx context.Context, p *kyc.Principal, listID, id string, work func(tx kyc.Tx, person *kyc.Person) error) (person *kyc.Person, err error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	return person, r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.Store.Lock(ctx, tx, "person/"+id); err != nil {
			return err
		}
		if person, err = r.person(ctx, tx, p, listID, id); err != nil {
			return err
		}
		return work(tx, person)
	})
}

// Update changes fields and list.
func (r *Room) Update(ctx context.Context, p *kyc.Principal, listID, id string, c PersonChange) (*kyc.Person, error) {
	if faults := kyc.FieldFaults(c.Fields); len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	return r.change(ctx, p, listID, id, func(tx kyc.Tx, person *kyc.Person) error {
		if c.Fields != nil {
			person.Fields = c.Fields
			if err := r.note(ctx, tx, person, "person.updated", actor(p), ""); err != nil {
				return err
			}
		}
		if c.NewList == "" || c.NewList == person.ListID {
			return r.Store.UpdatePerson(ctx, tx, person)
		}
		to, err := r.list(ctx, tx, p, c.NewList)
		if err != nil || to.AccountID != person.AccountID {
			if err == nil {
				err = kyc.ErrNotFound()
			}
			return err
		}
		from := person.ListID
		person.ListID = to.ID
		if err := r.Store.UpdatePerson(ctx, tx, person); err != nil {
			return err
		}
		if err := r.Store.MovePersonFaces(ctx, tx, person); err != nil {
			return err
		}
		return r.note(ctx, tx, person, "person.moved", actor(p), "from "+from)
	})
}

// EraseTemplates destroys a person's face templates with their key: from then on
// nobody finds them by face. Pictures and fields stay (S26).
func (r *Room) EraseTemplates(ctx context.Context, p *kyc.Principal, listID, id string) (*kyc.Person, error) {
	return r.change(ctx, p, listID, id, func(tx kyc.Tx, person *kyc.Person) error {
		if err := r.Store.EraseTemplates(ctx, tx, person); err != nil {
			return err
		}
		return r.note(ctx, tx, person, "person.templates.erased", actor(p), "")
	})
}

// MostDeleted is how many persons one call may name.
const MostDeleted = 100

// Delete removes persons of a list with all that was kept of them. One that is
// not there fails the whole call.
func (r *Room) Delete(ctx context.Context, p *kyc.Principal, listID string, ids []string) (int, error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return 0, err
	}
	ids = unique(ids)
	if len(ids) == 0 || len(ids) > MostDeleted {
		return 0, kyc.ErrInvalid("person_id: name 1 to 100 persons")
	}
	var blobs []string
	err := r.Store.Do(ctx, func(tx kyc.Tx) error {
		if _, err := r.list(ctx, tx, p, listID); err != nil {
			return err
		}
		for _, id := range ids {
			person, err := r.person(ctx, tx, p, listID, id)
			if err != nil {
				return err
			}
			if err := r.note(ctx, tx, person, "person.deleted", actor(p), ""); err != nil {
				return err
			}
		}
		var err error
		blobs, err = r.Store.DeletePersons(ctx, tx, ids)
		return err
	})
	if err != nil {
		return 0, err
	}
	r.discard(ctx, blobs)
	return len(ids), nil
}

// unique sorts, so that two calls lock in one order, and leaves doubles out.
func unique(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }
