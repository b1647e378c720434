package modelkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/openkyc/openkyc/models"
)

// Recipe turns verified source files into the bytes of an ONNX file: the main file first, then its companions in order.
type Recipe func(files [][]byte) ([]byte, error)

// Builder makes the model folder Out from Packages. All fields are needed.
type Builder struct {
	Manifest models.Manifest
	Packages Packages
	Out      string
	Platform string // GOOS/GOARCH of the runtime library
	Recipes  map[string]Recipe
	Logger   *slog.Logger
}

// Build brings every file of the manifest up to date and leaves alone what already fits.
func (b *Builder) Build(ctx context.Context) error {
	if err := os.MkdirAll(b.Out, 0o755); err != nil {
		return fmt.Errorf("cannot make the model folder: %w", err)
	}
	if err := b.library(); err != nil {
		return err
	}
	for _, m := range b.Manifest.Models {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.model(m); err != nil {
			return fmt.Errorf("model %s: %w", m.Role, err)
		}
	}
	return b.put("NOTICE", []byte(models.Notice()))
}

func (b *Builder) library() error {
	rt := b.Manifest.Runtime
	platform, ok := rt.Platforms[b.Platform]
	if !ok {
		return fmt.Errorf("%s is not packaged for %s; supported: %s", rt.Title, b.Platform, strings.Join(sortedKeys(rt.Platforms), ", "))
	}
	return b.file(rt.File, platform.SHA256, platform.Source, b.Recipes["copy"])
}

func (b *Builder) model(m models.Model) error {
	recipe, ok := b.Recipes[m.Recipe]
	if !ok {
		return fmt.Errorf("the recipe %q does not exist; known: %s", m.Recipe, strings.Join(sortedKeys(b.Recipes), ", "))
	}
	if err := b.file(m.File, m.SHA256, m.Source, recipe); err != nil {
		return err
	}
	for _, a := range m.Assets {
		if err := b.file(a.File, a.SHA256, a.Source, b.Recipes["copy"]); err != nil {
			return err
		}
	}
	card, err := encodeJSON(m.Card)
	if err != nil {
		return err
	}
	return b.put(m.Role+".card.json", card)
}

// file makes one file unless the one in place already has the recorded hash.
func (b *Builder) file(name, want string, src models.Source, recipe Recipe) error {
	if hashOfFile(filepath.Join(b.Out, name)) == want {
		b.Logger.Debug("up to date", "file", name)
		return nil
	}
	data, err := b.make(src, recipe)
	if err != nil {
		return err
	}
	if got := hashOf(data); got != want {
		return fmt.Errorf("%s came out with SHA-256 %s, but models/manifest.json records %s: the conversion changed; "+
			"if that is meant, check it with the parity tests and run `go run ./cmd/modelkit record`", name, got, want)
	}
	if err := b.put(name, data); err != nil {
		return err
	}
	b.Logger.Info("built", "file", name, "bytes", len(data), "from", src.Package)
	return nil
}

func (b *Builder) make(src models.Source, recipe Recipe) ([]byte, error) {
	var files [][]byte
	for _, f := range sourceFiles(src) {
		data, err := b.Packages.Read(src, f)
		if err != nil {
			return nil, err
		}
		files = append(files, data)
	}
	data, err := recipe(files)
	if err != nil {
		return nil, fmt.Errorf("cannot convert %s of %s: %w", src.Path, packageOf(src), err)
	}
	return data, nil
}

// put writes through a temporary file, so that a program that starts meanwhile sees the old file or the new one, never half.
func (b *Builder) put(name string, data []byte) error {
	full := filepath.Join(b.Out, name)
	if old, err := os.ReadFile(full); err == nil && bytes.Equal(old, data) {
		return nil
	}
	tmp, err := os.CreateTemp(b.Out, ".tmp-*")
	if err != nil {
		return fmt.Errorf("cannot write into the model folder: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), full)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", full, err)
	}
	return nil
}

func sourceFiles(src models.Source) []models.SourceFile {
	return append([]models.SourceFile{{Path: src.Path, SHA256: src.SHA256}}, src.Companions...)
}

func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return buf.Bytes(), err
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
