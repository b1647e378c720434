package deploy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The compose file: what it starts exists, fits together, and is shut tight.
func TestCompose(t *testing.T) {
	t.Parallel()
	var documents []any
	check(t, &documents, "", "yaml", "compose/compose.yaml")
	services, _ := field(documents[0], "services").(map[string]any)
	shared := map[string]string{}
	commands := map[string]int{}
	for name, service := range services {
		if field(service, "image") != "openkyc:local" {
			continue
		}
		args := texts(field(service, "command"))
		environment := map[string]string{}
		for key, value := range field(service, "environment").(map[string]any) {
			environment[key] = text(value)
		}
		run{"compose service " + name, args, environment}.sound(t)
		commands[args[0]]++
		for _, key := range []string{"OPENKYC_BLOBS", "OPENKYC_DATABASE_FILE", "OPENKYC_MASTER_KEY_FILE"} {
			if before, ok := shared[key]; ok && before != environment[key] {
				t.Errorf("%s has %s=%s, others %s", name, key, environment[key], before)
			}
			shared[key] = environment[key]
		}
		for key, value := range environment { // files are secrets that are mounted
			if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(texts(field(service, "secrets")), secret) {
				t.Errorf("%s: %s is at %s, which is not among its secrets", name, key, value)
			}
		}
		if field(service, "read_only") != true || !slices.Equal(texts(field(service, "cap_drop")), []string{"ALL"}) || field(service, "ports") != nil {
			t.Errorf("%s is open to more than it needs", name)
		}
		grace, err := time.ParseDuration(text(field(service, "stop_grace_period")))
		if err != nil || grace < 30*time.Second {
			t.Errorf("%s is killed after %v, before its work is finished", name, grace)
		}
		if args[0] != "migrate" && field(service, "depends_on", "migrate", "condition") != "service_completed_successfully" {
			t.Errorf("%s does not wait for the tables", name)
		}
	}
	if commands["serve"] != 2 || commands["worker"] != 2 || commands["migrate"] != 1 {
		t.Errorf("services by command: %v", commands)
	}
	secrets, _ := field(documents[0], "secrets").(map[string]any)
	for name, secret := range secrets {
		if !strings.Contains(read(t, "compose/secrets.sh"), name) || text(field(secret, "file")) != "./secrets/"+name {
			t.Errorf("the secret %s is made by nobody", name)
		}
	}
	caddy := read(t, "compose/Caddyfile")
	for _, want := range []string{"serve-1:8080 serve-2:8080", "health_uri /ready", "max_size 128MB"} {
		if !strings.Contains(caddy, want) {
			t.Errorf("the proxy's file lacks %q", want)
		}
	}
}

// The script draws secrets that the program takes, and leaves those that are there.
func TestComposeSecrets(t *testing.T) {
	t.Parallel()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.sh"), []byte(read(t, "compose/secrets.sh")), 0o700); err != nil { //nolint:gosec // a script
		t.Fatal(err)
	}
	draw := func() map[string]string {
		cmd := exec.Command("bash", filepath.Join(dir, "secrets.sh"))
		cmd.Env = append(os.Environ(), "OPENKYC="+path, "PATH="+stubs(t)+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		found := map[string]string{}
		for _, name := range []string{"master.key", "database", "postgres-password", "s3-access-key", "s3-secret-key"} {
			found[name] = read(t, filepath.Join(dir, "secrets", name))
		}
		return found
	}
	first := draw()
	for name, value := range draw() {
		if value != first[name] || len(value) < 32 {
			t.Errorf("%s: %d bytes, drawn anew: %v", name, len(value), value != first[name])
		}
	}
	if want := "postgres://openkyc:" + first["postgres-password"] + "@postgres:5432/openkyc?sslmode=disable"; first["database"] != want {
		t.Errorf("the address of the database is %q", first["database"])
	}
	info, err := os.Stat(filepath.Join(dir, "secrets", "master.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the master key has mode %v", info.Mode())
	}
}

// stubs stand in for chown, which only root may call.
func stubs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "chown"), []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // a script
		t.Fatal(err)
	}
	return dir
}

// The Dockerfile copies what make build makes, runs as nobody in particular, and
// its health check tells a node that is ready from one that is not.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	file := read(t, "Dockerfile")
	for _, want := range []string{"RUN make build", "COPY --from=build /src/bin/openkyc /opt/openkyc/openkyc", "COPY --from=build /src/bin/models /opt/openkyc/models",
		"USER 10001:10001", "FROM debian:12-slim", `ENTRYPOINT ["/opt/openkyc/openkyc"]`} {
		if !strings.Contains(file, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	makefile := read(t, "../Makefile")
	for _, want := range []string{"-o bin/openkyc ./cmd/openkyc", "--out bin/models"} {
		if !strings.Contains(makefile, want) {
			t.Errorf("make build does not make what the Dockerfile copies: %s", want)
		}
	}
	if !strings.Contains(read(t, "../go.mod"), "\ngo 1.26") || !strings.Contains(file, "golang:1.26-bookworm") {
		t.Error("the Dockerfile builds with another Go than go.mod says")
	}
	probe := regexp.MustCompile(`CMD \["bash", "-c", "(.*)"\]`).FindStringSubmatch(file)
	if probe == nil {
		t.Fatal("no health check")
	}
	script := strings.ReplaceAll(probe[1], `\\`, `\`)
	for code, well := range map[int]bool{200: true, 503: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/ready" {
				code = http.StatusNotFound
			}
			w.WriteHeader(code)
		}))
		_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		out, err := exec.CommandContext(ctx, "bash", "-c", strings.Replace(script, "9090", port, 1)).CombinedOutput()
		cancel()
		server.Close()
		if (err == nil) != well {
			t.Errorf("a node that answers %d: %v %s", code, err, out)
		}
	}
}
