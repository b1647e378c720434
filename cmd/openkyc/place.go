package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/blob"
)

// place are the flags of every command that opens an installation. Secrets are
// better named by file or environment, where other users of the machine do not
// see them.
type place struct {
	Data            string `env:"OPENKYC_DATA" help:"Data folder: database, sealed pictures, master key. Not needed when those three are elsewhere."`
	Database        string `env:"OPENKYC_DATABASE" help:"A file, or postgres://user:password@host/database. Default: openkyc.db in the data folder."`
	DatabaseFile    string `env:"OPENKYC_DATABASE_FILE" help:"File that holds the database's address."`
	Blobs           string `env:"OPENKYC_BLOBS" help:"A folder, or s3://bucket/prefix?endpoint=host:port&region=region. Default: blobs in the data folder."`
	S3AccessKey     string `name:"s3-access-key" env:"OPENKYC_S3_ACCESS_KEY" help:"Access key of the bucket."`
	S3AccessKeyFile string `name:"s3-access-key-file" env:"OPENKYC_S3_ACCESS_KEY_FILE" help:"File that holds the access key."`
	S3SecretKey     string `name:"s3-secret-key" env:"OPENKYC_S3_SECRET_KEY" help:"Secret key of the bucket."`
	S3SecretKeyFile string `name:"s3-secret-key-file" env:"OPENKYC_S3_SECRET_KEY_FILE" help:"File that holds the secret key."`
	MasterKey       string `env:"OPENKYC_MASTER_KEY_FILE" help:"File of the master key. Default: master.key in the data folder."`
}

// location reads the files that hold secrets.
func (p place) location() (app.Location, error) {
	for _, secret := range []struct {
		value      *string
		file, name string
	}{
		{&p.Database, p.DatabaseFile, "--database"},
		{&p.S3AccessKey, p.S3AccessKeyFile, "--s3-access-key"},
		{&p.S3SecretKey, p.S3SecretKeyFile, "--s3-secret-key"},
	} {
		if secret.file == "" {
			continue
		}
		if *secret.value != "" {
			return app.Location{}, fmt.Errorf("%s and %s-file are both given: keep one", secret.name, secret.name)
		}
		text, err := os.ReadFile(secret.file)
		if err != nil {
			return app.Location{}, fmt.Errorf("%s-file: %w", secret.name, err)
		}
		*secret.value = strings.TrimSpace(string(text))
	}
	return app.Location{Data: p.Data, Database: p.Database, Blobs: p.Blobs, MasterKey: p.MasterKey,
		BlobKeys: blob.Credentials{AccessKey: p.S3AccessKey, SecretKey: p.S3SecretKey}}, nil
}

// placeAt finds a place by one word: a data folder, which need not exist yet,
// or a file of settings as one gives it to serve.
func placeAt(path string) (app.Location, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return app.Location{Data: path}, nil
	}
	if err != nil {
		return app.Location{}, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return app.Location{}, err
	}
	var p place
	if err := p.read(string(text)); err != nil {
		return app.Location{}, fmt.Errorf("%s: %w", path, err)
	}
	return p.location()
}

// read takes settings from lines of the form NAME=value, as systemd and
// containers read them. Settings that have nothing to do with places may be
// there too; names that no command knows are typing errors.
func (p *place) read(text string) error {
	known, err := settings()
	if err != nil {
		return err
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimPrefix(strings.TrimSpace(line), "export ")
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("line %d is not of the form NAME=value", number)
		}
		if strings.HasPrefix(name, "OPENKYC_") && !slices.Contains(known, name) {
			return fmt.Errorf("line %d: no command knows the setting %s", number, name)
		}
		p.set(name, unquote(value))
	}
	return nil
}

// set sets the flag that has this name in the environment, if it is one of a place.
func (p *place) set(name, value string) {
	fields := reflect.TypeOf(*p)
	for i := range fields.NumField() {
		if fields.Field(i).Tag.Get("env") == name {
			reflect.ValueOf(p).Elem().Field(i).SetString(value)
		}
	}
}

func unquote(value string) string {
	if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		return value[1 : n-1]
	}
	return value
}

// settings are the names that any command reads from the environment.
func settings() (names []string, err error) {
	parser, err := kong.New(&commands{}, kong.Name("openkyc"))
	if err != nil {
		return nil, err
	}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Envs...)
		}
		return next(nil)
	})
	return names, err
}
