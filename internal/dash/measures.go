package dash

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// measures lists what a result was decided from (S52): in words, with the name
// that the room gave it as the title; models come last.
func measures(v *visit, in verify.Insight) g.Node {
	if len(in.Measures) == 0 {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(in.Measures), func(a, b string) int {
		if x, y := modelOf(a) != "", modelOf(b) != ""; x != y {
			return map[bool]int{true: 1, false: -1}[x]
		}
		return strings.Compare(a, b)
	})
	return h.Details(h.Class("proof measures"), h.Summary(g.Text(v.t("detail.measures"))), h.Dl(g.Map(names, func(name string) g.Node {
		return g.Group{h.Dt(h.Title(name), g.Text(measureName(v, name))), h.Dd(measureValue(v, name, in.Measures[name]))}
	})))
}

func modelOf(name string) string {
	for _, prefix := range []string{"model.", "faceMatch.model "} {
		if of, ok := strings.CutPrefix(name, prefix); ok {
			return of
		}
	}
	return ""
}

// measureName is a measure in words; one that has none keeps its own name.
func measureName(v *visit, name string) string {
	if of, ok := strings.CutPrefix(name, "model."); ok {
		return v.t("measure.model", "Of", v.or("model."+of, of))
	}
	if test, ok := strings.CutPrefix(name, "fraud."); ok {
		return v.t("measure.fraud", "Of", v.or("test."+slug(test), test))
	}
	if what, of, ok := strings.Cut(name, " "); ok {
		return v.or("measure."+what, name, "Of", pairName(v, of))
	}
	if face, what, ok := strings.Cut(name, "."); ok {
		if text := v.or("measure.face."+what, ""); text != "" && v.or("face."+face, "") != "" && face != string(kyc.StepLiveness) {
			return text
		}
	}
	return v.or("measure."+name, name)
}

func measureValue(v *visit, name, value string) g.Node {
	// The room of persons tells who was found as "person ID of list ID: N%, distance N".
	if w := strings.Fields(value); len(w) == 8 && w[0] == "person" && w[3] == "list" {
		person, list := w[1], strings.TrimSuffix(w[4], ":")
		return g.Group{g.Text(v.t("measure.alike", "Percent", strings.TrimSuffix(w[5], ","), "Distance", w[7])), g.Text(" · "),
			h.A(h.Href(personAddress(person)), g.Text(v.t("measure.person"))), g.Text(" · "), h.A(h.Href(listAddress(list)), g.Text(v.t("measure.list")))}
	}
	switch name {
	case "capture.signals":
		return h.Ul(h.Class("plain"), g.Map(strings.Split(value, ", "), func(one string) g.Node {
			signal, score, _ := strings.Cut(one, " ")
			return h.Li(g.Text(v.or("signal."+signal, signal) + ": " + score))
		}))
	case "liveness.asked":
		moves := strings.Fields(value)
		for i, move := range moves {
			moves[i] = v.or("move."+move, move)
		}
		return g.Text(strings.Join(moves, ", "))
	}
	return g.Text(cmp.Or(value, "–"))
}
