package pdf417

import (
	"context"
	"math"
	"slices"
)

// hit is one place where a row of pixels crosses a start or stop pattern.
type hit struct {
	edge   float64 // where its wide bar begins, along the row: for a start the symbol's own edge
	module float64 // pixels
	row    int
}

// guard is a start or stop pattern that was crossed by many rows.
type guard struct {
	top, bottom point // of the edge where its wide bar begins, top being the first row in the order of the scan
	module      float64
	hits        int
}

// frame is where a symbol may stand: upper left, upper right, lower right and lower left in the order of reading, from the edge
// of its start to where its stop begins.
type frame struct {
	corners [4]point
	columns float64 // of data, as the widths of the guards let one expect
	hits    int
}

// The ways a row of pixels is looked at.
const (
	scanStep  = 2  // rows between two that are looked at
	maxBreak  = 12 // rows without a hit within a guard
	minHits   = 5
	maxFrames = 3
)

// locate hands out the most likely frames, way by way of looking at the picture, until take has what it wants.
func locate(ctx context.Context, p plane, take func(frame) bool) error {
	for _, across := range []bool{true, false} {
		scan := p
		if !across {
			scan = p.turned()
		}
		s := scan.sums()
		for _, part := range []int{20, 60} { // of the picture: what brightness is compared with to be dark or light
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			frames := scan.frames(s, max(max(scan.w, scan.h)/part, 8))
			slices.SortStableFunc(frames, func(a, b frame) int { return b.hits - a.hits })
			for _, f := range frames[:min(len(frames), maxFrames)] {
				if !across { // exchange rows and columns back, which mirrors: the order of the corners turns around
					for i, c := range f.corners {
						f.corners[i] = point{c.y, c.x}
					}
					f.corners[0], f.corners[1], f.corners[2], f.corners[3] = f.corners[3], f.corners[2], f.corners[1], f.corners[0]
				}
				if take(f) {
					return nil
				}
			}
		}
	}
	return nil
}

// frames pairs guards: left to right, and right to left for symbols that stand on their head.
func (p plane) frames(s sums, reach int) []frame {
	var hits [4][]hit // start and stop forwards, start and stop backwards
	for y := scanStep / 2; y < p.h; y += scanStep {
		edges, firstDark := p.edges(s, y, reach)
		for i := 0; i+1 < len(edges); i++ {
			if (i%2 == 0) == firstDark {
				p.guardsAt(edges, i, y, &hits)
			}
		}
	}
	var frames []frame
	for side := range 2 {
		for _, start := range p.guards(hits[2*side]) {
			for _, stop := range p.guards(hits[2*side+1]) {
				if f, ok := pair(start, stop, side == 1); ok {
					frames = append(frames, f)
				}
			}
		}
	}
	return frames
}

// edges are the places where a row changes between dark and light, between pixel centres as the brightness tells.
func (p plane) edges(s sums, y, reach int) (edges []float64, firstDark bool) {
	row := p.pix[y*p.w:][:p.w]
	before := float64(row[0]) - s.mean(0, y, reach)
	edges, firstDark = append(edges, 0), before < 0
	for x := 1; x < p.w; x++ {
		now := float64(row[x]) - s.mean(x, y, reach)
		if (now < 0) != (before < 0) {
			edges = append(edges, float64(x)-0.5+before/(before-now))
		}
		before = now
	}
	return append(edges, float64(p.w)), firstDark
}

// The wide bar of a guard and what follows it.
const (
	minBar       = 5.0 // pixels
	minAlike     = 0.75
	minContrast  = 6.0 // standard deviation of the brightness
	perBarModule = 3
)

// guardsAt asks whether the dark bar that begins at edge i is the wide one of a guard. A start begins with its wide bar of 8
// modules, a stop with one of 7; a symbol on its head has both the other way round. The narrow bars need not show as edges: the
// brightness as a whole is compared with the pattern.
func (p plane) guardsAt(edges []float64, i, y int, hits *[4][]hit) {
	bar := edges[i+1] - edges[i]
	if bar < minBar {
		return
	}
	for k := range hits {
		start, backwards := k%2 == 0, k >= 2
		from, next := edges[i], i+1
		if backwards {
			from, next = edges[i+1], i-1
		}
		if next < 0 || next+1 >= len(edges) || edges[next+1]-edges[next] > bar*0.45 {
			continue // a space of one module comes next
		}
		bits, n, wide := uint32(startBits), modules, 8.0
		if !start {
			bits, n, wide = stopBits, stopModules, 7
		}
		module, alike := p.alike(from, bar/wide, y, bits, n, backwards)
		if alike < minAlike {
			continue
		}
		hits[k] = append(hits[k], hit{edge: from, module: module, row: y})
	}
}

// alike correlates a row from a place on with a pattern, at the width of module that suits best near a first guess.
func (p plane) alike(from, guess float64, y int, bits uint32, n int, backwards bool) (module, best float64) {
	row := p.pix[y*p.w:][:p.w]
	for _, k := range []float64{0.85, 0.9, 0.95, 1, 1.05, 1.1} {
		step := guess * k / perBarModule
		if backwards {
			step = -step
		}
		if end := from + step*float64(n*perBarModule); end < 0 || end > float64(p.w) {
			continue
		}
		var sum, squares, dark, darks float64
		for i := range n {
			v := 0.0
			for j := range perBarModule {
				x := from + step*(float64(i*perBarModule+j)+0.5) - 0.5
				x0 := min(max(int(x), 0), p.w-2)
				v += float64(row[x0]) + (x-float64(x0))*(float64(row[x0+1])-float64(row[x0]))
			}
			v /= perBarModule
			sum, squares = sum+v, squares+v*v
			if bits>>(n-1-i)&1 == 1 {
				dark, darks = dark+v, darks+1
			}
		}
		m := float64(n)
		spread := math.Sqrt(math.Max(squares/m-sum*sum/m/m, 0))
		if spread < minContrast {
			continue
		}
		alike := (darks*sum/m - dark) / (spread * math.Sqrt(m) * math.Sqrt(darks*(m-darks)/m))
		if alike > best {
			module, best = guess*k, alike
		}
	}
	return module, best
}

// guards joins hits of neighbouring rows to lines.
func (p plane) guards(hits []hit) []guard {
	var open, done [][]hit
	for _, h := range hits {
		joined := false
		for i, chain := range open {
			last := chain[len(chain)-1]
			gap := h.row - last.row
			if gap > 0 && gap <= maxBreak && math.Abs(h.edge-last.edge) < float64(gap)+h.module && math.Abs(h.module-last.module) < h.module/4 {
				open[i], joined = append(chain, h), true
				break
			}
		}
		if !joined {
			open = append(open, []hit{h})
		}
		open = slices.DeleteFunc(open, func(chain []hit) bool {
			over := h.row-chain[len(chain)-1].row > maxBreak
			if over {
				done = append(done, chain)
			}
			return over
		})
	}
	done = append(done, open...)
	slices.SortStableFunc(done, func(a, b []hit) int { return len(b) - len(a) })
	var out []guard
	for _, chain := range done[:min(len(done), 3)] {
		if len(chain) >= minHits {
			out = append(out, line(chain))
		}
	}
	return out
}

// line fits a straight edge through a chain, without the hits that lie off it.
func line(chain []hit) guard {
	kept := chain
	var a, b float64 // edge = a + b × row
	for range 3 {
		var n, sx, sy, sxx, sxy float64
		for _, h := range kept {
			x := float64(h.row) + 0.5
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+h.edge, sxx+x*x, sxy+x*h.edge
		}
		if den := n*sxx - sx*sx; den > 0 {
			b = (n*sxy - sx*sy) / den
		}
		a = (sy - b*sx) / n
		var near []hit
		for _, h := range chain {
			if math.Abs(h.edge-a-b*(float64(h.row)+0.5)) < h.module {
				near = append(near, h)
			}
		}
		if len(near) < minHits {
			break
		}
		kept = near
	}
	widths := make([]float64, len(kept))
	for i, h := range kept {
		widths[i] = h.module
	}
	slices.Sort(widths)
	top, bottom := float64(kept[0].row), float64(kept[len(kept)-1].row+1)
	return guard{top: point{a + b*top, top}, bottom: point{a + b*bottom, bottom}, module: widths[len(widths)/2], hits: len(kept)}
}

// pair makes a frame of a start and a stop that can belong together.
func pair(start, stop guard, backwards bool) (frame, bool) {
	across := stop.top.to(stop.bottom, 0.5).sub(start.top.to(start.bottom, 0.5))
	if backwards == (across.x > 0) || start.module > 2.2*stop.module || stop.module > 2.2*start.module {
		return frame{}, false
	}
	// Both were measured along the row of pixels, and so is the way between them.
	width := math.Abs(across.x - across.y*(slope(start)+slope(stop))/2)
	columns := width/math.Sqrt(start.module*stop.module)/modules - 3
	if columns < 0.5 || columns > maxColumns+1 {
		return frame{}, false
	}
	tall := func(g guard) float64 { return g.bottom.sub(g.top).length() }
	if tall(start) < tall(stop)/4 || tall(stop) < tall(start)/4 {
		return frame{}, false
	}
	f := frame{columns: columns, hits: start.hits + stop.hits, corners: [4]point{start.top, stop.top, stop.bottom, start.bottom}}
	if backwards {
		f.corners = [4]point{start.bottom, stop.bottom, stop.top, start.top}
	}
	return f, true
}

func slope(g guard) float64 { return (g.bottom.x - g.top.x) / (g.bottom.y - g.top.y) }

// crossing is where the line through a and b meets that through c and d; a when they are parallel.
func crossing(a, b, c, d point) point {
	den := b.sub(a).cross(d.sub(c))
	if math.Abs(den) < 1e-9 {
		return a
	}
	return a.add(b.sub(a).scale(c.sub(a).cross(d.sub(c)) / den))
}
