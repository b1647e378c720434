package document

import (
	"context"
	"image"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// ZoneSight is what the room makes of the zone on one picture, without the rest
// of the document.
type ZoneSight struct {
	Found    bool // a zone is there: read, or uncertain
	Accepted bool // read: every character is vouched for
	Mirrored bool // the picture shows it as a mirror does, so that nothing is given out
	Format   string
	Lines    []string
	Doubts   [][2]int // line and place of the uncertain characters, from 0
	Mean     float64  // how well the characters scored, 0 to 1
	Strips   []*image.RGBA
}

// ReadZone reads the zone alone, as Check does, for those who measure how well
// that goes. An error is the engine's.
func (r *Room) ReadZone(ctx context.Context, img *image.RGBA) (ZoneSight, error) {
	v := &view{img: img, quality: vision.Measure(img)}
	if err := r.search(ctx, []*view{v}); err != nil {
		return ZoneSight{}, err
	}
	s := v.sight
	out := ZoneSight{Mirrored: s.mirrored, Mean: s.mean()}
	if s.reading == nil {
		return out, nil
	}
	for _, l := range s.lines {
		out.Strips = append(out.Strips, crop(v.img, l, s.mirrored))
	}
	if s.mirrored || s.outcome == absent {
		return out, nil
	}
	out.Found, out.Accepted = true, s.outcome == read
	out.Format, out.Lines = s.reading.Zone.Format.Name, slices.Clone(s.reading.Zone.Lines)
	for _, d := range s.doubts {
		out.Doubts = append(out.Doubts, [2]int{d.line, d.at})
	}
	return out, nil
}

// noPortraits serves those who read zones only.
type noPortraits struct{}

func (noPortraits) Portrait(context.Context, *image.RGBA) (*kyc.Template, *kyc.Cut, error) {
	return nil, nil, nil
}

// NewZones is a room for ReadZone alone: it needs no finder of portraits.
func NewZones(models *vision.Runtime) (*Room, error) {
	return New(Deps{Vision: models, Portraits: noPortraits{}})
}
