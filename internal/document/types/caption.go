package types

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Caption is a word or two printed beside a field, or a number such as "4a.".
type Caption struct {
	Text     string
	plain    string // folded, as it is looked for
	cyrillic bool
	number   bool // of a numbered field: stands at the beginning, followed by space
}

// newCaption folds a caption; ok is false when nothing is left to look for.
func newCaption(text string) (c Caption, ok bool) {
	c = Caption{Text: text, plain: Fold(text)}
	for _, r := range text {
		c.cyrillic = c.cyrillic || unicode.Is(unicode.Cyrillic, r)
	}
	c.number = len(text) <= 4 && text != "" && text[0] >= '0' && text[0] <= '9'
	return c, c.plain != ""
}

// Fold keeps what recognisers agree on: letters without marks in lower case,
// and digits. Letters that look alike in two alphabets become those of the
// alphabet that most of the word is in.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case r == 'ё':
			b.WriteRune('е')
		case r == 'ø':
			b.WriteByte('o')
		case r == 'ß':
			b.WriteString("ss")
		case unicode.IsLetter(r) || r >= '0' && r <= '9':
			b.WriteRune(r)
		}
	}
	return alike(b.String())
}

// alike sets a word that mixes look-alike letters into the alphabet of its majority.
func alike(s string) string {
	const latin, cyrillic = "aceopxykmtbh", "асеорхукмтвн"
	l, c := 0, 0
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' && !strings.ContainsRune(latin, r):
			l++
		case unicode.Is(unicode.Cyrillic, r) && !strings.ContainsRune(cyrillic, r):
			c++
		}
	}
	if l > 0 && c > 0 || l == 0 && c == 0 {
		return s
	}
	from, to := []rune(latin), []rune(cyrillic)
	if l > 0 {
		from, to = to, from
	}
	return strings.Map(func(r rune) rune {
		for i := range from {
			if from[i] == r {
				return to[i]
			}
		}
		return r
	}, s)
}

// fuzzyLength is how long a caption must be before one letter in that many may be misread.
const fuzzyLength = 6

// shortCaption is how long a caption may be that must stand as a word of its own.
const shortCaption = 3

// Find looks for the caption in a line of print. length is that of the match in
// folded characters, 0 when there is none; longer captions tell more.
func (c Caption) Find(line string) (length int) {
	if c.number {
		if _, ok := c.Behind(line); ok {
			return len(c.plain)
		}
		return 0
	}
	if first, _, more := strings.Cut(strings.TrimSpace(line), " "); more && len([]rune(c.plain)) <= shortCaption && Fold(first) == c.plain {
		return len([]rune(c.plain))
	}
	return c.findFolded(Fold(line))
}

// findFolded is Find on a line that is folded already.
func (c Caption) findFolded(plain string) int {
	n := len([]rune(c.plain))
	if n <= shortCaption { // would be found within other words
		if plain == c.plain {
			return n
		}
		return 0
	}
	if strings.Contains(plain, c.plain) || n >= fuzzyLength && nearly([]rune(plain), []rune(c.plain), n/fuzzyLength) {
		return n
	}
	return 0
}

// nearly tells that the text contains the word with at most so many letters
// misread, left out, or put in (Sellers, 1980).
func nearly(text, word []rune, wrong int) bool {
	column := make([]int, len(word)+1)
	for i := range column {
		column[i] = i
	}
	for _, r := range text {
		corner := 0 // the word may begin anywhere
		for i := 1; i <= len(word); i++ {
			cost := 1
			if word[i-1] == r {
				cost = 0
			}
			next := min(corner+cost, column[i]+1, column[i-1]+1)
			corner, column[i] = column[i], next
		}
		if column[len(word)] <= wrong {
			return true
		}
	}
	return false
}

// Resembles tells that a line begins like the caption or is the beginning of it, two
// letters of three or more: enough where the caption must stand, nowhere else.
func (c Caption) Resembles(line string) bool {
	read, want := []rune(Fold(line)), []rune(c.plain)
	n := min(len(read), len(want))
	return n > 1 && !c.number && nearly(read[:n], want[:n], n/fuzzyPlaced)
}

// fuzzyPlaced is one letter in how many may be misread of a caption at its place.
const fuzzyPlaced = 3

// Behind returns what follows the caption on its line; ok is false when the
// line does not begin with it.
func (c Caption) Behind(line string) (value string, ok bool) {
	rest := []rune(strings.TrimSpace(line))
	if c.number {
		return c.behindNumber(string(rest))
	}
	for i := 1; i <= len(rest); i++ {
		plain := Fold(string(rest[:i]))
		if len([]rune(plain)) < len([]rune(c.plain)) {
			continue
		}
		if plain != c.plain && !nearly([]rune(plain), []rune(c.plain), len([]rune(c.plain))/fuzzyLength) {
			return "", false
		}
		return strings.TrimLeft(string(rest[i:]), " :./-"), true
	}
	return "", false
}

// behindNumber wants the number at the beginning and then a point or a space:
// "4a. 01.02.2020", "1 SMITH", but not "12.08.1974" for the field 1 or 12.
func (c Caption) behindNumber(line string) (string, bool) {
	plain := strings.TrimRight(c.Text, ".)")
	if len(line) < len(plain) || !sameNumber(line[:len(plain)], plain) {
		return "", false
	}
	rest := line[len(plain):]
	switch {
	case rest == "":
		return "", true
	case strings.HasPrefix(rest, ". ") || rest[0] == ' ' || rest == ".":
		return strings.TrimLeft(rest, ". "), true
	case (rest[0] == '.' || rest[0] == ',') && (plain[len(plain)-1] > '9' || len(rest) > 1 && (rest[1] < '0' || rest[1] > '9')):
		return strings.TrimLeft(rest, "., "), true
	case plain[len(plain)-1] > '9' && (rest[0] >= '0' && rest[0] <= '9' || rest[0] >= 'A' && rest[0] <= 'Z'): // "4a01.02.2020"
		return rest, true
	}
	return "", false
}

// Alone tells that print is the number of a field and nothing else. A lone 1 may
// have been taken for a letter of its shape.
func (c Caption) Alone(print string) bool {
	return c.number && sameNumber(strings.NewReplacer("L", "1", "|", "1", "!", "1", "i", "1").Replace(print), strings.TrimRight(c.Text, ".)"))
}

// sameNumber compares field numbers as recognisers see them.
func sameNumber(read, want string) bool {
	return strings.EqualFold(strings.NewReplacer("l", "1", "I", "1", "O", "0").Replace(read), want) || strings.EqualFold(read, want)
}
