package app_test

import (
	"context"
	"crypto/rand"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/demo"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/store/storetest"
)

// BenchmarkSessionSize tells what one whole session leaves behind: database-B/op
// in the database, its indexes, jobs and notification included, picture-B/op and
// pictures/op in the store of pictures. Sizing rests on it:
//
//	go test -run '^$' -bench SessionSize -benchtime 10x ./internal/app
func BenchmarkSessionSize(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchSize(b, "", `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`)
	})
	b.Run("postgres", func(b *testing.B) {
		benchSize(b, storetest.PostgresURL(b), `SELECT pg_database_size(current_database())`)
	})
}

func benchSize(b *testing.B, database, sizeOf string) {
	ctx, cancel := context.WithCancel(context.Background())
	data := b.TempDir()
	a, err := app.Open(ctx, app.Config{Location: app.Location{Data: data, Database: database}})
	if err != nil {
		b.Fatal(err)
	}
	quick, err := a.Quickstart(ctx, app.QuickstartRequest{BaseURL: "http://localhost", CallbackURL: "https://receiver.invalid/hook"})
	if err != nil {
		b.Fatal(err)
	}
	worked := make(chan error, 1)
	go func() { worked <- a.Work(ctx) }()
	defer func() {
		cancel()
		if err := <-worked; err != nil {
			b.Error(err)
		}
		if err := a.Close(); err != nil {
			b.Error(err)
		}
	}()
	visitor := &demo.Visitor{Sessions: a.Verify, Decode: a.Decode, Seed: 7, Now: time.Now}
	visit := func() {
		token, err := client.EncryptKey(quick.ScenarioSecret, "size:"+rand.Text())
		if err != nil {
			b.Fatal(err)
		}
		if status, err := visitor.Visit(ctx, quick.SchemaID, token); err != nil || status != kyc.Success {
			b.Fatalf("the session ended as %s: %v", status, err)
		}
	}
	size := func() (bytes float64) {
		err := a.Store.View(ctx, func(tx kyc.Tx) error { return a.Store.SQL(tx).QueryRowContext(ctx, sizeOf).Scan(&bytes) })
		if err != nil {
			b.Fatal(err)
		}
		return bytes
	}
	for range 3 { // tables and indexes begin with pages that are nearly empty
		visit()
	}
	before := size()
	beforeBytes, beforeCount := pictures(b, filepath.Join(data, "blobs"))
	b.ResetTimer()
	for b.Loop() {
		visit()
	}
	b.StopTimer()
	bytes, count := pictures(b, filepath.Join(data, "blobs"))
	b.ReportMetric((size()-before)/float64(b.N), "database-B/op")
	b.ReportMetric((bytes-beforeBytes)/float64(b.N), "picture-B/op")
	b.ReportMetric((count-beforeCount)/float64(b.N), "pictures/op")
	b.ReportMetric(0, "ns/op") // drawing the visitor is most of it
}

// pictures adds up the files of a folder.
func pictures(b *testing.B, folder string) (bytes, count float64) {
	b.Helper()
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes, count = bytes+float64(info.Size()), count+1
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes, count
}
