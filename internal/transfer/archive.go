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
	"path/filepath"
	"time"
)

// An archive is a tar file of parts in this order: the head, rows of each table
// in the head's order, pictures, then the manifest and its seal. The manifest
// has a line with name, size and SHA-256 of every part before it, and at its end
// a line with the sums; the seal is the SHA-256 of the manifest, sealed by the
// master key. So nothing can be taken away, added, changed or put elsewhere.
const (
	format       = 1
	headPart     = "head.json"
	rowsFolder   = "rows/"
	pictures     = "pictures/"
	manifestPart = "manifest.jsonl"
	sealPart     = "manifest.seal"

	rowsSize = 4 << 20   // bytes of rows that make a part
	maxPart  = 256 << 20 // bytes of a part that is read whole
)

// sealName binds the seal to its purpose.
const sealName = "backup.manifest"

// Sealer proves that an archive is ours; seal.Keyring implements it.
type Sealer interface {
	SealSetting(name string, plaintext []byte) ([]byte, error)
	OpenSetting(name string, sealed []byte) ([]byte, error)
}

// part is a line of the manifest.
type part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (p part) line() []byte {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // two strings and a number
	}
	return append(text, '\n')
}

// NewArchive writes an archive. The file has another name until it is whole.
type NewArchive struct {
	path     string
	sealer   Sealer
	now      time.Time
	file     *os.File
	buffer   *bufio.Writer
	out      *tar.Writer
	manifest *os.File      // waits here until all parts are written
	digest   hash.Hash     // of the manifest
	lines    *bufio.Writer // both of them

	meters   map[string]*meter
	pictures int64
	table    string // whose rows are being written
	number   int
	rows     bytes.Buffer
}

// CreateArchive begins an archive, mode 0600. A file that exists is never overwritten.
func CreateArchive(path string, sealer Sealer, now time.Time) (*NewArchive, error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s exists already: name a new file", path)
	}
	w := &NewArchive{path: path, sealer: sealer, now: now, digest: sha256.New(), meters: map[string]*meter{}}
	var err error
	if w.file, err = os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".unfinished-*"); err != nil {
		return nil, fmt.Errorf("create the archive: %w", err)
	}
	if w.manifest, err = os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".unfinished-*"); err == nil {
		err = os.Remove(w.manifest.Name()) // it goes with the process
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create the archive: %w", err), w.Close())
	}
	w.buffer = bufio.NewWriterSize(w.file, 1<<20)
	w.out = tar.NewWriter(w.buffer)
	w.lines = bufio.NewWriter(io.MultiWriter(w.digest, w.manifest))
	return w, nil
}

// Close gives up what was not ended. It may be called after End too.
func (w *NewArchive) Close() error {
	var err error
	if w.manifest != nil {
		err = w.manifest.Close()
		w.manifest = nil
	}
	if w.file != nil {
		err = errors.Join(err, w.file.Close(), os.Remove(w.file.Name()))
		w.file = nil
	}
	return err
}

// Begin writes the head.
func (w *NewArchive) Begin(_ context.Context, head Head) (Progress, error) {
	for _, table := range head.Tables {
		w.meters[table.Name] = newMeter()
	}
	text, err := json.Marshal(head)
	if err != nil {
		return Progress{}, err
	}
	return Progress{}, w.add(headPart, text)
}

// PutRows gathers rows until they make a part.
func (w *NewArchive) PutRows(_ context.Context, table string, rows [][]byte) error {
	if table != w.table {
		if err := w.flush(); err != nil {
			return err
		}
		w.table, w.number = table, 0
	}
	w.meters[table].add(rows)
	for _, row := range rows {
		w.rows.Write(row)
		w.rows.WriteByte('\n')
		if w.rows.Len() >= rowsSize {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the rows that were gathered.
func (w *NewArchive) flush() error {
	if w.rows.Len() == 0 {
		return nil
	}
	err := w.add(fmt.Sprintf("%s%s/%06d.jsonl", rowsFolder, w.table, w.number), w.rows.Bytes())
	w.number++
	w.rows.Reset()
	return err
}

// PutPictures writes pictures, each a part.
func (w *NewArchive) PutPictures(_ context.Context, batch []Picture) error {
	if err := w.flush(); err != nil {
		return err
	}
	for _, p := range batch {
		if p.Sealed == nil {
			continue
		}
		if err := w.add(pictures+p.Key, p.Sealed); err != nil {
			return err
		}
		w.pictures++
	}
	return nil
}

// add writes a part and its line of the manifest.
func (w *NewArchive) add(name string, content []byte) error {
	if len(content) > maxPart {
		return fmt.Errorf("%s has %d bytes, an archive holds at most %d in one part", name, len(content), maxPart)
	}
	if err := w.write(name, int64(len(content)), bytes.NewReader(content)); err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	_, err := w.lines.Write(part{name, int64(len(content)), hex.EncodeToString(sum[:])}.line())
	return err
}

func (w *NewArchive) write(name string, size int64, content io.Reader) error {
	err := w.out.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.now, Typeflag: tar.TypeReg})
	if err == nil {
		_, err = io.Copy(w.out, content)
	}
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// End seals the archive, flushes it to the disk and gives it its name. What it
// holds is what was read in the snapshot; the source has gone on since.
func (w *NewArchive) End(context.Context, func(context.Context) (Sums, error)) (Sums, error) {
	if err := w.flush(); err != nil {
		return Sums{}, err
	}
	sums := Sums{Tables: map[string]Sum{}, Pictures: w.pictures}
	for table, meter := range w.meters {
		sums.Tables[table] = meter.sum()
	}
	if err := w.end(sums); err != nil {
		return Sums{}, err
	}
	return sums, w.name()
}

func (w *NewArchive) end(sums Sums) error {
	last, err := json.Marshal(sums)
	if err == nil {
		_, err = w.lines.Write(append(last, '\n'))
	}
	if err == nil {
		err = w.lines.Flush()
	}
	if err != nil {
		return err
	}
	size, err := w.manifest.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = w.manifest.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = w.write(manifestPart, size, w.manifest)
	}
	if err != nil {
		return err
	}
	sealed, err := w.sealer.SealSetting(sealName, w.digest.Sum(nil))
	if err != nil {
		return err
	}
	if err := w.write(sealPart, int64(len(sealed)), bytes.NewReader(sealed)); err != nil {
		return err
	}
	if err := errors.Join(w.out.Close(), w.buffer.Flush(), w.file.Sync()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// name links the file to its name: a link appears whole or not at all and fails
// when the name is taken. The folder is flushed, so that the name survives a loss of power.
func (w *NewArchive) name() error {
	if err := os.Link(w.file.Name(), w.path); err != nil {
		return fmt.Errorf("name the archive: %w", err)
	}
	folder, err := os.Open(filepath.Dir(w.path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close(), w.Close())
}
