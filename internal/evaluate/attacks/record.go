package attacks

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/face"
	"github.com/openkyc/openkyc/internal/kyc"
)

// note lies beside the pictures of one recording.
type note struct {
	Challenge kyc.Challenge   `json:"challenge"`
	Marks     []kyc.FrameMark `json:"marks"`
	SentAt    time.Time       `json:"sentAt"`
}

const noteFile = "recording.json"

// Recorder serves a page on this machine that films labelled recordings into a
// folder. Requests from other sites and by other names are refused.
type Recorder struct {
	Dir    string
	Script []byte // sdk's record.js
	Now    func() time.Time

	mu    sync.Mutex
	drawn map[string]kyc.Challenge
}

const recordStyle = `
:root{color-scheme:light dark;font:17px/1.45 system-ui,sans-serif}
body{margin:0 auto;max-width:46rem;padding:1rem}
video{width:100%;max-height:60vh;border-radius:.5rem;background:#0008;transform:scaleX(-1)}
#ask{font-size:1.5rem;font-weight:650;min-height:2.2rem}
label,input,button{font:inherit}
[type=checkbox]{min-height:0;margin:.3rem .3rem .3rem 0}
body[data-colour=red]{--glow:#f00}body[data-colour=green]{--glow:#0f0}body[data-colour=blue]{--glow:#00f}
body[data-colour=cyan]{--glow:#0ff}body[data-colour=magenta]{--glow:#f0f}body[data-colour=yellow]{--glow:#ff0}
body[data-colour]::before{content:'';position:fixed;inset:0;z-index:1;background:var(--glow,#0000);pointer-events:none}
#ask{position:relative;z-index:2}
body[data-colour]:not([data-colour='']) #ask{padding:.5rem .8rem;border-radius:.5rem;background:#080b10;color:#fff}
input:not([type=checkbox]),button{padding:.5rem .8rem;min-height:44px;box-sizing:border-box}
`

const recordPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Record an attack</title><style>{{.Style}}</style></head><body>
<h1>Record an attack</h1>
<p>Hold the print, screen or mask before the camera and follow the prompts with it. Label honest recordings “genuine”. The pictures stay in {{.Dir}} on this machine; film only people who agreed.</p>
<p><label for="label">Label</label> <input id="label" value="genuine" list="labels" autocomplete="off"><datalist id="labels">{{range .Labels}}<option value="{{.}}">{{end}}</datalist>
<button id="start" disabled>Record</button></p>
<p><label><input id="moves" type="checkbox"> Ask for nod, blink and coming closer as well</label><br>
<label><input id="light" type="checkbox"> Light the face: for about six seconds the screen shows bright colours, one a second. Not with people whom changing light harms.</label></p>
<p id="ask" aria-live="assertive"></p><div id="stage"></div><p id="says" role="status"></p>
<script type="module" src="record.js"></script></body></html>
`

// Handler is the recorder's site.
func (r *Recorder) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", r.page)
	mux.HandleFunc("GET /record.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(r.Script)
	})
	mux.HandleFunc("POST /challenge", r.draw)
	mux.HandleFunc("POST /recording", r.save)
	own := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		host, _, err := net.SplitHostPort(req.Host)
		if err != nil {
			host = req.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page is for this machine only", http.StatusForbidden)
			return
		}
		own.ServeHTTP(w, req)
	})
}

func (r *Recorder) page(w http.ResponseWriter, _ *http.Request) {
	page, err := template.New("page").Parse(recordPage)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	labels := []string{Genuine}
	for _, s := range All() {
		labels = append(labels, s.Name)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self'; connect-src 'self'; media-src blob: mediastream:; style-src '%s'", evaluate.StyleHash(recordStyle)))
	_ = page.Execute(w, map[string]any{"Style": template.CSS(recordStyle), "Dir": r.Dir, "Labels": labels}) //nolint:gosec // our own constant; the browser may be gone
}

// draw makes a challenge of what the page asks for; the recorder remembers it
// until its recording comes.
func (r *Recorder) draw(w http.ResponseWriter, req *http.Request) {
	var rules kyc.LivenessRules
	if req.URL.Query().Get("moves") == "true" {
		rules.Moves = kyc.ExtraMoves()
	}
	if req.URL.Query().Get("light") == "true" {
		rules.Light = kyc.LightInsist
	}
	c, err := face.Draw(rand.Reader, r.Now(), rules)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	r.mu.Lock()
	if r.drawn == nil || len(r.drawn) > 100 {
		r.drawn = map[string]kyc.Challenge{}
	}
	r.drawn[c.Nonce] = c
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"id": c.Nonce, "moves": c.Moves, "light": c.Light})
}

// validLabel tells what a folder may be called on every system.
func validLabel(label string) bool {
	if n := utf8.RuneCountInString(label); n == 0 || n > 40 {
		return false
	}
	for i, c := range label {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && (i == 0 || !strings.ContainsRune(" -_", c)) {
			return false
		}
	}
	return true
}

const maxRecording = 32 << 20

func (r *Recorder) save(w http.ResponseWriter, req *http.Request) {
	label, id := req.URL.Query().Get("label"), req.URL.Query().Get("id")
	r.mu.Lock()
	c, ok := r.drawn[id]
	delete(r.drawn, id)
	r.mu.Unlock()
	if !ok {
		http.Error(w, "this recording's challenge is not known any more: record again", http.StatusBadRequest)
		return
	}
	if !validLabel(label) {
		http.Error(w, "a label has 1 to 40 letters, digits, spaces, - and _, and begins with a letter or digit", http.StatusBadRequest)
		return
	}
	req.Body = http.MaxBytesReader(w, req.Body, maxRecording)
	if err := req.ParseMultipartForm(maxRecording); err != nil { //nolint:gosec // the line above bounds it
		http.Error(w, "the recording cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	n := note{Challenge: c, SentAt: r.Now()}
	if err := json.Unmarshal([]byte(req.FormValue("frames")), &n.Marks); err != nil {
		http.Error(w, "the marks of the frames cannot be read: "+err.Error(), http.StatusBadRequest)
		return
	}
	files := req.MultipartForm.File["images"]
	if len(files) == 0 || len(files) != len(n.Marks) {
		http.Error(w, fmt.Sprintf("%d pictures came with %d marks", len(files), len(n.Marks)), http.StatusBadRequest)
		return
	}
	var pictures [][]byte
	for _, f := range files {
		in, err := f.Open()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		data, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pictures = append(pictures, data)
	}
	name := filepath.Join(r.Dir, label, r.Now().UTC().Format("20060102T150405.000"))
	if err := write(name, n, pictures); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	fmt.Fprintf(w, "%d frames are in %s", len(pictures), name) //nolint:gosec // plain text; the label was checked
}

// write puts a recording into a new folder that only its owner reads; the note
// comes last, so that a folder with a note is whole.
func write(dir string, n note, pictures [][]byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the label was checked
		return err
	}
	for i, p := range pictures {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.jpg", i)), p, 0o600); err != nil { //nolint:gosec // as above
			return err
		}
	}
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, noteFile), text, 0o600) //nolint:gosec // as above
}

// recorded finds the recordings below a folder: label/name/recording.json.
func recorded(files fs.FS) ([]string, error) {
	found, err := fs.Glob(files, "*/*/"+noteFile)
	if err == nil && len(found) == 0 {
		err = errors.New("no recording was found: they lie in folders label/name, as `openkyc attacks record` writes them")
	}
	return found, err
}
