package document

import (
	"slices"
	"testing"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/vision"
)

func TestSameNumberAndDate(t *testing.T) {
	t.Parallel()
	if !sameNumber("L898 9O2C3", "L898902C3") || sameNumber("L898902C8", "L898902C3") {
		t.Error("numbers are compared wrongly")
	}
	z := mrz.Date{Year: 1974, Month: 8, Day: 12}
	if !sameDate(types.Date{Year: 74, Month: 8, Day: 12}, z) || !sameDate(types.Date(z), z) || sameDate(types.Date{Year: 1975, Month: 8, Day: 12}, z) {
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

// typeOf is the embedded type of this name.
func typeOf(t *testing.T, id string) *types.Type {
	t.Helper()
	c, err := types.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range c.All() {
		if typ.ID == id {
			return typ
		}
	}
	t.Fatalf("no type %s", id)
	return nil
}

// texts are what the assigner finds for each title on items of print.
func texts(t *testing.T, typ *types.Type, items []item) map[string]string {
	t.Helper()
	for i := range items {
		items[i].strip = strip{centre: vec{items[i].u + items[i].w/2, items[i].v}, dir: vec{1, 0}, w: items[i].w, h: items[i].h}
	}
	out := map[string]string{}
	a := newAssigner(typ, items, nil, nil)
	for i := range typ.Fields {
		if spots := a.find(&typ.Fields[i]); len(spots) > 0 && !typ.Fields[i].Hidden {
			out[typ.Fields[i].Title] = spots[0].text
		}
	}
	return out
}

func TestAssignTakesTheValueBelowItsCaption(t *testing.T) {
	t.Parallel()
	got := texts(t, typeOf(t, "icao-passport"), []item{
		{u: 100, v: 10, w: 80, h: 10, text: "Surname / Nom", sure: 1},
		{u: 101, v: 28, w: 90, h: 16, text: "ERIKSSON", sure: 0.9},
		{u: 100, v: 60, w: 80, h: 10, text: "Date of birth", sure: 1},
		{u: 300, v: 60, w: 30, h: 10, text: "Sex", sure: 1},
		{u: 101, v: 78, w: 50, h: 16, text: "12 AUG", sure: 0.8},
		{u: 158, v: 78, w: 30, h: 16, text: "1974", sure: 0.8},
		{u: 301, v: 78, w: 10, h: 16, text: "F", sure: 0.8},
		{u: 100, v: 110, w: 80, h: 10, text: "Given names", sure: 1},
		{u: 100, v: 400, w: 80, h: 16, text: "FAR AWAY", sure: 1},
	})
	for title, want := range map[string]string{"Surname": "ERIKSSON", "Date of birth": "12 AUG 1974", "Sex": "F", "Given name(s)": ""} {
		if got[title] != want {
			t.Errorf("%s: %q, want %q", title, got[title], want)
		}
	}
}

func TestAssignTakesTheValueBehindItsNumber(t *testing.T) {
	t.Parallel()
	got := texts(t, typeOf(t, "eu-driving-licence"), []item{
		{u: 100, v: 10, w: 120, h: 16, text: "1. HOLLOWMERE"},
		{u: 100, v: 30, w: 16, h: 16, text: "2."},
		{u: 120, v: 30, w: 80, h: 16, text: "ANNA MARIA"},
		{u: 120, v: 48, w: 80, h: 16, text: "KESTREL"},
		{u: 100, v: 66, w: 16, h: 16, text: "3."},
		{u: 120, v: 66, w: 160, h: 16, text: "12.08.1974 ZENITH"},
		{u: 100, v: 84, w: 250, h: 16, text: "4a. 01.02.2020 4c. ZENITH OFFICE"},
		{u: 100, v: 102, w: 100, h: 16, text: "4b. 31.01.2030"},
		{u: 230, v: 102, w: 100, h: 16, text: "4d. 998877"},
		{u: 100, v: 120, w: 100, h: 16, text: "5. H0LLO12345"},
	})
	for title, want := range map[string]string{"Surname": "HOLLOWMERE", "Given name(s)": "ANNA MARIA KESTREL", "Date of birth": "12.08.1974 ZENITH", "Date of issue": "01.02.2020",
		"DateOfExpiry": "31.01.2030", "Personal number": "998877", "Document number": "H0LLO12345"} {
		if got[title] != want {
			t.Errorf("%s: %q, want %q", title, got[title], want)
		}
	}
}

// A date or a code under a line of words is another field's, though no caption says so.
func TestAssignLeavesOtherFieldsLinesAlone(t *testing.T) {
	t.Parallel()
	lines := []item{
		{u: 100, v: 10, w: 120, h: 16, text: "Паспорт выдан"},
		{u: 100, v: 30, w: 200, h: 16, text: "ГУ МВД РОССИИ"},
		{u: 100, v: 50, w: 200, h: 16, text: "ПО ЗЕНИТСКОЙ ОБЛ."},
		{u: 100, v: 70, w: 100, h: 16, text: "200-496"},
	}
	for last, want := range map[string]string{
		"200-496":    "ГУ МВД РОССИИ ПО ЗЕНИТСКОЙ ОБЛ.",
		"19.06.2022": "ГУ МВД РОССИИ ПО ЗЕНИТСКОЙ ОБЛ.",
		"Г. ЗЕНИТ":   "ГУ МВД РОССИИ ПО ЗЕНИТСКОЙ ОБЛ. Г. ЗЕНИТ",
		"ОТДЕЛ 12":   "ГУ МВД РОССИИ ПО ЗЕНИТСКОЙ ОБЛ. ОТДЕЛ 12",
	} {
		lines[3].text = last
		if got := texts(t, typeOf(t, "rus-internal-passport"), slices.Clone(lines)); got["Issuing authority"] != want {
			t.Errorf("with %q below: %q, want %q", last, got["Issuing authority"], want)
		}
	}
}

// The detector misses a lone "1." now and then; lines in even steps say whose they are.
func TestAssignCountsLinesWhoseNumbersWereMissed(t *testing.T) {
	t.Parallel()
	lines := []item{
		{u: 120, v: 10, w: 120, h: 16, text: "HOLLOWMERE"},
		{u: 120, v: 34, w: 80, h: 16, text: "ANNA"},
		{u: 100, v: 58, w: 16, h: 16, text: "3."}, {u: 120, v: 58, w: 160, h: 16, text: "12.08.1974 ZENITH"},
		{u: 100, v: 82, w: 20, h: 16, text: "4a."}, {u: 121, v: 82, w: 90, h: 16, text: "01.02.2020"},
		{u: 100, v: 106, w: 20, h: 16, text: "4b."}, {u: 121, v: 106, w: 90, h: 16, text: "31.01.2030"},
		{u: 100, v: 130, w: 16, h: 16, text: "5."}, {u: 121, v: 130, w: 90, h: 16, text: "H0LLO12345"},
	}
	got := texts(t, typeOf(t, "eu-driving-licence"), slices.Clone(lines))
	if got["Surname"] != "HOLLOWMERE" || got["Given name(s)"] != "ANNA" || got["Date of birth"] != "12.08.1974 ZENITH" {
		t.Errorf("%v", got)
	}
	lines[0].v, lines[1].v = 26, 42 // given names of two lines, or something else
	if got := texts(t, typeOf(t, "eu-driving-licence"), lines); got["Surname"] != "" || got["Given name(s)"] != "" {
		t.Errorf("lines out of step are taken: %v", got)
	}
}

// A grid must find its anchors among false ones and stretch as they do.
func TestGrid(t *testing.T) {
	t.Parallel()
	size := types.Size{Width: 100, Height: 50}
	var anchors []anchor
	for _, p := range []vec{{10, 5}, {60, 5}, {10, 25}, {60, 25}, {12, 45}, {70, 40}, {90, 10}} {
		anchors = append(anchors, anchor{page: p, at: vec{100 + 8*p.X - 0.5*p.Y, 50 + 0.7*p.X + 7.6*p.Y}})
	}
	anchors = append(anchors, anchor{page: vec{50, 20}, at: vec{10, 10}}, anchor{page: vec{20, 40}, at: vec{900, 10}})
	g := fitGrid(size, concordant(size, anchors))
	if g == nil || g.rms > 0.001 {
		t.Fatalf("%+v", g)
	}
	if at := g.at(vec{100 + 8*50 - 0.5*25, 50 + 0.7*50 + 7.6*25}); (vec{at.X - 0.5, at.Y - 0.5}).norm() > 0.002 {
		t.Errorf("the middle lies at %v", at)
	}
	if fitGrid(size, concordant(size, anchors[:2])) != nil {
		t.Error("two anchors are no grid")
	}
}

// A page that is tilted away is laid in perspective by its captions, though most are
// hardly legible, and by the zone's lines; edges that contradict them are not its own.
func TestGridKnowsPerspective(t *testing.T) {
	t.Parallel()
	typ := typeOf(t, "rus-internal-passport")
	w, h := typ.Size.Width, typ.Size.Height
	corners := vision.Quad{{X: 72, Y: 264}, {X: 1130, Y: 236}, {X: 1196, Y: 1456}, {X: 408, Y: 1634}}
	toPicture, err := vision.Perspective(corners, w, h)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]string{"паспорт выдан": "Паспорт выдам", "код подразделения": "Код подразделемия", "дата выдачи": "Дата выдачи:", "отчество": "Отчество",
		"РОССИЙСКАЯ ФЕДЕРАЦИЯ": "РОССИЙСКАЯ ФЕДЕРАЦИЯ", "имя": "им*", "дата рождения": "Дато рождет", "место рождения": "место ре"}
	var items []item
	for _, l := range landmarks(typ, &typ.Sides[0]) {
		if text, ok := read[l.Text]; ok {
			at := vec(toPicture.Apply(vision.Point(l.page)))
			items = append(items, item{strip: strip{centre: at.add(vec{50, 0}), dir: vec{1, 0}, w: 100, h: 0}, text: text})
		}
	}
	zone := []anchor{}
	for _, p := range []vec{{6.5, 161.1}, {118.3, 161.1}, {6.5, 167.5}, {118.3, 167.5}} {
		zone = append(zone, anchor{vec(toPicture.Apply(vision.Point(p))), p})
	}
	g := layGrid(typ, &typ.Sides[0], items, zone)
	if g == nil || g.rms > 1e-6 {
		t.Fatalf("%+v", g)
	}
	for i, want := range corners {
		if d := vec(g.quad[i]).sub(vec(want)).norm(); d > 1 {
			t.Errorf("corner %d lies %.0f pixels away", i, d)
		}
	}
	table := [4]side{{vec{65, 264}, vec{1130, 233}, true}, {vec{1130, 233}, vec{1205, 1570}, true}, {vec{1205, 1570}, vec{392, 1582}, true}, {vec{392, 1582}, vec{65, 264}, true}}
	if g.straightened(table) != g {
		t.Error("the table's edge is taken for the page's")
	}
}
