package pdf417

import (
	"fmt"
	"image"
	"image/color"
	"math/big"
	"strings"
)

// Symbol is a bar code before it is drawn: rows of modules, true is dark. Margins are left to whoever draws it; two modules
// of light all around belong to it.
type Symbol struct {
	Rows, Columns int
	Modules       [][]bool
}

// The sizes that the standard allows (5.2.2).
const (
	maxColumns, minRows, maxRows = 30, 3, 90
	maxWords                     = 928
	maxLevel                     = 8
)

// Encode makes a symbol of so many data columns (1 to 30) and a level of error correction (0 to 8): level n adds 2^(n+1)
// codewords, half as many of which may be wrong. It fails for data that the size cannot hold.
func Encode(data []byte, columns, level int) (Symbol, error) {
	if columns < 1 || columns > maxColumns || level < 0 || level > maxLevel {
		return Symbol{}, fmt.Errorf("PDF417: %d columns at level %d; 1 to 30 and 0 to 8 are possible", columns, level)
	}
	words := append([]int{0}, pack(data)...)
	extra := 2 << level
	rows := max((len(words)+extra+columns-1)/columns, minRows)
	if rows > maxRows || rows*columns > maxWords {
		return Symbol{}, fmt.Errorf("PDF417: %d bytes do not fit into %d columns at level %d", len(data), columns, level)
	}
	for len(words) < rows*columns-extra {
		words = append(words, latchText)
	}
	words[0] = len(words)
	words = append(words, newField().check(words, extra)...)
	t, s := newTable(), Symbol{Rows: rows, Columns: columns}
	for row := range rows {
		line := appendBits(nil, startBits, modules)
		left, right := indicators(row, rows, columns, level)
		line = appendBits(line, t[row%3][left], modules)
		for _, w := range words[row*columns:][:columns] {
			line = appendBits(line, t[row%3][w], modules)
		}
		line = appendBits(line, t[row%3][right], modules)
		s.Modules = append(s.Modules, appendBits(line, stopBits, stopModules))
	}
	return s, nil
}

// indicators are the codewords beside a row, which tell its number and, in turns, the size and the level (5.11.3).
func indicators(row, rows, columns, level int) (left, right int) {
	base := 30 * (row / 3)
	tells := [3]int{(rows - 1) / 3, 3*level + (rows-1)%3, columns - 1}
	return base + tells[row%3], base + tells[(row+2)%3]
}

func appendBits(line []bool, bits uint32, n int) []bool {
	for i := n - 1; i >= 0; i-- {
		line = append(line, bits>>i&1 == 1)
	}
	return line
}

// Image draws the symbol with modules of so many pixels and rows three times as high, and its margin.
func (s Symbol) Image(module int) *image.Gray {
	const quiet, tall = 2, 3
	w := (len(s.Modules[0]) + 2*quiet) * module
	img := image.NewGray(image.Rect(0, 0, w, (s.Rows*tall+2*quiet)*module))
	for y := range img.Rect.Dy() {
		row := y/module - quiet
		for x := range w {
			column := x/module - quiet
			dark := row >= 0 && row < s.Rows*tall && column >= 0 && column < len(s.Modules[0]) && s.Modules[row/tall][column]
			if !dark {
				img.SetGray(x, y, color.Gray{255})
			}
		}
	}
	return img
}

// pack chooses modes piece by piece: digits from 13 in a row as numbers, what text has no character for as bytes, all else text.
func pack(data []byte) []int {
	p := packer{}
	for len(data) > 0 {
		if n := span(data, isDigit); n >= 13 {
			p.endText()
			p.words = append(append(p.words, latchNumber), packNumber(data[:n])...)
			p.latched, data = true, data[n:]
			continue
		}
		if n := span(data, isBinary); n > 1 {
			p.endText()
			p.words = append(p.words, packBytes(data[:n])...)
			p.latched, data = true, data[n:]
			continue
		} else if n == 1 {
			p.startText()
			p.endText()
			p.words, data = append(p.words, shiftByte, int(data[0])), data[1:]
			continue
		}
		p.startText()
		p.text(data)
		data = data[1:]
	}
	p.endText()
	return p.words
}

func span(data []byte, is func(byte) bool) int {
	n := 0
	for n < len(data) && is(data[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isBinary(c byte) bool {
	return c == 0 || !strings.ContainsRune(alpha.characters()+lower.characters()+mixed.characters()+punctuation.characters(), rune(c))
}

// packNumber writes groups of 44 digits, each with a 1 before it, to the base 900.
func packNumber(digits []byte) []int {
	var words []int
	for len(digits) > 0 {
		n := min(len(digits), digitsAtOnce)
		v, _ := new(big.Int).SetString("1"+string(digits[:n]), 10)
		var group []int
		for base, rest := big.NewInt(firstOfNoData), new(big.Int); v.Sign() > 0; {
			v.DivMod(v, base, rest)
			group = append([]int{int(rest.Int64())}, group...)
		}
		words, digits = append(words, group...), digits[n:]
	}
	return words
}

func packBytes(data []byte) []int {
	words := []int{latchByte}
	if len(data)%bytesAtOnce == 0 {
		words[0] = latchByteSix
	}
	for len(data) >= bytesAtOnce {
		v := uint64(0)
		for _, b := range data[:bytesAtOnce] {
			v = v<<8 | uint64(b)
		}
		group := make([]int, codewordsAtOnce)
		for i := range group {
			group[codewordsAtOnce-1-i] = int(v % firstOfNoData)
			v /= firstOfNoData
		}
		words, data = append(words, group...), data[bytesAtOnce:]
	}
	for _, b := range data {
		words = append(words, int(b))
	}
	return words
}

// packer writes text: two values a codeword.
type packer struct {
	words   []int
	values  []int
	set     charset
	latched bool // in another mode than text
}

func (p *packer) startText() {
	if p.latched {
		p.words, p.latched, p.set = append(p.words, latchText), false, alpha
	}
}

// endText completes the last codeword by a shift that comes to nothing.
func (p *packer) endText() {
	if len(p.values)%2 == 1 {
		p.values = append(p.values, 29)
	}
	for i := 0; i < len(p.values); i += 2 {
		p.words = append(p.words, 30*p.values[i]+p.values[i+1])
	}
	p.values = nil
}

// text writes the first character of data; the next one decides whether a capital is worth a latch.
func (p *packer) text(data []byte) {
	c := data[0]
	if v := strings.IndexByte(p.set.characters(), c); v >= 0 {
		p.values = append(p.values, v)
		return
	}
	capital, small, other := strings.IndexByte(alpha.characters(), c), strings.IndexByte(lower.characters(), c), strings.IndexByte(mixed.characters(), c)
	switch {
	case capital >= 0 && p.set == lower && (len(data) < 2 || strings.IndexByte(alpha.characters(), data[1]) < 0):
		p.values = append(p.values, 27, capital)
	case capital >= 0 && p.set == lower:
		p.values, p.set = append(p.values, 28, 28, capital), alpha
	case capital >= 0:
		p.values, p.set = append(p.values, 28, capital), alpha
	case small >= 0:
		p.values, p.set = append(p.values, 27, small), lower
	case other >= 0:
		p.values, p.set = append(p.values, 28, other), mixed
	default:
		p.values = append(p.values, 29, strings.IndexByte(punctuation.characters(), c))
	}
}
