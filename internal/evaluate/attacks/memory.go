package attacks

import (
	"context"
	"slices"

	"github.com/openkyc/openkyc/internal/kyc"
)

// memory stands for what an installation has of earlier sessions: the prints of
// their frames. It compares each with each, which is what the store's index finds
// without doing so.
type memory []remembered

type remembered struct {
	name   string
	prints []kyc.FramePrint
}

func (m memory) seen(_ context.Context, frames []kyc.Glimpse) (all kyc.Sightings, err error) {
	for _, earlier := range m {
		one := kyc.Sighting{SessionID: earlier.name, Sighted: kyc.Sighted{Of: len(frames)}}
		for _, f := range frames {
			switch {
			case slices.ContainsFunc(earlier.prints, f.Plain.Same):
				one.Frames++
			case slices.ContainsFunc(earlier.prints, f.Mirrored.Same):
				one.Frames, one.Mirrored = one.Frames+1, one.Mirrored+1
			}
		}
		if one.Frames > 0 {
			all.Sessions = append(all.Sessions, one)
		}
	}
	slices.SortStableFunc(all.Sessions, func(a, b kyc.Sighting) int { return b.Frames - a.Frames })
	return all, nil
}
