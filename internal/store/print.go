package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/kyc"
)

// fieldFrame begins the names under which bands of prints are blinded: each band
// has its own, so that equal bits at other places are nothing in common.
const fieldFrame = "frame print "

const (
	rowsOfBand    = 64 // the newest frames with one band that are looked at, however many there are
	mostSightings = 3  // sessions that a recording is told to have been seen in
)

// AddFramePrints makes the frames of a recording recognisable. Nothing of a
// picture is kept: bands are blinded with the account's key, so that nobody who
// has the database alone can hold a picture against it. Doing it twice changes
// nothing.
func (s *Store) AddFramePrints(ctx context.Context, tx kyc.Tx, r kyc.Recording, prints []kyc.Print) error {
	u := use(tx)
	ref, err := s.account(ctx, u, r.AccountID)
	if err != nil || len(prints) == 0 {
		return err
	}
	a := args{micro(r.SentAt), r.SessionID, r.Step, r.Try}
	lines := make([]string, 0, len(prints)*len(prints[0]))
	for i, p := range prints {
		bands, err := s.bands(ref, p)
		if err != nil {
			return err
		}
		frame := a.add(i)
		for _, band := range bands {
			lines = append(lines, "("+a.add(band)+", $1, $2, $3, $4, "+frame+")")
		}
	}
	_, err = u.ExecContext(ctx, `INSERT INTO frame_prints (band, created_at, session_id, step, try, frame) VALUES `+strings.Join(lines, ", ")+
		` ON CONFLICT (band, created_at, session_id, step, try, frame) DO NOTHING`, a...)
	return taken(err, "")
}

// bands blinds a print.
func (s *Store) bands(ref kyc.KeyRef, p kyc.Print) (all [][]byte, err error) {
	for i, band := range p {
		index, err := s.blind(ref, fmt.Sprint(fieldFrame, i), string(binary.BigEndian.AppendUint32(nil, band)))
		if err != nil {
			return nil, err
		}
		all = append(all, index[:termSize])
	}
	return all, nil
}

// FramesSeen tells which earlier sessions of the same account have frames of a
// recording, those with most of them first, of as many the earliest; at most
// three. What it costs follows from the recording and not from how many there are.
func (s *Store) FramesSeen(ctx context.Context, tx kyc.Tx, r kyc.Recording, prints []kyc.Print) ([]kyc.Sighting, error) {
	u := use(tx)
	ref, err := s.knownAccount(ctx, u, r.AccountID)
	if err != nil {
		return nil, err
	}
	type session struct {
		kyc.Sighting
		since int64
	}
	found := map[string]*session{}
	for _, p := range prints {
		frames, err := s.framesLike(ctx, u, ref, r, p)
		if err != nil {
			return nil, err
		}
		counted := map[string]bool{}
		for _, f := range frames {
			one := found[f.sessionID]
			if one == nil {
				one = &session{kyc.Sighting{SessionID: f.sessionID, Of: len(prints)}, f.at}
				found[f.sessionID] = one
			}
			one.since = min(one.since, f.at)
			if !counted[f.sessionID] {
				counted[f.sessionID] = true
				one.Frames++
			}
		}
	}
	var all []*session
	for _, one := range found {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *session) int {
		return cmp.Or(b.Frames-a.Frames, cmp.Compare(a.since, b.since), strings.Compare(a.SessionID, b.SessionID))
	})
	var seen []kyc.Sighting
	for _, one := range all[:min(len(all), mostSightings)] {
		seen = append(seen, one.Sighting)
	}
	return seen, nil
}

// likeFrame is a stored frame that agrees with one that is looked for.
type likeFrame struct {
	sessionID string
	at        int64
}

// framesLike finds the earlier frames of other sessions that share enough bands
// with a print. Each band is read from the index, its newest rows only.
func (s *Store) framesLike(ctx context.Context, u *unit, ref kyc.KeyRef, r kyc.Recording, p kyc.Print) ([]likeFrame, error) {
	bands, err := s.bands(ref, p)
	if err != nil {
		return nil, err
	}
	query, a := framesQuery(r, bands)
	rows, err := u.QueryContext(ctx, query, a...)
	type counted struct {
		likeFrame
		bands int
	}
	all, err := collect(rows, err, func(r row) (c counted, err error) {
		err = r.Scan(&c.sessionID, &c.at, &c.bands)
		return c, err
	})
	var like []likeFrame
	for _, c := range all {
		if kyc.Agrees(c.bands) {
			like = append(like, c.likeFrame)
		}
	}
	return like, err
}

// framesQuery counts the bands that each earlier frame of another session has.
func framesQuery(r kyc.Recording, bands [][]byte) (string, args) {
	a := args{micro(r.SentAt), r.SessionID}
	branches := make([]string, len(bands))
	for i, band := range bands {
		branches[i] = fmt.Sprintf(`SELECT * FROM (SELECT session_id, created_at, step, try, frame FROM frame_prints
			WHERE band = %s AND created_at < $1 AND session_id <> $2 ORDER BY created_at DESC LIMIT %d) AS b%d`, a.add(band), rowsOfBand, i)
	}
	return `SELECT session_id, created_at, COUNT(*) FROM (` + strings.Join(branches, " UNION ALL ") + `) AS bands
		GROUP BY session_id, created_at, step, try, frame`, a
}
