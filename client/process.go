package client

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"strconv"
)

// ProcessRequest is a verification of pictures that the integrator already has.
type ProcessRequest struct {
	SchemaID   string // the scenario
	SessionID  string // adds to this session; empty: a new one
	ClientKey  string // raw
	ClientUser string
	Images     []Upload // in the order of the scenario's steps
	Async      bool     // answer at once with status processing
	SkipOCR    bool     // leave the fields out of the answer
}

// Upload is one picture, JPEG or PNG. It is read once, as it is sent.
type Upload struct {
	Name string // only for the service's log
	Data io.Reader
}

// Process sends pictures through a scenario. Without Async it answers with the
// final session; a bad picture is an error of a result, not of the call.
func (c *Client) Process(ctx context.Context, request ProcessRequest) (*Session, error) {
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() { // ends when the form is written or the reader below is closed
		writer.CloseWithError(request.write(form))
	}()
	defer reader.Close()
	s := new(Session)
	if err := c.send(ctx, "/kyc/process", form.FormDataContentType(), reader, s); err != nil {
		return nil, err
	}
	return s, nil
}

// write writes the fields first, so that the service can refuse before it has
// read the pictures.
func (r ProcessRequest) write(form *multipart.Writer) error {
	mode := "sync"
	if r.Async {
		mode = "async"
	}
	for _, field := range [][2]string{
		{"schemaId", r.SchemaID}, {"sessionId", r.SessionID}, {"clientKey", r.ClientKey},
		{"clientUser", r.ClientUser}, {"mode", mode}, {"ocr", strconv.FormatBool(!r.SkipOCR)},
	} {
		if field[1] == "" {
			continue
		}
		if err := form.WriteField(field[0], field[1]); err != nil {
			return fmt.Errorf("write the form: %w", err)
		}
	}
	for i, image := range r.Images {
		name := image.Name
		if name == "" {
			name = strconv.Itoa(i)
		}
		part, err := form.CreateFormFile("images", name)
		if err != nil {
			return fmt.Errorf("write the form: %w", err)
		}
		if _, err := io.Copy(part, image.Data); err != nil {
			return fmt.Errorf("write picture %d: %w", i, err)
		}
	}
	return form.Close()
}
