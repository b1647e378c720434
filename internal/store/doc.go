// Package store keeps what the rooms know in one SQL database: SQLite in a
// single file today, with one SQL text that is meant for PostgreSQL as well.
//
// In come units of work (Do, View) and, inside them, repository calls with the
// types of package kyc. Out go the same types and errors of kind NotFound and
// Conflict; anything else that fails is our fault and says nothing to callers
// outside. Personal data never reaches a column in clear: the store seals it
// under the session's own data keys (Keys) and finds it again by keyed blind
// indexes (S24, S25); face templates have a data key of their own (S26).
//
// SQLite has one writer, so Do serialises; state changes nevertheless compare
// and set, because PostgreSQL does not serialise. Only app opens a store;
// rooms declare the interfaces that they need of it, and the queue shares the
// writer so that a row and its job commit together.
package store
