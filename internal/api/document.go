package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// Document is the OpenAPI 3.1 description of the door, generated from the same
// types that requests are checked against. It is the same at every call.
func (d *Door) Document() ([]byte, error) {
	doc := &huma.OpenAPI{OpenAPI: "3.1.0", Paths: map[string]*huma.PathItem{},
		Info: &huma.Info{Title: "OpenKYC", Version: "1",
			Description: "Every path is served under /v1 and without it. Unknown fields of a request are ignored. Success in the browser is for show: confirm a session by this API or by its webhook.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}},
		Components: &huma.Components{Schemas: d.book.registry, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token":  {Type: "apiKey", In: "header", Name: "token", Description: "a permanent API token or a temporary one from /user/login; also accepted as the body's field token"},
			"bearer": {Type: "http", Scheme: "bearer"},
		}},
		Servers: []*huma.Server{{URL: "/v1"}},
	}
	errorSchema := d.book.registry.Schema(reflect.TypeFor[edge.Envelope](), true, "Error")
	for _, op := range d.operations {
		item := doc.Paths[op.path]
		if item == nil {
			item = &huma.PathItem{}
			doc.Paths[op.path] = item
		}
		described := d.operation(op, errorSchema)
		if op.method == http.MethodGet {
			item.Get = described
		} else {
			item.Post = described
		}
	}
	d.describeEvents(doc)
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

func (d *Door) operation(op operation, errorSchema *huma.Schema) *huma.Operation {
	note := op.note
	if op.permission != "" {
		note += " Needs the permission " + string(op.permission) + "."
	}
	out := &huma.Operation{OperationID: op.name, Summary: op.summary, Description: note, Responses: map[string]*huma.Response{
		"200": {Description: "done", Content: jsonContent(d.book.answer(op.out))},
	}}
	if op.zip {
		out.Responses["200"].Content["application/zip"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	for status, meaning := range d.answers(op) {
		out.Responses[strconv.Itoa(status)] = &huma.Response{Description: meaning, Content: jsonContent(errorSchema)}
	}
	if !op.public {
		out.Security = []map[string][]string{{"token": {}}, {"bearer": {}}}
	}
	schema := d.book.schema(op.in)
	switch {
	case op.method == http.MethodGet:
		out.Parameters = d.parameters(schema)
	case op.multipart:
		out.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: schema}}}
	default:
		out.RequestBody = &huma.RequestBody{Required: true, Content: jsonContent(schema)}
	}
	return out
}

func (d *Door) answers(op operation) map[int]string {
	answers := map[int]string{400: kyc.MessageInvalidSchema, 429: "too many requests from this address"}
	if op.public {
		answers[403] = kyc.MessageBadLogin
		return answers
	}
	answers[401] = kyc.MessageAccessDenied
	if op.permission != "" {
		answers[403] = kyc.MessageAccessDenied + ": the token lacks the permission"
	}
	answers[404] = kyc.MessageNotFound
	if op.conflict != "" {
		answers[409] = op.conflict
	}
	if op.multipart {
		answers[409] = "the session does not take pictures now"
		answers[413] = "over a limit of size or count"
	}
	return answers
}

func (d *Door) parameters(schema *huma.Schema) []*huma.Param {
	resolved := schema
	if schema.Ref != "" {
		resolved = d.book.registry.SchemaFromRef(schema.Ref)
	}
	var params []*huma.Param
	for _, name := range sortedKeys(resolved.Properties) {
		if name == "token" {
			continue // credentials never belong into an address
		}
		property := resolved.Properties[name]
		params = append(params, &huma.Param{Name: name, In: "query", Schema: property, Description: property.Description})
	}
	return params
}

func jsonContent(schema *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

func (d *Door) serveDocument(w http.ResponseWriter, r *http.Request) {
	text, err := d.Document()
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(text) // the client has gone when this fails
}
