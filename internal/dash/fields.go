package dash

import (
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// fields shows what was read off a document: what people know first, then the
// parts of the machine-readable zone, folded unless one of them is marked.
func fields(v *visit, guarded kyc.Guarded[kyc.OCR], in verify.Insight) g.Node {
	if guarded.Hidden {
		return denied(v, v.t("detail.fields"))
	}
	var human, machine []kyc.Field
	for _, f := range guarded.Value.Fields {
		if v.or(fieldKey(f.Title), "") != "" || suspect(f) {
			human = append(human, f)
		} else {
			machine = append(machine, f)
		}
	}
	if len(human)+len(machine) == 0 {
		return nil
	}
	return h.Div(h.Class("fields"), h.H3(g.Text(v.t("detail.fields"))), fieldTable(v, human, in),
		g.If(len(machine) > 0, h.Details(h.Summary(g.Text(v.n("detail.machine", len(machine)))), fieldTable(v, machine, in))))
}

// fieldKey is the catalogue key of a field's title: "Given name(s)" is "ocr.given-name-s".
func fieldKey(title string) string { return "ocr." + slug(title) }

func fieldTable(v *visit, rows []kyc.Field, in verify.Insight) g.Node {
	if len(rows) == 0 {
		return nil
	}
	return h.Table(h.Class("ocr"),
		headings(v.t("ocr.column.field"), v.t("ocr.column.value"), v.t("ocr.column.confidence")),
		h.TBody(g.Map(rows, func(f kyc.Field) g.Node {
			return h.Tr(g.If(suspect(f), h.Class("suspect")), h.Data("field", fieldOf(f.Title)),
				h.Th(h.Scope("row"), h.Title(f.Title), g.Text(v.or(fieldKey(f.Title), f.Title))),
				cell(v.t("ocr.column.value"), h.Span(h.Class(valueClass(f)), g.Text(f.Value)), g.If(f.ReadValue != "", h.Span(h.Class("quiet"), g.Text(" "+v.t("ocr.read", "Value", f.ReadValue)))), g.Map(flags(f), func(flag string) g.Node {
					return h.Span(h.Class("flag"), g.Text(v.t("flag."+flag)))
				}), onPage(v, in, f)),
				cell(v.t("ocr.column.confidence"), confidence(v, f.Conf)))
		})))
}

// confidence in words and as one to three dots.
func confidence(v *visit, c kyc.Confidence) g.Node {
	filled := map[kyc.Confidence]int{kyc.High: 3, kyc.Medium: 2, kyc.Low: 1}[c]
	if filled == 0 {
		return h.Span(h.Class("quiet"), g.Text("–"))
	}
	return h.Span(h.Class("confidence "+string(c)), h.Span(h.Class("dots"), h.Aria("hidden", "true"), g.Text(strings.Repeat("●", filled)+strings.Repeat("○", 3-filled))),
		h.Span(g.Text(v.t("confidence."+string(c)))))
}

// flags of a field, all of them warnings.
func flags(f kyc.Field) []string {
	var list []string
	for _, flag := range []struct {
		name string
		on   bool
	}{{"unreadable", f.IsUnreadable}, {"mismatch", f.IsMismatch}, {"modified", f.IsModified}, {"edited", f.IsEdited}, {"digit", f.IsMRZOk != nil && !*f.IsMRZOk}} {
		if flag.on {
			list = append(list, flag.name)
		}
	}
	return list
}

func suspect(f kyc.Field) bool { return len(flags(f)) > 0 }

// valueClass sets text of the machine-readable zone in letters of equal width.
func valueClass(f kyc.Field) string {
	if strings.ContainsAny(f.Value, "<^") {
		return "value mrz"
	}
	return "value"
}
