// Package attacks measures liveness on an attack bench: it draws persons and
// those who attack in their name, posts their frames to the room that decides,
// and counts who passes.
//
// In come numbers of seeds, or recordings of one's own with labels (Recorded);
// out comes a Report: APCER of each species of attack, BPCER of honest sessions
// (ISO/IEC 30107-3's words for how often attacks pass and honest people do not),
// per layer and all layers together, with Wilson's 95 % intervals, as text, as
// JSON and as one HTML page. It can fail only when the engine does, when a
// recording cannot be read, or when its time ends.
//
// Everybody on the bench is drawn, and so is every camera, screen and sheet of
// paper. docs/liveness.md says what that can show and what it cannot.
//
// A layer is a code of the finding: it refused, or it did not.
package attacks
