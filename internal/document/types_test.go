package document

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/document/pdf417"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
	"github.com/openkyc/openkyc/internal/vision"
)

// told are the values of a finding by title.
func told(f *kyc.Finding) map[string]string {
	out := map[string]string{}
	for _, x := range f.OCR.Fields {
		out[x.Title] = x.Value
	}
	return out
}

func shoot(page image.Image, seed int64) *image.RGBA {
	return specimen.Scene{Seed: seed}.Photograph(page).Image
}

func TestCheckReadsADrivingLicence(t *testing.T) {
	t.Parallel()
	p := specimen.SampleLicence(4, today())
	img := shoot(p.Render(), 4)
	for name, pictures := range map[string][]*image.RGBA{"upright": {img}, "turned, after its back": {shoot(p.Back(), 5), vision.Rotate(img, vision.Rotate270)}} {
		f := check(t, skin{}, pictures...)
		if len(f.Errors) > 0 || f.Verdict(nil) != kyc.Success || f.DocName != "Driving licence" || f.CountryCode != "UTO" || f.OCR.Status != kyc.Success {
			t.Fatalf("%s: %v %v %q %v", name, f.Errors, f.Checks, f.DocName, f.Measures)
		}
		day := func(d time.Time) string { return d.Format("02.01.2006") }
		want := map[string]string{
			"Surname": strings.ToUpper(p.Surname), "Given name(s)": strings.ToUpper(p.GivenNames), "Date of birth": day(p.BirthDate), "Place of birth": strings.ToUpper(p.PlaceOfBirth),
			"Document number": p.Number, "Date of issue": day(p.Issued), "DateOfExpiry": day(p.ExpiryDate), "Issuing authority": strings.ToUpper(p.Authority),
			"Personal number": p.PersonalNumber, "Categories": p.Categories,
		}
		if d := cmp.Diff(want, told(f)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if b := field(f, "Date of birth"); b.ValueUTC != p.BirthDate.Format(utcForm) || b.ImageIndex != len(pictures)-1 || b.LCID != 0 {
			t.Errorf("%s: %+v", name, b)
		}
		if s, _ := verdict(f, "isMRZValid"); s != "" {
			t.Errorf("%s: a check of a zone that is not there", name)
		}
		if s, why := verdict(f, "isLogicalMismatch"); s != kyc.Success {
			t.Errorf("%s: isLogicalMismatch %q %s", name, s, why)
		}
		if len(f.Templates) != 1 || len(f.Cuts) != 2 {
			t.Errorf("%s: %d portraits, %d cuts", name, len(f.Templates), len(f.Cuts))
		}
	}
}

func TestCheckSaysWhatALicenceLacks(t *testing.T) {
	t.Parallel()
	p := specimen.SampleLicence(6, today())
	p.ExpiryDate = today().AddDate(0, -1, 0)
	f := check(t, skin{}, shoot(p.Render(), 6))
	if s, why := verdict(f, "isLogicalMismatch"); s != kyc.Failed || why != "expired" || !field(f, "DateOfExpiry").IsMismatch {
		t.Errorf("isLogicalMismatch %q %q", s, why)
	}
	p = specimen.SampleLicence(6, today())
	p.Number = ""
	f = check(t, skin{}, shoot(p.Render(), 6))
	if !cmp.Equal(f.Errors, []kyc.Code{kyc.UnreadableFields}) || f.OCR.Status != kyc.Failed || !strings.Contains(f.Measures["page.missing"], "Document number") {
		t.Errorf("without a number: %v %v", f.Errors, f.Measures["page.missing"])
	}
}

func TestCheckJoinsBothSidesOfAPermit(t *testing.T) {
	t.Parallel()
	p := specimen.Sample(specimen.TD1, 12, today())
	p.Permit = true
	front, back := shoot(p.Render(), 12), shoot(p.Back(), 13)
	for i, pictures := range [][]*image.RGBA{{front, back}, {back, front}} {
		f := check(t, skin{}, pictures...)
		if len(f.Errors) > 0 || f.DocName != "Residence permit" || f.IsBackSide {
			t.Fatalf("%v %q %v", f.Errors, f.DocName, f.Measures)
		}
		for title, want := range map[string]string{"MRZStrings": strings.Join(p.MRZ(), "^"), "Date of issue": p.Issued.Format("02.01.2006"),
			"Place of birth": strings.ToUpper(p.PlaceOfBirth), "Type of permit": "PERMANENT RESIDENT"} {
			if got := field(f, title); got.Value != want {
				t.Errorf("order %d: %s is %q, want %q", i, title, got.Value, want)
			}
		}
		if a, b := field(f, "Date of issue").ImageIndex, field(f, "MRZStrings").ImageIndex; a != i || b != 1-i {
			t.Errorf("order %d: read from the pictures %d and %d", i, a, b)
		}
		if n := f.Measures["page.compared"]; n != "5" {
			t.Errorf("the front's values were not held against the back's zone: %s", n)
		}
	}
	forged := p
	forged.Faults.PrintedNumber = "X1234567Z"
	if s, why := verdict(check(t, skin{}, shoot(forged.Render(), 12), back), "isLogicalMismatch"); s != kyc.Failed || why != "document number differs from the page" {
		t.Errorf("a changed number on the front: %q %q", s, why)
	}
}

// backOfLicense is the back of a North American licence: a barcode on a card.
func backOfLicense(t *testing.T, elements ...string) *image.RGBA {
	t.Helper()
	body := "DL" + strings.Join(elements, "\n") + "\r"
	symbol, err := pdf417.Encode(fmt.Appendf(nil, "@\n\x1e\rANSI 636000100001DL0031%04d%s", len(body), body), 12, 4)
	if err != nil {
		t.Fatal(err)
	}
	bars := symbol.Image(3)
	card := image.NewRGBA(image.Rect(0, 0, 1027, 648))
	draw.Draw(card, card.Rect, image.NewUniform(color.RGBA{236, 240, 244, 255}), image.Point{}, draw.Src)
	at := image.Pt((card.Rect.Dx()-bars.Bounds().Dx())/2, 120)
	draw.Draw(card, bars.Bounds().Add(at), bars, bars.Bounds().Min, draw.Src)
	return card
}

func TestCheckReadsABarcode(t *testing.T) {
	t.Parallel()
	back := backOfLicense(t, "DAQT64235789", "DCSHOLLOWMERE", "DACANNA", "DADMARIA", "DBB06061986", "DBD01022024", "DBA01022032", "DBC2", "DCGUSA", "DAJZE")
	f := check(t, skin{never: true}, shoot(back, 3))
	if !cmp.Equal(f.Errors, []kyc.Code{kyc.NoPortrait}) || f.DocName != "Driver license" || f.CountryCode != "USA" {
		t.Fatalf("%v %q %q %v", f.Errors, f.DocName, f.CountryCode, f.Measures)
	}
	want := map[string]string{"Surname": "HOLLOWMERE", "Given name(s)": "ANNA MARIA", "Sex": "F", "Date of birth": "06.06.1986", "Document number": "T64235789",
		"Date of issue": "02.01.2024", "DateOfExpiry": "02.01.2032", "IssuingStateCode": "USA", "Region": "ZE"}
	if d := cmp.Diff(want, told(f)); d != "" {
		t.Error(d)
	}
	if b := field(f, "Date of birth"); b.ValueUTC != "1986-06-06T00:00:00Z" || b.Conf != kyc.High {
		t.Errorf("%+v", b)
	}
	if s, _ := verdict(f, "isLogicalMismatch"); s != kyc.Success {
		t.Errorf("isLogicalMismatch %q", s)
	}
	expired := backOfLicense(t, "DAQT64235789", "DCSHOLLOWMERE", "DACANNA", "DBB06061986", "DBA01022022")
	if s, why := verdict(check(t, skin{never: true}, shoot(expired, 3)), "isLogicalMismatch"); s != kyc.Failed || why != "expired" {
		t.Errorf("an expired one: %q %q", s, why)
	}
}

// The front of such a licence is held against the barcode of its back.
func TestCheckHoldsAFrontAgainstItsBarcode(t *testing.T) {
	t.Parallel()
	p := specimen.SampleLicence(8, today())
	code := func(d time.Time) string { return d.Format("01022006") }
	back := shoot(backOfLicense(t, "DAQ"+p.Number, "DCS"+strings.ToUpper(p.Surname), "DAC"+strings.ToUpper(p.GivenNames), "DBB"+code(p.BirthDate), "DBD"+code(p.Issued),
		"DBA"+code(p.ExpiryDate), "DCGUSA"), 9)
	f := check(t, skin{}, shoot(p.American(), 8), back)
	if len(f.Errors) > 0 || f.DocName != "Driver license" || f.CountryCode != "USA" || f.Measures["page.compared"] != "4" {
		t.Fatalf("%v %q %q %v", f.Errors, f.DocName, f.CountryCode, f.Measures)
	}
	if s, why := verdict(f, "isLogicalMismatch"); s != kyc.Success {
		t.Errorf("isLogicalMismatch %q %s", s, why)
	}
	if n := field(f, "Document number"); n.Value != p.Number || n.Conf != kyc.High || n.ImageIndex != 1 {
		t.Errorf("%+v", n)
	}
	forged := p
	forged.BirthDate = p.BirthDate.AddDate(-3, 0, 0)
	f = check(t, skin{}, shoot(forged.American(), 8), back)
	if s, why := verdict(f, "isLogicalMismatch"); s != kyc.Failed || why != "date of birth differs from the barcode" || !field(f, "Date of birth").IsMismatch {
		t.Errorf("a changed date on the front: %q %q", s, why)
	}
}
