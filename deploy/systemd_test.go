package deploy

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The units start the program with what it takes, leave it time to end, and
// systemd itself finds nothing wrong with them.
func TestSystemd(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("systemd/*.service")
	if err != nil || len(units) != 2 {
		t.Fatal(units, err)
	}
	for _, path := range units {
		set := map[string][]string{}
		for line := range strings.Lines(read(t, path)) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
				set[name] = append(set[name], value)
			}
		}
		one := func(name string) string { return strings.Join(set[name], " ") }
		words := strings.Fields(one("ExecStart"))
		if len(words) < 2 || words[0] != "/opt/openkyc/openkyc" {
			t.Fatalf("%s starts %v", path, words)
		}
		environment := map[string]string{}
		for line := range strings.Lines(read(t, filepath.Join("systemd", filepath.Base(one("EnvironmentFile"))))) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
				environment[name] = value
			}
		}
		run{path, words[1:], environment}.sound(t)
		for name, want := range map[string]string{"NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "CapabilityBoundingSet": "", "Restart": "always",
			"UMask": "0077", "TimeoutStopSec": "40"} {
			if _, there := set[name]; !there || one(name) != want {
				t.Errorf("%s: %s is %q, not %q", path, name, one(name), want)
			}
		}
		if one("DynamicUser") != "yes" && one("User") == "" {
			t.Errorf("%s runs as root", path)
		}
		if tool, err := exec.LookPath("systemd-analyze"); err == nil {
			out, _ := exec.Command(tool, "verify", path).CombinedOutput()
			for line := range strings.Lines(string(out)) {
				// The program is not installed here; of other units' faults we know nothing.
				if strings.HasPrefix(line, filepath.Base(path)) || strings.Contains(line, path) {
					if !strings.Contains(line, "/opt/openkyc/openkyc is not executable") {
						t.Errorf("%s", line)
					}
				}
			}
		}
	}
}
