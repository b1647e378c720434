package fraud

import (
	"image"
	"math"
	"slices"

	"github.com/openkyc/openkyc/internal/vision"
)

// view is what several tests need of one picture, computed once.
type view struct {
	grey   *image.Gray
	blocks *analyst
	was    steps     // of the compression before the last
	twice  bool      // there was one
	noise  []float64 // of each value's paper, or unknown
}

// unknown stands for a noise that too few pixels tell.
const unknown = -1

func viewOf(in Input) view {
	v := view{grey: vision.Grayscale(in.Picture)}
	v.blocks = &analyst{v.grey, basis()}
	stride := max(1, int(math.Sqrt(in.Page.Width()*in.Page.Height()/block/block/mostBlocks)))
	v.was, v.twice = earlier(v.blocks.inside(in.Page, stride))
	for _, x := range in.Values {
		size, ok := quiet(v.grey, x.Quad)
		if !ok {
			size = unknown
		}
		v.noise = append(v.noise, size)
	}
	return v
}

// typicalNoise is the values' median, false when too few are known.
func (v view) typicalNoise() (float64, bool) {
	known := slices.DeleteFunc(slices.Clone(v.noise), func(size float64) bool { return size == unknown })
	if len(known) < leastValues {
		return 0, false
	}
	slices.Sort(known)
	return known[len(known)/2], true
}
