package document

import (
	"context"
	"errors"
	"image"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/openkyc/openkyc/internal/document/glyph"
	"github.com/openkyc/openkyc/internal/document/mrz"
)

// reader is what the finder asks of the OCR engine.
type reader interface {
	// boxes finds text; fine is the second, slower pass for small or faint print.
	boxes(ctx context.Context, img *image.RGBA, fine bool) ([]strip, error)
	// line reads one strip by one recogniser, mirrored first if asked.
	line(ctx context.Context, img *image.RGBA, s strip, role string, mirrored bool) (mrz.Matrix, error)
}

// sight is the zone as found on one picture.
type sight struct {
	outcome  outcome
	reading  *mrz.Reading
	doubts   []doubt
	lines    []strip // as cropped, in reading direction, top line first
	pitch    float64 // distance of two characters in pixels
	mirrored bool
	models   []string // recognisers that were asked
}

// better orders sights: outcome first, then how well the characters scored.
func (s sight) better(than sight) bool {
	if s.outcome != than.outcome {
		return s.outcome > than.outcome
	}
	return s.mean() > than.mean()
}

func (s sight) mean() float64 {
	if s.reading == nil {
		return 0
	}
	return s.reading.Mean()
}

// finder looks for the zone among text boxes.
type finder struct {
	reader  reader
	decoder *mrz.Decoder
	glyphs  *glyph.Net // the second opinion about single characters
	foreign foreign    // nil: nobody knows another alphabet
	roles   []string   // recognisers: the first reads, all are asked when it is unsure
	memory  *memory    // of one search; nil before
}

// foreign tells that a strip is print in an alphabet that no zone is written in.
type foreign func(ctx context.Context, img *image.RGBA, s strip) (bool, error)

// groupAspect is how long the longest line of a zone is at least, in its heights. The
// shortest of 96 zones on drawn photographs (tuning seeds 700201 to 700236) had 14.6,
// and 25 characters of OCR-B, the fewest that are looked at, have more than this.
const groupAspect = 11.5

// A reading this good settles which way up the lines are.
const settled = 0.5

// patience is how many readings a search may ask for before it begins nothing
// new: a zone that is there at all is read with half as many, and print that
// resembles one would otherwise be read in all formats, cuts and facings. Later
// passes over a picture look for what the first could not see, and get half.
const patience = 32

func (f *finder) spent() bool { return f.memory.asked >= f.memory.most }

// find reads the likeliest group of rows, and further ones only while nothing
// was read, asking for most readings. Rows of plain print are passed over; print
// gets those that were found to be plain. An error is the engine's.
func (f *finder) find(ctx context.Context, img *image.RGBA, boxes []strip, print *plain, most int) (sight, error) {
	once := *f // formats and checks ask for the same lines again
	once.memory = &memory{reader: f.reader, lines: map[asked]mrz.Matrix{}, plain: print, most: most}
	once.reader = once.memory
	var best sight
	for _, g := range groups(rows(boxes)) {
		if once.spent() {
			return best, nil
		}
		for i := range g {
			g[i] = refine(img, g[i])
		}
		if g = equal(g); longestOf(g).aspect() < groupAspect {
			continue
		}
		s, err := once.group(ctx, img, g)
		if err != nil {
			return sight{}, err
		}
		if s.better(best) {
			best = s
		}
		if best.outcome == read || best.mean() > settled {
			return best, nil
		}
	}
	if best.outcome == absent && !best.mirrored {
		return once.alone(ctx, img, rows(boxes), best)
	}
	return best, nil
}

// The zone of the French licence is one line: single rows are looked at last,
// only the longest few, and only those that begin as it does.
const (
	maxAlone    = 3
	aloneAspect = 14.0
)

func (f *finder) alone(ctx context.Context, img *image.RGBA, all []strip, best sight) (sight, error) {
	for i, row := range all[:min(len(all), maxAlone)] {
		if row.w < aloneAspect*row.h || f.spent() {
			continue
		}
		for _, upside := range []bool{false, true} {
			g := faced(all[i:i+1], upside)
			if f.memory.plain.has(g[0]) {
				break
			}
			looks, err := f.glance(ctx, img, g[0], false)
			if err != nil {
				return sight{}, err
			}
			if looks == words {
				break
			}
			if looks == nothing {
				continue
			}
			m, err := f.reader.line(ctx, img, g[0], f.roles[0], false)
			if err != nil {
				return sight{}, err
			}
			if !begins(m, "D1FRA") {
				continue
			}
			s, err := f.lines(ctx, img, g, false)
			if err != nil || s.outcome == read {
				return s, err
			}
			if s.better(best) {
				best = s
			}
		}
	}
	return best, nil
}

// national is the format of a nation that a line, read greedily, begins exactly
// like, among those that share the lines of the given ones; "" for none.
func national(formats []string, m mrz.Matrix) string {
	var head strings.Builder
	for _, p := range m.Peaks() {
		head.WriteByte(p.Char)
	}
	for _, f := range formats {
		if own := mrz.National(f, []string{head.String()}); own != "" {
			return own
		}
	}
	return ""
}

// begins tells that a line, read greedily, begins like a national zone: all
// but two of the characters must be there.
func begins(m mrz.Matrix, prefix string) bool {
	var text strings.Builder
	for _, p := range m.Peaks() {
		text.WriteByte(p.Char)
	}
	same, head := 0, text.String()
	for i := range min(len(prefix), len(head)) {
		if head[i] == prefix[i] {
			same++
		}
	}
	return same >= len(prefix)-2
}

// group reads rows upright, upside down, and as a mirror shows them, as long as
// nothing good came out. Only facings in which the longest row looks like a
// zone's are read at all, and none after one in which it is legible: so ordinary
// print costs little.
func (f *finder) group(ctx context.Context, img *image.RGBA, g []strip) (sight, error) {
	var best sight
	for _, facing := range []struct{ upside, mirrored bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		rows := faced(g, facing.upside)
		longest := longestOf(rows)
		if f.memory.plain.has(longest) {
			break
		}
		looks, err := f.glance(ctx, img, longest, facing.mirrored)
		if err != nil {
			return sight{}, err
		}
		if looks == words {
			f.memory.plain.add(longest)
			break
		}
		if looks == nothing {
			continue
		}
		s, err := f.lines(ctx, img, rows, facing.mirrored)
		if err != nil {
			return sight{}, err
		}
		if facing.mirrored && (s.mean() < settled || s.mean() < best.mean()+clearer) {
			continue
		}
		if s.mirrored = facing.mirrored; s.mirrored || s.better(best) {
			best = s
		}
		if best.outcome == read || best.mean() > settled || looks == clear || f.spent() {
			break
		}
	}
	return best, nil
}

// faced turns rows into reading direction with the top line first.
func faced(g []strip, upside bool) []strip {
	out := slices.Clone(g)
	if upside {
		slices.Reverse(out)
		for i := range out {
			out[i] = out[i].turned()
		}
	}
	return out
}

// lines reads rows that face one way, in every format that their length allows.
func (f *finder) lines(ctx context.Context, img *image.RGBA, g []strip, mirrored bool) (sight, error) {
	first, err := f.every(ctx, img, g, f.roles[0], mirrored)
	if err != nil {
		return sight{}, err
	}
	var pitches []float64
	for i, s := range g {
		if p, _ := pitchPixels(first[i], s); p > 0 {
			pitches = append(pitches, p)
		}
	}
	if len(pitches) == 0 {
		return sight{}, nil
	}
	slices.Sort(pitches)
	pitch := pitches[(len(pitches)-1)/2]
	var tries []attempt
	hopeless := map[int]bool{}                        // widths; a visa differs from its sister in one letter, so that both fail together
	if len(g) == 3 && begins(first[1], swissPrefix) { // other print above the two long lines of the Swiss licence
		g, first = g[1:], first[1:]
	}
	formats := candidates(g, pitch)
	if len(g) == 2 && begins(first[0], swissPrefix) {
		formats = []string{"CHE-DL"} // nothing else begins so, and it would be tried last
	}
	own := national(formats, first[0])
	if own != "" {
		formats = slices.Insert(formats, 0, own)
	}
	for _, format := range formats {
		if hopeless[width(format)] {
			continue
		}
		a, err := f.format(ctx, img, g, first, pitch, format, mirrored)
		if err != nil || a.outcome == read {
			return a.sight, err
		}
		tries = append(tries, a)
		if f.spent() {
			break
		}
		hopeless[width(format)] = a.mean() < zoneMean && format != own
	}
	return f.settle(ctx, img, tries, mirrored)
}

// attempt is what one format made of the first readings of its lines.
type attempt struct {
	sight
	format string
	all    [][]mrz.Matrix // readings of the lines, by each recogniser
}

// near is how far another length of the lines may score behind the best one and
// still be what is printed.
const near = 0.1

// settle asks further recognisers about the format that fits best, and about
// the best one of another length only when that leaves doubts.
func (f *finder) settle(ctx context.Context, img *image.RGBA, tries []attempt, mirrored bool) (sight, error) {
	slices.SortStableFunc(tries, func(a, b attempt) int {
		switch {
		case a.better(b.sight):
			return -1
		case b.better(a.sight):
			return 1
		}
		return 0
	})
	var best sight
	for i, a := range tries {
		if i > 0 && (width(a.format) == width(tries[0].format) || a.mean() < tries[0].mean()-near || f.spent()) {
			continue
		}
		s, err := f.ask(ctx, img, a, mirrored)
		if err != nil || s.outcome == read {
			return s, err
		}
		if i == 0 || s.better(best) {
			best = s
		}
	}
	return best, nil
}

// equal gives all rows the common extent: the lines of a zone begin and end
// together, but the detector cuts runs of fillers off.
func equal(g []strip) []strip {
	longest := longestOf(g)
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range g {
		a, b := extent(longest, s)
		lo, hi = min(lo, a), max(hi, b)
	}
	out := slices.Clone(g)
	for i := range out {
		s := &out[i]
		// Across lines the ends lie square to the axis, as far as a small tilt goes.
		a, b := s.place(longest.centre.along(longest.dir, lo)), s.place(longest.centre.along(longest.dir, hi))
		s.centre, s.w = s.centre.along(s.dir, (a+b)/2), b-a
	}
	return out
}

// pitchPixels measures the distance of characters in a line, 0 when it has none,
// and the share of gaps that are regular: the mean of those, since the median of
// a few steps is too coarse.
func pitchPixels(m mrz.Matrix, s strip) (pitch, regular float64) {
	peaks := m.Peaks()
	if len(peaks) < 10 || m.Steps == 0 {
		return 0, 0
	}
	var gaps []float64
	for i := 1; i < len(peaks); i++ {
		gaps = append(gaps, float64(peaks[i].Step-peaks[i-1].Step))
	}
	slices.Sort(gaps)
	median := gaps[len(gaps)/2]
	sum, n := 0.0, 0.0
	for _, g := range gaps {
		if g > 0.6*median && g < 1.4*median {
			sum, n = sum+g, n+1
		}
	}
	if n == 0 {
		return 0, 0
	}
	return sum / n * cropWidth(s) / float64(m.Steps), n / float64(len(gaps))
}

// candidates lists the formats that rows of this length and number can be, 44
// characters before 36: a cut 44 looks like 36, never the other way round.
func candidates(g []strip, pitch float64) []string {
	n := g[0].w / pitch
	switch len(g) {
	case 1:
		return []string{"FRA-DL"}
	case 3:
		return []string{"TD1"}
	}
	all := []string{"TD3", "MRV-A"}
	if n < 39.5 { // or the detector left a run of fillers out
		all = append(all, "TD2", "MRV-B")
	}
	if n < 33 {
		all = append(all, "TD1")
	}
	return all
}

// width of a format's lines in characters.
func width(format string) int {
	switch format {
	case "TD1", "CHE-DL", "FRA-DL":
		return 30
	case "TD2", "MRV-B", "FRA-ID":
		return 36
	}
	return 44
}

// format reads the rows as one format by one recogniser: crops as long as its lines must be.
func (f *finder) format(ctx context.Context, img *image.RGBA, g []strip, first []mrz.Matrix, pitch float64, format string, mirrored bool) (attempt, error) {
	switch {
	case format == "TD1" && len(g) == 2:
		return f.third(ctx, img, g, pitch, mirrored)
	case format == "CHE-DL" && len(g) == 2:
		return f.swiss(ctx, img, g, first, pitch, mirrored)
	}
	lines, matrices := slices.Clone(g), slices.Clone(first)
	var longer []int
	for i := range lines {
		need := 1.01 * float64(width(format)) * pitch
		if lines[i].w >= 0.985*need || format == "CHE-DL" && i == 0 {
			continue
		}
		lines[i].centre, lines[i].w = lines[i].centre.along(lines[i].dir, (need-lines[i].w)/2), need
		longer = append(longer, i)
	}
	if err := sideBySide(longer, func(i int) (err error) {
		matrices[i], err = f.reader.line(ctx, img, lines[i], f.roles[0], mirrored)
		return err
	}); err != nil {
		return attempt{}, err
	}
	s := f.decode(img, format, lines, matrices, pitch, mirrored)
	if s.reading != nil {
		// What begins like a national zone has its grammar, whatever else fits.
		if own := mrz.National(format, s.reading.Zone.Lines); own != "" {
			format = own
			s = f.decode(img, format, lines, matrices, pitch, mirrored)
		}
	}
	return attempt{s, format, [][]mrz.Matrix{matrices}}, nil
}

// ask reads the lines of an attempt by the other recognisers, and in other cuts
// when all of them together leave doubts; the mean of all readings decides.
func (f *finder) ask(ctx context.Context, img *image.RGBA, a attempt, mirrored bool) (sight, error) {
	s := a.sight
	for _, role := range f.roles[1:] {
		if s.outcome == read || s.mean() < zoneMean/2 || f.spent() {
			break
		}
		more, err := f.every(ctx, img, s.lines, role, mirrored)
		if err != nil {
			return sight{}, err
		}
		a.all = append(a.all, more)
		next := f.decode(img, a.format, s.lines, mean(a.all), s.pitch, mirrored)
		next.models = f.roles[:len(a.all)]
		s = s.or(next)
	}
	if s.outcome != uncertain || mirrored || s.mean() < settled || f.spent() {
		return s, nil // read, or so poor that print which is no zone would cost as much
	}
	return f.again(ctx, img, s, a, mirrored)
}

// or is the one of two readings of the same lines that leaves less in doubt.
func (s sight) or(next sight) sight {
	if next.outcome > s.outcome || next.outcome == s.outcome && len(next.doubts) < len(s.doubts) {
		return next
	}
	return s
}

// every reads each of the lines by one recogniser.
func (f *finder) every(ctx context.Context, img *image.RGBA, lines []strip, role string, mirrored bool) ([]mrz.Matrix, error) {
	out, all := make([]mrz.Matrix, len(lines)), make([]int, len(lines))
	for i := range all {
		all[i] = i
	}
	return out, sideBySide(all, func(i int) (err error) {
		out[i], err = f.reader.line(ctx, img, lines[i], role, mirrored)
		return err
	})
}

// sideBySide does two or three things at a time, which do not depend on one
// another: a network has one thread. The runtime bounds how many run at once.
func sideBySide(of []int, do func(int) error) error {
	errs := make([]error, len(of))
	var wait sync.WaitGroup
	for k, i := range of {
		wait.Go(func() { errs[k] = do(i) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

// variants are the cuts that are read when one crop left doubts.
func variants() []cut {
	return []cut{{tall: 0.18}, {tall: -0.14}, {shift: 0.06}, {shift: -0.06}, {sharp: true}}
}

// again reads other cuts of the same lines and decides once, on the mean of all
// readings: to stop at the first cut that pleases would be to choose by luck.
func (f *finder) again(ctx context.Context, img *image.RGBA, s sight, a attempt, mirrored bool) (sight, error) {
	roles := f.roles[:min(len(f.roles), 2)]
	for i, c := range variants() {
		lines := slices.Clone(s.lines)
		for l := range lines {
			lines[l].cut = c
		}
		more, err := f.every(ctx, img, lines, roles[i%len(roles)], mirrored)
		if err != nil {
			return sight{}, err
		}
		a.all = append(a.all, more)
	}
	next := f.decode(img, a.format, s.lines, mean(a.all), s.pitch, mirrored)
	next.models = s.models
	return s.or(next), nil
}

// third looks for the TD1 line that was not detected, below or above the two.
func (f *finder) third(ctx context.Context, img *image.RGBA, g []strip, pitch float64, mirrored bool) (attempt, error) {
	var best attempt
	step := g[1].centre.sub(g[0].centre)
	under, over := g[1], g[0]
	under.centre, over.centre = under.centre.add(step), over.centre.sub(step)
	for i, three := range [][]strip{{g[0], g[1], under}, {over, g[0], g[1]}} {
		matrices, err := f.every(ctx, img, three, f.roles[0], mirrored)
		if err != nil {
			return attempt{}, err
		}
		a, err := f.format(ctx, img, three, matrices, pitch, "TD1", mirrored)
		if err != nil {
			return attempt{}, err
		}
		if i == 0 || a.better(best.sight) {
			best = a
		}
	}
	return best, nil
}

// swissPrefix begins the second line of the Swiss licence, the first of full length.
const swissPrefix = "FACHE"

// swiss adds the short line over the two that were found.
func (f *finder) swiss(ctx context.Context, img *image.RGBA, g []strip, first []mrz.Matrix, pitch float64, mirrored bool) (attempt, error) {
	const short = 9.3 // characters, with what the detector adds at the ends
	top := g[0]
	top.centre, top.w = g[0].start().sub(g[1].centre.sub(g[0].centre)).along(g[0].dir, short*pitch/2), short*pitch
	m, err := f.reader.line(ctx, img, top, f.roles[0], mirrored)
	if err != nil {
		return attempt{}, err
	}
	return f.format(ctx, img, []strip{top, g[0], g[1]}, []mrz.Matrix{m, first[0], first[1]}, pitch, "CHE-DL", mirrored)
}

func mean(all [][]mrz.Matrix) []mrz.Matrix {
	out := make([]mrz.Matrix, len(all[0]))
	for i := range out {
		var same []mrz.Matrix
		for _, m := range all {
			same = append(same, m[i])
		}
		out[i] = mrz.Mean(same...)
	}
	return out
}

// decode reads matrices as one format, and once more with the second opinion when
// it is a zone at all.
func (f *finder) decode(img *image.RGBA, format string, lines []strip, matrices []mrz.Matrix, pitch float64, mirrored bool) sight {
	s := sight{lines: lines, pitch: pitch, models: f.roles[:1]}
	r, ok := f.decoder.Decode(format, matrices)
	if !ok {
		return s
	}
	if r.Mean() >= zoneMean {
		if again, ok := f.decoder.Decode(format, f.consult(img, lines, matrices, r.Chars, pitch, mirrored)); ok {
			r = again
		}
	}
	s.reading, s.outcome, s.doubts = judge(&r)
	return s
}
