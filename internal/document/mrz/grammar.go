package mrz

import "strings"

// cell is what the grammar says of one place of a line.
type cell struct {
	kind  Kind
	view  int
	index int // within the field
	last  bool

	weight    int // under the check digit of its own field, 0: none
	starts    bool
	check     bool // is the check digit of the field before it
	empty     bool // and may be a filler when that is empty
	spills    bool // or when the number goes on in the optional data
	composite int  // weight under the composite digit, 0: none
	total     bool // is the composite digit
	first     string
	only      string // what may stand here and nothing else; "": no such bound
}

// compile lays the format out as cells.
func compile(f *Format) [][]cell {
	lines := make([][]cell, f.Lines)
	for i := range lines {
		lines[i] = make([]cell, f.LineWidth(i))
	}
	for _, x := range f.Fields {
		for i := x.Span.From; i < x.Span.To; i++ {
			c := &lines[x.Span.Line][i]
			c.kind, c.index, c.last, c.first = x.Kind, i-x.Span.From, i == x.Span.To-1, f.First
			switch x.Kind {
			case KindDate, KindDigit, KindDigits:
				c.view = asDigit
			case KindCode, KindState, KindNames, KindSex, KindLetters:
				c.view = asLetter
			case KindRussian:
				c.view = asRussian
			case KindText:
			}
			if x.Only != nil && x.Only[c.index] != "" {
				c.only, c.view = x.Only[c.index], viewOf(x.Only[c.index])
			}
		}
	}
	for _, k := range f.Checks {
		at := &lines[k.At.Line][k.At.From]
		at.kind, at.view = KindDigit, asDigit
		if k.Name == Composite {
			at.total = true
			n := 0
			for _, s := range k.Over {
				for i := s.From; i < s.To; i++ {
					lines[s.Line][i].composite = weight(n)
					n++
				}
			}
			continue
		}
		at.check, at.empty, at.spills = true, k.Empty, k.Spill.To > 0
		for _, s := range k.Over {
			for i := s.From; i < s.To; i++ {
				lines[s.Line][i].weight = weight(i - s.From)
			}
			lines[s.Line][s.From].starts = true
		}
	}
	return lines
}

// viewOf a choice: digits are looked at as digits, letters as letters.
func viewOf(only string) int {
	switch {
	case strings.Trim(only, "0123456789") == "":
		return asDigit
	case strings.ContainsAny(only, "0123456789<"):
		return asText
	}
	return asLetter
}

// state is what a hypothesis must remember of its past; it packs into a key, so
// that hypotheses with one future are compared and the better one stays.
type state struct {
	pos   int
	last  int8 // symbol, or none
	blank bool // a blank stood after it
	field uint8
	total uint8
	aux   uint16 // names: place in the name grammar; states: letters so far; text: whether anything but fillers came
}

const none = int8(63)

func (s state) key() uint64 {
	k := uint64(s.pos)<<32 | uint64(s.last)<<26 | uint64(s.field)<<20 | uint64(s.total)<<16 | uint64(s.aux)
	if s.blank {
		k |= 1 << 40
	}
	return k
}

// Places in the grammar of the name field: PRIMARY[<PART]<<SECONDARY[<PART]<<<
const (
	nameStart = iota
	namePrimary
	namePrimaryGap
	nameBetween
	nameSecondary
	nameSecondaryGap
	nameEnd
)

// Costs in nats of what is legal but rare, and the bonus of a filler in names,
// which recognisers under-read.
const (
	unknownState = 4.0
	unknownDate  = 4.0
	spilled      = 3.0
	nameFiller   = 1.5
)

// advance moves a state over one symbol in a cell: the new state, what the
// grammar adds to the score, and whether it allows it at all.
func (c *cell) advance(s state, sym int8, enforce bool) (state, float32, bool) {
	add, ok := float32(0), true
	if c.index == 0 && c.kind != KindDigit {
		s.aux = 0
	}
	if c.only != "" && !containsSymbol(c.only, sym) {
		return s, 0, false
	}
	switch c.kind {
	case KindCode:
		ok = c.holds(sym)
	case KindState:
		s.aux, add, ok = c.state(s.aux, sym)
	case KindNames, KindRussian:
		s.aux, ok = name(s.aux, sym, c.kind == KindRussian)
		if sym == fillerSymbol {
			add = nameFiller
		}
	case KindLetters:
		if ok = c.holds(sym); sym == fillerSymbol {
			add = nameFiller
		}
	case KindDigits:
		ok = c.holds(sym)
	case KindText:
		if sym != fillerSymbol {
			s.aux = 1
		}
	case KindDate:
		ok = c.holds(sym)
		if sym == fillerSymbol {
			add = -unknownDate
		}
	case KindSex:
		ok = c.holds(sym)
	case KindDigit:
		ok = sym < 10 || sym == fillerSymbol && (c.empty && s.aux == 0 || c.spills)
		if sym == fillerSymbol && c.spills {
			add = -spilled
		}
	}
	if !ok {
		return s, 0, false
	}
	if enforce && !c.count(&s, sym) {
		return s, 0, false
	}
	s.pos, s.last, s.blank = s.pos+1, sym, false
	return s, add, true
}

// count adds the symbol to the running sums, and compares where it is a digit of
// check.
func (c *cell) count(s *state, sym int8) bool {
	v := 0
	if sym != fillerSymbol {
		v = int(sym)
	}
	if c.check {
		if sym != fillerSymbol && v != int(s.field) {
			return false
		}
		s.field = 0
	}
	if c.total {
		if v != int(s.total) {
			return false
		}
		s.total = 0
	}
	if c.starts {
		s.field = 0
	}
	if c.weight > 0 {
		s.field = uint8((int(s.field) + v*c.weight) % 10)
	}
	if c.composite > 0 {
		s.total = uint8((int(s.total) + v*c.composite) % 10)
	}
	return true
}

// demanded is the one digit that enforced check digits leave open in this cell.
func (c *cell) demanded(s state) (int8, bool) {
	switch {
	case c.check:
		return int8(s.field), true
	case c.total:
		return int8(s.total), true
	}
	return 0, false
}

// state reads a code of up to three letters; an unknown one is legal but dear.
func (c *cell) state(aux uint16, sym int8) (uint16, float32, bool) {
	letter := uint16(0) // 0 is the filler
	if isLetter(sym) {
		letter = uint16(sym-10) + 1
	} else if sym != fillerSymbol || c.index == 0 {
		return 0, 0, false
	}
	if c.index > 0 && letter > 0 && aux%27 == 0 {
		return 0, 0, false // a letter after a filler
	}
	aux = aux*27 + letter
	if !c.last {
		return aux, 0, true
	}
	code := ""
	for _, n := range [...]uint16{aux / 729, aux / 27 % 27, aux % 27} {
		if n > 0 {
			code += string(rune('A' + n - 1))
		}
	}
	if !KnownState(code) {
		return 0, -unknownState, true
	}
	return 0, 0, true
}

// name walks the grammar of the name field.
func name(place uint16, sym int8, russian bool) (uint16, bool) {
	if isLetter(sym) || russian && isRussianDigit(sym) {
		switch place {
		case nameStart, namePrimary, namePrimaryGap:
			return namePrimary, true
		case nameBetween, nameSecondary, nameSecondaryGap:
			return nameSecondary, true
		}
		return 0, false
	}
	if sym != fillerSymbol {
		return 0, false
	}
	switch place {
	case namePrimary:
		return namePrimaryGap, true
	case namePrimaryGap:
		return nameBetween, true
	case nameSecondary:
		return nameSecondaryGap, true
	case nameBetween, nameSecondaryGap, nameEnd:
		return nameEnd, true
	}
	return 0, false
}

// holds tells whether a symbol can stand in the cell at all, whatever came before.
func (c *cell) holds(sym int8) bool {
	if c.only != "" {
		return containsSymbol(c.only, sym)
	}
	switch c.kind {
	case KindCode:
		return isLetter(sym) && (c.index > 0 || containsSymbol(c.first, sym)) || c.index > 0 && sym == fillerSymbol
	case KindState:
		return isLetter(sym) || c.index > 0 && sym == fillerSymbol
	case KindNames, KindLetters:
		return isLetter(sym) || sym == fillerSymbol
	case KindRussian:
		return isLetter(sym) || isRussianDigit(sym) || sym == fillerSymbol
	case KindDigits:
		return sym < 10
	case KindDate:
		return sym < 10 || sym == fillerSymbol
	case KindSex:
		return sym == fillerSymbol || containsSymbol("MF", sym)
	case KindDigit:
		return sym < 10 || (c.empty || c.spills) && sym == fillerSymbol
	case KindText:
	}
	return true
}

func isLetter(sym int8) bool { return sym >= 10 && sym < fillerSymbol }

// isRussianDigit tells the digits that stand for letters; 0, 1 and 5 do not.
func isRussianDigit(sym int8) bool { return sym < 10 && sym != 0 && sym != 1 && sym != 5 }

func containsSymbol(text string, sym int8) bool {
	for i := range len(text) {
		if text[i] == Alphabet[sym] {
			return true
		}
	}
	return false
}
