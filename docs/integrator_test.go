package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openkyc/openkyc/client"
)

const integrator = "docs/integrator/README.md"

// run executes one program in the root of the repository and returns what it prints.
func run(t *testing.T, environment []string, program string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = root
	command.Env = append(os.Environ(), environment...)
	var complaint strings.Builder
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// scratch writes an example into a file of its own.
func scratch(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the handbook tells integrators to write is run as it stands.
func TestEncryptionExamples(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		heading, language, file string
		needs                   string // program that must be there
		lacks                   func() string
		command                 func(file string) []string
	}{
		{"### Go", "go", "main.go", "go", nil, func(f string) []string { return []string{"go", "run", f} }},
		{"### Node", "js", "main.mjs", "node", nil, func(f string) []string { return []string{"node", f} }},
		{"### Python", "python", "main.py", "", missing("python3", "-c", "import cryptography"), func(f string) []string { return []string{"python3", f} }},
		{"### PHP", "php", "main.php", "", missing("php", "-r", "openssl_get_cipher_methods();"), func(f string) []string { return []string{"php", f} }},
		{"### C#", "csharp", "main.cs", "", missing("mcs", "--version"), func(f string) []string {
			return []string{"sh", "-c", `mcs -r:System.Core -out:"$0.exe" "$0" && mono "$0.exe"`, f}
		}},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			if c.lacks != nil {
				if why := c.lacks(); why != "" {
					t.Skip(why)
				}
			} else if _, err := exec.LookPath(c.needs); err != nil {
				t.Fatalf("this test needs %s on the path; scripts/system-packages test installs it", c.needs)
			}
			const secret = "пароль & co"
			command := c.command(scratch(t, c.file, block(t, integrator, c.heading, c.language)))
			token := run(t, []string{"OPENKYC_SCENARIO_SECRET=" + secret}, command[0], command[1:]...)
			if raw, err := client.DecryptKey(secret, token); err != nil || raw != "user_123" {
				t.Errorf("%q opens to %q, %v", token, raw, err)
			}
		})
	}
}

// missing tells why a language that few installations need cannot be tried.
func missing(program string, args ...string) func() string {
	return func() string {
		if err := exec.Command(program, args...).Run(); err != nil { //nolint:noctx // ends by itself
			return program + " or a library of the example is not installed here"
		}
		return ""
	}
}

// The vector on the page is the one of the wire contract, section 2.
func TestVectorOnThePage(t *testing.T) {
	t.Parallel()
	const token = "AAECAwQFBgcICQoLDA0OD7MGnRWfRuyp7eveer5mFJo="
	if raw, err := client.DecryptKey("s3cret", token); err != nil || raw != "user_123" || strings.Count(read(t, integrator), token) != 2 {
		t.Errorf("%q, %v", raw, err)
	}
}
