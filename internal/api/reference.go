package api

import (
	_ "embed"
	"html/template"
	"net/http"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/edge"
)

//go:embed reference.html
var referenceHTML string

//go:embed reference.css
var referenceCSS []byte

// chapter is one operation on the reference page.
type chapter struct {
	ID, Method, Path, Summary, Note string
	Public                          bool
	In, Out                         []row
	InName, OutName                 string
	List                            bool // the answer is a list of Out
	Answers                         []answer
	Example                         string
}

// row is one field of a schema.
type row struct {
	Name, Type, Note string
	Required         bool
	Link             string // name of a schema described further down
}

type answer struct {
	Status  int
	Meaning string
}

// serveReference shows the document as a page: no script, no outside asset.
func (d *Door) serveReference(w http.ResponseWriter, r *http.Request) {
	page, err := template.New("reference").Parse(referenceHTML)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", edge.CSP{}.Allow("style-src", "'self'").FrameAncestors().String())
	chapters, schemas := d.chapters()
	if err := page.Execute(w, map[string]any{"Chapters": chapters, "Schemas": schemas, "Version": d.Version}); err != nil {
		d.Logger.WarnContext(r.Context(), "the reference page was not sent whole", "error", err)
	}
}

func (d *Door) serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(referenceCSS) // the client has gone when this fails
}

type namedSchema struct {
	Name string
	Rows []row
}

func (d *Door) chapters() ([]chapter, []namedSchema) {
	var chapters []chapter
	for _, op := range d.operations {
		c := chapter{ID: op.name, Method: op.method, Path: "/v1" + op.path, Summary: op.summary, Note: op.note, Public: op.public, Example: example(op)}
		if op.permission != "" {
			c.Note = strings.TrimSpace(c.Note + " Needs the permission " + string(op.permission) + ".")
		}
		c.In, c.InName = d.rows(d.book.schema(op.in))
		out := d.book.registry.Schema(op.out, true, op.out.Name())
		if out.Type == huma.TypeArray {
			c.List, out = true, out.Items
		}
		c.Out, c.OutName = d.rows(out)
		answers := d.answers(op)
		for status := range answers {
			c.Answers = append(c.Answers, answer{status, answers[status]})
		}
		sort.Slice(c.Answers, func(i, j int) bool { return c.Answers[i].Status < c.Answers[j].Status })
		chapters = append(chapters, c)
	}
	var schemas []namedSchema
	all := d.book.registry.Map()
	for _, name := range sortedKeys(all) {
		rows, _ := d.rows(all[name])
		schemas = append(schemas, namedSchema{Name: name, Rows: rows})
	}
	return chapters, schemas
}

func (d *Door) rows(schema *huma.Schema) (rows []row, name string) {
	if schema.Ref != "" {
		name = strings.TrimPrefix(schema.Ref, schemaPrefix)
		schema = d.book.registry.SchemaFromRef(schema.Ref)
	}
	required := map[string]bool{}
	for _, field := range schema.Required {
		required[field] = true
	}
	for _, field := range sortedKeys(schema.Properties) {
		property := schema.Properties[field]
		kind, link := typeName(property)
		rows = append(rows, row{Name: field, Type: kind, Note: property.Description, Required: required[field], Link: link})
	}
	return rows, name
}

// typeName puts a schema's type into words.
func typeName(s *huma.Schema) (name, link string) {
	switch {
	case s == nil:
		return "anything", ""
	case s.Ref != "":
		link = strings.TrimPrefix(s.Ref, schemaPrefix)
		return link, link
	case s.Type == huma.TypeArray:
		inner, link := typeName(s.Items)
		return "list of " + inner, link
	case len(s.OneOf) > 0:
		words := make([]string, 0, len(s.OneOf))
		for _, alternative := range s.OneOf {
			word, _ := typeName(alternative)
			words = append(words, word)
		}
		return strings.Join(words, " or "), ""
	case s.Type == "":
		return "anything", ""
	}
	return s.Type, ""
}

func example(op operation) string {
	switch {
	case op.multipart:
		return "curl -H 'token: okyc_…' -F images=@passport.jpg -F schemaId=… -F clientKey=user_123 https://HOST/v1" + op.path
	case op.method == http.MethodGet:
		return "curl -H 'token: okyc_…' 'https://HOST/v1" + op.path + "'"
	case op.name == "sessionStatus":
		return `curl -H 'token: okyc_…' -d '{"clientKey":"user_123"}' https://HOST/v1` + op.path
	case op.name == "filterSessions":
		return `curl -H 'token: okyc_…' -d '{"filters":{"status":"failed"}}' https://HOST/v1` + op.path
	}
	return "curl -H 'token: okyc_…' -d '{…}' https://HOST/v1" + op.path
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
