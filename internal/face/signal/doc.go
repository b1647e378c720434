// Package signal looks at how the frames of a liveness recording were captured
// and not at what they show: the grid of a screen or print, the rhythm of the
// frames, pictures that come back, sizes that change, and what the widget
// noticed of the device.
//
// In come decoded frames in order, with the face's place and the client's times
// (Examine), out comes a list of scores, each with a suspicion from 0 to 1, and
// one risk (Risk). Nothing can fail: what cannot be computed has no score.
//
// No score decides anything. Each can raise the risk to 0.4 at most, so that a
// limit of 0.5 or above always needs two that agree. Limits follow from drawn
// honest sessions of tuning seeds (docs/liveness.md): on real cameras they are a
// place to start from and no measured rate.
package signal
