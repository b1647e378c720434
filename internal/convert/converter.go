package convert

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Config of a Converter.
type Config struct {
	Program []string // what starts Main; kind and cache folder are appended
	Cache   string   // folder for compiled code, made when it is needed; nobody else may be able to write there
}

// Converter starts a process for each file, one at a time. Safe for concurrent use.
type Converter struct {
	program  []string
	cache    string
	place    chan struct{}
	patience time.Duration          // for a file, once ready
	ended    func(*os.ProcessState) // for tests: what a process cost
}

// New makes a Converter. Nothing is started or compiled before the first file.
func New(cfg Config) *Converter {
	return &Converter{program: cfg.Program, cache: cfg.Cache, place: make(chan struct{}, 1), patience: fileTime}
}

// How long a process may take to be ready, which is long once, and then for its file.
const (
	readyTime = 2 * time.Minute
	fileTime  = 15 * time.Second
)

// Pictures opens one file. A fault of the file is ErrBroken or ErrLocked.
func (c *Converter) Pictures(ctx context.Context, kind Kind, file []byte) ([]*image.RGBA, error) {
	if len(file) > MaxBytes {
		return nil, ErrBroken
	}
	if len(c.program) == 0 {
		return nil, fmt.Errorf("%w: this process does not open %s files", ErrBroken, kind)
	}
	select {
	case c.place <- struct{}{}:
		defer func() { <-c.place }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	cache, err := filepath.Abs(c.cache)
	if err != nil {
		return nil, fmt.Errorf("find the folder for compiled code: %w", err)
	}
	if err := private(cache); err != nil {
		return nil, err
	}
	return c.run(ctx, kind, cache, file)
}

// private makes a folder that only we can use, and refuses one that others can
// write to: code is loaded from it.
func private(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the folder for compiled code: %w", err)
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return fmt.Errorf("look at the folder for compiled code: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !ours(info) {
		return fmt.Errorf("the folder %s must be ours alone, since code is loaded from it", folder)
	}
	return nil
}

func (c *Converter) run(ctx context.Context, kind Kind, cache string, file []byte) ([]*image.RGBA, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	args := append(append([]string{}, c.program[1:]...), string(kind), cache)
	child := exec.CommandContext(ctx, c.program[0], args...) //nolint:gosec // our own program
	child.Env = []string{"GOMEMLIMIT=" + strconv.Itoa(memoryLimit), "GOTRACEBACK=none"}
	child.Dir = string(filepath.Separator)
	child.Stdin = bytes.NewReader(file)
	child.WaitDelay = time.Second
	out, err := child.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a process for a file: %w", err)
	}
	if err := child.Start(); err != nil {
		return nil, fmt.Errorf("start a process for a file: %w", err)
	}
	clock := time.AfterFunc(readyTime, func() { cancel(errors.New("not ready in time")) })
	defer clock.Stop()
	pictures, err := receive(bufio.NewReader(out), func() { clock.Reset(c.patience) })
	cancel(nil) // whatever it still does is of no use
	_ = child.Wait()
	if c.ended != nil {
		c.ended(child.ProcessState)
	}
	return pictures, err
}

// What the process says: that it is ready, and then how it went.
const (
	sayReady  = 'r'
	sayDone   = 'd'
	sayLocked = 'l'
	sayBroken = 'b'
)

// receive reads what Main writes. The process has worked on a hostile file:
// nothing that it says is believed beyond the bounds. One that ends early, because
// of a limit or the clock, leaves a broken file behind.
func receive(from io.Reader, ready func()) ([]*image.RGBA, error) {
	if say(from) != sayReady {
		return nil, errors.New("the process that opens files did not start")
	}
	ready()
	switch say(from) {
	case sayLocked:
		return nil, ErrLocked
	case sayDone:
	default:
		return nil, ErrBroken
	}
	var n uint32
	if binary.Read(from, binary.LittleEndian, &n) != nil || n < 1 || n > MaxPages {
		return nil, ErrBroken
	}
	out := make([]*image.RGBA, 0, n)
	for range n {
		var size [2]uint32
		if binary.Read(from, binary.LittleEndian, &size) != nil {
			return nil, ErrBroken
		}
		w, h := int(size[0]), int(size[1])
		if w < 1 || h < 1 || w > MaxPixels/h {
			return nil, ErrBroken
		}
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		if _, err := io.ReadFull(from, img.Pix); err != nil {
			return nil, ErrBroken
		}
		for i := 3; i < len(img.Pix); i += 4 {
			img.Pix[i] = 255
		}
		out = append(out, img)
	}
	return out, nil
}

func say(from io.Reader) byte {
	var b [1]byte
	if _, err := io.ReadFull(from, b[:]); err != nil {
		return 0
	}
	return b[0]
}
