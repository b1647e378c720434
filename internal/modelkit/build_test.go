package modelkit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/modelkit"
	"github.com/openkyc/openkyc/models"
)

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// bench is a node_modules folder with one package and a builder whose only conversion turns text into capitals.
type bench struct {
	packages string
	builder  *modelkit.Builder
}

func newBench(t *testing.T) bench {
	t.Helper()
	packages := t.TempDir()
	write(t, filepath.Join(packages, "@some/pkg/package.json"), `{"version":"1.2.3"}`)
	write(t, filepath.Join(packages, "@some/pkg/lib.so"), "library")
	write(t, filepath.Join(packages, "@some/pkg/net.bin"), "weights")
	write(t, filepath.Join(packages, "@some/pkg/net.json"), "graph")
	write(t, filepath.Join(packages, "@some/pkg/words.txt"), "words")
	source := func(path, content string, companions ...models.SourceFile) models.Source {
		return models.Source{Package: "@some/pkg", Version: "1.2.3", Path: path, SHA256: sum(content), Companions: companions}
	}
	port := []models.Port{{Name: "x", Shape: []int64{1, -1}, Type: "float32"}}
	manifest := models.Manifest{
		Runtime: models.Runtime{Title: "Some Runtime", File: "lib.so.1", Platforms: map[string]models.Platform{
			"linux/amd64": {SHA256: sum("library"), Source: source("lib.so", "library")},
		}},
		Models: []models.Model{{
			Card: models.Card{
				Role: "reader", File: "reader.onnx", SHA256: sum("WEIGHTSGRAPH"), Licence: "MIT", Input: port, Output: port,
				Source: source("net.bin", "weights", models.SourceFile{Path: "net.json", SHA256: sum("graph")}),
				Assets: []models.Asset{{File: "words.txt", SHA256: sum("words"), Source: source("words.txt", "words")}},
			},
			Recipe: "shout",
		}},
	}
	recipes := map[string]modelkit.Recipe{
		"copy": modelkit.Recipes()["copy"],
		"shout": func(files [][]byte) ([]byte, error) {
			if bytes.Contains(files[0], []byte("broken")) {
				return nil, errors.New("it is broken")
			}
			return bytes.ToUpper(bytes.Join(files, nil)), nil
		},
	}
	return bench{packages: packages, builder: &modelkit.Builder{
		Manifest: manifest, Packages: modelkit.Packages{Dir: packages}, Out: filepath.Join(t.TempDir(), "models"),
		Platform: "linux/amd64", Recipes: recipes, Logger: slog.New(slog.DiscardHandler),
	}}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

func TestBuildMakesEveryFileAndACard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.builder.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := folder(t, b.builder.Out)
	card, err := models.ParseCard([]byte(got["reader.card.json"]))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.builder.Manifest.Models[0].Card, card); diff != "" {
		t.Errorf("the card differs from the manifest:\n%s", diff)
	}
	delete(got, "reader.card.json")
	want := map[string]string{"lib.so.1": "library", "reader.onnx": "WEIGHTSGRAPH", "words.txt": "words", "NOTICE": models.Notice()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A second build must not even look at the sources: an installation keeps its models when node_modules is gone.
func TestBuildIsIdempotentAndRepairs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.builder.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := folder(t, b.builder.Out)
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name := range before {
		if err := os.Chtimes(filepath.Join(b.builder.Out, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	away := b.packages + ".away"
	if err := os.Rename(b.packages, away); err != nil {
		t.Fatal(err)
	}
	if err := b.builder.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name := range before {
		info, err := os.Stat(filepath.Join(b.builder.Out, name))
		if err != nil || !info.ModTime().Equal(old) {
			t.Errorf("%s was written again (%v)", name, err)
		}
	}
	if err := os.Rename(away, b.packages); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.builder.Out, "reader.onnx"), "tampered")
	write(t, filepath.Join(b.builder.Out, "reader.card.json"), "{}")
	if err := b.builder.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, folder(t, b.builder.Out)); diff != "" {
		t.Errorf("altered results were not repaired:\n%s", diff)
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*testing.T, bench)
		want  []string
	}{
		"altered weights": {
			func(t *testing.T, b bench) { write(t, filepath.Join(b.packages, "@some/pkg/net.bin"), "weighty") },
			[]string{"model reader", "net.bin", "@some/pkg 1.2.3", sum("weighty"), sum("weights"), "npm ci"},
		},
		"altered companion": {
			func(t *testing.T, b bench) { write(t, filepath.Join(b.packages, "@some/pkg/net.json"), "Graph") },
			[]string{"net.json", sum("Graph"), "npm ci"},
		},
		"missing file": {
			func(t *testing.T, b bench) { os.Remove(filepath.Join(b.packages, "@some/pkg/words.txt")) },
			[]string{"words.txt", "is missing", "npm ci"},
		},
		"missing packages": {
			func(t *testing.T, b bench) { os.RemoveAll(b.packages) },
			[]string{"is missing", "npm ci"},
		},
		"another release": {
			func(t *testing.T, b bench) {
				write(t, filepath.Join(b.packages, "@some/pkg/package.json"), `{"version":"2.0.0"}`)
			},
			[]string{"@some/pkg", "2.0.0", "1.2.3", "npm ci"},
		},
		"another conversion": {
			func(t *testing.T, b bench) { b.builder.Manifest.Models[0].SHA256 = sum("what once came out") },
			[]string{"reader.onnx", sum("WEIGHTSGRAPH"), sum("what once came out"), "modelkit record"},
		},
		"failing conversion": {
			func(t *testing.T, b bench) {
				write(t, filepath.Join(b.packages, "@some/pkg/net.bin"), "broken")
				b.builder.Manifest.Models[0].Source.SHA256 = sum("broken")
			},
			[]string{"net.bin", "@some/pkg", "it is broken"},
		},
		"unknown recipe": {
			func(t *testing.T, b bench) { b.builder.Manifest.Models[0].Recipe = "whisper" },
			[]string{"whisper", "copy, shout"},
		},
		"unknown platform": {
			func(t *testing.T, b bench) { b.builder.Platform = "plan9/mips" },
			[]string{"Some Runtime", "plan9/mips", "linux/amd64"},
		},
		"a way out of the folder": {
			func(t *testing.T, b bench) { b.builder.Manifest.Models[0].Source.Path = "../../../etc/passwd" },
			[]string{"outside the packages folder"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.spoil(t, b)
			err := b.builder.Build(t.Context())
			if err == nil {
				t.Fatal("the build went through")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if _, err := os.Stat(filepath.Join(b.builder.Out, "reader.card.json")); err == nil {
				t.Error("a card was written for a model that could not be built")
			}
		})
	}
}

func TestRecordWritesTheHashOfWhatComesOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.builder.Manifest.Models[0].SHA256 = sum("outdated")
	data, err := b.builder.Record()
	if err != nil {
		t.Fatal(err)
	}
	got, err := models.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Models[0].SHA256 != sum("WEIGHTSGRAPH") {
		t.Errorf("recorded %s", got.Models[0].SHA256)
	}
	if b.builder.Manifest.Models[0].SHA256 != sum("outdated") {
		t.Error("Record changed the manifest of its builder")
	}
	// A source is trusted by its recorded hash only; recording must not launder an altered one.
	write(t, filepath.Join(b.packages, "@some/pkg/net.bin"), "weighty")
	if _, err := b.builder.Record(); err == nil {
		t.Error("Record took an altered source")
	}
}
