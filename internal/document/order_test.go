package document

import "testing"

// A number that the detector missed is what stands before the line when it is
// read from further left.
func TestNumberBeforeALine(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "eu-driving-licence")
	a := newAssigner(typ, []item{{u: 100, v: 58, w: 16, h: 16, text: "3."}}, nil, nil)
	for _, c := range []struct{ whole, line, want string }{
		{"LGRUNHAVEN", "GRUNHAVEN", "1."}, {"1. GRUNHAVEN", "GRUNHAVEN", "1."}, {"2ILVAR JARO", "ILVAR JARO", "2."}, {"5R02S78V75", "R02S78V75", "5."}, {"9.AM/B", "AM/B", "9."},
		{"3.09.09.2005", "09.09.2005", ""}, // 3 was found elsewhere
		{"GRUNHAVEN", "GRUNHAVEN", ""},     // nothing stands before it
		{"1. GRUNHAVFN", "GRUNHAVEN", ""},  // the line itself is read otherwise
		{"UT GRUNHAVEN", "GRUNHAVEN", ""},  // no number
		{"13. GRUNHAVEN", "GRUNHAVEN", ""}, // of no field
		{"4b.30.05.2036", "30.05.2036", "4b."},
	} {
		if got, _ := a.numberBefore(c.whole, c.line); got != c.want {
			t.Errorf("%q before %q: %q, want %q", c.whole, c.line, got, c.want)
		}
	}
}

// Numbers count up from top to bottom; a 7 that was read as 1 does not.
func TestNumbersOutOfOrderAreNone(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "eu-driving-licence")
	items := []item{
		{v: 34, u: 100, w: 16, h: 16, text: "2."}, {v: 58, u: 100, w: 16, h: 16, text: "3."}, {v: 82, u: 100, w: 20, h: 16, text: "4a."}, {v: 84, u: 300, w: 20, h: 16, text: "4c."},
		{v: 106, u: 100, w: 20, h: 16, text: "4b."}, {v: 130, u: 100, w: 16, h: 16, text: "5."}, {v: 160, u: 100, w: 16, h: 16, text: "1"},
	}
	a := newAssigner(typ, items, nil, nil)
	for i, want := range []string{"2.", "3.", "4a.", "4c.", "4b.", "5.", ""} {
		if got := a.caps[i].Text; got != want {
			t.Errorf("%q is taken for %q, want %q", items[i].text, got, want)
		}
	}
}

// A layout is believed where the zone's values stand at their places.
func TestALayoutNeedsTheZonesWitness(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "rus-travel-passport")
	z := zoneOfLines(t, "P<RUSLESNIAKOVA<<GALINA<<<<<<<<<<<<<<<<<<<<<", "1033770058RUS9210054F3501319<<<<<<<<<<<<<<00")
	g := &grid{zone: true}
	g.to[0], g.to[4], g.to[8] = 1, 1, 1 // the picture is the page
	at := func(title string, hidden bool, text string) item {
		for _, f := range typ.Fields {
			if f.Title == title && f.Hidden == hidden {
				y := (f.Place.Y0 + f.Place.Y1) / 2
				return item{text: text, sure: 1, u: f.Place.X0, v: y, w: 0.1, h: 0.02, strip: strip{centre: vec{f.Place.X0 + 0.05, y}, dir: vec{1, 0}, w: 0.1, h: 0.02}}
			}
		}
		t.Fatalf("no field %s", title)
		return item{}
	}
	items := []item{at("Surname", false, "LESNIAKOVA"), at("Document number", false, "103377005"), at("Date of issue", false, "31.01.2025"), at("Father's name", false, "ГАЛИНА ДМИТРИЕВНА")}
	father, _ := typ.Field("Father's name")
	if spots := newAssigner(typ, items, g, z).find(father); len(spots) != 1 || spots[0].text != "ГАЛИНА ДМИТРИЕВНА" || spots[0].by != "place" {
		t.Errorf("%+v", spots)
	}
	items[1] = at("Document number", false, "999999999")
	if spots := newAssigner(typ, items, g, z).find(father); len(spots) != 0 {
		t.Errorf("a layout with one witness is believed: %+v", spots)
	}
}
