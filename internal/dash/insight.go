package dash

import (
	"cmp"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// insight of one result; the zero value where there is none.
func (x dossier) insight(i int) verify.Insight {
	if i < len(x.insights) {
		return x.insights[i]
	}
	return verify.Insight{}
}

// proof shows what one check was decided from: a picture, a sentence, and the
// measure beside its limit.
func proof(v *visit, in verify.Insight, caption string) g.Node {
	for _, p := range in.Proofs {
		if p.Caption != caption {
			continue
		}
		measure := v.t("proof.measured", "Score", decimals(p.Score), "Limit", decimals(p.Limit))
		name := p.Of
		told := estimated(v, p)
		switch {
		case told != nil:
			name = ""
		case p.Test == "writer":
		case p.Test == "capture":
			name = v.or("signal."+cmp.Or(p.Of, "none"), p.Of)
		default:
			name = fieldName(v, p.Of)
		}
		image, ok := picture(p.Image)
		return h.Details(h.Class("proof"), h.Summary(g.Text(v.t("proof.show")), h.Span(h.Class("sr"), g.Text(": "+v.or("check."+caption, caption)))),
			g.If(ok && p.Image != "", h.Img(h.Src(image), h.Alt(v.t("proof.picture")), h.Loading("lazy"), g.Attr("decoding", "async"))),
			h.P(g.Text(v.or("proof."+slug(p.Test), p.Test)), g.If(name != "", h.Strong(g.Text(" "+name)))),
			told, g.If(told == nil, h.P(h.Class("quiet"), g.Text(measure))))
	}
	return nil
}

// seenBefore leads to the earlier session that had this picture or frames of this
// recording. Of another account's nobody learns more than that.
func seenBefore(v *visit, in verify.Insight) g.Node {
	var told []g.Node
	tell := func(frames, picture string, s kyc.Sighted, where g.Node) {
		name, mirrored := frames, "detail.mirrored"
		if s.Of == 1 { // a selfie
			name, mirrored = picture, "detail.mirrored.picture"
		}
		text := v.t(name, "N", s.Frames, "Of", s.Of)
		if s.Mirrored > 0 {
			text += " " + v.t(mirrored, "N", s.Mirrored)
		}
		told = append(told, h.Li(h.Class("suspicious"), statusIcon(kyc.Suspicious), h.Div(h.P(g.Text(text)), where)))
	}
	if in.Seen != nil {
		id := in.Seen.SessionID
		tell("detail.seen", "detail.seen.picture", in.Seen.Sighted, h.P(g.Text(v.t("detail.seen.where")+" "), h.A(h.Href("/dashboard/sessions/"+id), h.Code(g.Text(id)))))
	}
	if in.Elsewhere != nil {
		tell("detail.elsewhere", "detail.elsewhere.picture", *in.Elsewhere, nil)
	}
	if told == nil {
		return nil
	}
	return h.Ul(h.Class("reasons"), g.Group(told))
}

func decimals(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }

func fieldName(v *visit, title string) string {
	if title == "" {
		return ""
	}
	if title == placeZone {
		return v.t("overlay.zone")
	}
	return v.or(fieldKey(title), title)
}

// placeZone is the title of places that are lines of the zone.
const placeZone = "MRZ"

// overlays draws on each picture where its fields were read. The boxes can be
// reached by keyboard, each says its field, and the table's row lights up with it.
func overlays(v *visit, in verify.Insight, fields []kyc.Field) g.Node {
	wrong := map[string]bool{}
	for _, f := range fields {
		wrong[f.Title] = suspect(f)
	}
	return g.Map(in.Pictures, func(c verify.Canvas) g.Node { return overlay(v, in, c, wrong) })
}

func overlay(v *visit, in verify.Insight, c verify.Canvas, wrong map[string]bool) g.Node {
	image, ok := picture(c.Small)
	index := 0
	for i := range in.Pictures {
		if in.Pictures[i] == c {
			index = i
		}
	}
	var boxes []g.Node
	for _, p := range in.Places {
		if p.Image == index {
			boxes = append(boxes, box(v, p, c.Width, wrong[p.Title]))
		}
	}
	if !ok || len(boxes) == 0 || c.Width <= 0 || c.Height <= 0 {
		return nil
	}
	return g.El("dash-fields", h.Figure(h.Class("overlay"),
		h.Div(h.Class("overlay-picture"), h.Img(h.Src(image), h.Alt(v.t("picture.upload", "N", index+1)), h.Loading("lazy"), g.Attr("decoding", "async"),
			h.Width(strconv.Itoa(c.Width)), h.Height(strconv.Itoa(c.Height))),
			g.El("svg", g.Attr("viewBox", "0 0 "+strconv.Itoa(c.Width)+" "+strconv.Itoa(c.Height)), g.Attr("role", "group"), h.Aria("label", v.t("overlay.label")), g.Group(boxes))),
		g.El("figcaption", h.Class("quiet"), g.Text(v.t("overlay.hint")))))
}

// box is one place: an outline that can be focused, and its name above it.
func box(v *visit, p kyc.Place, width int, wrong bool) g.Node {
	points, top := make([]string, 0, len(p.Outline)), p.Outline[0]
	for _, c := range p.Outline {
		points = append(points, strconv.FormatFloat(c[0], 'f', 1, 64)+","+strconv.FormatFloat(c[1], 'f', 1, 64))
	}
	class := "box"
	if p.Zone {
		class += " zone"
	}
	if wrong {
		class += " wrong"
	}
	label := v.t("overlay.box", "Title", fieldName(v, p.Title), "Value", p.Value)
	if wrong {
		label += " · " + v.t("flag.mismatch")
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
	return g.El("g", g.Attr("class", class), g.Attr("tabindex", "0"), g.Attr("role", "img"), h.Aria("label", label), h.Data("field", p.Title),
		g.El("title", g.Text(label)),
		g.El("polygon", g.Attr("points", strings.Join(points, " "))),
		g.El("text", g.Attr("x", number(top[0])), g.Attr("y", number(top[1]-float64(width)/240)), g.Attr("font-size", number(float64(width)/40)), h.Aria("hidden", "true"),
			g.Text(fieldName(v, p.Title))))
}

// onPage is what the page says of a field beside what the zone says, nil when
// the page was not read there or says the same.
func onPage(v *visit, in verify.Insight, f kyc.Field) g.Node {
	for _, p := range in.Places {
		if p.Zone || p.Title != f.Title || p.Value == "" || p.Value == f.Value {
			continue
		}
		return h.Div(h.Class("on-page"), h.Span(h.Class("quiet"), g.Text(v.t("ocr.on-page")+" ")), h.Span(g.Text(p.Value)))
	}
	return nil
}

// fieldOf is the title under which a row's place is drawn.
func fieldOf(title string) string {
	if title == "MRZStrings" || title == "MRZ string" {
		return placeZone
	}
	return title
}
