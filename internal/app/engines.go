package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"

	"github.com/openkyc/openkyc/internal/convert"
	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/document/fraud"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

// Limits of pictures that come in.
const (
	maxImageBytes  = 15 << 20
	maxImagePixels = 40_000_000
	storedQuality  = 92
	storedSide     = 4096 // pixels; no engine looks closer, and every later look costs memory by the pixel
	decoders       = 2    // pictures decoded at one time: each may take 160 MB
)

// pictures is the one way for picture files into the installation and the
// scaling of stored ones.
type pictures struct {
	places    chan struct{}
	converter *convert.Converter
	logger    *slog.Logger
}

func newPictures(cfg Config) *pictures {
	return &pictures{places: make(chan struct{}, decoders), logger: cfg.Logger,
		converter: convert.New(convert.Config{Program: cfg.Convert, Cache: cfg.compiled()})}
}

// Decode reads one file under limits, shrinks what is larger than any engine
// needs, and re-encodes it, so that nothing of the original is kept but its pixels
// and whether a known editor wrote it (S2, S3, S4).
func (p *pictures) Decode(ctx context.Context, file []byte) kyc.Upload {
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-ctx.Done():
		return kyc.Upload{Fault: kyc.BadImage}
	}
	img, err := vision.DecodeContext(ctx, file, vision.Limits{MaxBytes: maxImageBytes, MaxPixels: maxImagePixels})
	var fault *vision.ImageError
	switch {
	case errors.As(err, &fault):
		return kyc.Upload{Fault: fault.Code}
	case err != nil:
		return kyc.Upload{Fault: kyc.BadImage}
	}
	upload := encoded(img)
	if upload.Fault == "" {
		upload.Writer = fraud.Editor(vision.Writers(file))
	}
	return upload
}

// encoded is a picture as it is stored: shrunk to what engines look at, and
// encoded anew.
func encoded(img *image.RGBA) kyc.Upload {
	if size := fit(img.Rect.Size(), storedSide); size != img.Rect.Size() {
		img = vision.Resize(img, size.X, size.Y)
	}
	jpeg, err := vision.EncodeJPEG(img, storedQuality)
	if err != nil {
		return kyc.Upload{Fault: kyc.BadImage}
	}
	return kyc.Upload{Picture: kyc.Picture{JPEG: jpeg, Width: img.Rect.Dx(), Height: img.Rect.Dy()}}
}

// Open reads one file of a person: a picture, a HEIC photograph, or, as a proof
// of address, the first pages of a PDF. Faces are taken by the camera, which gives
// JPEG.
func (p *pictures) Open(ctx context.Context, step kyc.StepType, file []byte) []kyc.Upload {
	kind := convert.Sniff(file)
	paper := step == kyc.StepDocument || step == kyc.StepAddressProof
	if kind == "" || !paper || kind == convert.PDF && step != kyc.StepAddressProof {
		return []kyc.Upload{p.Decode(ctx, file)}
	}
	images, err := p.converter.Pictures(ctx, kind, file)
	if err != nil {
		return []kyc.Upload{{Fault: p.fault(ctx, kind, err)}}
	}
	uploads := make([]kyc.Upload, len(images))
	for i, img := range images {
		if size := img.Rect.Size(); kind == convert.HEIC && max(size.X, size.Y) < leastSide {
			return []kyc.Upload{{Fault: kyc.TooSmallImage}}
		}
		uploads[i] = encoded(img)
		uploads[i].Writer = kyc.WriterUnknown // what such a file says of itself is not read
	}
	return uploads
}

// leastSide is the least larger side of a picture, by the wire contract.
const leastSide = 300

// fault is the code of a file that was not opened. What is our fault is logged,
// and the person may use another file.
func (p *pictures) fault(ctx context.Context, kind convert.Kind, err error) kyc.Code {
	if !errors.Is(err, convert.ErrBroken) && !errors.Is(err, convert.ErrLocked) && ctx.Err() == nil {
		p.logger.ErrorContext(ctx, "a file could not be opened", "kind", kind, "error", err)
	}
	switch {
	case kind != convert.PDF:
		return kyc.BadImage
	case errors.Is(err, convert.ErrLocked):
		return kyc.LockedPDF
	}
	return kyc.UnreadablePDF
}

// Shrink scales a stored picture down so that its larger side is at most max.
func (p *pictures) Shrink(jpeg []byte, max int) ([]byte, error) {
	img, err := vision.Decode(jpeg, vision.Limits{MaxBytes: maxImageBytes, MaxPixels: maxImagePixels, MinLongSide: 1})
	if err != nil {
		return nil, fmt.Errorf("open a stored picture: %w", err)
	}
	size := fit(img.Rect.Size(), max)
	if size == img.Rect.Size() {
		return jpeg, nil
	}
	return vision.EncodeJPEG(vision.Resize(img, size.X, size.Y), storedQuality)
}

func fit(size image.Point, side int) image.Point {
	larger := max(size.X, size.Y)
	if larger <= side {
		return size
	}
	scale := func(n int) int { return max(1, (n*side+larger/2)/larger) }
	return image.Pt(scale(size.X), scale(size.Y))
}

// looker gives the person's door its live hints.
type looker struct {
	faces     *face.Room
	documents *document.Room
}

func (l looker) LookFace(ctx context.Context, jpeg []byte) (kyc.FaceLook, error) {
	return l.faces.Look(ctx, jpeg)
}

func (l looker) LookDocument(ctx context.Context, jpeg []byte) (kyc.DocumentLook, error) {
	return l.documents.Look(ctx, jpeg)
}
