package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/openkyc/openkyc/internal/kyc"
)

// CreateFaceList adds a list. An id that is taken is a kyc.Conflict.
func (s *Store) CreateFaceList(ctx context.Context, tx kyc.Tx, l *kyc.FaceList) error {
	u := use(tx)
	if l.CreatedAt.IsZero() {
		l.CreatedAt = u.now
	}
	_, err := u.ExecContext(ctx, `INSERT INTO face_lists (id, account_id, name, created_at) VALUES ($1, $2, $3, $4)`,
		l.ID, l.AccountID, l.Name, micro(l.CreatedAt))
	return taken(err, "a list with this id exists already")
}

// RenameFaceList gives a list another name.
func (s *Store) RenameFaceList(ctx context.Context, tx kyc.Tx, id, name string) error {
	return one(use(tx).ExecContext(ctx, `UPDATE face_lists SET name = $2 WHERE id = $1`, id, name))
}

// DeleteFaceList removes an empty list; one that holds persons is a kyc.Conflict.
func (s *Store) DeleteFaceList(ctx context.Context, tx kyc.Tx, id string) error {
	err := one(use(tx).ExecContext(ctx, `DELETE FROM face_lists WHERE id = $1`, id))
	if _, reference := broken(err); reference {
		return kyc.Wrap(kyc.Conflict, err, "this list is not empty: delete or move its persons first")
	}
	return err
}

const faceListQuery = `SELECT l.id, l.account_id, l.name, l.created_at FROM face_lists l `

func scanFaceList(r row) (*kyc.FaceList, error) {
	l := &kyc.FaceList{}
	return orNil(l, r.Scan(&l.ID, &l.AccountID, &l.Name, clock{&l.CreatedAt}))
}

// CountPersons fills the numbers of lists' persons, which takes the longer the
// more there are.
func (s *Store) CountPersons(ctx context.Context, tx kyc.Tx, lists ...*kyc.FaceList) error {
	if len(lists) == 0 {
		return nil
	}
	byID, ids := make(map[string]*kyc.FaceList, len(lists)), make([]string, len(lists))
	for i, l := range lists {
		l.Persons, byID[l.ID], ids[i] = 0, l, l.ID
	}
	type counted struct {
		list string
		n    int
	}
	var a args
	rows, err := use(tx).QueryContext(ctx, `SELECT list_id, COUNT(*) FROM persons WHERE list_id IN (`+in(&a, ids)+`) GROUP BY list_id`, a...)
	all, err := collect(rows, err, func(r row) (c counted, err error) { err = r.Scan(&c.list, &c.n); return c, err })
	for _, c := range all {
		byID[c.list].Persons = c.n
	}
	return err
}

// FaceList reads one list, its persons uncounted.
func (s *Store) FaceList(ctx context.Context, tx kyc.Tx, id string) (*kyc.FaceList, error) {
	l, err := scanFaceList(use(tx).QueryRowContext(ctx, faceListQuery+`WHERE l.id = $1`, id))
	return l, missing(err)
}

// FaceLists reads an account's lists, the oldest first, their persons uncounted.
func (s *Store) FaceLists(ctx context.Context, tx kyc.Tx, accountID string) ([]*kyc.FaceList, error) {
	rows, err := use(tx).QueryContext(ctx, faceListQuery+`WHERE l.account_id = $1 ORDER BY l.created_at, l.id`, accountID)
	return collect(rows, err, scanFaceList)
}

// personSubjects names the two data keys of a person.
func personSubjects(p *kyc.Person, accountKey, data, templates []byte) {
	p.Key = kyc.KeyRef{AccountID: p.AccountID, AccountKey: accountKey, SubjectID: "person/" + p.ID, SubjectKey: data}
	p.Templates = kyc.KeyRef{AccountID: p.AccountID, AccountKey: accountKey, SubjectID: templateSubject("person/" + p.ID), SubjectKey: templates}
}

// NewPersonKeys draws the data keys of a person who is to be created, so that
// pictures can be sealed before the row is there.
func (s *Store) NewPersonKeys(ctx context.Context, tx kyc.Tx, p *kyc.Person) error {
	account, err := s.account(ctx, use(tx), p.AccountID)
	if err != nil {
		return err
	}
	personSubjects(p, account.AccountKey, nil, nil)
	if p.Key.SubjectKey, err = s.keys.NewSubjectKey(p.Key); err != nil {
		return fmt.Errorf("draw a person's data key: %w", err)
	}
	if p.Templates.SubjectKey, err = s.keys.NewSubjectKey(p.Templates); err != nil {
		return fmt.Errorf("draw a person's template key: %w", err)
	}
	return nil
}

// CreatePerson adds a person whose keys are drawn; see NewPersonKeys.
func (s *Store) CreatePerson(ctx context.Context, tx kyc.Tx, p *kyc.Person) error {
	u := use(tx)
	if p.CreatedAt.IsZero() {
		p.CreatedAt = u.now
	}
	p.UpdatedAt = p.CreatedAt
	fields, err := s.sealJSON(p.Key, p.Fields, place("persons", "fields", p.ID))
	if err != nil {
		return err
	}
	_, err = u.ExecContext(ctx, `INSERT INTO persons (id, account_id, list_id, fields, subject_key, template_key, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
		p.ID, p.AccountID, p.ListID, fields, p.Key.SubjectKey, p.Templates.SubjectKey, micro(p.CreatedAt))
	if err := taken(err, "this person exists already"); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedPerson, p.AccountID, p.ListID)
}

// UpdatePerson writes a person's fields and list; see MovePersonFaces.
func (s *Store) UpdatePerson(ctx context.Context, tx kyc.Tx, p *kyc.Person) error {
	u := use(tx)
	fields, err := s.sealJSON(p.Key, p.Fields, place("persons", "fields", p.ID))
	if err != nil {
		return err
	}
	p.UpdatedAt = u.now
	err = one(u.ExecContext(ctx, `UPDATE persons SET list_id = $2, fields = $3, updated_at = $4 WHERE id = $1`, p.ID, p.ListID, fields, micro(p.UpdatedAt)))
	if err := taken(err, ""); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedPerson, p.AccountID, p.ListID)
}

// DeletePersons removes persons with their keys, faces and picture rows, and
// gives the keys of the pictures, which are to be removed once this has committed.
func (s *Store) DeletePersons(ctx context.Context, tx kyc.Tx, ids []string) (blobs []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	u := use(tx)
	if err := s.removeFaces(ctx, u, ids); err != nil {
		return nil, err
	}
	var a args
	these := `IN (` + in(&a, ids) + `)`
	rows, err := u.QueryContext(ctx, `DELETE FROM person_pictures WHERE person_id `+these+` RETURNING blob_key`, a...)
	if blobs, err = collect(rows, err, scanText); err != nil {
		return nil, err
	}
	type gone struct{ account, list string }
	rows, err = u.QueryContext(ctx, `DELETE FROM persons WHERE id `+these+` RETURNING account_id, list_id`, a...)
	all, err := collect(rows, err, func(r row) (g gone, err error) { err = r.Scan(&g.account, &g.list); return g, err })
	for _, g := range all {
		if err == nil {
			err = s.changed(ctx, u, kyc.ChangedPerson, g.account, g.list)
		}
	}
	return blobs, err
}

const personQuery = `SELECT p.id, p.account_id, p.list_id, p.fields, p.subject_key, p.template_key, p.created_at, p.updated_at, a.key
	FROM persons p JOIN accounts a ON a.id = p.account_id `

// Person reads one person with faces, without their vectors, and pictures.
func (s *Store) Person(ctx context.Context, tx kyc.Tx, id string) (*kyc.Person, error) {
	found, err := s.PersonsByID(ctx, tx, []string{id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, kyc.ErrNotFound()
	}
	return found[0], nil
}

// PersonsByID reads persons as Person does; ids that are not there are left out.
func (s *Store) PersonsByID(ctx context.Context, tx kyc.Tx, ids []string) ([]*kyc.Person, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var a args
	return s.persons(ctx, use(tx), `WHERE p.id IN (`+in(&a, ids)+`) ORDER BY p.created_at DESC, p.id DESC`, a...)
}

// Persons reads a page of a list, the newest first, and the cursor of the next
// page, "" when this was the last.
func (s *Store) Persons(ctx context.Context, tx kyc.Tx, listID, cursor string, limit int) (page []*kyc.Person, next string, err error) {
	var a args
	where := `WHERE p.list_id = ` + a.add(listID)
	if cursor != "" {
		at, err := s.readPlace("persons/"+listID, cursor)
		if err != nil {
			return nil, "", err
		}
		where += ` AND (p.created_at, p.id) < (` + a.add(at.Created) + `, ` + a.add(at.ID) + `)`
	}
	page, err = s.persons(ctx, use(tx), where+` ORDER BY p.created_at DESC, p.id DESC LIMIT `+a.add(limit+1), a...)
	if err == nil && len(page) > limit {
		page = page[:limit]
		last := page[limit-1]
		next, err = s.writePlace("persons/"+listID, rowPlace{micro(last.CreatedAt), last.ID})
	}
	return page, next, err
}

func (s *Store) persons(ctx context.Context, u *unit, where string, a ...any) ([]*kyc.Person, error) {
	type sealed struct {
		*kyc.Person
		fields []byte
	}
	rows, err := u.QueryContext(ctx, personQuery+where, a...)
	all, err := collect(rows, err, func(r row) (sealed, error) {
		p, v := &kyc.Person{}, sealed{}
		var accountKey, data, templates []byte
		err := r.Scan(&p.ID, &p.AccountID, &p.ListID, &v.fields, &data, &templates, clock{&p.CreatedAt}, clock{&p.UpdatedAt}, &accountKey)
		personSubjects(p, accountKey, data, templates)
		v.Person = p
		return v, err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	list, byID := make([]*kyc.Person, len(all)), make(map[string]*kyc.Person, len(all))
	for i, v := range all {
		list[i], byID[v.ID] = v.Person, v.Person
	}
	err = each(len(all), func(i int) error {
		return s.unsealJSON(list[i].Key, all[i].fields, &list[i].Fields, place("persons", "fields", list[i].ID))
	})
	if err != nil {
		return nil, err
	}
	return list, s.adorn(ctx, u, byID)
}

// rowPlace is where a list of rows continues.
type rowPlace struct {
	Created int64  `json:"c"`
	ID      string `json:"i"`
}

// writePlace makes the opaque text of a place, which continues that list and no other.
func (s *Store) writePlace(list string, at rowPlace) (string, error) {
	body, err := json.Marshal(at)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(s.placeCode(list, body), body...)), nil
}

func (s *Store) readPlace(list, cursor string) (at rowPlace, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) <= codeSize || !hmac.Equal(b[:codeSize], s.placeCode(list, b[codeSize:])) || json.Unmarshal(b[codeSize:], &at) != nil {
		return at, kyc.ErrInvalid("cursor: take it unchanged from the page before, of the same list, or leave it out to start again")
	}
	return at, nil
}

func (s *Store) placeCode(list string, body []byte) []byte {
	mac := hmac.New(sha256.New, s.cursor)
	mac.Write([]byte("place\x00" + list + "\x00"))
	mac.Write(body)
	return mac.Sum(nil)[:codeSize]
}
