package gallery

import "math"

// perBlock is how many templates lie together: a change moves no others, and
// processors share a list by blocks.
const perBlock = 4096

// shelf is one list: blocks that are full, but for the last one.
type shelf struct {
	blocks []*block
	places map[int64]int // of a number, counted over all blocks
}

// block holds templates side by side; the slices are as long as it has templates,
// or that many times Length.
type block struct {
	numbers []int64
	codes   []int8
	scales  []float32
	squares []float32 // |x|²
	rests   []float32 // |x − code·scale|, rounded up
	exact   []float32
}

func (s *shelf) add(number int64, vector []float32) {
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last].numbers) == perBlock {
		s.blocks = append(s.blocks, &block{})
		last++
	}
	s.places[number] = last*perBlock + len(s.blocks[last].numbers)
	s.blocks[last].add(number, vector)
}

// remove puts the last template of all where the removed one was.
func (s *shelf) remove(number int64) {
	place, ok := s.places[number]
	if !ok {
		return
	}
	delete(s.places, number)
	to, end := s.blocks[place/perBlock], s.blocks[len(s.blocks)-1]
	if moved := end.numbers[len(end.numbers)-1]; moved != number {
		to.take(place%perBlock, end, len(end.numbers)-1)
		s.places[moved] = place
	}
	end.cut()
	if len(end.numbers) == 0 {
		s.blocks = s.blocks[:len(s.blocks)-1]
	}
}

func (b *block) add(number int64, vector []float32) {
	code, scale, rest := encode(vector)
	length := norm(vector)
	b.numbers = append(b.numbers, number)
	b.codes = append(b.codes, code[:]...)
	b.scales = append(b.scales, scale)
	b.squares = append(b.squares, float32(length*length))
	b.rests = append(b.rests, rest)
	b.exact = append(b.exact, vector...)
}

// take copies template j of another block over template i.
func (b *block) take(i int, from *block, j int) {
	b.numbers[i], b.scales[i], b.squares[i], b.rests[i] = from.numbers[j], from.scales[j], from.squares[j], from.rests[j]
	copy(b.codes[i*Length:(i+1)*Length], from.codes[j*Length:(j+1)*Length])
	copy(b.exact[i*Length:(i+1)*Length], from.exact[j*Length:(j+1)*Length])
}

// cut forgets the last template. Its numbers are wiped: they are somebody's face.
func (b *block) cut() {
	n := len(b.numbers) - 1
	clear(b.codes[n*Length:])
	clear(b.exact[n*Length:])
	b.numbers, b.scales, b.squares, b.rests = b.numbers[:n], b.scales[:n], b.squares[:n], b.rests[:n]
	b.codes, b.exact = b.codes[:n*Length], b.exact[:n*Length]
}

// encode rounds a vector to whole numbers of one scale and says how much that
// took away, never too little.
func encode(vector []float32) (code [Length]int8, scale, rest float32) {
	var greatest float64
	for _, x := range vector {
		greatest = math.Max(greatest, math.Abs(float64(x)))
	}
	scale = float32(greatest / math.MaxInt8)
	if scale == 0 {
		return code, 0, float32(norm(vector) * roundUp) // also of values too small for a scale
	}
	var lost float64
	for i, x := range vector {
		code[i] = int8(max(-math.MaxInt8, min(math.MaxInt8, math.Round(float64(x)/float64(scale)))))
		d := float64(x) - float64(code[i])*float64(scale)
		lost += d * d
	}
	return code, scale, float32(math.Sqrt(lost) * roundUp)
}

// roundUp makes up for keeping a number as a float32.
const roundUp = 1 + 1e-6

func norm(vector []float32) float64 {
	var sum float64
	for _, x := range vector {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}
