package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/persons"
)

// createPersonForm documents the multipart fields; newPerson reads them.
type createPersonForm struct {
	Images    []string      `json:"images,omitempty" doc:"JPEG or PNG files of one face each, repeated; at most 6 of 15 MB each" contentEncoding:"binary"`
	ListID    string        `json:"list_id"`
	Fields    []personField `json:"fields,omitempty" doc:"a JSON list; or fields[] repeated, each a JSON object; or fields[NAME] with the value as text"`
	Embedding []float32     `json:"embedding,omitempty" doc:"128 numbers as a JSON list, beside pictures or instead of them; may be repeated"`
	Token     string        `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) createPersonOperation() operation {
	return operation{method: http.MethodPost, path: "/person/create", name: "createPerson", permission: kyc.EditPersons, multipart: true,
		summary: "Add a person to a list", note: "Every picture must show one face, of whatever quality; one that does not is refused with the code that says why.",
		in: reflect.TypeFor[createPersonForm](), out: reflect.TypeFor[personAnswer](), handler: d.form(func(ctx context.Context, p *kyc.Principal, form parts) (any, error) {
			if !p.Can(kyc.EditPersons) { // before pictures are opened
				return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
			}
			n, err := newPerson(form)
			if err != nil {
				return nil, err
			}
			n.Uploads = d.uploads(ctx, form)
			person, err := d.Persons.Create(ctx, p, n)
			return reply(d.answerPerson(ctx, p, person, false, err))
		})}
}

// searchForm documents the multipart fields of a search by photo.
type searchForm struct {
	Images     []string `json:"images" doc:"JPEG or PNG files of one face each, repeated; at most 6 of 15 MB each; they are not kept" contentEncoding:"binary"`
	ListIDs    []string `json:"list_ids,omitempty" doc:"repeated, or a JSON list; all lists unless given"`
	Threshold  float64  `json:"threshold,omitempty" doc:"least calibrated percentage of a hit; 90 unless given"`
	Results    string   `json:"results,omitempty" enum:"all,top" doc:"all unless given"`
	PersonData bool     `json:"person_data,omitempty" doc:"with the persons that were found"`
	Token      string   `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

func (d *Door) searchPicturesOperation() operation {
	return operation{method: http.MethodPost, path: "/person/search", name: "searchPictures", permission: kyc.ViewPersons, multipart: true,
		summary: "Find whose photo it is", note: "As /vector/search, by pictures. These are measured and thrown away.",
		in: reflect.TypeFor[searchForm](), out: reflect.TypeFor[searchAnswer](), handler: d.form(func(ctx context.Context, p *kyc.Principal, form parts) (any, error) {
			if !p.Can(kyc.ViewPersons) {
				return nil, kyc.Errorf(kyc.Forbidden, kyc.MessageAccessDenied)
			}
			q, err := question(form)
			if err != nil {
				return nil, err
			}
			q.Uploads = d.uploads(ctx, form)
			return reply(d.search(ctx, p, q, form.text["person_data"] == "true" || form.text["person_data"] == "1"))
		})}
}

func reply[T any](out T, err error) (any, error) { return out, err }

// form serves a multipart call. A token in a header is proved before a single
// picture is read (S1).
func (d *Door) form(serve func(ctx context.Context, p *kyc.Principal, form parts) (any, error)) http.Handler {
	return edge.LimitBody(maxUpload, d.Logger)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := func() (any, error) {
			if r.Header.Get("token") != "" || edge.Bearer(r) != "" {
				if _, err := d.principal(r, ""); err != nil {
					return nil, err
				}
			}
			form, err := readParts(r)
			if err != nil {
				return nil, err
			}
			p, err := d.principal(r, form.text["token"])
			if err != nil {
				return nil, err
			}
			return serve(r.Context(), p, form)
		}()
		if err != nil {
			d.fail(w, r, err)
			return
		}
		edge.WriteJSON(w, http.StatusOK, out)
	}))
}

// uploads opens the pictures of a form.
func (d *Door) uploads(ctx context.Context, form parts) (all []kyc.Upload) {
	for _, file := range form.files {
		upload := kyc.Upload{Fault: kyc.BadImage}
		if len(file) <= maxImageBytes {
			upload = d.Decode(ctx, file)
		}
		all = append(all, upload)
	}
	return all
}

func newPerson(form parts) (persons.NewPerson, error) {
	n := persons.NewPerson{ListID: form.text["list_id"]}
	for _, f := range form.all {
		name := strings.TrimSuffix(f.name, "[]")
		if inner, ok := strings.CutPrefix(name, "fields["); ok {
			n.Fields = append(n.Fields, kyc.PersonField{Name: strings.TrimSuffix(inner, "]"), Value: f.value})
			continue
		}
		switch name {
		case "fields":
			fields, err := formFields(f.value)
			if err != nil {
				return n, err
			}
			n.Fields = append(n.Fields, fields...)
		case "embedding", "embeddings":
			var v []float32
			if err := json.Unmarshal([]byte(f.value), &v); err != nil {
				return n, kyc.ErrInvalid("embedding: must be a JSON list of numbers")
			}
			n.Vectors = append(n.Vectors, v)
		}
	}
	return n, nil
}

// formFields reads a JSON list of fields, or one field.
func formFields(text string) (fields []kyc.PersonField, err error) {
	var one kyc.PersonField
	if json.Unmarshal([]byte(text), &fields) == nil {
		return fields, nil
	}
	if json.Unmarshal([]byte(text), &one) == nil {
		return []kyc.PersonField{one}, nil
	}
	return nil, kyc.ErrInvalid("fields: must be a JSON list of objects with name and value, or one such object")
}

func question(form parts) (q persons.Question, err error) {
	if text := form.text["threshold"]; text != "" {
		if q.Threshold, err = strconv.ParseFloat(text, 64); err != nil || !(q.Threshold > 0) {
			return q, kyc.ErrInvalid("threshold: must be more than 0 and at most 100")
		}
	}
	switch form.text["results"] {
	case "", "all":
	case "top":
		q.Top = true
	default:
		return q, kyc.ErrInvalid("results: must be all or top")
	}
	for _, f := range form.all {
		if strings.TrimSuffix(f.name, "[]") != "list_ids" || f.value == "" {
			continue
		}
		var list []string
		if json.Unmarshal([]byte(f.value), &list) != nil {
			list = []string{f.value}
		}
		q.Lists = append(q.Lists, list...)
	}
	return q, nil
}
