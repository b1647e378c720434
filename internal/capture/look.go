package capture

import (
	"bytes"
	"image/jpeg"
	"io"
	"net/http"
	"time"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

const (
	maxLook      = 200 << 10 // bytes of a preview frame
	maxLookSide  = 1280
	lookPatience = 400 * time.Millisecond // an older hint is of no use
)

// look answers with what is seen on one preview frame. It is refused quickly
// when there is too much to do: the widget can go on without hints.
func (d *Door) look(w http.ResponseWriter, r *http.Request) error {
	what := r.PathValue("what")
	if what != "face" && what != "document" {
		return kyc.ErrNotFound()
	}
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	if ok, wait, left := d.looks.Take(session.ID); !ok {
		d.looks.Headers(w.Header(), wait, left)
		return kyc.Errorf(kyc.TooMany, "too many preview frames")
	}
	if session.Status != kyc.Idle {
		return kyc.Errorf(kyc.Conflict, "this session does not take pictures now")
	}
	frame, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLook))
	if err != nil {
		return broken(err)
	}
	// Reading the header first keeps a small file with huge dimensions from costing anything (S3).
	size, err := jpeg.DecodeConfig(bytes.NewReader(frame))
	if err != nil || max(size.Width, size.Height) > maxLookSide {
		return kyc.ErrInvalid("body: a JPEG of at most 1280 pixels is expected")
	}
	leave, err := enter(r.Context(), d.lookers, lookPatience)
	if err != nil {
		return err
	}
	defer leave()
	var seen any
	if what == "face" {
		seen, err = d.Looker.LookFace(r.Context(), frame)
	} else {
		seen, err = d.Looker.LookDocument(r.Context(), frame)
	}
	if err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, seen)
	return nil
}
