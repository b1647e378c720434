package document

import (
	"math"
	"slices"
	"strings"
	"unicode"
)

// item is one piece of print on the page: its place seen along the lines of the
// zone (u to the right, v downwards, both in pixels of the picture), what was
// read there, and how sure the recogniser was of its weakest character.
type item struct {
	strip strip
	u, v  float64 // left end of the axis
	w, h  float64
	text  string
	sure  float64
}

// label names a printed field.
type label string

// The printed fields that the room looks for.
const (
	labelSurname     label = "surname"
	labelGiven       label = "given"
	labelNumber      label = "number"
	labelBirth       label = "birth"
	labelPlace       label = "place"
	labelIssue       label = "issue"
	labelExpiry      label = "expiry"
	labelAuthority   label = "authority"
	labelSex         label = "sex"
	labelNationality label = "nationality"
	labelPersonal    label = "personal"
)

// captions are the words by which ICAO layout pages caption their fields, in
// English and French as part 3, section 3 asks for, most telling first: a
// caption belongs to the first row that has a word of it.
func captions() []struct {
	label label
	words []string
} {
	return []struct {
		label label
		words []string
	}{
		{labelPlace, []string{"placeofbirth", "lieudenaissance"}},
		{labelBirth, []string{"dateofbirth", "datedenaissance", "naissance"}},
		{labelExpiry, []string{"dateofexpiry", "dateofexpiration", "dateexpiration", "expiration", "validuntil", "expiry"}},
		{labelIssue, []string{"dateofissue", "datedelivrance", "datededelivrance"}},
		{labelAuthority, []string{"authority", "autorite", "issuedby", "delivrepar"}},
		{labelPersonal, []string{"personalno", "npersonnel", "personalnumber"}},
		{labelNumber, []string{"passportno", "passeportn", "documentno", "cardno", "documentnumber", "numbernumero", "passportnumber"}},
		{labelSurname, []string{"surname", "familyname", "lastname"}},
		{labelGiven, []string{"givenname", "prenom", "firstname", "forename"}},
		{labelNationality, []string{"nationality", "nationalite"}},
		{labelIssue, []string{"issueddelivre", "issuedate"}},
		{labelSex, []string{"sexsexe", "sex"}},
	}
}

// caption tells which field a text captions, or "".
func caption(text string) label {
	plain := strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if i := strings.IndexRune("éèêàôç", r); i >= 0 {
			return rune("eeeaoc"[len([]rune("éèêàôç"[:i]))])
		}
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, text)
	for _, row := range captions() {
		for _, word := range row.words {
			if strings.Contains(plain, word) || len(word) >= 8 && nearly(plain, word) {
				return row.label
			}
		}
	}
	return ""
}

// nearly tells that the text contains the word with one character misread.
func nearly(text, word string) bool {
	for i := 0; i+len(word) <= len(text); i++ {
		wrong := 0
		for j := range len(word) {
			if text[i+j] != word[j] {
				wrong++
			}
		}
		if wrong <= 1 {
			return true
		}
	}
	return false
}

// assign finds the value of every caption: the nearest print below it that
// begins where it begins, or else to its right on the same line.
func assign(items []item) map[label]item {
	caps := map[int]label{}
	for i, it := range items {
		if l := caption(it.text); l != "" {
			caps[i] = l
		}
	}
	out := map[label]item{}
	for _, i := range sortedKeys(caps) {
		l := caps[i]
		if _, taken := out[l]; taken {
			continue
		}
		if j := below(items, i, caps); j >= 0 {
			out[l] = items[j]
		}
	}
	return out
}

func sortedKeys(m map[int]label) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func below(items []item, of int, caps map[int]label) int {
	c, best, distance := items[of], -1, math.Inf(1)
	for j, it := range items {
		if _, is := caps[j]; is || j == of {
			continue
		}
		d := it.v - c.v
		// Values are set larger than their captions, so that both heights bound the step.
		if d < 0.4*c.h || d > 2.6*max(c.h, 0.7*it.h) || math.Abs(it.u-c.u) > 1.6*max(c.h, it.h) {
			continue
		}
		if d < distance {
			best, distance = j, d
		}
	}
	return best
}

// value of a caption with what the page says and how sure that is.
func value(assigned map[label]item, l label) (string, float64) {
	it, ok := assigned[l]
	if !ok {
		return "", 0
	}
	return strings.Join(strings.Fields(it.text), " "), it.sure
}
