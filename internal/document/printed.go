package document

import (
	"strings"
	"unicode"

	"github.com/openkyc/openkyc/internal/document/mrz"
	"github.com/openkyc/openkyc/internal/document/types"
)

// sameDate compares a printed date with the zone's, where either may lack parts.
func sameDate(printed types.Date, zone mrz.Date) bool {
	if printed.Year < 100 {
		zone.Year %= 100
	}
	return printed == types.Date(zone)
}

// sameNumber compares numbers as printed and as in the zone. Zero and O, one and
// I look the same in the type of many pages.
func sameNumber(printed, zone string) bool { return plainNumber(printed) == plainNumber(zone) }

func plainNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'O' || r == 'Q':
			return '0'
		case r == 'I' || r == 'L':
			return '1'
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// nameDistance counts the letters by which a printed name, read by a recogniser
// that knows no marks, differs from the zone's. A letter may have lost the mark
// that the zone spells out (Ö as OE, Ñ as NXX), which costs nothing.
func nameDistance(printed, zone string) int {
	a, b := lettersOf(printed), lettersOf(zone)
	const far = 1 << 20
	cost := make([][]int, len(a)+1)
	for i := range cost {
		cost[i] = make([]int, len(b)+1)
		for j := range cost[i] {
			if i == 0 {
				cost[i][j] = j
				continue
			}
			best := cost[i-1][j] + 1
			if j > 0 {
				step := 1
				if a[i-1] == b[j-1] {
					step = 0
				}
				best = min(best, cost[i][j-1]+1, cost[i-1][j-1]+step)
			}
			for _, long := range spelled(a[i-1]) {
				if n := len(long); j >= n && strings.HasSuffix(b[:j], long) {
					best = min(best, cost[i-1][j-n])
				}
			}
			cost[i][j] = min(best, far)
		}
	}
	return cost[len(a)][len(b)]
}

// spelled lists what a letter may stand for whose mark was not read.
func spelled(c byte) []string {
	switch c {
	case 'A':
		return []string{"AE", "AA"}
	case 'O', 'D':
		return []string{"OE", "O", "D"}
	case 'U':
		return []string{"UE", "UXX"}
	case 'N':
		return []string{"NXX"}
	case 'B', 'S':
		return []string{"SS"}
	case 'P':
		return []string{"TH"}
	}
	return nil
}

// lettersOf keeps capital letters, without their marks; a zero among letters is an O.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r
		case r == '0':
			return 'O'
		case unmarked(r) > 0: // what the zone spells out (Ü as UE) is a matter of spelled
			return unmarked(r)
		}
		return -1
	}, strings.ToUpper(s))
}

// unmarked is the capital Latin letter under a mark, by the transliteration of
// ICAO 9303 part 3, section 6 (Ü is UE); 0 for what is no letter with one.
func unmarked(r rune) rune {
	if r <= unicode.MaxASCII || !unicode.Is(unicode.Latin, r) {
		return 0
	}
	if t := mrz.Transliterate(string(unicode.ToUpper(r)), ""); t != "" && t[0] >= 'A' && t[0] <= 'Z' {
		return rune(t[0])
	}
	return 0
}
