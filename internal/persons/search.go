package persons

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits of a search.
const (
	MostProbes = 16  // faces looked for at once
	MostHits   = 100 // persons found for one face
)

// Question asks who somebody is.
type Question struct {
	Uploads   []kyc.Upload // pictures, each of one face
	Vectors   [][]float32
	Lists     []string // none: all of the account's
	Threshold float64  // percent; 0: kyc.DefaultFaceHit
	Top       bool     // the best hit alone
}

// Hit is a person who was found, by the face that is most alike.
type Hit struct {
	Person   *kyc.Person
	Percent  float64
	Distance float64
}

// Found are the hits for one face, the most alike first.
type Found struct {
	Hits []Hit
	Face []byte // JPEG of the face that was looked for, as it was measured; nil for a vector. Kept nowhere.
}

// Search looks for faces in lists and notes in the history that it did. It is
// exact: whoever is within the threshold is found, and a face of a list is
// within it or is not.
func (r *Room) Search(ctx context.Context, p *kyc.Principal, q Question) ([]Found, error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, err
	}
	if q.Threshold == 0 {
		q.Threshold = kyc.DefaultFaceHit
	}
	if faults := q.faults(); len(faults) > 0 {
		return nil, kyc.ErrInvalid(faults...)
	}
	if err := r.Store.View(ctx, func(tx kyc.Tx) (err error) { // before anything is computed
		q.Lists, err = r.searched(ctx, tx, p, q.Lists)
		return err
	}); err != nil {
		return nil, err
	}
	if err := r.Ready(ctx); err != nil {
		return nil, err
	}
	faces, err := r.measure(ctx, q.Uploads)
	if err != nil {
		return nil, err
	}
	vectors, err := r.given(q.Vectors)
	if err != nil {
		return nil, err
	}
	found, err := r.look(ctx, q, append(faces, vectors...))
	if err != nil {
		return nil, err
	}
	return found, r.remember(ctx, p, q, found)
}

// Doubles finds who else in a person's list looks like them, the most alike
// first: by all of their faces that are searched now. It is noted as a search.
func (r *Room) Doubles(ctx context.Context, p *kyc.Principal, id string) ([]Hit, error) {
	person, err := r.Person(ctx, p, "", id, true)
	if err != nil {
		return nil, err
	}
	q := Question{Lists: []string{person.ListID}}
	for _, f := range person.Faces {
		if f.Model == r.Measurer.Model() {
			q.Vectors = append(q.Vectors, f.Vector)
		}
	}
	if len(q.Vectors) == 0 {
		return nil, nil
	}
	found, err := r.Search(ctx, p, q)
	if err != nil {
		return nil, err
	}
	var others []Hit
	for _, f := range found {
		for _, hit := range f.Hits {
			i := slices.IndexFunc(others, func(o Hit) bool { return o.Person.ID == hit.Person.ID })
			switch {
			case hit.Person.ID == id:
			case i < 0:
				others = append(others, hit)
			case hit.Distance < others[i].Distance:
				others[i] = hit
			}
		}
	}
	slices.SortStableFunc(others, func(a, b Hit) int { return cmp.Compare(a.Distance, b.Distance) })
	return others, nil
}

func (q Question) faults() (faults []string) {
	switch n := len(q.Uploads) + len(q.Vectors); {
	case n == 0:
		faults = append(faults, "embeddings: send at least one, or a picture")
	case n > MostProbes:
		faults = append(faults, fmt.Sprintf("embeddings: at most %d at once", MostProbes))
	}
	if !(q.Threshold > 0 && q.Threshold <= 100) {
		faults = append(faults, "threshold: must be more than 0 and at most 100")
	}
	if len(q.Lists) > kyc.MaxFaceLists {
		faults = append(faults, "list_ids: too many")
	}
	return faults
}

// searched are the lists that a search goes through, all of them the principal's.
func (r *Room) searched(ctx context.Context, tx kyc.Tx, p *kyc.Principal, ids []string) ([]string, error) {
	if len(ids) > 0 {
		for _, id := range ids {
			if _, err := r.list(ctx, tx, p, id); err != nil {
				return nil, err
			}
		}
		return unique(ids), nil
	}
	lists, err := r.Store.FaceLists(ctx, tx, p.AccountID)
	for _, l := range lists {
		ids = append(ids, l.ID)
	}
	return ids, err
}

// look finds the persons whose faces are like those that were measured.
func (r *Room) look(ctx context.Context, q Question, faces []measured) ([]Found, error) {
	scan, err := r.scan(ctx, q.Threshold, func(within float64) (all []kyc.FaceQuery) {
		for _, f := range faces {
			all = append(all, kyc.FaceQuery{Vector: f.template.Vector, Lists: q.Lists, Within: within, Most: mostNear})
		}
		return all
	})
	if err != nil {
		return nil, err
	}
	most := MostHits
	if q.Top {
		most = 1
	}
	found := make([]Found, len(faces))
	for i, f := range faces {
		if f.chip != nil {
			found[i].Face = f.chip.JPEG
		}
	}
	return found, r.Store.View(ctx, func(tx kyc.Tx) error {
		calibration, err := r.Store.FaceCalibration(ctx, tx)
		for i, hits := range scan.Hits {
			if err == nil {
				found[i].Hits, err = r.who(ctx, tx, hits, calibration, most)
			}
		}
		return err
	})
}

// who turns numbers into persons, the nearest ones, each once, by the nearest
// face. Faces that went meanwhile are nobody's.
func (r *Room) who(ctx context.Context, tx kyc.Tx, hits []kyc.FaceHit, calibration *kyc.FaceCalibration, most int) ([]Hit, error) {
	numbers := make([]int64, len(hits))
	for i, h := range hits {
		numbers[i] = h.Number
	}
	owners, err := r.Store.OwnersOfFaces(ctx, tx, numbers)
	if err != nil {
		return nil, err
	}
	var ids []string
	nearest := map[string]float64{}
	for _, h := range hits { // nearest first
		id, there := owners[h.Number]
		if _, known := nearest[id]; !there || known || len(ids) == most {
			continue
		}
		nearest[id] = h.Distance
		ids = append(ids, id)
	}
	people, err := r.Store.PersonsByID(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	found := make([]Hit, 0, len(people))
	for _, id := range ids {
		i := slices.IndexFunc(people, func(p *kyc.Person) bool { return p.ID == id })
		if i >= 0 {
			found = append(found, Hit{Person: people[i], Distance: nearest[id], Percent: calibration.Percent(nearest[id])})
		}
	}
	return found, nil
}

// remember writes a search into the history. Neither the picture nor who was
// found is kept: the history says who looked, not at whom.
func (r *Room) remember(ctx context.Context, p *kyc.Principal, q Question, found []Found) error {
	id, err := r.id()
	if err != nil {
		return err
	}
	hits := 0
	for _, f := range found {
		hits += len(f.Hits)
	}
	return r.Store.Do(ctx, func(tx kyc.Tx) error {
		return r.Store.AddFaceSearch(ctx, tx, &kyc.FaceSearch{ID: id, AccountID: p.AccountID, Actor: actor(p), Lists: q.Lists, Probes: len(found), Threshold: q.Threshold, Hits: hits})
	})
}

// Searches reads a page of the history of the principal's account, newest first.
func (r *Room) Searches(ctx context.Context, p *kyc.Principal, cursor string, limit int) (page []kyc.FaceSearch, next string, err error) {
	if err := may(p, kyc.ViewPersons); err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > MostPersons {
		return nil, "", kyc.ErrInvalid("limit: must be 1 to 100")
	}
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		page, next, err = r.Store.FaceSearches(ctx, tx, p.AccountID, cursor, limit)
		return err
	})
	return page, next, err
}
