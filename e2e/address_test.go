package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openkyc/openkyc/client"
	"github.com/openkyc/openkyc/internal/kyc"
)

// bill is a PDF of two pages as a shop's system writes it: the built-in font, no
// picture.
func bill(lines ...string) []byte {
	var text strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&text, "BT /F 12 Tf 60 %d Td (%s) Tj ET\n", 780-18*i, strings.NewReplacer("(", `\(`, ")", `\)`).Replace(line))
	}
	content := func(s string) string { return fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(s), s) }
	page := "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F 7 0 R>>>>>>"
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>", fmt.Sprintf(page, 5), fmt.Sprintf(page, 6),
		content(text.String()), content("BT /F 12 Tf 60 780 Td (Thank you.) Tj ET"), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return b.Bytes()
}

// A person sends a bill as PDF: the running program starts itself to open it,
// keeps its pages as pictures, and reads address and date off them. A locked PDF
// and a server's PDF have clear codes.
func TestProofOfAddress(t *testing.T) {
	p := quickstart(t)
	home := p.apply(map[string]any{"name": "home", "steps": steps(3, "address_proof"), "addressProof": map[string]any{"kinds": []string{"utility_bill"}, "maxAge": 2}})
	p.serve()
	defer p.stop()
	w := p.wire(t, p.quick.APIToken)
	token, err := client.EncryptKey(home.ScenarioSecret, "resident")
	if err != nil {
		t.Fatal(err)
	}
	o := w.as("").open(home.SchemaID, token)
	try := o.try(0)
	o.evidence(0, try.Try, file{name: "bill.pdf", data: []byte("%PDF-1.4\nnothing")}).is(200)
	if s := o.settled(); len(s.Errors) != 1 || s.Errors[0].Code != string(kyc.UnreadablePDF) || !strings.Contains(s.Errors[0].Hint, "another file") || s.TriesLeft != 2 {
		t.Fatalf("a broken PDF: %+v", s)
	}
	issued := time.Now().UTC().AddDate(0, 0, -9)
	try = o.try(0)
	o.evidence(0, try.Try, file{name: "bill.pdf", data: bill("Brightwell Energy", "", "", "Ms Anna Hollowmere", "12 Kestrel Gardens", "Amaurot", "QX7 4DL", "",
		"Bill date: "+issued.Format("2 January 2006"), "", "Your electricity bill", "Meter reading 10442", "Standing charge 90 days")}).is(200)
	if s := o.settled(); s.Status != "success" {
		t.Fatalf("a good bill: %+v", s)
	}
	result := w.post("/v1/kyc/session/status", fields{"clientKey": "resident"}).is(200).session().result(t, 0)
	var images []string
	if err := json.Unmarshal(result.Images, &images); err != nil || result.DocName != "Utility bill" || len(images) != 2 || len(result.History) != 1 || result.Type != "address_proof" {
		t.Errorf("%q, %d pictures, %d tries before, %v", result.DocName, len(images), len(result.History), err)
	}
	if !strings.Contains(string(result.OCR), `"title":"address","value":"12 Kestrel Gardens, Amaurot, QX7 4DL"`) {
		t.Errorf("fields: %s", result.OCR)
	}
	if found := w.post("/v1/kyc/sessions/filter", map[string]any{"filters": map[string]any{"ocr": map[string]string{"address": "12 Kestrel Gardens, Amaurot, QX7 4DL"}}}).is(200); !strings.Contains(string(found.body), o.id) {
		t.Errorf("the address is not found: %.300s", found.body)
	}
	refused := w.process(fields{"schemaId": home.SchemaID, "clientKey": "server"}, bill("x")).is(200).session().result(t, 0)
	if fmt.Sprint(refused.Errors) != "[[general] bad image]" {
		t.Errorf("over process a PDF gives %v", refused.Errors)
	}
}
