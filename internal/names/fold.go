package names

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// word is one word of a name in the two forms that are compared.
type word struct {
	plain  string // Latin letters a to z, marks dropped
	folded string // the same with spellings of one sound made one
}

// initial tells that the word is a single letter, as in "J. Smith".
func (w word) initial() bool { return len(w.plain) == 1 }

const (
	maxText  = 256 // runes of a text that are looked at; no name is longer
	maxWords = 10  // and words
)

// words breaks a text into words. Apostrophes join (O'Neil), everything else
// that is no letter separates. Titles are dropped unless nothing else is there.
func words(text string) []word {
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText])
	}
	var all, named []word
	for _, field := range strings.FieldsFunc(norm.NFKC.String(text), separates) {
		plain := latin(field)
		if plain == "" {
			continue
		}
		w := word{plain, fold(plain)}
		all = append(all, w)
		if !slices.Contains(titles(), plain) {
			named = append(named, w)
		}
	}
	if len(named) == 0 {
		named = all
	}
	return named[:min(len(named), maxWords)]
}

func separates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune("'’ʼ`´", r)
}

// titles are words beside a name that are no part of it, as latin writes them.
func titles() []string {
	return strings.Fields("mr mrs ms miss mister dr prof sir dame jr sr herr frau hr fr mme mlle monsieur madame signor signora sig sra senor senora don dona " +
		"gn gzha gospodin gospozha gr grazhdanin grazhdanka")
}

// latin writes a word in the letters a to z: Cyrillic by the tables of ICAO 9303
// part 3, section 6 B, and Latin letters without their marks.
func latin(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(strings.ToLower(text)) {
		switch s, known := letter(r); {
		case known:
			b.WriteString(s)
		default:
			for _, base := range norm.NFD.String(string(r)) {
				if s, known := letter(base); known {
					b.WriteString(s)
				}
			}
		}
	}
	return b.String()
}

// letter gives the Latin spelling of one letter. A mark is nothing; a letter of
// another script is not known.
func letter(r rune) (string, bool) {
	if r >= 'a' && r <= 'z' {
		return string(r), true
	}
	if r >= 'а' && r <= 'я' {
		return [...]string{"a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "kh", "ts", "ch", "sh", "shch",
			"ie", "y", "", "e", "iu", "ia"}[r-'а'], true
	}
	switch r {
	case 'ß', 'ẞ':
		return "ss", true
	case 'æ', 'ä':
		return "ae", true
	case 'ø', 'ö', 'œ':
		return "oe", true
	case 'ü':
		return "ue", true
	case 'å':
		return "aa", true
	case 'đ', 'ð', 'ђ':
		return "d", true
	case 'þ':
		return "th", true
	case 'ł', 'љ':
		return "l", true
	case 'ı', 'і', 'ї':
		return "i", true
	case 'ħ', 'ћ':
		return "h", true
	case 'ŋ', 'њ':
		return "n", true
	case 'ё', 'є':
		return "e", true
	case 'ў':
		return "u", true
	case 'ґ':
		return "g", true
	case 'ј':
		return "j", true
	case 'џ':
		return "dz", true
	}
	return "", false
}

// fold makes spellings of one sound one, so that Dmitry, Dmitrii and Dmitriy or
// Müller, Mueller and Muller are the same word. It loses much, and is the same
// for both sides.
func fold(plain string) string {
	s := strings.NewReplacer("shch", "s", "sch", "s", "sh", "s", "tch", "c", "ch", "c", "ck", "k", "cz", "c", "tz", "c", "ts", "c", "kh", "h", "zh", "z",
		"ph", "f", "th", "t", "x", "ks", "w", "v", "q", "k", "aa", "a", "ae", "a", "oe", "o", "ue", "u", "ou", "u").Replace(plain)
	s = strings.NewReplacer("y", "i", "j", "i", "yo", "e", "io", "e").Replace(s)
	var b strings.Builder
	var last rune
	for _, r := range s {
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}
