package house

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// linkedList is written by `make generate`. A new dependency of the program
// then shows in review as a line of its own.
const linkedList = "../../docs/contributor/linked-modules.txt"

func TestLinkedModulesAreListed(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "../../cmd/openkyc").Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return line == "" })
	slices.Sort(linked)
	linked = slices.Compact(linked)
	text, err := os.ReadFile(linkedList)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(text)), "\n"), linked); diff != "" {
		t.Errorf("the program links other modules than the list says; if that is meant, run `make generate`:\n%s", diff)
	}
}

// The driver's C library is generated for one version; another one corrupts
// memory. dependencies of modernc.org/sqlite must never be raised on their own.
func TestSQLiteKeepsItsOwnLibc(t *testing.T) {
	t.Parallel()
	wanted, err := exec.Command("go", "mod", "graph").Output()
	if err != nil {
		t.Fatal(err)
	}
	used, err := exec.Command("go", "list", "-m", "-f", "{{.Path}}@{{.Version}}", "modernc.org/sqlite", "modernc.org/libc").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(used))
	if len(lines) != 2 || !strings.Contains(string(wanted), lines[0]+" "+lines[1]+"\n") {
		t.Errorf("%s was made for another libc than %s", lines[0], lines[1])
	}
}
