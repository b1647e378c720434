package gallery

// portableDots puts the product of each code with the query into out. It is
// what every faster way must agree with, to the last bit.
func portableDots(out []int32, codes []int8, query *[Length]int16) {
	for i := range out {
		code := (*[Length]int8)(codes[i*Length:])
		var a, b, c, d int32
		for j := 0; j < Length; j += 4 {
			a += int32(code[j]) * int32(query[j])
			b += int32(code[j+1]) * int32(query[j+1])
			c += int32(code[j+2]) * int32(query[j+2])
			d += int32(code[j+3]) * int32(query[j+3])
		}
		out[i] = a + b + c + d
	}
}
