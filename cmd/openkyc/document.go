package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/app"
	"github.com/openkyc/openkyc/internal/document"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/vision"
)

type documentCommand struct {
	Types typesCommand `cmd:"" help:"List the kinds of documents that are known."`
	Test  testCommand  `cmd:"" help:"Read pictures by one type file, and say where each field came from and what was not found."`
}

type typesCommand struct {
	Folder string `name:"document-types" env:"OPENKYC_DOCUMENT_TYPES" help:"Folder of document types of your own."`
	JSON   bool   `help:"Print one JSON object."`
}

// knownType is one type on the wire.
type knownType struct {
	ID      string   `json:"id"`
	Name    string   `json:"docName"`
	Country string   `json:"countryCode,omitempty"`
	Zone    []string `json:"zone,omitempty"`
	Barcode bool     `json:"barcode,omitempty"`
	Sides   []string `json:"sides"`
	Fields  []string `json:"fields"`
}

func (c *typesCommand) Run(w *world) error {
	known, err := types.Open(c.Folder)
	if err != nil {
		return err
	}
	list := []knownType{}
	for _, t := range known.All() {
		k := knownType{ID: t.ID, Name: t.DocName(), Country: t.Country, Zone: t.Recognise.Zones, Barcode: t.Barcode != types.Never}
		for _, s := range t.Sides {
			k.Sides = append(k.Sides, s.Name)
		}
		for _, f := range t.Fields {
			if !f.Hidden {
				k.Fields = append(k.Fields, f.Title)
			}
		}
		list = append(list, k)
	}
	if c.JSON {
		return printJSON(w, map[string]any{"types": list})
	}
	for _, k := range list {
		by := strings.Join(k.Zone, " ")
		switch {
		case k.Barcode:
			by = "PDF417"
		case by == "":
			by = "print"
		}
		if _, err := fmt.Fprintf(w.stdout, "%-24s %-20s %-4s %-6s %d fields\n", k.ID, k.Name, orDash(k.Country), by, len(k.Fields)); err != nil {
			return err
		}
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type testCommand struct {
	File   string   `arg:"" name:"type" help:"The type file."`
	Images []string `arg:"" name:"image" help:"Pictures of the document's sides, in any order, JPEG or PNG."`
	Out    string   `help:"Folder for the pictures with what was found drawn on them."`
	Models string   `env:"OPENKYC_MODELS" help:"Folder of models. Default: beside the program."`
	Today  string   `help:"The day that expired is measured against, as YYYY-MM-DD. Default: today." hidden:""`
}

// Help is what document test --help says below its first line.
func (testCommand) Help() string {
	return "Nothing is stored or sent. The type is tried even where the pictures do not look like it, and the command says so. It ends with 1 when " +
		"the file is not understood, or when the pictures would not pass as this document."
}

// maxPictureFile is what a picture file may have.
const maxPictureFile = 15 << 20

func (c *testCommand) Run(w *world) (err error) {
	w.level.Set(slog.LevelWarn)
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	typ, err := types.Parse(c.File, text)
	if err != nil {
		return err
	}
	in := kyc.DocumentInput{Now: time.Now()}
	if c.Today != "" {
		if in.Now, err = time.Parse(time.DateOnly, c.Today); err != nil {
			return fmt.Errorf("--today: %w", err)
		}
	}
	for _, path := range c.Images {
		picture, err := readPicture(path)
		if err != nil {
			return err
		}
		in.Pictures = append(in.Pictures, picture)
	}
	bench, err := app.OpenBench(c.Models, types.Of(typ), w.logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	e, err := bench.Examine(w.ctx, in, typ)
	if err != nil {
		return err
	}
	if err := printExamination(w.stdout, e, typ); err != nil {
		return err
	}
	if c.Out != "" {
		if err := c.draw(e); err != nil {
			return err
		}
	}
	if e.Forced || len(e.Finding.Errors) > 0 {
		return errors.New("the pictures would not pass as this document")
	}
	return nil
}

func readPicture(path string) (kyc.Picture, error) {
	file, err := os.Open(path) //nolint:gosec // the person at the terminal names it
	if err != nil {
		return kyc.Picture{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(file, maxPictureFile+1))
	if err != nil {
		return kyc.Picture{}, err
	}
	if len(data) > maxPictureFile {
		return kyc.Picture{}, fmt.Errorf("%s is larger than %d MB", path, maxPictureFile>>20)
	}
	return kyc.Picture{JPEG: data}, nil
}

// draw writes the pictures with what was found on them.
func (c *testCommand) draw(e *document.Examination) error {
	if err := os.MkdirAll(c.Out, 0o700); err != nil {
		return err
	}
	for i, img := range e.Pictures {
		if img == nil {
			continue
		}
		jpeg, err := vision.EncodeJPEG(img, 90)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(c.Images[i]), filepath.Ext(c.Images[i]))
		if err := os.WriteFile(filepath.Join(c.Out, fmt.Sprintf("%d-%s.jpg", i, name)), jpeg, 0o600); err != nil { //nolint:gosec // the folder and the pictures are those that the operator names
			return err
		}
	}
	return nil
}

// printExamination says what was recognised, read and missed, a line each.
func printExamination(out io.Writer, e *document.Examination, typ *types.Type) error {
	var b strings.Builder
	if l := e.Likeness; e.Forced || e.Type == nil {
		fmt.Fprintf(&b, "not recognised as %s: ", typ.ID)
		if len(typ.Recognise.Zones) > 0 {
			fmt.Fprintf(&b, "zone of the format %s: %s; ", strings.Join(typ.Recognise.Zones, " or "), e.Finding.Measures["mrz.outcome"])
		}
		fmt.Fprintf(&b, "one of its words: %s; captions found: %d, asked for: %d\n", yes(l.Words), l.Captions, typ.Recognise.Captions)
	} else {
		fmt.Fprintf(&b, "recognised as %s: %s\n", typ.ID, typ.DocName())
	}
	for _, code := range e.Finding.Errors {
		fmt.Fprintf(&b, "error  %s: %s\n", code, kyc.Explain(code).Operator)
	}
	for _, f := range e.Fields {
		title := f.Title
		if f.Hidden {
			title += " (hidden)"
		}
		switch {
		case f.From != "":
			fmt.Fprintf(&b, "read   %-24s %-6s picture %d, by %s: %s\n", title, f.Conf, f.Picture, f.From, f.Value)
			if f.Why != "" {
				fmt.Fprintf(&b, "       %-24s        on the page: %s\n", "", f.Why)
			}
		default:
			fmt.Fprintf(&b, "missed %-24s        %s\n", title, f.Why)
		}
	}
	for _, g := range e.Finding.Checks {
		for _, it := range g.Items {
			fmt.Fprintf(&b, "check  %-24s %s %s\n", it.Caption, it.Status, it.Value)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
