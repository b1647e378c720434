package evaluate

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/image/draw"
)

// style is the page's only one; its hash stands in the page's own policy, so
// that nothing else on it can style, run or load anything.
const style = `
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif}
body{margin:0 auto;max-width:76rem;padding:1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;white-space:nowrap}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid #8886}
th:first-child,td:first-child{text-align:left}
article{border-top:2px solid #8888;padding:1rem 0}
h3{margin:.2rem 0;overflow-wrap:anywhere}
pre{font:1rem/1.5 ui-monospace,monospace;overflow-x:auto;margin:.5rem 0}
pre span{opacity:.65}
mark{background:#c22;color:#fff;font-weight:bold}
u{text-decoration:underline wavy #d80}
img{max-width:100%;height:auto;display:block;margin:.25rem 0}
.wrong h3{color:#c22}
@media (prefers-color-scheme:dark){.wrong h3{color:#f77}}
`

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '{{.StyleHash}}'">
<title>Machine readable zones: what was read</title><style>{{.Style}}</style></head><body>
<h1>Machine readable zones: what was read</h1>
<p>{{.Pictures}} pictures in {{.Took}}, {{.Jobs}} at a time, peak memory {{.Memory}}. A zone that was not found counts as wrong.</p>
<div class="wide" tabindex="0" role="region" aria-label="Figures"><table><thead><tr><th scope="col">Pictures</th><th scope="col">n</th><th scope="col">found</th><th scope="col">exact</th>
<th scope="col">character errors</th><th scope="col">accepted</th><th scope="col">accepted but wrong (95 %)</th><th scope="col">p50</th><th scope="col">p95</th></tr></thead><tbody>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>
{{if .Blank}}<p>{{.Blank}}</p>{{end}}
{{range .Parts}}<h2>{{.Title}} ({{len .Cases}})</h2><p>{{.About}}</p>
{{range .Cases}}<article{{if .Wrong}} class="wrong"{{end}}><h3>{{.File}}</h3><p>{{.About}}</p>
{{range .Lines}}<pre><span>printed </span>{{range .}}{{if .Differs}}<mark>{{.Truth}}</mark>{{else}}{{.Truth}}{{end}}{{end}}
<span>read    </span>{{range .}}{{if .Differs}}<mark>{{.Read}}</mark>{{else if .Doubt}}<u>{{.Read}}</u>{{else}}{{.Read}}{{end}}{{end}}</pre>
{{end}}{{range .Strips}}<img alt="a line as it was cut out" src="{{.}}">
{{end}}{{if .Whole}}<img alt="the picture, reduced" src="{{.Whole}}">{{end}}</article>
{{end}}{{end}}</body></html>
`

type caseView struct {
	File, About string
	Wrong       bool
	Lines       [][]column
	Strips      []template.URL
	Whole       template.URL
}

// column is one place of a line: what is printed and what was read there.
type column struct {
	Truth, Read    string
	Differs, Doubt bool
}

type partView struct {
	Title, About string
	Cases        []caseView
}

// WritePage writes one HTML page that needs nothing from elsewhere: the figures,
// every reading that was accepted although wrong, every miss and every false
// zone, with what was cut out of the picture.
func (r *Report) WritePage(w io.Writer) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	var rows [][]string
	for _, f := range r.Summary() {
		if f.Pictures > 0 {
			rows = append(rows, []string{f.Group, fmt.Sprint(f.Pictures), share(f.Found, f.Pictures), share(f.Exact, f.Pictures), fmt.Sprintf("%.2f %%", 100*f.ErrorRate),
				share(f.Accepted, f.Pictures), f.wrong(), fmt.Sprintf("%.1f s", f.P50), fmt.Sprintf("%.1f s", f.P95)})
		}
	}
	blank := ""
	if f := r.Summary()[0]; f.Blank > 0 {
		blank = fmt.Sprintf("Without a zone: %d pictures, %d taken for one, %d accepted.", f.Blank, f.FalseFound, f.FalseRead)
	}
	return page.Execute(w, map[string]any{
		"StyleHash": StyleHash(style),
		"Style":     template.CSS(style), //nolint:gosec // our own constant
		"Pictures":  len(r.Results), "Took": r.Took.Round(time.Second), "Jobs": r.Jobs, "Memory": r.memory(), "Rows": rows, "Blank": blank, "Parts": r.parts(),
	})
}

// parts sorts the pictures that are worth looking at; each stands in one part only.
func (r *Report) parts() []partView {
	all := []struct {
		partView
		want func(*Result) bool
	}{
		{partView{Title: "Accepted but wrong", About: "The reader vouched for these. The worst that can happen."}, (*Result).WronglyAccepted},
		{partView{Title: "Not found", About: "No zone was seen, or nothing that can be told from chance."},
			func(x *Result) bool { return !x.WronglyAccepted() && x.Missed() && !x.Found }},
		{partView{Title: "Uncertain and wrong", About: "The reader said that it was not sure."},
			func(x *Result) bool { return !x.WronglyAccepted() && x.Missed() && x.Found }},
	}
	var out []partView
	for _, p := range all {
		for _, x := range r.pick(p.want) {
			p.Cases = append(p.Cases, x.view())
		}
		out = append(out, p.partView)
	}
	return out
}

func (r *Result) view() caseView {
	v := caseView{File: r.File, Wrong: r.WronglyAccepted()}
	about := []string{r.Specimen.Format}
	if r.Difficulty != "" {
		about = append(about, r.Difficulty)
	}
	switch {
	case r.Fault != "":
		about = append(about, r.Fault)
	case !r.Found && r.Note != "":
		about = append(about, r.Note)
	case !r.Found:
		about = append(about, "no zone found")
	default:
		about = append(about, fmt.Sprintf("read as %s, %d characters differ, %d are doubted", r.Zone.Format, r.Edits, len(r.Doubts)))
	}
	v.About = strings.Join(about, " · ") + fmt.Sprintf(" · %.1f s", r.Took.Seconds())
	for l := range max(len(r.Specimen.Lines), len(r.Zone.Lines)) {
		v.Lines = append(v.Lines, r.columns(l))
	}
	for _, s := range r.Strips {
		v.Strips = append(v.Strips, Inline(s, 1400, 80))
	}
	if r.Whole != nil {
		v.Whole = Inline(r.Whole, 720, 70)
	}
	return v
}

// columns lays line l of the reading under that of the truth.
func (r *Result) columns(l int) []column {
	at := func(lines []string) string {
		if l < len(lines) {
			return lines[l]
		}
		return ""
	}
	glyph := func(c byte) string {
		if c == 0 {
			return "·"
		}
		return string(rune(c))
	}
	var out []column
	place := 0
	for _, p := range align(at(r.Specimen.Lines), at(r.Zone.Lines)) {
		c := column{Truth: glyph(p.truth), Read: glyph(p.read), Differs: p.truth != p.read}
		if p.read != 0 {
			c.Doubt = slices.Contains(r.Doubts, [2]int{l, place})
			place++
		}
		out = append(out, c)
	}
	return out
}

// StyleHash is a page's only style as its policy names it.
func StyleHash(style string) template.HTMLAttr {
	sum := sha256.Sum256([]byte(style))
	return template.HTMLAttr("sha256-" + base64.StdEncoding.EncodeToString(sum[:])) //nolint:gosec // a hash
}

// Inline is a picture, no wider than so many pixels, as an address that holds it whole.
func Inline(img image.Image, width, quality int) template.URL {
	b := img.Bounds()
	if b.Empty() {
		return ""
	}
	if b.Dx() > width {
		small := image.NewRGBA(image.Rect(0, 0, width, max(b.Dy()*width/b.Dx(), 1)))
		draw.Draw(small, small.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.ApproxBiLinear.Scale(small, small.Rect, img, b, draw.Over, nil)
		img = small
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return "" // only a picture of more than 65,535 pixels a side
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes())) //nolint:gosec // our own picture
}
