package types

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads one type. name is the file's, for sentences; the type's id is its
// base without the ending. All that is wrong is told at once.
func Parse(name string, data []byte) (*Type, error) {
	s := &source{name: name}
	root, err := s.document(data)
	if err != nil {
		return nil, err
	}
	o := s.object(root, "the type")
	t := &Type{ID: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), File: name, Name: o.text("name"), Country: o.text("country"), Year: o.number("year", 1900, 2200)}
	if t.Name == "" {
		s.fault(root, "the type has no `name`: write the document's name in English, such as Passport")
	}
	if t.Country != "" && !regexp.MustCompile(`^[A-Z]{1,3}$`).MatchString(t.Country) {
		s.fault(o.find("country"), "the type: country must be three capital letters by ISO 3166, such as FRA")
	}
	t.Size = o.size("size")
	t.Zone, t.Barcode = o.need("zone"), o.need("barcode")
	t.recognise(s, o.find("recognise"), root)
	for i, node := range o.list("sides") {
		t.Sides = append(t.Sides, s.side(node, i))
	}
	if len(t.Sides) == 0 {
		t.Sides = []Side{{Name: "front", Portrait: true, Zone: t.Zone != Never, Barcode: t.Barcode != Never}}
	}
	nodes := o.list("fields")
	for _, node := range nodes {
		t.Fields = append(t.Fields, s.field(node))
	}
	for _, node := range o.list("rules") {
		t.rule(s, node)
	}
	o.rest()
	t.verify(s, root, nodes)
	if err := s.err(); err != nil {
		return nil, err
	}
	return t, nil
}

// size takes ID-1, ID-2, ID-3 (ISO/IEC 7810) or `width: …, height: …`.
func (o *object) size(key string) Size {
	node := o.find(key)
	if node == nil {
		o.src.fault(o.node, "%s has no `%s`: write ID-1, ID-2, ID-3, or {width: …, height: …} in millimetres", o.what, key)
		return Size{}
	}
	if node.Kind == yaml.ScalarNode {
		for name, size := range map[string]Size{"ID-1": {85.6, 54}, "ID-2": {105, 74}, "ID-3": {125, 88}} {
			if node.Value == name {
				return size
			}
		}
		o.src.fault(node, "%s: size %q is none of ID-1, ID-2, ID-3; write {width: …, height: …} in millimetres for others", o.what, node.Value)
		return Size{}
	}
	m := o.src.object(node, "the size")
	size := Size{float64(m.number("width", 20, 500)), float64(m.number("height", 20, 500))}
	m.rest()
	if size.Width == 0 || size.Height == 0 {
		o.src.fault(node, "the size needs a width and a height")
	}
	return size
}

func (o *object) need(key string) Need {
	return map[string]Need{"no": Never, "optional": Optional, "required": Required}[o.choice(key, "no", "optional", "required")]
}

func (t *Type) recognise(s *source, node, root *yaml.Node) {
	if node == nil {
		s.fault(root, "the type has no `recognise`: say by which zone, words or captions it is told from others")
		return
	}
	o := s.object(node, "recognise")
	t.Recognise = Recognise{Zones: o.texts("zone"), Codes: o.texts("codes"), States: o.texts("states"), Captions: o.number("captions", 1, maxFields)}
	t.Recognise.Words = s.captions(&o, "words")
	t.Recognise.Signs = o.pairs("signs")
	o.rest()
	if len(t.Recognise.Signs) > 0 && len(t.Recognise.Words) == 0 {
		s.fault(node, "recognise has `signs` and no `words`: a sign is looked for left of a word, such as the document's name")
	}
	if len(t.Recognise.Zones) > 0 != (t.Zone != Never) {
		s.fault(node, "`zone` of the type and `zone` of recognise belong together: say whether it is required, and its format")
	}
	if len(t.Recognise.Zones) == 0 && len(t.Recognise.Words) == 0 && t.Recognise.Captions == 0 {
		s.fault(node, "recognise needs one of zone, words, captions")
	}
}

// pairs are the texts of a map under a key, nil when it is not there.
func (o *object) pairs(key string) map[string]string {
	node := o.find(key)
	if node == nil {
		return nil
	}
	m, out := o.src.object(node, o.what+": "+key), map[string]string{}
	for i := 0; i+1 < len(m.node.Content); i += 2 {
		out[m.node.Content[i].Value] = o.src.scalar(m.node.Content[i+1], m.what)
	}
	return out
}

func (s *source) captions(o *object, key string) []Caption {
	var out []Caption
	node := o.find(key)
	for _, text := range o.texts(key) {
		c, ok := newCaption(text)
		if !ok {
			s.fault(node, "%s: %s %q has no letter or digit to look for", o.what, key, text)
			continue
		}
		out = append(out, c)
	}
	return out
}

func (s *source) side(node *yaml.Node, i int) Side {
	o := s.object(node, fmt.Sprintf("side %d", i+1))
	side := Side{Name: o.text("name"), Portrait: o.flag("portrait"), Zone: o.flag("zone"), Barcode: o.flag("barcode")}
	for _, n := range o.list("marks") {
		m := s.object(n, "the mark")
		text := m.text("text")
		at, _ := m.numbers("at", 2)
		m.rest()
		c, ok := newCaption(text)
		if !ok || len(at) != 2 {
			s.fault(n, "a mark needs a text and its place, such as {text: PASSPORT, at: [0.2, 0.1]}")
			continue
		}
		side.Marks = append(side.Marks, Mark{Caption: c, At: Point{at[0], at[1]}})
	}
	o.rest()
	if side.Name == "" {
		s.fault(node, "side %d has no name", i+1)
	}
	return side
}

// zoneFields are the names that a field may take from the zone.
func zoneFields() []string {
	return []string{"", "surname", "givenNames", "fatherName", "sex", "birthDate", "expiryDate", "issueDate", "number", "documentCode", "issuingState", "nationality", "optional",
		"authorityCode", "series", "seriesNumber", "numberDigit", "birthDateDigit", "expiryDateDigit", "optionalDigit", "finalDigit", "lines", "string", "type"}
}

func (s *source) field(node *yaml.Node) Field {
	o := s.object(node, "a field")
	f := Field{Title: o.text("title")}
	if f.Title == "" {
		s.fault(node, "the field has no title")
	}
	o.what = fmt.Sprintf("the field %q", f.Title)
	f.Side, f.Zone, f.Barcode = o.text("side"), o.choice("zone", zoneFields()...), o.text("barcode")
	f.Captions = s.captions(&o, "captions")
	if at, _ := o.numbers("caption_at", 2); at != nil {
		f.CaptionAt = &Point{at[0], at[1]}
	}
	if r, n := o.numbers("place", 4); r != nil {
		if f.Place = (&Rect{r[0], r[1], r[2], r[3]}); r[0] >= r[2] || r[1] >= r[3] {
			s.fault(n, "%s: place is [left, top, right, bottom], and left must be less than right, top less than bottom", o.what)
		}
	}
	f.Value = Value(o.choice("value", "", string(Below), string(Right), string(Inline)))
	f.Lines, f.Skip, f.Turned = max(1, o.number("lines", 1, 6)), o.number("skip", 0, 3), o.flag("turned")
	f.Alphabet = Alphabet(o.choice("alphabet", string(Latin), string(Cyrillic), string(Digits)))
	f.Required, f.Hidden, f.Alone = o.flag("required"), o.flag("hidden"), o.flag("alone")
	f.Grammar = o.grammar(node)
	f.Compare = Compare(o.choice("compare", "", string(CompareNot), string(CompareExact), string(CompareDate), string(CompareNumber), string(CompareName), string(CompareScript)))
	if f.Compare == "" {
		f.Compare = f.comparison()
	}
	if f.CaptionAt != nil && len(f.Captions) == 0 {
		s.fault(node, "%s has caption_at and no captions", o.what)
	}
	if f.Alone && f.Grammar.Kind != KindDate && f.Grammar.Kind != KindCode {
		s.fault(node, "%s is alone and neither a date nor a code: nothing else is told from other print by its form", o.what)
	}
	if !f.Printed() && f.Zone == "" && f.Barcode == "" {
		s.fault(node, "%s can be found nowhere: give it captions, a place, a zone field or a barcode element", o.what)
	}
	o.rest()
	return f
}

// comparison is how fields of this form are compared unless the file says otherwise.
func (f *Field) comparison() Compare {
	switch {
	case f.Zone == "" || !f.Printed():
		return CompareNot
	case f.Grammar.Kind == KindDate:
		return CompareDate
	case f.Grammar.Kind == KindName && f.Alphabet == Cyrillic:
		return CompareScript
	case f.Grammar.Kind == KindName:
		return CompareName
	case f.Grammar.Kind == KindNumber:
		return CompareNumber
	}
	return CompareExact
}

func (o *object) grammar(node *yaml.Node) Grammar {
	g := Grammar{Kind: Kind(o.choice("form", string(KindText), string(KindName), string(KindNumber), string(KindDate), string(KindSex), string(KindCountry), string(KindCode)))}
	g.Keep = o.choice("keep", "", keepDigits)
	if text := o.text("pattern"); text != "" {
		var err error
		if g.Pattern, err = regexp.Compile("^(?:" + text + ")$"); err != nil {
			o.src.fault(o.find("pattern"), "%s: the pattern is no regular expression: %v", o.what, err)
		}
	}
	for _, form := range o.texts("dates") {
		f, err := parseForm(form)
		if err != nil {
			o.src.fault(o.find("dates"), "%s: %v", o.what, err)
			continue
		}
		g.Forms = append(g.Forms, f)
	}
	g.Words = o.pairs("words")
	switch {
	case g.Kind == KindDate && len(g.Forms) == 0:
		o.src.fault(node, "%s is a date and has no `dates`: list its forms, such as DD.MM.YYYY or DD MMM YYYY", o.what)
	case g.Kind != KindDate && len(g.Forms) > 0:
		o.src.fault(node, "%s has `dates` and is none: set form: date", o.what)
	case g.Kind == KindCode && g.Pattern == nil && len(g.Words) == 0:
		o.src.fault(node, "%s is a code and has no `pattern`: write a regular expression, such as '[0-9]{3}-[0-9]{3}'", o.what)
	}
	return g
}

func (t *Type) rule(s *source, node *yaml.Node) {
	o := s.object(node, "the rule")
	r := Rule{Kind: RuleKind(o.choice("kind", string(RuleBefore), string(RulePast), string(RuleFuture), string(RuleAge))), Field: o.text("field"), Than: o.text("than"),
		Least: o.number("least", 0, 150), Most: o.number("most", 1, 150), Fault: o.text("fault")}
	o.rest()
	for _, title := range []string{r.Field, r.Than} {
		if title == "" {
			continue
		}
		if f, ok := t.Field(title); !ok || f.Grammar.Kind != KindDate {
			s.fault(node, "the rule speaks of %q, which is no date among the fields", title)
		}
	}
	if r.Field == "" || r.Kind == RuleBefore && r.Than == "" {
		s.fault(node, "the rule needs a `field`, and `than` when it is of the kind before")
	}
	if r.Kind == RuleAge && r.Most == 0 {
		r.Most = 150
	}
	if r.Fault == "" {
		r.Fault = r.sentence()
	}
	t.Rules = append(t.Rules, r)
}

// sentence says what is wrong when the rule does not hold.
func (r *Rule) sentence() string {
	switch r.Kind {
	case RulePast:
		return sentence(r.Field) + " in the future"
	case RuleFuture:
		return "expired"
	case RuleAge:
		return "impossible age"
	case RuleBefore:
	}
	return sentence(r.Than) + " before " + sentence(r.Field)
}

// overlap is how much of the smaller of two places may be shared by accident.
const overlap = 0.15

// verify checks what only shows with all fields together.
func (t *Type) verify(s *source, root *yaml.Node, nodes []*yaml.Node) {
	if len(t.Fields) == 0 {
		s.fault(root, "the type has no fields")
	}
	told := map[string]bool{}
	for i, f := range t.Fields {
		if told[f.Title] && !f.Hidden {
			s.fault(nodes[i], "the title %q stands there twice: keep one, or hide the other", f.Title)
		}
		told[f.Title] = told[f.Title] || !f.Hidden
		if _, ok := t.Side(f.Side); f.Side != "" && !ok {
			s.fault(nodes[i], "the field %q is on the side %q, which is not among the sides", f.Title, f.Side)
		}
		if f.Place != nil && f.Side == "" && len(t.Sides) > 1 {
			s.fault(nodes[i], "the field %q has a place and no side, and the type has %d of them", f.Title, len(t.Sides))
		}
		if f.Zone != "" && t.Zone == Never {
			s.fault(nodes[i], "the field %q is of the zone, and the type has none", f.Title)
		}
		if f.Barcode != "" && t.Barcode == Never {
			s.fault(nodes[i], "the field %q is of the barcode, and the type has none", f.Title)
		}
		for j := range i {
			if a := t.Fields[j]; a.Side == f.Side && a.Place != nil && f.Place != nil && *a.Place != *f.Place && shared(*a.Place, *f.Place) > overlap {
				s.fault(nodes[i], "the places of %q and %q overlap: give each its own, or the very same one with a pattern each", a.Title, f.Title)
			}
		}
	}
	if names := slices.Collect(sideNames(t.Sides)); len(names) != len(slices.Compact(slices.Sorted(slices.Values(names)))) {
		s.fault(root, "two sides have one name")
	}
}

func sideNames(sides []Side) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, s := range sides {
			if !yield(s.Name) {
				return
			}
		}
	}
}

// shared is the part of the smaller rectangle that the other covers.
func shared(a, b Rect) float64 {
	w, h := min(a.X1, b.X1)-max(a.X0, b.X0), min(a.Y1, b.Y1)-max(a.Y0, b.Y0)
	area := func(r Rect) float64 { return (r.X1 - r.X0) * (r.Y1 - r.Y0) }
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / min(area(a), area(b))
}
