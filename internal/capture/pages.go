package capture

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// The web files that sdk/build makes.
const (
	loaderFile = "widget-lib.js"
	scriptFile = "widget.js"
	styleFile  = "widget.css"
)

// notBuilt is what an unbuilt checkout says.
const notBuilt = "The widget has not been built: run make build and start again."

// file is one web file, ready in both encodings.
type file struct {
	plain, gzipped []byte
	kind, version  string
}

type assets struct {
	files map[string]file
}

// loadAssets reads the three files once; missing ones leave the set empty.
func loadAssets(from fs.FS) (*assets, error) {
	a := &assets{files: map[string]file{}}
	kinds := map[string]string{loaderFile: "text/javascript; charset=utf-8", scriptFile: "text/javascript; charset=utf-8", styleFile: "text/css; charset=utf-8"}
	for name, kind := range kinds {
		plain, err := fs.ReadFile(from, name)
		if errors.Is(err, fs.ErrNotExist) {
			return &assets{}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the widget's file %s: %w", name, err)
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
		a.files[name] = file{plain: plain, gzipped: zipped.Bytes(), kind: kind, version: hex.EncodeToString(sum[:8])}
	}
	return a, nil
}

// loader serves the script that integrators include. Its address never changes,
// so caches ask again after ten minutes.
func (d *Door) loader(w http.ResponseWriter, r *http.Request) {
	d.serve(w, r, loaderFile, "public, max-age=600, stale-while-revalidate=86400")
}

// asset serves the iframe's script and style; their addresses carry a version.
func (d *Door) asset(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.PathValue("file"))
	if name == loaderFile {
		http.NotFound(w, r)
		return
	}
	caching := "no-cache"
	if f, ok := d.assets.files[name]; ok && r.URL.Query().Get("v") == f.version {
		caching = "public, max-age=31536000, immutable"
	}
	d.serve(w, r, name, caching)
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request, name, caching string) {
	f, ok := d.assets.files[name]
	if !ok {
		d.missing(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("Content-Type", f.kind)
	h.Add("Vary", "Accept-Encoding")
	body, etag := f.plain, `"`+f.version+`"`
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, etag = f.gzipped, `"`+f.version+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

func (d *Door) missing(w http.ResponseWriter, r *http.Request) {
	if len(d.assets.files) > 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, notBuilt, http.StatusServiceUnavailable)
}

// page is the one document of the widget; hosted pages also carry what to open.
type page struct {
	Script, Style string
	Schema, Key   string
	Hosted        bool
	Continued     bool // opened by a link from another device
}

// pageTemplate has no inline script and no inline style.
const pageTemplate = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>OpenKYC</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/widget/widget.css?v={{.Style}}">
<script type="module" src="/widget/widget.js?v={{.Script}}"></script>
</head>
<body>
<openkyc-widget{{if .Hosted}} hosted{{end}}{{if .Continued}} continued{{end}} data-schema="{{.Schema}}" data-key="{{.Key}}"></openkyc-widget>
<noscript><p>Please switch JavaScript on. Пожалуйста, включите JavaScript.</p></noscript>
</body>
</html>
`

// widgetPage is the document inside the iframe: /widget/?schemaId=….
func (d *Door) widgetPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	schema := q.Get("schemaId")
	if schema == "" {
		schema = q.Get("scenarioId")
	}
	d.page(w, r, page{Schema: schema})
}

// hostedPage is the same document as a page of its own.
func (d *Door) hostedPage(w http.ResponseWriter, r *http.Request, schema, key string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
		return
	}
	d.page(w, r, page{Schema: schema, Key: key, Hosted: true})
}

func (d *Door) page(w http.ResponseWriter, r *http.Request, p page) {
	ancestors, err := d.embedders(r, p.Schema)
	if err != nil {
		edge.WriteError(w, r, d.Logger, err)
		return
	}
	d.write(w, r, p, ancestors)
}

func (d *Door) write(w http.ResponseWriter, r *http.Request, p page, ancestors []string) {
	if len(d.assets.files) == 0 {
		d.missing(w, r)
		return
	}
	p.Script, p.Style = d.assets.files[scriptFile].version, d.assets.files[styleFile].version
	var body bytes.Buffer
	if err := d.document.Execute(&body, p); err != nil {
		edge.WriteError(w, r, d.Logger, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
	// Both let pages that isolate themselves (COEP) still embed the widget.
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Content-Security-Policy", pagePolicy(ancestors))
	_, _ = w.Write(body.Bytes())
}

// embedders are the origins that may show the page in a frame (S40). An unknown
// scenario opens nothing, so its page may be shown anywhere to say so.
func (d *Door) embedders(r *http.Request, schema string) ([]string, error) {
	if !kyc.ValidID(schema) {
		return []string{"*"}, nil
	}
	scenario, err := d.Sessions.Scenario(r.Context(), schema)
	if err != nil {
		if kyc.KindOf(err) == kyc.NotFound {
			return []string{"*"}, nil
		}
		return nil, err
	}
	if len(scenario.AllowedOrigins) == 0 {
		return []string{"*"}, nil
	}
	return scenario.AllowedOrigins, nil
}

// pagePolicy allows our own script, style and API and nothing else (S42).
// Pictures are drawn on canvases, so none need to be loaded.
func pagePolicy(ancestors []string) string {
	return edge.CSP{}.
		Allow("script-src", "'self'").
		Allow("style-src", "'self'").
		Allow("connect-src", "'self'").
		Allow("img-src", "data:").
		Allow("media-src", "'self'", "blob:").
		Allow("require-trusted-types-for", "'script'").
		Allow("trusted-types", "lit-html").
		FrameAncestors(ancestors...).String()
}
