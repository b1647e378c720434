package document

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/document/types"
)

// numbered is the first line of a numbered field that was found: where its
// number and its value begin.
type numbered struct {
	field int
	v     float64
	u     float64 // of the value
	h     float64
}

// The measures of lines whose numbers were not found: how far the lines above a
// known one may differ from the common step, and from where values begin.
const (
	stepNear  = 0.25
	startNear = 1.2
)

// inOrder finds the value of a field whose number the detector missed, as it
// does with a lone "1.": numbers count up, line by line, so that the lines over
// a field that was found are those of the fields before it. It answers only
// where lines stand in even steps, for a value of two lines would shift them.
func (a *assigner) inOrder(f *types.Field) (spot, bool) {
	order, found := a.numberedLines()
	of := slices.IndexFunc(order, func(i int) bool { return a.typ.Fields[i].Captions[0].Text == f.Captions[0].Text })
	if of < 0 || len(found) < 3 {
		return spot{}, false
	}
	step := commonStep(found)
	for _, next := range found {
		k := slices.Index(order, next.field) - of
		if k < 1 || k > 2 || step == 0 || !a.consecutive(order[of:of+k+1]) {
			continue
		}
		at := next
		var line item
		for range k {
			i := slices.IndexFunc(a.items, func(it item) bool {
				d := at.v - it.v
				return math.Abs(it.u-at.u) < startNear*at.h && math.Abs(d-step) < stepNear*step && strings.TrimSpace(it.text) != ""
			})
			if i < 0 {
				return spot{}, false
			}
			if _, is := a.caps[i]; is || a.led(a.items[i]) {
				return spot{}, false
			}
			line = a.items[i]
			at = numbered{v: line.v, u: line.u, h: line.h}
		}
		return joined([][]item{append([]item{line}, a.continued(line)...)}, f, "order")
	}
	return spot{}, false
}

// consecutive tells that no number is left out between fields: 1, 2, 3, 4a, 4b, 5.
func (a *assigner) consecutive(order []int) bool {
	for i := 1; i < len(order); i++ {
		if a.typ.Fields[order[i]].Captions[0].Text[0]-a.typ.Fields[order[i-1]].Captions[0].Text[0] > 1 {
			return false
		}
	}
	return true
}

// numberedLines lists the type's fields that begin a numbered line, and those
// whose number was found with a value behind it.
func (a *assigner) numberedLines() (order []int, found []numbered) {
	for i := range a.typ.Fields {
		f := &a.typ.Fields[i]
		if f.Value != types.Inline || len(f.Captions) == 0 || !f.Required || slices.ContainsFunc(order, func(j int) bool { return a.typ.Fields[j].Captions[0].Text == f.Captions[0].Text }) {
			continue
		}
		order = append(order, i)
	}
	slices.SortFunc(order, func(i, j int) int {
		return strings.Compare(a.typ.Fields[i].Captions[0].Text, a.typ.Fields[j].Captions[0].Text)
	})
	for _, i := range order {
		for j, c := range a.caps {
			if c.Text != a.typ.Fields[i].Captions[0].Text {
				continue
			}
			s, ok := a.behind(&a.typ.Fields[i], j, c)
			if ok {
				found = append(found, numbered{field: i, v: a.items[j].v, u: s.items[0].u, h: s.items[0].h})
			}
		}
	}
	return order, found
}

// commonStep is the least distance of two lines that follow one another.
func commonStep(found []numbered) float64 {
	step := 0.0
	for i := range found {
		for j := range i {
			if d := math.Abs(found[i].v - found[j].v); d > found[i].h/2 && (step == 0 || d < step) {
				step = d
			}
		}
	}
	return step
}

// besideMargin is how much before a number reading begins, in heights of its line.
const besideMargin = 0.25

// numbersBeside finds the numbers of a numbered page that the detector missed, as
// it does with small ones: where some were found, lines that begin in the same
// column are read anew from where their numbers must stand, and what then stands
// before what was read is the number.
func (r *Room) numbersBeside(ctx context.Context, v *view, p *sheetOfPrint, t *types.Type) error {
	a := newAssigner(t, p.along, nil, nil)
	before, lines := a.columns()
	if p.numbered || len(lines) == 0 {
		return nil
	}
	p.numbered = true
	var of []item
	var strips []strip
	for i, it := range p.along {
		if _, is := a.caps[i]; is || a.led(it) || it.w < it.h || !inColumn(lines, it) {
			continue
		}
		s := it.strip
		more := before + besideMargin*s.h
		s.centre, s.w = s.centre.along(s.dir, -more/2), s.w+more
		of, strips = append(of, it), append(strips, s)
	}
	read, err := r.engine.pieces(ctx, v.img, strips, p.role, "")
	if err != nil {
		return err
	}
	for k, it := range of {
		number, found := a.numberBefore(read[k].text, it.text)
		if !found {
			continue
		}
		s := it.strip
		s.centre, s.w = s.start().along(s.dir, -before/2), before
		p.along = append(p.along, item{strip: s, u: it.u - before, v: it.v, w: before * 0.9, h: it.h, text: number, sure: read[k].sure})
	}
	return nil
}

// numberBefore is the field's number that stands before a line's text, one that
// was not found elsewhere.
func (a *assigner) numberBefore(whole, line string) (number string, found bool) {
	whole, line = strings.ReplaceAll(whole, " ", ""), strings.ReplaceAll(line, " ", "")
	head, ok := strings.CutSuffix(whole, line)
	if head = strings.Trim(head, ".,-"); !ok || head == "" {
		return "", false
	}
	for i := range a.typ.Fields {
		for _, c := range a.typ.Fields[i].Captions {
			if a.typ.Fields[i].Value != types.Inline || !c.Alone(head) {
				continue
			}
			for _, known := range a.caps {
				if known.Text == c.Text {
					return "", false
				}
			}
			return c.Text, true
		}
	}
	return "", false
}

// columns tells how far before its value a number stands, the middle of what was
// found, and the lines that it was found on.
func (a *assigner) columns() (before float64, lines []numbered) {
	var all []float64
	for i, c := range a.caps {
		at := slices.IndexFunc(a.typ.Fields, func(f types.Field) bool {
			return f.Value == types.Inline && slices.ContainsFunc(f.Captions, func(own types.Caption) bool { return own.Text == c.Text })
		})
		if at < 0 {
			continue
		}
		s, ok := a.behind(&a.typ.Fields[at], i, c)
		if !ok || s.items[0].u-a.items[i].u > 4*a.items[i].h {
			continue
		}
		all = append(all, s.items[0].u-a.items[i].u)
		lines = append(lines, numbered{field: at, v: a.items[i].v, u: s.items[0].u, h: s.items[0].h})
	}
	if len(all) == 0 {
		return 0, nil
	}
	slices.Sort(all)
	return all[len(all)/2], lines
}

// inColumn tells that a piece begins where values of the nearest known line begin.
func inColumn(lines []numbered, it item) bool {
	nearest := slices.MinFunc(lines, func(a, b numbered) int { return cmp.Compare(math.Abs(a.v-it.v), math.Abs(b.v-it.v)) })
	return slices.ContainsFunc(lines, func(l numbered) bool {
		return math.Abs(l.u-it.u) < startNear*it.h && math.Abs(l.v-it.v) <= 2*math.Abs(nearest.v-it.v)+it.h
	})
}

// inSequence drops numbers that stand out of their order, as a 7 does that was
// read as 1: of those from top to bottom the longest sequence that counts up is kept.
func (a *assigner) inSequence() {
	var at []int
	for i, c := range a.caps {
		if c.Text[0] >= '1' && c.Text[0] <= '9' && slices.ContainsFunc(a.typ.Fields, func(f types.Field) bool {
			return f.Value == types.Inline && len(f.Captions) > 0 && f.Captions[0].Text == c.Text
		}) {
			at = append(at, i)
		}
	}
	slices.SortFunc(at, func(i, j int) int { return cmp.Compare(a.items[i].v, a.items[j].v) })
	digit := func(i int) byte { return a.caps[i].Text[0] } // 4a to 4d stand beside each other
	length, before, last := make([]int, len(at)), make([]int, len(at)), -1
	for i := range at {
		length[i], before[i] = 1, -1
		for j := range i {
			if digit(at[j]) <= digit(at[i]) && length[j]+1 > length[i] {
				length[i], before[i] = length[j]+1, j
			}
		}
		if last < 0 || length[i] > length[last] {
			last = i
		}
	}
	kept := map[int]bool{}
	for ; last >= 0; last = before[last] {
		kept[at[last]] = true
	}
	for _, i := range at {
		if !kept[i] {
			delete(a.caps, i)
		}
	}
}
