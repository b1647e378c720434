package gallery

import "github.com/openkyc/openkyc/internal/processor"

// dots puts the product of each code with the query into out.
func dots(out []int32, codes []int8, query *[Length]int16) {
	if len(out) == 0 {
		return
	}
	if !processor.HasAVX2() {
		portableDots(out, codes, query)
		return
	}
	dotsAVX2(&out[0], &codes[:len(out)*Length][0], &query[0], len(out))
}

// dotsAVX2 multiplies n codes, which lie one behind the other, with the query.
//
//go:noescape
func dotsAVX2(out *int32, codes *int8, query *int16, n int)
