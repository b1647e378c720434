package kyc

import "time"

// Print is what one frame is recognised by in a later session: bands of 32 bits
// that stay as they are when a picture is compressed anew, scaled or cropped a
// little, most of them. It says how a face is held and lit, so it is kept as keyed
// indexes only, never in clear.
type Print [8]uint32

// agreeing is how many bands of two prints must be equal for them to be of one
// frame; docs/liveness.md has the figures behind it.
const agreeing = 3

// Agrees tells whether two prints are of one frame by so many equal bands.
func Agrees(bands int) bool { return bands >= agreeing }

// Same tells whether two prints are of one and the same frame.
func (p Print) Same(q Print) bool {
	equal := 0
	for i := range p {
		if p[i] == q[i] {
			equal++
		}
	}
	return Agrees(equal)
}

// Recording names the frames of one attempt.
type Recording struct {
	AccountID string
	SessionID string
	Step, Try int
	SentAt    time.Time
}

// Sighting tells that frames of a recording were in an earlier session of the
// same account.
type Sighting struct {
	SessionID string `json:"session"`
	Frames    int    `json:"frames"` // how many
	Of        int    `json:"of"`     // among how many that could be compared
}

// Share is the share of frames that were seen.
func (s Sighting) Share() float64 { return float64(s.Frames) / float64(max(s.Of, 1)) }
