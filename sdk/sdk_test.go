package sdk_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

func catalogue(t *testing.T, language string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("locales", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(data, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

// sources reads every TypeScript file of the browser side.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir("src", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".ts" {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil || len(files) < 10 {
		t.Fatalf("read the sources: %d files, %v", len(files), err)
	}
	return files
}

// No catalogue lacks a key or a placeholder, nothing is empty, nothing unused.
func TestLocales(t *testing.T) {
	t.Parallel()
	en, ru := catalogue(t, "en"), catalogue(t, "ru")
	placeholder := regexp.MustCompile(`\{\w+\}`)
	slots := func(s string) []string {
		found := placeholder.FindAllString(s, -1)
		slices.Sort(found)
		return found
	}
	var code strings.Builder
	for _, text := range sources(t) {
		code.WriteString(text)
	}
	for key, text := range en {
		other, ok := ru[key]
		switch {
		case !ok:
			t.Errorf("ru lacks %q", key)
		case strings.TrimSpace(text) == "" || strings.TrimSpace(other) == "":
			t.Errorf("%q is empty", key)
		case !slices.Equal(slots(text), slots(other)):
			t.Errorf("%q: placeholders differ: %v and %v", key, slots(text), slots(other))
		}
		if !strings.Contains(code.String(), "'"+key+"'") && !strings.HasPrefix(key, "loader") {
			t.Errorf("%q is not used anywhere", key)
		}
	}
	for key, text := range ru {
		if _, ok := en[key]; !ok {
			t.Errorf("en lacks %q", key)
		}
		if !regexp.MustCompile(`\p{Cyrillic}`).MatchString(text) {
			t.Errorf("ru %q is not Russian: %q", key, text)
		}
	}
}

var (
	hole      = regexp.MustCompile(`\$\{[^{}]*\}`)
	comment   = regexp.MustCompile(`(?s)<!--.*?-->`)
	tag       = regexp.MustCompile(`(?s)<[^<>]*>`)
	spoken    = regexp.MustCompile(`(aria-label|title|alt|placeholder)="[^"$]*\p{L}`)
	anyLetter = regexp.MustCompile(`\p{L}{2,}`)
)

// visible lists what a template would show without any word of a catalogue.
func visible(source string) (found []string) {
	// Templates nest: the innermost are taken out first, again and again.
	inner := regexp.MustCompile("html`[^`]*`")
	for {
		match := inner.FindStringIndex(source)
		if match == nil {
			return found
		}
		text := source[match[0]+5 : match[1]-1]
		for hole.MatchString(text) {
			text = hole.ReplaceAllString(text, "")
		}
		found = append(found, spoken.FindAllString(text, -1)...)
		plain := tag.ReplaceAllString(comment.ReplaceAllString(text, ""), " ")
		// What is left of a hole that holds an arrow function or an unclosed tag is code.
		if anyLetter.MatchString(plain) && !strings.ContainsAny(plain, "=>{}$()") {
			found = append(found, strings.TrimSpace(plain))
		}
		source = source[:match[0]] + "''" + source[match[1]:]
	}
}

// Every text that a person sees or hears comes from a catalogue.
func TestNoLiteralTextInComponents(t *testing.T) {
	t.Parallel()
	if got := visible("html`<p>Hello there</p><b aria-label=\"Close it\">${x}</b>`"); len(got) != 2 {
		t.Fatalf("the test is blind: %q", got)
	}
	for path, text := range sources(t) {
		for _, words := range visible(text) {
			t.Errorf("%s: literal text %q", path, words)
		}
	}
}

// Contrast of every text colour on every ground it stands on, WCAG 2 AA.
func TestContrast(t *testing.T) {
	t.Parallel()
	design, err := os.ReadFile("src/widget/ui/design.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"light", "dark"} {
		block := regexp.MustCompile("(?s)const " + theme + " = css`(.*?)`").FindSubmatch(design)
		if block == nil {
			t.Fatalf("no theme %s", theme)
		}
		colour := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([\w-]+): #(\w{6})`).FindAllStringSubmatch(string(block[1]), -1) {
			colour[m[1]] = luminance(m[2])
		}
		for _, pair := range [][2]string{{"text", "surface"}, {"text", "bg"}, {"text", "raised"}, {"muted", "surface"}, {"muted", "bg"}, {"muted", "raised"},
			{"accent", "surface"}, {"accent", "accent-soft"}, {"on-accent", "accent"}, {"on-accent", "accent-strong"},
			{"good", "good-soft"}, {"warn", "warn-soft"}, {"bad", "bad-soft"}, {"bad", "surface"}} {
			a, b := colour[pair[0]], colour[pair[1]]
			if ratio := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); ratio < 4.5 || len(colour) < 12 {
				t.Errorf("%s: %s on %s has contrast %.2f, want 4.5", theme, pair[0], pair[1], ratio)
			}
		}
	}
}

// luminance is WCAG's relative luminance of a colour RRGGBB.
func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// The strict type check that the bundler leaves out.
func TestTypes(t *testing.T) {
	t.Parallel()
	compiler := filepath.Join("..", "node_modules", ".bin", "tsc")
	if _, err := os.Stat(compiler); err != nil {
		t.Fatal("the npm package typescript is missing: run make build (or npm ci) first")
	}
	tool(t, compiler, "-p", ".")
}

// The parts that need no browser: hints, the choice of frames, whom to believe.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	for _, unit := range []string{"widget/judge", "widget/recorder", "widget/device", "shared/protocol"} {
		result := api.Build(api.BuildOptions{EntryPoints: []string{fmt.Sprintf("src/%s.ts", unit)}, Bundle: true,
			Format: api.FormatESModule, Outfile: filepath.Join(dir, filepath.Base(unit)+".mjs"), Write: true})
		if len(result.Errors) > 0 {
			t.Fatalf("bundle %s: %v", unit, result.Errors)
		}
	}
	t.Setenv("UNITS", dir)
	tool(t, "node", "--test", "test/units.test.mjs")
}
