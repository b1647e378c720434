package dash

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// failing breaks as a database does.
type failing struct{ *world }

func (failing) Filter(context.Context, *kyc.Principal, kyc.SessionFilter) (verify.Page, error) {
	return verify.Page{}, errors.New("disk on fire")
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t, newWorld(), "")
	for _, name := range []string{"dash.css", "dash.js", "icon.svg"} {
		a := s.ask("GET", s.door.assetURL(name), "", nil)
		if a.Code != 200 || !strings.Contains(a.Header().Get("Cache-Control"), "immutable") || a.Body.Len() == 0 {
			t.Errorf("%s: %d %v", name, a.Code, a.Header())
		}
		if b := s.ask("GET", "/dashboard/assets/"+name, "", nil, setHeader("Accept-Encoding", "gzip")); b.Header().Get("Content-Encoding") != "gzip" || b.Header().Get("Cache-Control") != "no-cache" || b.Body.Len() >= a.Body.Len() {
			t.Errorf("%s: not packed, or kept without its version", name)
		}
		// Nothing may be loaded from elsewhere.
		for _, foreign := range []string{"http:", "https:", "@import", "url(", "eval(", "innerHTML", "localStorage"} {
			if text := strings.ReplaceAll(a.Body.String(), "http://www.w3.org/2000/svg", ""); strings.Contains(text, foreign) {
				t.Errorf("%s holds %q", name, foreign)
			}
		}
	}
	if a := s.ask("GET", "/dashboard/assets/..%2fdoor.go", "", nil); a.Code != 404 {
		t.Errorf("a path out of the folder: %d", a.Code)
	}
}

func TestEveryIconIsDrawn(t *testing.T) {
	t.Parallel()
	for _, s := range kyc.Statuses() {
		if _, ok := shapesOf(string(s)); !ok {
			t.Errorf("the status %s has no icon", s)
		}
	}
	for path, file := range sources(t) {
		for _, name := range iconsIn(file) {
			if _, ok := shapesOf(name); !ok {
				t.Errorf("%s: there is no icon %q", path, name)
			}
		}
	}
}

// TestSnippetsWork runs the code that integrators paste and opens what it makes.
func TestSnippetsWork(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	programs := map[string][]string{"node": {"node", "--input-type=module", "-e"}, "python": {"python3", "-c"}, "php": {"php", "-r"}, "go": nil}
	for version := 1; version <= 2; version++ {
		for _, x := range snippets("https://kyc.example", &kyc.Scenario{ID: flowID, Definition: kyc.Definition{RequireKeyVersion: version}}) {
			if x.code == "" || strings.Contains(x.code, "{{") {
				t.Errorf("version %d: the snippet %s is not whole", version, x.id)
			}
			if x.id == "page" {
				wants(t, x.code, `src="https://kyc.example/lib/widget-lib.js"`, flowID)
				continue
			}
			t.Run(x.id+strings.Repeat("+", version-1), func(t *testing.T) {
				t.Parallel()
				token := strings.TrimSpace(run(t, x, programs[x.id], secret))
				var raw string
				var err error
				if version == 1 {
					raw, err = client.DecryptKey(secret, token)
				} else {
					raw, _, _, err = client.DecryptKeyV2(secret, flowID, token, time.Now())
				}
				if err != nil || raw != "user_123" {
					t.Errorf("%q opens to %q, %v", token, raw, err)
				}
			})
		}
	}
}

// run executes one snippet; what is not installed here is skipped by name.
func run(t *testing.T, x snippet, program []string, secret string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var command *exec.Cmd
	if x.id == "go" {
		folder, err := os.MkdirTemp("testdata", "snippet") // inside the module, so that the client package is found
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(folder) })
		if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(x.code), 0o600); err != nil {
			t.Fatal(err)
		}
		command = exec.CommandContext(ctx, "go", "run", "./"+folder)
	} else {
		if _, err := exec.LookPath(program[0]); err != nil {
			t.Skipf("%s is not installed", program[0])
		}
		if x.id == "python" && exec.CommandContext(ctx, "python3", "-c", "import cryptography").Run() != nil {
			t.Skip("the Python package cryptography is not installed")
		}
		command = exec.CommandContext(ctx, program[0], append(program[1:], strings.TrimPrefix(x.code, "<?php"))...)
	}
	command.Env = append(os.Environ(), "OPENKYC_SECRET="+secret)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// luminance of a colour written as #rrggbb (WCAG 2, relative luminance).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is not a colour", colour)
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&255) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*channel(16) + .7152*channel(8) + .0722*channel(0)
}

// TestContrast holds every pair of colours that meet against WCAG 2 AA.
func TestContrast(t *testing.T) {
	t.Parallel()
	style, err := assetFiles.ReadFile("assets/dash.css")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(style), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	pairs := map[[2]string]float64{{"text", "ground"}: 4.5, {"on-ink", "ink"}: 4.5, {"line-strong", "surface"}: 3, {"focus", "surface"}: 3, {"focus", "ground"}: 3, {"idle", "raised"}: 4.5}
	for _, text := range []string{"text", "quiet", "link"} {
		for _, below := range []string{"ground", "surface", "raised", "idle-ground"} {
			pairs[[2]string{text, below}] = 4.5
		}
	}
	for _, s := range kyc.Statuses() {
		pairs[[2]string{string(s), string(s) + "-ground"}] = 4.5
		pairs[[2]string{string(s), "surface"}] = 4.5
		pairs[[2]string{"text", string(s) + "-ground"}] = 4.5
	}
	for pair, least := range pairs {
		for i, theme := range []string{"light", "dark"} {
			a, b := luminance(t, colours[pair[0]][i]), luminance(t, colours[pair[1]][i])
			if ratio := (max(a, b) + .05) / (min(a, b) + .05); ratio < least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", theme, pair[0], pair[1], ratio, least)
			}
		}
	}
}
