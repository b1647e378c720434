package client

import (
	"math/rand/v2"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestPlainTextAgreesWithUnicode asks the standard library about every character,
// every pair of bytes and many longer texts.
func TestPlainTextAgreesWithUnicode(t *testing.T) {
	t.Parallel()
	for r := range rune(unicode.MaxRune + 1) {
		agree(t, utf8.AppendRune(nil, r))
	}
	for pair := range 1 << 16 {
		agree(t, []byte{byte(pair >> 8), byte(pair)})
	}
	random := rand.New(rand.NewPCG(1, 2))
	ends := []byte{0x1F, 0x20, 0x7E, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xC3, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF}
	for range 500_000 {
		text := make([]byte, 1+random.IntN(40))
		for i := range text {
			switch at := ends[random.IntN(len(ends))]; {
			case i > 0 && text[i-1] >= 0x80:
				text[i] = at
			case random.IntN(4) == 0:
				text[i] = at
			default:
				text[i] = 'a'
			}
		}
		agree(t, text)
	}
}

// agree holds plainText against the standard library, at every length.
func agree(t *testing.T, text []byte) {
	t.Helper()
	for length := range len(text) + 1 {
		want, characters := 1, utf8.RuneCount(text[:length])
		if !utf8.Valid(text[:length]) || characters < 1 || characters > MaxKeyLength {
			want = 0
		}
		for _, r := range string(text[:length]) {
			if unicode.IsControl(r) {
				want = 0
			}
		}
		if have := plainText(text, length); have != want {
			t.Fatalf("%q to %d: %d, want %d", text, length, have, want)
		}
	}
}
