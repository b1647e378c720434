package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// BenchmarkFramesSeen looks one recording of 20 frames up among those of so many
// sessions, of which one has it. Nothing may follow from how many there are.
//
//	go test -run '^$' -bench FramesSeen -benchtime 50x ./internal/store
func BenchmarkFramesSeen(b *testing.B) {
	for _, sessions := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("%d sessions", sessions), func(b *testing.B) {
			s, later, prints := recordings(b, sessions)
			for b.Loop() {
				err := s.View(b.Context(), func(tx kyc.Tx) error {
					seen, err := s.FramesSeen(b.Context(), tx, later, prints)
					if err == nil && (len(seen.Sessions) != 1 || seen.Sessions[0].Frames != len(prints) || seen.Elsewhere.Frames != 0) {
						b.Errorf("seen in %+v", seen)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(sessions*20*2*8), "rows")
		})
	}
}

// recordings makes sessions of 20 random frames each, and gives the frames of one.
func recordings(b *testing.B, sessions int) (s *store.Store, later kyc.Recording, prints []kyc.Glimpse) {
	b.Helper()
	s = storetest.OpenFile(b, b.TempDir()+"/a.db", time.Now)
	rnd := rand.New(rand.NewPCG(1, 2))
	seedAll := func(work func(tx kyc.Tx) error) {
		if err := s.Do(b.Context(), work); err != nil {
			b.Fatal(err)
		}
	}
	seedAll(func(tx kyc.Tx) error { return seed(b.Context(), s, tx) })
	for from := 0; from < sessions; from += 100 {
		seedAll(func(tx kyc.Tx) error {
			for i := from; i < from+100; i++ {
				v := seedSession
				v.ID = fmt.Sprintf("recorded-%d", i)
				if err := s.CreateSession(b.Context(), tx, &v); err != nil {
					return err
				}
				film := make([]kyc.FramePrint, 20)
				for k := range film {
					for band := range film[k].Face {
						film[k].Face[band] = rnd.Uint32()
					}
					if i == sessions/2 {
						prints = append(prints, kyc.Glimpse{Plain: film[k], Mirrored: kyc.FramePrint{Face: kyc.Print{rnd.Uint32()}}})
					}
				}
				err := s.AddFramePrints(context.Background(), tx, kyc.Recording{AccountID: "account", SessionID: v.ID, Try: 1, SentAt: seedDay.Add(time.Duration(i) * time.Second)}, film)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return s, kyc.Recording{AccountID: "account", SessionID: "replayed", SentAt: seedDay.AddDate(1, 0, 0)}, prints
}
