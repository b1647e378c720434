package pdf417

import (
	_ "embed"
	"strconv"
	"strings"
)

// patterns.txt holds the bar-space patterns of annex A: for each of the clusters 0, 3 and 6, one block with 929 numbers of
// four hexadecimal digits, in the order of the codewords. They are the 15 modules between the first, always dark, and the
// last, always light.
//
//go:embed patterns.txt
var patternsTxt string

const (
	codewords = 929
	modules   = 17 // of a codeword
)

// table are the patterns, a bit a module, 1 is dark, the first module highest.
type table [3][codewords]uint32

func newTable() *table {
	var t table
	for cluster, block := range strings.Split(strings.TrimSpace(patternsTxt), "\n\n") {
		digits := strings.ReplaceAll(block, "\n", "")
		for i := range codewords {
			v, err := strconv.ParseUint(digits[4*i:4*i+4], 16, 15)
			if err != nil {
				panic("pdf417: the embedded patterns are damaged: " + err.Error())
			}
			t[cluster][i] = 1<<16 | uint32(v)<<1
		}
	}
	return &t
}

// The patterns at the ends of each row, a bit a module (5.3.1 and 5.3.2 of the standard): their bars and spaces are
// 8 1 1 1 1 1 1 3 and 7 1 1 3 1 1 1 2 1 modules wide.
const (
	startBits   = 0b11111111010101000
	stopBits    = 0b111111101000101001
	stopModules = 18
)
