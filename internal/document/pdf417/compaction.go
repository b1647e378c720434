package pdf417

import "math/big"

// The codewords that are no data (5.4).
const (
	latchText       = 900
	latchByte       = 901
	latchNumber     = 902
	shiftByte       = 913
	macroEnd        = 922
	macroField      = 923
	latchByteSix    = 924 // as latchByte, for whole groups of six
	eciUser         = 925
	eciGeneral      = 926
	eciCharset      = 927
	macroBegin      = 928
	readerProgram   = 921
	firstOfNoData   = 900
	digitsAtOnce    = 44 // of numeric compaction, in 15 codewords
	numbersAtOnce   = 15
	bytesAtOnce     = 6
	codewordsAtOnce = 5
)

// unpack turns corrected data codewords, without their count, into what they mean. Character sets that a symbol names (ECI)
// are left to the caller: bytes stay bytes.
func unpack(words []int) ([]byte, error) {
	u := unpacker{words: words}
	mode := latchText
	for len(u.words) > 0 && u.err == nil {
		switch w := u.words[0]; w {
		case latchText, latchByte, latchByteSix, latchNumber:
			mode, u.words = w, u.words[1:]
			u.set, u.shifted = alpha, none
		case eciUser, eciCharset:
			u.skip(2)
		case eciGeneral:
			u.skip(3)
		case readerProgram:
			u.skip(1)
		case macroBegin, macroEnd, macroField:
			return nil, ErrUnreadable // one part of several: half a text would pass for the whole
		case shiftByte:
			if mode != latchText || len(u.words) < 2 || u.words[1] > 255 {
				return nil, ErrUnreadable
			}
			u.out, u.shifted = append(u.out, byte(u.words[1])), none // a shift before it was only there to fill up
			u.skip(2)
		default:
			if w >= firstOfNoData {
				return nil, ErrUnreadable
			}
			u.run(mode)
		}
	}
	return u.out, u.err
}

// unpacker holds what is left to read and the state of text compaction.
type unpacker struct {
	words   []int
	out     []byte
	set     charset
	shifted charset // for one character; none when not
	err     error
}

func (u *unpacker) skip(n int) {
	if n > len(u.words) {
		u.err = ErrUnreadable
		return
	}
	u.words = u.words[n:]
}

// run reads data codewords up to the next that is none.
func (u *unpacker) run(mode int) {
	n := 0
	for n < len(u.words) && u.words[n] < firstOfNoData {
		n++
	}
	run := u.words[:n]
	u.words = u.words[n:]
	switch mode {
	case latchText:
		for _, w := range run {
			u.text(w / 30)
			u.text(w % 30)
		}
	case latchNumber:
		u.numbers(run)
	default:
		u.bytes(run, mode == latchByteSix)
	}
}

// numbers reads groups of up to 15 codewords as one number with a 1 before it.
func (u *unpacker) numbers(run []int) {
	for len(run) > 0 {
		n := min(len(run), numbersAtOnce)
		v := new(big.Int)
		for _, w := range run[:n] {
			v.Add(v.Mul(v, big.NewInt(firstOfNoData)), big.NewInt(int64(w)))
		}
		digits := v.String()
		if digits[0] != '1' {
			u.err = ErrUnreadable
			return
		}
		u.out, run = append(u.out, digits[1:]...), run[n:]
	}
}

// bytes reads five codewords as six bytes, and what is left over one by one.
func (u *unpacker) bytes(run []int, six bool) {
	for len(run) > codewordsAtOnce || six && len(run) == codewordsAtOnce {
		v := uint64(0)
		for _, w := range run[:codewordsAtOnce] {
			v = v*firstOfNoData + uint64(w)
		}
		if v >= 1<<48 {
			u.err = ErrUnreadable
			return
		}
		for shift := 40; shift >= 0; shift -= 8 {
			u.out = append(u.out, byte(v>>shift))
		}
		run = run[codewordsAtOnce:]
	}
	for _, w := range run {
		if w > 255 || six {
			u.err = ErrUnreadable
			return
		}
		u.out = append(u.out, byte(w))
	}
}

// charset is a sub-mode of text compaction (5.4.1.2).
type charset int

const (
	alpha charset = iota
	lower
	mixed
	punctuation
	none
)

// The characters of each sub-mode; NUL stands where a sub-mode changes.
func (c charset) characters() string {
	switch c {
	case alpha:
		return "ABCDEFGHIJKLMNOPQRSTUVWXYZ \x00\x00\x00"
	case lower:
		return "abcdefghijklmnopqrstuvwxyz \x00\x00\x00"
	case mixed:
		return "0123456789&\r\t,:#-.$/+%*=^\x00 \x00\x00\x00"
	default: // punctuation
	}
	return ";<>@[\\]_`~!\r\t,:\n-.$/\"|*()?{}'\x00"
}

// change tells what a value without a character does.
func (c charset) change(value int) (to charset, once bool) {
	switch {
	case c == punctuation:
		return alpha, false
	case value == 29:
		return punctuation, true
	case c == alpha && value == 27, c == mixed && value == 27:
		return lower, false
	case c == lower && value == 27:
		return alpha, true
	case c == mixed && value == 25:
		return punctuation, false
	case c == mixed:
		return alpha, false
	}
	return mixed, false
}

func (u *unpacker) text(value int) {
	set := u.set
	if u.shifted != none {
		set = u.shifted
	}
	u.shifted = none
	if c := set.characters()[value]; c != 0 {
		u.out = append(u.out, c)
		return
	}
	if to, once := set.change(value); once {
		u.shifted = to
	} else {
		u.set = to
	}
}
