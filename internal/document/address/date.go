package address

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A date's meaning, best first.
const (
	issued  = iota // it is called the date of the paper
	alone          // nothing says what it is, it stands by itself near the top
	period         // a period of account ends with it
	foreign        // it is another date: of payment, of birth, of a transaction
)

// stamp is one date on the page.
type stamp struct {
	day     time.Time
	meaning int
	sure    float64
	// what it is with month and day the other way round, zero where that is no date
	swapped time.Time
}

// pattern finds dates of one form.
type pattern struct {
	form  *regexp.Regexp
	order string // which group is day, month, year: "dmy", "ymd", "mdy"
}

func patterns() []pattern {
	return []pattern{
		{regexp.MustCompile(`(\d{4})-(\d{2})-(\d{2})`), "ymd"},
		{regexp.MustCompile(`(\d{1,2})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{4}|\d{2})(?:\D|$)`), "dmy"},
		{regexp.MustCompile(`(\d{1,2})\s?(?:st|nd|rd|th|er)?[\s.-]*(?:of|de)?\s*([a-z]{3,10}|[а-я]{3,8})[\s.,-]*(?:de\s*)?(\d{4})`), "dmy"},
		{regexp.MustCompile(`([a-z]{3,10})[\s.]*(\d{1,2})\s?(?:st|nd|rd|th)?[\s,.]*(\d{4})`), "mdy"},
	}
}

// found is a date with its place in the text.
type found struct {
	stamp
	from, to int
}

// datesIn reads all dates of a line, first to last.
func (r *Reader) datesIn(text string) []found {
	text = lower(text)
	var out []found
	for _, p := range r.dates {
		for _, m := range p.form.FindAllStringSubmatchIndex(text, 40) {
			group := func(letter byte) string { i := 2 + 2*strings.IndexByte(p.order, letter); return text[m[i]:m[i+1]] }
			day, month, year := r.number(group('d')), r.number(group('m')), r.number(group('y'))
			if year < 100 {
				year += 2000
			}
			s, ok := dated(year, month, day)
			if p.order == "ymd" || strings.ContainsFunc(group('m'), unicode.IsLetter) {
				s.swapped = time.Time{} // it says which is the month
			}
			if ok && whole(text, m[0], m[1]) && !slices.ContainsFunc(out, func(f found) bool { return m[0] < f.to && f.from < m[1] }) {
				out = append(out, found{s, m[0], m[1]})
			}
		}
	}
	slices.SortFunc(out, func(a, b found) int { return a.from - b.from })
	return out
}

// whole tells that a date is not cut out of a longer row of numbers.
func whole(text string, from, to int) bool {
	isDigit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	joins := func(i int) bool { return i >= 0 && i < len(text) && strings.IndexByte("./-", text[i]) >= 0 }
	last := to - 1 // the form may have taken one character behind the date
	if isDigit(last) {
		last++
	}
	return !isDigit(from-1) && !(joins(from-1) && isDigit(from-2)) && !isDigit(last) && !(joins(last) && isDigit(last+1))
}

func (r *Reader) number(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return r.words.month(s)
}

// dated makes a date of its numbers, or of month and day where they were meant so.
func dated(year, month, day int) (stamp, bool) {
	if year < 1990 || year > 2100 {
		return stamp{}, false
	}
	as := func(m, d int) time.Time {
		t := time.Date(year, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if m < 1 || m > 12 || d < 1 || t.Day() != d {
			return time.Time{}
		}
		return t
	}
	s := stamp{day: as(month, day), swapped: as(day, month)}
	if s.day.IsZero() {
		s.day = s.swapped
	}
	return s, !s.day.IsZero()
}

// mostFree is how many dates may stand by themselves on a page before they are a column.
const mostFree = 3

// stamps reads the dates of a page with what they mean.
func (r *Reader) stamps(lines []Line) []stamp {
	bottom := 0.0
	for _, l := range lines {
		bottom = max(bottom, l.Y)
	}
	var out []stamp
	free := 0
	for i, l := range lines {
		all := r.datesIn(l.Text)
		for n, f := range all {
			before := lower(l.Text)[:f.from]
			if n > 0 {
				before = lower(l.Text)[all[n-1].to:f.from]
			}
			s := f.stamp
			s.sure = l.Sure
			s.meaning = r.meaning(lines, i, l, before, len(all), n)
			if s.meaning == alone {
				free++
				if l.Y > 0.6*bottom {
					s.meaning = foreign
				}
			}
			out = append(out, s)
		}
	}
	if free > mostFree { // a column of dates
		for i := range out {
			if out[i].meaning == alone {
				out[i].meaning = foreign
			}
		}
	}
	return out
}

// meaning of the n-th of several dates in line i, by the words before it, else by
// the label to its left or above it.
func (r *Reader) meaning(lines []Line, i int, l Line, before string, several, n int) int {
	if several == 2 && n == 1 && len(split(before)) <= 2 { // from … to …
		return period
	}
	if several > 1 && n == 0 {
		return foreign
	}
	if len(split(before)) > 0 && !place(before) {
		m, _ := r.named(before, true)
		return m
	}
	if m, known := r.named(leftOf(lines, i, l), true); known {
		return m
	}
	if m, known := r.named(above(lines, l), false); known {
		return m
	}
	if len(split(l.Text)) > 5 {
		return foreign // it begins a sentence or a row
	}
	return alone
}

// place tells a town before a date, as in "Zenith, 12 November 2026" or "Zenith,
// den 12. November 2026".
func place(before string) bool {
	before = strings.TrimSpace(before)
	if town, article, ok := strings.Cut(before, ","); ok && slices.Contains([]string{"den", "le", "li", "a", "il"}, strings.TrimSpace(article)) {
		before = town + ","
	}
	return strings.HasSuffix(before, ",") && len(split(before)) <= 2 && !strings.ContainsAny(before, "0123456789:")
}

// named is the meaning of a label, and whether it says one. The bare word "date"
// says one only beside its date: above it may head a column of transactions.
func (r *Reader) named(label string, beside bool) (meaning int, known bool) {
	switch {
	case label == "":
		return alone, false
	case r.words.issue.in(label):
		return issued, true
	case r.words.foreign.in(label) && !r.words.period[:1].in(label):
		return foreign, true
	case r.words.period.in(label):
		return period, true
	case beside && r.words.date.in(label):
		return issued, true
	}
	return foreign, false
}

// leftOf is the nearest print to the left on the same row.
func leftOf(lines []Line, i int, l Line) string {
	best, gap := "", 40*l.H
	for j, o := range lines {
		if d := l.X - (o.X + o.W); j != i && d > -0.5*l.H && d < gap && abs(o.Y-l.Y) < 0.5*l.H {
			best, gap = o.Text, d
		}
	}
	return best
}

// above is the nearest print above that begins where the line begins.
func above(lines []Line, l Line) string {
	best, gap := "", 2.5*l.H
	for _, o := range lines {
		if d := l.Y - o.Y; d > 0.5*l.H && d < gap && abs(o.X-l.X) < 1.5*l.H {
			best, gap = o.Text, d
		}
	}
	return best
}

func abs(x float64) float64 { return max(x, -x) }

// unsure is how sure a date's weakest character must be: one digit decides
// whether a paper is too old.
const unsure = 0.5

// issueDay chooses the date of the paper: the best meaning that is there; of
// several the latest that is not in the future, else the latest. American papers
// write the month first.
func issueDay(all []stamp, american bool, now time.Time) (best stamp, ok bool) {
	for _, s := range all {
		if s.meaning == foreign || s.sure < unsure {
			continue
		}
		if american && !s.swapped.IsZero() {
			s.day = s.swapped
		}
		past, bestPast := !s.day.After(now), !best.day.After(now)
		switch {
		case !ok || s.meaning < best.meaning:
		case s.meaning > best.meaning || !past && bestPast:
			continue
		case past == bestPast && !s.day.After(best.day):
			continue
		}
		best, ok = s, true
	}
	return best, ok
}
