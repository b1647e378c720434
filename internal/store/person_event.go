package store

import (
	"context"

	"github.com/openkyc/openkyc/internal/kyc"
)

// AddPersonEvent adds a line to what happened to lists and persons.
func (s *Store) AddPersonEvent(ctx context.Context, tx kyc.Tx, e kyc.PersonEvent) error {
	u := use(tx)
	if e.At.IsZero() {
		e.At = u.now
	}
	_, err := u.ExecContext(ctx, `INSERT INTO person_events (account_id, list_id, person_id, at, kind, actor, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.AccountID, e.ListID, e.PersonID, micro(e.At), e.Kind, e.Actor, e.Detail)
	return taken(err, "")
}

// PersonEvents reads what happened to a person, in the order it was written.
func (s *Store) PersonEvents(ctx context.Context, tx kyc.Tx, personID string) ([]kyc.PersonEvent, error) {
	rows, err := use(tx).QueryContext(ctx, `SELECT account_id, list_id, person_id, at, kind, actor, detail FROM person_events WHERE person_id = $1 ORDER BY seq`, personID)
	return collect(rows, err, func(r row) (e kyc.PersonEvent, err error) {
		err = r.Scan(&e.AccountID, &e.ListID, &e.PersonID, clock{&e.At}, &e.Kind, &e.Actor, &e.Detail)
		return e, err
	})
}

// AddFaceSearch adds a line to the history of searches.
func (s *Store) AddFaceSearch(ctx context.Context, tx kyc.Tx, f *kyc.FaceSearch) error {
	u := use(tx)
	if f.At.IsZero() {
		f.At = u.now
	}
	lists, err := list(f.Lists)
	if err != nil {
		return err
	}
	_, err = u.ExecContext(ctx, `INSERT INTO face_searches (id, account_id, at, actor, lists, probes, threshold, hits) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		f.ID, f.AccountID, micro(f.At), f.Actor, lists, f.Probes, f.Threshold, f.Hits)
	return taken(err, "this search exists already")
}

// FaceSearches reads a page of an account's history, the newest first, and the
// cursor of the next page, "" when this was the last.
func (s *Store) FaceSearches(ctx context.Context, tx kyc.Tx, accountID, cursor string, limit int) (page []kyc.FaceSearch, next string, err error) {
	var a args
	where := `account_id = ` + a.add(accountID)
	if cursor != "" {
		at, err := s.readPlace("searches/"+accountID, cursor)
		if err != nil {
			return nil, "", err
		}
		where += ` AND (at, id) < (` + a.add(at.Created) + `, ` + a.add(at.ID) + `)`
	}
	rows, err := use(tx).QueryContext(ctx, `SELECT id, account_id, at, actor, lists, probes, threshold, hits FROM face_searches
		WHERE `+where+` ORDER BY at DESC, id DESC LIMIT `+a.add(limit+1), a...)
	page, err = collect(rows, err, func(r row) (f kyc.FaceSearch, err error) {
		err = r.Scan(&f.ID, &f.AccountID, clock{&f.At}, &f.Actor, unlist{&f.Lists}, &f.Probes, &f.Threshold, &f.Hits)
		return f, err
	})
	if err == nil && len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next, err = s.writePlace("searches/"+accountID, rowPlace{micro(last.At), last.ID})
	}
	return page, next, err
}
