// Package face finds faces, tells whether two of them are one person's, and
// verifies on the server that a recording shows a living head that did what it
// was asked. It is called by verify (Selfie, Liveness, Match, Draw), by document
// (Portrait) and, for live hints, by capture (Look), all through app.
//
// In come re-encoded upright pictures (kyc.Picture), a decoded document page, or
// templates. Out come findings: codes of what is wrong with a picture, checks,
// templates (128 numbers a face) and cuts. Methods return an error only for our
// own failures; whatever is wrong with a picture is a code or a failed check.
//
// # The way of a picture
//
//  1. The small detector (BlazeFace, 256 pixels) looks at the whole picture; when
//     it sees nothing, again with a border of half a picture, then at overlapping
//     parts. The mesh network confirms each detection: on the demo pictures it
//     refused all 7 false ones beside 22 true ones and kept every true one. The
//     large detector (SSD) found no face there that this way misses, at ten times
//     the cost, and is not used.
//  2. The face is chosen by sureness first, then size.
//  3. 68 landmarks, looked for twice: the second time in the square that the
//     first look suggests, eyes level.
//  4. Eye corners and nose base are brought onto dlib's mean face by a similarity
//     (padding 0.25, 150 pixels), and the chip is embedded.
//
// # What the percentage means
//
// Distances between embeddings are Euclidean. A kyc.FaceCalibration maps them to
// percentages: the built-in one by 100 / (1 + exp(20 (d − 0.5124))). 70 %, the
// default threshold, lies at the distance 0.47, 50 % at 0.51, 90 % at 0.40; the
// curve falls strictly. The
// percentage orders pairs and is calibrated on pairs of equal prior; it is not
// the probability that a claim of identity is true.
//
// What it rests on: an earlier trial of the same network and the same chip on
// 122 labelled demo pictures of 29 people (240 genuine, 7,141 impostor pairs)
// measured a FAR of 0.1 % at 0.569 with 99.6 % true accepts. Those pictures are
// not part of the pinned packages. The pinned ones name nobody, so the committed
// command (see kyc.BuiltinFaceCalibration) knows impostors only as different faces of one
// photograph, and genuine pairs only as one photograph under other light, size,
// compression and tilt. It finds 0 false accepts in 2,349 impostor pairs (29
// pairs of people, 81 pairs of conditions each, hence not independent; 0.1 % lie
// below 0.505) and 168 of 168 true accepts at 70 %. The people are few, women,
// and of one circle of friends: harder than chance for impostors, and far from
// any population. True accepts of pictures taken years apart will be fewer.
// An installation should measure its own people before it trusts any of this:
// `openkyc evaluate faces` does, and writes a calibration that knows rates.
//
// # Liveness
//
// docs/liveness.md says what is decided, by which limits, what that stops, and
// what it does not.
//
// Angles: yaw is positive when the person turns to their own left, which is the
// picture's right; frames arrive un-mirrored.
package face
