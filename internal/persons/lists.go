package persons

import (
	"context"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// CreateList makes a list, under an id of the caller's choice when one is given.
func (r *Room) CreateList(ctx context.Context, p *kyc.Principal, id, name string) (*kyc.FaceList, error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	if fault := kyc.ListNameFault(name); fault != "" {
		return nil, kyc.ErrInvalid(fault)
	}
	chosen := id != ""
	if chosen && !kyc.ValidID(id) {
		return nil, kyc.ErrInvalid("list_id: must be a UUID of version 1, or left out")
	}
	if !chosen {
		var err error
		if id, err = r.id(); err != nil {
			return nil, err
		}
	}
	l := &kyc.FaceList{ID: id, AccountID: p.AccountID, Name: name}
	return l, r.Store.Do(ctx, func(tx kyc.Tx) error {
		if err := r.Store.Lock(ctx, tx, "lists/"+p.AccountID); err != nil {
			return err
		}
		lists, err := r.Store.FaceLists(ctx, tx, p.AccountID)
		if err != nil {
			return err
		}
		if len(lists) >= kyc.MaxFaceLists {
			return kyc.Errorf(kyc.TooLarge, "an account has at most %d lists", kyc.MaxFaceLists)
		}
		if there, err := r.Store.FaceList(ctx, tx, id); err == nil && !sees(p, there.AccountID) {
			return kyc.ErrNotFound()
		} else if err == nil {
			return kyc.Errorf(kyc.Conflict, "a list with this id exists already")
		}
		if err := r.Store.CreateFaceList(ctx, tx, l); err != nil {
			return err
		}
		return r.noteList(ctx, tx, l, "list.created", p)
	})
}

func (r *Room) noteList(ctx context.Context, tx kyc.Tx, l *kyc.FaceList, kind string, p *kyc.Principal) error {
	return r.Store.AddPersonEvent(ctx, tx, kyc.PersonEvent{AccountID: l.AccountID, ListID: l.ID, Kind: kind, Actor: actor(p)})
}

// RenameList gives a list another name.
func (r *Room) RenameList(ctx context.Context, p *kyc.Principal, id, name string) (l *kyc.FaceList, err error) {
	if err := may(p, kyc.EditPersons); err != nil {
		return nil, err
	}
	if fault := kyc.ListNameFault(name); fault != "" {
		return nil, kyc.ErrInvalid(fault)
	}
	return l, r.Store.Do(ctx, func(tx kyc.Tx) error {
		if l, err = r.list(ctx, tx, p, id); err != nil {
			return err
		}
		l.Name = name
		if err := r.Store.RenameFaceList(ctx, tx, id, name); err != nil {
			return err
		}
		if err := r.Store.CountPersons(ctx, tx, l); err != nil {
			return err
		}
		return r.noteList(ctx, tx, l, "list.renamed", p)
	})
}

// DeleteList removes an empty list that no scenario names: sessions of one that
// does would look in a list that is not there.
func (r *Room) DeleteList(ctx context.Context, p *kyc.Principal, id string) error {
	if err := may(p, kyc.EditPersons); err != nil {
		return err
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		l, err := r.list(ctx, tx, p, id)
		if err != nil {
			return err
		}
		if err := r.Store.Lock(ctx, tx, "lists/"+l.AccountID); err != nil { // a scenario that is saved now waits
			return err
		}
		if err := r.unnamed(ctx, tx, l); err != nil {
			return err
		}
		if err := r.Store.DeleteFaceList(ctx, tx, id); err != nil {
			return err
		}
		return r.noteList(ctx, tx, l, "list.deleted", p)
	})
}

// Lists reads the lists of the principal's account, the oldest first.
func (r *Room) Lists(ctx context.Context, p *kyc.Principal) (all []*kyc.FaceList, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if all, err = r.Store.FaceLists(ctx, tx, p.AccountID); err != nil {
			return err
		}
		return r.Store.CountPersons(ctx, tx, all...)
	})
	return all, err
}

// List reads one list, and how many of its faces are not searched because
// another model measured them.
func (r *Room) List(ctx context.Context, p *kyc.Principal, id string) (l *kyc.FaceList, stale int, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, 0, err
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if l, err = r.list(ctx, tx, p, id); err != nil {
			return err
		}
		if err := r.Store.CountPersons(ctx, tx, l); err != nil {
			return err
		}
		stale, err = r.Store.StaleFaces(ctx, tx, id, r.Measurer.Model())
		return err
	})
	return l, stale, err
}

// RequireLists is kyc.Invalid when one of the lists is not of an account; for
// whoever refers to lists.
func (r *Room) RequireLists(ctx context.Context, tx kyc.Tx, accountID string, ids []string) error {
	for _, id := range ids {
		l, err := r.Store.FaceList(ctx, tx, id)
		if kyc.KindOf(err) == kyc.NotFound && err != nil || err == nil && l.AccountID != accountID {
			return kyc.ErrInvalid("faceLists: a list of this account with this id does not exist")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unnamed refuses what would take a list away from a scenario that names it.
func (r *Room) unnamed(ctx context.Context, tx kyc.Tx, l *kyc.FaceList) error {
	scenarios, err := r.Store.Scenarios(ctx, tx, l.AccountID)
	for _, s := range scenarios {
		if slices.Contains(s.FaceLists.Lists(), l.ID) {
			return kyc.Errorf(kyc.Conflict, "a scenario names this list: take it out of %q first", s.Name)
		}
	}
	return err
}
