package document

import (
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// spread photographs two pages of a booklet, one above the other, by a camera held upright.
func spread(page image.Image, seed int64) *image.RGBA {
	return specimen.Scene{Seed: seed, Letter: true}.Photograph(page).Image
}

// readWell holds a finding against the titles and values of the contract.
func readWell(t *testing.T, f *kyc.Finding, name string, want map[string]string) {
	t.Helper()
	if len(f.Errors) > 0 || f.Verdict(nil) != kyc.Success || f.DocName != name || f.CountryCode != "RUS" || f.OCR.Status != kyc.Success {
		t.Errorf("errors %v, checks %v, %q of %q, %v", f.Errors, f.Checks, f.DocName, f.CountryCode, f.Measures)
	}
	if d := cmp.Diff(want, told(f)); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	for _, x := range f.OCR.Fields {
		if x.IsMismatch || x.IsUnreadable || x.Conf == kyc.Low {
			t.Errorf("%s: %+v", x.Title, x)
		}
	}
	for _, c := range []string{"isLogicalMismatch", "isCropped"} {
		if s, why := verdict(f, c); s != kyc.Success {
			t.Errorf("%s: %q %s", c, s, why)
		}
	}
	if len(f.Templates) != 1 || len(f.Cuts) != 2 {
		t.Errorf("%d portraits, %d cuts", len(f.Templates), len(f.Cuts))
	}
}

func TestCheckReadsTheRussianTravelPassport(t *testing.T) {
	t.Parallel()
	p := specimen.SampleRussian(5, today())
	f := check(t, skin{}, shoot(p.Travel(), 5))
	lines := p.TravelZone()
	names := strings.Split(strings.TrimRight(lines[0][5:], "<"), "<<")
	readWell(t, f, "Passport", map[string]string{
		"Surname": names[0], "Given name(s)": names[1], "Father's name": p.FatherName, "Sex": p.Sex, "Date of birth": day(p.BirthDate), "Place of birth": p.PlaceOfBirth,
		"Document number": lines[1][:9], "Date of issue": day(p.Issued), "Issuing authority": "МВД 77001", "DateOfExpiry": day(p.Issued.AddDate(10, 0, 0)),
		"MRZ string": lines[0] + lines[1], "MRZStrings": lines[0] + "^" + lines[1], "DocumentClassCode": "P", "IssuingStateCode": "RUS", "NationalityCode": "RUS", "MRZType": "ID-3",
		"DocumentNumberCheckdigit": lines[1][9:10], "DateOfBirthCheckdigit": lines[1][19:20], "DateOfExpiryCheckdigit": lines[1][27:28], "FinalCheckdigit": lines[1][43:],
	})
	if n := field(f, "Father's name"); n.LCID != lcidCyrillic || field(f, "Date of issue").ValueUTC != p.Issued.Format(utcForm) {
		t.Errorf("%+v", n)
	}
	if n := f.Measures["page.compared"]; n != "7" { // two names in two alphabets each, number, birth and expiry
		t.Errorf("values held against the zone: %s", n)
	}
}

func TestCheckReadsTheRussianInternalPassport(t *testing.T) {
	t.Parallel()
	p := specimen.SampleRussian(4, today())
	f := check(t, skin{}, spread(p.Render(), 4))
	readWell(t, f, "Passport (1997)", map[string]string{
		"Surname": p.Surname, "Given name(s)": p.GivenName, "Father's name": p.FatherName, "Sex": p.Sex, "Date of birth": day(p.BirthDate), "Place of birth": p.PlaceOfBirth,
		"Document series": p.Series, "Document number": p.Number, "Date of issue": day(p.Issued), "Issuing authority": p.Authority, "Issuing authority code": p.AuthorityCode,
	})
}
