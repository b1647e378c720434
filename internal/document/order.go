package document

import (
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
