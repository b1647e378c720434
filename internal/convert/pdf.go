package convert

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"time"

	pdfium "github.com/klippa-app/go-pdfium"
	faults "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// preparePDF compiles PDFium. It sees no files: its file system is empty.
func preparePDF(ctx context.Context, config wazero.RuntimeConfig) (opener, error) {
	pool, err := webassembly.Init(webassembly.Config{Context: ctx, MinIdle: 1, MaxIdle: 1, MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(), RuntimeConfig: config, Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		return nil, fmt.Errorf("compile the PDF reader: %w", err)
	}
	reader, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, fmt.Errorf("start the PDF reader: %w", err)
	}
	return func(_ context.Context, file []byte) ([]*image.RGBA, error) { return pages(reader, file) }, nil
}

// pages draws the first pages.
func pages(reader pdfium.Pdfium, file []byte) ([]*image.RGBA, error) {
	opened, err := reader.OpenDocument(&requests.OpenDocument{File: &file})
	switch {
	case errors.Is(err, faults.ErrPassword), errors.Is(err, faults.ErrSecurity):
		return nil, ErrLocked
	case err != nil:
		return nil, ErrBroken
	}
	count, err := reader.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil || count.PageCount < 1 {
		return nil, ErrBroken
	}
	var out []*image.RGBA
	for i := range min(count.PageCount, MaxPages) {
		img, err := page(reader, opened.Document, i)
		if err != nil {
			return nil, ErrBroken
		}
		out = append(out, img)
	}
	return out, nil
}

// page draws one page so that its longer side has PageSide pixels, whatever size
// it claims; a strip of paper gets at least one pixel across.
func page(reader pdfium.Pdfium, document references.FPDF_DOCUMENT, index int) (*image.RGBA, error) {
	which := requests.Page{ByIndex: &requests.PageByIndex{Document: document, Index: index}}
	size, err := reader.GetPageSize(&requests.GetPageSize{Page: which})
	if err != nil {
		return nil, err
	}
	long := max(size.Width, size.Height)
	if !(long > 0) || math.IsInf(long, 0) || !(size.Width > 0) || !(size.Height > 0) {
		return nil, ErrBroken
	}
	pixels := func(x float64) int { return max(1, int(math.Round(x/long*PageSide))) }
	drawn, err := reader.RenderPageInPixels(&requests.RenderPageInPixels{Page: which, Width: pixels(size.Width), Height: pixels(size.Height)})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	picture := drawn.Result.RenderedImage
	if b := picture.Bounds(); b.Dx() > PageSide || b.Dy() > PageSide || b.Empty() {
		return nil, ErrBroken
	}
	return copied(picture), nil
}
