package document

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/openkyc/openkyc/internal/document/aamva"
	"github.com/openkyc/openkyc/internal/document/types"
)

// Barcodes decodes the PDF417 barcode of a picture. An error means that none
// was found or that it is damaged. Package document/pdf417 implements it.
type Barcodes func(ctx context.Context, img image.Image) ([]byte, error)

// coded looks for a barcode where a type can have one: on all views, until one
// is read. It names the type when print did not.
func (r *Room) coded(ctx context.Context, p *dossier) error {
	if p.typ != nil && p.typ.Barcode == types.Never {
		return nil
	}
	for _, v := range p.views {
		if v.code != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read a barcode: %w", err)
		}
		data, err := r.barcodes(ctx, v.img)
		if err != nil {
			continue // none here
		}
		record, err := aamva.Parse(data)
		if err != nil {
			continue // of something else
		}
		if p.typ == nil {
			p.typ = r.ofBarcode()
		}
		if p.typ != nil {
			p.code, p.coder = record, v
			return nil
		}
	}
	return nil
}

// ofBarcode is the most particular type that needs a barcode.
func (r *Room) ofBarcode() *types.Type {
	for _, t := range r.types.All() {
		if t.Barcode == types.Required {
			return t
		}
	}
	return nil
}

var errNotCoded = errors.New("the barcode does not say it")

// codedValues brings the elements of the barcode into the form of the fields.
func codedValues(p *dossier) []value {
	out := make([]value, len(p.typ.Fields))
	for i := range p.typ.Fields {
		f := &p.typ.Fields[i]
		out[i] = value{field: f, why: errNotCoded}
		if p.code == nil || f.Barcode == "" || p.code.Elements[f.Barcode] == "" {
			continue
		}
		told, date, err := f.Grammar.Read(p.code.Elements[f.Barcode])
		// Its own error correction vouches for what a barcode says.
		out[i] = value{field: f, view: p.coder, told: told, date: date, sure: 1, why: err, spot: spot{by: byBarcode, text: told}}
	}
	return out
}

// missing lists the required fields that were read neither on the page nor in the barcode.
func (p *dossier) missing() []string {
	var out []string
	for i, v := range p.values {
		if v.field.Required && !v.known() && !p.coded[i].known() {
			out = append(out, fmt.Sprintf("%s: %v", v.field.Title, v.why))
		}
	}
	return out
}
