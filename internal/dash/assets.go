package dash

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// asset is one web file, ready in both encodings. Its version stands in the
// address, so that browsers may keep it for good.
type asset struct {
	plain, gzipped []byte
	kind, version  string
}

func loadAssets() (map[string]asset, error) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	assets := make(map[string]asset, len(entries))
	for _, entry := range entries {
		kind, ok := kinds[path.Ext(entry.Name())]
		if !ok {
			return nil, fmt.Errorf("dash: %s is not a web file", entry.Name())
		}
		plain, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			return nil, err
		}
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write(plain); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(plain)
		assets[entry.Name()] = asset{plain: plain, gzipped: zipped.Bytes(), kind: kind, version: hex.EncodeToString(sum[:6])}
	}
	return assets, nil
}

// assetURL is the address of a web file with its version.
func (d *Door) assetURL(name string) string {
	return "/dashboard/assets/" + name + "?v=" + d.assets[name].version
}

func (d *Door) serveAsset(w http.ResponseWriter, r *http.Request) {
	a, ok := d.assets[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzipped
	}
	_, _ = w.Write(body) // the client has gone when this fails
}
