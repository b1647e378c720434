package kyc

import "time"

// Print is what a picture, or a part of it, is recognised by in a later session:
// bands of 32 bits that stay as they are when it is compressed anew, scaled or
// cropped a little, most of them. It says how a face is held and lit, so it is kept
// as keyed indexes only, never in clear.
type Print [8]uint32

// common is how many bands of two prints are equal.
func (p Print) common(q Print) (n int) {
	for i := range p {
		if p[i] == q[i] {
			n++
		}
	}
	return n
}

// FramePrint is what one picture is recognised by.
type FramePrint struct {
	Face  Print  // of the square about the face
	Whole *Print // of all of it; nil for frames that nobody would take for a selfie, and for those that are looked for
}

// How many bands must be equal for two pictures to be one; docs/liveness.md has
// the figures behind them. Of a recording many frames are held against earlier
// ones; one picture alone has to be surer.
const (
	agreeingFrame   = 3
	agreeingPicture = 6
)

// Agreeing is how many bands of either print an earlier picture must share with
// this one to be the same.
func (p FramePrint) Agreeing() int {
	if p.Whole == nil {
		return agreeingFrame
	}
	return agreeingPicture
}

// Same tells whether an earlier picture is the same as this one.
func (p FramePrint) Same(earlier FramePrint) bool {
	return p.Face.common(earlier.Face) >= p.Agreeing() ||
		p.Whole != nil && earlier.Whole != nil && p.Whole.common(*earlier.Whole) >= p.Agreeing()
}

// Glimpse is a picture that is looked for among earlier ones: as it came, and
// with left and right exchanged.
type Glimpse struct{ Plain, Mirrored FramePrint }

// Recording names the pictures of one attempt.
type Recording struct {
	AccountID string
	SessionID string
	Step, Try int
	SentAt    time.Time
}

// Sighted tells how many pictures were sent to this installation before.
type Sighted struct {
	Frames   int `json:"frames"`             // how many
	Mirrored int `json:"mirrored,omitempty"` // of them: how many with left and right exchanged
	Of       int `json:"of"`                 // among how many that could be compared
}

// Share is the share of pictures that were seen.
func (s Sighted) Share() float64 { return float64(s.Frames) / float64(max(s.Of, 1)) }

// Sighting tells that pictures were in an earlier session of the same account.
type Sighting struct {
	SessionID string `json:"session"`
	Sighted
}

// Sightings are where pictures were before. Of other accounts nothing is told
// but the share that the likest of their sessions had.
type Sightings struct {
	Sessions  []Sighting // those with most of them first, of as many the earliest
	Elsewhere Sighted    // no pictures: in no other account
}
