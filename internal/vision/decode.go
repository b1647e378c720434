package vision

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Limits bound what Decode spends on one file. The zero value of a field means its default.
type Limits struct {
	MaxBytes    int           // of the file; 15 MB
	MaxPixels   int           // width × height; 40 million
	MaxSide     int           // longest side; 20,000 pixels
	MaxMemory   int           // what decoding may allocate; 512 MB
	MinLongSide int           // larger side, by the wire contract; 300 pixels
	Timeout     time.Duration // 10 s
}

func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set(&l.MaxBytes, 15<<20)
	set(&l.MaxPixels, 40_000_000)
	set(&l.MaxSide, 20_000)
	set(&l.MaxMemory, 512<<20)
	set(&l.MinLongSide, 300)
	if l.Timeout == 0 {
		l.Timeout = 10 * time.Second
	}
	return l
}

// ImageError says why a file is not a usable picture. It unwraps to a *kyc.Error whose message may be shown.
type ImageError struct {
	Code kyc.Code // kyc.BadImage or kyc.TooSmallImage
	Err  *kyc.Error
}

func (e *ImageError) Error() string { return string(e.Code) + ": " + e.Err.Error() }

func (e *ImageError) Unwrap() error { return e.Err }

func badImage(cause error, format string, args ...any) error {
	return &ImageError{Code: kyc.BadImage, Err: kyc.Wrap(kyc.Invalid, cause, format, args...)}
}

func overLimit(format string, args ...any) error {
	return &ImageError{Code: kyc.BadImage, Err: kyc.Errorf(kyc.TooLarge, format, args...)}
}

var errDecodeTimeout = errors.New("decoding takes too long")

// Decode makes a picture out of the bytes of a JPEG or PNG file: upright by its EXIF orientation, alpha flattened on
// white, origin at 0,0. The magic bytes decide the format, and everything that the header tells is held against the
// limits before a pixel is decoded. What follows the picture in the file is ignored. Errors are *ImageError.
func Decode(data []byte, limits Limits) (*image.RGBA, error) {
	return DecodeContext(context.Background(), data, limits)
}

// DecodeContext is Decode that also stops when ctx ends; the error is then ctx's own.
func DecodeContext(ctx context.Context, data []byte, limits Limits) (*image.RGBA, error) {
	limits = limits.withDefaults()
	if len(data) > limits.MaxBytes {
		return nil, overLimit("the file has %d bytes; at most %d are accepted", len(data), limits.MaxBytes)
	}
	h, decode, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	if err := h.check(limits, len(data)); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeoutCause(ctx, limits.Timeout, errDecodeTimeout)
	defer cancel()
	img, err := decode(&contextReader{ctx: timed, data: data})
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case timed.Err() != nil:
		return nil, badImage(errDecodeTimeout, "the picture takes too long to decode")
	case err != nil:
		return nil, badImage(err, "the picture is damaged or incomplete")
	}
	if b := img.Bounds(); b.Dx() != h.width || b.Dy() != h.height {
		return nil, badImage(nil, "the picture contradicts its own header")
	}
	return orient(flatten(img), h.orientation), nil
}

// readHeader finds out the format by the first bytes, and what the header tells about cost.
func readHeader(data []byte) (header, func(io.Reader) (image.Image, error), error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		h, err := readJPEGHeader(data)
		return h, jpeg.Decode, err
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		h, err := readPNGHeader(data)
		return h, png.Decode, err
	case len(data) == 0:
		return header{}, nil, badImage(nil, "the file is empty")
	default:
		return header{}, nil, badImage(nil, "the file is neither a JPEG nor a PNG picture")
	}
}

// header is what can be known of a picture before decoding it.
type header struct {
	width, height int
	orientation   int // EXIF 1 to 8
	memory        int // bytes that the decoder and the result will allocate
	leastBytes    int // a complete file cannot be smaller
}

func (h header) check(limits Limits, size int) error {
	long := max(h.width, h.height)
	switch {
	case h.width <= 0 || h.height <= 0:
		return badImage(nil, "the picture has no size")
	case long > limits.MaxSide || h.width > limits.MaxPixels/h.height:
		return overLimit("the picture is %d×%d pixels; at most %d in all and %d on a side are accepted",
			h.width, h.height, limits.MaxPixels, limits.MaxSide)
	case h.memory > limits.MaxMemory:
		return overLimit("the picture of %d×%d pixels is stored in a form that needs too much memory", h.width, h.height)
	case long < limits.MinLongSide:
		return &ImageError{Code: kyc.TooSmallImage, Err: kyc.Errorf(kyc.Invalid,
			"the picture is %d×%d pixels; its larger side must have at least %d", h.width, h.height, limits.MinLongSide)}
	case size < h.leastBytes:
		return badImage(nil, "the file is too short for %d×%d pixels: it is incomplete or made up", h.width, h.height)
	}
	return nil
}

// contextReader hands the file out in small pieces and stops at the deadline. Small, because 4 kB of a progressive JPEG
// can make the decoder walk over the whole picture dozens of times.
type contextReader struct {
	ctx  context.Context //nolint:containedctx // io.Reader has no context of its own
	data []byte
}

func (r *contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 512)], r.data)
	r.data = r.data[n:]
	return n, nil
}

// EncodeJPEG writes the pixels and nothing else: no EXIF, no GPS, no comment, no thumbnail survives (S4). Quality is 1 to
// 100; alpha is flattened on white.
func EncodeJPEG(img image.Image, quality int) ([]byte, error) {
	if quality < 1 || quality > 100 {
		return nil, kyc.Errorf(kyc.Internal, "JPEG quality %d is not within 1 to 100", quality)
	}
	if img.Bounds().Empty() {
		return nil, kyc.Errorf(kyc.Internal, "a picture without pixels cannot be stored")
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, flatten(img), &jpeg.Options{Quality: quality}); err != nil {
		return nil, kyc.Wrap(kyc.Internal, err, "the picture could not be stored")
	}
	return out.Bytes(), nil
}
