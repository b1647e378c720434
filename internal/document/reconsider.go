package document

import (
	"context"
	"slices"
	"strings"

	"github.com/openkyc/openkyc/internal/document/types"
)

// sureAlone is how sure one reading must be to stand without a second.
const sureAlone = 0.97

// reconsider reads a value again where one reading is not sure enough: numbers,
// dates and codes by the other recognisers, other text in other cuts. What most
// readings say is told; where each says something else, the first stands, and
// how many agreed is kept for the confidence.
func (r *Room) reconsider(ctx context.Context, v *view, out *value, upper bool) error {
	out.asked, out.agreed = 1, 1
	if out.known() && out.sure >= sureAlone || len(out.spot.items) == 0 {
		return nil
	}
	readings, err := r.readAgain(ctx, v, out)
	if err != nil {
		return err
	}
	all := []value{*out}
	for _, s := range readings {
		told, date, err := out.field.Grammar.Read(s.text)
		if upper {
			told = strings.ToUpper(told)
		}
		all = append(all, value{field: out.field, view: v, spot: s, told: told, date: date, sure: s.sure, why: err})
	}
	best, most := -1, 0
	for i, a := range all {
		if !a.known() {
			continue
		}
		n := 0
		for _, b := range all {
			if b.known() && b.told == a.told {
				n++
			}
		}
		if n > most || n == most && !all[best].known() {
			best, most = i, n
		}
	}
	if best < 0 {
		return nil
	}
	*out = all[best]
	for _, a := range all {
		if a.known() && a.told == out.told {
			out.sure = max(out.sure, a.sure)
		}
	}
	out.asked, out.agreed = len(all), most
	return nil
}

// How much higher and lower other cuts of a line are.
const (
	cutHigher = 1.12
	cutLower  = 0.88
)

// readAgain gives the further readings of a value's print.
func (r *Room) readAgain(ctx context.Context, v *view, of *value) ([]spot, error) {
	var out []spot
	f := of.field
	if f.Alphabet != types.Cyrillic {
		if !slices.Contains([]types.Kind{types.KindNumber, types.KindDate, types.KindCode}, f.Grammar.Kind) {
			return nil, nil
		}
		for _, role := range []string{roleLatin3, roleHan} {
			s := of.spot
			if err := r.reread(ctx, v, &s, f, role); err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return out, nil
	}
	for _, by := range []float64{cutHigher, cutLower} {
		s := of.spot
		s.items = slices.Clone(s.items)
		for i := range s.items {
			s.items[i].strip.h *= by
		}
		if err := r.reread(ctx, v, &s, f, roleCyrillic); err != nil {
			return nil, err
		}
		s.items = of.spot.items
		out = append(out, s)
	}
	return out, nil
}
