// Package deploy holds no code, only tests that hold what an administrator is
// given to run the program with against the program: flags, environment, files,
// metrics. bin/tools/deploycheck reads the formats of others.
package deploy

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// program builds the program once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "openkyc-deploy")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "openkyc")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/openkyc").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// deploycheck calls the tool and returns what it printed, or what it complained of.
func deploycheck(args ...string) (string, error) { return deploycheckOn("", args...) }

func deploycheckOn(stdin string, args ...string) (string, error) {
	cmd := exec.Command("../bin/tools/deploycheck", args...)
	cmd.Stdin = strings.NewReader(stdin)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return complaint.String(), err
	}
	return string(out), nil
}

// check calls deploycheck and decodes what it prints.
func check(t *testing.T, out any, stdin string, args ...string) {
	t.Helper()
	text, err := deploycheckOn(stdin, args...)
	if err != nil {
		t.Fatalf("deploycheck %s: %v %s (`make bin/tools/deploycheck` installs it, and so does `make test`)", strings.Join(args, " "), err, text)
	}
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
}

// usage is what a command of the program takes.
type usage struct{ flags, environment []string }

var (
	flagWords        = regexp.MustCompile(`--([a-z0-9][a-z0-9-]*)`)
	environmentWords = regexp.MustCompile(`\$([A-Z0-9_]+)`)
)

// takes asks the program itself.
func takes(t *testing.T, command ...string) usage {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err, path)
	}
	text, err := exec.Command(path, append(command, "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v %s", command, err, text)
	}
	var u usage
	for _, m := range flagWords.FindAllSubmatch(text, -1) {
		u.flags = append(u.flags, string(m[1]))
	}
	for _, m := range environmentWords.FindAllSubmatch(text, -1) {
		u.environment = append(u.environment, string(m[1]))
	}
	return u
}

// run is one way in which the program is started.
type run struct {
	where       string
	args        []string // command, then flags
	environment map[string]string
}

// sound holds a run against the program, and for what every node needs.
func (r run) sound(t *testing.T) {
	t.Helper()
	var command []string
	for _, a := range r.args {
		if strings.HasPrefix(a, "-") {
			break
		}
		command = append(command, a)
	}
	if len(command) == 0 {
		t.Fatalf("%s names no command", r.where)
	}
	u := takes(t, command...)
	given := map[string]bool{}
	for _, a := range r.args {
		if name, ok := strings.CutPrefix(a, "--"); ok {
			name, _, _ = strings.Cut(name, "=")
			given[name] = true
			if !slices.Contains(u.flags, name) {
				t.Errorf("%s: %v has no flag --%s", r.where, command, name)
			}
		}
	}
	for name := range r.environment {
		if strings.HasPrefix(name, "OPENKYC_") && !slices.Contains(u.environment, name) {
			t.Errorf("%s: %v does not know $%s", r.where, command, name)
		}
	}
	if !given["data"] {
		for _, name := range []string{"OPENKYC_DATABASE_FILE", "OPENKYC_BLOBS", "OPENKYC_MASTER_KEY_FILE", "OPENKYC_S3_ACCESS_KEY_FILE", "OPENKYC_S3_SECRET_KEY_FILE"} {
			if r.environment[name] == "" {
				t.Errorf("%s: without a data folder $%s is needed", r.where, name)
			}
		}
	}
	for name, value := range r.environment {
		if name == "OPENKYC_DATABASE" || strings.HasSuffix(name, "_KEY") && strings.HasPrefix(name, "OPENKYC_") {
			t.Errorf("%s: $%s=%s is a secret in plain sight", r.where, name, value)
		}
	}
	if (command[0] == "serve" || command[0] == "worker") && r.environment["OPENKYC_METRICS"] == "" {
		t.Errorf("%s: nobody can ask whether it is ready", r.where)
	}
	if command[0] == "serve" && !strings.HasPrefix(r.environment["OPENKYC_PUBLIC_URL"], "https://") {
		t.Errorf("%s: browsers give a camera to https only", r.where)
	}
}

// field walks into decoded JSON by a path of names; nil when it leads nowhere.
func field(value any, path ...string) any {
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

func texts(value any) (all []string) {
	for _, v := range list(value) {
		all = append(all, text(v))
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
