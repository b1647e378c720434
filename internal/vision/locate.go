package vision

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// LibraryFile is the name of the runtime library inside the models folder.
const LibraryFile = "libonnxruntime.so.1"

// Locate finds the built models without configuration: the folder "models" beside the executable, else "bin/models" of
// the module that contains the working directory (tests and go run start there).
func Locate() (string, error) {
	var tried []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Join(filepath.Dir(exe), "models")
		if isModelFolder(dir) {
			return dir, nil
		}
		tried = append(tried, dir)
	}
	if root, err := moduleRoot(); err == nil {
		dir := filepath.Join(root, "bin", "models")
		if isModelFolder(dir) {
			return dir, nil
		}
		tried = append(tried, dir)
	}
	return "", fmt.Errorf("no folder with the models and %s found (looked in %q): run `make models`", LibraryFile, tried)
}

// isModelFolder asks for the library, not just the folder, so that an empty leftover is not taken for the real one.
func isModelFolder(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, LibraryFile))
	return err == nil && info.Mode().IsRegular()
}

// moduleRoot walks up from the working directory to the folder with go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("working directory: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}
