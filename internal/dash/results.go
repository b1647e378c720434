package dash

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

func resultCards(v *visit, x dossier) g.Node {
	cards := make([]g.Node, len(x.view.Results))
	for i, r := range x.view.Results {
		cards[i] = resultCard(v, x, r, x.insight(i))
	}
	return g.Group(cards)
}

// resultCard shows one step: pictures, checks, fields and earlier tries.
func resultCard(v *visit, x dossier, r kyc.Result, in verify.Insight) g.Node {
	return h.Section(h.Class("card result"), h.Aria("label", stepName(v, r.Type)),
		h.Header(h.H2(stepIcon(r.Type), g.Text(stepName(v, r.Type))), badge(v, x.status(r)),
			h.P(h.Class("quiet"), g.Text(resultLine(v, r)))),
		g.If(len(r.Errors) > 0, h.Ul(h.Class("reasons"), g.Map(r.Errors, func(c kyc.Code) g.Node {
			return h.Li(h.Class(string(x.codeStatus(c))), statusIcon(x.codeStatus(c)), h.Div(h.P(g.Text(explain(v, c))), h.P(h.Class("quiet"), g.Text(string(c)))))
		}))),
		pictures(v, r),
		g.Iff(r.Type == kyc.StepFaces, func() g.Node { return facePairs(v, x, r.Checks) }),
		g.Iff(r.Type != kyc.StepFaces, func() g.Node { return checks(v, x, r.Checks, in) }),
		seenBefore(v, in),
		overlays(v, in, r.OCR.Value.Fields),
		fields(v, r.OCR, in),
		measures(v, in),
		history(v, r.History),
	)
}

// resultLine is what a result says of itself in one line.
func resultLine(v *visit, r kyc.Result) string {
	parts := []string{}
	if r.DocName != "" {
		parts = append(parts, r.DocName)
	}
	if r.CountryCode != nil && *r.CountryCode != "" {
		parts = append(parts, *r.CountryCode)
	}
	if r.Type != kyc.StepFaces {
		parts = append(parts, v.t("detail.try", "N", r.Tries), v.spent(time.Duration(r.Spent)))
	}
	return strings.Join(parts, " · ")
}

// denied is what stands where the reader may not look.
func denied(v *visit, what string) g.Node {
	return h.P(h.Class("denied"), icon("eye"), g.Text(what+": "+v.t("denied")))
}

// shot is one picture in both sizes with what it shows.
type shot struct{ small, full, label string }

func pictures(v *visit, r kyc.Result) g.Node {
	var shots []shot
	if r.Images != nil && r.Images.Hidden || r.Faces != nil && r.Faces.Hidden {
		return denied(v, v.t("detail.pictures"))
	}
	if r.Images != nil {
		for i, small := range r.Images.Value {
			full := small
			if r.ImagesFull != nil && i < len(r.ImagesFull.Value) {
				full = r.ImagesFull.Value[i]
			}
			shots = append(shots, shot{small, full, v.t("picture.upload", "N", i+1)})
		}
	}
	if r.ImageObjects != nil {
		for _, o := range r.ImageObjects.Value {
			shots = append(shots, shot{o.Image, o.Image, v.or("picture."+o.Type, o.Type)})
		}
	}
	if r.FaceSelfie != nil && r.FaceSelfie.Value != "" {
		shots = append(shots, shot{r.FaceSelfie.Value, r.FaceSelfie.Value, v.t("picture.face")})
	}
	if r.Faces != nil {
		for i, face := range r.Faces.Value {
			shots = append(shots, shot{face, face, v.t("picture.frame", "N", i+1)})
		}
	}
	if len(shots) == 0 {
		return nil
	}
	return h.Ul(h.Class("shots"), g.Map(shots, func(s shot) g.Node {
		thumbnail := thumb(s)
		if thumbnail == nil {
			return nil
		}
		return h.Li(thumbnail)
	}))
}

// thumb is a small picture that opens the large one; nil when the addresses
// are not those of our pictures.
func thumb(s shot) g.Node {
	small, ok := picture(s.small)
	full, ok2 := picture(s.full)
	if !ok || !ok2 {
		return nil
	}
	return h.A(h.Class("thumb"), h.Href(full), h.Data("label", s.label), h.Img(h.Src(small), h.Alt(s.label), h.Loading("lazy"), g.Attr("decoding", "async")),
		h.Span(g.Text(s.label)))
}

func checks(v *visit, x dossier, guarded kyc.Guarded[[]kyc.CheckGroup], in verify.Insight) g.Node {
	if guarded.Hidden {
		return denied(v, v.t("detail.checks"))
	}
	return g.Map(guarded.Value, func(group kyc.CheckGroup) g.Node {
		if len(group.Items) == 0 {
			return nil
		}
		return h.Div(h.Class("checks"), h.H3(g.Text(v.or("group."+slug(group.Caption), group.Caption))), h.Ul(g.Map(group.Items, func(item kyc.CheckItem) g.Node {
			status := item.Status
			if status != kyc.Success && x.soft(item.Caption) {
				status = kyc.Suspicious
			}
			return h.Li(h.Class("check "+resultClass(status)), statusIcon(status),
				h.Span(h.Class("check-name"), h.Title(item.Caption), g.Text(checkName(v, item))),
				h.Span(h.Class("aside"), g.Text(checkValue(v, item))),
				h.Span(h.Class("sr"), g.Text(v.t("check.status."+string(passedOrFailed(item.Status))))),
				proof(v, in, item.Caption))
		})))
	})
}

// checkName says what was found: that all is well, or in a sentence what is not.
func checkName(v *visit, item kyc.CheckItem) string {
	name := v.or("check."+item.Caption, item.Caption)
	if item.Status == kyc.Success {
		return name
	}
	return v.or("check."+item.Caption+".failed", name)
}

func passedOrFailed(s kyc.Status) kyc.Status {
	if s == kyc.Success {
		return kyc.Success
	}
	return kyc.Failed
}

// said translates what a check says of itself: a list of reasons, each known by
// its first words, or a value that stays as it is.
func said(v *visit, value string) string {
	if value == "" {
		return ""
	}
	reasons := strings.Split(value, ", ")
	for i, reason := range reasons {
		reasons[i] = v.or("reason."+slug(reason), reason)
	}
	return strings.Join(reasons, ", ")
}

func checkValue(v *visit, item kyc.CheckItem) string {
	value := said(v, item.Value)
	if item.Confidence != nil {
		sure := v.t("check.confidence", "N", strconv.FormatFloat(*item.Confidence*100, 'f', 0, 64))
		if value == "" {
			return sure
		}
		value += " · " + sure
	}
	return value
}

// facePairs shows each pair of faces side by side with how alike they are.
func facePairs(v *visit, x dossier, guarded kyc.Guarded[[]kyc.CheckGroup]) g.Node {
	if guarded.Hidden {
		return denied(v, v.t("detail.checks"))
	}
	limit, known := x.threshold()
	return h.Ul(h.Class("pairs"), g.Map(guarded.Value, func(group kyc.CheckGroup) g.Node {
		return g.Map(group.Items, func(item kyc.CheckItem) g.Node {
			status := item.Status
			if status != kyc.Success && x.soft(item.Caption) {
				status = kyc.Suspicious
			}
			names := strings.Split(item.Caption, " & ")
			return h.Li(h.Class("pair "+resultClass(status)),
				h.Div(h.Class("pair-faces"), pairPictures(v, item, names)),
				h.Div(h.Class("pair-score"),
					h.P(statusIcon(status), h.Span(g.Text(pairName(v, item.Caption))), h.Strong(g.Text(item.Value))),
					bar(v, item.Value, limit, known)))
		})
	}))
}

func pairPictures(v *visit, item kyc.CheckItem, names []string) g.Node {
	return g.Map(names, func(name string) g.Node {
		for i, other := range names {
			if other != name || len(item.Images) != len(names) {
				continue
			}
			if t := thumb(shot{item.Images[i], item.Images[i], faceName(v, name)}); t != nil {
				return t
			}
		}
		return h.Span(h.Class("thumb none"), icon("selfie"), h.Span(g.Text(faceName(v, name))))
	})
}

// pairName is "document_0 & selfie" in words.
func pairName(v *visit, caption string) string {
	names := strings.Split(caption, " & ")
	for i, name := range names {
		names[i] = faceName(v, name)
	}
	return strings.Join(names, " ↔ ")
}

// faceName of a template's label; only the first of a kind goes without number.
func faceName(v *visit, label string) string {
	if before, index, ok := strings.Cut(label, "_"); ok {
		if n, err := strconv.Atoi(index); err == nil {
			name := v.or("face."+before, label)
			if n > 0 {
				name += " " + strconv.Itoa(n+1)
			}
			return name
		}
	}
	return v.or("face."+label, label)
}

// percent reads "82%".
func percent(value string) (float64, bool) {
	number, ok := strings.CutSuffix(value, "%")
	f, err := strconv.ParseFloat(number, 64)
	return min(max(f, 0), 100), ok && err == nil
}

// bar draws a percentage with the limit as a notch. It is drawn, not styled,
// since pages carry no inline style.
func bar(v *visit, value string, limit float64, known bool) g.Node {
	p, ok := percent(value)
	if !ok {
		return nil
	}
	label := value
	if known {
		label = v.t("faces.measured", "Value", value, "Limit", fmt.Sprintf("%g%%", limit))
	}
	return h.Div(h.Class("bar"), h.Title(label),
		g.El("svg", g.Attr("viewBox", "0 0 100 6"), g.Attr("preserveAspectRatio", "none"), g.Attr("role", "img"), g.Attr("aria-label", label),
			g.El("rect", g.Attr("class", "bar-ground"), g.Attr("width", "100"), g.Attr("height", "6")),
			g.El("rect", g.Attr("class", "bar-value"), g.Attr("width", fmt.Sprintf("%g", p)), g.Attr("height", "6")),
			g.If(known, g.El("rect", g.Attr("class", "bar-limit"), g.Attr("x", fmt.Sprintf("%g", limit-.25)), g.Attr("width", ".5"), g.Attr("height", "6")))),
		g.If(known, h.P(h.Class("hint"), g.Text(v.t("faces.limit", "Limit", fmt.Sprintf("%g%%", limit))))))
}

func history(v *visit, past []kyc.Past) g.Node {
	if len(past) == 0 {
		return nil
	}
	return h.Div(h.Class("history"), h.H3(g.Text(v.t("detail.history"))), h.Ol(g.Map(past, func(p kyc.Past) g.Node {
		reasons := make([]string, len(p.Errors))
		for i, c := range p.Errors {
			reasons[i] = explain(v, c)
		}
		return h.Li(badge(v, p.Status), h.Span(g.Text(strings.Join(reasons, " "))),
			h.Span(h.Class("aside"), moment(time.Time(p.StartedAt), false), g.Text(" · "+v.spent(time.Duration(p.Spent)))))
	})))
}
