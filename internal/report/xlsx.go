package report

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
)

// maxSheetRows is what one sheet takes (ECMA-376).
const maxSheetRows = 1048576

// workbook is the smallest file that ECMA-376 calls a workbook: one sheet whose
// cells carry their text themselves. It is written here and not by a library,
// because that lets rows pass straight through: the libraries keep a sheet in
// memory or in a temporary file, where personal data would lie in clear.
type workbook struct {
	archive *zip.Writer
	sheet   *bufio.Writer
}

// part is one of the files that a workbook consists of.
type part struct{ name, text string }

// parts are the workbook's files apart from the sheet.
func parts() []part {
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const schemas = "http://schemas.openxmlformats.org/"
	return []part{
		{"[Content_Types].xml", head + `<Types xmlns="` + schemas + `package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", head + `<Relationships xmlns="` + schemas + `package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + schemas + `officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", head + `<workbook xmlns="` + schemas + `spreadsheetml/2006/main" xmlns:r="` + schemas + `officeDocument/2006/relationships">` +
			`<sheets><sheet name="Sessions" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", head + `<Relationships xmlns="` + schemas + `package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + schemas + `officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
	}
}

func newWorkbook(w io.Writer) (*workbook, error) {
	b := &workbook{archive: zip.NewWriter(w)}
	for _, p := range parts() {
		file, err := b.archive.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(file, p.text); err != nil {
			return nil, err
		}
	}
	sheet, err := b.archive.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	b.sheet = bufio.NewWriter(sheet)
	// The first row stays in sight.
	_, err = b.sheet.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`)
	return b, err
}

// row writes texts only: a text is never computed, whatever it looks like.
func (b *workbook) row(cells []string) error {
	b.write("<row>")
	for _, cell := range cells {
		b.write(`<c t="inlineStr"><is><t xml:space="preserve">`)
		if err := xml.EscapeText(b.sheet, []byte(harmless(cell))); err != nil {
			return err
		}
		b.write("</t></is></c>")
	}
	_, err := b.sheet.WriteString("</row>")
	return err
}

// write leaves errors to the next checked write: the buffer keeps the first.
func (b *workbook) write(text string) { _, _ = b.sheet.WriteString(text) }

func (b *workbook) close() error {
	b.write("</sheetData></worksheet>")
	if err := b.sheet.Flush(); err != nil {
		return err
	}
	return b.archive.Close()
}
