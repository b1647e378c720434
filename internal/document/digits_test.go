package document

import (
	"testing"

	"github.com/openkyc/openkyc/internal/vision"
)

// A number is read by the recogniser that knows digits, words by the other one;
// where the Latin reading sees a letter, or nothing, the number stays.
func TestWithDigits(t *testing.T) {
	t.Parallel()
	line := func(text string, stride float64) vision.Line { // 24 pixels a character
		l := vision.Line{Text: text, Confidence: 0.9, Stride: stride}
		for i, r := range []rune(text) {
			l.Chars = append(l.Chars, vision.Char{Rune: r, Prob: 0.9, Step: int(24 * float64(i) / stride)})
		}
		return l
	}
	for _, c := range []struct{ cyrillic, latin, want string }{
		{"Дата: 20.19.2026 г.", "Aara: 20.10.2026 r.", "Дата: 20.10.2026 г."},
		{"д. 59, кв. 149", "n. 50, kB. 140", "д. 50, кв. 140"},
		{"кв. 14", "kB. I4", "кв. 14"},
		{"кв. 14", "kB.", "кв. 14"},
		{"д. 24, кв. 168", "n. 24.1111.168", "д. 24, кв. 168"},
		{"от 39.06.2026", "oT 30.06 2026", "от 39.06.2026"},
		{"от 39.06.2026", "oT 30 .6.2026", "от 30.6.2026"},
		{"Адрес: 40269", "Aapec: 402690", "Адрес: 402690"},
		{"улица Лесная", "ynnua 7ecHan", "улица Лесная"},
		{"", "12", ""},
	} {
		if got := withDigits(line(c.cyrillic, 4), line(c.latin, 8)).Text; got != c.want {
			t.Errorf("%q beside %q gives %q, want %q", c.cyrillic, c.latin, got, c.want)
		}
	}
}
