// Package jobs is the durable queue: work that must happen although the
// process may die in between.
//
// In come jobs, inserted in the caller's own unit of work so that a row and the
// job that follows from it commit together or not at all; out go calls of the
// handlers that rooms registered. A job runs at least once: handlers make their
// effect and its mark in one unit of work, or can repeat it. A job that fails,
// panics or outlives its time is tried again with growing pauses; its last try
// is announced as such, so that a room can end the matter instead of losing
// it. What was running when a process was killed is taken up by the next one
// at once.
//
// Behind it stands River, which no other package knows. No truth is kept in a
// job row alone: rooms sweep for work whose job got lost. Only app opens a
// queue.
package jobs
