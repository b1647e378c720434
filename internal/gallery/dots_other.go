//go:build !amd64

package gallery

// dots puts the product of each code with the query into out.
func dots(out []int32, codes []int8, query *[Length]int16) { portableDots(out, codes, query) }
