package dash

import (
	"embed"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/openkyc/openkyc/internal/kyc"
)

//go:embed snippets/*.txt
var snippetFiles embed.FS

// snippet is a piece of code that an integrator can paste as it is. Secrets
// are read from the environment, so that nobody pastes one into a repository.
type snippet struct{ id, name, code string }

// snippets for one scenario, with its id and our address filled in.
func snippets(base string, s *kyc.Scenario) []snippet {
	fill := strings.NewReplacer("{{BASE}}", base, "{{SCHEMA}}", s.ID)
	version := strconv.Itoa(max(s.RequireKeyVersion, 1))
	list := []snippet{{id: "page", name: "HTML"}, {id: "node", name: "Node.js"}, {id: "go", name: "Go"}, {id: "python", name: "Python"}, {id: "php", name: "PHP"}}
	for i := range list {
		file := list[i].id + version
		if list[i].id == "page" {
			file = list[i].id
		}
		code, err := snippetFiles.ReadFile("snippets/" + file + ".txt")
		if err != nil {
			continue // a file of the program itself: the test reads them all
		}
		list[i].code = fill.Replace(string(code))
	}
	return list
}

// snippetCard shows the code in tabs that need no script.
func snippetCard(v *visit, base string, s *kyc.Scenario) g.Node {
	list := snippets(base, s)
	return card("snippets", "snippets", v.t("snippet.title"), h.P(h.Class("quiet"), g.Text(v.t("snippet.text"))),
		h.Div(h.Class("tabs"), g.Map(list, func(x snippet) g.Node {
			return g.Group{
				h.Input(h.Type("radio"), h.Name("snippet"), h.ID("snippet-"+x.id), g.If(x.id == list[0].id, h.Checked())),
				h.Label(h.For("snippet-"+x.id), g.Text(x.name)),
				g.El("dash-copy", copyButton(v), h.Pre(h.TabIndex("0"), h.Code(g.Text(x.code)))),
			}
		})))
}

// base is the address that integrators reach this node by.
func (d *Door) base(v *visit) string {
	if d.PublicURL != "" {
		return strings.TrimRight(d.PublicURL, "/")
	}
	if d.secure(v.r) {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}
