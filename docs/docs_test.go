// Package docs_test holds the handbook against the program: links resolve,
// examples run, tables say what the code says.
package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

const root = ".."

// pages lists every page of the handbook, by its path from the root.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (name == "node_modules" || name == "testdata" || name == "bin" || name == "data" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 11 {
		t.Fatalf("only %d pages: this test looks into the wrong folder", len(found))
	}
	return found
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withoutCode drops fenced blocks: what looks like a link there is none.
func withoutCode(text string) string {
	var out strings.Builder
	inside := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			inside = !inside
			continue
		}
		if !inside {
			out.WriteString(line)
		}
	}
	return out.String()
}

// anchors are the names that a page's headings get.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(withoutCode(text)) {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))] = true
	}
	return found
}

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(withoutCode(read(t, page)), -1) {
			if fault := broken(t, page, found[1]); fault != "" {
				t.Errorf("%s: the link %s leads nowhere: %s", page, found[1], fault)
			}
		}
	}
}

func broken(t *testing.T, page, target string) string {
	t.Helper()
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return "" // other people's addresses are not ours to keep
	}
	file, anchor, _ := strings.Cut(target, "#")
	path := page
	if file != "" {
		path = filepath.Join(filepath.Dir(page), file)
	}
	info, err := os.Stat(filepath.Join(root, path))
	switch {
	case err != nil:
		return "no such file"
	case info.IsDir():
		if _, err := os.Stat(filepath.Join(root, path, "README.md")); err != nil && strings.HasPrefix(path, "docs") {
			return "the folder has no README.md"
		}
	case anchor != "" && strings.HasSuffix(path, ".md") && !anchors(read(t, path))[anchor]:
		return "no such heading"
	}
	return ""
}

// block is the first fenced block of a language below a heading.
func block(t *testing.T, page, heading, language string) string {
	t.Helper()
	_, text, ok := strings.Cut(read(t, page), "\n"+heading+"\n")
	if ok {
		_, text, ok = strings.Cut(text, "\n```"+language+"\n")
	}
	text, _, closed := strings.Cut(text, "\n```\n")
	if !ok || !closed {
		t.Fatalf("%s has no %s example under %q", page, language, heading)
	}
	return text + "\n"
}

// section is what stands between two marks of a page.
func section(t *testing.T, page, name string) string {
	t.Helper()
	_, text, ok := strings.Cut(read(t, page), fmt.Sprintf("<!-- begin %s -->\n", name))
	text, _, closed := strings.Cut(text, fmt.Sprintf("<!-- end %s -->", name))
	if !ok || !closed {
		t.Fatalf("%s has no section %q between its marks", page, name)
	}
	return text
}
