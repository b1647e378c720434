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

// The names under which bands of prints are blinded begin so: each band has its
// own, so that equal bits at other places are nothing in common.
const (
	fieldFrame = "frame print "
	fieldWhole = "whole print "
)

const (
	rowsOfBand    = 64 // the newest frames with one band that are looked at, however many there are
	mostSightings = 3  // sessions that a recording is told to have been seen in
)

// settingFrames names the setting that holds the key by which frames are
// recognised in sessions of other accounts, wrapped by the master key as that of
// an account is.
const settingFrames = "store.frames"

// drawFrameKey makes that key when there is none yet.
func (s *Store) drawFrameKey(ctx context.Context, tx kyc.Tx) error {
	if err := s.Lock(ctx, tx, settingFrames); err != nil { // or two nodes that start would draw one each
		return err
	}
	_, err := s.Setting(ctx, tx, settingFrames)
	if kyc.KindOf(err) != kyc.NotFound {
		return err
	}
	key, err := s.keys.NewAccountKey(settingFrames)
	if err != nil {
		return err
	}
	return s.PutSetting(ctx, tx, settingFrames, key)
}

func (s *Store) frameKey(ctx context.Context, u *unit) (kyc.KeyRef, error) {
	key, err := s.Setting(ctx, u, settingFrames)
	return kyc.KeyRef{AccountID: settingFrames, AccountKey: key}, err
}

// AddFramePrints makes the pictures of an attempt recognisable. Nothing of a
// picture is kept: bands are blinded, so that nobody who has the database alone
// can hold a picture against it; once with the account's key, by which its own
// later sessions find them, and once with the installation's, for those of other
// accounts. Doing it twice changes nothing.
func (s *Store) AddFramePrints(ctx context.Context, tx kyc.Tx, r kyc.Recording, prints []kyc.FramePrint) error {
	u := use(tx)
	own, err := s.account(ctx, u, r.AccountID)
	if err != nil || len(prints) == 0 {
		return err
	}
	all, err := s.frameKey(ctx, u)
	if err != nil {
		return err
	}
	a := args{micro(r.SentAt), r.SessionID, r.Step, r.Try}
	var lines []string
	for i, p := range prints {
		frame := a.add(i)
		for _, ref := range []kyc.KeyRef{own, all} {
			bands, err := s.printed(ref, p)
			if err != nil {
				return err
			}
			for _, band := range slices.Concat(bands...) {
				lines = append(lines, "("+a.add(band)+", $1, $2, $3, $4, "+frame+")")
			}
		}
	}
	_, err = u.ExecContext(ctx, `INSERT INTO frame_prints (band, created_at, session_id, step, try, frame) VALUES `+strings.Join(lines, ", ")+
		` ON CONFLICT (band, created_at, session_id, step, try, frame) DO NOTHING`, a...)
	return taken(err, "")
}

// printed blinds what one picture is recognised by: the bands of each print.
func (s *Store) printed(ref kyc.KeyRef, p kyc.FramePrint) (all [][][]byte, err error) {
	face, err := s.bands(ref, fieldFrame, p.Face)
	if err != nil || p.Whole == nil {
		return [][][]byte{face}, err
	}
	whole, err := s.bands(ref, fieldWhole, *p.Whole)
	return [][][]byte{face, whole}, err
}

// bands blinds a print.
func (s *Store) bands(ref kyc.KeyRef, field string, p kyc.Print) (all [][]byte, err error) {
	for i, band := range p {
		index, err := s.blind(ref, fmt.Sprint(field, i), string(binary.BigEndian.AppendUint32(nil, band)))
		if err != nil {
			return nil, err
		}
		all = append(all, index[:termSize])
	}
	return all, nil
}

// FramesSeen tells which earlier sessions of the same account have pictures of an
// attempt, at most three, and what share of them the likest session of all other
// accounts has. What it costs follows from the attempt and not from how many
// sessions there are.
func (s *Store) FramesSeen(ctx context.Context, tx kyc.Tx, r kyc.Recording, frames []kyc.Glimpse) (seen kyc.Sightings, err error) {
	u := use(tx)
	own, err := s.knownAccount(ctx, u, r.AccountID)
	if err != nil || len(frames) == 0 {
		return seen, err
	}
	all, err := s.frameKey(ctx, u)
	if err != nil {
		return seen, err
	}
	here, elsewhere := tally{of: len(frames)}, tally{of: len(frames)}
	for _, f := range frames {
		looks, err := s.looks(own, all, f)
		if err != nil {
			return seen, err
		}
		like, err := s.framesLike(ctx, u, r, looks, f.Plain.Agreeing())
		if err != nil {
			return seen, err
		}
		here.count(like, func(l look) bool { return !l.elsewhere })
		elsewhere.count(like, func(l look) bool { return l.elsewhere })
	}
	ranked := here.ranked()
	seen.Sessions = ranked[:min(len(ranked), mostSightings)]
	if others := elsewhere.ranked(); len(others) > 0 {
		seen.Elsewhere = others[0].Sighted // and nothing of whose it is
	}
	return seen, nil
}

// look is one print that is looked for.
type look struct {
	bands     [][]byte
	mirrored  bool // left and right exchanged
	elsewhere bool // in other accounts, by the installation's key
}

// looks are all ways in which a picture may have been there before.
func (s *Store) looks(own, all kyc.KeyRef, f kyc.Glimpse) (looks []look, err error) {
	for _, l := range []struct {
		look
		ref kyc.KeyRef
		p   kyc.FramePrint
	}{
		{look{}, own, f.Plain}, {look{mirrored: true}, own, f.Mirrored},
		{look{elsewhere: true}, all, f.Plain}, {look{mirrored: true, elsewhere: true}, all, f.Mirrored},
	} {
		prints, err := s.printed(l.ref, l.p)
		if err != nil {
			return nil, err
		}
		for _, bands := range prints {
			one := l.look
			one.bands = bands
			looks = append(looks, one)
		}
	}
	return looks, nil
}

// likeFrame is a stored picture that agrees with one that is looked for.
type likeFrame struct {
	look
	sessionID string
	at        int64
}

// framesLike finds the earlier pictures of other sessions that share enough bands
// with a look. Each band is read from the index, its newest rows only.
func (s *Store) framesLike(ctx context.Context, u *unit, r kyc.Recording, looks []look, least int) ([]likeFrame, error) {
	query, a := framesQuery(r, looks, least)
	rows, err := u.QueryContext(ctx, query, a...)
	return collect(rows, err, func(r row) (l likeFrame, err error) {
		var number int
		if err = r.Scan(&number, &l.sessionID, &l.at); err == nil {
			l.look = looks[number]
		}
		return l, err
	})
}

// framesQuery counts by looks the bands that each earlier picture of another
// session has. What is found by the installation's key counts in other accounts
// only.
func framesQuery(r kyc.Recording, looks []look, least int) (string, args) {
	a := args{micro(r.SentAt), r.SessionID, r.AccountID, least}
	var branches, elsewhere []string
	for number, l := range looks {
		for _, band := range l.bands {
			branches = append(branches, fmt.Sprintf(`SELECT %d AS look, b.* FROM (SELECT session_id, created_at, step, try, frame FROM frame_prints
				WHERE band = %s AND created_at < $1 AND session_id <> $2 ORDER BY created_at DESC LIMIT %d) AS b`, number, a.add(band), rowsOfBand))
		}
		if l.elsewhere {
			elsewhere = append(elsewhere, fmt.Sprint(number))
		}
	}
	return `SELECT like_frames.look, like_frames.session_id, like_frames.created_at FROM (
			SELECT look, session_id, created_at FROM (` + strings.Join(branches, " UNION ALL ") + `) AS bands
			GROUP BY look, session_id, created_at, step, try, frame HAVING COUNT(*) >= $4
		) AS like_frames JOIN sessions ON sessions.id = like_frames.session_id
		WHERE like_frames.look NOT IN (` + strings.Join(elsewhere, ", ") + `) OR sessions.account_id <> $3`, a
}

// tally counts by session how many of so many pictures were seen.
type tally struct {
	of    int
	found map[string]*tallied
}

type tallied struct {
	kyc.Sighting
	since int64
}

// count adds one picture that was found like some earlier ones. It came mirrored
// to a session that has it in no other way.
func (t *tally) count(like []likeFrame, counts func(look) bool) {
	plain := map[string]bool{}
	for _, l := range like {
		if !counts(l.look) {
			continue
		}
		if t.found == nil {
			t.found = map[string]*tallied{}
		}
		one := t.found[l.sessionID]
		if one == nil {
			one = &tallied{kyc.Sighting{SessionID: l.sessionID, Sighted: kyc.Sighted{Of: t.of}}, l.at}
			t.found[l.sessionID] = one
		}
		one.since = min(one.since, l.at)
		plain[l.sessionID] = plain[l.sessionID] || !l.mirrored
	}
	for id, asItCame := range plain {
		one := t.found[id]
		one.Frames++
		if !asItCame {
			one.Mirrored++
		}
	}
}

// ranked are the sessions with most pictures first, of as many the earliest.
func (t *tally) ranked() (seen []kyc.Sighting) {
	all := make([]*tallied, 0, len(t.found))
	for _, one := range t.found {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *tallied) int {
		return cmp.Or(b.Frames-a.Frames, cmp.Compare(a.since, b.since), strings.Compare(a.SessionID, b.SessionID))
	})
	for _, one := range all {
		seen = append(seen, one.Sighting)
	}
	return seen
}
