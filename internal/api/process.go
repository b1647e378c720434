package api

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"

	"github.com/openkyc/openkyc/internal/edge"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/verify"
)

// processForm documents the multipart fields; processParts reads them.
type processForm struct {
	Images     []string `json:"images" doc:"JPEG or PNG files, repeated; at most 6 of 15 MB each" contentEncoding:"binary"`
	SchemaID   string   `json:"schemaId,omitempty" doc:"required unless sessionId is given; scenarioId is the same"`
	SessionID  string   `json:"sessionId,omitempty" doc:"attach the pictures to this open session"`
	ClientKey  string   `json:"clientKey,omitempty" doc:"your own identifier, raw, 1 to 36 characters; required unless sessionId is given"`
	ClientUser string   `json:"clientUser,omitempty"`
	Mode       string   `json:"mode,omitempty" enum:"sync,async" doc:"sync unless given; async answers at once with status processing"`
	OCR        bool     `json:"ocr,omitempty" doc:"true unless given; false leaves the fields out"`
	Captcha    string   `json:"captcha,omitempty" doc:"ignored"`
	Token      string   `json:"token,omitempty" doc:"API token, where a header cannot be set"`
}

// Limits of a process call.
const (
	maxImages     = 6
	maxImageBytes = 15 << 20
	maxTextBytes  = 4 << 10
	maxTexts      = 100
)

func (d *Door) processOperation() operation {
	return operation{method: http.MethodPost, path: "/kyc/process", name: "process", permission: kyc.CreateKYC, multipart: true,
		summary: "Verify pictures that your server has", note: "A bad file is an error of its result, not a refused request.",
		in: reflect.TypeFor[processForm](), out: reflect.TypeFor[kyc.SessionView](), handler: edge.LimitBody(maxUpload, d.Logger)(http.HandlerFunc(d.process))}
}

func (d *Door) process(w http.ResponseWriter, r *http.Request) {
	// A token in a header is proved before a single picture is read (S1).
	early := r.Header.Get("token") != "" || edge.Bearer(r) != ""
	if early {
		if _, err := d.principal(r, ""); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	parts, err := readParts(r)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	principal, err := d.principal(r, parts.text["token"])
	if err != nil {
		d.fail(w, r, err)
		return
	}
	req, err := parts.request()
	if err != nil {
		d.fail(w, r, err)
		return
	}
	req.Uploads = d.uploads(r.Context(), parts)
	view, err := d.Sessions.Process(r.Context(), principal, req)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	edge.WriteJSON(w, http.StatusOK, view)
}

// parts is a multipart body that was read within its limits.
type parts struct {
	text  map[string]string
	all   []formText // the same in their order, repeated ones and their brackets too
	files [][]byte   // one over the limit of size is cut one byte behind it
}

// formText is one text of a form.
type formText struct{ name, value string }

func readParts(r *http.Request) (parts, error) {
	reader, err := r.MultipartReader()
	if err != nil {
		return parts{}, kyc.ErrInvalid("body: must be multipart/form-data with the pictures as images")
	}
	p := parts{text: map[string]string{}}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return p, nil
		}
		if err == nil {
			err = p.add(part)
		}
		if err != nil {
			return parts{}, unreadable(err)
		}
	}
}

func (p *parts) add(part *multipart.Part) error {
	defer part.Close()
	name := strings.TrimSuffix(part.FormName(), "[]")
	if name == "images" || name == "image" {
		if len(p.files) == maxImages {
			return kyc.Errorf(kyc.TooLarge, "at most %d images can be sent at once", maxImages)
		}
		file, err := io.ReadAll(io.LimitReader(part, maxImageBytes+1))
		if err != nil {
			return err
		}
		p.files = append(p.files, file)
		_, err = io.Copy(io.Discard, part) // the body's own limit bounds this
		return err
	}
	text, err := io.ReadAll(io.LimitReader(part, maxTextBytes+1))
	if err != nil {
		return err
	}
	if len(text) > maxTextBytes {
		return kyc.Errorf(kyc.TooLarge, "a form field is longer than %d bytes", maxTextBytes)
	}
	if len(p.all) == maxTexts {
		return kyc.Errorf(kyc.TooLarge, "at most %d form fields can be sent at once", maxTexts)
	}
	p.text[name] = string(text)
	p.all = append(p.all, formText{part.FormName(), string(text)})
	return nil
}

// unreadable keeps errors of ours and of the body's limit, and calls the rest
// what it is: a body that ends too early or is no multipart.
func unreadable(err error) error {
	var known *kyc.Error
	var over *http.MaxBytesError
	if errors.As(err, &known) || errors.As(err, &over) {
		return err
	}
	return &kyc.Error{Kind: kyc.Invalid, Message: kyc.MessageInvalidSchema, Details: []string{"body: the multipart form is damaged or ends too early"}, Cause: err}
}

func (p *parts) request() (verify.ProcessRequest, error) {
	req := verify.ProcessRequest{ScenarioID: cmp.Or(p.text["schemaId"], p.text["scenarioId"]), SessionID: p.text["sessionId"],
		ClientKey: p.text["clientKey"], ClientUser: p.text["clientUser"], WithoutOCR: p.text["ocr"] == "false" || p.text["ocr"] == "0"}
	switch p.text["mode"] {
	case "", "sync":
	case "async":
		req.Async = true
	default:
		return req, kyc.ErrInvalid("mode: must be sync or async")
	}
	return req, nil
}
