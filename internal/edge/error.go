package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Envelope is the body of every error answer (wire contract, section 3).
type Envelope struct {
	Status    string   `json:"status"` // always "error"
	Message   string   `json:"message"`
	Code      kyc.Kind `json:"code"`
	RequestID string   `json:"requestId"`
	Details   []string `json:"details,omitempty"`
}

// HTTPStatus of a kind of error.
func HTTPStatus(kind kyc.Kind) int {
	switch kind {
	case kyc.Invalid:
		return http.StatusBadRequest
	case kyc.Unauthorised:
		return http.StatusUnauthorized
	case kyc.Forbidden:
		return http.StatusForbidden
	case kyc.NotFound:
		return http.StatusNotFound
	case kyc.Conflict:
		return http.StatusConflict
	case kyc.TooLarge:
		return http.StatusRequestEntityTooLarge
	case kyc.TooMany:
		return http.StatusTooManyRequests
	case kyc.Gone:
		return http.StatusGone
	case kyc.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// Describe turns any error into the status and the envelope that may leave the
// process. A body over its limit is recognised wherever it was noticed.
func Describe(ctx context.Context, err error) (int, Envelope) {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		err = kyc.Errorf(kyc.TooLarge, "the request is larger than %d bytes", over.Limit)
	}
	kind := kyc.KindOf(err)
	if v := visitOf(ctx); v.fault != nil {
		*v.fault = kind
	}
	body := Envelope{Status: "error", Message: kyc.SafeMessage(err), Code: kind, RequestID: RequestID(ctx)}
	var known *kyc.Error
	if kind != kyc.Internal && errors.As(err, &known) {
		body.Details = known.Details
	}
	return HTTPStatus(kind), body
}

// WriteError answers with the envelope. What is our fault goes to the log with
// its cause; the cause never reaches the answer.
func WriteError(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	status, body := Describe(r.Context(), err)
	if status == http.StatusInternalServerError && r.Context().Err() == nil {
		log.ErrorContext(r.Context(), "request failed", "requestId", body.RequestID, "error", err.Error())
	}
	WriteJSON(w, status, body)
}

// WriteJSON answers with JSON that no cache keeps. Headers that the caller set
// before, Cache-Control included, stay.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // nothing of ours is put into a page unread; the fillers of an MRZ stay legible
	_ = encoder.Encode(v)        // our own types, which encode
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client has gone when this fails
}

// ReadJSON decodes one JSON value of at most limit bytes into v. Unknown keys
// are ignored, as the wire contract is liberal in what it accepts.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	if err := dec.Decode(v); err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return err
		}
		return kyc.ErrInvalid(fmt.Sprintf("body: not the JSON that is expected here (%s)", jsonFault(err)))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return kyc.ErrInvalid("body: something follows the JSON value")
	}
	return nil
}

// jsonFault says where the fault is without repeating what was sent.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("syntax error at byte %d", syntax.Offset)
	case errors.As(err, &mismatch):
		return fmt.Sprintf("field %q cannot be a %s", mismatch.Field, mismatch.Value)
	case errors.Is(err, io.EOF):
		return "it is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return "unreadable"
}
