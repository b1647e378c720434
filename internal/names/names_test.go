package names

import (
	"math"
	"strings"
	"testing"
)

// Published examples of the U.S. Census Bureau's string comparator (Winkler
// 1994, "Advanced Methods for Record Linkage", table 5, and the
// textbook pair cunnigham), to three places.
func TestJaroWinkler(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b          string
		jaro, winkler float64
	}{
		{"shackleford", "shackelford", 0.970, 0.982}, {"cunningham", "cunnigham", 0.967, 0.980}, {"galloway", "calloway", 0.917, 0.917}, {"lampley", "campley", 0.905, 0.905},
		{"michele", "michelle", 0.958, 0.975}, {"julies", "julius", 0.889, 0.933}, {"dwayne", "duane", 0.822, 0.840}, {"martha", "marhta", 0.944, 0.961}, {"dixon", "dicksonx", 0.767, 0.813},
	} {
		if got := jaro(c.a, c.b); math.Abs(got-c.jaro) > 0.0006 {
			t.Errorf("jaro(%s, %s) = %.4f, want %.3f", c.a, c.b, got, c.jaro)
		}
		if got := jaroWinkler(c.a, c.b); math.Abs(got-c.winkler) > 0.0006 {
			t.Errorf("jaroWinkler(%s, %s) = %.4f, want %.3f", c.a, c.b, got, c.winkler)
		}
	}
}

// threshold is the one that scenarios start with.
const threshold = 0.85

// Own vectors: what a document prints, what a bill prints, and whether a person
// would call it one name.
func TestIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		surname, given, line string
		same                 bool
	}{
		{"ERIKSSON", "ANNA MARIA", "Anna Maria Eriksson", true},
		{"ERIKSSON", "ANNA MARIA", "Mrs A. M. Eriksson", true},
		{"ERIKSSON", "ANNA MARIA", "ERIKSSON, ANNA", true},
		{"ERIKSSON", "ANNA MARIA", "Maria Eriksson", true},
		{"ERIKSSON", "ANNA MARIA", "Anna Erikson", true},
		{"ERIKSSON", "ANNA MARIA", "Mr Lars Eriksson & Mrs Anna Eriksson", true},
		{"ERIKSSON", "ANNA MARIA", "Lars Eriksson", false},
		{"ERIKSSON", "ANNA MARIA", "Anna Maria Larsson", false},
		{"ERIKSSON", "ANNA MARIA", "Mr Eriksson", false},
		{"ERIKSSON", "ANNA MARIA", "A. E.", false},
		{"MUELLER", "JUERGEN", "Jürgen Müller", true},
		{"MÜLLER", "JÜRGEN", "Jurgen Muller", true},
		{"MÜLLER", "JÜRGEN", "Jürgen Vogt", false},
		{"DE LA CRUZ", "JUAN", "Juan Delacruz", true},
		{"DELACRUZ", "JUAN", "Juan De La Cruz", true},
		{"SMITH JONES", "KATE", "Kate Smith-Jones", true},
		{"O'SPRELL", "DÖRA", "Dora O Sprell", true},
		{"HOLLOWMERE", "JEAN PAUL", "Jeanpaul Hollowmere", true},
		{"ИВАНОВ", "ПЁТР СЕРГЕЕВИЧ", "Иванов П. С.", true},
		{"ИВАНОВ", "ПЁТР СЕРГЕЕВИЧ", "Иванов Петр Сергеевич", true},
		{"IVANOV", "PETR", "Иванов Пётр Сергеевич", true},
		{"ИВАНОВ", "ПЁТР", "Petr Ivanov", true},
		{"ИВАНОВ", "ПЁТР", "Пётр Петров", false},
		{"ИВАНОВ", "ПЁТР", "Сидорова Анна", false},
		{"ЩУКИН", "ДМИТРИЙ", "Dmitry Schukin", true},
		{"ЮРЬЕВА", "НАТАЛЬЯ", "Natalia Yurieva", true},
		{"KHRUSHCHEV", "SERGEI", "Сергей Хрущев", true},
		{"KOWALSKI", "ŁUKASZ", "Lukasz Kowalski", true},
		{"NGUYEN", "VAN AN", "Nguyen Van An", true},
		{"SURYADI", "", "Suryadi", true},
		{"ALMERVIK", "BORVAN", "Amount due", false},
		{"ALMERVIK", "BORVAN", "", false},
		{"", "ANNA", "Anna", false},
	} {
		score := Person{Surname: c.surname, Given: c.given}.In(c.line)
		if score >= threshold != c.same {
			t.Errorf("%s, %s in %q: %.3f, one name: %v", c.surname, c.given, c.line, score, c.same)
		}
	}
}

func TestSimilarity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b        string
		least, most float64
	}{
		{"Anna Maria Eriksson", "ERIKSSON Anna Maria", 1, 1}, {"Jean-Paul Sartre", "Jeanpaul Sartre", 1, 1}, {"Владимир Щукин", "Vladimir Shchukin", 1, 1},
		{"Dmitriy Ivanov", "Dmitrii Ivanov", 0.97, 1}, {"Anna Eriksson", "Anna Maria Eriksson", 0.8, 0.96}, {"Anna Eriksson", "Boris Godunov", 0, 0.6}, {"", "Anna", 0, 0}, {"12 %", "!", 0, 0},
	} {
		if got := Similarity(c.a, c.b); got < c.least || got > c.most {
			t.Errorf("Similarity(%q, %q) = %.3f, want %.2f to %.2f", c.a, c.b, got, c.least, c.most)
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	if got := len(words(strings.Repeat("a b ", 10000))); got != maxWords {
		t.Errorf("%d words of a text without an end", got)
	}
	if got := words("Mr."); len(got) != 1 || got[0].plain != "mr" {
		t.Errorf("a person named Mr has the words %v", got)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range [][2]string{{"Anna Maria Eriksson", "ERIKSSON, A. M."}, {"Иванов Пётр", "Ivanov Petr"}, {"ß", "ss"}, {"ь", "'"}, {"\xff", "é́"}, {"a b c d e f g h i j k l", "l k j i h g f e d c b a"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Similarity(a, b), Similarity(b, a)
		if math.Abs(x-y) > 1e-12 {
			t.Errorf("%q and %q: %v one way, %v the other", a, b, x, y)
		}
		if x < 0 || x > 1 || math.IsNaN(x) {
			t.Errorf("%q and %q: %v", a, b, x)
		}
		if self := Similarity(a, a); len(words(a)) > 0 && self != 1 {
			t.Errorf("%q and itself: %v", a, self)
		}
		p := Person{Surname: a, Given: b}
		if got := p.In(b + " " + a); got < 0 || got > 1 || math.IsNaN(got) {
			t.Errorf("%q in itself: %v", a, got)
		}
	})
}
