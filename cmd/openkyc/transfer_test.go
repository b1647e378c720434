package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/blob"
	"github.com/openkyc/openkyc/internal/blob/blobtest"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// asProgram turns the test binary into the program, for those who kill it.
const asProgram = "OPENKYC_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// openkyc runs a command line in this process.
func openkyc(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, nil, &out, &errs)
	return out.String(), errs.String(), code
}

// filled makes a data folder with so many sessions, each with a picture.
func filled(t *testing.T, sessions int) (data string) {
	t.Helper()
	ctx := t.Context()
	data = filepath.Join(t.TempDir(), "data")
	in, err := app.OpenInstallation(ctx, app.Location{Data: data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	quick, err := in.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := in.Operator(ctx)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := blob.Open(ctx, filepath.Join(data, "blobs"), blob.Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	err = in.Store.Do(ctx, func(tx kyc.Tx) error {
		var faults []error
		for i := range sessions {
			session := fmt.Sprintf("session-%05d", i)
			faults = append(faults, in.Store.CreateSession(ctx, tx, &kyc.Session{ID: session, AccountID: owner.AccountID, ScenarioID: quick.SchemaID, Revision: 1, ClientKey: session}),
				in.Store.AddEvidence(ctx, tx, &kyc.Evidence{ID: session, SessionID: session, BlobKey: session + "/0", Digest: []byte{1}}),
				objects.Put(ctx, session+"/0", bytes.Repeat([]byte(session), 1000)))
		}
		return errors.Join(faults...)
	})
	if err = errors.Join(err, objects.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestMoveIsKilled kills a move from a data folder to PostgreSQL and a bucket
// again and again, and gives the same command until it ends: the sums are those
// of the source.
func TestMoveIsKilled(t *testing.T) {
	t.Parallel()
	data := filled(t, 200)
	server := blobtest.StartS3(t)
	folder := t.TempDir()
	settings := filepath.Join(folder, "openkyc.env")
	secret := filepath.Join(folder, "secret")
	database, bucket, key := storetest.PostgresURL(t), server.Bucket("pictures"), filepath.Join(folder, "master.key")
	lines := fmt.Sprintf("# the new installation\nOPENKYC_DATABASE=%s\nOPENKYC_BLOBS='%s'\nOPENKYC_S3_ACCESS_KEY=%s\nOPENKYC_S3_SECRET_KEY_FILE=%s\nOPENKYC_MASTER_KEY_FILE=%s\nOPENKYC_LISTEN=:8080\n",
		database, bucket, server.Credentials.AccessKey, secret, key)
	if err := errors.Join(os.WriteFile(settings, []byte(lines), 0o600), os.WriteFile(secret, []byte(server.Credentials.SecretKey+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	killed, last := 0, ""
	for _, at := range []string{"users: ", "sessions: ", "settings: ", "never"} {
		out, dead := killAt(t, at, "move", "--from", data, "--to", settings, "--json")
		if last = out; !dead {
			break
		}
		killed++
		if _, errs, code := openkyc(t, "migrate", "up", "--database", database, "--blobs", bucket, "--master-key", key); code != 1 || !strings.Contains(errs, "has not ended") {
			t.Errorf("a half filled database is used: %d %s", code, errs)
		}
	}
	if killed == 0 {
		t.Error("it was never killed in the middle")
	}
	t.Logf("killed %d times", killed)
	out, errs, code := openkyc(t, "backup", "--data", data, filepath.Join(folder, "backup.tar"), "--json")
	if code != 0 {
		t.Fatal(errs)
	}
	var moved, there app.Transferred
	if err := errors.Join(json.Unmarshal([]byte(last), &moved), json.Unmarshal([]byte(out), &there)); err != nil {
		t.Fatal(err)
	}
	if moved.Pictures != 200 || fmt.Sprint(moved.Sums) != fmt.Sprint(there.Sums) {
		t.Errorf("what arrived is %v, what was there is %v", moved.Sums, there.Sums)
	}
	out, _, code = openkyc(t, "doctor", "--deep", "--database-file", write(t, database), "--blobs", bucket, "--s3-access-key", server.Credentials.AccessKey,
		"--s3-secret-key-file", secret, "--master-key", key)
	if code != 0 || !strings.Contains(out, "all 200 pictures that rows refer to are there") {
		t.Errorf("%d %s", code, out)
	}
}

// killAt runs the program as a process of its own and ends it with kill -9 when
// it says something on its standard error. dead is false when it had ended before.
func killAt(t *testing.T, said string, args ...string) (stdout string, dead bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var out bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		log.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), said) {
			_ = cmd.Process.Kill()
			dead = true
		}
	}
	if err := cmd.Wait(); err != nil && !dead {
		t.Fatalf("%v\n%s", err, log.String())
	}
	return out.String(), dead
}

// write puts a text into a file of its own.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInterrupted: a command that was interrupted does not end as if it had done its work.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	data := filled(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	archive := filepath.Join(t.TempDir(), "a.tar")
	for _, args := range [][]string{{"backup", "--data", data, archive}, {"move", "--from", data, "--to", filepath.Join(t.TempDir(), "b")}, {"doctor", "--data", data}} {
		var out, errs bytes.Buffer
		if code := run(ctx, args, nil, &out, &errs); code != 1 || !strings.Contains(errs.String(), "interrupted: ") {
			t.Errorf("%v: %d %s", args, code, errs.String())
		}
	}
	if _, err := os.Stat(archive); !errors.Is(err, os.ErrNotExist) {
		t.Error("an archive was made")
	}
}

// TestSettingsFile: what a file of settings may look like.
func TestSettingsFile(t *testing.T) {
	t.Parallel()
	secret := write(t, "s3cret\n")
	got, err := placeAt(write(t, "# comment\n\n; another\nexport OPENKYC_DATABASE=\"postgres://a:b=c@d/e\"\n OPENKYC_BLOBS='s3://b' \nOPENKYC_S3_ACCESS_KEY=k\nOPENKYC_S3_SECRET_KEY_FILE="+secret+"\nOPENKYC_MASTER_KEY_FILE=m\nOPENKYC_LISTEN=:80\nLANG=C\n"))
	want := app.Location{Database: "postgres://a:b=c@d/e", Blobs: "s3://b", MasterKey: "m", BlobKeys: blob.Credentials{AccessKey: "k", SecretKey: "s3cret"}}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for text, sentence := range map[string]string{"OPENKYC_DATABSE=x": "line 1: no command knows the setting OPENKYC_DATABSE", "\nnonsense": "line 2 is not of the form NAME=value",
		"OPENKYC_DATABASE=a\nOPENKYC_DATABASE_FILE=" + secret: "keep one"} {
		if _, err := placeAt(write(t, text)); err == nil || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if got, err := placeAt(filepath.Join(t.TempDir(), "new")); err != nil || filepath.Base(got.Data) != "new" {
		t.Errorf("%+v, %v", got, err)
	}
}
