package kyc

import (
	"strings"
	"testing"
)

func readDocument() *Finding {
	return &Finding{OCR: OCR{Status: Success, Fields: []Field{{Title: "Surname", Value: "ERIKSSON"}, {Title: "Date of birth", Value: "12.08.1974", ValueUTC: "1974-08-12T00:00:00Z"}, {Title: "MRZ string", Value: "P<UTO"}}},
		Checks: []CheckGroup{{Caption: GroupFraud, Items: []CheckItem{Passed("isMRZValid", true)}}}}
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	f := readDocument()
	if faults := f.Correct([]FieldValue{{"Surname", " ERIKSSON "}, {"Date of birth", "12.08.1974"}}); faults != nil {
		t.Fatal(faults)
	}
	if items := f.Checks[0].Items; len(items) != 2 || items[1].Caption != "isFieldsCorrected" || items[1].Status != Success || f.OCR.Fields[0].IsEdited || f.Verdict(nil) != Success {
		t.Errorf("nothing was changed: %+v %+v", items, f.OCR.Fields)
	}
	f = readDocument()
	if faults := f.Correct([]FieldValue{{"Surname", "ERICSSON"}, {"Date of birth", "13.08.1974"}}); faults != nil {
		t.Fatal(faults)
	}
	name, birth := f.OCR.Fields[0], f.OCR.Fields[1]
	if name.Value != "ERICSSON" || name.ReadValue != "ERIKSSON" || !name.IsEdited || birth.ValueUTC != "1974-08-13T00:00:00Z" || birth.ReadValue != "12.08.1974" {
		t.Errorf("%+v %+v", name, birth)
	}
	if f.Verdict(nil) != Failed || f.Verdict(SoftChecks{"isFieldsCorrected"}) != Suspicious {
		t.Error("a corrected field passes")
	}
	for _, bad := range [][]FieldValue{{{"MRZ string", "P<XXX"}}, {{"Nationality", "UTO"}}, {{"Surname", ""}}, {{"Surname", "A\x00B"}}, {{"Surname", strings.Repeat("A", 201)}}, {{"Date of birth", "31.02.1974"}}, {{"Date of birth", "x"}}} {
		f := readDocument()
		if faults := f.Correct(bad); len(faults) != 1 || len(f.Checks[0].Items) != 1 || f.OCR.Fields[0].IsEdited {
			t.Errorf("%v: %v", bad, faults)
		}
	}
}
