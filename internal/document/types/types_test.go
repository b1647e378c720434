package types

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryEmbeddedTypeIsUnderstood(t *testing.T) {
	t.Parallel()
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"TD1", "TD2", "TD3", "MRV-A", "MRV-B"} {
		if len(c.ByZone(format, "X", "UTO")) == 0 {
			t.Errorf("no type reads a zone of the format %s of any state", format)
		}
	}
	if got := c.ByZone("TD3", "P", "RUS"); len(got) < 2 || got[0].ID != "rus-travel-passport" {
		t.Errorf("the type of one state must go before that of all: %v", got)
	}
	if got := c.ByZone("TD1", "P", "UTO"); got[0].ID != "passport-card-td1" && got[1].ID != "passport-card-td1" {
		t.Errorf("a passport card: %v", got[0].ID)
	}
}

// The titles of the Russian internal passport are the contract's, section 5, in its order.
func TestTitlesOfTheContract(t *testing.T) {
	t.Parallel()
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range c.All() {
		if typ.ID != "rus-internal-passport" {
			continue
		}
		var got []string
		for _, f := range typ.Fields {
			got = append(got, f.Title)
		}
		want := []string{"Surname", "Given name(s)", "Father's name", "Sex", "Date of birth", "Place of birth", "Document series", "Document number", "Date of issue",
			"Issuing authority", "Issuing authority code", "MRZ string"}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if typ.DocName() != "Passport (1997)" || typ.Script() != Cyrillic {
			t.Error(typ.DocName(), typ.Script())
		}
	}
}

// An operator's folder goes on top of what the program knows.
func TestOpenAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"pass.yaml": small, "visa-a.yaml": strings.Replace(small, "Pass", "Own visa", 1), "notes.txt": "none"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, typ := range c.All() {
		names[typ.ID] = typ.Name
	}
	if names["pass"] != "Pass" || names["visa-a"] != "Own visa" || names["icao-passport"] != "Passport" {
		t.Errorf("%v", names)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("name: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "bad.yaml")) {
		t.Errorf("a file that is no type: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there is no error")
	}
}

const small = `name: Pass
size: ID-1
recognise: {words: [pass]}
fields:
  - {title: Surname, captions: [surname], form: name}
`

func TestFaultsAreClearSentences(t *testing.T) {
	t.Parallel()
	if _, err := Parse("pass.yaml", []byte(small)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"unknown key":      {"form: name", "from: name", `pass.yaml:5: the field "Surname" has an unknown key "from"; is "form" meant?`},
		"unknown form":     {"form: name", "form: dat", `pass.yaml:5: the field "Surname": form "dat" is not known; is "date" meant?`},
		"no size":          {"size: ID-1\n", "", `pass.yaml:1: the type has no ` + "`size`: write ID-1"},
		"odd size":         {"ID-1", "A4", `pass.yaml:2: the type: size "A4" is none of ID-1, ID-2, ID-3`},
		"no recognise":     {"recognise: {words: [pass]}\n", "", "pass.yaml:1: the type has no `recognise`"},
		"date no forms":    {"form: name", "form: date", `pass.yaml:5: the field "Surname" is a date and has no ` + "`dates`"},
		"bad date":         {"form: name", "form: date, dates: [DD.MM.JJJJ]", `the form of date "DD.MM.JJJJ" has "JJJJ"`},
		"date without day": {"form: name", "form: date, dates: [MM.YYYY]", `must have a day, a month and a year`},
		"bad pattern":      {"form: name", "form: code, pattern: '('", `the pattern is no regular expression`},
		"code no pattern":  {"form: name", "form: code", "is a code and has no `pattern`"},
		"nowhere":          {"captions: [surname], ", "", `the field "Surname" can be found nowhere`},
		"place inside out": {"form: name", "form: name, place: [0.5, 0.1, 0.2, 0.3]", "left must be less than right"},
		"place outside":    {"form: name", "form: name, place: [0.5, 0.1, 20, 30]", "place must be a list of 4 numbers between 0 and 1"},
		"twice":            {"  - {title", "  - {title: Surname, captions: [x1]}\n  - {title", `the title "Surname" stands there twice`},
		"overlap": {"  - {title: Surname", "  - {title: A, place: [0.1, 0.1, 0.5, 0.2]}\n  - {title: B, place: [0.2, 0.12, 0.6, 0.22]}\n  - {title: Surname",
			`pass.yaml:6: the places of "A" and "B" overlap`},
		"zone without one": {"form: name", "form: name, zone: surname", "is of the zone, and the type has none"},
		"no such side":     {"form: name", "form: name, side: inside", `is on the side "inside", which is not among the sides`},
		"no such field":    {"fields:", "rules: [{kind: future, field: Expiry}]\nfields:", `the rule speaks of "Expiry", which is no date among the fields`},
		"double key":       {"name: Pass", "name: Pass\nname: Pass", `pass.yaml:2: the type has "name" twice: keep one`},
		"alias":            {"name: Pass", "name: &a Pass\ncountry: *a", "aliases and anchors"},
		"no yaml":          {"name: Pass", "name: [", "this is not YAML"},
		"too large":        {"name: Pass", "name: Pass # " + strings.Repeat("x", maxFile), "larger than 64 kB"},
		"empty":            {small, "", "the file is empty"},
	} {
		_, err := Parse("pass.yaml", []byte(strings.Replace(small, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", name, err, c.want)
		}
	}
}

func TestCaptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		caption, line string
		found         bool
	}{
		{"surname", "Surname / Nom", true},
		{"surname", "Surnarne/Nom", false}, // two letters of seven
		{"given names", "Given namcs / Prénoms", true},
		{"date de délivrance", "Date of issue/Date de delivrance", true},
		{"nom", "Prénoms", false},
		{"sex", "Sex", true},
		{"sex", "Essex", false},
		{"фамилия", "Фамилия", true},
		{"фамилия", "Фамипия", true},
		{"код подразделения", "Kод подразделения", true}, // a Latin K
		{"4a.", "4a. 01.02.2020", true},
		{"4a.", "4a.01.02.2020", true},
		{"1.", "1. SMITH", true},
		{"1.", "1.SMITH", true},
		{"1.", "l. SMITH", true},
		{"1.", "1.02.2020", false},
		{"1.", "12.08.1974", false},
		{"5.", "15. SMITH", false},
	} {
		parsed, _ := newCaption(c.caption)
		if got := parsed.Find(c.line) > 0; got != c.found {
			t.Errorf("%q in %q: %v", c.caption, c.line, got)
		}
	}
	for _, c := range []struct{ caption, line, want string }{{"4a.", "4a. 01.02.2020", "01.02.2020"}, {"2.", "2. ANNA MARIA", "ANNA MARIA"}, {"фамилия", "Фамилия ИВАНОВ", "ИВАНОВ"}} {
		parsed, _ := newCaption(c.caption)
		if got, ok := parsed.Behind(c.line); !ok || got != c.want {
			t.Errorf("behind %q in %q stands %q, %v", c.caption, c.line, got, ok)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	var g Grammar
	for _, form := range []string{"DD MMM YYYY", "DD MMM YY", "DD.MM.YYYY", "DD.MM.YY"} {
		f, err := parseForm(form)
		if err != nil {
			t.Fatal(err)
		}
		g.Forms = append(g.Forms, f)
	}
	g.Kind = KindDate
	for text, want := range map[string]Date{
		"21 JUL/JUIL 1990":  {1990, 7, 21},
		"16 JUN/JUIN 2022":  {2022, 6, 16},
		"01 FÉV 2022":       {},
		"O1FEB/FEV2022":     {2022, 2, 1},
		"12 08 1974":        {1974, 8, 12},
		"12.08.74":          {74, 8, 12},
		"1l.1O.2001":        {2001, 10, 11},
		"31 FEB 2001":       {},
		"12 ABC 2001":       {},
		"UTO":               {},
		"14 SEP / SEPT 25":  {25, 9, 14},
		"03 Dec/Dez 1999":   {1999, 12, 3},
		"05 МАЯ 1999":       {1999, 5, 5},
		"21 JUL/JUIL 19901": {},
		"29.02.2023":        {},
		"12,08.1974":        {1974, 8, 12},
	} {
		_, got, err := g.Read(text)
		if (err == nil) != (want != Date{}) || got != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	typ, err := Parse("x.yaml", []byte(`name: X
size: ID-1
recognise: {words: [x]}
fields:
  - {title: series, captions: [a1], form: code, pattern: '([0-9]{2} ?[0-9]{2}) ?[0-9]{6}', keep: digits}
  - {title: sex, captions: [a1], form: sex}
  - {title: name, captions: [a1], form: name}
  - {title: father, captions: [a1], form: name, pattern: '\S+ (.+)'}
  - {title: number, captions: [a1], form: number}
  - {title: hair, captions: [a1], form: code, words: {BRO: brown, BLK: black}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ field, text, want string }{
		{"series", "45 10 123456", "4510"}, {"series", "45 1O 123456", ""}, {"sex", "МУЖ.", "M"}, {"sex", "ЖЕН", "F"}, {"sex", "F / F", "F"}, {"sex", "Q", ""},
		{"name", "O'SPRELL-ÅS", "O'SPRELL-ÅS"}, {"name", "AB4", ""}, {"name", "'ГАЛИНА.", "ГАЛИНА"}, {"father", "ИВАН ИВАНОВИЧ", "ИВАНОВИЧ"}, {"number", "L89-90 2c3", "L89902C3"},
		{"hair", "bro", "brown"}, {"hair", "red", ""},
	} {
		f, _ := typ.Field(c.field)
		got, _, err := f.Grammar.Read(c.text)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s of %q: %q, %v", c.field, c.text, got, err)
		}
	}
}

// Recognisers see points and rules where there is dust.
func TestTidy(t *testing.T) {
	t.Parallel()
	for read, want := range map[string]string{
		"_ ГОР. СВЕТЛОЯР,": "ГОР. СВЕТЛОЯР", "’ ЗЕНИТСКАЯ ОБЛ.": "ЗЕНИТСКАЯ ОБЛ.", "СВЕТЛОЯР.": "СВЕТЛОЯР", "PERMANENT.RESIDENT": "PERMANENT RESIDENT", "-": "", "A.B.": "A.B.",
		"НОВО-": "НОВО-", "12.05.1996": "12.05.1996",
	} {
		if got := Tidy(read); got != want {
			t.Errorf("%q: %q, want %q", read, got, want)
		}
	}
}

func TestResemble(t *testing.T) {
	t.Parallel()
	c, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{"DRIVING LICENCE", "1. SMITH", "2. ANN", "3. 01.02.1980 LONDON", "4a. 01.02.2020 4c. DVLA", "5. SMITH802010A99"}
	got := c.Resembling(lines)
	if len(got) != 1 || got[0].Type.ID != "eu-driving-licence" {
		t.Errorf("%v", got)
	}
	if got := c.Resembling([]string{"DRIVING LICENCE", "1. SMITH"}); len(got) != 0 {
		t.Errorf("too few captions are enough: %v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	entries, _ := embedded.ReadDir("data")
	for _, e := range entries {
		data, _ := embedded.ReadFile("data/" + e.Name())
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		typ, err := Parse("fuzz.yaml", data)
		if (typ == nil) == (err == nil) {
			t.Fatal("neither a type nor an error, or both")
		}
		if err != nil {
			return
		}
		typ.Resemble([]string{"1. SMITH", "ФАМИЛИЯ", "\xff\xfe"})
		for _, field := range typ.Fields {
			_, _, _ = field.Grammar.Read("12.08.1974")
			_, _, _ = field.Grammar.Read("\xff ИВАНОВ/IVANOV")
		}
	})
}

// At its place a caption may be a third wrong, or cut off, but not another word.
func TestCaptionsAtTheirPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		caption, line string
		want          bool
	}{
		{"дата рождения", "Дато рождет", true}, {"место рождения", "место ре", true}, {"имя", "им*", true}, {"отчество", "Отчество.", true},
		{"пол", "боя—", false}, {"имя", "НИНЕЛЬ", false}, {"отчество", "ВИКТОРОВНА", false}, {"1.", "1.", false}, {"фамилия", "", false},
	} {
		caption, _ := newCaption(c.caption)
		if got := caption.Resembles(c.line); got != c.want {
			t.Errorf("%q at the place of %q: %v", c.line, c.caption, got)
		}
	}
}
