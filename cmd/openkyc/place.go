package main

import (
	"fmt"
	"os"
	"strings"

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
