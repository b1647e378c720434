package face

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// BenchmarkCalibration measures what kyc.BuiltinFaceCalibration rests on.
//
//	go test ./internal/face -run '^$' -bench Calibration -benchtime 1x
//
// The demo pictures name nobody, so only two kinds of pairs are certain:
// different faces of one photograph are different people, and a photograph
// under other light, size, compression and tilt shows the same one. Impostor
// pairs are taken under those conditions too, which makes them many but not
// independent.
func BenchmarkCalibration(b *testing.B) {
	var impostors, genuine []float64
	for range b.N {
		impostors, genuine = nil, nil
		for _, name := range []string{"sample1.jpg", "sample2.jpg", "sample3.jpg", "sample4.jpg", "sample5.jpg", "sample6.jpg"} {
			var people [][][]float32
			for _, photo := range portraits(b, name) {
				var person [][]float32
				for _, img := range append(worsened(b, photo), photo) {
					if v := vectorOf(b, img); v != nil {
						person = append(person, v)
					}
				}
				for _, v := range person[:len(person)-1] {
					genuine = append(genuine, distance(v, person[len(person)-1]))
				}
				for _, other := range people {
					impostors = append(impostors, distances(person, other)...)
				}
				people = append(people, person)
			}
		}
	}
	slices.Sort(impostors)
	slices.Sort(genuine)
	steepness, even := fitLogistic(genuine, impostors)
	edge := kyc.BuiltinFaceCalibration().DistanceOf(70)
	b.ReportMetric(float64(len(genuine)), "genuine-pairs")
	b.ReportMetric(float64(len(impostors)), "impostor-pairs")
	b.ReportMetric(impostors[0], "nearest-impostor")
	b.ReportMetric(impostors[len(impostors)/1000], "impostor-0.1%")
	b.ReportMetric(genuine[len(genuine)*95/100], "genuine-95%")
	b.ReportMetric(genuine[len(genuine)-1], "farthest-genuine")
	b.ReportMetric(steepness, "fitted-steepness")
	b.ReportMetric(even, "fitted-even")
	b.ReportMetric(100*share(impostors, edge), "FAR%-at-70%")
	b.ReportMetric(100*share(genuine, edge), "TAR%-at-70%")
}

func distances(some, others [][]float32) (all []float64) {
	for _, v := range some {
		for _, w := range others {
			all = append(all, distance(v, w))
		}
	}
	return all
}

// share of the sorted distances up to a limit.
func share(sorted []float64, limit float64) float64 {
	n, _ := slices.BinarySearch(sorted, limit)
	return float64(n) / float64(len(sorted))
}

func vectorOf(b *testing.B, img *image.RGBA) []float32 {
	room, ctx := newRoom(b), context.Background()
	found, err := room.find(ctx, img)
	if err != nil {
		b.Fatal(err)
	}
	chosen, ok := choose(found)
	if !ok {
		return nil
	}
	face, ok, err := room.describe(ctx, img, chosen)
	if err != nil {
		b.Fatal(err)
	}
	if !ok {
		return nil
	}
	return face.Vector
}

// worsened shows a photo as other cameras and other light would.
func worsened(b *testing.B, photo *image.RGBA) []*image.RGBA {
	random := rand.New(rand.NewPCG(5, 6))
	again := func(img *image.RGBA, quality int) *image.RGBA {
		out, err := vision.Decode(encode(b, img, quality).JPEG, vision.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		return out
	}
	small := func(side int) *image.RGBA {
		return again(vision.Resize(vision.Resize(photo, side, side), 480, 480), 60)
	}
	return []*image.RGBA{
		again(photo, 30), small(96), small(160), tilt(photo, 30, 10, 0.9, 0, 0), tilt(photo, -25, -10, 0.8, 0.05, 0),
		mapped(photo, func(r, g, b float64) (float64, float64, float64) { return r * .45, g * .45, b * .45 }),
		mapped(photo, func(r, g, b float64) (float64, float64, float64) { return 40 + r*.8, 40 + g*.8, 40 + b*.7 }),
		mapped(photo, func(r, g, b float64) (float64, float64, float64) {
			n := 14 * random.NormFloat64()
			return r + n, g + n, b + n
		}),
	}
}

// fitLogistic finds the curve 1/(1+exp(k(d−m))) of largest likelihood, each
// class weighing the same, by Newton's method; a little ridge keeps k finite
// when the classes do not overlap.
func fitLogistic(genuine, impostors []float64) (k, m float64) {
	const ridge = 1e-5
	slope, offset := 5.0, 2.5 // the exponent is slope·d − offset
	for range 200 {
		gs, g0 := -ridge*slope, 0.0
		hss, hs0, h00 := ridge, 0.0, 1e-9
		add := func(ds []float64, same float64) {
			for _, d := range ds {
				p := 1 / (1 + math.Exp(slope*d-offset))
				e, w := (p-same)/float64(len(ds)), p*(1-p)/float64(len(ds))
				gs, g0 = gs+e*d, g0-e
				hss, hs0, h00 = hss+w*d*d, hs0-w*d, h00+w
			}
		}
		add(genuine, 1)
		add(impostors, 0)
		det := hss*h00 - hs0*hs0
		slope += 0.5 * (gs*h00 - g0*hs0) / det
		offset += 0.5 * (g0*hss - gs*hs0) / det
	}
	return slope, offset / slope
}
