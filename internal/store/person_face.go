package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// lockFaces orders the units that number faces: a number is drawn and committed
// before the next one is drawn, so that nobody who follows the numbers passes
// one by that commits late.
const lockFaces = "store.faces"

// storedFace is a template as it was sealed before 2026-11-26.
type storedFace struct {
	Vector []float32 `json:"vector"`
}

// inBytes marks a template that is written in bytes: four for each value, IEEE
// 754, little-endian. JSON, which begins with a brace, made up nine tenths of the
// time that an index took to load.
const inBytes = 1

func writeVector(v []float32) []byte {
	b := make([]byte, 1, 1+4*len(v))
	b[0] = inBytes
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func readVector(b []byte) ([]float32, error) {
	if len(b) == 0 || b[0] != inBytes {
		var stored storedFace
		err := json.Unmarshal(b, &stored)
		return stored.Vector, err
	}
	if b = b[1:]; len(b)%4 != 0 {
		return nil, errors.New("a template ends in the middle of a value")
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}

func facePlace(personID, id string) []byte { return place("person_faces", "template", personID, id) }

// AddPersonFace adds a template to a person and numbers it. Its id is new for
// each, and is what the template is sealed to.
func (s *Store) AddPersonFace(ctx context.Context, tx kyc.Tx, p *kyc.Person, f *kyc.PersonFace) error {
	index, err := s.blind(p.Key, fieldClientKey, f.ClientKey)
	if err != nil {
		return err
	}
	return s.addFace(ctx, use(tx), p, f, index)
}

func (s *Store) addFace(ctx context.Context, u *unit, p *kyc.Person, f *kyc.PersonFace, index []byte) error {
	f.PersonID, f.AccountID, f.ListID = p.ID, p.AccountID, p.ListID
	if f.CreatedAt.IsZero() {
		f.CreatedAt = u.now
	}
	if err := s.Lock(ctx, u, lockFaces); err != nil {
		return err
	}
	if len(p.Templates.SubjectKey) == 0 { // destroyed earlier; this one is of now
		var err error
		if p.Templates.SubjectKey, err = s.keys.NewSubjectKey(p.Templates); err != nil {
			return err
		}
		if err := one(u.ExecContext(ctx, `UPDATE persons SET template_key = $2 WHERE id = $1`, p.ID, p.Templates.SubjectKey)); err != nil {
			return err
		}
	}
	template, err := s.seal(p.Templates, writeVector(f.Vector), facePlace(p.ID, f.ID))
	if err != nil {
		return err
	}
	err = u.QueryRowContext(ctx, `INSERT INTO person_faces (id, account_id, list_id, person_id, picture_id, model, template, session_id, client_key_index, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING seq`,
		f.ID, f.AccountID, f.ListID, f.PersonID, f.PictureID, f.Model, template, f.SessionID, none(index), micro(f.CreatedAt)).Scan(&f.Number)
	if err := taken(err, "this face exists already"); err != nil {
		return err
	}
	return s.changed(ctx, u, kyc.ChangedPerson, f.AccountID, f.ListID)
}

// MovePersonFaces lets a person's faces follow into the list that the person is
// in by now: under new numbers, so that every node sees it.
func (s *Store) MovePersonFaces(ctx context.Context, tx kyc.Tx, p *kyc.Person) error {
	u := use(tx)
	if err := s.tombs(ctx, u, "person_id = $2", p.ID); err != nil {
		return err
	}
	rows, err := u.QueryContext(ctx, `DELETE FROM person_faces WHERE person_id = $1 RETURNING `+sealedFaceColumns, p.ID)
	all, err := collect(rows, err, scanSealedFace)
	if err != nil {
		return err
	}
	for _, f := range all {
		if _, err := u.ExecContext(ctx, `INSERT INTO person_faces (id, account_id, list_id, person_id, picture_id, model, template, session_id, client_key_index, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			f.ID, f.AccountID, p.ListID, f.PersonID, f.PictureID, f.Model, f.template, f.SessionID, none(f.index), micro(f.CreatedAt)); err != nil {
			return taken(err, "this face exists already")
		}
	}
	return s.changed(ctx, u, kyc.ChangedPerson, p.AccountID, p.ListID)
}

// AdoptFace gives a face of one person to another of the same account, under a
// new id and number. The first one's stays until that person is deleted.
func (s *Store) AdoptFace(ctx context.Context, tx kyc.Tx, from, to *kyc.Person, id, newID, pictureID string) error {
	f, err := scanSealedFace(use(tx).QueryRowContext(ctx, `SELECT `+sealedFaceColumns+` FROM person_faces WHERE id = $1 AND person_id = $2`, id, from.ID))
	if err != nil {
		return missing(err)
	}
	if err := s.openFace(from.Templates, f); err != nil {
		return err
	}
	adopted := f.PersonFace
	adopted.ID, adopted.PictureID = newID, pictureID
	return s.addFace(ctx, use(tx), to, &adopted, f.index)
}

// EraseTemplates destroys a person's templates and the key that opens them, in
// backups, too; pictures and fields stay.
func (s *Store) EraseTemplates(ctx context.Context, tx kyc.Tx, p *kyc.Person) error {
	u := use(tx)
	if err := s.removeFaces(ctx, u, []string{p.ID}); err != nil {
		return err
	}
	if err := one(u.ExecContext(ctx, `UPDATE persons SET template_key = $2, updated_at = $3 WHERE id = $1`, p.ID, []byte{}, micro(u.now))); err != nil {
		return err
	}
	p.Faces, p.Templates.SubjectKey = nil, nil
	return s.changed(ctx, u, kyc.ChangedPerson, p.AccountID, p.ListID)
}

// removeFaces removes the faces of persons and leaves word of their numbers.
func (s *Store) removeFaces(ctx context.Context, u *unit, personIDs []string) error {
	numbered := args{0} // the time of the tombs
	if err := s.tombs(ctx, u, `person_id IN (`+in(&numbered, personIDs)+`)`, numbered[1:]...); err != nil {
		return err
	}
	var a args
	_, err := u.ExecContext(ctx, `DELETE FROM person_faces WHERE person_id IN (`+in(&a, personIDs)+`)`, a...)
	return err
}

// tombs leaves word that faces are about to go, those of a condition whose
// arguments are numbered from 2.
func (s *Store) tombs(ctx context.Context, u *unit, where string, a ...any) error {
	if err := s.Lock(ctx, u, lockFaces); err != nil {
		return err
	}
	_, err := u.ExecContext(ctx, `INSERT INTO person_faces_gone (number, list_id, gone_at)
		SELECT seq, list_id, CAST($1 AS BIGINT) FROM person_faces WHERE `+where+` ORDER BY seq`, append([]any{micro(u.now)}, a...)...)
	return err
}

const sealedFaceColumns = `seq, id, account_id, list_id, person_id, picture_id, model, template, session_id, client_key_index, created_at`

type sealedFace struct {
	kyc.PersonFace
	template, index []byte
}

func scanSealedFace(r row) (*sealedFace, error) {
	f := &sealedFace{}
	return orNil(f, r.Scan(&f.Number, &f.ID, &f.AccountID, &f.ListID, &f.PersonID, &f.PictureID, &f.Model, &f.template, &f.SessionID, &f.index, clock{&f.CreatedAt}))
}

// FacesAfter reads faces behind a number in the order of their numbers, with
// the vectors of those that one model measured and that are in one of the lists
// (nil: in any); the others come without.
func (s *Store) FacesAfter(ctx context.Context, tx kyc.Tx, model string, lists []string, after int64, limit int) ([]*kyc.PersonFace, error) {
	type keyed struct {
		*sealedFace
		account, key []byte
	}
	rows, err := use(tx).QueryContext(ctx, `SELECT f.seq, f.id, f.account_id, f.list_id, f.person_id, f.model, f.template, p.template_key, a.key
		FROM person_faces f JOIN persons p ON p.id = f.person_id JOIN accounts a ON a.id = f.account_id WHERE f.seq > $1 ORDER BY f.seq LIMIT $2`, after, limit)
	all, err := collect(rows, err, func(r row) (keyed, error) {
		f := keyed{sealedFace: &sealedFace{}}
		err := r.Scan(&f.Number, &f.ID, &f.AccountID, &f.ListID, &f.PersonID, &f.Model, &f.template, &f.key, &f.account)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	faces := make([]*kyc.PersonFace, len(all))
	return faces, each(len(all), func(i int) error {
		f := all[i]
		faces[i] = &f.PersonFace
		if f.Model != model || lists != nil && !slices.Contains(lists, f.ListID) {
			return nil
		}
		p := &kyc.Person{ID: f.PersonID, AccountID: f.AccountID}
		personSubjects(p, f.account, nil, f.key)
		return s.openFace(p.Templates, f.sealedFace)
	})
}

func (s *Store) openFace(ref kyc.KeyRef, f *sealedFace) error {
	where := facePlace(f.PersonID, f.ID)
	plain, err := s.unseal(ref, f.template, where)
	if err != nil {
		return err
	}
	if f.Vector, err = readVector(plain); err != nil {
		return fmt.Errorf("read %s: %w", where, err)
	}
	return nil
}

// FacesGone reads what went behind a place, in order.
func (s *Store) FacesGone(ctx context.Context, tx kyc.Tx, after int64, limit int) ([]kyc.FaceGone, error) {
	rows, err := use(tx).QueryContext(ctx, `SELECT seq, number, list_id FROM person_faces_gone WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
	return collect(rows, err, func(r row) (g kyc.FaceGone, err error) {
		err = r.Scan(&g.Seq, &g.Number, &g.ListID)
		return g, err
	})
}

// LastFaceGone is the newest place of FacesGone, 0 when there is none.
func (s *Store) LastFaceGone(ctx context.Context, tx kyc.Tx) (place int64, err error) {
	err = use(tx).QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM person_faces_gone`).Scan(&place)
	return place, err
}

// ForgetFacesGone drops word of faces that went before a time, but for the newest.
func (s *Store) ForgetFacesGone(ctx context.Context, tx kyc.Tx, before time.Time) error {
	_, err := use(tx).ExecContext(ctx, `DELETE FROM person_faces_gone WHERE gone_at < $1 AND seq < (SELECT MAX(seq) FROM person_faces_gone)`, micro(before))
	return err
}

// OwnersOfFaces tells whose face a number is. Numbers that are no more are left out.
func (s *Store) OwnersOfFaces(ctx context.Context, tx kyc.Tx, numbers []int64) (map[int64]string, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	type owner struct {
		number int64
		person string
	}
	var a args
	rows, err := use(tx).QueryContext(ctx, `SELECT seq, person_id FROM person_faces WHERE seq IN (`+in(&a, numbers)+`)`, a...)
	all, err := collect(rows, err, func(r row) (o owner, err error) { err = r.Scan(&o.number, &o.person); return o, err })
	owners := make(map[int64]string, len(all))
	for _, o := range all {
		owners[o.number] = o.person
	}
	return owners, err
}

// ClientKeysKnown tells of a person whether faces of theirs came from sessions,
// and whether one of those had this client key.
func (s *Store) ClientKeysKnown(ctx context.Context, tx kyc.Tx, p *kyc.Person, clientKey string) (some, this bool, err error) {
	index, err := s.blind(p.Key, fieldClientKey, clientKey)
	if err != nil {
		return false, false, err
	}
	rows, err := use(tx).QueryContext(ctx, `SELECT client_key_index FROM person_faces WHERE person_id = $1 AND client_key_index IS NOT NULL`, p.ID)
	all, err := collect(rows, err, func(r row) (b []byte, err error) { err = r.Scan(&b); return b, err })
	for _, known := range all {
		some, this = true, this || bytes.Equal(known, index)
	}
	return some, this, err
}

// StaleFaces counts a list's faces that another model measured.
func (s *Store) StaleFaces(ctx context.Context, tx kyc.Tx, listID, model string) (n int, err error) {
	err = use(tx).QueryRowContext(ctx, `SELECT COUNT(*) FROM person_faces WHERE list_id = $1 AND model <> $2`, listID, model).Scan(&n)
	return n, err
}

// Vectors fills the vectors of persons' faces.
func (s *Store) Vectors(ctx context.Context, tx kyc.Tx, people []*kyc.Person) error {
	for _, p := range people {
		rows, err := use(tx).QueryContext(ctx, `SELECT `+sealedFaceColumns+` FROM person_faces WHERE person_id = $1 ORDER BY seq`, p.ID)
		all, err := collect(rows, err, scanSealedFace)
		if err != nil {
			return err
		}
		p.Faces = p.Faces[:0]
		for _, f := range all {
			if err := s.openFace(p.Templates, f); err != nil {
				return err
			}
			p.Faces = append(p.Faces, &f.PersonFace)
		}
	}
	return nil
}

// adorn reads the faces, without vectors, and the pictures of persons.
func (s *Store) adorn(ctx context.Context, u *unit, byID map[string]*kyc.Person) error {
	var a args
	ids := make([]string, 0, len(byID))
	for id := range byID {
		ids = append(ids, id)
	}
	these := `person_id IN (` + in(&a, ids) + `) ORDER BY seq`
	rows, err := u.QueryContext(ctx, `SELECT `+sealedFaceColumns+` FROM person_faces WHERE `+these, a...)
	faces, err := collect(rows, err, scanSealedFace)
	if err != nil {
		return err
	}
	for _, f := range faces {
		byID[f.PersonID].Faces = append(byID[f.PersonID].Faces, &f.PersonFace)
	}
	rows, err = u.QueryContext(ctx, `SELECT `+pictureColumns+` FROM person_pictures WHERE `+these, a...)
	pictures, err := collect(rows, err, scanPersonPicture)
	for _, x := range pictures {
		byID[x.PersonID].Pictures = append(byID[x.PersonID].Pictures, x)
	}
	return err
}

const pictureColumns = `id, person_id, session_id, blob_key, digest, size, width, height, created_at`

func scanPersonPicture(r row) (*kyc.PersonPicture, error) {
	x := &kyc.PersonPicture{}
	return orNil(x, r.Scan(&x.ID, &x.PersonID, &x.SessionID, &x.BlobKey, &x.Digest, &x.Size, &x.Width, &x.Height, clock{&x.CreatedAt}))
}

// AddPersonPicture adds the row of one stored picture.
func (s *Store) AddPersonPicture(ctx context.Context, tx kyc.Tx, x *kyc.PersonPicture) error {
	u := use(tx)
	if x.CreatedAt.IsZero() {
		x.CreatedAt = u.now
	}
	_, err := u.ExecContext(ctx, `INSERT INTO person_pictures (`+pictureColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		x.ID, x.PersonID, x.SessionID, x.BlobKey, x.Digest, x.Size, x.Width, x.Height, micro(x.CreatedAt))
	return taken(err, "this picture exists already")
}
