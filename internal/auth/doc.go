// Package auth knows who asks: people with passwords, their signed-in browsers
// and temporary tokens (JWT), and permanent API tokens.
//
// In come credentials, out go principals with their permissions. Every failure
// to prove who one is gives the same answer in about the same time (S15).
// Passwords are stored as argon2id, tokens and cookies only as SHA-256, so that
// a stolen database opens nothing. Disabling a person takes effect at the next
// request (S11), since every credential is checked against the stored row.
package auth
