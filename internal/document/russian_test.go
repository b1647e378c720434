package document

import (
	"strings"
	"testing"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/specimen"
)

// The zone of the Russian internal passport joins the Cyrillic page: its type is
// settled by the zone, and names, number, dates and office are held against it.
func TestCheckJoinsZoneAndPageOfARussianPassport(t *testing.T) {
	t.Parallel()
	p := specimen.SampleRussian(31, today())
	p.Zone = p.InternalZone()
	f := check(t, skin{}, shoot(p.Render(), 31))
	if len(f.Errors) > 0 || f.Measures["document.type"] != "rus-internal-passport" || f.Measures["mrz.format"] != "RUS-ID" || f.CountryCode != "RUS" {
		t.Fatalf("%v %v", f.Errors, f.Measures)
	}
	for title, want := range map[string]string{
		"Surname": p.Surname, "Given name(s)": p.GivenName, "Father's name": p.FatherName, "Document series": p.Series, "Document number": p.Number,
		"Date of issue": day(p.Issued), "Issuing authority code": p.AuthorityCode, "Date of birth": day(p.BirthDate), "MRZ string": strings.Join(p.Zone, ""),
	} {
		if got := field(f, title); got.Value != want || got.IsMismatch {
			t.Errorf("%s is %+v, want %q", title, got, want)
		}
	}
	for _, caption := range []string{"isMRZValid", "isLogicalMismatch"} {
		if s, why := verdict(f, caption); s != kyc.Success {
			t.Errorf("%s %q %s", caption, s, why)
		}
	}
}

// Another surname and another office in the zone than on the page are told.
func TestCompareRussianZoneWithThePage(t *testing.T) {
	t.Parallel()
	all, err := types.Open("")
	if err != nil {
		t.Fatal(err)
	}
	p := specimen.SampleRussian(31, today())
	typ := all.ByZone("RUS-ID", "PN", "RUS")[0]
	z, err := mrz.Parse(p.InternalZone())
	if err != nil || !z.Valid() {
		t.Fatal(err, z)
	}
	for title, changed := range map[string]string{"Surname": "ЧУЖЕДАЛЬНЫЙ", "Issuing authority code": "999-999", "Document series": "0000", "": ""} {
		d := &dossier{typ: typ, zone: &view{sight: sight{outcome: read, reading: &mrz.Reading{Zone: z}}}, coded: make([]value, len(typ.Fields))}
		for i := range typ.Fields {
			v := value{field: &typ.Fields[i], view: d.zone, sure: 1, told: zoneText(z, typ.Fields[i].Zone)}
			if v.field.Grammar.Kind == types.KindDate {
				v.date = types.Date{Year: p.BirthDate.Year(), Month: int(p.BirthDate.Month()), Day: p.BirthDate.Day()}
				if v.field.Zone == "issueDate" {
					v.date = types.Date{Year: p.Issued.Year(), Month: int(p.Issued.Month()), Day: p.Issued.Day()}
				}
				v.told = v.date.String()
			}
			if v.field.Title == title {
				v.told = changed
			}
			d.values = append(d.values, v)
			if d.values[i].told == "" {
				d.values[i].view = nil
			}
		}
		c := compare(d, today())
		if (title == "") != (len(c.mismatch) == 0) || title != "" && (len(c.mismatch) != 1 || c.mismatch[0] != title) {
			t.Errorf("%q: %v %v", title, c.mismatch, c.faults)
		}
		if c.compared < 6 {
			t.Errorf("%q: %d values were compared", title, c.compared)
		}
	}
}

// Every format that a type file names is one that the engine reads.
func TestTypesNameFormatsOfTheEngine(t *testing.T) {
	t.Parallel()
	all, err := types.Open("")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range mrz.Formats() {
		known[f.Name] = true
	}
	for _, typ := range all.All() {
		for _, name := range typ.Recognise.Zones {
			if !known[name] {
				t.Errorf("%s: no zone has the format %q", typ.ID, name)
			}
		}
	}
}
