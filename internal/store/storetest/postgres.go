package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/openkyc/openkyc/internal/store"
)

// server is the one PostgreSQL server of a test binary. Starting one takes
// seconds, so this is the package's only state.
var server struct {
	once     sync.Once
	folder   string
	alive    io.Closer // the pipe whose end tells the server to go
	err      error
	number   atomic.Int64 // of databases
	template sync.Once
	failed   error // of making the template
}

// The server knows two roles: its superuser, and an ordinary one for the tests,
// because an administrator gives a program no more than that.
const (
	superuser = "postgres"
	role      = "openkyc"
	template  = "openkyc_template"
)

// OpenPostgres opens an empty store in a PostgreSQL database of the test's own.
func OpenPostgres(t testing.TB) *store.Store {
	t.Helper()
	return OpenAddress(t, database(t, migrated(t)), time.Now)
}

// OpenAddress opens the store at an address, with a clock of the test's choice.
func OpenAddress(t testing.TB, address string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{Address: address, Keys: Keys{}, Now: now, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// PostgresURL is the address of an empty database without tables, for programs.
// It is dropped at the test's end.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return database(t, "template1")
}

// database makes a database from another one.
func database(t testing.TB, from string) string {
	t.Helper()
	start(t)
	name := fmt.Sprintf("t%d", server.number.Add(1))
	if err := admin(`CREATE DATABASE ` + name + ` OWNER ` + role + ` TEMPLATE ` + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return addressOf(role, name)
}

// migrated makes, once, a database with all tables that others are copied from:
// a copy takes less time than the migrations.
func migrated(t testing.TB) string {
	t.Helper()
	start(t)
	server.template.Do(func() {
		if server.failed = admin(`CREATE DATABASE ` + template + ` OWNER ` + role); server.failed == nil {
			_, server.failed = store.Migrate(context.Background(), store.Config{Address: addressOf(role, template)})
		}
	})
	if server.failed != nil {
		t.Fatal(server.failed)
	}
	return template
}

func addressOf(user, database string) string {
	return (&url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database,
		RawQuery: url.Values{"host": {server.folder}, "sslmode": {"disable"}}.Encode()}).String()
}

// admin runs one statement as the superuser.
func admin(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, addressOf(superuser, "postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func start(t testing.TB) {
	t.Helper()
	server.once.Do(func() { server.err = startServer() })
	if server.err != nil {
		t.Fatal(server.err)
	}
}

// programs finds the newest installed server.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	best, folder := -1, ""
	for _, path := range found {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err == nil && version > best {
			best, folder = version, filepath.Dir(path)
		}
	}
	if folder != "" {
		return folder, nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errors.New("PostgreSQL's programs are missing: \"make test\" installs them, or on Debian: apt-get install postgresql")
}

// watchman runs the server until its standard input ends, which the death of
// the test binary brings about however it dies, and then cleans up.
const watchman = `"$1/postgres" -D "$2/data" -k "$2" >"$2/log" 2>&1 & server=$!
cat >/dev/null
kill -QUIT $server; wait $server; rm -rf "$2"`

// settings of a server that nobody will miss: it need not survive a power cut.
const settingsOfServer = `
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 400
shared_buffers = 64MB
autovacuum_naptime = 10min
`

func startServer() error {
	bin, err := programs()
	if err != nil {
		return err
	}
	if server.folder, err = os.MkdirTemp("/tmp", "openkyc-pg-"); err != nil { // short: a socket's path has 107 bytes
		return err
	}
	ordinary, err := ordinaryUser(server.folder)
	if err != nil {
		return err
	}
	data := filepath.Join(server.folder, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions") //nolint:gosec // found above
	initdb.SysProcAttr, initdb.Dir = ordinary, server.folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = conf.WriteString(settingsOfServer)
	if err = errors.Join(err, conf.Close()); err != nil {
		return err
	}
	run := exec.Command("/bin/sh", "-c", watchman, "sh", bin, server.folder) //nolint:gosec // found above
	run.SysProcAttr, run.Dir = ordinary, "/"
	run.SysProcAttr.Setpgid = true // a Ctrl-C is for the tests; the watchman sees them go
	if server.alive, err = run.StdinPipe(); err != nil {
		return err
	}
	if err := run.Start(); err != nil {
		return err
	}
	return awaitServer()
}

func awaitServer() error {
	var err error
	for range 300 {
		if err = admin(`CREATE ROLE ` + role + ` LOGIN`); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(server.folder, "log"))
	return fmt.Errorf("PostgreSQL does not start: %w: %s", err, log)
}

// ordinaryUser lets a process run as somebody else when we are root, whom
// PostgreSQL refuses, and gives that somebody the folder.
func ordinaryUser(folder string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	var who *user.User
	var err error
	for _, name := range []string{"postgres", "nobody"} {
		if who, err = user.Lookup(name); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(who.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(who.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(folder, int(uid), int(gid)); err != nil { //nolint:gosec // 32 bits
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}
