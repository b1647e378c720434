package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// film makes prints that have nothing in common.
func film(from, n uint32) (all []kyc.FramePrint) {
	for i := from; i < from+n; i++ {
		all = append(all, kyc.FramePrint{Face: bandsOf(i)})
	}
	return all
}

// bandsOf makes a print that has nothing in common with those of other numbers.
func bandsOf(number uint32) (p kyc.Print) {
	for band := range p {
		p[band] = 1000*number + uint32(band) //nolint:gosec // below 8
	}
	return p
}

// single makes what one picture alone is recognised by.
func single(face, whole kyc.Print) []kyc.FramePrint {
	return []kyc.FramePrint{{Face: face, Whole: &whole}}
}

// changed is a print with so many other bands.
func changed(p kyc.Print, bands int) kyc.Print {
	for i := range bands {
		p[i] = ^p[i]
	}
	return p
}

// blurred changes so many bands of every print.
func blurred(prints []kyc.FramePrint, bands int) (all []kyc.FramePrint) {
	for _, p := range prints {
		p.Face = changed(p.Face, bands)
		all = append(all, p)
	}
	return all
}

// glimpses look for prints as they came; mirrored, as what was mirrored since.
func glimpses(prints []kyc.FramePrint, mirrored bool) (all []kyc.Glimpse) {
	for i, p := range prints {
		g := kyc.Glimpse{Plain: p, Mirrored: film(90_000+uint32(i), 1)[0]} //nolint:gosec // a few
		if p.Whole != nil {
			whole := bandsOf(91_000)
			g.Mirrored.Whole = &whole
		}
		if mirrored {
			g.Plain, g.Mirrored = g.Mirrored, g.Plain
		}
		all = append(all, g)
	}
	return all
}

// recorded keeps a recording of a new session of the account.
func (b *bench) recorded(at time.Time, prints []kyc.FramePrint) kyc.Recording {
	b.t.Helper()
	r := kyc.Recording{AccountID: b.account.ID, SessionID: b.stored("client", at).ID, Step: 1, Try: 1, SentAt: at}
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.AddFramePrints(ctx, tx, r, prints) })
	return r
}

// later names a recording of a new session that is sent at a time.
func (b *bench) later(at time.Time) kyc.Recording {
	b.t.Helper()
	return kyc.Recording{AccountID: b.account.ID, SessionID: b.stored("another", at).ID, Step: 1, Try: 1, SentAt: at}
}

func (b *bench) lookedFor(r kyc.Recording, frames []kyc.Glimpse) (seen kyc.Sightings) {
	b.t.Helper()
	b.view(func(ctx context.Context, tx kyc.Tx) (err error) {
		seen, err = b.FramesSeen(ctx, tx, r, frames)
		return err
	})
	return seen
}

func (b *bench) sightings(r kyc.Recording, prints []kyc.FramePrint) []kyc.Sighting {
	b.t.Helper()
	return b.lookedFor(r, glimpses(prints, false)).Sessions
}

// sighted tells of so many frames of a recording in a session.
func sighted(in kyc.Recording, frames, mirrored, of int) kyc.Sighting {
	return kyc.Sighting{SessionID: in.SessionID, Sighted: kyc.Sighted{Frames: frames, Mirrored: mirrored, Of: of}}
}

// framePrints: frames are seen again in later sessions of the same account, also
// when bands have changed, and go with their session.
func framePrints(t *testing.T, b *bench) {
	first := b.recorded(day(1), film(1, 6))
	later := b.later(day(3))

	same(t, "the same frames", b.sightings(later, film(1, 6)), []kyc.Sighting{sighted(first, 6, 0, 6)})
	same(t, "some of them, some twice, in another order", b.sightings(later, append(append(film(4, 2), film(5, 1)...), film(50, 1)...)), []kyc.Sighting{sighted(first, 3, 0, 4)})
	same(t, "five bands of eight are others", len(b.sightings(later, blurred(film(1, 6), 5))), 1)
	same(t, "six bands of eight are others", len(b.sightings(later, blurred(film(1, 6), 6))), 0)
	same(t, "no frames", len(b.sightings(later, nil)), 0)

	again := first
	again.Try, again.SentAt = 2, day(2)
	same(t, "the same session tries again", len(b.sightings(again, film(1, 6))), 0)
	sooner := later
	sooner.SentAt = day(1)
	same(t, "what was sent no earlier", len(b.sightings(sooner, film(1, 6))), 0)

	second := b.recorded(day(2), film(1, 9))
	same(t, "two sessions, most frames first", b.sightings(later, film(1, 9)), []kyc.Sighting{sighted(second, 9, 0, 9), sighted(first, 6, 0, 9)})
	same(t, "as many in both, the first one first", b.sightings(later, film(1, 2))[0].SessionID, first.SessionID)

	kept := func(of string) (n int) {
		b.do(func(ctx context.Context, tx kyc.Tx) error {
			return b.SQL(tx).QueryRowContext(ctx, `SELECT COUNT(*) FROM frame_prints WHERE session_id = $1`, of).Scan(&n)
		})
		return n
	}
	same(t, "rows of a recording", kept(first.SessionID), 6*8*2)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.AddFramePrints(ctx, tx, first, film(1, 6)) })
	same(t, "rows after it was kept twice", kept(first.SessionID), 6*8*2)
	b.do(func(ctx context.Context, tx kyc.Tx) error {
		_, err := b.SQL(tx).ExecContext(ctx, `DELETE FROM sessions WHERE id = $1`, first.SessionID)
		return err
	})
	same(t, "rows of an erased session", kept(first.SessionID), 0)
	same(t, "the erased session is seen no more", b.sightings(later, film(1, 6)), []kyc.Sighting{sighted(second, 6, 0, 6)})
}

// mirroredFrames: frames that somebody mirrored are told apart from those that came
// as they were; what is there in both ways was not mirrored.
func mirroredFrames(t *testing.T, b *bench) {
	first := b.recorded(day(1), film(1, 6))
	later := b.later(day(3))
	mixed := append(glimpses(film(1, 2), false), glimpses(film(3, 3), true)...)
	both := kyc.Glimpse{Plain: film(1, 1)[0], Mirrored: film(2, 1)[0]}
	same(t, "all mirrored", b.lookedFor(later, glimpses(film(1, 6), true)).Sessions, []kyc.Sighting{sighted(first, 6, 6, 6)})
	same(t, "some mirrored", b.lookedFor(later, mixed).Sessions, []kyc.Sighting{sighted(first, 5, 3, 5)})
	same(t, "both ways", b.lookedFor(later, []kyc.Glimpse{both}).Sessions, []kyc.Sighting{sighted(first, 1, 0, 1)})
}

// singlePictures: one picture is the same by more bands than a frame among many,
// of the face or of the whole of it, and a frame of a recording may be one.
func singlePictures(t *testing.T, b *bench) {
	first := b.recorded(day(1), single(bandsOf(1), bandsOf(2)))
	recording := b.recorded(day(1), film(10, 3))
	later := b.later(day(3))
	for what, c := range map[string]struct {
		picture []kyc.FramePrint
		in      []kyc.Sighting
	}{
		"the same":                       {single(bandsOf(1), bandsOf(2)), []kyc.Sighting{sighted(first, 1, 0, 1)}},
		"its face, two bands are others": {single(changed(bandsOf(1), 2), bandsOf(8)), []kyc.Sighting{sighted(first, 1, 0, 1)}},
		"its face, three":                {single(changed(bandsOf(1), 3), bandsOf(8)), nil},
		"all of it, two":                 {single(bandsOf(8), changed(bandsOf(2), 2)), []kyc.Sighting{sighted(first, 1, 0, 1)}},
		"three of both":                  {single(changed(bandsOf(1), 3), changed(bandsOf(2), 3)), nil},
		"the face is what all of it was": {single(bandsOf(2), bandsOf(1)), nil},
		"a frame of a recording":         {single(bandsOf(11), bandsOf(8)), []kyc.Sighting{sighted(recording, 1, 0, 1)}},
	} {
		same(t, what, b.sightings(later, c.picture), c.in)
	}
	same(t, "mirrored", b.lookedFor(later, glimpses(single(bandsOf(7), bandsOf(2)), true)).Sessions, []kyc.Sighting{sighted(first, 1, 1, 1)})
}

// framesElsewhere: another account learns what share of its frames was sent to the
// installation before, of the likest session, and not to whom or when; frames of its
// own account are no part of that, and erased ones are forgotten.
func framesElsewhere(t *testing.T, b *bench) {
	other := &bench{Store: b.Store, t: t}
	other.account, other.scenario = b.tenant("Other")
	theirs := other.recorded(day(1), film(1, 6))
	other.recorded(day(1), film(20, 2))
	other.recorded(day(4), film(30, 6))
	later := b.later(day(3))

	same(t, "their frames", b.lookedFor(later, glimpses(film(1, 6), false)), kyc.Sightings{Elsewhere: kyc.Sighted{Frames: 6, Of: 6}})
	same(t, "their frames, mirrored", b.lookedFor(later, glimpses(film(1, 6), true)), kyc.Sightings{Elsewhere: kyc.Sighted{Frames: 6, Mirrored: 6, Of: 6}})
	same(t, "the likest session counts", b.lookedFor(later, glimpses(append(film(4, 3), film(20, 2)...), false)).Elsewhere, kyc.Sighted{Frames: 3, Of: 5})
	same(t, "what they send later", b.lookedFor(later, glimpses(film(30, 6), false)), kyc.Sightings{})
	same(t, "their own session again", other.lookedFor(theirs, glimpses(film(1, 6), false)), kyc.Sightings{})
	ours := b.recorded(day(2), film(1, 4))
	same(t, "ours and theirs", b.lookedFor(later, glimpses(film(1, 6), false)), kyc.Sightings{Sessions: []kyc.Sighting{sighted(ours, 4, 0, 6)}, Elsewhere: kyc.Sighted{Frames: 6, Of: 6}})

	mine := b.recorded(day(2), film(40, 2))
	same(t, "ours alone", b.lookedFor(later, glimpses(film(40, 2), false)), kyc.Sightings{Sessions: []kyc.Sighting{sighted(mine, 2, 0, 2)}})

	apart := `SELECT COUNT(*) FROM frame_prints a JOIN frame_prints b ON a.band = b.band AND a.session_id < b.session_id`
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		var shared int
		err := b.SQL(tx).QueryRowContext(ctx, apart).Scan(&shared)
		same(t, "bands that two accounts share in the database: by the installation's key alone", shared, 4*8)
		return err
	})
	other.do(func(ctx context.Context, tx kyc.Tx) error {
		v, err := other.Session(ctx, tx, theirs.SessionID)
		if err == nil {
			_, err = other.EraseSession(ctx, tx, v)
		}
		return err
	})
	same(t, "theirs are erased", b.lookedFor(later, glimpses(film(5, 2), false)), kyc.Sightings{})
}

// framesOfMany: a frame that came a hundred times is looked up as one that came
// often, and is still seen.
func framesOfMany(t *testing.T, b *bench) {
	for range 12 {
		b.recorded(day(1), blurred(append(film(1, 1), append(film(1, 4), film(1, 4)...)...), 1))
	}
	later := b.later(day(3))
	seen := b.sightings(later, film(1, 4))
	same(t, "sessions told of", len(seen), 3)
	same(t, "frames of the first", seen[0].Frames, 4)
}
