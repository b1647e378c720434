package pdf417

import (
	"context"
	"image"
	"math"
	"slices"
)

// Reader reads symbols out of pictures. It is safe for concurrent use.
type Reader struct {
	matcher *matcher
	field   *field
}

// New prepares the tables that all reads share.
func New() *Reader { return &Reader{matcher: newMatcher(), field: newField()} }

// Decode returns what the symbol in a picture carries; of several the one that shows most clearly. Besides the errors that the
// package names it returns the cause of a context that ended.
func (r *Reader) Decode(ctx context.Context, img image.Image) ([]byte, error) {
	if b := img.Bounds(); max(b.Dx(), b.Dy()) < 40 || min(b.Dx(), b.Dy()) < 10 {
		return nil, ErrAbsent
	}
	p := newPlane(img).reduced()
	result := ErrAbsent
	var data []byte
	err := locate(ctx, p, func(f frame) bool {
		seen := map[int]bool{}
		nearest := int(math.Round(f.columns))
		for _, columns := range []int{nearest, nearest + 1, nearest - 1} {
			for columns >= 1 && columns <= maxColumns && !seen[columns] && ctx.Err() == nil {
				seen[columns] = true
				g := r.grid(p, f, columns)
				if g.rows > 0 { // now the rows themselves tell where the symbol begins and ends
					if better := r.grid(p, g.refined(f), columns); better.rows > 0 {
						g = better
					}
				}
				if g.rows > 0 {
					result = ErrUnreadable // the indicators agree, so there is a symbol
				}
				var ok bool
				if data, ok = r.read(g); ok {
					result = nil
					return true
				}
				columns = g.said // the indicators may know better
			}
		}
		return false
	})
	switch {
	case err != nil:
		return nil, err
	case result != nil:
		return nil, result
	}
	return data, nil
}

// grid is a frame with its rows and columns.
type grid struct {
	plane         plane
	from          projective // modules from the left, and 0 to 1 from top to bottom
	rows, columns int
	level         int
	said          int  // columns, by the row indicators; 0 when they say nothing
	left, right   rung // where the rows are at the row indicators
}

// rung tells where rows lie along one side: the middle of row n is at (n + 0.5 − a) / b.
type rung struct{ a, b float64 }

func (g rung) at(row float64) float64 { return (row - g.a) / g.b }

func (g *grid) width() float64 { return float64(modules*(g.columns+4) + 1) }

// strip samples a codeword that begins so many modules from the left.
func (g *grid) strip(from, v float64, s *strip) {
	for i := range s {
		u := from - overlap + (float64(i)+0.5)/perModule
		s[i] += g.plane.at(g.from.apply(point{u, v}))
	}
}

// sight is a row indicator that was read somewhere down the symbol's side.
type sight struct {
	v    float64
	row  int
	tell [3]int // rows, level and rows, columns; −1 where this indicator does not tell
}

// The indicators that count.
const (
	sureScore  = 0.80
	sureMargin = 0.02
	maxLines   = 180
)

// grid reads the row indicators along both sides of a frame; rows is 0 when they do not agree on anything.
func (r *Reader) grid(p plane, f frame, columns int) *grid {
	g := &grid{plane: p, columns: columns}
	g.from = onto(f.corners, g.width()-stopModules)
	tall := (f.corners[3].sub(f.corners[0]).length() + f.corners[2].sub(f.corners[1]).length()) / 2
	n := min(max(int(tall), 24), maxLines)
	var sights [2][]sight
	for i := range n {
		v := -0.15 + 1.3*(float64(i)+0.5)/float64(n)
		for side, from := range []float64{modules, float64(modules * (columns + 2))} {
			var s strip
			g.strip(from, v, &s)
			found := r.matcher.best(&s, -1)
			if found.score > sureScore && found.margin() > sureMargin {
				sights[side] = append(sights[side], told(found, v, side))
			}
		}
	}
	all := slices.Concat(sights[0], sights[1])
	high, n0 := vote(all, 0)
	low, n1 := vote(all, 1)
	said, n2 := vote(all, 2)
	if n2 >= 2 {
		g.said = said + 1
	}
	if n0 < 2 || n1 < 2 || n2 < 2 || g.said != columns {
		return g
	}
	rows := 3*high + low%3 + 1
	if g.level = low / 3; rows < minRows || rows > maxRows || rows*columns > maxWords || g.level > maxLevel || 2<<g.level >= rows*columns {
		return g
	}
	left, okLeft := fit(sights[0], rows)
	right, okRight := fit(sights[1], rows)
	switch {
	case !okLeft && !okRight:
		return g
	case !okLeft:
		left = right
	case !okRight:
		right = left
	}
	g.rows, g.left, g.right = rows, left, right
	return g
}

// refined is the frame with its upper and lower side drawn through the rows that were seen: where a guard was first and last hit is
// a few pixels off, and so would be the perspective that follows from it.
func (g *grid) refined(f frame) frame {
	const left = 1.5 * modules
	right := modules * (float64(g.columns) + 2.5)
	c := f.corners
	for i, row := range []float64{0, float64(g.rows)} {
		a, b := g.from.apply(point{left, g.left.at(row)}), g.from.apply(point{right, g.right.at(row)})
		f.corners[3*i] = crossing(a, b, c[0], c[3])
		f.corners[1+i] = crossing(a, b, c[1], c[2])
	}
	return f
}

// told takes an indicator apart (5.11.3).
func told(found guess, v float64, side int) sight {
	s := sight{v: v, row: 3*(found.word/30) + found.cluster, tell: [3]int{-1, -1, -1}}
	s.tell[(found.cluster+2*side)%3] = found.word % 30
	return s
}

// vote is what most sights tell of one thing, and how many.
func vote(sights []sight, what int) (best, count int) {
	votes := map[int]int{}
	for _, s := range sights {
		if v := s.tell[what]; v >= 0 {
			if votes[v]++; votes[v] > count || votes[v] == count && v < best {
				best, count = v, votes[v]
			}
		}
	}
	return best, count
}

// fit draws the line through the rows that were seen along one side, trying pairs of them for the line that most lie on
// (M. Fischler and R. Bolles, 1981, with pairs in a fixed order).
func fit(sights []sight, rows int) (rung, bool) {
	sights = slices.DeleteFunc(slices.Clone(sights), func(s sight) bool { return s.row >= rows })
	inside := func(g rung) (n int, near []sight) {
		for _, s := range sights {
			if math.Abs(g.a+g.b*s.v-float64(s.row)-0.5) < 0.65 {
				near = append(near, s)
			}
		}
		return len(near), near
	}
	var best []sight
	for step := 1; step < len(sights); step += 1 + step/2 {
		for i := 0; i+step < len(sights); i++ {
			p, q := sights[i], sights[i+step]
			if p.row == q.row || q.v-p.v < 1e-6 {
				continue
			}
			b := float64(q.row-p.row) / (q.v - p.v)
			if b < float64(rows)/2 || b > 2*float64(rows) {
				continue
			}
			if n, near := inside(rung{float64(p.row) + 0.5 - b*p.v, b}); n > len(best) {
				best = near
			}
		}
	}
	if len(best) < 4 {
		return rung{}, false
	}
	var n, sx, sy, sxx, sxy float64
	for _, s := range best {
		y := float64(s.row) + 0.5
		n, sx, sy, sxx, sxy = n+1, sx+s.v, sy+y, sxx+s.v*s.v, sxy+s.v*y
	}
	b := (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return rung{(sy - b*sx) / n, b}, b > 0
}

// read reads all codewords of a grid and corrects them.
func (r *Reader) read(g *grid) ([]byte, bool) {
	if g.rows == 0 {
		return nil, false
	}
	guesses := r.words(g)
	check := 2 << g.level
	order := make([]int, len(guesses))
	words := make([]int, len(guesses))
	doubtful := 0
	for i, w := range guesses {
		order[i], words[i] = i, w.word
		if w.score < 0.6 || w.margin() < 0.015 {
			doubtful++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case guesses[a].margin() < guesses[b].margin():
			return -1
		case guesses[a].margin() > guesses[b].margin():
			return 1
		}
		return 0
	})
	// Each place that is known to be lost costs half of what an unknown error does, so the weakest are given up first. Two
	// codewords are never spent: they prove the rest.
	for _, lost := range []int{doubtful, check * 3 / 4, check / 2, check / 4, 0} {
		if lost > check-2 || lost > len(order) {
			continue
		}
		tried := slices.Clone(words)
		if !r.field.correct(tried, order[:lost], check) {
			continue
		}
		if count := tried[0]; count >= 1 && count <= len(tried)-check {
			data, err := unpack(tried[1:count])
			return data, err == nil
		}
	}
	return nil, false
}

// words reads every codeword, averaged over the height of its row.
func (r *Reader) words(g *grid) []guess {
	drift := r.drift(g)
	out := make([]guess, 0, g.rows*g.columns)
	for row := range g.rows {
		for c := range g.columns {
			out = append(out, r.word(g, row, c, drift[c]))
		}
	}
	return out
}

// word reads one codeword that lies so many modules to the right of its place.
func (r *Reader) word(g *grid, row, column int, drift float64) guess {
	s := g.word(row, column, drift)
	return r.matcher.best(&s, row%3)
}

// word samples one codeword over the height of its row.
func (g *grid) word(row, column int, drift float64) (s strip) {
	from := float64(modules * (2 + column))
	// Rows may converge a little beyond what the frame knows: they run straight from indicator to indicator.
	k := (from - modules) / (g.width() - 3*modules - 1)
	for _, off := range []float64{-0.3, -0.15, 0, 0.15, 0.3} {
		left, right := g.left.at(float64(row)+0.5+off), g.right.at(float64(row)+0.5+off)
		g.strip(from+drift, left+(right-left)*k, &s)
	}
	return s
}

// drift is how far beside its place each column lies, in modules. A frame whose sides are a few pixels too long or short gets
// its perspective wrong, most in the middle; so the columns are followed from left to right, and each is where the words of
// all its rows fit best together, near where its neighbour was.
func (r *Reader) drift(g *grid) []float64 {
	out, at := make([]float64, g.columns), 0.0
	for c := range out {
		var sum [2*maxShift + 1]float64
		for row := range g.rows {
			s := g.word(row, c, at)
			for i := range sum {
				if profile, ok := s.profile(i - maxShift); ok {
					found := guess{score: -1, rival: -1}
					r.matcher.compare(&profile, row%3, 0, &found)
					sum[i] += found.score * found.score
				}
			}
		}
		best := maxShift
		for i, v := range sum {
			if v > sum[best] {
				best = i
			}
		}
		at += float64(best-maxShift) / perModule
		out[c] = at
	}
	return out
}
