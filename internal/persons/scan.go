package persons

import (
	"cmp"
	"context"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// mostNear is how many faces are taken down for one that is looked for.
const mostNear = MostHits * kyc.MaxPersonFaces

// Scan looks for a session's faces in the lists of its rules, before the unit of
// work that ends it: a scan of a million templates would keep everybody else
// from writing. It waits for an index that is being loaded.
func (r *Room) Scan(ctx context.Context, in kyc.FaceProbe) (*kyc.FaceScan, error) {
	for _, t := range in.Templates {
		if t.Model != r.Measurer.Model() {
			return nil, kyc.Errorf(kyc.Internal, "a face was measured by another model than those that it is to be found among")
		}
	}
	if err := r.ready(ctx, scanWait); err != nil {
		return nil, err
	}
	scan, err := r.scan(ctx, in.Rules.Threshold, func(within float64) []kyc.FaceQuery { return in.Queries(within, mostNear) })
	scan.Probe = in
	return &scan, err
}

// scan looks for faces among all that were committed before it began.
func (r *Room) scan(ctx context.Context, threshold float64, queries func(within float64) []kyc.FaceQuery) (scan kyc.FaceScan, err error) {
	var faces Index
	err = r.Store.View(ctx, func(tx kyc.Tx) error {
		if faces, scan.Last, err = r.index.caughtUp(ctx, tx); err != nil {
			return err
		}
		calibration, err := r.Store.FaceCalibration(ctx, tx)
		if err == nil {
			scan.Within = calibration.DistanceOf(threshold)
		}
		return err
	})
	if err == nil {
		scan.Hits, err = searchAll(ctx, faces, queries(scan.Within))
	}
	return scan, err
}

func searchAll(ctx context.Context, faces Index, queries []kyc.FaceQuery) (hits [][]kyc.FaceHit, err error) {
	hits = make([][]kyc.FaceHit, len(queries))
	for i, q := range queries {
		if hits[i], err = faces.Search(ctx, q); err != nil {
			return nil, err
		}
	}
	return hits, nil
}

// upToDate adds to a scan's hits those among the faces that were committed since
// it began: they have higher numbers, and are few. Faces that went are still
// among the hits; nobody owns them any more.
func (r *Room) upToDate(ctx context.Context, tx kyc.Tx, scan *kyc.FaceScan) ([][]kyc.FaceHit, error) {
	newer, model, lists := r.NewIndex(), r.Measurer.Model(), scan.Probe.Rules.Lists()
	for after, more := scan.Last, true; more; {
		page, err := r.Store.FacesAfter(ctx, tx, model, lists, after, loadPage)
		if err != nil {
			return nil, err
		}
		for _, f := range page {
			if f.Vector != nil {
				r.put(ctx, newer, f)
			}
			after = f.Number
		}
		more = len(page) == loadPage
	}
	hits, err := searchAll(ctx, newer, scan.Probe.Queries(scan.Within, mostNear))
	for i := range hits {
		hits[i] = append(hits[i], scan.Hits[i]...)
		slices.SortStableFunc(hits[i], func(a, b kyc.FaceHit) int { return cmp.Compare(a.Distance, b.Distance) })
	}
	return hits, err
}
