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
	prints []kyc.Print
}

func (m memory) seen(_ context.Context, prints []kyc.Print) (all []kyc.Sighting, err error) {
	for _, earlier := range m {
		one := kyc.Sighting{SessionID: earlier.name, Of: len(prints)}
		for _, p := range prints {
			if slices.ContainsFunc(earlier.prints, p.Same) {
				one.Frames++
			}
		}
		if one.Frames > 0 {
			all = append(all, one)
		}
	}
	slices.SortStableFunc(all, func(a, b kyc.Sighting) int { return b.Frames - a.Frames })
	return all, nil
}
