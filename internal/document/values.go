package document

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
	"github.com/openkyc/openkyc/internal/vision"
)

// value is what was read for one field of the type, or why nothing was.
type value struct {
	field *types.Field
	view  *view // nil when nothing was found
	spot  spot
	told  string
	date  types.Date
	sure  float64
	why   error

	asked, agreed int // readings, and how many of them say what is told
}

func (v *value) known() bool { return v.view != nil && v.why == nil }

// Why a field was not read.
var (
	errNotFound    = errors.New("neither its caption nor print at its place was found")
	errNoAlphabet  = errors.New("no recogniser of its alphabet is installed")
	errNoDirection = errors.New("no print across the page was found")
)

// roleOf is the recogniser that reads the values of an alphabet.
func roleOf(a types.Alphabet) string {
	if a == types.Cyrillic {
		return roleCyrillic
	}
	return roleLatin
}

// glanceRole is the recogniser of an alphabet that tells quickly what a page is.
func glanceRole(a types.Alphabet) string {
	if a == types.Cyrillic {
		return roleCyrillic
	}
	return roleQuick
}

// onlyDigits is what may stand in a field of digits.
const onlyDigits = "0123456789 .,-/"

// values reads every printed field of a type off the views, each from the view
// where it is read best. Where a field that must be there is not read, it looks
// for print once more, and finer.
func (r *Room) values(ctx context.Context, t *types.Type, views []*view, now time.Time) ([]value, error) {
	out := make([]value, len(t.Fields))
	for i := range t.Fields {
		out[i] = value{field: &t.Fields[i], why: errNotFound}
	}
	for _, v := range views {
		if v.code != "" || len(v.boxes) == 0 {
			continue
		}
		for _, role := range r.captionRoles(t) {
			if err := r.valuesOn(ctx, t, v, role, out, now); err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(out, func(x value) bool { return x.field.Printed() && v.shows(x.field) && !x.known() }) {
				break
			}
		}
	}
	for _, v := range views {
		if v.code != "" || v.fine || v.sight.outcome != absent || !slices.ContainsFunc(out, lacking) {
			continue
		}
		boxes, err := r.engine.detect(ctx, v.img, vision.SecondPass())
		if err != nil {
			return nil, err
		}
		if v.refine(boxes) {
			roles := r.captionRoles(t)
			if err := r.valuesOn(ctx, t, v, roles[len(roles)-1], out, now); err != nil {
				return nil, err
			}
		}
	}
	byForm(t, views, out, zoneOf(views), now)
	return out, nil
}

// zoneOf is the zone that was read on one of the views, nil when there is none.
func zoneOf(views []*view) *mrz.Zone {
	for _, v := range views {
		if v.sight.outcome == read && v.sight.reading != nil {
			return v.sight.reading.Zone
		}
	}
	return nil
}

// lacking tells that a document without this value is none.
func lacking(v value) bool { return v.field.Required && v.field.Printed() && !v.known() }

// refine takes the boxes of the finer pass where it found more print.
func (v *view) refine(boxes []strip) bool {
	v.fine = true
	if len(boxes) <= len(v.boxes) {
		return false
	}
	v.boxes, v.print = boxes, nil
	return true
}

// valuesOn reads the fields on one view, by one recogniser's captions, and keeps what
// is surer than what was read before.
func (r *Room) valuesOn(ctx context.Context, t *types.Type, v *view, role string, out []value, now time.Time) error {
	p, err := r.printed(ctx, v, role)
	if err != nil {
		return err
	}
	v.lay(t, p.along)
	if err := r.numbersBeside(ctx, v, p, t); err != nil {
		return err
	}
	var z *mrz.Zone
	if v.sight.outcome != absent && v.sight.reading != nil {
		z = v.sight.reading.Zone
	}
	a := newAssigner(t, p.along, v.grid, z)
	for i := range t.Fields {
		f := &t.Fields[i]
		if !f.Printed() || !v.shows(f) {
			continue
		}
		got, err := r.value(ctx, v, p, a, f, now)
		if err != nil {
			return err
		}
		if old := &out[i]; got.known() && (!old.known() || got.sure > old.sure) || !old.known() && got.view != nil {
			*old = got
		} else if !old.known() && got.why != nil && old.view == nil {
			old.why = got.why
		}
	}
	return nil
}

// scriptOf is the alphabet of a type's captions; without a recogniser of it, Latin,
// which at least finds digits.
func (r *Room) scriptOf(t *types.Type) types.Alphabet {
	if script := t.Script(); r.engine.has(roleOf(script)) {
		return script
	}
	return types.Latin
}

// captionRoles are the recognisers that read all of a page to find its captions,
// each where the one before leaves fields unread. Words that are known beforehand
// the quick one reads well enough, numbers of fields it does not.
func (r *Room) captionRoles(t *types.Type) []string {
	switch {
	case r.scriptOf(t) == types.Cyrillic:
		return []string{roleCyrillic}
	case t.Numbered():
		return []string{roleLatin}
	}
	return []string{roleQuick, roleLatin}
}

// shows tells that a field may stand on the view, as far as its side is known.
func (v *view) shows(f *types.Field) bool {
	return f.Side == "" || v.side == nil || v.side.Name == f.Side
}

// value reads one field on one view: the first spot whose print is of the field's form.
func (r *Room) value(ctx context.Context, v *view, p *sheetOfPrint, a *assigner, f *types.Field, now time.Time) (value, error) {
	out := value{field: f, why: errNotFound}
	if !r.engine.has(roleOf(f.Alphabet)) {
		out.why = errNoAlphabet
		return out, nil
	}
	spots := a.find(f)
	if f.Turned {
		var err error
		if spots, err = r.turned(ctx, v, p, a, f); err != nil {
			return out, err
		}
		out.why = errNoDirection
	}
	for _, s := range spots {
		got, err := r.read(ctx, v, p, s, f)
		if err != nil {
			return out, err
		}
		if out.view == nil || got.known() {
			out = got
		}
		if got.known() {
			out.dated(a.typ, now)
			break
		}
	}
	return out, nil
}

// read says what stands on a spot: as the page's recogniser has it, or by that of
// the field's alphabet, and where neither is sure by more of them.
func (r *Room) read(ctx context.Context, v *view, p *sheetOfPrint, s spot, f *types.Field) (value, error) {
	var out value
	for _, again := range []bool{p.role != roleOf(f.Alphabet), true} {
		if again && !f.Turned {
			if err := r.reread(ctx, v, &s, f, roleOf(f.Alphabet)); err != nil {
				return out, err
			}
		}
		told, date, err := f.Grammar.Read(s.text)
		if f.Alphabet == types.Cyrillic { // printed in capitals, and small с, о, х look like them
			told = strings.ToUpper(told)
		}
		if out.view == nil || err == nil {
			out = value{field: f, view: v, spot: s, told: told, date: date, sure: s.sure, why: err}
		}
		if err == nil || again || f.Alphabet != types.Digits {
			break
		}
	}
	if f.Turned { // was read both ways already
		return out, nil
	}
	return out, r.reconsider(ctx, v, &out, f.Alphabet == types.Cyrillic)
}

// reread reads a spot anew by a recogniser, within the characters of its field.
func (r *Room) reread(ctx context.Context, v *view, s *spot, f *types.Field, role string) error {
	only := ""
	if f.Alphabet == types.Digits {
		only = onlyDigits
	}
	strips := make([]strip, len(s.items))
	for i := range s.items {
		strips[i] = s.items[i].strip
	}
	texts, sure, err := r.engine.texts(ctx, v.img, strips, role, only)
	if err != nil {
		return err
	}
	s.text, s.sure = "", 1
	for i, text := range texts {
		if text = types.Tidy(strings.Join(strings.Fields(text), " ")); text != "" {
			s.text, s.sure = strings.TrimSpace(s.text+" "+text), min(s.sure, sure[i])
		}
	}
	return nil
}

// dated fills in the century of a date that is printed with two digits.
func (v *value) dated(t *types.Type, now time.Time) {
	if v.field.Grammar.Kind != types.KindDate || v.date.Year >= 100 {
		return
	}
	ends := slices.ContainsFunc(t.Rules, func(r types.Rule) bool { return r.Kind == types.RuleFuture && r.Field == v.field.Title })
	year := now.Year()/100*100 + v.date.Year
	switch d := (types.Date{Year: year, Month: v.date.Month, Day: v.date.Day}); {
	case ends && year > now.Year()+50, !ends && d.Time().After(now):
		year -= 100
	case ends && year < now.Year()-50:
		year += 100
	}
	v.date.Year = year
	v.told = v.date.String()
}

// turned reads print that runs along the page's height, both ways, and keeps
// what is of the field's form and surest.
func (r *Room) turned(ctx context.Context, v *view, p *sheetOfPrint, a *assigner, f *types.Field) ([]spot, error) {
	var best []spot
	for _, run := range runs(p.across) {
		if f.Place != nil && a.grid != nil && !f.Place.Has(a.grid.at(run[0].centre), 0.04) && len(runs(p.across)) > 1 && best != nil {
			continue
		}
		for _, s := range [][]strip{run, upsideDown(run)} {
			only := ""
			if f.Alphabet == types.Digits {
				only = onlyDigits
			}
			texts, sure, err := r.engine.texts(ctx, v.img, s, roleOf(f.Alphabet), only)
			if err != nil {
				return nil, err
			}
			got := spot{text: strings.Join(texts, " "), sure: slices.Min(sure), by: "place"}
			for i := range s {
				got.items = append(got.items, item{strip: s[i], text: texts[i], sure: sure[i]})
			}
			if _, _, err := f.Grammar.Read(got.text); err == nil && (best == nil || got.sure > best[0].sure) {
				best = []spot{got}
			}
		}
	}
	return best, nil
}

// runs joins strips that continue one another, top to bottom.
func runs(across []strip) [][]strip {
	all := slices.Clone(across)
	for i := range all {
		if all[i].dir.Y < 0 {
			all[i] = all[i].turned()
		}
	}
	slices.SortFunc(all, func(a, b strip) int { return cmp.Compare(a.centre.Y, b.centre.Y) })
	var out [][]strip
next:
	for _, s := range all {
		for i := range out {
			last := out[i][len(out[i])-1]
			if gap := last.place(s.start()) - last.w/2; math.Abs(last.offset(s.centre)) < 0.5*last.h && gap > -last.h && gap < 2*last.h {
				out[i] = append(out[i], s)
				continue next
			}
		}
		out = append(out, []strip{s})
	}
	return out
}

func upsideDown(run []strip) []strip {
	out := slices.Clone(run)
	slices.Reverse(out)
	for i := range out {
		out[i] = out[i].turned()
	}
	return out
}
