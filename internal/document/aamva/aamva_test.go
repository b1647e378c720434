package aamva

import (
	"fmt"
	"strings"
	"testing"
)

// card composes a barcode as annex D says, for the elements in order.
func card(version int, elements ...string) string {
	body := "DL" + strings.Join(elements, "\n") + "\r"
	head := fmt.Sprintf("@\n\x1e\rANSI 636000%02d0001", version)
	from := len(head) + 10
	return head + fmt.Sprintf("DL%04d%04d", from, len(body)) + body
}

func TestParse(t *testing.T) {
	t.Parallel()
	r, err := Parse([]byte(card(10, "DAQT64235789", "DCSSAMPLE", "DDEN", "DACMICHAEL", "DADJOHN", "DBB06061986", "DBC1", "DCGUSA")))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"DAQ": "T64235789", "DBB": "06061986", "DCG": "USA", Surname: "SAMPLE", GivenNames: "MICHAEL JOHN"} {
		if r.Elements[name] != want {
			t.Errorf("%s is %q, want %q", name, r.Elements[name], want)
		}
	}
	if r.Issuer != "636000" || r.Version != 10 {
		t.Errorf("%+v", r)
	}
}

func TestParseOtherWaysToWriteNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elements       []string
		surname, given string
	}{
		{[]string{"DAQ1", "DCSSAMPLE", "DCTANNA,MARIA"}, "SAMPLE", "ANNA MARIA"},
		{[]string{"DAQ1", "DAASAMPLE,ANNA,MARIA"}, "SAMPLE", "ANNA MARIA"},
		{[]string{"DAQ1", "DCSSAMPLE", "DACANNA", "DADNONE"}, "SAMPLE", "ANNA"},
	} {
		r, err := Parse([]byte(card(4, c.elements...)))
		if err != nil || r.Elements[Surname] != c.surname || r.Elements[GivenNames] != c.given {
			t.Errorf("%v: %+v, %v", c.elements, r, err)
		}
	}
}

// Some jurisdictions print offsets that do not count what the standard counts.
func TestParseFindsAMisplacedPart(t *testing.T) {
	t.Parallel()
	text := card(9, "DAQT64235789", "DCSSAMPLE")
	at := strings.Index(text, "DL")
	text = text[:at+2] + "0099" + text[at+6:]
	r, err := Parse([]byte(text))
	if err != nil || r.Elements["DAQ"] != "T64235789" || r.Elements["DCS"] != "SAMPLE" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "M1SAMPLE/MICHAEL", "@\n\x1e\rANSI 63", "@\n\x1e\rANSI 63600A100001DL00310005DLDAQ", "@\n\x1e\rANSI 6360001000xxDL00310005DLDAQ",
		card(10, "nothing"), strings.Repeat("x", 5000)} {
		if r, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is taken for %+v", text, r)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(card(10, "DAQT64235789", "DCSSAMPLE")))
	f.Add([]byte(card(1, "DAASAMPLE,ANNA", "DAQ1")))
	f.Add([]byte("@\n\x1e\rANSI 636000090002DL00410278ZV03190008DLDAQ1\nDCSX\r"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse(data)
		if err == nil && len(r.Elements) == 0 {
			t.Fatal("a record without elements")
		}
		if err == nil {
			for id, value := range r.Elements {
				if value == "" || len(value) > len(data)+len(data) {
					t.Fatalf("element %q of %d bytes", id, len(value))
				}
			}
		}
	})
}
