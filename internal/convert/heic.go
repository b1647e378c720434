//go:build !noheic

package convert

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"image"
	"io"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// heifModule is libheif 1.18.2 and libde265 1.0.15 as the folder heif builds them.
//
//go:embed heif/heif.wasm.gz
var heifModule []byte

// opensHEIC tells whether the reader is in this program.
const opensHEIC = true

// prepareHEIC compiles the decoder.
func prepareHEIC(ctx context.Context, config wazero.RuntimeConfig) (opener, error) {
	packed, err := gzip.NewReader(bytes.NewReader(heifModule))
	if err != nil {
		return nil, fmt.Errorf("unpack the HEIC reader: %w", err)
	}
	code, err := io.ReadAll(packed)
	if err != nil {
		return nil, fmt.Errorf("unpack the HEIC reader: %w", err)
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return nil, fmt.Errorf("start the HEIC reader: %w", err)
	}
	compiled, err := runtime.CompileModule(ctx, code)
	if err != nil {
		return nil, fmt.Errorf("compile the HEIC reader: %w", err)
	}
	module, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig()) // no files, no clock, no output
	if err != nil {
		return nil, fmt.Errorf("start the HEIC reader: %w", err)
	}
	return func(ctx context.Context, file []byte) ([]*image.RGBA, error) {
		img, err := photograph(ctx, heif{module}, file)
		if err != nil {
			return nil, ErrBroken
		}
		return []*image.RGBA{copied(img)}, nil
	}, nil
}

// heif speaks to the module, whose one function is described in heif/heif.c.txt.
type heif struct{ module api.Module }

func (h heif) call(ctx context.Context, name string, args ...uint64) (uint32, error) {
	got, err := h.module.ExportedFunction(name).Call(ctx, args...)
	if err != nil || len(got) != 1 || uint32(got[0]) == 0 { //nolint:gosec // WebAssembly of 32 bits
		return 0, fmt.Errorf("%s gives nothing: %w", name, ErrBroken)
	}
	return uint32(got[0]), nil //nolint:gosec // as above
}

// The module's names of colour spaces and of chroma, from libheif's heif.h.
const (
	spaceYCbCr, spaceRGB, spaceGrey        = 0, 1, 2
	chroma420, chroma422, chroma444        = 1, 2, 3
	answers                                = 5 // width, height, colour space, chroma, premultiplied
	answerSize                             = 4
	infoOnly, decodeAll             uint64 = 1, 0
)

// photograph decodes the primary picture, turned as the file says. Its size is
// asked for first.
func photograph(ctx context.Context, h heif, file []byte) (image.Image, error) {
	in, err := h.call(ctx, "malloc", uint64(len(file)))
	if err != nil || !h.module.Memory().Write(in, file) {
		return nil, ErrBroken
	}
	told, err := h.call(ctx, "malloc", answers*answerSize)
	if err != nil {
		return nil, err
	}
	decode := func(how, out uint64) error {
		args := []uint64{uint64(in), uint64(len(file)), how}
		for i := range uint64(answers) {
			args = append(args, uint64(told)+i*answerSize)
		}
		_, err := h.call(ctx, "decode", append(args, out)...)
		return err
	}
	if err := decode(infoOnly, 0); err != nil {
		return nil, err
	}
	var v [answers]int
	for i := range v {
		n, ok := h.module.Memory().ReadUint32Le(told + uint32(i)*answerSize)
		if !ok || n > 1<<20 {
			return nil, ErrBroken
		}
		v[i] = int(n)
	}
	plan, err := planOf(v[0], v[1], v[2], v[3])
	if err != nil {
		return nil, err
	}
	out, err := h.call(ctx, "malloc", uint64(plan.size))
	if err != nil {
		return nil, err
	}
	if err := decode(decodeAll, uint64(out)); err != nil {
		return nil, err
	}
	data, ok := h.module.Memory().Read(out, uint32(plan.size)) //nolint:gosec // bounded by planOf
	if !ok {
		return nil, ErrBroken
	}
	return plan.picture(data, v[4] == 1), nil
}

// plan is how the module lays a picture out in memory.
type plan struct {
	rect              image.Rectangle
	space             int
	ratio             image.YCbCrSubsampleRatio
	stride, thin      int // bytes of a row, of a row of colour
	light, half, size int // bytes of the first plane, of each colour plane, of all
}

func planOf(w, h, space, chroma int) (plan, error) {
	if w < 1 || h < 1 || w > MaxPixels/h {
		return plan{}, ErrBroken
	}
	row := func(n int) int { return (n + 15) &^ 15 } // libheif's rows are whole times 16 bytes long
	p := plan{rect: image.Rect(0, 0, w, h), space: space, stride: row(w)}
	cw, ch := w, h
	switch {
	case space == spaceRGB:
		p.stride = row(4 * w)
	case space == spaceGrey:
	case space != spaceYCbCr:
		return plan{}, ErrBroken
	case chroma == chroma420:
		p.ratio, cw, ch = image.YCbCrSubsampleRatio420, (w+1)/2, (h+1)/2
	case chroma == chroma422:
		p.ratio, cw = image.YCbCrSubsampleRatio422, (w+1)/2
	case chroma == chroma444:
		p.ratio = image.YCbCrSubsampleRatio444
	default:
		return plan{}, ErrBroken
	}
	p.light = p.stride * h
	if p.size = p.light; space == spaceYCbCr {
		p.thin = row(cw)
		p.half = p.thin * ch
		p.size += 2 * p.half
	}
	return p, nil
}

func (p plan) picture(data []byte, premultiplied bool) image.Image {
	switch {
	case p.space == spaceGrey:
		return &image.Gray{Pix: data, Stride: p.stride, Rect: p.rect}
	case p.space == spaceRGB && premultiplied:
		return &image.RGBA{Pix: data, Stride: p.stride, Rect: p.rect}
	case p.space == spaceRGB:
		return &image.NRGBA{Pix: data, Stride: p.stride, Rect: p.rect}
	}
	return &image.YCbCr{Y: data[:p.light], Cb: data[p.light : p.light+p.half], Cr: data[p.light+p.half:], SubsampleRatio: p.ratio,
		YStride: p.stride, CStride: p.thin, Rect: p.rect}
}
