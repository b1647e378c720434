package vision

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"sync"
	"time"

	"github.com/openkyc/openkyc/models"
)

// file is what the system says of a file that was verified.
type file struct {
	path string
	size int64
	time time.Time
}

// remember notes how the verified files look.
func remember(library string, sources []source) []file {
	paths := []string{library}
	for _, s := range sources {
		paths = append(paths, s.path())
	}
	files := make([]file, 0, len(paths))
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil { // a file that went away since is told by Check
			files = append(files, file{path, info.Size(), info.ModTime()})
		} else {
			files = append(files, file{path: path})
		}
	}
	return files
}

// Check tells whether the runtime is open and its files still lie there as they were verified. It is cheap: the files' hashes
// are compared when a network is loaded.
func (r *Runtime) Check() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return errors.New("the model runtime is closed")
	}
	for _, f := range r.files {
		info, err := os.Stat(f.path)
		if err != nil {
			return fmt.Errorf("the file %s is missing: run `make models`", f.path)
		}
		if info.Size() != f.size || !info.ModTime().Equal(f.time) {
			return fmt.Errorf("the file %s was altered since the start: start again", f.path)
		}
	}
	return nil
}

// check verifies the library and all models side by side; of several faults the first in that order is told.
func check(sources []source, library func() error) ([]*network, error) {
	networks, faults := make([]*network, len(sources)), make([]error, len(sources)+1)
	places := make(chan struct{}, goruntime.GOMAXPROCS(0))
	var all sync.WaitGroup
	beside := func(work func()) {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			work()
		})
	}
	beside(func() { faults[0] = library() })
	for i, s := range sources {
		beside(func() { networks[i], faults[i+1] = s.check() })
	}
	all.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return networks, nil
}

// verifyLibrary compares the runtime library with the manifest's hash for this platform.
func verifyLibrary(path string, want models.Runtime) error {
	platform := goruntime.GOOS + "/" + goruntime.GOARCH
	build, ok := want.Platforms[platform]
	if !ok {
		return fmt.Errorf("there is no runtime library for %s", platform)
	}
	return verify(path, build.SHA256)
}

// verify compares a file with its recorded hash and keeps nothing of it.
func verify(path, sum string) error {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 256<<10)); err != nil {
		return unreadable(path, err)
	}
	return matches(path, [sha256.Size]byte(h.Sum(nil)), sum)
}

// readVerified reads a file and refuses any bytes but the recorded ones.
func readVerified(path, sum string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return data, matches(path, sha256.Sum256(data), sum)
}

func unreadable(path string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the file %s is missing: run `make models`", path)
	}
	return fmt.Errorf("the file %s cannot be read: %w", path, err)
}

func matches(path string, got [sha256.Size]byte, sum string) error {
	if hex.EncodeToString(got[:]) != sum {
		return fmt.Errorf("the file %s was altered: its SHA-256 is %x, recorded is %s: run `make models`", path, got, sum)
	}
	return nil
}
