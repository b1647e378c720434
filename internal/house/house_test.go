package house

import (
	"bufio"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/openkyc/openkyc"

var (
	doors = []string{"edge", "capture", "api", "dash"}
	rooms = []string{"verify", "document", "face", "persons", "scenario", "webhook", "auth", "report", "transfer", "privacy"}
	tools = []string{"store", "jobs", "blob", "seal", "vision", "convert", "egress", "mail", "observe", "gallery"}
)

// owners says which one package may name a third-party module, and why one is enough.
var owners = map[string]string{
	"github.com/riverqueue/river":     "internal/jobs",
	"modernc.org/sqlite":              "internal/store",
	"github.com/pressly/goose":        "internal/store",
	"github.com/yalue/onnxruntime_go": "internal/vision",
	"github.com/tink-crypto/tink-go":  "internal/seal",
	"maragu.dev/gomponents":           "internal/dash",
	"github.com/danielgtaylor/huma":   "internal/api",
	"code.dny.dev/ssrf":               "internal/egress",
	"github.com/alecthomas/kong":      "cmd/openkyc",
	"github.com/evanw/esbuild":        "sdk/build",
	"github.com/go-jose/go-jose":      "internal/auth",
	"golang.org/x/crypto/argon2":      "internal/auth",
	"github.com/xuri/excelize":        "internal/report",
	"github.com/prometheus":           "internal/observe",
	"github.com/minio":                "internal/blob",
	"go.opentelemetry.io":             "internal/observe",
	"github.com/wneessen/go-mail":     "internal/mail",
	"github.com/klippa-app/go-pdfium": "internal/convert",
	"github.com/tetratelabs/wazero":   "internal/convert",
	"go.yaml.in/yaml":                 "internal/document/types",
	"golang.org/x/sys/cpu":            "internal/processor",
}

// imports maps each package of this module to what its files import; test
// files are left out, since a test may use whatever proves its point.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "node_modules" || name == "testdata" || name == "bin" || name == "data" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir // a module of its own, whose libraries the program never links
			}
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		found[folder] = append(found[folder], nil...)
		for _, spec := range file.Imports {
			found[folder] = append(found[folder], strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 20 {
		t.Fatalf("only %d packages found: this test looks into the wrong folder", len(found))
	}
	return found
}

// room is the first folder below internal/, "" for anything else.
func room(path string) string {
	path = strings.TrimPrefix(path, module+"/")
	rest, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func TestWhoMayKnowWhom(t *testing.T) {
	t.Parallel()
	for folder, list := range imports(t) {
		for _, path := range list {
			if fault := forbidden(folder, path); fault != "" {
				t.Errorf("%s must not import %s, because %s", folder, path, fault)
			}
		}
	}
}

func forbidden(folder, path string) string {
	from, to := room(folder), room(path)
	inside := strings.HasPrefix(path, module)
	switch {
	case from == "kyc" && strings.Contains(path, "."):
		return "the language imports the standard library only"
	case folder == "client" && inside:
		return "the public package must stand alone for integrators"
	case !inside || from == to || to == "" || to == "kyc":
		return ""
	case to == "app" && from != "demo" && folder != "cmd/openkyc":
		return "only the program starts the app"
	case isTestKit(folder):
		return ""
	case slices.Contains(rooms, from) && slices.Contains(doors, to):
		return "rooms do not know doors"
	case slices.Contains(rooms, from) && slices.Contains(rooms, to):
		return "a room declares the interface it needs instead of knowing another room"
	case slices.Contains(rooms, from) && slices.Contains(tools, to) && (to != "vision" || from != "document" && from != "face"):
		return "a room declares the interface it needs instead of knowing a tool (only document and face know vision)"
	case slices.Contains(tools, from) && (slices.Contains(doors, to) || slices.Contains(rooms, to)):
		return "tools know the language and their trade only"
	case slices.Contains(tools, from) && slices.Contains(tools, to) && (from != "jobs" || to != "store"):
		return "tools do not know each other (only the queue lives in the store's database)"
	case slices.Contains(doors, from) && slices.Contains(tools, to):
		return "doors speak to rooms, never to tools"
	case slices.Contains(doors, from) && slices.Contains(doors, to) && to != "edge":
		return "doors do not know each other; edge is the doorstep they share"
	case to == "specimen" && from != "demo" && from != "evaluate" && folder != "cmd/openkyc" && folder != "cmd/glyphkit":
		return "the synthetic world is for the demo, for those who ask for specimens, the evaluation, training and tests"
	}
	return ""
}

// isTestKit tells packages that exist for tests, such as store/storetest.
func isTestKit(folder string) bool { return strings.HasSuffix(folder, "test") }

func TestOneOwnerPerModule(t *testing.T) {
	t.Parallel()
	for folder, list := range imports(t) {
		for _, path := range list {
			for prefix, owner := range owners {
				if strings.HasPrefix(path, prefix) && folder != owner && !strings.HasPrefix(folder, owner+"/") {
					t.Errorf("%s imports %s, which belongs to %s alone", folder, path, owner)
				}
			}
		}
	}
}

func TestEveryPackageExplainsItself(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for folder := range imports(t) {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		documented := false
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || file.Doc != nil && len(file.Doc.Text()) > 60
		}
		if !documented {
			t.Errorf("the package in %s does not say what comes in, what goes out and what can fail", folder)
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	t.Parallel()
	const limit = 600
	for folder := range imports(t) {
		files, err := filepath.Glob(filepath.Join("../..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if n, err := lines(path); err != nil {
				t.Fatal(err)
			} else if n > limit {
				t.Errorf("%s has %d lines; split it at %d", path, n, limit)
			}
		}
	}
}

func lines(path string) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		n++
	}
	if err := scanner.Err(); err != nil {
		return n, fmt.Errorf("%s: %w", path, err)
	}
	return n, nil
}
