package transfer

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
)

// Archive is a whole archive whose seal was opened. What it gives is checked
// against the manifest once more while it is read.
type Archive struct {
	path   string
	file   *os.File
	digest []byte // of the manifest
	parts  []byte // digest of its lines but the last
	head   Head
	sums   Sums

	walk *walk // of the transfer under way
}

// OpenArchive reads an archive from end to end and opens its seal, before
// anything of it is used.
func OpenArchive(path string, sealer Sealer, tell func(Step)) (*Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the archive: %w", err)
	}
	a := &Archive{path: path, file: file}
	if err := a.verify(sealer, tell); err != nil {
		return nil, errors.Join(fmt.Errorf("the archive %s cannot be used: %w", path, err), file.Close())
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

var (
	errCut     = errors.New("it is cut off; take a copy that is whole")
	errForeign = errors.New("it is not a backup of OpenKYC, or cut off at its very beginning")
	errAltered = errors.New("it was altered or damaged; take another copy")
)

// verify reads the archive once. Contents are only measured: nothing of it is
// trusted before the seal is open.
func (a *Archive) verify(sealer Sealer, tell func(Step)) error {
	w, err := a.start()
	if errors.Is(err, errAltered) || errors.Is(err, errCut) {
		return errForeign
	}
	if err != nil {
		return err
	}
	var done int64
	for w.header.Name != manifestPart {
		switch {
		case done == 0 && w.header.Name == headPart:
			err = a.readHead(w)
		case done == 0:
			err = errForeign
		default:
			err = w.measure(io.Discard)
		}
		if err == nil {
			done++
			if done%1000 == 0 {
				tell(Step{"parts of the archive verified", done})
			}
			err = w.next()
		}
		if err != nil {
			return err
		}
	}
	a.parts = w.lines.Sum(nil)
	return a.readManifest(w, sealer)
}

// readHead reads what says how the rest is to be read.
func (a *Archive) readHead(w *walk) error {
	text, err := w.whole()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &a.head); err != nil {
		return errAltered
	}
	if a.head.Format != format {
		return fmt.Errorf("its format is %d and this program knows %d: use the program that wrote it (%s) or a newer one", a.head.Format, format, a.head.Program)
	}
	return nil
}

// readManifest compares the parts that were met with those that the manifest
// lists, and the manifest with what was sealed.
func (a *Archive) readManifest(w *walk, sealer Sealer) error {
	manifest, last := sha256.New(), []byte(nil)
	lines := bufio.NewScanner(io.TeeReader(w.tar, manifest))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = append(last[:0], lines.Bytes()...)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return errAltered
	}
	if lines.Err() != nil {
		return judge(lines.Err())
	}
	a.digest = manifest.Sum(nil)
	_, _ = w.lines.Write(append(last, '\n'))
	met := w.lines.Sum(nil)
	if err := w.next(); err != nil {
		return err
	}
	if w.header.Name != sealPart {
		return errAltered
	}
	sealed, err := w.whole()
	if err != nil {
		return err
	}
	digest, err := sealer.OpenSetting(sealName, sealed)
	if err != nil {
		return errors.New("its seal does not open: it was made with another master key, or altered")
	}
	// The lines of the parts as they were met, the manifest and the sealed digest are all the same.
	if !bytes.Equal(digest, a.digest) || !bytes.Equal(digest, met) {
		return errAltered
	}
	if _, err := w.tar.Next(); !errors.Is(err, io.EOF) {
		return errAltered
	}
	if err := json.Unmarshal(last, &a.sums); err != nil {
		return errAltered
	}
	return nil
}

// Head is the archive's, and its origin is this very archive.
func (a *Archive) Head(context.Context) (Head, error) {
	head := a.head
	head.Origin = "archive " + hex.EncodeToString(a.digest)
	return head, nil
}

// Sums are those that were sealed.
func (a *Archive) Sums(context.Context) (Sums, error) { return a.sums, nil }

// Snapshot reads the rows from the beginning of the archive.
func (a *Archive) Snapshot(_ context.Context, work func(Rows) error) (err error) {
	if a.walk, err = a.start(); err != nil {
		return err
	}
	if err := a.walk.measure(io.Discard); err != nil { // the head
		return err
	}
	if err := a.walk.next(); err != nil {
		return err
	}
	return work(a.rows)
}

// rows gives the rows of a table that come behind the row after.
func (a *Archive) rows(ctx context.Context, table string, after []byte, take func([][]byte) error) error {
	w := a.walk
	for strings.HasPrefix(w.header.Name, rowsFolder+table+"/") {
		text, err := w.whole()
		if err != nil {
			return err
		}
		var batch [][]byte
		for line := range bytes.Lines(text) {
			line = bytes.TrimSuffix(line, []byte("\n"))
			if after != nil {
				if bytes.Equal(line, after) {
					after = nil
				}
				continue
			}
			if batch = append(batch, line); len(batch) == rowBatch {
				if err := take(batch); err != nil {
					return err
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			if err := take(batch); err != nil {
				return err
			}
		}
		if err := errors.Join(ctx.Err(), w.next()); err != nil {
			return err
		}
	}
	if after != nil {
		return errors.New("the target has rows that are not in the archive: take an empty target")
	}
	return nil
}

// Pictures gives the pictures, which come behind the rows.
func (a *Archive) Pictures(ctx context.Context, skip int64, take func([]Picture) error) error {
	w := a.walk
	var batch []Picture
	for strings.HasPrefix(w.header.Name, pictures) {
		if skip--; skip >= 0 {
			if err := w.measure(io.Discard); err != nil {
				return err
			}
		} else {
			sealed, err := w.whole()
			if err != nil {
				return err
			}
			batch = append(batch, Picture{strings.TrimPrefix(w.header.Name, pictures), sealed})
		}
		if err := errors.Join(ctx.Err(), w.next()); err != nil {
			return err
		}
		if len(batch) == pictureBatch {
			if err := take(batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	if w.header.Name != manifestPart || !bytes.Equal(w.lines.Sum(nil), a.parts) {
		return fmt.Errorf("the archive %s changed while it was read: %w", a.path, errAltered)
	}
	if len(batch) == 0 {
		return nil
	}
	return take(batch)
}

// walk goes through an archive part by part and adds up their lines.
type walk struct {
	tar    *tar.Reader
	header *tar.Header
	lines  hash.Hash
}

// start stands at the archive's first part.
func (a *Archive) start() (*walk, error) {
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	w := &walk{tar: tar.NewReader(bufio.NewReaderSize(a.file, 1<<20)), lines: sha256.New()}
	return w, w.next()
}

func (w *walk) next() (err error) {
	if w.header, err = w.tar.Next(); err != nil {
		return judge(err)
	}
	return nil
}

// judge tells an archive that ends too early from one that is broken otherwise.
func judge(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	case errors.Is(err, tar.ErrHeader):
		return errAltered
	}
	return err
}

// measure reads the part and notes its line.
func (w *walk) measure(into io.Writer) error {
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(sum, into), w.tar)
	if err != nil {
		return judge(err)
	}
	_, _ = w.lines.Write(part{w.header.Name, size, hex.EncodeToString(sum.Sum(nil))}.line())
	return nil
}

// whole reads the part into memory.
func (w *walk) whole() ([]byte, error) {
	if w.header.Size > maxPart {
		return nil, errAltered
	}
	var content bytes.Buffer
	content.Grow(int(w.header.Size))
	err := w.measure(&content)
	return content.Bytes(), err
}
