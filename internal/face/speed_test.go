package face

import (
	"context"
	"image"
	"syscall"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// processorTime is what all threads have used so far; unlike the clock it says
// the same on a busy machine.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkStages times the steps of one picture and the room's calls.
func BenchmarkStages(b *testing.B) {
	room, ctx := newRoom(b), context.Background()
	photo := placed(portraits(b, "sample6.jpg")[0], 480, 80, 0, 640, 480)
	jpeg := encode(b, photo, 88).JPEG
	found, err := room.fast(ctx, photo, wholeOf(photo))
	if err != nil || len(found) != 1 {
		b.Fatalf("%d faces, %v", len(found), err)
	}
	page := specimen.Sample(specimen.TD3, 1, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	page.Portrait = photo
	shot := specimen.Scene{Seed: 1}.Photograph(page.Render()).Image
	turn := turner(b, portraits(b, "sample6.jpg")[0])
	moves := []kyc.Move{ahead, left, right, left}
	recording := film(b, moves, obey(moves), func(_ int, yaw float64) *image.RGBA { return turn(yaw) })
	for name, do := range map[string]func() error{
		"decode":    func() error { _, err := vision.Decode(jpeg, vision.Limits{}); return err },
		"detect":    func() error { _, err := room.fast(ctx, photo, wholeOf(photo)); return err },
		"mesh":      func() error { _, _, err := room.mesh(ctx, photo, found[0]); return err },
		"landmarks": func() error { _, err := room.landmarks(ctx, photo, found[0]); return err },
		"describe":  func() error { _, _, err := room.describe(ctx, photo, found[0]); return err },
		"look":      func() error { _, err := room.Look(ctx, jpeg); return err },
		"selfie": func() error {
			_, err := room.Selfie(ctx, kyc.SelfieInput{Picture: kyc.Picture{JPEG: jpeg}})
			return err
		},
		"portrait":    func() error { _, _, err := room.Portrait(ctx, shot); return err },
		"liveness-16": func() error { _, err := room.Liveness(ctx, recording); return err },
	} {
		b.Run(name, func(b *testing.B) {
			before := processorTime(b)
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}
