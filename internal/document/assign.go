package document

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
)

// spot is where a field's value was found: pieces in reading order and what they
// say together.
type spot struct {
	items []item
	text  string
	sure  float64
	by    string // "caption", "place", "order", "form" or byBarcode
}

const byBarcode = "barcode"

// captioned maps an item to the caption that it holds, the longest of all fields'.
func captioned(t *types.Type, items []item) map[int]types.Caption {
	out := map[int]types.Caption{}
	for i, it := range items {
		best := 0
		for f := range t.Fields {
			for _, c := range t.Fields[f].Captions {
				if n := c.Find(it.text); n > best {
					out[i], best = c, n
				}
			}
		}
	}
	return out
}

// assigner finds the values of a type's fields on one page.
type assigner struct {
	typ   *types.Type
	items []item
	caps  map[int]types.Caption
	grid  *grid // nil when the page's place is not known
}

// newAssigner takes a grid that was laid by the zone alone only where the zone's
// own values stand at their places: states change their layouts.
func newAssigner(t *types.Type, items []item, g *grid, z *mrz.Zone) *assigner {
	a := &assigner{typ: t, items: items, caps: captioned(t, items), grid: g}
	a.inSequence()
	if g != nil && g.zone && !a.layoutHolds(z) {
		a.grid = nil
	}
	return a
}

// layoutAgrees is how many of the zone's values must stand at their places.
const layoutAgrees = 2

// layoutHolds tells whether what stands at the type's places is what the zone says.
func (a *assigner) layoutHolds(z *mrz.Zone) bool {
	if z == nil {
		return false
	}
	agree := 0
	for i := range a.typ.Fields {
		f := &a.typ.Fields[i]
		if f.Place == nil || f.Zone == "" || f.Alphabet == types.Cyrillic {
			continue
		}
		s, ok := a.atPlace(f)
		if !ok {
			continue
		}
		told, date, err := f.Grammar.Read(s.text)
		if err != nil {
			continue
		}
		if f.Compare == types.CompareDate {
			if written := z.Raw(zoneName(f.Zone)); written == fmt.Sprintf("%02d%02d%02d", date.Year%100, date.Month, date.Day) {
				agree++
			}
		} else if zone := zoneText(z, f.Zone); len(zone) > 1 && (sameNumber(told, zone) || nameDistance(told, zone) == 0) {
			agree++
		}
	}
	return agree >= layoutAgrees
}

// find lists where the field may stand. The place goes first where print at known
// places laid the grid, for such a layout tells more than captions in small print;
// a grid laid by the zone only helps where captions are not legible.
func (a *assigner) find(f *types.Field) []spot {
	var placed []spot
	if f.Place != nil && a.grid != nil {
		if s, ok := a.atPlace(f); ok {
			placed = append(placed, s)
		}
	}
	if a.grid != nil && a.grid.zone {
		return append(a.byCaptions(f), placed...)
	}
	return append(placed, a.byCaptions(f)...)
}

// byCaptions lists where the field stands by its captions, the surest first.
func (a *assigner) byCaptions(f *types.Field) []spot {
	var out []spot
	var holders []int
	for i := range a.items {
		if c, is := a.caps[i]; is && slices.ContainsFunc(f.Captions, func(own types.Caption) bool { return own.Text == c.Text }) {
			holders = append(holders, i)
		}
	}
	// Longer captions tell more; a title may resemble a short one.
	slices.SortStableFunc(holders, func(i, j int) int { return a.caps[j].Find(a.items[j].text) - a.caps[i].Find(a.items[i].text) })
	for _, i := range holders[:min(len(holders), maxHolders)] {
		if s, ok := a.atCaption(f, i, a.caps[i]); ok {
			out = append(out, s)
		}
	}
	if len(holders) == 0 && f.Value == types.Inline {
		if s, ok := a.inOrder(f); ok {
			out = append(out, s)
		}
	}
	return out
}

// maxHolders bounds how many pieces of print may be a field's caption.
const maxHolders = 3

// How far beyond its place print may stand, relative to the page: printers miss,
// and so do grids, those laid by the zone alone more.
const (
	placeMargin = 0.006
	zoneMargin  = 0.014
)

// atPlace collects the print whose middle lies in the field's place.
func (a *assigner) atPlace(f *types.Field) (spot, bool) {
	var in []item
	margin := placeMargin
	if a.grid.zone {
		margin = zoneMargin
	}
	for i, it := range a.items {
		c, is := a.caps[i]
		if !is && a.standsForCaption(it) {
			continue
		}
		if is { // a caption, with the value behind it when the detector saw one box
			rest, ok := c.Behind(it.text)
			if !ok || rest == "" {
				continue
			}
			it = it.behind(rest)
		}
		if f.Place.Has(a.grid.at(it.strip.centre), margin) {
			in = append(in, it)
		}
	}
	rows := slices.DeleteFunc(rowsOf(in), func(row []item) bool {
		return slices.ContainsFunc(row, func(it item) bool { return a.ofAnother(f, it) })
	})
	middle := func(row []item) float64 {
		return math.Abs(a.grid.at(row[0].strip.centre).Y - (f.Place.Y0+f.Place.Y1)/2)
	}
	for len(rows) > f.Lines { // of another field's, above or below
		if middle(rows[0]) > middle(rows[len(rows)-1]) {
			rows = rows[1:]
		} else {
			rows = rows[:len(rows)-1]
		}
	}
	return joined(rows, f, "place")
}

// ofAnother tells print that belongs to no text: it has, whole and mostly in digits,
// the strict form of another field, as a date above a place of birth has that the
// grid of a bent page puts into its place.
func (a *assigner) ofAnother(f *types.Field, it item) bool {
	digits := 0
	for _, r := range it.text {
		if digit(r) {
			digits++
		}
	}
	if f.Grammar.Kind != types.KindText && f.Grammar.Kind != types.KindName || 2*digits < len([]rune(it.text)) {
		return false
	}
	return slices.ContainsFunc(a.typ.Fields, func(other types.Field) bool {
		if kind := other.Grammar.Kind; kind != types.KindDate && kind != types.KindCode {
			return false
		}
		_, _, err := other.Grammar.Read(it.text)
		return err == nil
	})
}

// How near to a caption's place print lies that can be nothing but the caption,
// relative to the page, and how wide a letter of small print is, in millimetres.
const (
	captionNearX  = 0.025
	captionNearY  = 0.012
	captionLetter = 1.25
)

// standsForCaption tells a caption, or a piece of one, that is not legible by where it stands.
func (a *assigner) standsForCaption(it item) bool {
	from, to := a.grid.at(it.strip.start()), a.grid.at(it.strip.end())
	return slices.ContainsFunc(a.typ.Fields, func(f types.Field) bool {
		if f.CaptionAt == nil || math.Abs(from.Y-f.CaptionAt.Y) > captionNearY || from.X < f.CaptionAt.X-captionNearX {
			return false
		}
		return slices.ContainsFunc(f.Captions, func(c types.Caption) bool {
			return to.X < f.CaptionAt.X+captionLetter*float64(len([]rune(c.Text)))/a.typ.Size.Width+captionNearX
		})
	})
}

// atCaption looks behind a caption, to its right, or below it.
func (a *assigner) atCaption(f *types.Field, of int, c types.Caption) (spot, bool) {
	if f.Value == types.Inline || f.Value == types.Right {
		return a.behind(f, of, c)
	}
	rows := a.below(f, of)
	if len(rows) > f.Skip {
		return joined(rows[f.Skip:], f, "caption")
	}
	if f.Value == types.Near && f.Skip == 0 {
		return a.behind(f, of, c)
	}
	return spot{}, false
}

// valueGap is the widest space within a value behind its caption, in heights.
const valueGap = 1.5

// behind takes the rest of the caption's line, and the lines below its value.
func (a *assigner) behind(f *types.Field, of int, c types.Caption) (spot, bool) {
	first := a.items[of]
	rest, ok := c.Behind(first.text)
	var row []item
	if ok && rest != "" && (f.Value != types.Near) {
		first = first.behind(rest)
		first.text = a.untilNumber(rest)
		row = append(row, first)
	}
	for i, it := range a.items {
		if i == of || math.Abs(it.v-a.items[of].v) > 0.6*max(it.h, a.items[of].h) || it.u < a.items[of].u+0.5*a.items[of].w {
			continue
		}
		row = append(row, it)
	}
	slices.SortFunc(row, func(x, y item) int { return cmp.Compare(x.u, y.u) })
	if len(row) > 1 && row[0].strip == first.strip && row[1].u < row[0].u+row[0].w/2 {
		row = row[1:] // the caption's box reaches into the value's: its first character is read twice
	}
	for i, it := range row { // up to the next caption, or print that belongs to something else
		if a.isCaption(it, of) || i > 0 && it.u-(row[i-1].u+row[i-1].w) > valueGap*max(it.h, row[i-1].h) {
			row = row[:i]
			break
		}
	}
	if len(row) == 0 {
		return spot{}, false
	}
	all := [][]item{row}
	for at, n := row[0], 1; n < f.Lines; n++ {
		next, ok := a.nextLine(at)
		if !ok || a.ofAnother(f, next[0]) {
			break
		}
		all, at = append(all, next), next[0]
	}
	return joined(all, f, "caption")
}

func (a *assigner) isCaption(it item, but int) bool {
	for i, c := range a.items {
		if i != but && c.strip == it.strip {
			_, is := a.caps[i]
			return is
		}
	}
	return false
}

// untilNumber cuts a line before the number of the next field on it.
func (a *assigner) untilNumber(text string) string {
	words := strings.Fields(text)
	for i := 1; i < len(words); i++ {
		for f := range a.typ.Fields {
			for _, c := range a.typ.Fields[f].Captions {
				if c.Find(strings.Join(words[i:], " ")) > 0 && strings.ContainsAny(words[i], ".)") && len(words[i]) <= len(c.Text)+1 {
					return strings.Join(words[:i], " ")
				}
			}
		}
	}
	return text
}

// below takes the field's lines under a caption that begin where it begins.
func (a *assigner) below(f *types.Field, of int) [][]item {
	c := a.items[of]
	var out [][]item
	first, distance := -1, math.Inf(1)
	for j, it := range a.items {
		if _, is := a.caps[j]; is || j == of {
			continue
		}
		d := it.v - c.v
		// Values are set larger than their captions, so that both heights bound the step.
		if d < 0.4*c.h || d > 2.6*max(c.h, 0.7*it.h) || math.Abs(it.u-c.u) > 1.6*max(c.h, it.h) {
			continue
		}
		if d < distance {
			first, distance = j, d
		}
	}
	if first < 0 {
		return nil
	}
	at := a.items[first]
	row := append([]item{at}, a.continued(at)...)
	for out = append(out, row); len(out) < f.Skip+f.Lines; {
		next, ok := a.nextLine(at)
		if !ok || len(out) >= f.Skip && a.ofAnother(f, next[0]) {
			break
		}
		out, at = append(out, next), next[0]
	}
	return out
}

// wordGap is the widest space between words of one value, in heights.
const wordGap = 0.9

// continued lists the pieces that go on where one ends, on its line.
func (a *assigner) continued(at item) []item {
	var out []item
	for again := true; again; {
		again = false
		for j, it := range a.items {
			_, is := a.caps[j]
			gap := it.u - (at.u + at.w)
			if !is && it.strip != at.strip && math.Abs(it.v-at.v) < 0.35*max(it.h, at.h) && gap > -0.5*at.h && gap < wordGap*at.h {
				out, at, again = append(out, it), it, true
				break
			}
		}
	}
	return out
}

// nextLine is the line of the same value under a piece of it: same height, same
// beginning, no caption between.
func (a *assigner) nextLine(at item) ([]item, bool) {
	best, distance := -1, math.Inf(1)
	for j, it := range a.items {
		d := it.v - at.v
		if d < 0.5*at.h || d > 2*at.h || math.Abs(it.u-at.u) > 1.6*at.h || it.h > 1.6*at.h || it.h < 0.6*at.h || d >= distance {
			continue
		}
		best, distance = j, d
	}
	if best < 0 {
		return nil, false
	}
	if _, is := a.caps[best]; is || a.led(a.items[best]) {
		return nil, false
	}
	return append([]item{a.items[best]}, a.continued(a.items[best])...), true
}

// led tells that a caption stands before a piece on its line.
func (a *assigner) led(it item) bool {
	for j := range a.caps {
		if c := a.items[j]; math.Abs(c.v-it.v) < 0.6*max(c.h, it.h) && c.u < it.u && it.u-(c.u+c.w) < 3*it.h {
			return true
		}
	}
	return false
}

// rowsOf sorts pieces into lines, top to bottom and left to right.
func rowsOf(items []item) [][]item {
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.v, b.v) })
	var out [][]item
	for _, it := range items {
		if n := len(out); n > 0 && math.Abs(it.v-out[n-1][0].v) < 0.5*max(it.h, out[n-1][0].h) {
			out[n-1] = append(out[n-1], it)
			continue
		}
		out = append(out, []item{it})
	}
	for _, row := range out {
		slices.SortFunc(row, func(a, b item) int { return cmp.Compare(a.u, b.u) })
	}
	return out
}

// speck is the height of what is no print, as a share of the print beside it.
const speck = 0.45

// joined makes one value of up to the field's lines.
func joined(rows [][]item, f *types.Field, by string) (spot, bool) {
	s := spot{sure: 1, by: by}
	var words []string
	tall := 0.0
	rows = rows[:min(len(rows), f.Lines)]
	for _, row := range rows {
		for _, it := range row {
			tall = max(tall, it.h)
		}
	}
	for _, row := range rows {
		for _, it := range row {
			if it.h < speck*tall {
				continue
			}
			s.items = append(s.items, it) // also what another recogniser will have to read
			if text := types.Tidy(strings.Join(strings.Fields(it.text), " ")); text != "" {
				words, s.sure = append(words, text), min(s.sure, it.sure)
			}
		}
	}
	s.text = strings.Join(words, " ")
	return s, len(s.items) > 0
}
