package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
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

// verdicts runs the doctor.
func verdicts(t *testing.T, cfg app.DoctorConfig) (all map[string]app.Diagnosis) {
	t.Helper()
	all = map[string]app.Diagnosis{}
	list := app.Examine(t.Context(), cfg)
	for _, d := range list {
		if before, ok := all[d.Check]; !ok || before.Verdict == app.Healthy || d.Verdict == app.Fault {
			all[d.Check] = d
		}
		if (d.Verdict == app.Healthy) != (d.Advice == "") || strings.Contains(d.Found, "\n") {
			t.Errorf("a line with wrong advice: %+v", d)
		}
	}
	text, err := json.Marshal(list)
	if err != nil || strings.Contains(string(text), "4711") {
		t.Errorf("personal data or a secret: %s", text)
	}
	return all
}

// made makes an installation with a scenario, one picture and a receiver.
func made(t *testing.T, l app.Location, callback string) {
	t.Helper()
	in, err := app.OpenInstallation(t.Context(), l, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	quick, err := in.Quickstart(t.Context(), app.QuickstartRequest{BaseURL: "http://localhost", CallbackURL: callback, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	p, err := in.Operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Store.Do(t.Context(), func(tx kyc.Tx) error {
		ctx := t.Context()
		if err := in.Store.CreateSession(ctx, tx, &kyc.Session{ID: "session", AccountID: p.AccountID, ScenarioID: quick.SchemaID, Revision: 1, ClientKey: "customer-4711"}); err != nil {
			return err
		}
		return in.Store.AddEvidence(ctx, tx, &kyc.Evidence{ID: "picture", SessionID: "session", BlobKey: "sessions/session/picture", Digest: []byte{1}})
	}); err != nil {
		t.Fatal(err)
	}
}

// puts puts the picture where the row says it is.
func puts(t *testing.T, l app.Location) {
	t.Helper()
	objects, err := blob.Open(t.Context(), l.Blobs, l.BlobKeys)
	if err == nil {
		err = objects.Put(t.Context(), "sessions/session/picture", []byte("sealed"))
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = objects.Close()
}

// want compares one verdict and words of what was found.
func want(t *testing.T, all map[string]app.Diagnosis, check string, verdict app.Verdict, words string) {
	t.Helper()
	if d := all[check]; d.Verdict != verdict || !strings.Contains(d.Found, words) {
		t.Errorf("%s: %+v, want %s with %q", check, d, verdict, words)
	}
}

// TestDoctor: everything is well on both kinds of installation, and afterwards
// nothing is there that was not there before.
func TestDoctor(t *testing.T) {
	t.Parallel()
	posts := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts++ }))
	defer receiver.Close()
	server := blobtest.StartS3(t)
	data := filepath.Join(t.TempDir(), "data")
	for name, l := range map[string]app.Location{
		"embedded": {Data: data, Blobs: filepath.Join(data, "blobs")},
		"scaled":   {Database: storetest.PostgresURL(t), Blobs: server.Bucket("pictures"), BlobKeys: server.Credentials, MasterKey: filepath.Join(t.TempDir(), "master.key")},
	} {
		made(t, l, receiver.URL+"/hook?pass-4711")
		puts(t, l)
		for _, deep := range []bool{false, true} {
			all := verdicts(t, app.DoctorConfig{Location: l, Deep: deep})
			for check, d := range all {
				if d.Verdict != app.Healthy && check != "callbacks" {
					t.Errorf("%s: %+v", name, d)
				}
			}
			want(t, all, "callbacks", app.Warning, "meant for development")
			want(t, all, "pictures", app.Healthy, "1 picture")
			want(t, all, "keys", app.Healthy, "1 account")
			want(t, all, "models", app.Healthy, "as recorded")
		}
		objects, err := blob.Open(t.Context(), l.Blobs, l.BlobKeys)
		if err != nil {
			t.Fatal(err)
		}
		for info, err := range objects.List(t.Context(), "") {
			if err != nil || info.Key != "sessions/session/picture" {
				t.Errorf("%s: left behind: %v, %v", name, info, err)
			}
		}
		_ = objects.Close()
	}
	if posts != 0 {
		t.Errorf("%d requests reached the receiver", posts)
	}
}

// TestDoctorFindsWhatIsWrong breaks one thing after another.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = silent.Close()
	data := filepath.Join(t.TempDir(), "data")
	l := app.Location{Data: data}
	made(t, l, "https://"+silent.Addr().String()+"/hook?pass-4711")
	all := verdicts(t, app.DoctorConfig{Location: l})
	want(t, all, "blobs", app.Fault, "is gone") // a row refers to a picture
	if _, err := os.Stat(filepath.Join(data, "blobs")); err == nil {
		t.Error("the doctor made a folder")
	}
	l.Blobs = filepath.Join(data, "blobs")
	puts(t, l)
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "pictures", app.Healthy, "1 picture")
	if err := os.RemoveAll(filepath.Join(l.Blobs, "objects")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o755); err != nil { //nolint:gosec // what is looked for
		t.Fatal(err)
	}
	all = verdicts(t, app.DoctorConfig{Location: l, Models: t.TempDir()})
	want(t, all, "pictures", app.Fault, "1 of 1 picture that rows refer to are missing: sessions/session/picture")
	want(t, all, "settings", app.Warning, "mode 0755")
	want(t, all, "models", app.Fault, "is missing")
	want(t, all, "callbacks", app.Fault, "at https://"+silent.Addr().String()+": the receiver refused the connection")

	key := filepath.Join(data, "master.key")
	good, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(key, 0o644); err != nil { //nolint:gosec // what is looked for
		t.Fatal(err)
	}
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "keys", app.Fault, "others may use it")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	all = verdicts(t, app.DoctorConfig{Location: l})
	want(t, all, "keys", app.Fault, "is missing")
	want(t, all, "database", app.Healthy, "SQLite")
	want(t, all, "callbacks", app.Warning, "cannot be looked at")
	other := app.Location{Data: filepath.Join(t.TempDir(), "other")}
	made(t, other, "")
	strange, err := os.ReadFile(filepath.Join(other.Data, "master.key"))
	if err == nil {
		err = os.WriteFile(key, strange, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "keys", app.Fault, "is not the one that the database was made with")
	if err := os.WriteFile(key, good, 0o600); err != nil {
		t.Fatal(err)
	}

	file := filepath.Join(data, "openkyc.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	run := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	run(`DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`)
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "database", app.Warning, "its tables are of version")
	run(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)`)
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "database", app.Fault, "schema is version 99999")
	run(`DELETE FROM goose_db_version WHERE version_id = 99999`)
	run(`INSERT INTO settings (key, value) VALUES ('store.transfer', x'7b7d')`)
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "database", app.Fault, "has not ended")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("not a database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, verdicts(t, app.DoctorConfig{Location: l}), "database", app.Fault, "not a database")
}

// TestDoctorCannotReach: a database and a bucket that are not there, with the
// password and the keys in no line.
func TestDoctorCannotReach(t *testing.T) {
	t.Parallel()
	all := verdicts(t, app.DoctorConfig{Location: app.Location{Database: "postgres://kyc:pass-4711@127.0.0.1:1/kyc?connect_timeout=2",
		Blobs: "s3://pictures?endpoint=127.0.0.1:1&insecure=true", MasterKey: filepath.Join(t.TempDir(), "k")}})
	want(t, all, "database", app.Fault, "does not answer")
	want(t, all, "blobs", app.Fault, "access key and secret key are needed")
	want(t, all, "keys", app.Fault, "is missing")
	want(t, all, "clock", app.Warning, "could not be asked")
	want(t, all, "pictures", app.Warning, "cannot be looked for")
	want(t, verdicts(t, app.DoctorConfig{Location: app.Location{Database: "x.db"}}), "settings", app.Fault, "(--blobs)")
	want(t, verdicts(t, app.DoctorConfig{Location: app.Location{Data: filepath.Join(t.TempDir(), "none")}}), "settings", app.Fault, "there is no data folder")
}

// TestDoctorsClock: a machine whose clock is wrong is told by how much.
func TestDoctorsClock(t *testing.T) {
	t.Parallel()
	server := blobtest.StartS3(t)
	l := app.Location{Database: storetest.PostgresURL(t), Blobs: server.Bucket("pictures"), BlobKeys: server.Credentials, MasterKey: filepath.Join(t.TempDir(), "master.key")}
	made(t, l, "")
	for off, verdict := range map[time.Duration]app.Verdict{0: app.Healthy, 20 * time.Second: app.Warning, -5 * time.Minute: app.Fault} {
		all := verdicts(t, app.DoctorConfig{Location: l, Now: func() time.Time { return time.Now().Add(off) }})
		want(t, all, "clock", verdict, "the object store's differs from ours by")
		want(t, all, "clock", verdict, "the database's differs from ours by")
	}
}
