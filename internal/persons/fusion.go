package persons

import (
	"context"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Fuse makes one person of several of a list. The first stays: it keeps its
// fields and gets those that it has not, and the faces of the others, as long as
// there is room; the others are deleted.
func (r *Room) Fuse(ctx context.Context, p *kyc.Principal, listID string, ids []string) (*kyc.Person, error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	if n := len(unique(ids)); n < 2 || n != len(ids) || n > kyc.MaxPersonFaces {
		return nil, kyc.ErrInvalid("person_id: name 2 to 10 persons, each once; the first one stays")
	}
	people, err := r.fused(ctx, p, listID, ids)
	if err != nil {
		return nil, err
	}
	copies, err := r.copyPictures(ctx, people)
	if err != nil {
		return nil, err
	}
	var blobs []string
	err = r.Store.Do(ctx, func(tx kyc.Tx) error {
		for _, id := range unique(ids) {
			if err := r.Store.Lock(ctx, tx, "person/"+id); err != nil {
				return err
			}
		}
		blobs, err = r.fuse(ctx, tx, p, listID, ids, copies)
		return err
	})
	if err != nil {
		for _, c := range copies {
			blobs = append(blobs, c.BlobKey)
		}
		r.discard(ctx, blobs)
		return nil, err
	}
	r.discard(ctx, blobs)
	return r.Person(ctx, p, listID, ids[0], false)
}

// fused reads those who are to become one, in the order they were named.
func (r *Room) fused(ctx context.Context, p *kyc.Principal, listID string, ids []string) (people []*kyc.Person, err error) {
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if _, err := r.list(ctx, tx, p, listID); err != nil {
			return err
		}
		for _, id := range ids {
			person, err := r.person(ctx, tx, p, listID, id)
			if err != nil {
				return err
			}
			people = append(people, person)
		}
		return nil
	})
	return people, err
}

// copyPictures seals the pictures of all but the first under the first one's
// key, by the ids that they had.
func (r *Room) copyPictures(ctx context.Context, people []*kyc.Person) (map[string]*kyc.PersonPicture, error) {
	copies := map[string]*kyc.PersonPicture{}
	room := kyc.MaxPersonFaces - len(people[0].Pictures)
	for _, person := range people[1:] {
		for _, x := range person.Pictures {
			if len(copies) >= room {
				return copies, nil
			}
			jpeg, err := r.open(ctx, person, x)
			if err == nil {
				copies[x.ID], err = r.seal(ctx, people[0], x.SessionID, jpeg, x.Width, x.Height)
			}
			if err != nil {
				delete(copies, x.ID)
				for _, c := range copies {
					r.discard(ctx, []string{c.BlobKey})
				}
				return nil, err
			}
		}
	}
	return copies, nil
}

// fuse writes it, as everybody stands now; pictures that came since were not copied.
func (r *Room) fuse(ctx context.Context, tx kyc.Tx, p *kyc.Principal, listID string, ids []string, copies map[string]*kyc.PersonPicture) ([]string, error) {
	kept, err := r.person(ctx, tx, p, listID, ids[0])
	if err != nil {
		return nil, err
	}
	for _, id := range ids[1:] {
		other, err := r.person(ctx, tx, p, listID, id)
		if err != nil {
			return nil, err
		}
		for _, f := range other.Fields {
			if len(kept.Fields) < kyc.MaxPersonFields && !slices.ContainsFunc(kept.Fields, func(k kyc.PersonField) bool { return k.Name == f.Name }) {
				kept.Fields = append(kept.Fields, f)
			}
		}
		if err := r.adopt(ctx, tx, other, kept, copies); err != nil {
			return nil, err
		}
		if err := r.note(ctx, tx, other, "person.merged", actor(p), "into "+kept.ID); err != nil {
			return nil, err
		}
	}
	if err := r.Store.UpdatePerson(ctx, tx, kept); err != nil {
		return nil, err
	}
	if err := r.note(ctx, tx, kept, "person.merged", actor(p), ""); err != nil {
		return nil, err
	}
	return r.Store.DeletePersons(ctx, tx, ids[1:])
}

// adopt gives one person's faces and copied pictures to another.
func (r *Room) adopt(ctx context.Context, tx kyc.Tx, other, kept *kyc.Person, copies map[string]*kyc.PersonPicture) error {
	for _, x := range other.Pictures {
		if c := copies[x.ID]; c != nil {
			if err := r.Store.AddPersonPicture(ctx, tx, c); err != nil {
				return err
			}
		}
	}
	for _, f := range other.Faces {
		if len(kept.Faces) >= kyc.MaxPersonFaces {
			return nil
		}
		id, err := inner()
		if err != nil {
			return err
		}
		picture := ""
		if c := copies[f.PictureID]; c != nil {
			picture = c.ID
		}
		if err := r.Store.AdoptFace(ctx, tx, other, kept, f.ID, id, picture); err != nil {
			return err
		}
		kept.Faces = append(kept.Faces, f)
	}
	return nil
}
