package attacks

import (
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
	"github.com/openkyc/openkyc/internal/vision"
)

// style is the page's only one; its hash stands in the page's own policy, so
// that nothing else on it can style, run or load anything.
const style = `
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif;--line:#8886;--bad:#c22;--good:#176b2c}
@media (prefers-color-scheme:dark){:root{--bad:#f77;--good:#7d9}}
body{margin:0 auto;max-width:84rem;padding:1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse}
th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
thead th{white-space:normal;vertical-align:bottom}
.bad{color:var(--bad);font-weight:600}
.good{color:var(--good)}
.strip{display:grid;grid-template-columns:repeat(6,minmax(6rem,1fr));gap:.25rem;overflow-x:auto}
.strip img{width:100%;height:auto;border-radius:.25rem}
h3{margin:1.2rem 0 .2rem}
pre{white-space:pre-wrap}
`

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '{{.StyleHash}}'">
<title>Liveness: which attacks pass</title><style>{{.Style}}</style></head><body>
<h1>Liveness: which attacks pass</h1>
<p>{{.Sessions}} sessions, {{.About}}, in {{.Took}}.</p>
<h2>All layers together</h2>
<div class="wide" tabindex="0" role="region" aria-label="All layers together"><table><thead><tr><th scope="col">Sessions</th><th scope="col">reach the server</th><th scope="col">n</th><th scope="col">APCER (honest: BPCER)</th><th scope="col">taken for the person</th></tr></thead><tbody>
{{range .Rows}}<tr><th scope="row">{{.Species}}</th><td>{{.Kind}}</td><td>{{.All.Of}}</td><td class="{{.All.Class}}">{{.All}}</td><td>{{.Matches}}</td></tr>
{{end}}</tbody></table></div>
<h2>By one layer alone</h2>
<div class="wide" tabindex="0" role="region" aria-label="By one layer alone"><table><thead><tr><th scope="col">Sessions</th>{{range .Layers}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr><th scope="row">{{.Species}}</th>{{range .Cells}}<td class="{{.Class}}">{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>
<h2>Operating points</h2>
<p>All layers together, and a limit on the capture risk.</p>
<div class="wide" tabindex="0" role="region" aria-label="Operating points"><table><thead><tr><th scope="col">Sessions</th><th scope="col">no limit</th>{{range .Points}}<th scope="col">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr><th scope="row">{{.Species}}</th><td class="{{.All.Class}}">{{.All}}</td>{{range .Chosen}}<td class="{{.Class}}">{{.}}</td>{{end}}</tr>
{{end}}</tbody></table></div>
<pre>{{.Explains}}</pre>
<h2>What they look like</h2>
{{range .Strips}}<h3>{{.Species}}</h3><p>{{.About}}</p><p>{{.Says}}</p><div class="strip" tabindex="0" role="group" aria-label="frames of {{.Species}}">{{range .Frames}}<img alt="one frame" src="{{.}}">{{end}}</div>
{{end}}</body></html>
`

type pageRow struct {
	Row

	Cells, Chosen []Share
}

type strip struct {
	Species, About, Says string
	Frames               []template.URL
}

// Class marks shares that should be small.
func (s Share) Class() string {
	switch {
	case s.Of == 0:
		return ""
	case s.Count == 0:
		return "good"
	case 2*s.Count > s.Of:
		return "bad"
	}
	return ""
}

// WritePage writes one HTML page that needs nothing from elsewhere: the tables,
// and a few frames of each species.
func (r *Report) WritePage(w io.Writer) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	var rows []pageRow
	for _, row := range r.Rows() {
		rows = append(rows, pageRow{row, r.cells(row), chosen(row)})
	}
	return page.Execute(w, map[string]any{
		"StyleHash": evaluate.StyleHash(style),
		"Style":     template.CSS(style), //nolint:gosec // our own constant
		"Sessions":  len(r.Sessions), "About": r.About, "Took": r.Took.Round(time.Second),
		"Rows": rows, "Layers": r.columns(), "Points": points(), "Explains": explains, "Strips": r.strips(),
	})
}

// stripWidth is that of a shown frame in pixels.
const stripWidth = 200

func (r *Report) strips() (out []strip) {
	for _, s := range r.Sessions {
		if len(s.shown) == 0 {
			continue
		}
		about := named(s.Species).About
		if honest(s.Species) {
			about = "an honest session: somebody before their own camera"
		}
		shown := strip{Species: s.Species, About: about, Says: fmt.Sprintf("asked: %v; refused by: %v", s.Asked, s.Codes)}
		for _, p := range s.shown {
			img, err := vision.Decode(p.JPEG, vision.Limits{})
			if err != nil {
				continue // what does not open cannot be shown
			}
			shown.Frames = append(shown.Frames, evaluate.Inline(img, stripWidth, 80))
		}
		out = append(out, shown)
	}
	return out
}
