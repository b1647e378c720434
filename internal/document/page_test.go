package document

import (
	"testing"

	"github.com/openkyc/openkyc/internal/document/mrz"
)

func TestCaptions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]label{
		"Surname / Nom":                    labelSurname,
		"Surnarne/Nom":                     "",
		"Given names / Prénoms":            labelGiven,
		"Given names/Prenoms":              labelGiven,
		"Passport No. / Passeport n°":      labelNumber,
		"Personal No. / N° personnel":      labelPersonal,
		"Date of birth/Date de naissance":  labelBirth,
		"Date of birlh / Datc de naissanc": labelBirth,
		"Place of birth / Lieu":            labelPlace,
		"Date of expiry / Date d'expir":    labelExpiry,
		"Date of issue/Date de delivrance": labelIssue,
		"Authority / Autorité":             labelAuthority,
		"Issued by / Délivré par":          labelAuthority,
		"Sex/Sexe":                         labelSex,
		"SPECIMEN":                         "",
		"12 AUG/AOUT 1974":                 "",
	} {
		if got := caption(text); got != want {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

func TestPrintedDates(t *testing.T) {
	t.Parallel()
	d := newDates()
	for text, want := range map[string]mrz.Date{
		"21 JUL/JUIL 1990":  {Year: 1990, Month: 7, Day: 21},
		"16 JUN/JUIN 2022":  {Year: 2022, Month: 6, Day: 16},
		"01 FÉV 2022":       {},
		"O1FEB/FEV2022":     {Year: 2022, Month: 2, Day: 1},
		"12 08 1974":        {Year: 1974, Month: 8, Day: 12},
		"12.08.74":          {Year: 74, Month: 8, Day: 12},
		"1l.1O.2001":        {Year: 2001, Month: 10, Day: 11},
		"31 FEB 2001":       {},
		"12 ABC 2001":       {},
		"UTO":               {},
		"14 SEP / SEPT 25":  {Year: 25, Month: 9, Day: 14},
		"03 Dec/Dez 1999":   {Year: 1999, Month: 12, Day: 3},
		"21 JUL/JUIL 19901": {},
	} {
		got, ok := d.parse(text)
		if ok != (want != mrz.Date{}) || got != want {
			t.Errorf("%q: got %v, %v", text, got, ok)
		}
	}
}

func TestSameNumberAndDate(t *testing.T) {
	t.Parallel()
	if !sameNumber("L898 9O2C3", "L898902C3") || sameNumber("L898902C8", "L898902C3") {
		t.Error("numbers are compared wrongly")
	}
	z := mrz.Date{Year: 1974, Month: 8, Day: 12}
	if !sameDate(mrz.Date{Year: 74, Month: 8, Day: 12}, z) || !sameDate(z, z) || sameDate(mrz.Date{Year: 1975, Month: 8, Day: 12}, z) {
		t.Error("dates are compared wrongly")
	}
}

func TestNameDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		printed, zone string
		want          int
	}{
		{"SOLVANE CORVALE", "SOELVANE CORVALE", 0}, // Ø read as O
		{"SØLVANE", "SOELVANE", 0},
		{"SDLVANE", "SOELVANE", 0}, // Ø read as D
		{"GRUNHAVEN", "GRUENHAVEN", 0},
		{"O'SPRELL", "OSPRELL", 0},
		{"EHRENWALD-PASK", "EHRENWALD PASK", 0},
		{"NADEJA", "NADEJA", 0},
		{"MILLER", "MULLER", 1},
		{"JARNVIK", "KESTRIVANE", 8},
		{"", "ABC", 3},
	} {
		if got := nameDistance(c.printed, c.zone); got != c.want {
			t.Errorf("%s / %s: %d, want %d", c.printed, c.zone, got, c.want)
		}
	}
}

func TestAssignTakesTheValueBelowItsCaption(t *testing.T) {
	t.Parallel()
	items := []item{
		{u: 100, v: 10, w: 80, h: 10, text: "Surname / Nom", sure: 1},
		{u: 101, v: 28, w: 90, h: 16, text: "ERIKSSON", sure: 0.9},
		{u: 100, v: 60, w: 80, h: 10, text: "Date of birth", sure: 1},
		{u: 300, v: 60, w: 30, h: 10, text: "Sex", sure: 1},
		{u: 101, v: 78, w: 90, h: 16, text: "12 AUG 1974", sure: 0.8},
		{u: 301, v: 78, w: 10, h: 16, text: "F", sure: 0.8},
		{u: 100, v: 110, w: 80, h: 10, text: "Given names", sure: 1},
		{u: 100, v: 400, w: 80, h: 16, text: "FAR AWAY", sure: 1},
	}
	got := assign(items)
	if s, _ := value(got, labelSurname); s != "ERIKSSON" {
		t.Errorf("surname %q", s)
	}
	if s, sure := value(got, labelBirth); s != "12 AUG 1974" || sure != 0.8 {
		t.Errorf("birth %q", s)
	}
	if s, _ := value(got, labelSex); s != "F" {
		t.Errorf("sex %q", s)
	}
	if s, _ := value(got, labelGiven); s != "" {
		t.Errorf("given names %q", s)
	}
}
