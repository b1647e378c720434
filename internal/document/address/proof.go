package address

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/openkyc/openkyc/internal/kyc"
	"github.com/openkyc/openkyc/internal/names"
)

// Proof is what a page says.
type Proof struct {
	Kind    kyc.ProofKind // "" when it is not clear
	Address []string      // its lines, in order; nil when there is none
	Sure    float64       // of the address's weakest line
	Names   []string      // beside the address, or after a caption; as printed
	Issued  time.Time     // midnight UTC; zero when there is none
}

// Reader holds what addresses and dates are recognised by. Safe for concurrent use.
type Reader struct {
	words     *vocabulary
	dates     []pattern
	zip       *regexp.Regexp   // United States
	postcodes []*regexp.Regexp // zip among them
	house     *regexp.Regexp
	street    *regexp.Regexp // Straße without its ß
	title     *regexp.Regexp // one that a name's initial grew onto
}

// NewReader compiles it.
func NewReader() *Reader {
	zip := regexp.MustCompile(`\b[A-Z]{2}[\s,]{0,2}\d{5}(-\d{4})?\b`)
	return &Reader{
		words: newVocabulary(), street: regexp.MustCompile(`([Ss])tra[Bβ83]?e\b`),
		title: regexp.MustCompile(`^(Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Mlle)([A-ZÀ-Þ])`),
		dates: patterns(), zip: zip,
		postcodes: []*regexp.Regexp{
			regexp.MustCompile(`\b[A-Z]{1,2}[0-9O][A-Z0-9]?\s?[0-9O][A-Z]{2}\b`), // United Kingdom
			zip,
			regexp.MustCompile(`\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b`),                                   // Canada
			regexp.MustCompile(`(?:^|[^\d])\d{6}(?:[^\d]|$)`),                                    // Russia
			regexp.MustCompile(`(?:^|,\s?)(?:[A-Z]{1,2}-)?\d{4,5}\s?[A-ZÀ-Þ][a-zà-ÿA-ZÀ-Þ]{2,}`), // most of Europe: before the town
		},
		house: regexp.MustCompile(`^\d{1,5}\s?[A-Za-zА-Яа-я]?(?:[-/]\d{1,4})?,?\s?[A-ZА-ЯÀ-Þ][A-Za-zА-Яа-яÀ-ÿ]{2,}|[A-Za-zА-Яа-яÀ-ÿ]{3,}\.?,?\s?\d{1,4}\s?[A-Za-zА-Я]?$`),
	}
}

// Read reads a page. A person who is known helps to tell their address from the
// issuer's: both may be on the page.
func (r *Reader) Read(lines []Line, person names.Person, now time.Time) Proof {
	lines = r.ordered(lines)
	p := Proof{Kind: r.kindOf(lines), Names: r.captioned(lines)}
	best, ok := r.choose(lines, person)
	if ok {
		p.Address, p.Sure = best.address(), best.sure()
		p.Names = append(best.names(), p.Names...)
	}
	for i, name := range p.Names {
		p.Names[i] = r.title.ReplaceAllString(name, "$1 $2")
	}
	slices.SortStableFunc(p.Names, func(a, b string) int { return cmp.Compare(person.In(b), person.In(a)) })
	p.Names = slices.Compact(p.Names)
	if day, ok := issueDay(r.stamps(lines), r.american(p.Address), now); ok {
		p.Issued = day.day
	}
	return p
}

func usualHeight(lines []Line) float64 {
	if len(lines) == 0 {
		return 1
	}
	heights := make([]float64, len(lines))
	for i, l := range lines {
		heights[i] = l.H
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}

// signs tells what in a line speaks for a postal address.
type signs struct {
	street, house, postcode bool
}

func (s signs) any() bool { return s.street || s.house || s.postcode }

func (r *Reader) signs(text string) signs {
	var s signs
	text = r.after(text)
	for i, w := range split(text) {
		if i == 0 && (w == "dr" || w == "st") { // a title or a saint; the words for streets come last
			continue
		}
		s.street = s.street || slices.Contains(r.words.street, w) || slices.ContainsFunc(r.words.endings, func(e string) bool { return len(w) > len(e) && strings.HasSuffix(w, e) })
	}
	s.house = r.house.MatchString(text) && len(r.datesIn(text)) == 0
	for _, p := range r.postcodes {
		s.postcode = s.postcode || p.MatchString(strings.ToUpper(text)) && p.MatchString(text) || p.MatchString(strings.ToUpper(text)) && s.street
	}
	return s
}

// american tells whether an address has a state and a ZIP code.
func (r *Reader) american(lines []string) bool {
	return r.zip.MatchString(strings.Join(lines, ", "))
}

// label tells which of the captions a text begins with, "" for none, and gives
// what follows it.
func label(text string, known captions) (rest string, is bool) {
	text = strings.TrimLeft(text, " '\"`.,:;|-") // specks before it
	small := lower(text)
	for _, c := range known {
		r, ok := strings.CutPrefix(small, c)
		if !ok || r != "" && !strings.ContainsAny(r[:1], " :.-)") {
			continue
		}
		// Small letters may have another length than capitals: count letters, not bytes.
		tail := []rune(text)[len([]rune(small))-len([]rune(r)):]
		return strings.TrimLeft(string(tail), " :.-)"), true
	}
	return text, false
}

// after drops an address's caption from a line.
func (r *Reader) after(text string) string {
	rest, _ := label(text, r.words.ofAddress)
	return rest
}

// block is neighbouring lines that begin at one place.
type block struct {
	r     *Reader
	lines []Line
	signs []signs
	title string // what stands above it or left of it
}

// blocks groups the lines of a page.
func (r *Reader) blocks(lines []Line) []block {
	used := make([]bool, len(lines))
	var out []block
	for i, l := range lines {
		if used[i] {
			continue
		}
		b := block{r: r, title: above(lines, l) + " " + leftOf(lines, i, l)}
		for next := i; next >= 0; next = follower(lines, used, next) {
			used[next] = true
			b.lines = append(b.lines, lines[next])
			b.signs = append(b.signs, r.signs(lines[next].Text))
		}
		out = append(out, b)
	}
	return out
}

// follower is the line that goes on below, -1 when there is none.
func follower(lines []Line, used []bool, of int) int {
	l := lines[of]
	for j := of + 1; j < len(lines); j++ {
		o := lines[j]
		h := max(l.H, o.H)
		if d := o.Y - l.Y; d > 2.2*h {
			return -1
		} else if !used[j] && d > 0.5*min(l.H, o.H) && abs(o.X-l.X) < 1.6*h && h < 1.7*min(l.H, o.H) {
			return j
		}
	}
	return -1
}

// span is the part of a block that is the address: from its first line with a
// sign of a street to the one with the postal code, and a town or country after it.
func (b block) span() (from, to int) {
	from = slices.IndexFunc(b.signs, func(s signs) bool { return s.street || s.house })
	if from < 0 {
		return 0, 0
	}
	to = from + 1
	if from > 0 && b.signs[from-1].postcode && !b.signs[from].postcode { // Russian addresses begin with it
		from--
	}
	for i := from; i < min(from+maxSpan, len(b.signs)); i++ {
		if b.signs[i].any() {
			to = i + 1
		}
		if b.signs[i].postcode && i > from {
			break
		}
	}
	if to < len(b.lines) && to-from < maxSpan && b.signs[to-1].postcode && placeName(b.lines[to].Text) && !b.r.words.firms.in(b.lines[to].Text) {
		to++
	}
	return from, to
}

const maxSpan = 6

// placeName tells what may be a town or a country: one to three words with capitals.
func placeName(text string) bool {
	fields := strings.Fields(text)
	for _, f := range fields {
		if r := []rune(f); !unicode.IsUpper(r[0]) || strings.ContainsAny(f, "0123456789:") {
			return false
		}
	}
	return len(fields) >= 1 && len(fields) <= 3 && len(text) > 3
}

func (b block) address() []string {
	from, to := b.span()
	var out []string
	for _, l := range b.lines[from:to] {
		out = append(out, strings.Trim(spaced(b.r.after(l.Text)), " ,;"))
	}
	return out
}

func (b block) sure() float64 {
	from, to := b.span()
	least := 1.0
	for _, l := range b.lines[from:to] {
		least = min(least, l.Sure)
	}
	return least
}

// names are the lines above the address that may be a person's, nearest first.
func (b block) names() []string {
	from, _ := b.span()
	var out []string
	for i := from - 1; i >= max(0, from-3); i-- {
		if text, _ := label(b.lines[i].Text, b.r.words.ofName); b.r.nameLike(text) {
			out = append(out, text)
		}
	}
	return out
}

// score says how much speaks for this being where the person lives; 0 when it
// is no address.
func (b block) score(person names.Person, top bool) float64 {
	from, to := b.span()
	var all signs
	for _, s := range b.signs[from:to] {
		all.street, all.house, all.postcode = all.street || s.street, all.house || s.house, all.postcode || s.postcode
	}
	if !all.street && !all.house || !all.postcode && !(all.street && all.house) {
		return 0
	}
	score := 1.0
	for _, is := range []bool{all.street, all.house, all.postcode} {
		if is {
			score++
		}
	}
	if b.r.words.titles.in(b.title) || b.r.captionedAddress(b.lines[from].Text) {
		score += 2
	}
	if top {
		score++
	}
	for _, l := range b.lines[:to] {
		if b.r.words.firms.in(l.Text) {
			score -= 3
			break
		}
	}
	if len(b.names()) > 0 {
		score++
	}
	for _, n := range b.names() {
		if person.In(n) > 0.7 {
			return score + 4
		}
	}
	return score
}

func (r *Reader) captionedAddress(text string) bool {
	_, is := label(text, r.words.ofAddress)
	return is
}

// choose finds the block with the person's address.
func (r *Reader) choose(lines []Line, person names.Person) (best block, ok bool) {
	bottom := 0.0
	for _, l := range lines {
		bottom = max(bottom, l.Y)
	}
	most := 0.0
	for _, b := range r.blocks(lines) {
		if score := b.score(person, b.lines[0].Y < 0.5*bottom); score > most {
			best, most, ok = b, score, true
		}
	}
	return best, ok
}

// captioned lists what stands after, right of or below a caption of a name.
func (r *Reader) captioned(lines []Line) []string {
	var out []string
	for i, l := range lines {
		rest, is := label(l.Text, r.words.ofName)
		if is && r.nameLike(rest) {
			out = append(out, rest)
		}
		if is && rest != "" || !r.nameLike(l.Text) {
			continue
		}
		if _, left := label(leftOf(lines, i, l), r.words.ofName); left {
			out = append(out, l.Text)
		} else if _, over := label(above(lines, l), r.words.ofName); over {
			out = append(out, l.Text)
		}
	}
	return out
}

// nameLike tells what may be a person's name: one to eight words of letters.
func (r *Reader) nameLike(text string) bool {
	letters := 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !strings.ContainsRune(" .,'’&-", r) && !unicode.IsMark(r):
			return false
		}
	}
	n := len(strings.Fields(text))
	if _, is := label(text, r.words.ofAddress); is || r.words.issue.in(text) || r.ofKind(text) {
		return false
	}
	return letters >= 3 && n >= 1 && n <= 8 && !r.words.firms.in(text)
}
