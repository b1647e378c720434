package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// The administrator's handbook lists the flags of serve as `serve --help`
// does; with OPENKYC_WRITE_DOCS set this test writes them there.
func TestServeFlagsInTheHandbook(t *testing.T) { //nolint:paralleltest // may write the page
	const page, begin, end = "../../docs/administrator/README.md", "<!-- begin serve flags -->\n", "<!-- end serve flags -->"
	parser, err := kong.New(&commands{}, kong.Name("openkyc"))
	if err != nil {
		t.Fatal(err)
	}
	var help strings.Builder
	if code := run(t.Context(), []string{"serve", "--help"}, nil, &help, &help); code != 0 {
		t.Fatalf("serve --help ends with %d", code)
	}
	var want strings.Builder
	want.WriteString("| Flag | Environment | Default | |\n|---|---|---|---|\n")
	for _, node := range parser.Model.Children {
		if node.Name != "serve" {
			continue
		}
		for _, flag := range node.Flags {
			if !strings.Contains(help.String(), "--"+flag.Name) {
				t.Errorf("serve --help does not show --%s", flag.Name)
			}
			standard := ""
			switch {
			case flag.Required:
				standard = "required"
			case flag.Default != "":
				standard = "`" + flag.Default + "`"
			}
			fmt.Fprintf(&want, "| `--%s` | `%s` | %s | %s |\n", flag.Name, strings.Join(flag.Envs, "`, `"), standard, flag.Help)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no section of serve's flags", page)
	}
	if have == want.String() {
		return
	}
	if os.Getenv("OPENKYC_WRITE_DOCS") == "" {
		t.Fatalf("%s is not current; run OPENKYC_WRITE_DOCS=1 go test ./cmd/openkyc -run Handbook\n%s", page, cmp.Diff(have, want.String()))
	}
	if err := os.WriteFile(page, []byte(before+begin+want.String()+end+after), 0o644); err != nil { //nolint:gosec // a page that all may read
		t.Fatal(err)
	}
}
