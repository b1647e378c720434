package tesseract

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// reader takes little-endian values from the front of a component. After the first mistake it gives zeros; end tells it.
type reader struct {
	data []byte
	what string
	err  error
}

func (r *reader) bytes(n int) []byte {
	if r.err == nil && (n < 0 || n > len(r.data)) {
		r.err = fmt.Errorf("the language file is cut off: its %s needs %d bytes where %d are left", r.what, n, len(r.data))
	}
	if r.err != nil {
		return nil
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) int32() int {
	if b := r.bytes(4); b != nil {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (r *reader) int64() int {
	if b := r.bytes(8); b != nil {
		return int(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (r *reader) double() float64 {
	if b := r.bytes(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (r *reader) text() string { return string(r.bytes(r.int32())) }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// end says what went wrong, or that something is left over.
func (r *reader) end() error {
	if r.err == nil && len(r.data) > 0 {
		r.fail("the %s of the language file is %d bytes longer than it says", r.what, len(r.data))
	}
	return r.err
}

// readCharacters reads the table of characters: their number, then one a line with properties that nobody needs here.
func readCharacters(data []byte) ([]string, error) {
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || n != len(lines)-1 {
		return nil, fmt.Errorf("the table of characters of the language file has %d lines and says %q", len(lines)-1, lines[0])
	}
	characters := make([]string, n)
	for i := range characters {
		characters[i], _, _ = strings.Cut(lines[i+1], " ")
		if characters[i] == "NULL" { // a space could not stand in this table
			characters[i] = " "
		}
	}
	return characters, nil
}

// readCodes reads the recoder: for each character the codes that the network answers with, one after another.
func readCodes(data []byte, characters int) ([][]int, error) {
	r := &reader{data: data, what: "recoder"}
	if n := r.int32(); n != characters {
		r.fail("the recoder of the language file has %d entries for %d characters", n, characters)
		return nil, r.err
	}
	codes := make([][]int, characters)
	for i := range codes {
		r.byte() // whether a code may stand for itself
		n := r.int32()
		if n < 1 || n > 16 {
			r.fail("the recoder of the language file has a code of length %d", n)
			return nil, r.err
		}
		for range n {
			code := r.int32()
			if code < 0 {
				r.fail("the recoder of the language file has the code %d", code)
			}
			codes[i] = append(codes[i], code)
		}
	}
	return codes, r.end()
}
