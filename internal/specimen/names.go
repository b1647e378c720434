package specimen

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameField writes surname and given names into n characters, truncated by
// part 3, section 4.6: a cut field ends in a letter, and a surname that is too
// long leaves three places for the separator and one letter of a given name.
func nameField(surname, given string, n int) string {
	primary, secondary := components(surname), components(given)
	if secondary == "" {
		return cut(primary, n)
	}
	if primary == "" {
		return cut(secondary, n)
	}
	if len(primary)+3 > n {
		primary = cut(primary, n-3)
	}
	return primary + "<<" + cut(secondary, n-len(primary)-2)
}

// cut fits a name into n places. When the cut would end in a filler, the last
// component gives up one of its letters for the first letter of the next.
func cut(name string, n int) string {
	if len(name) <= n {
		return fill(name, n)
	}
	if name[n-1] != '<' {
		return name[:n]
	}
	if n < 3 || name[n-3] == '<' {
		return name[:n-1] + name[n:n+1]
	}
	return name[:n-2] + "<" + name[n:n+1]
}

// components transliterates a name and joins its parts by single fillers;
// apostrophes vanish, hyphens and spaces separate.
func components(name string) string {
	var b strings.Builder
	for _, c := range norm.NFC.String(strings.ToUpper(name)) {
		b.WriteString(transliterate(c))
	}
	return strings.Join(strings.FieldsFunc(b.String(), func(c rune) bool { return c == '<' }), "<")
}

// transliterate follows the tables of part 3, section 6; letters that only
// differ from a basic one by an accent lose the accent.
func transliterate(c rune) string {
	if c >= 'A' && c <= 'Z' {
		return string(c)
	}
	if s, ok := special(c); ok {
		return s
	}
	if unicode.IsSpace(c) || c == '-' || c == '–' || c == ',' {
		return "<"
	}
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(c)))
	if base >= 'A' && base <= 'Z' {
		return string(base)
	}
	if s, ok := special(base); ok && base != c {
		return s
	}
	return ""
}

func special(c rune) (string, bool) {
	const latin = "ÄAE ÅAA ÆAE ÐD ĐD ÖOE ØOE ÜUE ÞTH ßSS ẞSS ĦH ıI ĲIJ ĿL ŁL ŊN ŒOE ŦT ĸK"
	const cyrillic = "АA БB ВV ГG ДD ЕE ЁE ЖZH ЗZ ИI ЙI КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХKH ЦTS ЧCH ШSH ЩSHCH " +
		"ЪIE ЫY Ь ЭE ЮIU ЯIA ІI ЇI ЄIE ҐG ЎU ЂD ЈJ ЉLJ ЊNJ ЋC ЏDZ ЅDZ"
	for entry := range strings.FieldsSeq(latin + " " + cyrillic) {
		if rest, ok := strings.CutPrefix(entry, string(c)); ok {
			return rest, true
		}
	}
	return "", false
}
