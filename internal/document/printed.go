package document

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/openkyc/openkyc/internal/document/mrz"
)

// dates reads what passports print: "12 AUG/AOÛT 1974", "12 08 1974", "12.08.74".
type dates struct {
	words, digits *regexp.Regexp
	months        map[string]int
}

// newDates knows the month names of English and of the languages that most often
// stand beside it, by their first three letters as an ASCII recogniser reads them.
func newDates() *dates {
	d := &dates{
		words:  regexp.MustCompile(`^([0-9OIL]{1,2})\s*([A-Z]{3,9})\.?(?:\s*/\s*[A-Z.]{2,9})?\s*([0-9OIL]{4}|[0-9OIL]{2})$`),
		digits: regexp.MustCompile(`^([0-9OIL]{1,2})\s*[./ -]\s*([0-9OIL]{1,2})\s*[./ -]\s*([0-9OIL]{4}|[0-9OIL]{2})$`),
		months: map[string]int{},
	}
	for i, names := range []string{"JAN ENE", "FEB FEV", "MAR MRZ", "APR AVR ABR", "MAY MAI MAG", "JUN JUIN GIU", "JUL JUIL LUG", "AUG AOU AGO",
		"SEP SET", "OCT OKT OTT", "NOV", "DEC DEZ DIC"} {
		for _, n := range strings.Fields(names) {
			d.months[n] = i + 1
		}
	}
	return d
}

// parse reads a date; the year is under 100 when only two digits are printed.
func (d *dates) parse(text string) (mrz.Date, bool) {
	text = strings.Join(strings.Fields(strings.ToUpper(text)), " ")
	if m := d.words.FindStringSubmatch(text); m != nil {
		name := m[2]
		month := d.months[name[:3]]
		if strings.HasPrefix(name, "JUI") {
			month = d.months["JUN"]
			if strings.HasPrefix(name, "JUIL") {
				month = d.months["JUL"]
			}
		}
		return d.make(m[3], month, m[1])
	}
	if m := d.digits.FindStringSubmatch(text); m != nil {
		month, _ := strconv.Atoi(plainDigits(m[2]))
		return d.make(m[3], month, m[1])
	}
	return mrz.Date{}, false
}

func (d *dates) make(year string, month int, day string) (mrz.Date, bool) {
	y, errY := strconv.Atoi(plainDigits(year))
	n, errD := strconv.Atoi(plainDigits(day))
	out := mrz.Date{Year: y, Month: month, Day: n}
	if errY != nil || errD != nil || month < 1 || month > 12 || n < 1 || out.Time().Day() != n {
		return mrz.Date{}, false
	}
	return out, true
}

// plainDigits reads the letters that recognisers give for 0 and 1.
func plainDigits(s string) string {
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
}

// sameDate compares a printed date with the zone's, where either may lack parts.
func sameDate(printed, zone mrz.Date) bool {
	if printed.Year < 100 {
		zone.Year %= 100
	}
	return printed == zone
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

// lettersOf keeps capital letters; a zero among letters is an O.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r
		case r == '0' || r == 'Ø':
			return 'O'
		case r > 127:
			if t := mrz.Transliterate(string(r), ""); len(t) == 1 {
				return rune(t[0])
			}
		}
		return -1
	}, strings.ToUpper(s))
}
