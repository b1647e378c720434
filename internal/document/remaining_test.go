package document

import (
	"testing"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
)

func zoneOfLines(t *testing.T, lines ...string) *mrz.Zone {
	t.Helper()
	z, err := mrz.Parse(lines)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// toldByForm is what byForm tells of lines of print of which nothing else was told.
func toldByForm(typ *types.Type, role string, print []string, z *mrz.Zone) []value {
	sheet := &sheetOfPrint{}
	for i, text := range print {
		y := float64(100 * i)
		sheet.along = append(sheet.along, item{text: text, sure: 0.9, v: y, w: 100, h: 20, strip: strip{centre: vec{50, y}, dir: vec{1, 0}, w: 100, h: 20}})
	}
	values := make([]value, len(typ.Fields))
	for i := range values {
		values[i] = value{field: &typ.Fields[i], why: errNotFound}
	}
	byForm(typ, []*view{{print: map[string]*sheetOfPrint{role: sheet}}}, values, z, today())
	return values
}

// The date of issue is what is left of a page's dates, if it is one and keeps the rules.
func TestADateByItsFormAlone(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "icao-passport")
	z := zoneOfLines(t, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F3204159ZE184226B<<<<<10")
	birth, expiry := "12 AUG/AOUT 1974", "15 APR/AVR 2032"
	for _, c := range []struct {
		name  string
		print []string
		want  string
	}{
		{"one is left", []string{birth, "16 APR/AVR 2022", expiry, "ZENITH"}, "16.04.2022"},
		{"a zero for the letter", []string{birth, "300CT/OCT2022", expiry}, "30.10.2022"},
		{"none is left", []string{birth, expiry}, ""},
		{"two are left", []string{birth, "16 APR/AVR 2022", "17 APR/AVR 2022", expiry}, ""},
		{"the same twice", []string{"16 APR/AVR 2022", "16 APR 2022"}, "16.04.2022"},
		{"after today", []string{"16 APR/AVR 2031"}, ""},
		{"before the birth", []string{"16 APR/AVR 1970"}, ""},
	} {
		values := toldByForm(typ, roleLatin, c.print, z)
		got := ""
		for _, v := range values {
			if v.known() {
				got += v.field.Title + " " + v.told
			}
		}
		if want := c.want; want != "" && got != "Date of issue "+want || want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

// A code whose caption is not legible is the one piece of print in its form.
func TestACodeByItsFormAlone(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "rus-internal-passport")
	for _, c := range []struct {
		print []string
		want  string
	}{
		{[]string{"КОД ПОХ ДИЕ ЛЕТЧИЯ", "200-496", "19.06.2022"}, "200-496"},
		{[]string{"200-496", "200-497"}, ""},
		{[]string{"200-4961"}, ""},
	} {
		values := toldByForm(typ, roleCyrillic, c.print, nil)
		for _, v := range values {
			if v.field.Title == "Issuing authority code" && (v.told != c.want || v.known() != (c.want != "")) {
				t.Errorf("%q: %q, want %q", c.print, v.told, c.want)
			}
		}
	}
}
