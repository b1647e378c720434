package forgery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// storedQuality is that of pictures as the program stores them.
const storedQuality = 92

// exam is one picture with its scores.
type exam struct {
	label  string // Genuine, or the kind of forgery
	file   string // of one's own
	note   string
	scores []fraud.Score
	others []kyc.CheckItem
	took   time.Duration
}

// examine makes exhibits side by side and scores them, in the benches' order.
func examine(ctx context.Context, benches []specimen.Bench, workers int) ([]exam, error) {
	out, errs := make([]exam, len(benches)), make([]error, len(benches))
	if err := evaluate.Each(ctx, len(benches), workers, nil, func(i int) { out[i], errs[i] = one(ctx, benches[i]) }); err != nil {
		return nil, err
	}
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("seed %d, %q: %w", benches[i].Seed, benches[i].Trick, err)
		}
	}
	return out, nil
}

// one takes an exhibit the way of an upload and looks at it.
func one(ctx context.Context, b specimen.Bench) (exam, error) {
	x := b.Make()
	in, err := input(ctx, x, b.Seed)
	if err != nil {
		return exam{}, err
	}
	started := time.Now()
	label := string(b.Trick)
	if b.Trick == specimen.Honest {
		label = Genuine
	}
	return exam{label: label, scores: fraud.Examine(in), took: time.Since(started)}, nil
}

// input is what the reader would hand over. Where the page and its print stand is
// known here and not found, so it is made as uncertain as the reader's word is.
func input(ctx context.Context, x specimen.Exhibit, seed int64) (fraud.Input, error) {
	img, err := vision.DecodeContext(ctx, x.File, vision.Limits{})
	if err != nil {
		return fraud.Input{}, err
	}
	stored, err := vision.EncodeJPEG(img, storedQuality)
	if err != nil {
		return fraud.Input{}, err
	}
	if img, err = vision.DecodeContext(ctx, stored, vision.Limits{}); err != nil {
		return fraud.Input{}, err
	}
	rnd := rand.New(rand.NewPCG(uint64(seed), 0x6a697474))
	editor := fraud.Editor(vision.Writers(x.File))
	in := fraud.Input{Picture: img, Page: quad(x.Page), Editor: &editor}
	for i := range in.Page {
		in.Page[i] = in.Page[i].Add(vision.Point{X: rnd.NormFloat64(), Y: rnd.NormFloat64()}.Scale(0.0012 * quad(x.Page).Width()))
	}
	for _, p := range x.Places {
		switch {
		case p.Name == specimen.PlacePortrait:
			in.Face = face(quad(p.Corners), rnd)
		case p.Name != specimen.PlaceZone && p.Text != "":
			h := quad(p.Corners).Height()
			in.Values = append(in.Values, fraud.Value{Title: p.Name, Quad: quad(p.Corners).Grow(h*(0.1+0.15*rnd.Float64()), h*(0.05+0.1*rnd.Float64()))})
		}
	}
	return in, nil
}

// face is the box that a finder of faces puts around the features in a portrait.
func face(portrait vision.Quad, rnd *rand.Rand) vision.Quad {
	m := vision.Point{X: 0.5 + 0.02*rnd.NormFloat64(), Y: 0.54 + 0.02*rnd.NormFloat64()}
	w, h := 0.25*(1+0.05*rnd.NormFloat64()), 0.24*(1+0.05*rnd.NormFloat64())
	at := func(u, v float64) vision.Point {
		top := portrait[0].Add(portrait[1].Sub(portrait[0]).Scale(u))
		return top.Add(portrait[3].Sub(portrait[0]).Scale(v))
	}
	return vision.Quad{at(m.X-w, m.Y-h), at(m.X+w, m.Y-h), at(m.X+w, m.Y+h), at(m.X-w, m.Y+h)}
}

func quad(c [4]specimen.Point) vision.Quad {
	var q vision.Quad
	for i, p := range c {
		q[i] = vision.Point(p)
	}
	return q
}
