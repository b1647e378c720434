package document

import (
	"context"
	"image"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/openkyc/openkyc/internal/document/mrz"
)

// A row is legible when so many characters of it have such a probability in the
// mean: then it is the right way up, whatever it says. Turned or mirrored print
// comes out as guesses: on tuning pictures up to 0.92 in the mean for the quick
// recogniser, where words have 0.96 and more. A zone's fillers may have less.
const (
	legibleMean  = 0.94
	legibleFirst = 12
)

// glimpse is what a row looks like when it is read one way.
type glimpse int

const (
	nothing glimpse = iota // turned, mirrored, foreign or no print at all
	words                  // legible, and no zone's
	likely                 // in even distances, as a zone's
	clear                  // likewise, and legible
)

// glance looks at a row by the quick recogniser, before the slow ones read it.
func (f *finder) glance(ctx context.Context, img *image.RGBA, s strip, mirrored bool) (glimpse, error) {
	m, err := f.reader.line(ctx, img, s, roleQuick, mirrored)
	if err != nil {
		return nothing, err
	}
	switch isLegible, isZone := legible(m), monospaced(m, s); {
	case isZone && isLegible:
		return clear, nil
	case isZone:
		return likely, nil
	case isLegible:
		return words, nil
	case mirrored || f.foreign == nil:
		return nothing, nil
	}
	if other, err := f.foreign(ctx, img, s); err != nil || !other {
		return nothing, err
	}
	return words, nil
}

func legible(m mrz.Matrix) bool {
	peaks, sum := m.Peaks(), 0.0
	for _, p := range peaks {
		sum += p.P
	}
	return len(peaks) >= legibleFirst && sum > legibleMean*float64(len(peaks))
}

// foreignMean is the least mean probability of words in Cyrillic.
const foreignMean = 0.85

// foreign tells that print is legible as words in Cyrillic, by its mean probability
// and by so large a share of letters that look like no Latin one.
func (e *engine) foreign(ctx context.Context, img *image.RGBA, s strip) (bool, error) {
	lines, err := e.pieces(ctx, img, []strip{s}, roleCyrillic, "")
	if err != nil || len(lines) == 0 {
		return false, err
	}
	own, all := 0, 0
	for _, r := range lines[0].text {
		if r != ' ' {
			all++
		}
		if strings.ContainsRune(cyrillicOnly, unicode.ToUpper(r)) {
			own++
		}
	}
	return all >= legibleFirst && lines[0].mean > foreignMean && 4*own >= all, nil
}

// cyrillicOnly are the capitals of Russian that no letter or digit of a zone resembles.
const cyrillicOnly = "БГДЖЗИЙЛПФЦЧШЩЪЫЬЭЮЯ"

// What sets a zone's line apart from other print: its number of characters, and
// the share of their distances that are alike. Fillers excuse some disorder.
const (
	fewest      = 25
	most        = 50
	regularity  = 0.9
	withFillers = 0.6
	someFillers = 3
	// clearer is by how much a mirrored reading must beat a plain one.
	clearer = 0.15
)

func monospaced(m mrz.Matrix, s strip) bool {
	pitch, regular := pitchPixels(m, s)
	if n := s.w / max(pitch, 1); pitch == 0 || n < fewest || n > most {
		return false
	}
	fillers := 0
	for _, p := range m.Peaks() {
		if p.Char == mrz.Filler {
			fillers++
		}
	}
	return regular >= regularity || regular >= withFillers && fillers >= someFillers
}

// memory answers a question that was asked before without the engine. It may be
// asked from several goroutines; two that ask the same at once both wait for the engine.
type memory struct {
	reader
	mu    sync.Mutex // over lines and asked
	lines map[asked]mrz.Matrix
	asked int // of the engine, glances not counted
	most  int // after which nothing new is begun
	plain *plain
}

// plain are rows of one picture that are legible and no zone's, in whatever pass
// they were seen.
type plain struct{ rows []strip }

func (p *plain) add(s strip) { p.rows = append(p.rows, s) }

// has tells that a row is one of them, found again, whichever way it faces.
func (p *plain) has(s strip) bool {
	return slices.ContainsFunc(p.rows, func(o strip) bool {
		return math.Abs(o.offset(s.centre)) < 0.4*o.h && math.Abs(o.place(s.centre)) < 0.06*o.w && math.Abs(o.w-s.w) < 0.1*o.w
	})
}

type asked struct {
	strip    strip
	role     string
	mirrored bool
}

func (m *memory) line(ctx context.Context, img *image.RGBA, s strip, role string, mirrored bool) (mrz.Matrix, error) {
	key := asked{s, role, mirrored}
	m.mu.Lock()
	have, ok := m.lines[key]
	if !ok && role != roleQuick {
		m.asked++
	}
	m.mu.Unlock()
	if ok {
		return have, nil
	}
	got, err := m.reader.line(ctx, img, s, role, mirrored)
	if err == nil {
		m.mu.Lock()
		m.lines[key] = got
		m.mu.Unlock()
	}
	return got, err
}
