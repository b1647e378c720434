package modelkit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/modelkit"
	"github.com/openkyc/openkyc/models"
)

const root = "../.."

// TestConversionIsDeterministic converts every shipped network twice from its npm package; both times the recorded bytes
// must come out, on whatever machine this runs.
func TestConversionIsDeterministic(t *testing.T) {
	t.Parallel()
	manifest := load(t)
	packages := modelkit.Packages{Dir: filepath.Join(root, "node_modules")}
	for _, m := range manifest.Models {
		if m.Recipe == "copy" {
			continue
		}
		t.Run(m.Role, func(t *testing.T) {
			t.Parallel()
			files := sources(t, packages, m.Source)
			for range 2 {
				data, err := modelkit.Recipes()[m.Recipe](files)
				if err != nil {
					t.Fatal(err)
				}
				h := sha256.Sum256(data)
				if got := hex.EncodeToString(h[:]); got != m.SHA256 {
					t.Fatalf("SHA-256 %s, recorded is %s", got, m.SHA256)
				}
			}
		})
	}
}

// TestConvertersRefuseDamagedFiles cuts and swaps the real sources: every case must end in a sentence, never in a file.
func TestConvertersRefuseDamagedFiles(t *testing.T) {
	t.Parallel()
	packages := modelkit.Packages{Dir: filepath.Join(root, "node_modules")}
	for _, m := range load(t).Models {
		if m.Recipe == "copy" {
			continue
		}
		t.Run(m.Role, func(t *testing.T) {
			t.Parallel()
			files := sources(t, packages, m.Source)
			if len(files) != 2 {
				t.Skip("a recipe of one file has its own test")
			}
			weights, graph := files[0], files[1]
			for name, c := range map[string]struct {
				files [][]byte
				want  string
			}{
				"cut weights":    {[][]byte{weights[:len(weights)/2], graph}, "cut off"},
				"one byte less":  {[][]byte{weights[:len(weights)-1], graph}, "cut off"},
				"one byte more":  {[][]byte{append(append([]byte(nil), weights...), 0), graph}, "1 bytes more"},
				"cut graph":      {[][]byte{weights, graph[:len(graph)/2]}, "not valid JSON"},
				"empty graph":    {[][]byte{weights, []byte("[]")}, ""},
				"swapped files":  {[][]byte{graph, weights}, "not valid JSON"},
				"no description": {[][]byte{weights}, "got 1 files"},
				"renamed part":   {[][]byte{weights, renamed(t, m.Role, graph)}, "lack"},
			} {
				data, err := modelkit.Recipes()[m.Recipe](c.files)
				if err == nil || data != nil {
					t.Errorf("%s: a file of %d bytes came out, error %v", name, len(data), err)
				} else if !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %q does not say %q", name, err, c.want)
				}
			}
		})
	}
}

// renamed takes away one tensor or node that the network of the role cannot do without.
func renamed(t *testing.T, role string, graph []byte) []byte {
	t.Helper()
	part := map[string]string{
		"face-detector": `"Identity_3"`, "face-mesh": `"Identity_1"`, "face-embedder": `"fc"`,
		"face-landmarks": `"dense2/conv1/pointwise_filter"`, "face-detector-ssd": `"Output/extra_dim"`,
		"face-age-gender": `"middle_flow/main_block_1/separable_conv2/bias"`,
	}[role]
	changed := bytes.ReplaceAll(graph, []byte(part), []byte(`"ghost"`))
	if part == "" || bytes.Equal(changed, graph) {
		t.Fatalf("the description of %s does not hold %s", role, part)
	}
	return changed
}

func TestReadmeIsCurrent(t *testing.T) {
	t.Parallel()
	have, err := os.ReadFile(filepath.Join(root, "models/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(modelkit.Readme(load(t)), string(have)); diff != "" {
		t.Errorf("models/README.md is out of date, run `go run ./cmd/modelkit readme > models/README.md`:\n%s", diff)
	}
}

// TestEveryModelIsPinnedAndLicensed keeps the manifest honest: exact versions that package.json pins too, a licence that
// may ship, and a recipe that exists.
func TestEveryModelIsPinnedAndLicensed(t *testing.T) {
	t.Parallel()
	pins, err := os.ReadFile(filepath.Join(root, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	system, err := os.ReadFile(filepath.Join(root, "scripts/system-packages"))
	if err != nil {
		t.Fatal(err)
	}
	manifest := load(t)
	check := func(what string, s models.Source) {
		if s.Registry == models.Debian {
			if !strings.Contains(string(system), "want_file /"+s.Path+" "+s.Package) {
				t.Errorf("%s: scripts/system-packages does not install %s", what, s.Package)
			}
			return
		}
		if !strings.Contains(string(pins), `"`+s.Package+`": "`+s.Version+`"`) {
			t.Errorf("%s: package.json does not pin %s %s", what, s.Package, s.Version)
		}
	}
	for name, p := range manifest.Runtime.Platforms {
		check(name, p.Source)
	}
	for _, m := range manifest.Models {
		check(m.Role, m.Source)
		for _, a := range m.Assets {
			check(m.Role, a.Source)
		}
		if m.Licence != "MIT" && m.Licence != "Apache-2.0" {
			t.Errorf("%s: licence %q may not ship", m.Role, m.Licence)
		}
		if modelkit.Recipes()[m.Recipe] == nil {
			t.Errorf("%s: no recipe %q", m.Role, m.Recipe)
		}
		if m.Preprocessing == "" || m.Postprocessing == "" || m.Title == "" {
			t.Errorf("%s: the card is incomplete", m.Role)
		}
		if !strings.Contains(models.Notice(), m.Source.Package) || !strings.Contains(models.Notice(), m.Role) {
			t.Errorf("%s: models/NOTICE does not name it and its package", m.Role)
		}
	}
}

func load(t *testing.T) models.Manifest {
	t.Helper()
	manifest, err := models.Load()
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

func sources(t *testing.T, packages modelkit.Packages, src models.Source) [][]byte {
	t.Helper()
	var files [][]byte
	for _, f := range append([]models.SourceFile{{Path: src.Path, SHA256: src.SHA256}}, src.Companions...) {
		data, err := packages.Read(src, f)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	return files
}
