// Package mail sends plain messages to the people who work with an installation.
//
// In come addresses, a subject and a text; the message goes to the one mail
// server that the operator has named. What fails has a sentence that names no
// address and quotes no answer: mail servers repeat addresses in theirs. Rooms
// send through interfaces of their own; package app is who knows this one.
package mail
