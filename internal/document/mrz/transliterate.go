package mrz

import (
	"strings"
	"unicode"
)

// Transliterate writes a printed name as the zone would: ICAO 9303 part 3,
// section 6, tables A (Latin) and B (Cyrillic), with the column of the issuing
// state where the table has one. Hyphens and spaces become fillers, apostrophes
// and marks nothing. A letter of another alphabet is left out.
func Transliterate(printed, state string) string {
	var b strings.Builder
	first := true
	for _, r := range strings.ToUpper(printed) {
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r)
			first = false
		case unicode.IsSpace(r) || r == '-' || r == '‐' || r == '–' || r == '<':
			if !first {
				b.WriteByte(Filler)
			}
			first = true
		default:
			if v := variants(r, state, first); len(v) > 0 {
				b.WriteString(v[0])
				first = false
			}
		}
	}
	return strings.TrimRight(b.String(), "<")
}

// SameName tells whether a printed name can stand in the zone as written there.
// Spaces and fillers do not count, each letter may take any of its legal
// transliterations, and where the zone was truncated the printed name may go on.
func SameName(printed, zone, state string, truncated bool) bool {
	want := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, zone)
	return matchName([]rune(strings.ToUpper(printed)), want, state, true, truncated)
}

// matchName consumes printed against want; its branching is bounded by the few
// letters with more than one transliteration, each of which consumes want.
func matchName(printed []rune, want, state string, first, truncated bool) bool {
	for i, r := range printed {
		switch {
		case want == "" && truncated:
			return true
		case r >= 'A' && r <= 'Z':
			if want == "" || want[0] != byte(r) {
				return false
			}
			want, first = want[1:], false
		case unicode.IsLetter(r):
			for _, v := range variants(r, state, first) {
				if rest, ok := strings.CutPrefix(want, v); ok && matchName(printed[i+1:], rest, state, false, truncated) {
					return true
				}
				if truncated && strings.HasPrefix(v, want) {
					return true
				}
			}
			return false
		default:
			first = unicode.IsSpace(r) || r == '-'
		}
	}
	return want == ""
}

// variants lists the legal transliterations of one capital letter, the one of
// the issuing state or else the table's first at the front.
func variants(r rune, state string, first bool) []string {
	all := latin(r)
	if len(all) == 0 {
		all = cyrillic(r)
	}
	if own, ok := national(r, state, first); ok {
		return append([]string{own}, all...)
	}
	return all
}

// latin is table A of section 6.
func latin(r rune) []string {
	switch r {
	case 'Ä':
		return []string{"AE", "A"}
	case 'Å':
		return []string{"AA", "A"}
	case 'Ñ':
		return []string{"N", "NXX"}
	case 'Ö':
		return []string{"OE", "O"}
	case 'Ø':
		return []string{"OE", "O"}
	case 'Ü':
		return []string{"UE", "UXX", "U"}
	case 'Æ':
		return []string{"AE"}
	case 'Œ':
		return []string{"OE"}
	case 'Þ':
		return []string{"TH"}
	case 'ß', 'ẞ':
		return []string{"SS"}
	case 'Ĳ':
		return []string{"IJ"}
	}
	for _, row := range [...]struct{ from, to string }{
		{"ÀÁÂÃĀĂĄẠẢẤẦẨẪẬẮẰẲẴẶ", "A"}, {"ÇĆĈĊČ", "C"}, {"ÐĎĐ", "D"}, {"ÈÉÊËĒĔĖĘĚẸẺẼẾỀỂỄỆƏ", "E"}, {"ĜĞĠĢ", "G"}, {"ĤĦ", "H"},
		{"ÌÍÎÏĨĪĬĮİIıỈỊ", "I"}, {"Ĵ", "J"}, {"Ķ", "K"}, {"ĸ", "Q"}, {"ĹĻĽĿŁ", "L"}, {"ŃŅŇŉŊ", "N"}, {"ÒÓÔÕŌŎŐƠỌỎỐỒỔỖỘỚỜỞỠỢ", "O"}, {"ŔŖŘ", "R"},
		{"ŚŜŞŠȘ", "S"}, {"ŢŤŦȚ", "T"}, {"ÙÚÛŨŪŬŮŰŲƯỤỦỨỪỬỮỰ", "U"}, {"ŴẀẂẄ", "W"}, {"ÝŶŸỲỴỶỸ", "Y"}, {"ŹŻŽ", "Z"},
	} {
		if strings.ContainsRune(row.from, r) {
			return []string{row.to}
		}
	}
	return nil
}

// cyrillic is table B of section 6, its main column first and the columns of
// single states after it.
func cyrillic(r rune) []string {
	const letters = "АБВГҐДЃЂЕЁЄЖЗЅИЙІЇЈКЛЉМНЊОПРСТЋЌУЎФХЦЧЏШЩЪЫЬЭЮЯѪѴ"
	rows := [...]string{
		"A", "B", "V", "G H", "G", "D", "G", "D", "E", "E IO", "IE YE", "ZH Z", "Z", "DZ", "I Y", "I Y", "I", "I YI", "J", "K", "L", "LJ",
		"M", "N", "NJ", "O", "P", "R", "S", "T", "C", "K", "U", "U", "F", "KH H", "TS C", "CH C", "DZ DJ", "SH S", "SHCH SHT",
		"IE", "Y", "", "E", "IU YU", "IA YA", "U", "Y",
	}
	i := 0
	for _, l := range letters {
		if l == r {
			return strings.Split(rows[i], " ")
		}
		i++
	}
	return nil
}

// national is what table B says of single states, and Ukraine's rule for the
// first letter of a name.
func national(r rune, state string, first bool) (string, bool) {
	pick := func(letters, rows string) (string, bool) {
		i := 0
		for _, l := range letters {
			if l == r {
				return strings.Fields(rows)[i], true
			}
			i++
		}
		return "", false
	}
	switch state {
	case "UKR":
		if first {
			if s, ok := pick("ЄЙЇЮЯ", "YE Y YI YU YA"); ok {
				return s, true
			}
		}
		return pick("ГИ", "H Y")
	case "BLR":
		return pick("ГЁ", "H IO")
	case "SRB", "MNE", "BIH":
		return pick("ЖХЦЧЏШ", "Z H C C DZ S")
	case "MKD":
		return pick("ХЏ", "H DJ")
	case "BGR":
		return pick("Щ", "SHT")
	}
	return "", false
}
