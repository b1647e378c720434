package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
)

// operation is one call of the API: how it is described and how it is served.
type operation struct {
	method, path string
	name         string // operationId
	summary      string
	note         string
	permission   kyc.Permission // "" when any principal may
	public       bool           // no token needed
	multipart    bool
	zip          bool         // may answer with a ZIP instead of JSON
	conflict     string       // when it answers 409
	in, out      reflect.Type // out nil: a picture
	handler      http.Handler
}

// typed builds a JSON operation around a function. The request's schema is the
// Go type's; validation and documentation can therefore not differ.
func typed[In, Out any](d *Door, op operation, serve func(ctx context.Context, p *kyc.Principal, in *In) (Out, error)) operation {
	op.in, op.out = reflect.TypeFor[In](), reflect.TypeFor[Out]()
	schema := d.book.schema(op.in)
	op.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, in, err := asked[In](d, op, schema, w, r)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		out, err := serve(r.Context(), principal, in)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		edge.WriteJSON(w, http.StatusOK, out)
	})
	return op
}

// asked proves who asks and whether they may, and reads what they ask for.
func asked[In any](d *Door, op operation, schema *huma.Schema, w http.ResponseWriter, r *http.Request) (principal *kyc.Principal, in *In, err error) {
	fields, err := readFields(w, r)
	if err != nil {
		return nil, nil, err
	}
	if !op.public {
		token, _ := fields["token"].(string)
		if principal, err = d.principal(r, token); err != nil {
			return nil, nil, err
		}
		if op.permission != "" && !principal.Can(op.permission) {
			return nil, nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
		}
	}
	in = new(In)
	return principal, in, d.book.decode(schema, fields, in)
}

// principal proves the token of a request. As the contract says: header token,
// then Authorization, then the body's field; the first one there counts.
func (d *Door) principal(r *http.Request, inBody string) (*kyc.Principal, error) {
	address := edge.AddressKey(r)
	if blocked, _ := d.failures.Blocked(address); blocked {
		return nil, kyc.Errorf(kyc.TooMany, "too many failed requests from this address; try again in a minute")
	}
	token := r.Header.Get("token")
	if token == "" {
		token = edge.Bearer(r)
	}
	if token == "" {
		token = inBody
	}
	principal, err := d.Credentials.Authenticate(r.Context(), token)
	if kyc.KindOf(err) == kyc.Unauthorised {
		d.failures.Take(address)
	}
	return principal, err
}

// readFields reads a JSON object, or the query of a GET. Nulls count as left
// out: clients send them for values they do not have.
func readFields(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	if r.Method == http.MethodGet {
		fields := map[string]any{}
		for name, values := range r.URL.Query() {
			if name != "token" { // addresses are logged on the way: no credentials there
				fields[name] = values[0]
			}
		}
		return fields, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, err
	case err != nil:
		return nil, kyc.Wrap(kyc.Invalid, err, "the body could not be read to its end")
	case len(bytes.TrimSpace(body)) == 0:
		return map[string]any{}, nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return nil, kyc.ErrInvalid("body: not valid JSON")
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, kyc.ErrInvalid("body: must be a JSON object")
	}
	dropNulls(fields)
	return fields, nil
}

func dropNulls(fields map[string]any) {
	for name, value := range fields {
		switch v := value.(type) {
		case nil:
			delete(fields, name)
		case map[string]any:
			dropNulls(v)
		}
	}
}

// book holds the schemas of all types that go over the wire.
type book struct{ registry huma.Registry }

const schemaPrefix = "#/components/schemas/"

func newBook() *book {
	registry := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	alias := func(from, to reflect.Type) { registry.RegisterTypeAlias(from, to) }
	alias(reflect.TypeFor[kyc.Seconds](), reflect.TypeFor[float64]())
	alias(reflect.TypeFor[kyc.Stamp](), reflect.TypeFor[string]())
	alias(reflect.TypeFor[kyc.Guarded[kyc.OCR]](), reflect.TypeFor[kyc.OCR]())
	alias(reflect.TypeFor[kyc.Guarded[[]kyc.CheckGroup]](), reflect.TypeFor[[]kyc.CheckGroup]())
	alias(reflect.TypeFor[kyc.Guarded[[]string]](), reflect.TypeFor[[]string]())
	alias(reflect.TypeFor[kyc.Guarded[string]](), reflect.TypeFor[string]())
	alias(reflect.TypeFor[kyc.Guarded[[]kyc.ImageObject]](), reflect.TypeFor[[]kyc.ImageObject]())
	return &book{registry: registry}
}

func (b *book) schema(t reflect.Type) *huma.Schema {
	schema := b.registry.Schema(t, true, t.Name())
	if resolved := b.registry.SchemaFromRef(schema.Ref); resolved != nil {
		resolved.AdditionalProperties = true // unknown keys are ignored, not refused
	}
	return schema
}

// decode checks fields against a schema and fills v.
func (b *book) decode(schema *huma.Schema, fields map[string]any, v any) error {
	var result huma.ValidateResult
	huma.Validate(b.registry, schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, fields, &result)
	if len(result.Errors) > 0 {
		return kyc.ErrInvalid(sentences(result.Errors)...)
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return kyc.ErrInvalid("body: a value has the wrong type")
	}
	return nil
}

// sentences says where and what, never repeating what was sent.
func sentences(faults []error) []string {
	out := make([]string, 0, len(faults))
	for _, fault := range faults {
		var detail *huma.ErrorDetail
		if errors.As(fault, &detail) {
			where := detail.Location
			if where == "" {
				where = "body"
			}
			out = append(out, where+": "+detail.Message)
		}
	}
	return out
}
