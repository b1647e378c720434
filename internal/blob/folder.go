package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/kyc"
)

// Folder is a Store in a folder of the local disk. An object "a/b" lies in
// objects/XX/a/b, where XX comes of the hash of "a" and keeps folders small.
type Folder struct {
	root *os.Root
}

// Names inside the folder, and how long an unfinished file is left alone.
const (
	objects    = "objects"
	unfinished = "unfinished"
	staleAfter = time.Hour
)

// OpenFolder opens or makes the folder, mode 0700, and clears away what killed
// processes left unfinished. Symbolic links that lead out of it are not followed.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for pictures: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder for pictures: %w", err)
	}
	f := &Folder{root: root}
	err = errors.Join(root.MkdirAll(objects, 0o700), root.MkdirAll(unfinished, 0o700), f.clear(), f.sync("."))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the folder for pictures: %w", err), root.Close())
	}
	return f, nil
}

// Ping looks at the folder.
func (f *Folder) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := f.root.Stat(objects)
	if err != nil {
		return fmt.Errorf("the folder for pictures is gone: %w", err)
	}
	if !info.IsDir() {
		return errors.New("the folder for pictures is none any more")
	}
	return nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Put writes into a file of its own, flushes it, and links it to its name: a
// link never overwrites and appears whole.
func (f *Folder) Put(ctx context.Context, key string, data []byte) error {
	if !ValidKey(key) {
		return errKey()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	temporary := path.Join(unfinished, rand.Text())
	defer f.root.Remove(temporary)
	if err := f.write(temporary, data); err != nil {
		return kyc.Wrap(kyc.Internal, err, "write an object")
	}
	name := place(key)
	err := f.link(temporary, name)
	if errors.Is(err, fs.ErrExist) {
		return kyc.Wrap(kyc.Conflict, err, "an object with this key exists")
	}
	if err != nil {
		return kyc.Wrap(kyc.Internal, err, "name an object")
	}
	return nil
}

// link makes the folders of a name and links the file there. A Delete may remove
// an empty folder in between, so it tries again; the limit only ends what cannot
// come from deletions.
func (f *Folder) link(temporary, name string) error {
	for try := 1; ; try++ {
		err := f.root.MkdirAll(path.Dir(name), 0o700)
		if errors.Is(err, fs.ErrExist) && try < 1000 {
			continue // the folder came and went while it was made
		}
		if err == nil {
			err = f.root.Link(temporary, name)
		}
		if errors.Is(err, fs.ErrNotExist) && try < 1000 {
			continue
		}
		if err != nil {
			return err
		}
		// New folders are names in their parents, so all of them are flushed.
		// A folder that is gone again took the object along: a Delete did that.
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if err := f.sync(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	}
}

func (f *Folder) write(name string, data []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// Get reads a whole object.
func (f *Folder) Get(ctx context.Context, key string) ([]byte, error) {
	if !ValidKey(key) {
		return nil, errKey()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	data, err := f.root.ReadFile(place(key))
	if err != nil {
		return nil, f.missing(key, err)
	}
	return data, nil
}

// Stat looks at an object.
func (f *Folder) Stat(ctx context.Context, key string) (Info, error) {
	if !ValidKey(key) {
		return Info{}, errKey()
	}
	if err := ctx.Err(); err != nil {
		return Info{}, err
	}
	info, err := f.root.Stat(place(key))
	if err != nil {
		return Info{}, f.missing(key, err)
	}
	if info.IsDir() {
		return Info{}, kyc.ErrNotFound()
	}
	return Info{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// missing sorts out why an object cannot be read: there is none (also when the
// key names a folder, or goes through an object), or the disk failed.
func (f *Folder) missing(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return kyc.ErrNotFound()
	}
	for name := place(key); name != objects; name = path.Dir(name) {
		info, look := f.root.Stat(name)
		if look == nil && info.IsDir() == (name == place(key)) {
			return kyc.ErrNotFound()
		}
	}
	return kyc.Wrap(kyc.Internal, err, "read an object")
}

// Delete removes an object and the folders it leaves empty.
func (f *Folder) Delete(ctx context.Context, key string) error {
	_, err := f.Stat(ctx, key)
	if err != nil && kyc.KindOf(err) == kyc.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	name := place(key)
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kyc.Wrap(kyc.Internal, err, "delete an object")
	}
	dir := path.Dir(name)
	for strings.Count(dir, "/") > 1 && f.root.Remove(dir) == nil { // only an empty folder goes
		dir = path.Dir(dir)
	}
	if err := f.sync(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kyc.Wrap(kyc.Internal, err, "flush a deletion")
	}
	return nil
}

// List walks objects. With the first segment of keys given whole it looks into
// one part of the store only.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	start := objects
	if i := strings.LastIndexByte(prefix, '/'); i > 0 && ValidKey(prefix[:i]) {
		start = place(prefix[:i])
	}
	return func(yield func(Info, error) bool) {
		err := fs.WalkDir(f.root.FS(), start, func(name string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // deleted while we walk, or never there
			}
			if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
				return err
			}
			_, key, _ := strings.Cut(strings.TrimPrefix(name, objects+"/"), "/")
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(key, prefix) {
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(Info{Key: key, Size: info.Size(), ModTime: info.ModTime()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Info{}, kyc.Wrap(kyc.Internal, err, "list objects"))
		}
	}
}

// place is where an object lies.
func place(key string) string {
	first, _, _ := strings.Cut(key, "/")
	sum := sha256.Sum256([]byte(first))
	return path.Join(objects, hex.EncodeToString(sum[:1]), key)
}

// clear removes unfinished files that no living process can still be writing.
func (f *Folder) clear() error {
	files, err := fs.ReadDir(f.root.FS(), unfinished)
	if err != nil {
		return err
	}
	for _, file := range files {
		info, err := file.Info()
		if err == nil && time.Since(info.ModTime()) > staleAfter {
			if err := f.root.Remove(path.Join(unfinished, file.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// sync makes the names in a folder survive a loss of power.
func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
