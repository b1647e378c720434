package store

import (
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/openkyc/openkyc/internal/kyc"
)

// The states of PostgreSQL that mean something to us.
const (
	stateForeignKey    = "23503"
	stateUnique        = "23505"
	stateNotText       = "22021" // a zero byte, or not UTF-8
	stateSerialisation = "40001"
	stateDeadlock      = "40P01"
	stateLockTimeout   = "55P03"
)

// missing turns "no rows" into the one answer for things that are not there.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return kyc.ErrNotFound()
	}
	return err
}

// taken turns a broken uniqueness rule into a conflict with a sentence, and a
// broken reference into the answer for things that are not there. On
// PostgreSQL the unit of work can then only be rolled back.
func taken(err error, sentence string) error {
	switch unique, reference := broken(err); {
	case unique:
		return kyc.Wrap(kyc.Conflict, err, "%s", sentence)
	case reference:
		return kyc.Wrap(kyc.NotFound, err, kyc.MessageNotFound)
	}
	return err
}

// broken tells which rule of the tables a statement would have broken.
func broken(err error) (unique, reference bool) {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		code := lite.Code()
		return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
			code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	state := stateOf(err)
	return state == stateUnique, state == stateForeignKey
}

// stateOf is the state that PostgreSQL gave with an error, "" for others.
func stateOf(err error) string {
	var fault *pgconn.PgError
	if errors.As(err, &fault) {
		return fault.Code
	}
	return ""
}

// judge names what a unit of work failed of where that is not our fault: two
// that were in each other's way, or a text that PostgreSQL cannot keep.
func judge(err error) error {
	var named *kyc.Error
	if err == nil || errors.As(err, &named) {
		return err
	}
	switch stateOf(err) {
	case stateSerialisation, stateDeadlock, stateLockTimeout:
		return &kyc.Error{Kind: kyc.Conflict, Message: kyc.ErrConflict.Message, Cause: errors.Join(kyc.ErrConflict, err)}
	case stateNotText:
		return kyc.Wrap(kyc.Invalid, err, "a text holds a character that cannot be kept: take zero bytes and broken UTF-8 out")
	}
	return err
}
