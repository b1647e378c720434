package convert

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/image/draw"
)

const (
	sandboxPages = 4096      // of 64 kB: 256 MB for the WebAssembly
	memoryLimit  = 384 << 20 // that our own memory should keep to
)

// opener is a decoder that is compiled and waits for a file.
type opener func(ctx context.Context, file []byte) ([]*image.RGBA, error)

// Main is the other process: it compiles the decoder for a kind, or takes it from
// the cache, says that it is ready, reads one file and writes its pictures. It
// bounds itself before a byte of the file is looked at.
func Main(ctx context.Context, kind Kind, cache string, in io.Reader, out io.Writer) error {
	if err := boundMemory(); err != nil {
		return err
	}
	kept, err := wazero.NewCompilationCacheWithDir(cache)
	if err != nil {
		return fmt.Errorf("open the folder for compiled code: %w", err)
	}
	defer func() { _ = kept.Close(ctx) }()
	config := wazero.NewRuntimeConfig().WithCompilationCache(kept).WithMemoryLimitPages(sandboxPages).
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling)
	open, err := prepare(ctx, kind, config)
	if err != nil {
		return err
	}
	if _, err := out.Write([]byte{sayReady}); err != nil {
		return err
	}
	if err := boundTime(); err != nil {
		return err
	}
	file, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil || len(file) > MaxBytes {
		return errors.Join(err, write(out, sayBroken, nil))
	}
	pictures, err := open(ctx, file)
	switch {
	case errors.Is(err, ErrLocked):
		return write(out, sayLocked, nil)
	case err != nil || len(pictures) == 0:
		return write(out, sayBroken, nil)
	}
	return write(out, sayDone, pictures)
}

func prepare(ctx context.Context, kind Kind, config wazero.RuntimeConfig) (opener, error) {
	switch kind {
	case PDF:
		return preparePDF(ctx, config)
	case HEIC:
		return prepareHEIC(ctx, config)
	}
	return nil, fmt.Errorf("%q is not a format that is opened", kind)
}

// write says how it went and sends the pictures.
func write(out io.Writer, say byte, pictures []*image.RGBA) error {
	w := bufio.NewWriter(out)
	_ = w.WriteByte(say) // bufio keeps the first error for Flush
	if say == sayDone {
		_ = binary.Write(w, binary.LittleEndian, uint32(len(pictures)))
		for _, img := range pictures {
			_ = binary.Write(w, binary.LittleEndian, [2]uint32{uint32(img.Rect.Dx()), uint32(img.Rect.Dy())})
			_, _ = w.Write(img.Pix)
		}
	}
	return w.Flush()
}

// copied puts a picture on white, in memory of our own.
func copied(img image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}
