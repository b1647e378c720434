package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// film makes prints that have nothing in common.
func film(from, n uint32) (all []kyc.Print) {
	for i := from; i < from+n; i++ {
		var p kyc.Print
		for band := range p {
			p[band] = 1000*i + uint32(band) //nolint:gosec // below 8
		}
		all = append(all, p)
	}
	return all
}

// blurred changes so many bands of every print.
func blurred(prints []kyc.Print, bands int) (all []kyc.Print) {
	for _, p := range prints {
		for i := range bands {
			p[i] = ^p[i]
		}
		all = append(all, p)
	}
	return all
}

// recorded keeps a recording of a new session of the account.
func (b *bench) recorded(at time.Time, prints []kyc.Print) kyc.Recording {
	b.t.Helper()
	r := kyc.Recording{AccountID: b.account.ID, SessionID: b.stored("client", at).ID, Step: 1, Try: 1, SentAt: at}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.AddFramePrints(ctx, tx, r, prints) })
	return r
}

func (b *bench) sightings(r kyc.Recording, prints []kyc.Print) (seen []kyc.Sighting) {
	b.t.Helper()
	b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		seen, err = b.FramesSeen(ctx, tx, r, prints)
		return err
	})
	return seen
}

// framePrints: frames are seen again in later sessions of the same account, also
// when bands have changed, and go with their session.
func framePrints(t *testing.T, b *bench) {
	first := b.recorded(day(1), film(1, 6))
	other := &bench{Store: b.Store, t: t}
	other.account, other.scenario = b.tenant("Other")
	other.recorded(day(1), film(20, 6))
	later := kyc.Recording{AccountID: b.account.ID, SessionID: b.stored("another", day(3)).ID, Step: 1, Try: 1, SentAt: day(3)}

	same(t, "the same frames", b.sightings(later, film(1, 6)), []kyc.Sighting{{SessionID: first.SessionID, Frames: 6, Of: 6}})
	same(t, "some of them, some twice, in another order", b.sightings(later, append(append(film(4, 2), film(5, 1)...), film(50, 1)...)), []kyc.Sighting{{SessionID: first.SessionID, Frames: 3, Of: 4}})
	same(t, "five bands of eight are others", len(b.sightings(later, blurred(film(1, 6), 5))), 1)
	same(t, "six bands of eight are others", len(b.sightings(later, blurred(film(1, 6), 6))), 0)
	same(t, "another account's frames", len(b.sightings(later, film(20, 6))), 0)
	same(t, "no frames", len(b.sightings(later, nil)), 0)

	again := first
	again.Try, again.SentAt = 2, day(2)
	same(t, "the same session tries again", len(b.sightings(again, film(1, 6))), 0)
	sooner := later
	sooner.SentAt = day(1)
	same(t, "what was sent no earlier", len(b.sightings(sooner, film(1, 6))), 0)

	second := b.recorded(day(2), film(1, 9))
	same(t, "two sessions, most frames first", b.sightings(later, film(1, 9)), []kyc.Sighting{{SessionID: second.SessionID, Frames: 9, Of: 9}, {SessionID: first.SessionID, Frames: 6, Of: 9}})
	same(t, "as many in both, the first one first", b.sightings(later, film(1, 2))[0].SessionID, first.SessionID)

	kept := func(of string) (n int) {
		b.do(func(ctx context.Context, tx kyc.Tx) error {
			return b.SQL(tx).QueryRowContext(ctx, `SELECT COUNT(*) FROM frame_prints WHERE session_id = $1`, of).Scan(&n)
		})
		return n
	}
	same(t, "rows of a recording", kept(first.SessionID), 6*8)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.AddFramePrints(ctx, tx, first, film(1, 6)) })
	same(t, "rows after it was kept twice", kept(first.SessionID), 6*8)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.SQL(tx).ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, first.SessionID)
		return err
	})
	same(t, "rows of an erased session", kept(first.SessionID), 0)
	same(t, "the erased session is seen no more", b.sightings(later, film(1, 6)), []kyc.Sighting{{SessionID: second.SessionID, Frames: 6, Of: 6}})
}

// framesOfMany: a frame that came a hundred times is looked up as one that came
// often, and is still seen.
func framesOfMany(t *testing.T, b *bench) {
	for range 12 {
		b.recorded(day(1), blurred(append(film(1, 1), append(film(1, 4), film(1, 4)...)...), 1))
	}
	later := kyc.Recording{AccountID: b.account.ID, SessionID: b.stored("another", day(3)).ID, Step: 1, Try: 1, SentAt: day(3)}
	seen := b.sightings(later, film(1, 4))
	same(t, "sessions told of", len(seen), 3)
	same(t, "frames of the first", seen[0].Frames, 4)
}
