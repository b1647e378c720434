package kyc

import (
	"errors"
	"fmt"
)

// Kind classifies an Error for machines; each door maps a kind to its own
// answer (HTTP status, screen of the widget, exit code).
type Kind string

// The kinds of error. Few and generic on purpose: what is special about a
// failure belongs into the sentence.
const (
	Invalid      Kind = "invalid"      // the caller sent something that cannot be right
	Unauthorised Kind = "unauthorised" // no credential, or a bad one
	Forbidden    Kind = "forbidden"    // a good credential that may not do this
	NotFound     Kind = "not_found"    // no such thing, or not yours: the same answer
	Conflict     Kind = "conflict"     // somebody else was faster, or the state does not allow it
	TooLarge     Kind = "too_large"    // over a limit of size or count
	TooMany      Kind = "too_many"     // over a limit of rate
	Gone         Kind = "gone"         // too late
	Internal     Kind = "internal"     // our fault
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{Invalid, Unauthorised, Forbidden, NotFound, Conflict, TooLarge, TooMany, Gone, Internal}
}

// Error is what leaves a room: a kind for machines, a safe sentence for people,
// and a cause that goes to the log and never leaves the process.
type Error struct {
	Kind    Kind
	Message string
	Details []string // one sentence a fault, for "invalid schema" answers
	Cause   error
}

// Error gives the log's view, cause included. Doors send Message alone.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return fmt.Sprintf("%s: %v", e.Message, e.Cause)
}

func (e *Error) Unwrap() error { return e.Cause }

// Errorf makes an Error without a cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error around a cause that only the log may see.
func Wrap(kind Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf tells the kind of any error; what is not an Error is Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// SafeMessage is the sentence that may be shown to whoever asked.
func SafeMessage(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Message
	}
	return "internal error"
}

// The sentences that the wire contract fixes.
const (
	MessageDecryption    = "Failed to perform asymmetric decryption!"
	MessageInvalidSchema = "invalid schema"
	MessageAccessDenied  = "access denied"
	MessageBadLogin      = "invalid user credentials"
	MessageNotFound      = "item with this id not found"
)

// ErrNotFound is the one answer for "does not exist" and "belongs to somebody else".
func ErrNotFound() *Error { return Errorf(NotFound, MessageNotFound) }

// ErrAccessDenied is the answer for a missing or bad credential.
func ErrAccessDenied() *Error { return Errorf(Unauthorised, MessageAccessDenied) }

// ErrInvalid is a request that fails validation, one sentence a fault.
func ErrInvalid(details ...string) *Error {
	return &Error{Kind: Invalid, Message: MessageInvalidSchema, Details: details}
}

// ErrConflict is returned by a compare-and-set that lost the race; the caller
// reads again and retries.
var ErrConflict = &Error{Kind: Conflict, Message: "changed by somebody else in the meantime"}
