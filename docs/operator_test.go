package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
)

const operator = "docs/operator/README.md"

// current holds a generated section against the page; with OPENKYC_WRITE_DOCS
// set it writes it instead.
func current(t *testing.T, page, name, want string) {
	t.Helper()
	have := section(t, page, name)
	if have == want {
		return
	}
	if os.Getenv("OPENKYC_WRITE_DOCS") == "" {
		t.Errorf("%s: the section %q is not current; run OPENKYC_WRITE_DOCS=1 go test ./docs\n%s", page, name, cmp.Diff(have, want))
		return
	}
	text := strings.Replace(read(t, page), fmt.Sprintf("<!-- begin %s -->\n%s<!-- end", name, have), fmt.Sprintf("<!-- begin %s -->\n%s<!-- end", name, want), 1)
	if err := os.WriteFile(filepath.Join(root, page), []byte(text), 0o644); err != nil { //nolint:gosec // a page that all may read
		t.Fatal(err)
	}
}

// The page explains every code that a result can carry, in the program's words.
func TestErrorCodes(t *testing.T) { //nolint:paralleltest // may write the page
	var table strings.Builder
	table.WriteString("| Code | Meaning | What the person reads |\n|---|---|---|\n")
	codes := kyc.Codes()
	slices.Sort(codes)
	for _, code := range codes {
		e := kyc.Explain(code)
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", code, e.Operator, e.Hint["en"])
	}
	current(t, operator, "error codes", table.String())
}

// The page names the checks that the engines compute, all of them and no other.
func TestChecks(t *testing.T) {
	t.Parallel()
	computed := map[string]bool{}
	for _, c := range kyc.FraudChecks() {
		computed[c.Caption] = true
	}
	for _, caption := range []string{kyc.CheckTaken, kyc.CheckCapture, kyc.CheckAge, kyc.CheckGender} {
		computed[caption] = true
	}
	call := regexp.MustCompile(`\bPassed\("(is\w+)"`)
	for _, folder := range []string{"document", "face", "kyc"} {
		files, err := filepath.Glob(filepath.Join(root, "internal", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range call.FindAllStringSubmatch(string(text), -1) {
				computed[found[1]] = !strings.HasSuffix(file, "_test.go") || computed[found[1]]
			}
		}
	}
	named := map[string]bool{}
	for _, found := range regexp.MustCompile("(?m)^\\| `(is\\w+)`").FindAllStringSubmatch(section(t, operator, "checks"), -1) {
		named[found[1]] = true
	}
	if diff := cmp.Diff(computed, named); diff != "" || len(named) == 0 {
		t.Errorf("the page's checks differ from those that are computed: %s", diff)
	}
}
