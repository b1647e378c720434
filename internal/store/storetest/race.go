package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openkyc/openkyc/internal/kyc"
)

// crew is how many writers meet in a concurrent case.
const crew = 8

// together runs n writers at once and counts how many succeeded; the others
// must have failed with a conflict.
func (b *bench) together(n int, work func(ctx context.Context, tx kyc.Tx, i int) error) (won int) {
	b.t.Helper()
	var wg sync.WaitGroup
	outcome := make([]error, n)
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			ctx := context.Background()
			outcome[i] = b.Do(ctx, func(tx kyc.Tx) error { return work(ctx, tx, i) })
		})
	}
	close(start)
	wg.Wait()
	for _, err := range outcome {
		switch {
		case err == nil:
			won++
		case kyc.KindOf(err) != kyc.Conflict:
			b.t.Errorf("a writer failed with %v, want success or a conflict", err)
		}
	}
	return won
}

// concurrentSessions lets everybody update what everybody read: one wins.
// Then everybody retries until they have: no update is lost.
func concurrentSessions(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	won := b.together(crew, func(ctx context.Context, tx kyc.Tx, i int) error {
		mine := *v
		mine.Step = i
		return b.UpdateSession(ctx, tx, &mine)
	})
	same(t, "winners", won, 1)
	var wg sync.WaitGroup
	for range crew {
		wg.Go(func() { b.raise(v.ID) })
	}
	wg.Wait()
	b.view(func(ctx context.Context, tx kyc.Tx) error {
		got, err := b.Session(ctx, tx, v.ID)
		if err != nil {
			return err
		}
		same(t, "raised by all", len(got.Errors), crew)
		same(t, "lock", got.Lock, int64(2+crew))
		return nil
	})
}

// raise reads in one unit and writes in the next, as a request and a job do.
func (b *bench) raise(id string) {
	ctx := context.Background()
	for {
		var v *kyc.Session
		err := b.View(ctx, func(tx kyc.Tx) (err error) { v, err = b.Session(ctx, tx, id); return err })
		if err == nil {
			v.Errors = append(v.Errors, string(kyc.LowLight))
			err = b.Do(ctx, func(tx kyc.Tx) error { return b.UpdateSession(ctx, tx, v) })
		}
		if err == nil {
			return
		}
		if !errors.Is(err, kyc.ErrConflict) {
			b.t.Errorf("raise: %v", err)
			return
		}
	}
}

func concurrentAttempts(t *testing.T, b *bench) {
	v := b.stored("client-1", day(1))
	attempt := kyc.Attempt{SessionID: v.ID, Step: 0, Try: 1, Type: kyc.StepSelfie, Status: kyc.Idle}
	same(t, "openers", b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
		mine := attempt
		return b.PutAttempt(ctx, tx, &mine)
	}), 1)
	same(t, "senders", b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
		mine := attempt
		mine.Status = kyc.Processing
		return b.UpdateAttempt(ctx, tx, &mine, kyc.Idle)
	}), 1)
}

func concurrentClaims(t *testing.T, b *bench) {
	refused := kyc.Errorf(kyc.Conflict, "refused")
	claimed := func(ok bool, err error) error {
		if err == nil && !ok {
			return refused
		}
		return err
	}
	same(t, "first uses of an id", b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
		return claimed(b.ClaimKeyID(ctx, tx, b.scenario.ID, "jti", day(9)))
	}), 1)
	same(t, "predecessors of a block", b.together(crew, func(ctx context.Context, tx kyc.Tx, i int) error {
		return claimed(b.ClaimKeyBlocks(ctx, tx, b.scenario.ID, [][2][]byte{{[]byte("block"), []byte(fmt.Sprint(i))}}, "s"))
	}), 1)
}

func concurrentRevisions(t *testing.T, b *bench) {
	same(t, "editors of revision 1", b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
		mine := *b.scenario
		return b.SaveScenario(ctx, tx, &mine)
	}), 1)
	seen := make([]int, crew)
	same(t, "editors who do not ask", b.together(crew, func(ctx context.Context, tx kyc.Tx, i int) error {
		mine := *b.scenario
		mine.Revision = 0
		err := b.SaveScenario(ctx, tx, &mine)
		seen[i] = mine.Revision
		return err
	}), crew)
	numbers := map[int]bool{}
	for _, n := range seen {
		numbers[n] = true
	}
	same(t, "distinct revisions", len(numbers), crew)
}

// concurrentMakers makes what is not there: the first makes it, and the others,
// who waited for their turn, find it.
func concurrentMakers(t *testing.T, b *bench) {
	made := make([]bool, crew)
	same(t, "units", b.together(crew, func(ctx context.Context, tx kyc.Tx, i int) error {
		if err := b.Lock(ctx, tx, "first key"); err != nil {
			return err
		}
		_, err := b.Setting(ctx, tx, "first key")
		if made[i] = kyc.KindOf(err) == kyc.NotFound; made[i] {
			time.Sleep(30 * time.Millisecond) // all who are not kept waiting have read by then
			err = b.PutSetting(ctx, tx, "first key", []byte{byte(i)})
		}
		return err
	}), crew)
	makers := 0
	for _, m := range made {
		if m {
			makers++
		}
	}
	same(t, "makers", makers, 1)
}

func concurrentDeliveries(t *testing.T, b *bench) {
	d := b.delivery(b.stored("client-1", day(1)), 1)
	b.do(func(ctx context.Context, tx kyc.Tx) error { return b.CreateDelivery(ctx, tx, d) })
	same(t, "senders of try 1", b.together(crew, func(ctx context.Context, tx kyc.Tx, _ int) error {
		mine := *d
		mine.Attempts = 1
		if err := b.UpdateDelivery(ctx, tx, &mine, 0); err != nil {
			return err
		}
		return b.AddDeliveryAttempts(ctx, tx, kyc.DeliveryAttempt{DeliveryID: d.ID, Number: 1})
	}), 1)
}

// sessionModel drives one session by random readers and writers that hold
// copies of any age, against a model of one value and one counter: a write
// succeeds exactly when its copy is the newest, and what is read is what was
// written last.
func sessionModel(t *testing.T, b *bench) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		v := b.session(rapid.StringMatching(`[a-zа-я0-9]{1,36}`).Draw(rt, "client key"), day(1))
		b.create(v)
		stored := *v
		copies := []kyc.Session{*v}
		rt.Repeat(map[string]func(*rapid.T){
			"read": func(rt *rapid.T) {
				if len(copies) >= 5 {
					rt.Skip("enough copies")
				}
				if err := b.View(ctx, func(tx kyc.Tx) error {
					got, err := b.Session(ctx, tx, v.ID)
					if err == nil {
						same(rt, "read", got, &stored)
						copies = append(copies, *got)
					}
					return err
				}); err != nil {
					rt.Fatal(err)
				}
			},
			"write": func(rt *rapid.T) {
				i := rapid.IntRange(0, len(copies)-1).Draw(rt, "copy")
				mine := copies[i]
				mine.Step = rapid.IntRange(0, 9).Draw(rt, "step")
				mine.Status = rapid.SampledFrom(kyc.Statuses()).Draw(rt, "status")
				mine.ClientUser = rapid.StringN(0, 20, -1).Draw(rt, "client user")
				rollback := rapid.Bool().Draw(rt, "rollback")
				fresh := mine.Lock == stored.Lock
				err := b.Do(ctx, func(tx kyc.Tx) error {
					err := b.UpdateSession(ctx, tx, &mine)
					if err == nil && rollback {
						return context.Canceled
					}
					return err
				})
				switch {
				case !fresh && !errors.Is(err, kyc.ErrConflict):
					rt.Fatalf("a stale write gave %v", err)
				case fresh && !rollback && err != nil:
					rt.Fatal(err)
				case fresh && !rollback:
					stored, copies[i] = mine, mine
				}
			},
		})
	})
}
