package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// allowance is what one try of a step may send (S1, S6).
type allowance struct {
	step     kyc.StepType
	pictures int
	each     int64
	total    int64
	frames   bool
}

func allowanceOf(step kyc.StepType) allowance {
	switch step {
	case kyc.StepLiveness:
		return allowance{step: step, pictures: 40, each: 600 << 10, total: 16 << 20, frames: true}
	case kyc.StepSelfie, kyc.StepSelfieDocument:
		return allowance{step: step, pictures: 1, each: 12 << 20, total: 13 << 20}
	case kyc.StepDocument, kyc.StepAddressProof:
		return allowance{step: step, pictures: 4, each: 12 << 20, total: 32 << 20}
	case kyc.StepDatabase, kyc.StepFaces:
		return allowance{}
	}
	return allowance{}
}

const (
	maxPages       = 6 // pictures of one try, pages of documents counted
	maxMarks       = 8 << 10
	uploadDeadline = 2 * time.Minute // for a slow phone; what is slower is cut off
)

// evidence takes the pictures of one try: multipart parts "images" in order
// and, for liveness, a part "frames" with a mark for each. Step and try stand
// in the query, so that limits are known before the body is read.
func (d *Door) evidence(w http.ResponseWriter, r *http.Request) error {
	session, err := d.attach(r)
	if err != nil {
		return err
	}
	step, err1 := strconv.Atoi(r.URL.Query().Get("step"))
	try, err2 := strconv.Atoi(r.URL.Query().Get("try"))
	if err1 != nil || err2 != nil {
		return kyc.ErrInvalid("step, try: both are needed in the query, as numbers")
	}
	state, err := d.Sessions.State(r.Context(), session.ID)
	if err != nil {
		return err
	}
	if step != state.Step || step >= len(state.Steps) || try != state.Try || !state.Open {
		return kyc.Errorf(kyc.Conflict, "try %d of step %d does not take pictures now", try, step)
	}
	allowed := allowanceOf(state.Steps[step].Type)
	if r.ContentLength > allowed.total {
		return tooLarge(allowed.total)
	}
	leave, err := enter(r.Context(), d.uploads, d.Limits.Queue)
	if err != nil {
		return err
	}
	defer leave()
	network := http.NewResponseController(w)
	_ = network.SetReadDeadline(time.Now().Add(uploadDeadline)) // a test's recorder has no deadlines
	_ = network.SetWriteDeadline(time.Now().Add(uploadDeadline + answerTime))
	r.Body = http.MaxBytesReader(w, r.Body, allowed.total)
	req, err := d.readParts(r, allowed)
	if err != nil {
		return err
	}
	req.Step, req.Try = step, try
	if state, err = d.Sessions.Submit(r.Context(), session.ID, req); err != nil {
		return err
	}
	edge.WriteJSON(w, http.StatusOK, d.body(state, r))
	return nil
}

// readParts reads part by part and decodes each picture before the next one is
// read, so that only one raw file is in memory at a time.
func (d *Door) readParts(r *http.Request, allowed allowance) (req verify.SubmitRequest, err error) {
	files := 0
	parts, err := r.MultipartReader()
	if err != nil {
		return req, kyc.ErrInvalid("body: multipart/form-data with parts named images is expected")
	}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return req, broken(err)
		}
		switch part.FormName() {
		case "images":
			if files >= allowed.pictures {
				return req, kyc.Errorf(kyc.TooLarge, "at most %d pictures can be sent for this step", allowed.pictures)
			}
			file, err := readPart(part, allowed.each)
			if err != nil {
				return req, err
			}
			opened := d.Open(r.Context(), allowed.step, file)
			files++
			// What a long document has too much is left out: its first pages tell.
			req.Uploads = append(req.Uploads, opened[:min(len(opened), max(allowed.pictures, maxPages)-len(req.Uploads))]...)
		case "frames":
			text, err := readPart(part, maxMarks)
			if err != nil {
				return req, err
			}
			if req.Frames, err = marks(text); err != nil {
				return req, err
			}
		}
	}
	if len(req.Uploads) == 0 {
		return req, kyc.ErrInvalid("images: send at least one picture")
	}
	if allowed.frames != (len(req.Frames) > 0) || (allowed.frames && len(req.Frames) != len(req.Uploads)) {
		return req, kyc.ErrInvalid("frames: a liveness step needs one mark for each picture, other steps none")
	}
	return req, nil
}

func readPart(part *multipart.Part, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return nil, broken(err)
	}
	if int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, nil
}

func marks(text []byte) ([]kyc.FrameMark, error) {
	var frames []kyc.FrameMark
	if err := json.Unmarshal(text, &frames); err != nil {
		return nil, kyc.ErrInvalid("frames: a list of {atMs, move, colour} is expected")
	}
	for i, f := range frames {
		if f.AtMS < 0 || f.Move < 0 || f.Move > 100 || f.Colour < 0 || f.Colour > 100 || (i > 0 && f.AtMS < frames[i-1].AtMS) {
			return nil, kyc.ErrInvalid(fmt.Sprintf("frames[%d]: times must not run backwards and moves and colours are small numbers", i))
		}
		if d := f.Device; d != nil && (i > 0 || !word(d.Camera)) {
			return nil, kyc.ErrInvalid(fmt.Sprintf("frames[%d].device: the first mark alone may tell of the device, the camera in one short word", i))
		}
	}
	return frames, nil
}

// word tells what a device may be called: a program's short name, so that no
// person's name comes in with it.
func word(s string) bool {
	return len(s) <= 16 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func tooLarge(limit int64) error {
	if limit < 1<<20 {
		return kyc.Errorf(kyc.TooLarge, "the upload is too large: at most %d kB", limit>>10)
	}
	return kyc.Errorf(kyc.TooLarge, "the upload is too large: at most %d MB", limit>>20)
}

// broken is a body that ended early or is not what its header says.
func broken(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge(over.Limit)
	}
	return kyc.Wrap(kyc.Invalid, err, "the upload broke off or is not multipart/form-data")
}
