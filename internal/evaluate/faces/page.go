package faces

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/evaluate"
)

// style is the page's only one; its hash stands in the page's own policy, so
// that nothing else on it can style, run or load anything.
const style = `
:root{color-scheme:light dark;font:16px/1.45 system-ui,sans-serif;--one:#06c;--two:#c40;--line:#8886}
@media (prefers-color-scheme:dark){:root{--one:#6bf;--two:#f96}}
body{margin:0 auto;max-width:76rem;padding:1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse}
th,td{padding:.3rem .7rem;text-align:left;border-bottom:1px solid var(--line)}
figure{margin:1rem 0}
svg{width:100%;max-width:44rem;height:auto;font:12px system-ui,sans-serif}
svg text{fill:currentColor}
.grid{stroke:var(--line)}
.one{stroke:var(--one);fill:none;stroke-width:2}
.two{stroke:var(--two);fill:none;stroke-width:2;stroke-dasharray:6 3}
.mark{stroke:currentColor;stroke-dasharray:2 3}
i.one,i.two{display:inline-block;width:2rem;border-top:2px solid var(--one);vertical-align:middle}
i.two{border-top:2px dashed var(--two)}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem;padding:0;list-style:none}
.pairs li{border-top:2px solid var(--line);padding-top:.5rem;overflow-wrap:anywhere}
.pairs img,.pairs .none{width:47%;aspect-ratio:1;object-fit:cover;border-radius:.25rem}
.pairs .none{display:inline-grid;place-items:center;border:1px dashed var(--line)}
`

const pageText = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src '{{.StyleHash}}'">
<title>Faces: how well they are told apart</title><style>{{.Style}}</style></head><body>
<h1>Faces: how well they are told apart</h1>
<p>{{.Pictures}} pictures in {{.Took}}, {{.NoFace}} without a face. {{.Genuine}} pairs of one person, {{.Impostor}} of two. Model {{.Model}}.</p>
<div class="wide" tabindex="0" role="region" aria-label="Figures"><table><thead><tr><th scope="col">Measure</th><th scope="col">Value (95 % interval)</th></tr></thead><tbody>
{{range .Rows}}<tr><th scope="row">{{index . 0}}</th><td>{{index . 1}}</td></tr>
{{end}}</tbody></table></div>
<p>A pair with a picture without a face counts as not accepted. The intervals are a bootstrap over pictures; a rate of false accepts below one in the number of pairs of two persons cannot be told.</p>
<h2>True accepts by false accepts</h2><figure>{{.ROC}}<figcaption>The share of pairs of one person that is accepted, by the share of pairs of two persons that is. The lower axis is logarithmic.</figcaption></figure>
<h2>Distances</h2><figure>{{.Histogram}}<figcaption><i class="one"></i> pairs of one person, <i class="two"></i> pairs of two, each kind as shares of its own; the dotted lines are the distances for the wished rates.</figcaption></figure>
{{range .Parts}}<h2>{{.Title}}</h2><p>{{.About}}</p><ul class="pairs">
{{range .Pairs}}<li>{{range .Faces}}{{if .}}<img alt="a face as it was cut out" src="{{.}}">{{else}}<span class="none">no face</span>{{end}} {{end}}<br>{{.Names}}<br>{{.Says}}</li>
{{end}}</ul>
{{end}}</body></html>
`

type pairView struct {
	Faces []template.URL
	Names string
	Says  string
}

type partView struct {
	Title, About string
	Pairs        []pairView
}

// WritePage writes one HTML page that needs nothing from elsewhere: figures,
// curves, and the pairs that are hardest to tell, with their faces.
func (r *Report) WritePage(w io.Writer) error {
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	rows := [][2]string{{"ROC-AUC", fine(r.AUC)}, {"EER", percent(r.EER)}}
	for _, p := range r.Points {
		rows = append(rows, [2]string{"TAR at FAR " + rate(p.FAR), p.say(r.Impostor)})
	}
	return page.Execute(w, map[string]any{
		"StyleHash": evaluate.StyleHash(style),
		"Style":     template.CSS(style), //nolint:gosec // our own constant
		"Pictures":  r.Pictures, "NoFace": r.NoFace, "Genuine": r.Genuine, "Impostor": r.Impostor, "Model": r.Model, "Took": r.Took.Round(time.Second),
		"Rows": rows, "ROC": r.roc(), "Histogram": r.histogram(), "Parts": r.worst(),
	})
}

// The page shows so many pairs of a kind, no face wider than so many pixels.
const (
	mostShown = 24
	mostWide  = 480
)

// worst lists the nearest pairs of two persons and the farthest of one.
func (r *Report) worst() []partView {
	impostors := partView{Title: "Two persons, nearest first", About: "Look for pairs that the list names wrongly before you believe them."}
	genuine := partView{Title: "One person, farthest first", About: "Without a face: the picture could not be compared at all."}
	for i := range r.pairs {
		if p := r.pairs[i]; !p.Same && len(impostors.Pairs) < mostShown {
			impostors.Pairs = append(impostors.Pairs, r.show(p))
		}
		if p := r.pairs[len(r.pairs)-1-i]; p.Same && len(genuine.Pairs) < mostShown {
			genuine.Pairs = append(genuine.Pairs, r.show(p))
		}
	}
	return []partView{impostors, genuine}
}

func (r *Report) show(p scored) pairView {
	v := pairView{Names: p.A + " and " + p.B, Says: fmt.Sprintf("distance %.4f", p.distance)}
	if math.IsInf(p.distance, 1) {
		v.Says = "not compared"
	}
	for _, at := range []int{p.a, p.b} {
		face := r.pictures[at].face
		var address template.URL
		if face.Crop != nil {
			address = evaluate.Inline(face.Crop, mostWide, 85)
		}
		v.Faces = append(v.Faces, address)
		if face.Note != "" {
			v.Says += "; " + r.pictures[at].name + ": " + face.Note
		}
	}
	return v
}

// The drawing's size and margins, in its own units.
const (
	drawWidth, drawHeight             = 640.0, 320.0
	marginLeft, marginTop, marginSide = 50.0, 10.0, 30.0
	marginBelow                       = 30.0
)

// chart draws lines into a frame whose axes run from 0 to 1.
type chart struct{ strings.Builder }

func newChart(label string) *chart {
	c := &chart{}
	fmt.Fprintf(c, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, drawWidth, drawHeight, template.HTMLEscapeString(label))
	return c
}

func place(x, y float64) (px, py float64) {
	return marginLeft + x*(drawWidth-marginLeft-marginSide), drawHeight - marginBelow - y*(drawHeight-marginTop-marginBelow)
}

func (c *chart) line(class string, points ...[2]float64) {
	fmt.Fprintf(c, `<polyline class="%s" fill="none" points="`, class)
	for _, p := range points {
		x, y := place(p[0], p[1])
		fmt.Fprintf(c, "%.1f,%.1f ", x, y)
	}
	c.WriteString(`"/>`)
}

func (c *chart) tickX(at float64, says string) {
	c.line("grid", [2]float64{at, 0}, [2]float64{at, 1})
	x, y := place(at, 0)
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x, y+18, says)
}

func (c *chart) tickY(at float64, says string) {
	c.line("grid", [2]float64{0, at}, [2]float64{1, at})
	x, y := place(0, at)
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, x-6, y+4, says)
}

func (c *chart) end() template.HTML {
	c.WriteString("</svg>")
	return template.HTML(c.String()) //nolint:gosec // numbers and our own words
}

// roc draws the curve down to the rate that one false accept makes.
func (r *Report) roc() template.HTML {
	decades := math.Ceil(math.Log10(float64(r.Impostor)))
	decades = max(1, min(decades, 6))
	across := func(far float64) float64 { return max(0, 1+math.Log10(max(far, 1e-9))/decades) }
	c := newChart("Share of accepted pairs of one person by the share of accepted pairs of two")
	for i := 0.0; i <= decades; i++ {
		c.tickX(1-i/decades, fmt.Sprintf("%g %%", 100*math.Pow(10, -i)))
	}
	for i := 0.0; i <= 4; i++ {
		c.tickY(i/4, fmt.Sprintf("%g %%", 25*i))
	}
	points := [][2]float64{}
	last := 0.0
	for _, s := range newCurve(r.pairs, nil).steps {
		points = append(points, [2]float64{across(s.far), last}, [2]float64{across(s.far), s.tar})
		last = s.tar
	}
	c.line("one", append(points, [2]float64{1, last})...)
	return c.end()
}

// histogram draws how distances are spread.
func (r *Report) histogram() template.HTML {
	const bars = 60
	longest := 0.1
	for _, p := range r.pairs {
		if !math.IsInf(p.distance, 1) {
			longest = max(longest, p.distance)
		}
	}
	var counts [2][bars]float64
	for _, p := range r.pairs {
		if math.IsInf(p.distance, 1) {
			continue
		}
		kind, all := 0, r.Genuine
		if !p.Same {
			kind, all = 1, r.Impostor
		}
		counts[kind][min(bars-1, int(p.distance/longest*bars))] += 1 / float64(all)
	}
	highest := 0.0
	for _, kind := range counts {
		for _, v := range kind {
			highest = max(highest, v)
		}
	}
	c := newChart("Distances of pairs of one person and of two")
	for i := 0.0; i <= 5; i++ {
		c.tickX(i/5, fmt.Sprintf("%.2f", longest*i/5))
	}
	c.tickY(0, "0")
	c.tickY(1, fmt.Sprintf("%.0f %%", 100*highest))
	for _, p := range r.Points {
		if p.Measurable {
			c.line("mark", [2]float64{p.Distance / longest, 0}, [2]float64{p.Distance / longest, 1})
		}
	}
	for kind, class := range []string{"one", "two"} {
		points := [][2]float64{{0, 0}}
		for i, v := range counts[kind] {
			points = append(points, [2]float64{float64(i) / bars, v / max(highest, 1e-9)}, [2]float64{float64(i+1) / bars, v / max(highest, 1e-9)})
		}
		c.line(class, points...)
	}
	return c.end()
}
